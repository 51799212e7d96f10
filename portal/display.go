package portal

import (
	"bufio"
	"bytes"
	"html"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"

	"github.com/postseal/postseal/calendar"
	"github.com/postseal/postseal/words"
)

// headLength is how many bytes of a file are looked at to tell a picture or a program.
const headLength = 16

// shown is what of an opened message goes on a page. Whatever could not be read
// only sets doubtful: the whole message can always be saved (C30).
type shown struct {
	text     string // plain text version; empty when there is only HTML
	html     string // document for the sandboxed frame; empty when there is only text
	files    []file
	cut      bool // the text is longer than MaxTextShown
	doubtful bool // some part could not be read
	remote   bool // the text names pictures that would be fetched
	invite   *invitation
}

// invitation is the first appointment of a message.
type invitation struct {
	n     int // part
	event calendar.Event
}

// file is one attachment in the order of the message. n names it in the address.
type file struct {
	n       int
	name    string
	kind    string // media type
	size    int64  // decoded bytes
	damaged bool   // its transfer encoding is broken; only the whole message can be saved
	cid     string
	hidden  bool // a picture that the text shows
	forced  bool // Content-Disposition says attachment
	charset string
	head    []byte // its first bytes
}

// block is one piece of text in the order of the message. Blocks with the same
// alt, other than 0, are versions of one another (multipart/alternative).
type block struct {
	html bool
	text string
	alt  int
}

// display reads a whole message for showing, in a language. It never fails.
func display(r io.Reader, lang *words.Language) shown {
	d := displayer{images: map[string]picture{}, lang: lang}
	if err := walk(r, d.leaf); err != nil {
		d.out.doubtful = true
	}
	d.finish()
	return d.out
}

// picture is an image that HTML may name by its Content-ID.
type picture struct {
	kind string
	data []byte
}

type displayer struct {
	out     shown
	lang    *words.Language
	blocks  []block
	images  map[string]picture
	text    int // bytes of text kept
	pixels  int // bytes of pictures kept
	inlined int // bytes of pictures put into the text, each time it names one
}

func (d *displayer) leaf(l *leaf) error {
	if l.doubt {
		d.out.doubtful = true
	}
	if l.isText() {
		d.addText(l)
		return nil
	}
	f := file{n: l.n, name: l.name, kind: l.kind, cid: l.cid, forced: l.forced, damaged: l.doubt, charset: l.charset}
	body := bufio.NewReader(l.body)
	f.head, _ = body.Peek(headLength) // a short file has a short head
	f.head = bytes.Clone(f.head)
	var err error
	switch room := MaxInlineImages - d.pixels; {
	case l.cid != "" && pictureTypes[l.kind] && room > 0:
		var b bytes.Buffer
		f.size, err = io.Copy(&b, io.LimitReader(body, int64(room)+1))
		if b.Len() <= room && err == nil {
			d.pixels += b.Len()
			d.images[l.cid] = picture{l.kind, b.Bytes()}
		}
	case l.kind == "text/calendar" && d.out.invite == nil:
		var b bytes.Buffer
		f.size, err = io.Copy(&b, io.LimitReader(body, calendar.MaxBytes+1))
		d.invite(l, b.Bytes(), &f)
	}
	rest, restErr := io.Copy(io.Discard, body)
	f.size += rest
	if err != nil || restErr != nil {
		f.damaged, d.out.doubtful = true, true
	}
	d.out.files = append(d.out.files, f)
	return nil
}

// invite keeps the first appointment that can be read. A part that is a reading of
// the message is no file of its own then.
func (d *displayer) invite(l *leaf, raw []byte, f *file) {
	e, ok := readEvent(l.charset, raw)
	if !ok {
		return
	}
	d.out.invite = &invitation{l.n, e}
	f.hidden = l.alt != 0 || !l.forced
}

// readEvent reads an invitation; RFC 5545 section 3.1.4: UTF-8 where nothing is said.
func readEvent(label string, raw []byte) (calendar.Event, bool) {
	if label == "" {
		label = "utf-8"
	}
	text, _ := toUTF8(label, raw)
	e, err := calendar.Parse(text, zoneNamed)
	return e, err == nil
}

func zoneNamed(name string) *time.Location {
	if l, err := time.LoadLocation(name); err == nil && name != "Local" {
		return l
	}
	return nil
}

// isText tells whether a part is the message's own text rather than a file.
func (l *leaf) isText() bool {
	if l.kind != "text/plain" && l.kind != "text/html" || l.forced {
		return false
	}
	return l.name == "" || l.n == 1 || l.alt != 0
}

func (d *displayer) addText(l *leaf) {
	room := MaxTextShown - d.text
	if room <= 0 {
		d.out.cut = true
		return
	}
	raw, err := io.ReadAll(io.LimitReader(l.body, int64(room)+1))
	if err != nil {
		d.out.doubtful = true
	}
	if len(raw) > room {
		raw, d.out.cut = raw[:room], true
	}
	d.text += len(raw)
	text, ok := toUTF8(l.charset, raw)
	if !ok {
		d.out.doubtful = true
	}
	d.blocks = append(d.blocks, block{html: l.kind == "text/html", text: text, alt: l.alt})
}

// finish puts the blocks together: HTML where the message has any, and a plain
// version where every piece has one.
func (d *displayer) finish() {
	hasHTML := map[int]bool{} // by alt
	hasText := map[int]bool{}
	any := false
	for _, b := range d.blocks {
		if b.html {
			hasHTML[b.alt], any = true, true
		} else {
			hasText[b.alt] = true
		}
	}
	var text, page strings.Builder
	plain := true
	for _, b := range d.blocks {
		switch {
		case b.html:
			separate(&page, "<hr>")
			page.WriteString(b.text)
			plain = plain && b.alt != 0 && hasText[b.alt]
		default:
			separate(&text, "\n\n")
			text.WriteString(b.text)
			if b.alt == 0 || !hasHTML[b.alt] {
				separate(&page, "<hr>")
				page.WriteString(`<pre style="white-space:pre-wrap">` + html.EscapeString(b.text) + "</pre>")
			}
		}
	}
	if plain || !any {
		d.out.text = strings.ReplaceAll(text.String(), "\r\n", "\n")
	}
	if any {
		d.out.html = d.frame(page.String())
	}
}

func separate(b *strings.Builder, with string) {
	if b.Len() > 0 {
		b.WriteString(with)
	}
}

// toUTF8 converts text of a labelled charset. Without a label, or with one that
// nobody knows, valid UTF-8 stays and everything else is read as Windows-1252,
// which is what unlabelled mail here nearly always is; false says that it was a guess.
func toUTF8(label string, raw []byte) (string, bool) {
	guess := label != "" && !strings.EqualFold(label, "us-ascii")
	if label != "" && !strings.EqualFold(label, "utf-8") && !strings.EqualFold(label, "us-ascii") {
		if r, err := charset.Reader(label, bytes.NewReader(raw)); err == nil {
			if b, err := io.ReadAll(r); err == nil {
				return strings.ToValidUTF8(string(b), "\uFFFD"), true
			}
		}
	}
	if utf8.Valid(raw) {
		return string(raw), !guess || strings.EqualFold(label, "utf-8")
	}
	if strings.EqualFold(label, "utf-8") {
		return strings.ToValidUTF8(string(raw), "\uFFFD"), false
	}
	r, err := charset.Reader("windows-1252", bytes.NewReader(raw))
	if err == nil {
		if b, err := io.ReadAll(r); err == nil {
			return string(b), false
		}
	}
	return strings.ToValidUTF8(string(raw), "\uFFFD"), false
}
