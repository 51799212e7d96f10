package envelope

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// The packet types of our container (RFC 9580 section 5).
const (
	tagEncryptedKey = 1  // PKESK: the session key for one escrow key
	tagCompressed   = 8  //
	tagLiteral      = 11 //
	tagEncrypted    = 18 // SEIPD: everything else
)

const (
	// partialSize is the piece size in which packets of unknown length are
	// written. RFC 9580 section 4.2.1.4: a power of two, the first at least 512.
	partialSize = 1 << 16
	partialBits = 16
	// leastFirstPartial is the least first partial length that section allows.
	leastFirstPartial = 512
)

// packetWriter writes one packet of unknown length in partial lengths.
// Close ends the packet, not the writer below; release must follow.
type packetWriter struct {
	w     io.Writer
	buf   []byte
	piece *[partialSize]byte // what buf is a part of
}

var pieces = sync.Pool{New: func() any { return new([partialSize]byte) }}

func newPacketWriter(w io.Writer, tag byte) (*packetWriter, error) {
	if _, err := w.Write([]byte{0xc0 | tag}); err != nil {
		return nil, err
	}
	piece := pieces.Get().(*[partialSize]byte)
	return &packetWriter{w: w, piece: piece, buf: piece[:0]}, nil
}

// release lets the next packet have the memory, which holds nothing by then. The
// writer is not used after it.
func (p *packetWriter) release() {
	clear(p.piece[:])
	pieces.Put(p.piece)
	p.piece, p.buf = nil, nil
}

func (p *packetWriter) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		if len(p.buf) == partialSize {
			if _, err := p.w.Write([]byte{224 + partialBits}); err != nil {
				return 0, err
			}
			if _, err := p.w.Write(p.buf); err != nil {
				return 0, err
			}
			p.buf = p.buf[:0]
		}
		k := copy(p.buf[len(p.buf):partialSize], b)
		p.buf, b = p.buf[:len(p.buf)+k], b[k:]
	}
	return n, nil
}

func (p *packetWriter) Close() error {
	head := binary.BigEndian.AppendUint32([]byte{255}, uint32(len(p.buf)))
	if _, err := p.w.Write(head); err != nil {
		return err
	}
	_, err := p.w.Write(p.buf)
	return err
}

// packetReader reads the body of one packet, joining partial lengths. Unlike
// io.LimitedReader it takes an early end of the input as an error.
type packetReader struct {
	r       *bufio.Reader
	left    int64
	partial bool
}

// errForm says that bytes are not a packet in the form we write.
var errForm = errors.New("unexpected packet form")

// readPacket reads the header of the next packet. io.EOF means that there is none.
func readPacket(r *bufio.Reader) (tag byte, body *packetReader, err error) {
	first, err := r.ReadByte()
	if err != nil {
		return 0, nil, err
	}
	if first&0xc0 != 0xc0 { // the old header form is never written by us
		return 0, nil, errForm
	}
	body = &packetReader{r: r}
	if err := body.nextLength(); err != nil {
		return 0, nil, err
	}
	if body.partial && body.left < leastFirstPartial {
		return 0, nil, errForm
	}
	return first & 0x3f, body, nil
}

// nextLength reads one length (RFC 9580 section 4.2.1).
func (p *packetReader) nextLength() error {
	b, err := p.r.ReadByte()
	if err != nil {
		return unexpected(err)
	}
	p.partial = false
	switch {
	case b < 192:
		p.left = int64(b)
	case b < 224:
		c, err := p.r.ReadByte()
		if err != nil {
			return unexpected(err)
		}
		p.left = int64(b-192)<<8 + int64(c) + 192
	case b < 255:
		p.left, p.partial = int64(1)<<(b&0x1f), true
	default:
		var n [4]byte
		if _, err := io.ReadFull(p.r, n[:]); err != nil {
			return unexpected(err)
		}
		p.left = int64(binary.BigEndian.Uint32(n[:]))
	}
	return nil
}

func (p *packetReader) Read(b []byte) (int, error) {
	for p.left == 0 {
		if !p.partial {
			return 0, io.EOF
		}
		if err := p.nextLength(); err != nil {
			return 0, err
		}
	}
	if int64(len(b)) > p.left {
		b = b[:p.left]
	}
	n, err := p.r.Read(b)
	p.left -= int64(n)
	if p.left > 0 || p.partial {
		err = unexpected(err)
	}
	return n, err
}

// readWhole reads the rest of a body of at most limit bytes.
func (p *packetReader) readWhole(limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(p, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%w: packet over %d bytes", errForm, limit)
	}
	return b, err
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// atEnd asks that r holds nothing more.
func atEnd(r io.ByteReader) error {
	switch _, err := r.ReadByte(); err {
	case io.EOF:
		return nil
	case nil:
		return fmt.Errorf("%w: trailing data", errForm)
	default:
		return err
	}
}
