package extract

import (
	"bytes"
	"strconv"
)

// Objects of a PDF (ISO 32000-1 section 7.3): nil, bool, float64, pdfString,
// pdfName, pdfArray, pdfDict, pdfRef and *pdfStream.
type (
	pdfString string
	pdfName   string
	pdfArray  []any
	pdfDict   map[pdfName]any
	pdfRef    struct{ num, gen int }
	pdfStream struct {
		dict    pdfDict
		raw     []byte // as in the file, decrypted only when read
		ref     pdfRef // of the object, for its key
		inPlain bool   // not to be decrypted
	}
	// pdfWord is an operator, or a keyword of the file's structure.
	pdfWord string
)

// maxPDFDepth bounds arrays in arrays; real files stay below ten.
const maxPDFDepth = 40

// pdfLexer cuts octets into objects. What makes no sense is skipped, as viewers
// do.
type pdfLexer struct {
	b    []byte
	pos  int
	left *int // items of arrays and dictionaries that may still be made; nil for any
}

// room pays for an item of an array or dictionary. Without room nothing more is
// read.
func (l *pdfLexer) room() bool {
	if l.left == nil {
		return true
	}
	if *l.left--; *l.left < 0 {
		l.pos = len(l.b)
		return false
	}
	return true
}

func isPDFSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isPDFDelimiter(c byte) bool {
	switch c {
	case '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return false
}

func (l *pdfLexer) skipSpace() {
	for l.pos < len(l.b) {
		switch c := l.b[l.pos]; {
		case isPDFSpace(c):
			l.pos++
		case c == '%':
			end := bytes.IndexAny(l.b[l.pos:], "\r\n")
			if end < 0 {
				l.pos = len(l.b)
				return
			}
			l.pos += end
		default:
			return
		}
	}
}

// pdfEnd marks the end of the octets, and pdfClose a bracket that closes.
type (
	pdfEnd   struct{}
	pdfClose byte
)

// next gives the next object or word. References are not put together; object
// does that.
func (l *pdfLexer) next(depth int) any {
	l.skipSpace()
	if l.pos >= len(l.b) {
		return pdfEnd{}
	}
	c := l.b[l.pos]
	if depth >= maxPDFDepth && (c == '[' || c == '<') {
		l.pos++ // no reader needs what is in there, and the stack has an end
		return nil
	}
	switch {
	case c == '/':
		l.pos++
		return l.name()
	case c == '(':
		return l.literal()
	case c == '<':
		if l.pos+1 < len(l.b) && l.b[l.pos+1] == '<' {
			l.pos += 2
			return l.dict(depth + 1)
		}
		return l.hex()
	case c == '[':
		l.pos++
		return l.array(depth + 1)
	case c == '>' && l.pos+1 < len(l.b) && l.b[l.pos+1] == '>':
		l.pos += 2
		return pdfClose('>')
	case c == ']':
		l.pos++
		return pdfClose(']')
	case isPDFDelimiter(c):
		l.pos++
		return pdfWord(c)
	}
	return l.regular()
}

// regular reads a number or a word.
func (l *pdfLexer) regular() any {
	start := l.pos
	for l.pos < len(l.b) && !isPDFSpace(l.b[l.pos]) && !isPDFDelimiter(l.b[l.pos]) {
		l.pos++
	}
	s := l.b[start:l.pos]
	if f, ok := pdfNumber(s); ok {
		return f
	}
	switch string(s) {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	}
	return pdfWord(s)
}

// pdfNumber reads what is written as a number, also wrongly ("--5", "1.2.3").
func pdfNumber(s []byte) (float64, bool) {
	sign, i := 1.0, 0
	for i < len(s) && (s[i] == '-' || s[i] == '+') {
		if s[i] == '-' {
			sign = -1
		}
		i++
	}
	if i == len(s) || len(s) > 40 {
		return 0, false
	}
	value, scale, point := 0.0, 1.0, false
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			value = value*10 + float64(c-'0')
			if point {
				scale *= 10
			}
		case c == '.':
			if point {
				return sign * value / scale, true
			}
			point = true
		case c == '-':
			return sign * value / scale, true
		default:
			return 0, false
		}
	}
	return sign * value / scale, true
}

