package robot

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime"
	"strings"

	"github.com/postseal/postseal/policy"
)

// part is one leaf or attached message of a mail: where its body stands. The
// reader is more tolerant than a library of MIME would be: forwards are damaged
// mails as a rule, and half a mail is better than none here.
type part struct {
	header   header
	media    string // lower case; "text/plain" when nothing is said
	charset  string
	name     string // file name; may be empty
	attached bool   // Content-Disposition says attachment
	level    int    // attached messages around it: 0 for the mail's own parts
	source   io.ReaderAt
	from, to int64 // of the body in source, still encoded
	encoding string
}

// isMessage tells whether the part stands for an attached message, whose own
// parts follow it in the list.
func (p *part) isMessage() bool {
	return p.media == "message/rfc822" || p.media == "message/global" ||
		p.media == "application/octet-stream" && strings.HasSuffix(strings.ToLower(p.name), ".eml")
}

// header is a list of fields in order, values unfolded.
type header []field

type field struct{ name, value string }

// get gives the first field of a name.
func (h header) get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

// all gives the values of all fields of a name.
func (h header) all(name string) []string {
	var out []string
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			out = append(out, f.value)
		}
	}
	return out
}

// unfolder gathers a header line by line, in time that grows with its length alone:
// a field can have as many folds as it has octets.
type unfolder struct {
	h    header
	more []string // folds of the last field
}

func (u *unfolder) field(name, value string) {
	u.h = append(u.done(), field{strings.TrimSpace(name), strings.TrimSpace(value)})
}

func (u *unfolder) fold(text string) { u.more = append(u.more, strings.TrimSpace(text)) }

// done gives the fields so far.
func (u *unfolder) done() header {
	if len(u.more) > 0 {
		last := &u.h[len(u.h)-1]
		last.value += " " + strings.Join(u.more, " ")
		u.more = nil
	}
	return u.h
}

// indexer walks once through a source and notes its parts.
type indexer struct {
	source  io.ReaderAt
	in      *bufio.Reader
	at      int64 // offset of what is read next
	line    []byte
	start   int64 // offset of line
	begins  bool  // line begins a line: it is no rest of a long one
	eof     bool
	ending  int // octets of the line end before line
	parts   *[]*part
	headers *int // octets of headers so far
}

// index gives the parts of a mail in order, the mail's own header in a part of
// its own first. It fails only as source does.
func index(source io.ReaderAt, size int64) ([]*part, error) {
	var parts []*part
	headers := 0
	err := indexInto(source, size, 0, 0, &parts, &headers)
	return parts, err
}

func indexInto(source io.ReaderAt, size int64, depth, level int, parts *[]*part, headers *int) error {
	x := &indexer{source: source, in: bufio.NewReaderSize(io.NewSectionReader(source, 0, size), maxLine), begins: true, parts: parts, headers: headers}
	if err := x.next(); err != nil {
		return err
	}
	return x.entity(nil, depth, level, true)
}

// next reads one line, or a piece of a long one.
func (x *indexer) next() error {
	ended := len(x.line) == 0 || x.line[len(x.line)-1] == '\n'
	x.ending = len(x.line) - len(bytes.TrimRight(x.line, "\r\n"))
	line, err := x.in.ReadSlice('\n')
	x.start, x.begins, x.line = x.at, ended, line
	x.at += int64(len(line))
	x.eof = err == io.EOF && len(line) == 0
	if err == io.EOF || errors.Is(err, bufio.ErrBufferFull) {
		return nil
	}
	return err
}

// ends tells whether the line is a boundary of one of the multiparts around.
func (x *indexer) ends(bounds []string) int {
	if x.eof {
		return 0
	}
	if !x.begins || !bytes.HasPrefix(x.line, []byte("--")) {
		return -1
	}
	text := strings.TrimRight(string(x.line[2:]), " \t\r\n")
	for i := len(bounds) - 1; i >= 0; i-- {
		if text == bounds[i] || text == bounds[i]+"--" {
			return i
		}
	}
	return -1
}

func (x *indexer) closes(bound string) bool {
	return x.eof || strings.TrimRight(string(x.line[2:]), " \t\r\n") == bound+"--"
}

