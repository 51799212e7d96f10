package notice

import (
	"bytes"
	"encoding/binary"
	"io"
	"mime/quotedprintable"
	"sync"
)

const (
	// quotedLine is where mime/quotedprintable breaks a line: 76 with the "=" of the break.
	quotedLine = 75
	// quotedPiece is how much is handed on at a time.
	quotedPiece = 32 << 10
	// quotedRest bounds the beginning of a line that waits for its end.
	quotedRest = 4 << 10
)

// quoted writes quoted-printable (RFC 2045 section 6.7), the same octets as
// mime/quotedprintable, but whole lines at a time: most of what we write is lines of
// base64, in which nothing is to be changed. CR, LF and CRLF each end a line. Close
// must follow.
type quoted struct {
	out    io.Writer
	room   *[quotedPiece + 1<<10]byte
	buf    []byte                  // a part of room, unless a line was very long
	rest   []byte                  // a line whose end has not come
	slow   *quotedprintable.Writer // for what is not whole lines; nil until needed
	inSlow bool                    // the end of the line belongs to slow
	cr     bool                    // what slow had last was CR
	err    error
}

var quotedRooms = sync.Pool{New: func() any { return new([quotedPiece + 1<<10]byte) }}

func newQuoted(out io.Writer) *quoted {
	room := quotedRooms.Get().(*[quotedPiece + 1<<10]byte)
	return &quoted{out: out, room: room, buf: room[:0]}
}

// Write takes the next octets of the text.
func (q *quoted) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 && q.err == nil {
		end := bytes.IndexByte(p, '\n')
		switch {
		case q.inSlow && end < 0, end < 0 && len(q.rest)+len(p) > quotedRest:
			q.slowly(q.rest, p)
			q.rest, q.inSlow = q.rest[:0], true
			return n, q.err
		case end < 0:
			q.rest = append(q.rest, p...)
			return n, nil
		case q.inSlow:
			q.slowly(p[:end+1])
			q.inSlow = false
		case len(q.rest) > 0:
			q.rest = append(q.rest, p[:end]...)
			q.line(q.rest)
			q.rest = q.rest[:0]
		default:
			q.line(p[:end])
		}
		p = p[end+1:]
	}
	return n, q.err
}

// Close writes what is left, not closing the writer below.
func (q *quoted) Close() error {
	if len(q.rest) > 0 {
		q.slowly(q.rest)
		q.rest = nil
	}
	if q.slow != nil {
		q.note(q.slow.Close())
	}
	q.flush(0)
	clear(q.room[:]) // nobody's text waits for the next mail
	quotedRooms.Put(q.room)
	q.room, q.buf = nil, nil
	return q.err
}

func (q *quoted) note(err error) {
	if q.err == nil {
		q.err = err
	}
}

// flush hands on what is buffered when there is more than so much.
func (q *quoted) flush(over int) {
	if len(q.buf) > over && q.err == nil {
		_, err := q.out.Write(q.buf)
		q.note(err)
		q.buf = q.buf[:0]
	}
}

// slowly leaves octets to mime/quotedprintable, with LF for every end of a line: it
// takes the LF behind CR and a coded octet for one that belongs to the CR.
func (q *quoted) slowly(pieces ...[]byte) {
	if q.slow == nil {
		q.slow = quotedprintable.NewWriter(appender{q})
	}
	for _, p := range pieces {
		ends := make([]byte, 0, len(p))
		for _, c := range p {
			switch {
			case c == '\r':
				ends = append(ends, '\n')
			case c != '\n' || !q.cr:
				ends = append(ends, c)
			}
			q.cr = c == '\r'
		}
		_, err := q.slow.Write(ends)
		q.note(err)
	}
	q.flush(quotedPiece)
}

// appender is the buffer as a writer.
type appender struct{ q *quoted }

func (a appender) Write(p []byte) (int, error) {
	a.q.buf = append(a.q.buf, p...)
	a.q.flush(quotedPiece)
	return len(p), a.q.err
}

// line writes a line, given without the LF at its end: more than one where CR alone
// ends others.
func (q *quoted) line(p []byte) {
	p = bytes.TrimSuffix(p, []byte{'\r'})
	for end := bytes.IndexByte(p, '\r'); end >= 0; end = bytes.IndexByte(p, '\r') {
		q.oneLine(p[:end])
		p = p[end+1:]
	}
	q.oneLine(p)
}

// oneLine writes a line, given without its end.
func (q *quoted) oneLine(p []byte) {
	switch {
	case len(p) <= quotedLine && plainText(p):
		q.buf = append(append(q.buf, p...), '\r', '\n')
	default:
		q.encode(p)
	}
	q.flush(quotedPiece)
}

// plainText tells whether nothing of a line is to be coded. It looks at eight octets
// at a time; what it says of a tab, and of what is no ASCII, is no.
func plainText(p []byte) bool {
	if n := len(p); n > 0 && p[n-1] == ' ' {
		return false
	}
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for ; len(p) >= 8; p = p[8:] {
		x := binary.LittleEndian.Uint64(p)
		equal, del := x^('='*ones), x^(0x7f*ones)
		if (x|(x-' '*ones)&^x|(equal-ones)&^equal|(del-ones)&^del)&high != 0 {
			return false
		}
	}
	for _, c := range p {
		if !asItIs[c] || c == '\t' {
			return false
		}
	}
	return true
}

// asItIs are the octets that stand for themselves, at the end of a line but for
// space and tab.
var asItIs = func() (t [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		t[c] = c != '='
	}
	t['\t'] = true
	return t
}()

// encode writes a line in which something is to be coded, or that is to be broken.
func (q *quoted) encode(p []byte) {
	const digits = "0123456789ABCDEF"
	at := 0 // octets in the line that is being written
	for len(p) > 0 {
		run := 0
		for run < len(p) && at+run < quotedLine && asItIs[p[run]] {
			run++
		}
		if run == len(p) && (p[run-1] == ' ' || p[run-1] == '\t') {
			run--
		}
		q.buf = append(q.buf, p[:run]...)
		at += run
		if p = p[run:]; len(p) == 0 {
			break
		}
		last := len(p) == 1 && (p[0] == ' ' || p[0] == '\t')
		coded := last || !asItIs[p[0]]
		if !coded || at > quotedLine-3 {
			q.buf = append(q.buf, '=', '\r', '\n')
			at = 0
		}
		if coded {
			q.buf = append(q.buf, '=', digits[p[0]>>4], digits[p[0]&15])
			at += 3
			p = p[1:]
		}
	}
	q.buf = append(q.buf, '\r', '\n')
}
