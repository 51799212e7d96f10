package policy

import (
	"bytes"
	"fmt"
	"strings"
)

// Old mail programs, and gateways that do not understand a header, show as
// attachments what stands as plain text in a body: uuencoded and yEnc files, and
// parts whose boundary is another than the header says. It is read as well.

const (
	// maxInsideFiles bounds the coded files in the texts of a message; people sent
	// a handful. More make the message unreadable.
	maxInsideFiles = 50
	// maxInsideName bounds the name in a line that begins a coded file, in octets.
	maxInsideName = 300
)

// insideText reads what stands coded in a text of the message.
func (r *reader) insideText(text []byte, at place) {
	r.codedFiles(text, at)
	r.strangeParts(text, at)
}

// codedFiles finds files in a text that are uuencoded (POSIX uuencode) or in yEnc.
func (r *reader) codedFiles(text []byte, at place) {
	if !bytes.Contains(text, []byte("begin")) {
		return
	}
	lines := lineCutter{rest: text}
	for line, ok := lines.next(); ok; line, ok = lines.next() {
		var data []byte
		name, kind := codedBegin(line)
		switch kind {
		case uuFile:
			data = uuBody(&lines)
		case uuBase64:
			data = uuBase64Body(&lines)
		case yEncFile:
			data = yEncBody(&lines)
		default:
			continue
		}
		if len(data) == 0 {
			continue
		}
		if r.inside++; r.inside > maxInsideFiles {
			r.unreadable(at.where("text"), fmt.Errorf("%w: more than %d coded files in the text", ErrTooBig, maxInsideFiles))
			return
		}
		r.doubt(at.where("text: a coded file stands in it, which was read"))
		at := at
		at.second = true
		l := newLeaf(r, described{media: "application/octet-stream", params: []param{{"name", name}}}, at)
		l.run(data, true)
		l.close()
	}
}

// codedKind is how a file in a text is coded.
type codedKind uint8

const (
	notCoded codedKind = iota
	uuFile
	uuBase64
	yEncFile
)

// codedBegin knows the line that begins a coded file.
func codedBegin(line []byte) (name string, kind codedKind) {
	if len(line) == 0 || len(line) > maxInsideName || line[0] != 'b' && line[0] != '=' {
		return "", notCoded
	}
	s := string(bytes.TrimRight(line, " \t\r"))
	if rest, ok := strings.CutPrefix(s, "=ybegin "); ok {
		_, name, _ = strings.Cut(rest, "name=")
		return name, yEncFile
	}
	rest, ok := strings.CutPrefix(s, "begin ")
	kind = uuFile
	if !ok {
		if rest, ok = strings.CutPrefix(s, "begin-base64 "); !ok {
			return "", notCoded
		}
		kind = uuBase64
	}
	mode, name, ok := strings.Cut(rest, " ")
	if !ok || len(mode) < 3 || len(mode) > 5 || strings.Trim(mode, "01234567") != "" || strings.TrimSpace(name) == "" {
		return "", notCoded
	}
	return strings.TrimSpace(name), kind
}

// uuBody decodes lines up to one that is no uuencoded line.
func uuBody(lines *lineCutter) []byte {
	var data []byte
	for {
		line, ok := lines.peek()
		octets, good := uuLine(line)
		if !ok || !good {
			return data
		}
		lines.next()
		if len(octets) == 0 {
			return data
		}
		data = append(data, octets...)
	}
}

// uuLine decodes a line; good is false when it is none. Blanks at its end, which
// mail programs take away, are zeros.
func uuLine(line []byte) (octets []byte, good bool) {
	line = bytes.TrimRight(line, "\r")
	if len(line) == 0 || line[0] < ' ' || line[0] > '`' || string(line) == "end" {
		return nil, false
	}
	n := int(line[0]-' ') & 63
	code := line[1:]
	full := (n + 2) / 3 * 4
	if len(code) > full+4 { // some programs add a checksum
		return nil, false
	}
	for _, c := range code {
		if c < ' ' || c > '`' {
			return nil, false
		}
	}
	at := func(i int) byte {
		if i < len(code) {
			return (code[i] - ' ') & 63
		}
		return 0
	}
	for i := 0; i < full; i += 4 {
		octets = append(octets, at(i)<<2|at(i+1)>>4, at(i+1)<<4|at(i+2)>>2, at(i+2)<<6|at(i+3))
	}
	return octets[:n], true
}

