package cell

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A frame is four octets of length, the highest first, and as many octets.

// ErrFrame says that the other side announced a frame over its limit.
var ErrFrame = errors.New("a frame over its limit")

// WriteFrame writes one frame.
func WriteFrame(w io.Writer, b []byte) error {
	if _, err := w.Write(binary.BigEndian.AppendUint32(nil, uint32(len(b)))); err != nil {
		return err
	}
	_, err := w.Write(b)
	return err
}

// ReadFrame reads a frame of at most so many octets. Memory is taken as octets
// arrive, not as the length announces.
func ReadFrame(r io.Reader, most int) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	n := int64(binary.BigEndian.Uint32(length[:]))
	if n > int64(most) {
		return nil, fmt.Errorf("%w: %d octets", ErrFrame, n)
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

// Packer writes the values of a frame one behind the other: numbers as varints,
// texts with their length in front. The zero value is an empty frame.
type Packer struct{ Frame []byte }

// Number adds a number.
func (p *Packer) Number(n int64) { p.Frame = binary.AppendVarint(p.Frame, n) }

// Text adds octets.
func (p *Packer) Text(s string) {
	p.Number(int64(len(s)))
	p.Frame = append(p.Frame, s...)
}

// Octets adds octets that are no string yet.
func (p *Packer) Octets(b []byte) {
	p.Number(int64(len(b)))
	p.Frame = append(p.Frame, b...)
}

// Unpacker reads the values of Frame back. After the first error, or Fail, all
// that it gives is zero.
type Unpacker struct {
	Frame []byte
	bad   bool
}

// Fail says that what was read cannot be.
func (u *Unpacker) Fail() { u.Frame, u.bad = nil, true }

// Whole tells whether every value was there and nothing is left over.
func (u *Unpacker) Whole() bool { return !u.bad && len(u.Frame) == 0 }

// Number reads a number.
func (u *Unpacker) Number() int64 {
	n, size := binary.Varint(u.Frame)
	if size <= 0 {
		u.Fail()
		return 0
	}
	u.Frame = u.Frame[size:]
	return n
}

// Count reads how many things follow, of which each takes at least one octet.
func (u *Unpacker) Count(most int) int {
	n := u.Number()
	if n < 0 || n > int64(most) || n > int64(len(u.Frame)) {
		u.Fail()
		return 0
	}
	return int(n)
}

// Octets reads at most so many octets as they stand in the frame.
func (u *Unpacker) Octets(most int) []byte {
	n := u.Count(most)
	s := u.Frame[:n]
	u.Frame = u.Frame[n:]
	return s
}

// Text reads at most so many octets.
func (u *Unpacker) Text(most int) string { return string(u.Octets(most)) }
