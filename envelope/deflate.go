package envelope

import (
	"bytes"
	"hash"
	"hash/adler32"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/flate"
)

// blockSize is how much is compressed by one method. A mail is headers and text
// first and base64 after, so the method is chosen anew for each block; text
// loses little by a window that starts again every 64 KiB.
const blockSize = 64 << 10

// textLevel is the level tried for text. On base64 of anything dense it gives
// up fast and stores, where Huffman coding alone takes back what base64 added.
const textLevel = 6

// A sample tells what is dense: samples pieces of sampled octets, spread over the
// block. Of base64 of something compressed or encrypted each of its 64 letters is
// one octet in 64, and more than mostOfOne of one letter are seen in none of a
// million samples; of words the space is one in six, and of base64 of words or of a
// document with gaps several letters are one in twenty and more.
const (
	samples   = 16
	sampled   = 64
	mostOfOne = samples * sampled / 20
)

// squeezer writes one zlib stream (RFC 1950), each block by whichever of two
// methods came out smaller, or by Huffman coding alone where a sample says that
// there is nothing to be repeated. The blocks depend on the bytes alone, not on how
// they were cut into writes, so that the same bytes give the same stream.
type squeezer struct {
	w   io.Writer
	sum hash.Hash32
	*presses
}

// presses are what a squeezer works with. Making them takes a megabyte and more
// time than a short message's compression, so they are used again.
type presses struct {
	block         []byte
	plain, text   *flate.Writer
	plainB, textB bytes.Buffer
}

var spare = sync.Pool{New: func() any {
	p := &presses{block: make([]byte, 0, blockSize)}
	// The levels are constants that the library knows, so there is no error.
	p.plain, _ = flate.NewWriter(nil, flate.HuffmanOnly)
	p.text, _ = flate.NewWriter(nil, textLevel)
	return p
}}

// newSqueezer begins a stream; Close must be called, or release.
func newSqueezer(w io.Writer) (*squeezer, error) {
	s := &squeezer{w: w, sum: adler32.New(), presses: spare.Get().(*presses)}
	_, err := w.Write([]byte{0x78, 0x9c}) // deflate, 32 KiB window, no dictionary
	return s, err
}

// release lets the next message have the presses. The squeezer is not used after it.
func (s *squeezer) release() {
	p := s.presses
	s.presses = nil
	if p == nil {
		return
	}
	clear(p.block[:cap(p.block)]) // nobody's text waits for the next message
	p.block = p.block[:0]
	spare.Put(p)
}

func (s *squeezer) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		k := copy(s.block[len(s.block):blockSize], b)
		s.block, b = s.block[:len(s.block)+k], b[k:]
		if len(s.block) == blockSize {
			if err := s.flush(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

// flush compresses the block both ways, if need be, and writes the smaller. Each way starts
// with an empty window, since a match must not reach into the other's output,
// and ends on a byte boundary with an empty stored block.
func (s *squeezer) flush() error {
	_, _ = s.sum.Write(s.block)
	if err := deflate(s.plain, &s.plainB, s.block); err != nil {
		return err
	}
	smaller := &s.plainB
	if !isDense(s.block) {
		if err := deflate(s.text, &s.textB, s.block); err != nil {
			return err
		}
		if s.textB.Len() < s.plainB.Len() {
			smaller = &s.textB
		}
	}
	s.block = s.block[:0]
	_, err := s.w.Write(smaller.Bytes())
	return err
}

// isDense tells by a sample whether no octet of a block is frequent. A block shorter
// than the sample is not.
func isDense(block []byte) bool {
	if len(block) < samples*sampled {
		return false
	}
	var count [256]uint16
	step := (len(block) - sampled) / (samples - 1)
	for i := range samples {
		for _, c := range block[i*step:][:sampled] {
			count[c]++
		}
	}
	return slices.Max(count[:]) <= mostOfOne
}

func deflate(f *flate.Writer, to *bytes.Buffer, block []byte) error {
	to.Reset()
	f.Reset(to)
	if _, err := f.Write(block); err != nil {
		return err
	}
	return f.Flush()
}

// Close ends the stream, not the writer below.
func (s *squeezer) Close() error {
	if len(s.block) > 0 {
		if err := s.flush(); err != nil {
			return err
		}
	}
	// An empty last block (RFC 1951 section 3.2.3: BFINAL, fixed codes, end of block).
	_, err := s.w.Write(s.sum.Sum([]byte{0x03, 0x00}))
	return err
}
