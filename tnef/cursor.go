package tnef

import (
	"encoding/binary"
	"errors"
	"io"
)

// section is a run of octets that stays where it is.
type section struct {
	r      io.ReaderAt
	off, n int64
}

func (s section) reader() *io.SectionReader { return io.NewSectionReader(s.r, s.off, s.n) }

// sub gives n octets from an offset on; the caller has compared them with n.
func (s section) sub(off, n int64) section { return section{s.r, s.off + off, n} }

// bytes reads the whole section, which may have no more than most octets.
func (s section) bytes(most int64) ([]byte, error) {
	if s.n > most {
		return nil, errTooMuch
	}
	b := make([]byte, s.n)
	if n, err := s.r.ReadAt(b, s.off); n < len(b) {
		return nil, shortRead(err)
	}
	return b, nil
}

// shortRead tells the end of the data from a reader that fails.
func shortRead(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errEnds
	}
	return err
}

// cursor reads numbers off a section, through a window. After the first error
// everything is zero.
type cursor struct {
	s      section
	at     int64
	window []byte
	from   int64 // where the window begins
	err    error
}

func (c *cursor) left() int64 { return c.s.n - c.at }

// take gives the next n octets, which are no more than a window and valid until
// the next call.
func (c *cursor) take(n int64) []byte {
	if c.err != nil || n > c.left() {
		c.fail(errEnds)
		return make([]byte, n)
	}
	if c.at < c.from || c.at+n > c.from+int64(len(c.window)) {
		b := make([]byte, min(windowSize, c.left()))
		if got, err := c.s.r.ReadAt(b, c.s.off+c.at); got < len(b) {
			c.fail(shortRead(err))
			return make([]byte, n)
		}
		c.window, c.from = b, c.at
	}
	b := c.window[c.at-c.from:][:n]
	c.at += n
	return b
}

func (c *cursor) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *cursor) u16() uint16 { return binary.LittleEndian.Uint16(c.take(2)) }
func (c *cursor) u32() uint32 { return binary.LittleEndian.Uint32(c.take(4)) }
func (c *cursor) u64() uint64 { return binary.LittleEndian.Uint64(c.take(8)) }

// section cuts off the next n octets without reading them.
func (c *cursor) section(n int64) section {
	if c.err != nil || n > c.left() {
		c.fail(errEnds)
		return section{}
	}
	s := c.s.sub(c.at, n)
	c.at += n
	return s
}

// pad skips what fills n octets up to a multiple of four. It may be missing at
// the end of the list.
func (c *cursor) pad(n int64) { c.at += min((4-n%4)%4, c.left()) }
