package tnef

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime/quotedprintable"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/postseal/postseal/extract"
)

// node is a MIME part that was made: the lines of its header, and its body.
type node struct {
	header string
	body   []piece
}

// builder makes the parts of one stream.
type builder struct {
	digest     [32]byte // of the stream, and where it stands: boundaries come from it
	boundaries int
}

// boundary gives one that stands in no part: all are in base64 or
// quoted-printable, where "=_" cannot be.
func (b *builder) boundary() string {
	b.boundaries++
	sum := sha256.Sum256(fmt.Appendf(b.digest[:], "boundary %d", b.boundaries))
	return "=_" + hex.EncodeToString(sum[:16])
}

func (b *builder) multipart(kind string, parts ...node) node {
	boundary := b.boundary()
	n := node{header: fmt.Sprintf("Content-Type: multipart/%s; boundary=\"%s\"\r\n", kind, boundary)}
	for i, p := range parts {
		start := "--" + boundary + "\r\n"
		if i > 0 {
			start = "\r\n" + start
		}
		n.body = append(append(n.body, given(start+p.header+"\r\n")), p.body...)
	}
	n.body = append(n.body, given("\r\n--"+boundary+"--\r\n"))
	return n
}

// text makes a part of text. Its line ends become CRLF.
func text(kind, charset string, octets []byte) node {
	octets = bytes.ReplaceAll(octets, []byte("\r\n"), []byte("\n"))
	octets = bytes.ReplaceAll(octets, []byte("\r"), []byte("\n"))
	octets = bytes.ReplaceAll(octets, []byte("\n"), []byte("\r\n"))
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write(octets) // a Buffer takes everything
	_ = w.Close()
	return node{
		header: "Content-Type: " + kind + "; charset=" + charset + "\r\nContent-Transfer-Encoding: quoted-printable\r\n",
		body:   []piece{{octets: b.Bytes()}},
	}
}

// beside is the body that a message has beside its winmail.dat.
type beside struct {
	known bool
	text  string
	page  bool // it has a page too
	alone bool // it is one part, which could become a version of the body
}

// parts gives what a stream becomes. With wrap the first of them is the page
// that the text beside it is to be joined with in a multipart/alternative.
func (b *builder) parts(i *item, near beside) (parts []node, wrap bool) {
	if i.meeting != nil {
		parts = append(parts, text("text/plain", "utf-8", []byte(i.meeting.text())))
	}
	body, shown, join := b.body(i, near)
	switch {
	case join:
		parts = append([]node{body}, parts...)
	case body.header != "":
		parts = append(parts, body)
	}
	if i.meeting != nil {
		if calendar := i.meeting.calendar(i, b.digest); calendar != nil {
			parts = append(parts, text("text/calendar; method="+i.meeting.method, "utf-8", calendar))
		}
	}
	if i.rtf != nil {
		parts = append(parts, b.octets("message.rtf", "application/rtf", i.rtf))
	}
	for n, a := range i.files {
		if !shown[n] {
			parts = append(parts, b.attachment(a, "attachment"))
		}
	}
	return parts, join
}

// body gives the body, unless the one beside says the same; which files stand in
// it; and whether it is to be joined with the text beside it.
func (b *builder) body(i *item, near beside) (body node, shown map[int]bool, join bool) {
	plain := letters(i.text)
	if len(i.page) == 0 {
		if plain == "" && strings.TrimSpace(i.text) == "" || near.known && strings.Contains(letters(near.text), plain) {
			return node{}, nil, false
		}
		return text("text/plain", "utf-8", []byte(i.text)), nil, false
	}
	visible := i.visible()
	if letters(visible) == "" && !bytes.Contains(bytes.ToLower(i.page), []byte("<img")) {
		i.page = nil
		return b.body(i, near)
	}
	same := near.known && (said(near.text) == said(visible) || plain != "" && said(near.text) == said(i.text))
	if same && near.page {
		return node{}, nil, false
	}
	page := text("text/html", i.pageCharset, i.page)
	var pictures []node
	shown = map[int]bool{}
	for n, a := range i.files {
		if i.shows(a) {
			shown[n] = true
			pictures = append(pictures, b.attachment(a, "inline"))
		}
	}
	if len(pictures) > 0 {
		page = b.multipart(`related; type="text/html"`, append([]node{page}, pictures...)...)
	}
	switch {
	case same && near.alone:
		return page, shown, true
	case plain == "" || near.known && strings.Contains(letters(near.text), plain):
		return page, shown, false
	}
	return b.multipart("alternative", text("text/plain", "utf-8", []byte(i.text)), page), shown, false
}

