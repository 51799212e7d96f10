package policy

import "bytes"

// mixedBase64 is the further reading of a text part in base64 to which a gateway
// has added lines of plain text, or which is no base64 at all: lines of base64
// decoded, the others as they are. It gives no part when there are none of those.
type mixedBase64 struct {
	to    *leaf
	dec   base64Decoder
	line  []byte
	tail  []byte // decoded, as long as there was no plain line
	out   []byte // decoded of one line
	mixed bool
}

const (
	// mixedTail is how much of what was decoded stands before the first plain
	// line, in octets: a name or number there must not be cut.
	mixedTail = 1 << 10
	// mixedLine is how long a line is gathered, in octets; RFC 2045 allows 76.
	mixedLine = 4 << 10
)

// newMixedBase64 gives the reading for a description with base64.
func newMixedBase64(r *reader, d described, at place) *mixedBase64 {
	d.encoding = ""
	at.second = true
	l := newLeaf(r, d, at)
	l.optional = true
	l.part.Where += ", outside its coding"
	return &mixedBase64{to: l}
}

func (m *mixedBase64) run(b []byte, _ bool) {
	if m.mixed && m.to.over || !m.to.r.spend(len(b)+runWork) {
		return
	}
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i >= 0 && len(m.line) == 0 {
			m.whole(b[:i+1])
			b = b[i+1:]
			continue
		}
		if i < 0 {
			m.line, b = append(m.line, b...), nil
		} else {
			m.line, b = append(m.line, b[:i+1]...), b[i+1:]
		}
		if i >= 0 || len(m.line) >= mixedLine {
			m.whole(m.line)
			m.line = m.line[:0]
		}
	}
}

// whole takes a line, with its end.
func (m *mixedBase64) whole(raw []byte) {
	line := bytes.TrimSpace(raw)
	if m.dec.n == 0 && len(line) > 0 {
		// Nearly all lines are of whole groups, which are told while they are decoded.
		if out, left := wholeGroups(m.out[:0], line); len(left) == 0 {
			m.out = out
			m.decoded(m.out)
			return
		}
	}
	switch {
	case len(line) == 0:
	case isBase64Line(line):
		m.out = m.dec.decode(m.out[:0], line)
		m.decoded(m.out)
	default:
		m.decoded(append(m.dec.rest(nil), '\n'))
		if !m.mixed {
			m.mixed = true
			m.to.run(m.tail[max(0, len(m.tail)-mixedTail):], true)
		}
		m.to.run(raw, true)
	}
}

func (m *mixedBase64) decoded(b []byte) {
	if m.mixed {
		m.to.run(b, true)
		return
	}
	if m.tail = append(m.tail, b...); len(m.tail) > 4*mixedTail { // not with each line
		m.tail = append(m.tail[:0], m.tail[len(m.tail)-mixedTail:]...)
	}
}

func (m *mixedBase64) close() {
	m.whole(m.line)
	if !m.mixed {
		return
	}
	m.decoded(m.dec.rest(nil))
	m.to.r.doubt(m.to.at.where("a part in base64 has plain lines in it, which were read too"))
	m.to.close()
}

// isBase64Line tells a line of base64, whose length a short last one may not show,
// from a line of words.
func isBase64Line(line []byte) bool {
	body := bytes.TrimRight(line, "=")
	if len(body) == 0 || len(line)-len(body) > 2 {
		return false
	}
	for _, c := range body {
		if sextets[c] == noSextet {
			return false
		}
	}
	return len(line) >= 40 || len(line)%4 == 0
}
