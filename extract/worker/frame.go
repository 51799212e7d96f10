package worker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A frame is four octets of length, the highest first, and as many octets.

var errFrame = errors.New("a frame over its limit")

// writeFrame writes one frame.
func writeFrame(w io.Writer, b []byte) error {
	if err := writeLength(w, len(b)); err != nil {
		return err
	}
	_, err := w.Write(b)
	return err
}

func writeLength(w io.Writer, n int) error {
	_, err := w.Write(binary.BigEndian.AppendUint32(nil, uint32(n)))
	return err
}

// readFrame reads a frame of at most so many octets. Memory is taken as octets
// arrive, not as the length announces.
func readFrame(r io.Reader, most int) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	n := int64(binary.BigEndian.Uint32(length[:]))
	if n > int64(most) {
		return nil, fmt.Errorf("%w: %d octets", errFrame, n)
	}
	const atOnce = 1 << 20
	var b bytes.Buffer
	b.Grow(int(min(n, atOnce)))
	if _, err := io.CopyN(&b, r, n); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return b.Bytes(), nil
}

// packer writes values one behind the other: numbers as varints, texts with
// their length in front.
type packer struct{ b []byte }

func (p *packer) number(n int64) { p.b = binary.AppendVarint(p.b, n) }
func (p *packer) text(s string) {
	p.number(int64(len(s)))
	p.b = append(p.b, s...)
}

// unpacker reads them back. After the first error everything is zero.
type unpacker struct {
	b   []byte
	bad bool
}

func (u *unpacker) number() int64 {
	n, size := binary.Varint(u.b)
	if size <= 0 {
		u.b, u.bad = nil, true
		return 0
	}
	u.b = u.b[size:]
	return n
}

// count reads how many things follow, of which each takes at least one octet.
func (u *unpacker) count(most int) int {
	n := u.number()
	if n < 0 || n > int64(most) || n > int64(len(u.b)) {
		u.b, u.bad = nil, true
		return 0
	}
	return int(n)
}

// octets reads a text as it stands in the frame.
func (u *unpacker) octets(most int) []byte {
	n := u.count(most)
	s := u.b[:n]
	u.b = u.b[n:]
	return s
}

func (u *unpacker) text(most int) string { return string(u.octets(most)) }
