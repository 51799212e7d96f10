package envelope_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/postseal/postseal/envelope"
)

const (
	headSize  = 36
	chunkSize = 256 << 10
	tagSize   = 16
)

// joined gives the body of a container's encrypted packet without its lengths.
func joined(t testing.TB, container []byte) []byte {
	t.Helper()
	p, err := packet.Read(bytes.NewReader(container))
	if err != nil {
		t.Fatal(err)
	}
	se, ok := p.(*packet.SymmetricallyEncrypted)
	if !ok {
		t.Fatalf("a container starts with %T", p)
	}
	rest, err := io.ReadAll(se.Contents)
	if err != nil {
		t.Fatal(err)
	}
	head := []byte{byte(se.Version), byte(se.Cipher), byte(se.Mode), se.ChunkSizeByte}
	return slices.Concat(head, se.Salt[:], rest)
}

// framed puts a packet header with a true length before body, as somebody would
// who changes a container with care.
func framed(tag byte, body []byte) []byte {
	return slices.Concat([]byte{0xc0 | tag, 255}, binary.BigEndian.AppendUint32(nil, uint32(len(body))), body)
}

// crafted encrypts whatever inner packets under the key, as somebody could who
// once had it.
func crafted(t testing.TB, k envelope.Key, suite packet.CipherSuite, aead bool, chunk uint64, inner []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	config := &packet.Config{AEADConfig: &packet.AEADConfig{DefaultMode: suite.Mode, ChunkSize: chunk}}
	secret := k.Bytes()
	if suite.Cipher == packet.CipherAES128 {
		secret = secret[:16]
	}
	w, err := packet.SerializeSymmetricallyEncrypted(&b, suite.Cipher, aead, suite, secret, config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(inner); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var suite = packet.CipherSuite{Cipher: packet.CipherAES256, Mode: packet.AEADModeGCM}

func literal(header string, text []byte) []byte {
	return framed(11, append([]byte(header), text...))
}

func compressed(t testing.TB, algorithm packet.CompressionAlgo, inner []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := packet.SerializeCompressed(nopCloser{&b}, algorithm, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(inner)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// TestTampering changes a container of several chunks in every way that the
// measurements of the format list; none may open.
func TestTampering(t *testing.T) {
	original := noise(chunkSize*3, 3)
	container, digest := seal(t, original, options(original))
	body := joined(t, container)
	if got, err := open(framed(18, body), key(1), 0); err != nil || !bytes.Equal(got, original) {
		t.Fatalf("reframing alone must not matter to opening: %v", err)
	}
	const sealed = chunkSize + tagSize
	chunks := slices.Collect(slices.Chunk(body[headSize:len(body)-tagSize], sealed))
	if len(chunks) < 4 {
		t.Fatalf("%d chunks", len(chunks))
	}
	head, last := body[:headSize], body[len(body)-tagSize:]
	rebuilt := func(end []byte, chunks ...[]byte) []byte {
		return framed(18, slices.Concat(head, slices.Concat(chunks...), end))
	}
	flip := func(at int) []byte {
		b := slices.Clone(body)
		b[(at+len(b))%len(b)] ^= 1
		return framed(18, b)
	}
	set := func(at int, to byte) []byte {
		b := slices.Clone(body)
		b[at] = to
		return framed(18, b)
	}
	for name, changed := range map[string][]byte{
		"nothing":                        {},
		"bit in a chunk":                 flip(headSize + 1000),
		"bit in a chunk's tag":           flip(headSize + chunkSize + 3),
		"bit in the salt":                flip(10),
		"last byte":                      flip(-1),
		"cut by 1":                       container[:len(container)-1],
		"cut by 16":                      container[:len(container)-16],
		"cut by 17":                      container[:len(container)-17],
		"cut in half":                    container[:len(container)/2],
		"cut in the header":              container[:20],
		"cut by 1, length mended":        framed(18, body[:len(body)-1]),
		"closing tag dropped":            rebuilt(nil, chunks...),
		"last chunk and tag dropped":     rebuilt(nil, chunks[:len(chunks)-1]...),
		"last chunk dropped":             rebuilt(last, chunks[:len(chunks)-1]...),
		"first chunk dropped":            rebuilt(last, chunks[1:]...),
		"chunk twice":                    rebuilt(last, append([][]byte{chunks[0]}, chunks...)...),
		"chunks swapped":                 rebuilt(last, append([][]byte{chunks[1], chunks[0]}, chunks[2:]...)...),
		"other chunk size":               set(3, 11),
		"huge chunk size":                set(3, 255),
		"other mode":                     set(2, byte(packet.AEADModeOCB)),
		"other cipher":                   set(1, byte(packet.CipherAES128)),
		"version 1 stated":               set(0, 1),
		"trailing byte":                  append(slices.Clone(container), 0),
		"trailing packet":                append(slices.Clone(container), literal("b\x00\x00\x00\x00\x00", nil)...),
		"twice":                          append(slices.Clone(container), container...),
		"literal in front":               append(literal("b\x00\x00\x00\x00\x00", nil), container...),
		"marker in front":                append(framed(10, []byte("PGP")), container...),
		"old packet header":              append([]byte{0x80 | 9<<2 | 3}, body...),
		"too many escrow packets":        append(bytes.Repeat(framed(1, []byte{6, 0, 25}), 20), container...),
		"endless escrow packet":          append(framed(1, make([]byte, 1<<16)), container...),
		"clear text":                     literal("b\x00\x00\x00\x00\x00", original),
		"clear text, compressed":         compressed(t, packet.CompressionZLIB, literal("b\x00\x00\x00\x00\x00", original)),
		"first partial length too small": append([]byte{0xd2, 224}, body...),
	} {
		if got, err := open(changed, key(1), 0); !errors.Is(err, envelope.ErrBroken) {
			t.Errorf("%s: %d bytes, error %v; want ErrBroken", name, len(got), err)
		}
		if d, err := envelope.DigestOf(bytes.NewReader(changed)); err == nil && d == digest {
			t.Errorf("%s: has the digest of the true container", name)
		}
	}
	if _, err := open(container, key(2), 0); !errors.Is(err, envelope.ErrBroken) {
		t.Errorf("wrong key: %v", err)
	}
	if _, err := open(set(0, 3), key(1), 0); !errors.Is(err, envelope.ErrVersion) {
		t.Errorf("version 3: %v, want ErrVersion", err)
	}
}

// TestOtherForms: what somebody who once had the key can make is still refused
// unless it has exactly the form that Seal writes; and where it has, the digest
// tells.
func TestOtherForms(t *testing.T) {
	text := []byte("another text")
	good := literal("b\x00\x00\x00\x00\x00", text)
	zlib := func(inner []byte) []byte { return compressed(t, packet.CompressionZLIB, inner) }
	inSuite := func(inner []byte) []byte { return crafted(t, key(1), suite, true, chunkSize, inner) }
	twin := inSuite(zlib(good))
	if got, err := open(twin, key(1), 0); err != nil || !bytes.Equal(got, text) {
		t.Fatalf("the reference form does not open: %v", err)
	}
	container, digest := seal(t, text, envelope.SealOptions{Key: key(1), SaltSeed: sha256.Sum256(text)})
	if d, err := envelope.DigestOf(bytes.NewReader(twin)); err != nil || d == digest || bytes.Equal(twin, container) {
		t.Errorf("a second ciphertext has the first's digest (%v)", err)
	}
	for name, c := range map[string][]byte{
		"SEIPD version 1":        crafted(t, key(1), suite, false, chunkSize, zlib(good)),
		"AES-128":                crafted(t, key(1), packet.CipherSuite{Cipher: packet.CipherAES128, Mode: packet.AEADModeGCM}, true, chunkSize, zlib(good)),
		"OCB":                    crafted(t, key(1), packet.CipherSuite{Cipher: packet.CipherAES256, Mode: packet.AEADModeOCB}, true, chunkSize, zlib(good)),
		"chunks of 4 MiB":        crafted(t, key(1), suite, true, 4<<20, zlib(good)),
		"not compressed":         inSuite(good),
		"raw deflate":            inSuite(compressed(t, packet.CompressionZIP, good)),
		"compressed twice":       inSuite(zlib(zlib(good))),
		"encrypted twice":        inSuite(zlib(twin)),
		"file name":              inSuite(zlib(literal("b\x01x\x00\x00\x00\x00", text))),
		"file date":              inSuite(zlib(literal("b\x00\x00\x00\x00\x01", text))),
		"text literal":           inSuite(zlib(literal("u\x00\x00\x00\x00\x00", text))),
		"two literals":           inSuite(zlib(append(slices.Clone(good), good...))),
		"padding after":          inSuite(append(zlib(good), framed(21, []byte("pad"))...)),
		"byte after the zlib":    inSuite(framed(8, append(zlibOf(t, good), 0))),
		"zlib without its sum":   inSuite(framed(8, zlibOf(t, good)[:len(zlibOf(t, good))-4])),
		"empty":                  inSuite(nil),
		"literal cut short":      inSuite(zlib(good[:len(good)-3])),
		"literal without header": inSuite(zlib(framed(11, nil))),
	} {
		if got, err := open(c, key(1), 0); !errors.Is(err, envelope.ErrBroken) {
			t.Errorf("%s: %q, error %v; want ErrBroken", name, got, err)
		}
	}
}

// zlibOf is the body of a compressed packet.
func zlibOf(t testing.TB, inner []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	c := compressed(t, packet.CompressionZLIB, inner)
	p, err := packet.Read(bytes.NewReader(c))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(p.(*packet.Compressed).Body); err != nil || !bytes.Equal(got, inner) {
		t.Fatal(err)
	}
	b.Write(c[2:]) // short packets have a one-octet length
	return b.Bytes()
}