// entity reads a header and what follows it, up to a boundary around it. A top
// entity is a mail of its own and stands in the list even when it is a multipart.
func (x *indexer) entity(bounds []string, depth, level int, top bool) error {
	h, err := x.readHeader(bounds)
	if err != nil {
		return err
	}
	p := x.describe(h, level)
	if top {
		*x.parts = append(*x.parts, &part{header: h, media: "message/rfc822", level: level, source: x.source, from: x.start, to: x.start})
	}
	_, params, _ := mime.ParseMediaType(lenientType(h.get("Content-Type")))
	switch bound := strings.TrimRight(params["boundary"], " "); {
	case depth >= maxDepth || len(*x.parts) >= maxParts:
		return x.skip(bounds)
	case strings.HasPrefix(p.media, "multipart/") && bound != "":
		return x.multipart(bound, bounds, depth, level)
	}
	p.from = x.start
	*x.parts = append(*x.parts, p)
	if p.isMessage() && p.encoding == "" {
		err = x.entity(bounds, depth+1, level+1, true)
	} else {
		err = x.skip(bounds)
	}
	p.to = x.start
	if !x.eof { // the line end before a boundary belongs to it (RFC 2046 section 5.1.1)
		p.to -= int64(x.ending)
	}
	return err
}

func (x *indexer) multipart(bound string, around []string, depth, level int) error {
	bounds := append(around[:len(around):len(around)], bound)
	for {
		if err := x.skip(bounds); err != nil {
			return err
		}
		if x.ends(bounds) != len(bounds)-1 || x.closes(bound) {
			break
		}
		if err := x.next(); err != nil {
			return err
		}
		if err := x.entity(bounds, depth+1, level, false); err != nil {
			return err
		}
	}
	return x.skip(around)
}

// skip goes on to a boundary around, or to the end.
func (x *indexer) skip(bounds []string) error {
	for !x.eof && x.ends(bounds) < 0 {
		if err := x.next(); err != nil {
			return err
		}
	}
	return nil
}

// readHeader reads fields up to the empty line, which it goes past. A line that
// is no field ends the header and begins the body.
func (x *indexer) readHeader(bounds []string) (header, error) {
	var u unfolder
	for size := 0; !x.eof && x.ends(bounds) < 0; {
		text := strings.TrimRight(string(x.line), "\r\n")
		name, value, ok := strings.Cut(text, ":")
		switch {
		case !x.begins: // the rest of a line that is too long
		case text == "":
			return u.done(), x.next()
		case len(u.h) > 0 && (text[0] == ' ' || text[0] == '\t'):
			u.fold(text)
		case len(u.h) == 0 && (strings.HasPrefix(text, "From ") || strings.HasPrefix(text, ">From ")):
		case !ok || strings.TrimSpace(name) == "" || strings.ContainsAny(strings.TrimRight(name, " \t"), " \t"):
			return u.done(), nil
		default:
			u.field(name, value)
		}
		size += len(text)
		if *x.headers += len(text); size > maxHeader || *x.headers > maxHeaders {
			return u.done(), x.blank(bounds)
		}
		if err := x.next(); err != nil {
			return u.done(), err
		}
	}
	return u.done(), nil
}

// blank goes past the next empty line, without keeping anything.
func (x *indexer) blank(bounds []string) error {
	for !x.eof && x.ends(bounds) < 0 {
		empty := x.begins && len(bytes.TrimRight(x.line, "\r\n")) == 0
		if err := x.next(); err != nil || empty {
			return err
		}
	}
	return nil
}

// describe says what a header tells of its body.
func (x *indexer) describe(h header, level int) *part {
	media, params, err := mime.ParseMediaType(lenientType(h.get("Content-Type")))
	if err != nil && media == "" || !strings.Contains(media, "/") {
		media = "text/plain"
	}
	disposition, dparams, _ := mime.ParseMediaType(h.get("Content-Disposition"))
	p := &part{header: h, media: media, charset: strings.ToLower(params["charset"]), level: level, source: x.source, attached: disposition == "attachment"}
	for _, name := range []string{dparams["filename"], params["name"]} {
		if p.name == "" {
			p.name = policy.DecodeHeader(name)
		}
	}
	switch e := strings.ToLower(strings.TrimSpace(h.get("Content-Transfer-Encoding"))); e {
	case "base64", "quoted-printable":
		p.encoding = e
	}
	return p
}

// lenientType mends what real programs write: a semicolon at the end, none
// between parameters.
func lenientType(value string) string { return strings.TrimRight(strings.TrimSpace(value), "; ") }