func (l *pdfLexer) name() pdfName {
	start := l.pos
	for l.pos < len(l.b) && !isPDFSpace(l.b[l.pos]) && !isPDFDelimiter(l.b[l.pos]) {
		l.pos++
	}
	s := l.b[start:l.pos]
	if bytes.IndexByte(s, '#') < 0 {
		return pdfName(s)
	}
	var out []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '#' && i+2 < len(s) {
			if n, err := strconv.ParseUint(string(s[i+1:i+3]), 16, 8); err == nil {
				out = append(out, byte(n))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return pdfName(out)
}

// literal reads a string in parentheses.
func (l *pdfLexer) literal() pdfString {
	var out []byte
	depth := 0
	for ; l.pos < len(l.b); l.pos++ {
		c := l.b[l.pos]
		switch c {
		case '(':
			if depth++; depth == 1 {
				continue
			}
		case ')':
			if depth--; depth == 0 {
				l.pos++
				return pdfString(out)
			}
		case '\\':
			out = l.escape(out)
			continue
		case '\r':
			if l.pos+1 < len(l.b) && l.b[l.pos+1] == '\n' {
				l.pos++
			}
			c = '\n'
		}
		out = append(out, c)
	}
	return pdfString(out)
}

// escape reads what follows a backslash; pos is left on its last octet.
func (l *pdfLexer) escape(out []byte) []byte {
	if l.pos++; l.pos >= len(l.b) {
		return out
	}
	switch c := l.b[l.pos]; c {
	case 'n':
		return append(out, '\n')
	case 'r':
		return append(out, '\r')
	case 't':
		return append(out, '\t')
	case 'b':
		return append(out, '\b')
	case 'f':
		return append(out, '\f')
	case '\n':
		return out
	case '\r':
		if l.pos+1 < len(l.b) && l.b[l.pos+1] == '\n' {
			l.pos++
		}
		return out
	default:
		if c < '0' || c > '7' {
			return append(out, c)
		}
		n := 0
		for i := 0; i < 3 && l.pos < len(l.b) && l.b[l.pos] >= '0' && l.b[l.pos] <= '7'; i++ {
			n = n*8 + int(l.b[l.pos]-'0')
			l.pos++
		}
		l.pos--
		return append(out, byte(n))
	}
}

func (l *pdfLexer) hex() pdfString {
	var out []byte
	digit, half := 0, false
	for l.pos++; l.pos < len(l.b); l.pos++ {
		c := l.b[l.pos]
		if c == '>' {
			l.pos++
			break
		}
		n := unhex(c)
		if n < 0 {
			continue
		}
		if half {
			out = append(out, byte(digit<<4|n))
		}
		digit, half = n, !half
	}
	if half {
		out = append(out, byte(digit<<4))
	}
	return pdfString(out)
}

// unhex gives the value of a hexadecimal digit, or -1.
func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func (l *pdfLexer) array(depth int) any {
	var all pdfArray
	for {
		v := l.next(depth)
		switch v := v.(type) {
		case pdfEnd:
			return all
		case pdfClose:
			if v == ']' {
				return all
			}
			l.pos -= 2 // the end of the dictionary around
			return all
		case pdfWord:
			if v == "R" {
				all = joinRef(all)
			} else if v == "endobj" || v == "endstream" {
				return all
			}
			continue
		}
		if l.room() {
			all = append(all, v)
		}
	}
}

// joinRef makes the last two numbers a reference.
func joinRef(all []any) []any {
	if n := len(all); n >= 2 {
		if ref, ok := asRef(all[n-2], all[n-1]); ok {
			return append(all[:n-2], ref)
		}
	}
	return all
}

func asRef(num, gen any) (pdfRef, bool) {
	a, ok := num.(float64)
	b, ok2 := gen.(float64)
	return pdfRef{int(a), int(b)}, ok && ok2 && a >= 0 && a < 1<<31 && b >= 0 && b < 1<<17
}

func (l *pdfLexer) dict(depth int) any {
	var all []any
	for {
		v := l.next(depth)
		switch v := v.(type) {
		case pdfEnd:
			return makeDict(all)
		case pdfClose:
			if v == '>' {
				return makeDict(all)
			}
			continue
		case pdfWord:
			switch v {
			case "R":
				all = joinRef(all)
			case "endobj", "stream":
				l.pos -= len(v)
				return makeDict(all)
			}
			continue
		}
		if l.room() {
			all = append(all, v)
		}
	}
}

func makeDict(all []any) pdfDict {
	d := make(pdfDict, len(all)/2)
	for i := 0; i+1 < len(all); {
		key, ok := all[i].(pdfName)
		if !ok {
			i++
			continue
		}
		d[key] = all[i+1]
		i += 2
	}
	return d
}
