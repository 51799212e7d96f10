package envelope

import (
	"encoding/base64"
	"errors"
	"io"
	"sync"
)

const (
	// lineLength is the octets of a line of base64 at most; the quoted-printable writer
	// would break lines of 76 once more.
	lineLength = 72

	// coinLength is the shortest word that SpamAssassin's __BITCOIN_ID takes for an
	// address: 1 or 3 at the beginning of a word, then 29 to 34 digits and letters
	// without 0, O, I and l. One kilobyte of base64 in seventy holds one. To break
	// before it costs a line end in some eight kilobytes.
	coinLength = 30
	// coinBreak is how long such a word may grow until the next line end is taken: in
	// fours, for readers that go by lines.
	coinBreak = coinLength - 4

	// rawPiece is the octets that are coded at a time: a multiple of three.
	rawPiece = 48 << 10
)

// coder is the memory that coding takes: so much that a short message's would be
// most of its cost.
type coder struct {
	raw   [rawPiece]byte
	code  [lineLength + rawPiece/3*4]byte
	lines [(lineLength + rawPiece/3*4) / 4 * 5]byte
}

var coders = sync.Pool{New: func() any { return new(coder) }}

// writeBase64 writes what container holds in base64, in lines of at most
// lineLength: shorter where chance has written what filters take for the address
// of a Bitcoin account.
func writeBase64(w io.Writer, container io.Reader) error {
	c := coders.Get().(*coder)
	defer coders.Put(c) // what it holds stands in the mail
	raw, code, lines := c.raw[:], c.code[:], c.lines[:0]
	left := 0 // of code, from the piece before
	for {
		n, atEnd, err := fill(container, raw)
		if err != nil {
			return err
		}
		base64.StdEncoding.Encode(code[left:], raw[:n])
		b := code[:left+base64.StdEncoding.EncodedLen(n)]
		lines = lines[:0]
		for len(b) >= lineLength || atEnd && len(b) > 0 {
			end := lineEnd(b)
			lines = append(append(lines, b[:end]...), '\n')
			b = b[end:]
		}
		if _, err := w.Write(lines); err != nil {
			return err
		}
		if atEnd {
			return nil
		}
		left = copy(code, b)
	}
}

// fill reads until b is full. Unlike io.ReadFull it tells an end from a reader that
// says io.ErrUnexpectedEOF of itself: half a container must not pass for a whole.
func fill(r io.Reader, b []byte) (n int, atEnd bool, err error) {
	for n < len(b) {
		k, err := r.Read(b[n:])
		n += k
		if errors.Is(err, io.EOF) {
			return n, true, nil
		}
		if err != nil {
			return n, false, err
		}
	}
	return n, false, nil
}

// isCoin are the octets of base64 that such an address may hold.
var isCoin = func() (t [256]bool) {
	for _, c := range []byte("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz") {
		t[c] = true
	}
	return t
}()

// lineEnd gives the length of the first line. A word that may become an address is
// coinBreak octets in a row, and of those one is at a multiple of that; so a few
// octets tell nearly always that a line holds none.
func lineEnd(b []byte) int {
	b = b[:min(len(b), lineLength)]
	for at := coinBreak - 1; at < len(b); at += coinBreak {
		from, to := at, at
		for to < len(b) && isCoin[b[to]] {
			to++
		}
		for to > at && from > 0 && isCoin[b[from-1]] {
			from--
		}
		if to-from < coinBreak || b[from] != '1' && b[from] != '3' || from > 0 && isBase64Letter(b[from-1]) {
			continue
		}
		if end := (from + coinBreak + 3) / 4 * 4; end <= to {
			return end
		}
	}
	return len(b)
}

// isBase64Letter tells whether an octet of base64 belongs to a word.
func isBase64Letter(c byte) bool { return c != '+' && c != '/' && c != '=' }
