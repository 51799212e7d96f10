package envelope_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/postseal/postseal/envelope"
)

// Vectors are pages as they were once sent, with the key and what must come of
// them. They are kept for ever: a message sent today is opened in years. The
// same files are read by web/test/vectors.test.mjs.
const vectorDir = "../testdata/envelope"

var makeVectors = flag.Bool("make-vectors", false, "write the vectors that are missing; never changes one that is there")

// A vector file is lines "name: value", an empty line, and the page to the end.
type vector struct {
	expect string // success, changed, bad-tag, truncated, unknown-version
	about  string
	key    envelope.Key
	digest string // that the record would hold
	sum    string // SHA-256 of the original
	page   []byte
}

func (v vector) bytes() []byte {
	return fmt.Appendf(nil, "expect: %s\nabout: %s\nkey: %x\ndigest: %s\noriginal-sha256: %s\n\n%s", v.expect, v.about, v.key.Bytes(), v.digest, v.sum, v.page)
}

func readVector(t *testing.T, name string) vector {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	head, page, ok := bytes.Cut(b, []byte("\n\n"))
	if !ok {
		t.Fatalf("%s: no empty line", name)
	}
	v := vector{page: page}
	for line := range strings.Lines(string(head)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "expect":
			v.expect = value
		case "digest":
			v.digest = value
		case "original-sha256":
			v.sum = value
		case "key":
			raw, err := hex.DecodeString(value)
			if err != nil {
				t.Fatal(err)
			}
			if v.key, err = envelope.KeyFromBytes(raw); err != nil {
				t.Fatal(err)
			}
		}
	}
	return v
}

// outcome opens a vector as every opener must: page, digest, container. It
// gives "broken" for both bad-tag and truncated: a cut container shows itself
// now as one, now as the other, and no opener need tell them apart.
func outcome(v vector) (string, []byte) {
	_, container, err := readPage(v.page, 0)
	if err != nil {
		return kindOf(err), nil
	}
	d, err := envelope.DigestOf(bytes.NewReader(container))
	if err != nil {
		return kindOf(err), nil
	}
	if hex.EncodeToString(d[:]) != v.digest {
		return "changed", nil
	}
	original, err := open(container, v.key, 0)
	if err != nil {
		return kindOf(err), nil
	}
	return "success", original
}

func kindOf(err error) string {
	switch {
	case errors.Is(err, envelope.ErrVersion):
		return "unknown-version"
	case errors.Is(err, envelope.ErrBroken):
		return "broken"
	default:
		return err.Error()
	}
}

