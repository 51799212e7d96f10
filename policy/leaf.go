package policy

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/postseal/postseal/extract"
)

// leaf keeps what is to be seen of one part: the text of a text part, the whole
// of a file that may hold text, the first octets of any other.
type leaf struct {
	r        *reader
	at       place
	part     Part
	charsets []string
	dec      decoder
	keep     int // octets at most
	buf      []byte
	counted  int // octets of buf that the message's account of files holds
	over     bool
	optional bool // left out when it holds no text
	decided  bool // how it is to be read is known
	isFile   bool // it is read whole, as a file
}

func newLeaf(r *reader, d described, at place) *leaf {
	l := &leaf{r: r, at: at, dec: newDecoder(d.encoding), charsets: values(d.params, "charset"), keep: sniffed}
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
		return "attachment " + shownName(p.Name)
	case p.Type == "text/calendar":
		return "invitation"
	case disposition == "attachment" || !isText(p.Type):
		return "attachment"
	}
	return "text"
}

func (l *leaf) run(b []byte, _ bool) {
	if !l.over && !l.r.spend(len(b)+runWork) {
		l.over = true
	}
	for len(b) > 0 && !l.over {
		n := len(b)
		if !l.decided {
			n = min(n, sniffed)
		}
		before := len(l.buf)
		l.buf = l.dec.decode(l.buf, b[:n])
		l.account(before)
		b = b[n:]
	}
}

// account keeps the part and the message within their bounds.
func (l *leaf) account(before int) {
	if !l.decided {
		if len(l.buf) < sniffed/2 {
			return
		}
		l.decide()
		before = 0
	}
	l.accountAs(before)
}

// accountAs is account for a part of which before octets were accounted for.
func (l *leaf) accountAs(before int) {
	if l.isFile {
		l.accountFile(before)
		return
	}
	room := l.keep
	if left := maxText - l.r.text + before; left < room {
		room = left
	}
	if len(l.buf) > room {
		l.buf, l.over = l.buf[:max(room, before)], true
	}
	l.r.text += len(l.buf) - before
}

// accountFile is account for a file, whose octets are not kept.
func (l *leaf) accountFile(before int) {
	if l.r.held+len(l.buf)-l.counted > maxFile {
		l.over = true
		l.buf = l.buf[:min(before, maxHead)]
	}
	l.r.held += len(l.buf) - l.counted
	l.counted = len(l.buf)
}

func (l *leaf) close() {
	before := len(l.buf)
	if !l.over {
		l.buf = l.dec.rest(l.buf)
		l.account(before)
	}
	if !l.decided {
		l.decide()
		l.accountAs(0)
	}
	if l.optional && !l.over && len(bytes.TrimSpace(l.buf)) == 0 || l.r.full() {
		return
	}
	switch {
	case l.isFile:
		l.closeFile()
	case isText(l.part.Type) && l.keep > maxHead:
		l.closeText()
	default:
		l.closeOther()
	}
	l.buf = nil
}

func (l *leaf) closeFile() {
	l.part.head = bytes.Clone(l.buf[:min(len(l.buf), maxHead)])
	if l.over {
		l.part.Err = ErrTooBig
		l.r.add(l.part)
	} else {
		l.readFile()
	}
	l.r.held -= l.counted
}

func (l *leaf) closeOther() {
	l.part.head = bytes.Clone(l.buf[:min(len(l.buf), maxHead)])
	if l.part.first && isPKCS7(l.part) && isSignedOnly(l.part) && l.part.Err == nil {
		l.part.Err = fmt.Errorf("%w: the text is wrapped in its signature", ErrUnreadable)
	}
	l.r.add(l.part)
}

func (l *leaf) closeText() {
	if l.over && l.part.Err == nil {
		l.part.Err = ErrTooBig
	}
	if len(l.charsets) == 0 {
		l.charsets = []string{""}
	}
	var given []string
	full := false
	for _, name := range l.charsets[:min(len(l.charsets), maxReadings)] {
		if full {
			break
		}
		for _, raw := range l.decodeIn(name) {
			if slices.Contains(given, raw) {
				continue
			}
			if full = !l.roomFor(raw, len(given) == 0); full {
				break // what is beyond is not worth decoding
			}
			given = append(given, raw)
			p := l.part
			p.Text = l.shownText(raw)
			if p.Err == nil && encryption(p) == "" && isArmoured(p.Text) {
				p.Err = fmt.Errorf("%w: something encrypted or coded stands in the text", ErrUnreadable)
			}
			l.r.add(p)
		}
	}
	if len(l.charsets) > 1 {
		l.r.doubt(l.part.Where + ": more than one charset; all were read")
	}
	l.r.insideText(l.buf, l.at)
}

// roomFor accounts for a reading of the part's text, and tells whether there is
// room for it. There is for the first, of which the octets are accounted for.
func (l *leaf) roomFor(text string, first bool) bool {
	r := l.r
	if first {
		r.text += max(0, len(text)-len(l.buf))
		return true
	}
	if r.text+len(text) > maxText {
		r.unreadable(l.part.Where, fmt.Errorf("%w: all that it may mean", ErrTooBig))
		return false
	}
	r.text += len(text)
	return true
}

func (r *reader) add(p Part) {
	r.parts++
	if p.Err != nil {
		r.doubt(p.Where + ": " + p.Err.Error())
	}
	r.m.Parts = append(r.m.Parts, p)
}

// decodeIn gives the text in a charset; a second one where the octets look like
// text of another.
func (l *leaf) decodeIn(charset string) []string {
	if charset == "" {
		return []string{extract.Guess(l.buf, "")}
	}
	text, known := decodeCharset(charset, l.buf)
	if !known {
		l.r.doubt(l.part.Where + ": unknown charset")
		if l.part.Err == nil && !looksLikeASCII(l.buf) {
			l.part.Err = fmt.Errorf("%w: unknown charset", ErrUnreadable)
		}
	}
	if other, ok := otherCharset(charset, text, l.buf); ok {
		l.r.doubt(l.part.Where + ": not in the charset that it names; read in another too")
		return []string{text, other}
	}
	return []string{text}
}

// shownText gives what a program shows of a text.
func (l *leaf) shownText(text string) string {
	switch l.part.Type {
	case "text/html":
		text, _ = extract.HTML(text)
	case "text/calendar", "text/vcard", "text/x-vcard":
		text = extract.Unfold(text)
	}
	return text
}
