package demo

import (
	"bytes"
	"io"
	"mime"
	"strings"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // subjects and texts in other character sets than UTF-8
	"github.com/emersion/go-message/mail"
)

// Bounds of reading a mail for show. Beyond them the rest is left out of the
// view; the .eml that can be downloaded is always whole.
const (
	maxParts = 200
	maxDepth = 12
	maxText  = 1 << 20 // octets of shown text
)

// Parsed is what a mail program shows of a mail.
type Parsed struct {
	From, To, Cc, ReplyTo string // header values, decoded
	Subject               string
	Notice                string // our own stamp X-Postseal: "envelope; v=1", "notice; kind=reply"; empty on everybody else's
	MessageID             string
	Date                  time.Time // zero when there is none
	Text, HTML            string    // first part of each kind, decoded
	Files                 []File
}

// File is one attachment, decoded.
type File struct {
	Name string
	Type string // media type, lower case
	Body []byte
}

// Parse reads a mail as far as it can be read: what is broken is left out.
func Parse(raw []byte) Parsed {
	e, err := message.Read(bytes.NewReader(raw))
	if e == nil || (err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err)) {
		return Parsed{Subject: "(cannot be read)", Text: string(raw[:min(len(raw), maxText)])}
	}
	h := mail.Header{Header: e.Header}
	p := Parsed{From: headerText(h, "From"), To: headerText(h, "To"), Cc: headerText(h, "Cc"), ReplyTo: headerText(h, "Reply-To"),
		Subject: headerText(h, "Subject"), Notice: headerText(h, "X-Postseal"), MessageID: strings.TrimSpace(h.Get("Message-Id"))}
	p.Date, _ = h.Date()
	r := reader{into: &p}
	r.part(e, 0)
	return p
}

// headerText gives a header value decoded and on one line.
func headerText(h mail.Header, name string) string {
	text, err := h.Text(name)
	if err != nil {
		text = h.Get(name)
	}
	return strings.Join(strings.Fields(text), " ")
}

// reader walks the parts of one mail, counting them.
type reader struct {
	into  *Parsed
	parts int
}

func (r *reader) part(e *message.Entity, depth int) {
	if r.parts++; r.parts > maxParts || depth > maxDepth {
		return
	}
	if multi := e.MultipartReader(); multi != nil {
		for {
			child, err := multi.NextPart()
			if child == nil || (err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err)) {
				return
			}
			r.part(child, depth+1)
		}
	}
	r.leaf(e)
}

func (r *reader) leaf(e *message.Entity) {
	kind, params, err := e.Header.ContentType()
	if err != nil || kind == "" {
		kind = "application/octet-stream"
	}
	disposition, attached, _ := e.Header.ContentDisposition()
	name := attached["filename"]
	if name == "" {
		name = params["name"]
	}
	body, _ := io.ReadAll(io.LimitReader(e.Body, MaxMailBytes)) // what could be read is shown
	inline := !strings.EqualFold(disposition, "attachment") && name == ""
	switch {
	case inline && kind == "text/plain" && r.into.Text == "":
		r.into.Text = string(body[:min(len(body), maxText)])
	case inline && kind == "text/html" && r.into.HTML == "":
		r.into.HTML = string(body[:min(len(body), maxText)])
	default:
		if decoded, err := new(mime.WordDecoder).DecodeHeader(name); err == nil {
			name = decoded
		}
		if name == "" {
			name = "part"
		}
		r.into.Files = append(r.into.Files, File{Name: name, Type: strings.ToLower(kind), Body: body})
	}
}
