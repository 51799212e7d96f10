package tnef

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
)

// piece is a run of octets of a message: given, as they stand in a section, or a
// section in base64.
type piece struct {
	octets  []byte
	section section
	base64  bool
}

func (p piece) reader() io.Reader {
	switch {
	case p.section.r == nil:
		return bytes.NewReader(p.octets)
	case p.base64:
		return &lines{r: p.section.reader()}
	}
	return p.section.reader()
}

func given(s string) piece { return piece{octets: []byte(s)} }

// lines reads base64 in lines of 76 characters, each ended by CRLF.
type lines struct {
	r   io.Reader
	out []byte // not yet read
	err error
}

func (l *lines) Read(p []byte) (int, error) {
	const line, many = 57, 256
	if len(l.out) == 0 && l.err == nil {
		var buf [line * many]byte
		n, err := io.ReadFull(l.r, buf[:])
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		l.err = err
		for rest := buf[:n]; len(rest) > 0; {
			k := min(line, len(rest))
			l.out = base64.StdEncoding.AppendEncode(l.out, rest[:k])
			l.out = append(l.out, '\r', '\n')
			rest = rest[k:]
		}
	}
	if len(l.out) == 0 {
		return 0, l.err
	}
	n := copy(p, l.out)
	l.out = l.out[n:]
	if len(l.out) == 0 {
		l.out = nil
	}
	return n, nil
}

// edit puts pieces in place of the octets from one offset of the message to
// another.
type edit struct {
	from, to int64
	pieces   []piece
}

// Mail is a message with its winmail.dat taken apart. It is read as often as
// wanted, and reads what it was made from: keep that and the Scratch open.
type Mail struct{ pieces []piece }

// Reader reads the message from its beginning.
func (m *Mail) Reader() io.Reader {
	readers := make([]io.Reader, 0, len(m.pieces))
	for _, p := range m.pieces {
		readers = append(readers, &lazy{p: p})
	}
	return io.MultiReader(readers...)
}

// lazy opens a piece when it is its turn.
type lazy struct {
	p piece
	r io.Reader
}

func (l *lazy) Read(b []byte) (int, error) {
	if l.r == nil {
		l.r = l.p.reader()
	}
	return l.r.Read(b)
}

// apply gives the message with edits, which are in order and do not overlap.
func apply(mail section, edits []edit) *Mail {
	m := &Mail{}
	at := int64(0)
	for _, e := range edits {
		m.pieces = append(m.pieces, piece{section: mail.sub(at, e.from-at)})
		m.pieces = append(m.pieces, e.pieces...)
		at = e.to
	}
	m.pieces = append(m.pieces, piece{section: mail.sub(at, mail.n-at)})
	return m
}
