package demo

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

var seeds = []string{
	"",
	"\r\n",
	"From: a@x.example\r\nSubject:  =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n folded\r\n\r\nbody\r\n",
	"Bcc: b@x.example\r\n\tc@x.example\r\nTo: d@x.example\r\n\r\n",
	"no field\r\nFrom: a@x.example\r\n",
	" begins with a fold\r\nFrom: a@x.example\r\n\r\n",
	"From : a@x.example\r\n\r\nobsolete space before the colon",
	"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html; charset=koi8-r\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+\r\n--x\r\nContent-Disposition: attachment; filename*=utf-8''%e2%82%ac.pdf\r\n\r\n%PDF\r\n--x--\r\n",
	"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\nnever closed",
	"Content-Transfer-Encoding: nonsense\r\nContent-Type: nonsense\r\n\r\nbody",
}

// FuzzSplit: no octet is lost but those of the dropped fields, and what is put
// together again comes apart in the same way.
func FuzzSplit(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !bytes.HasSuffix(raw, []byte("\r\n")) {
			raw = append(raw, "\r\n"...) // as SMTP has it; split adds it too
		}
		fields, head, body := split(raw)
		if !bytes.HasSuffix(raw, body) || len(head)+len(body) > len(raw) {
			t.Fatalf("%q: head %q and body %q are not of it", raw, head, body)
		}
		for _, x := range fields {
			if strings.EqualFold(x.name, "bcc") {
				t.Fatalf("%q: Bcc is kept", raw)
			}
		}
		again, head2, body2 := split(join(head, body))
		if len(again) != len(fields) || !bytes.Equal(head, head2) || !bytes.Equal(body, body2) {
			t.Fatalf("%q: comes apart as %q %q, then as %q %q", raw, head, body, head2, body2)
		}
	})
}

// FuzzParse: whatever arrives can be shown, within the bounds.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p := Parse(raw)
		if len(p.Files) > maxParts || len(p.Text) > maxText || len(p.HTML) > maxText || strings.ContainsAny(p.Subject, "\r\n") {
			t.Fatalf("%q: %d files, subject %q", raw, len(p.Files), p.Subject)
		}
	})
}

// A small mail that nests thousands of parts must not keep the demo busy.
func TestParseIsNotHeldUpByNesting(t *testing.T) {
	var b strings.Builder
	for range 8000 {
		b.WriteString("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n")
	}
	done := make(chan struct{})
	go func() { Parse([]byte(b.String())); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Error("still busy after 10 s")
	}
}
