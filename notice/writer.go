package notice

import (
	"encoding/base64"
	"io"
)

// counter counts octets and keeps the first error.
type counter struct {
	w   io.Writer
	n   int64
	err error
}

func (c *counter) Write(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.w.Write(p)
	c.n += int64(n)
	c.err = err
	return n, err
}

func (c *counter) text(s string) { _, _ = io.WriteString(c, s) }

// part writes one text part.
func (c *counter) part(kind, s string) {
	c.text("Content-Type: " + kind + "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	q := newQuoted(c)
	_, _ = io.WriteString(q, s)
	_ = q.Close() // both errors are the counter's
}

// calendar writes the answer to an invitation: mail programs act on its method
// (RFC 6047 section 2.4), and base64 keeps its line ends and folds as they are.
func (c *counter) calendar(s string) {
	c.text("Content-Type: text/calendar; method=REPLY; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	e := base64.NewEncoder(base64.StdEncoding, &wrapped{out: c})
	_, _ = io.WriteString(e, s)
	_ = e.Close() // both errors are the counter's
}

// wrapped breaks base64 into lines of 76 (RFC 2045 section 6.8).
type wrapped struct {
	out    *counter
	length int
}

func (w *wrapped) Write(p []byte) (int, error) {
	total := len(p)
	for len(p) > 0 {
		if w.length == lineAim {
			w.out.text("\r\n")
			w.length = 0
		}
		n := min(lineAim-w.length, len(p))
		if _, err := w.out.Write(p[:n]); err != nil {
			return 0, err
		}
		w.length += n
		p = p[n:]
	}
	return total, nil
}
