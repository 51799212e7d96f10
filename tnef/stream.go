package tnef

import (
	"bytes"
	"encoding/binary"
	"io"
	"time"
)

// Attributes of a stream ([MS-OXTNEF] section 2.1.3.2), as the lower half of
// their numbers.
const (
	attDateSent       = 0x8005
	attDateStart      = 0x8006
	attDateEnd        = 0x8007
	attMessageClass   = 0x8008
	attSubject        = 0x8004
	attBody           = 0x800c
	attAttachData     = 0x800f
	attAttachTitle    = 0x8010
	attMessageProps   = 0x9003
	attAttachRendData = 0x9002
	attAttachment     = 0x9005
	attOEMCodepage    = 0x9007

	signature = 0x223e9f78
)

// stream is what a TNEF stream holds.
type stream struct {
	page  int // codepage of texts that are no Unicode
	props list
	files []file

	// The attributes of before there were properties.
	class, subject   section
	body             section
	sent, start, end time.Time // of attributes: the sender's local time
}

// file is an attachment as it stands in the stream.
type file struct {
	props   list
	title   section
	data    section
	hasData bool
}

// readStream reads a whole stream. Values stay where they are.
func readStream(s section) (*stream, error) {
	c := &cursor{s: s}
	if c.u32() != signature || c.err != nil {
		return nil, or(c.err, unread("it is no TNEF"))
	}
	c.u16() // a key without a meaning to readers
	m := &stream{page: 1252}
	for count := 0; c.left() > 0; count++ {
		if count > maxAttributes {
			return nil, errTooMuch
		}
		if done, err := onlyPadding(c); done || err != nil {
			return m, err
		}
		level := c.take(1)[0]
		id, size := uint16(c.u32()), int64(c.u32())
		data := c.section(size)
		sum := c.u16()
		switch {
		case c.err != nil:
			return nil, c.err
		case level != 1 && level != 2:
			return nil, unread("an attribute of no known level")
		}
		if err := check(data, sum); err != nil {
			return nil, err
		}
		if err := m.attribute(id, data); err != nil {
			return nil, err
		}
	}
	return m, c.err
}

func or(err, instead error) error {
	if err != nil {
		return err
	}
	return instead
}

// onlyPadding tells whether nothing but zeros and line ends follow, which mail
// programs put behind files. No attribute begins with either.
func onlyPadding(c *cursor) (bool, error) {
	const longest = 4096
	if c.left() > longest {
		return false, nil
	}
	rest, err := c.s.sub(c.at, c.left()).bytes(longest)
	return err == nil && len(bytes.Trim(rest, "\x00\r\n")) == 0, err
}

// check compares the sum of all octets.
func check(s section, want uint16) error {
	var sum uint16
	buf := make([]byte, min(s.n, windowSize))
	r := s.reader()
	for {
		n, err := r.Read(buf)
		for _, b := range buf[:n] {
			sum += uint16(b)
		}
		if err == io.EOF || s.n == 0 {
			break
		}
		if err != nil {
			return err
		}
	}
	if sum != want {
		return unread("a checksum is wrong")
	}
	return nil
}

func (m *stream) attribute(id uint16, s section) (err error) {
	switch id {
	case attOEMCodepage:
		b, err := s.bytes(windowSize)
		if err == nil && len(b) >= 4 {
			m.page = int(binary.LittleEndian.Uint32(b))
		}
		return err
	case attMessageClass:
		m.class = s
	case attSubject:
		m.subject = s
	case attBody:
		m.body = s
	case attDateSent:
		m.sent, err = date(s)
	case attDateStart:
		m.start, err = date(s)
	case attDateEnd:
		m.end, err = date(s)
	case attMessageProps:
		err = m.props.read(s)
	case attAttachRendData:
		if len(m.files) >= maxAttachments {
			return errTooMuch
		}
		m.files = append(m.files, file{})
	case attAttachData, attAttachTitle, attAttachment:
		if len(m.files) == 0 {
			return unread("a file's data without a file")
		}
		err = m.files[len(m.files)-1].attribute(id, s)
	}
	return err
}

func (f *file) attribute(id uint16, s section) error {
	switch id {
	case attAttachData:
		if f.hasData {
			return unread("a file has two contents")
		}
		f.data, f.hasData = s, true
	case attAttachTitle:
		f.title = s
	case attAttachment:
		return f.props.read(s)
	}
	return nil
}

// date reads the seven numbers of a DTR structure; a zero time when they are
// none.
func date(s section) (time.Time, error) {
	b, err := s.bytes(windowSize)
	if err != nil || len(b) < 12 {
		return time.Time{}, err
	}
	n := func(i int) int { return int(binary.LittleEndian.Uint16(b[2*i:])) }
	if n(0) < 1601 || n(0) > 9999 || n(1) < 1 || n(1) > 12 {
		return time.Time{}, nil
	}
	return time.Date(n(0), time.Month(n(1)), n(2), n(3), n(4), n(5), 0, time.UTC), nil
}
