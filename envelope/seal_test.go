package envelope_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/postseal/postseal/envelope"
)

// noise gives n bytes that do not compress, the same for the same seed.
func noise(n int, seed byte) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

func key(seed byte) envelope.Key {
	k, err := envelope.KeyFromBytes(noise(32, seed))
	if err != nil {
		panic(err)
	}
	return k
}

func options(original []byte) envelope.SealOptions {
	return envelope.SealOptions{Key: key(1), SaltSeed: sha256.Sum256(original)}
}

func seal(t testing.TB, original []byte, o envelope.SealOptions) ([]byte, envelope.Digest) {
	t.Helper()
	var b bytes.Buffer
	d, err := envelope.Seal(&b, bytes.NewReader(original), o)
	if err != nil {
		t.Fatalf("Seal: %v", err)
	}
	return b.Bytes(), d
}

func open(container []byte, k envelope.Key, max int64) ([]byte, error) {
	var b bytes.Buffer
	err := envelope.Open(&b, bytes.NewReader(container), k, max)
	return b.Bytes(), err
}

// mail76 is a mail with text before and base64 of noise after, in CRLF lines of 76.
func mail76(text, attachment int) []byte {
	var b bytes.Buffer
	b.WriteString("From: a@example.gov.uk\r\nTo: b@elsewhere.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n\r\n")
	r := rand.New(rand.NewChaCha8([32]byte{9}))
	words := strings.Fields("the assessment of a child in need takes account of housing school and family and is kept by the officer on duty")
	for b.Len() < text {
		fmt.Fprintf(&b, "%s %s %s %d.\r\n", words[r.IntN(len(words))], words[r.IntN(len(words))], words[r.IntN(len(words))], r.IntN(1000))
	}
	code := base64.StdEncoding.EncodeToString(noise(attachment, 2))
	for len(code) > 0 {
		n := min(76, len(code))
		b.WriteString(code[:n] + "\r\n")
		code = code[n:]
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	const kib = 1 << 10
	for name, original := range map[string][]byte{
		"nothing":         {},
		"one byte":        {'x'},
		"255 KiB":         noise(255*kib, 1),
		"256 KiB - 1":     noise(256*kib-1, 1),
		"256 KiB":         noise(256*kib, 1),
		"256 KiB + 1":     noise(256*kib+1, 1),
		"5 MiB":           noise(5<<20, 1),
		"zeros":           make([]byte, 300*kib),
		"text":            mail76(100*kib, 0),
		"text and base64": mail76(90*kib, 400*kib),
		"line ends":       []byte("a\r\nb\nc\r\r\n\x00\xff"),
	} {
		t.Run(name, func(t *testing.T) {
			container, digest := seal(t, original, options(original))
			got, err := open(container, key(1), 0)
			if err != nil || !bytes.Equal(got, original) {
				t.Errorf("Open: %d bytes, %v; want the %d sealed", len(got), err, len(original))
			}
			if got, err := open(container, key(1), int64(len(original))); len(original) > 0 && (err != nil || !bytes.Equal(got, original)) {
				t.Errorf("Open with the exact bound: %v", err)
			}
			if d, err := envelope.DigestOf(bytes.NewReader(container)); err != nil || d != digest {
				t.Errorf("DigestOf = %x, %v; want what Seal gave, %x", d, err, digest)
			}
			if whole := sha256.Sum256(container); whole != digest {
				t.Errorf("without escrow the digest must be that of the whole container")
			}
			if again, _ := seal(t, original, options(original)); !bytes.Equal(again, container) {
				t.Error("sealing again gave other bytes")
			}
		})
	}
}

// However the original arrives, the container is the same: a retry reads from a
// spool what the first try read from the network.
func TestSameBytesHoweverRead(t *testing.T) {
	original := mail76(100<<10, 200<<10)
	want, _ := seal(t, original, options(original))
	for name, r := range map[string]io.Reader{
		"half at a time": iotest.HalfReader(bytes.NewReader(original)),
		"data with EOF":  iotest.DataErrReader(bytes.NewReader(original)),
		"plain":          struct{ io.Reader }{bytes.NewReader(original)},
	} {
		var got bytes.Buffer
		if _, err := envelope.Seal(&got, r, options(original)); err != nil || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: other bytes (%v)", name, err)
		}
	}
}