func TestVectors(t *testing.T) {
	if *makeVectors {
		writeVectors(t)
	}
	names, err := filepath.Glob(vectorDir + "/*.txt")
	if err != nil || len(names) < 10 {
		t.Fatalf("%d vectors, %v", len(names), err)
	}
	seen := map[string]int{}
	for _, name := range names {
		v := readVector(t, name)
		seen[v.expect]++
		got, original := outcome(v)
		want := v.expect
		if want == "bad-tag" || want == "truncated" {
			want = "broken"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if sum := sha256.Sum256(original); got == "success" && hex.EncodeToString(sum[:]) != v.sum {
			t.Errorf("%s: opens to another text", name)
		}
	}
	for _, expect := range []string{"success", "changed", "bad-tag", "truncated", "unknown-version"} {
		if seen[expect] == 0 {
			t.Errorf("no vector expects %s", expect)
		}
	}
}

func writeVectors(t *testing.T) {
	text := []byte("From: a@example.gov.uk\r\nTo: b@firm.example\r\nSubject: A test\r\n\r\nCaf\xc3\xa9, \x00 and \xff.\r\n")
	write := func(name, expect, about string, form envelope.Form, original, container []byte, d envelope.Digest, change func([]byte) []byte) {
		path := filepath.Join(vectorDir, name+".txt")
		if _, err := os.Stat(path); err == nil {
			return
		}
		b := writePage(t, page(form), container)
		if change != nil {
			b = change(b)
		}
		v := vector{expect: expect, about: about, key: key(1), digest: hex.EncodeToString(d[:]), page: b}
		sum := sha256.Sum256(original)
		v.sum = hex.EncodeToString(sum[:])
		if err := os.WriteFile(path, v.bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sum := func(container []byte) envelope.Digest {
		d, err := envelope.DigestOf(bytes.NewReader(container))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	container, d := seal(t, text, options(text))
	write("v1-text", "success", "a short text, classic form", envelope.Classic, text, container, d, nil)
	write("v1-passive", "success", "the same, passive form", envelope.Passive, text, container, d, nil)
	// The same as the page was in November 2026, with other words and script.
	write("v1-2026-11-classic", "success", "the page of November 2026, classic form", envelope.Classic, text, container, d, nil)
	write("v1-2026-11-passive", "success", "the page of November 2026, passive form", envelope.Passive, text, container, d, nil)
	write("v1-crlf", "success", "line ends turned by a mail gateway", envelope.Classic, text, container, d,
		func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) })
	empty, de := seal(t, nil, options(nil))
	write("v1-empty", "success", "an original of no bytes", envelope.Passive, nil, empty, de, nil)
	big := noise(300<<10, 8)
	two, d2 := seal(t, big, options(big))
	write("v1-chunks", "success", "two chunks of encryption, partial lengths at every level", envelope.Passive, big, two, d2, nil)
	o := options(text)
	cert, _ := escrowKey(t, packet.PubKeyAlgoEd25519, true, "")
	cert4, _ := escrowKey(t, packet.PubKeyAlgoEdDSA, false, "")
	o.Escrow = []envelope.EscrowKey{parseEscrow(t, cert), parseEscrow(t, cert4)}
	escrowed, dx := seal(t, text, o)
	write("v1-escrow", "success", "two escrow packets before the encrypted packet", envelope.Passive, text, escrowed, dx, nil)

	body := slices.Clone(joined(t, container))
	body[headSize+2] ^= 1
	flipped := framed(18, body)
	write("v1-flipped", "bad-tag", "one bit of the first chunk", envelope.Passive, text, flipped, sum(flipped), nil)
	dropped := joined(t, two)
	dropped = framed(18, slices.Concat(dropped[:headSize], dropped[headSize:headSize+chunkSize+tagSize], dropped[len(dropped)-tagSize:]))
	write("v1-dropped-chunk", "bad-tag", "second chunk left out, lengths mended", envelope.Passive, big, dropped, sum(dropped), nil)
	old := crafted(t, key(1), suite, false, chunkSize, compressed(t, packet.CompressionZLIB, literal("b\x00\x00\x00\x00\x00", text)))
	write("v1-downgrade", "bad-tag", "encrypted packet of version 1 under the same key", envelope.Passive, text, old, sum(old), nil)
	cut := container[:len(container)-5]
	write("v1-cut", "truncated", "container without its last bytes", envelope.Passive, text, cut, sum(cut), nil)
	write("v1-cut-page", "truncated", "page cut inside the container", envelope.Passive, text, container, d,
		func(b []byte) []byte { return b[:bytes.Index(b, []byte("readonly>"))+60] })
	twin := crafted(t, key(1), suite, true, chunkSize, compressed(t, packet.CompressionZLIB, literal("b\x00\x00\x00\x00\x00", []byte("forged"))))
	write("v1-second-ciphertext", "changed", "opens with the key, but is not what was sent", envelope.Passive, text, twin, d, nil)
	write("v2-page", "unknown-version", "a page of a version to come", envelope.Passive, text, container, d,
		func(b []byte) []byte { return bytes.Replace(b, []byte("&#34;v&#34;: 1"), []byte("&#34;v&#34;: 2"), 1) })
}