// shows tells whether the page shows a file as its picture.
func (i *item) shows(a attachment) bool {
	if a.contentID == "" || a.item != nil {
		return false
	}
	for _, id := range []string{a.contentID, url.PathEscape(a.contentID), url.QueryEscape(a.contentID)} {
		if bytes.Contains(i.page, []byte("cid:"+id)) {
			return true
		}
	}
	return false
}

// letters leaves of a text what a mail program that makes one form out of
// another never changes.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// links are the addresses that programs put behind words when they make a text
// of a page, and their numbers of list items.
var links = regexp.MustCompile(`<[a-zA-Z]+:[^<>\s]*>|\[[a-zA-Z]+:[^\[\]\s]*\]|(?m:^[ \t]*[0-9]{1,3}[.)][ \t])`)

// said is letters without what a text has and its page does not show.
func said(s string) string { return letters(links.ReplaceAllString(s, " ")) }

// attachment makes the part of a file or of a message in itself.
func (b *builder) attachment(a attachment, how string) node {
	if a.item != nil {
		name := a.name
		if name == "" {
			name = fileName(strings.NewReplacer("/", "-", `\`, "-").Replace(a.item.subject))
		}
		if name == "" {
			name = "message"
		}
		if !strings.HasSuffix(strings.ToLower(name), ".eml") {
			name = clean(name, maxName-4) + ".eml"
		}
		return node{
			header: "Content-Type: message/rfc822\r\nContent-Disposition: attachment" + parameter("filename", name) + "\r\n",
			body:   b.mail(a.item),
		}
	}
	n := fileHeader(a.name, a.media, how)
	if a.contentID != "" {
		n.header += "Content-ID: <" + a.contentID + ">\r\n"
	}
	if a.data.n > 0 {
		n.body = []piece{{section: a.data, base64: true}}
	}
	return n
}

func fileHeader(name, media, how string) node {
	if name == "" {
		name = "attachment"
	}
	return node{header: "Content-Type: " + media + "\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: " + how + parameter("filename", name) + "\r\n"}
}

func (b *builder) octets(name, media string, octets []byte) node {
	n := fileHeader(name, media, "attachment")
	n.body = []piece{{section: section{bytes.NewReader(octets), 0, int64(len(octets))}, base64: true}}
	return n
}

// mail writes a message that was in a message.
func (b *builder) mail(i *item) []piece {
	var head strings.Builder
	field := func(name, value string) {
		if value != "" {
			head.WriteString(name + ": " + value + "\r\n")
		}
	}
	from := encoded(i.from)
	if strings.Contains(i.address, "@") && idForm.MatchString(i.address) {
		from = strings.TrimSpace(from + " <" + i.address + ">")
	}
	field("From", from)
	field("To", encoded(i.to))
	field("Cc", encoded(i.cc))
	field("Subject", encoded(i.subject))
	if !i.sent.IsZero() {
		field("Date", i.sent.Format(time.RFC1123Z))
	}
	field("MIME-Version", "1.0")
	parts, _ := b.parts(i, beside{})
	n := b.one(parts)
	return append([]piece{given(head.String() + n.header + "\r\n")}, n.body...)
}

// one makes one part of any number.
func (b *builder) one(parts []node) node {
	switch len(parts) {
	case 0:
		return text("text/plain", "utf-8", nil)
	case 1:
		return parts[0]
	}
	return b.multipart("mixed", parts...)
}

// sibling makes a beside of what stands before winmail.dat in its multipart.
func sibling(octets []byte, charset string, page, alone bool) beside {
	body, known := extract.Decode(charset, octets)
	if page {
		body, _ = extract.HTML(body)
	}
	return beside{known: known, text: body, page: page, alone: alone && !page}
}
