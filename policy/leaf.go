package policy

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// leaf keeps what is to be seen of one part: the text of a text part, the first
// octets of any other.
type leaf struct {
	r        *reader
	part     Part
	charsets []string
	dec      decoder
	keep     int // octets at most
	buf      []byte
	over     bool
	optional bool // left out when it holds no text
}

func newLeaf(r *reader, d described, at place) *leaf {
	l := &leaf{r: r, dec: newDecoder(d.encoding), charsets: values(d.params, "charset"), keep: maxHead}
	names := texts(d.dparams, "filename")
	for _, n := range texts(d.params, "name") {
		names = appendNew(names, n)
	}
	l.part = Part{Type: d.media, names: names, nested: at.nested, first: !at.nested && !at.second,
		params: d.params, encloser: at.encloser}
	if len(names) > 0 {
		l.part.Name = names[0]
	}
	l.part.Where = at.where(whereOf(l.part, d.disposition))
	if isText(d.media) {
		l.keep = MaxPartText
	}
	switch {
	case d.media == "message/partial", d.media == "message/external-body":
		l.part.Err = fmt.Errorf("%w: %s", ErrUnreadable, d.media)
	case l.dec == nil:
		l.part.Err = fmt.Errorf("%w: unknown transfer encoding", ErrUnreadable)
		l.dec = plain{}
	}
	return l
}

func whereOf(p Part, disposition string) string {
	switch {
	case p.Name != "":
		return "attachment " + shown(p.Name)
	case p.Type == "text/calendar":
		return "invitation"
	case disposition == "attachment" || !isText(p.Type):
		return "attachment"
	}
	return "text"
}

// shown makes a file name fit for a log line: no control characters, and not
// longer than people name files.
func shown(name string) string {
	const longest = 100 // characters
	name = strings.Join(strings.Fields(clean(name)), " ")
	if utf8.RuneCountInString(name) > longest {
		name = string([]rune(name)[:longest]) + "…"
	}
	return name
}

func (l *leaf) run(b []byte, _ bool) {
	if l.over {
		return
	}
	before := len(l.buf)
	l.buf = l.dec.decode(l.buf, b)
	l.account(before)
}

// account keeps the text of the part and of the message within their bounds.
func (l *leaf) account(before int) {
	room := l.keep
	if left := maxText - l.r.text + before; left < room {
		room = left
	}
	if len(l.buf) > room {
		l.buf, l.over = l.buf[:max(room, before)], true
	}
	l.r.text += len(l.buf) - before
}

func (l *leaf) close() {
	before := len(l.buf)
	if !l.over {
		l.buf = l.dec.rest(l.buf)
		l.account(before)
	}
	if l.optional && !l.over && len(bytes.TrimSpace(l.buf)) == 0 || l.r.full() {
		return
	}
	if !isText(l.part.Type) {
		l.part.head = bytes.Clone(l.buf)
		if l.part.first && isPKCS7(l.part) && isSignedOnly(l.part) && l.part.Err == nil {
			l.part.Err = fmt.Errorf("%w: the text is wrapped in its signature", ErrUnreadable)
		}
		l.add()
		return
	}
	if l.over && l.part.Err == nil {
		l.part.Err = ErrTooBig
	}
	if len(l.charsets) == 0 {
		l.charsets = []string{""}
	}
	for _, name := range l.charsets[:min(len(l.charsets), maxReadings)] {
		l.part.Text = l.textIn(name)
		l.add()
	}
	if len(l.charsets) > 1 {
		l.r.doubt(l.part.Where + ": more than one charset; all were read")
	}
	l.buf = nil
}

func (l *leaf) add() {
	l.r.parts++
	if l.part.Err != nil {
		l.r.doubt(l.part.Where + ": " + l.part.Err.Error())
	}
	l.r.m.Parts = append(l.r.m.Parts, l.part)
}

func (l *leaf) textIn(charset string) string {
	text, known := decodeCharset(charset, l.buf)
	if !known {
		l.r.doubt(l.part.Where + ": unknown charset")
	}
	if l.part.Type == "text/html" {
		return htmlText(text)
	}
	return text
}