func uuBase64Body(lines *lineCutter) []byte {
	var d base64Decoder
	var data []byte
	for {
		line, ok := lines.peek()
		if line = bytes.TrimSpace(line); !ok || !isBase64Line(line) {
			return d.rest(data)
		}
		lines.next()
		data = d.decode(data, line)
	}
}

// yEncBody decodes up to the line =yend (yEnc draft 1.3).
func yEncBody(lines *lineCutter) []byte {
	var data []byte
	for {
		line, ok := lines.next()
		if !ok || bytes.HasPrefix(line, []byte("=yend")) {
			return data
		}
		if bytes.HasPrefix(line, []byte("=ypart")) {
			continue
		}
		line = bytes.TrimRight(line, "\r")
		for i := 0; i < len(line); i++ {
			c := line[i]
			if c == '=' && i+1 < len(line) {
				i++
				c = line[i] - 64
			}
			data = append(data, c-42)
		}
	}
}

// strangeParts finds parts whose delimiter no multipart around them knows: a line
// that begins with two dashes, with a field Content-* in the next one.
func (r *reader) strangeParts(text []byte, at place) {
	boundary := strangeBoundary(text)
	if boundary == nil {
		return
	}
	r.doubt(at.where("text: parts seem to stand in it, which were read"))
	at.depth++
	if r.further++; r.further > maxReadings || at.depth > r.limits.Depth {
		r.unreadable(at.where("text"), fmt.Errorf("%w: parts in it go too deep", ErrUnreadable))
		return
	}
	at.second, at.encloser, at.digest = true, "multipart/mixed", false
	m := r.newMultipart(boundary, "multipart/mixed", at)
	m.outside = nil // it is the text that was read already
	split := newSplitter(m)
	split.write(text)
	split.close()
}

func strangeBoundary(text []byte) []byte {
	if !bytes.Contains(text, []byte("--")) {
		return nil
	}
	lines := lineCutter{rest: text}
	for line, ok := lines.next(); ok; line, ok = lines.next() {
		if len(line) < 2 || line[0] != '-' || line[1] != '-' {
			continue
		}
		if line = bytes.TrimRight(line, " \t\r"); len(line) > maxBoundary {
			continue
		}
		const field = "content-"
		next, _ := lines.peek()
		if len(next) > len(field) && strings.EqualFold(string(next[:len(field)]), field) && bytes.IndexByte(next, ':') > 0 {
			return bytes.Clone(line)
		}
	}
	return nil
}

// armour are lines that begin what is encrypted and written as text (RFC 9580
// section 6.2, RFC 7468 section 8), with what ends it; BinHex (RFC 1741) is old
// enough that we do not read it.
var armour = [][2]string{
	{"-----BEGIN PGP MESSAGE-----", "-----END PGP MESSAGE-----"},
	{"-----BEGIN CMS-----", "-----END CMS-----"},
	{"-----BEGIN PKCS7-----", "-----END PKCS7-----"},
	{"(This file must be converted with BinHex", ":"},
}

// isArmoured tells whether a text holds what a recipient could make readable and
// we cannot. Somebody who only writes about it leaves the end out.
func isArmoured(text string) bool {
	for _, a := range armour {
		rest := text
		for start := true; ; start = false {
			before, after, found := strings.Cut(rest, a[0])
			if !found {
				break
			}
			if start && before == "" || before != "" && isLineEnd(before[len(before)-1]) {
				// One that is not ended here is ended nowhere.
				if strings.Contains(after, a[1]) {
					return true
				}
				break
			}
			rest = after
		}
	}
	return false
}

// lineCutter gives the lines of a text without their ends.
type lineCutter struct{ rest []byte }

func (l *lineCutter) next() (line []byte, ok bool) {
	if len(l.rest) == 0 {
		return nil, false
	}
	line, l.rest, _ = bytes.Cut(l.rest, []byte("\n"))
	return line, true
}

func (l *lineCutter) peek() (line []byte, ok bool) {
	if len(l.rest) == 0 {
		return nil, false
	}
	line, _, _ = bytes.Cut(l.rest, []byte("\n"))
	return line, true
}
