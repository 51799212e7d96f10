package envelope_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"testing"
	"time"

	"github.com/klauspost/compress/flate"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/bench/cputime"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/notice"
)

const bigMail = 10 << 20 // octets, as the goals of the speed work have them

// sealed is all that becomes of a mail: container, page, and the mail in which the
// page leaves.
func sealed(b *testing.B, original []byte, o envelope.SealOptions) {
	var container bytes.Buffer
	container.Grow(len(original))
	if _, err := envelope.Seal(&container, bytes.NewReader(original), o); err != nil {
		b.Fatal(err)
	}
	m := notice.Mail{From: addr.Named{Address: addr.MustParse("jane.doe@example.gov.uk")}, Date: time.Unix(1e9, 0), MessageID: "<1@example.gov.uk>",
		Attachments: []notice.Attachment{{Name: "securedoc.html", Type: "text/html", QuotedPrintable: true, Write: func(w io.Writer) error {
			return envelope.WritePage(w, page(envelope.Classic), &container)
		}}}}
	if err := m.Encode(io.Discard); err != nil {
		b.Fatal(err)
	}
}

// bare is what cannot be done without: deflate by Huffman coding, AES-256-GCM,
// base64 in lines and quoted-printable, each over the whole of what the one before
// made.
func bare(b *testing.B, original []byte) {
	var deflated bytes.Buffer
	deflated.Grow(len(original))
	f, err := flate.NewWriter(&deflated, flate.HuffmanOnly)
	if err != nil {
		b.Fatal(err)
	}
	_, _ = f.Write(original)
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	block, err := aes.NewCipher(noise(32, 3))
	if err != nil {
		b.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		b.Fatal(err)
	}
	encrypted := gcm.Seal(deflated.Bytes()[:0], noise(gcm.NonceSize(), 4), deflated.Bytes(), nil)
	code := make([]byte, base64.StdEncoding.EncodedLen(len(encrypted)))
	base64.StdEncoding.Encode(code, encrypted)
	q := quotedprintable.NewWriter(io.Discard)
	const line = 72
	for len(code) > 0 {
		n := min(line, len(code))
		_, _ = q.Write(code[:n])
		_, _ = q.Write([]byte{'\n'})
		code = code[n:]
	}
	if err := q.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSealBesideBare is sealing alone, of a mail of 10 MB with an attachment
// that cannot be compressed. The goal is a ratio of 1/1.4, 0.71, or more.
func BenchmarkSealBesideBare(b *testing.B) {
	original := mail76(20<<10, bigMail/78*57)
	o := options(original)
	cputime.Beside(b, len(original), func() { sealed(b, original, o) }, len(original), func() { bare(b, original) })
}

// BenchmarkSealText is a mail of 10 MB of text, which is compressed in earnest.
func BenchmarkSealText(b *testing.B) {
	original := mail76(bigMail, 0)
	o := options(original)
	cputime.Loop(b, len(original), func() { sealed(b, original, o) })
}

// BenchmarkContainer is the container alone.
func BenchmarkContainer(b *testing.B) {
	original := mail76(20<<10, bigMail/78*57)
	o := options(original)
	cputime.Loop(b, len(original), func() {
		if _, err := envelope.Seal(io.Discard, bytes.NewReader(original), o); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkPage is the page around a container.
func BenchmarkPage(b *testing.B) {
	container := noise(bigMail, 1)
	cputime.Loop(b, len(container), func() {
		if err := envelope.WritePage(io.Discard, page(envelope.Classic), bytes.NewReader(container)); err != nil {
			b.Fatal(err)
		}
	})
}