// Another seed, key or original must never meet the same salt: the salt stands
// in octets 4 to 36 of the packet body.
func TestSaltFollowsKeyAndSeed(t *testing.T) {
	salt := func(o envelope.SealOptions) string {
		container, _ := seal(t, []byte("x"), o)
		return string(joined(t, container)[4:36])
	}
	base := envelope.SealOptions{Key: key(1), SaltSeed: [32]byte{1}}
	seen := map[string]string{salt(base): "base"}
	for name, o := range map[string]envelope.SealOptions{
		"other seed": {Key: key(1), SaltSeed: [32]byte{2}},
		"other key":  {Key: key(2), SaltSeed: [32]byte{1}},
	} {
		s := salt(o)
		if before, twice := seen[s]; twice {
			t.Errorf("%s has the salt of %s", name, before)
		}
		seen[s] = name
	}
	if first, again := salt(base), salt(base); first != again {
		t.Error("the same key and seed gave two salts")
	}
}

// TestRecipe holds down the bytes that are encrypted. If it fails, the compressor
// or the framing changed: give the constant recipe a new number (or two
// different texts would be encrypted under one key and nonce when a message is
// sealed again after the upgrade), then note the new digests here.
func TestRecipe(t *testing.T) {
	for name, c := range map[string]struct {
		original []byte
		want     string
	}{
		"text":   {mail76(150<<10, 0), "9b1b5c79bf4e79fbab730fdd34ca795a84cf8ec0370762475df66bc6e74a3047"},
		"mixed":  {mail76(100<<10, 300<<10), "ddeb849a3ace60806aacf6ce10f8c3f1bdcf5776e61195a1284fd026925db234"},
		"binary": {noise(300<<10, 4), "b48d29e5d8ba805829a812a39408e1ab6654efba2957e0df7ba1abd70f949480"},
	} {
		_, d := seal(t, c.original, options(c.original))
		if got := fmt.Sprintf("%x", d); got != c.want {
			t.Errorf("%s: digest %s, want %s", name, got, c.want)
		}
	}
}

func TestSealRefuses(t *testing.T) {
	if _, err := envelope.Seal(io.Discard, strings.NewReader("x"), envelope.SealOptions{SaltSeed: [32]byte{1}}); err == nil {
		t.Error("sealed without a key")
	}
	if _, err := envelope.Seal(io.Discard, strings.NewReader("x"), envelope.SealOptions{Key: key(1)}); err == nil {
		t.Error("sealed without a salt seed")
	}
	want := errors.New("disk gone")
	if _, err := envelope.Seal(io.Discard, io.MultiReader(strings.NewReader("x"), iotest.ErrReader(want)), options(nil)); !errors.Is(err, want) {
		t.Errorf("a failing original: %v, want %v", err, want)
	}
	var partly bytes.Buffer
	_, _ = envelope.Seal(&partly, io.MultiReader(strings.NewReader("x"), iotest.ErrReader(want)), options(nil))
	if _, err := open(partly.Bytes(), key(1), 0); !errors.Is(err, envelope.ErrBroken) {
		t.Errorf("what was written before the failure opens: %v", err)
	}
}

// failing is a full disk.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestCallersErrorsComeThrough(t *testing.T) {
	container, _ := seal(t, []byte("hello"), options(nil))
	want := errors.New("disk full")
	err := envelope.Open(failing{want}, bytes.NewReader(container), key(1), 0)
	if !errors.Is(err, want) || errors.Is(err, envelope.ErrBroken) {
		t.Errorf("full disk: %v", err)
	}
	err = envelope.Open(io.Discard, io.MultiReader(bytes.NewReader(container[:20]), iotest.ErrReader(want)), key(1), 0)
	if !errors.Is(err, want) || errors.Is(err, envelope.ErrBroken) {
		t.Errorf("failing reader: %v", err)
	}
}

// A few kilobytes that unpack to tens of megabytes stop at the bound.
func TestBomb(t *testing.T) {
	var container bytes.Buffer
	zeros := io.LimitReader(zeroReader{}, 64<<20)
	if _, err := envelope.Seal(&container, zeros, options(nil)); err != nil {
		t.Fatal(err)
	}
	const max = 1 << 20
	var n counter
	err := envelope.Open(&n, bytes.NewReader(container.Bytes()), key(1), max)
	if !errors.Is(err, envelope.ErrTooBig) || n > max {
		t.Errorf("a bomb of %d bytes gave %d bytes and %v", container.Len(), n, err)
	}
}

type zeroReader struct{}

func (zeroReader) Read(b []byte) (int, error) { clear(b); return len(b), nil }

type counter int64

func (c *counter) Write(b []byte) (int, error) { *c += counter(len(b)); return len(b), nil }
