package envelope_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/postseal/postseal/envelope"
)

// known tells whether an error is one of those that ReadPage and Open promise.
func known(err error) bool {
	for _, want := range []error{envelope.ErrBroken, envelope.ErrVersion, envelope.ErrNotPage, envelope.ErrTooBig} {
		if errors.Is(err, want) {
			return true
		}
	}
	return false
}

func FuzzReadPage(f *testing.F) {
	b := writePage(f, page(envelope.Passive), noise(200, 1)) // without script: small inputs are fuzzed faster
	f.Add(b)
	f.Add(bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")))
	f.Add(b[:len(b)/2])
	f.Add([]byte(`<meta name=postseal content='{"v":1,"id":"mfrggzdfmztwq2lkmfrggzdfma"}'><textarea name=ct>AAAA</textarea>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		const max = 1 << 12
		p, c, err := readPage(b, max)
		if err != nil {
			if !known(err) {
				t.Errorf("unnamed error %v", err)
			}
			return
		}
		if len(c) > max {
			t.Errorf("%d bytes over the bound", len(c))
		}
		var again bytes.Buffer
		if err := envelope.WritePage(&again, p, bytes.NewReader(c)); err != nil {
			return // a page of somebody's own making, which we would not write
		}
		if q, d, err := readPage(again.Bytes(), max); err != nil || q.ID != p.ID || q.Secret != p.Secret || !bytes.Equal(c, d) {
			t.Errorf("written again it reads otherwise: %v", err)
		}
	})
}

func FuzzOpen(f *testing.F) {
	text := []byte("Subject: x\r\n\r\nhello\r\n")
	container, _ := seal(f, text, options(text))
	f.Add(container)
	f.Add(container[:len(container)-1])
	f.Add(append(framed(1, []byte{6, 0, 25}), container...))
	f.Add(crafted(f, key(1), suite, true, chunkSize, compressed(f, 2, literal("b\x00\x00\x00\x00\x00", text))))
	f.Fuzz(func(t *testing.T, b []byte) {
		const max = 1 << 12
		got, err := open(b, key(1), max)
		if err != nil && !known(err) {
			t.Errorf("unnamed error %v", err)
		}
		if len(got) > max {
			t.Errorf("%d bytes over the bound", len(got))
		}
		if err == nil {
			if _, err := envelope.DigestOf(bytes.NewReader(b)); err != nil {
				t.Errorf("opens, but has no digest: %v", err)
			}
		}
	})
}

// FuzzInner fuzzes what a holder of the key can put inside, which FuzzOpen
// cannot reach past the authentication.
func FuzzInner(f *testing.F) {
	f.Add(compressed(f, 2, literal("b\x00\x00\x00\x00\x00", []byte("hello"))))
	f.Add(literal("b\x00\x00\x00\x00\x00", []byte("hello")))
	f.Add(compressed(f, 1, nil))
	f.Fuzz(func(t *testing.T, inner []byte) {
		const max = 1 << 12
		got, err := open(crafted(t, key(1), suite, true, chunkSize, inner), key(1), max)
		if err != nil && !known(err) {
			t.Errorf("unnamed error %v", err)
		}
		if len(got) > max {
			t.Errorf("%d bytes over the bound", len(got))
		}
	})
}
