package notice

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
)

// ErrSyntax says that a Mail cannot be written, or a notice not rendered, as it
// stands: a part that must be there is missing, or one is not what it says.
var ErrSyntax = errors.New("notice: mail cannot be written")

// suppress asks Exchange for no answers by machine. It leaves NDR out on
// purpose ("All" has it): an envelope that does not arrive must be heard of.
const suppress = "DR, RN, NRN, OOF, AutoReply"

// maxType bounds either half of a media type, in octets (RFC 6838 section 4.2).
const maxType = 127

// Mail is one finished mail. WriteTo writes it.
type Mail struct {
	From        addr.Named   // Name: display name, for example "A on behalf of B"
	ReplyTo     addr.Named   // zero: no Reply-To
	To, Cc      []addr.Named // both empty: "undisclosed-recipients:;"
	ToRaw       string       // header value of the original, taken over unfolded; replaces To
	CcRaw       string       // likewise for Cc
	Subject     string       // empty: no field
	Date        time.Time
	MessageID   string // "<left@right>"
	InReplyTo   string // "<...>" or empty; what is no Message-ID is left out
	References  string // "<...> <...>" or empty; likewise
	ThreadTopic string // Outlook's name of a conversation; empty: no field
	ThreadIndex string // Outlook's place in it, base64; likewise, and for what is no base64
	Text        string // plain text, LF line ends
	HTML        string // empty: plain text alone
	Calendar    string // answer to an invitation (iTIP REPLY) with CRLF line ends, as a third reading beside text and HTML (RFC 6047 section 2.4); empty: none
	Attachments []Attachment
	Auto        string // Auto-Submitted: "auto-generated" or "auto-replied" (RFC 3834), with X-Auto-Response-Suppress; empty: neither
	Profile     string // X-Postseal: "envelope; v=1" or "notice; kind=code"; package relay lets nothing else out
}

// Attachment is one file of a Mail.
type Attachment struct {
	Name            string
	Type            string                // media type; what does not parse, multipart/* and message/* become application/octet-stream
	QuotedPrintable bool                  // for text with line ends, which arrive as CRLF; else base64
	Write           func(io.Writer) error // writes the decoded bytes; called once per WriteTo
}

// WriteTo writes the mail by RFC 5322 with CRLF line ends, lines of at most 76
// octets but for addresses and raw fields (998). The same Mail gives the same
// bytes. The error is that of w or of an attachment, or ErrSyntax before anything
// was written.
func (m *Mail) WriteTo(w io.Writer) (int64, error) {
	out := &counter{w: w}
	head, err := m.header()
	if err != nil {
		return 0, err
	}
	mixed, alternative := m.boundary("mixed"), m.boundary("alternative")
	if len(m.Attachments) == 0 {
		out.text(head)
		m.body(out, alternative)
		return out.n, out.err
	}
	out.text(head + "Content-Type: multipart/mixed;\r\n boundary=\"" + mixed + "\"\r\n\r\n--" + mixed + "\r\n")
	m.body(out, alternative)
	for _, a := range m.Attachments {
		out.text("\r\n--" + mixed + "\r\n")
		a.writeTo(out)
	}
	out.text("\r\n--" + mixed + "--\r\n")
	return out.n, out.err
}

// Encode is WriteTo in the form that relay.Mail.Write has.
func (m *Mail) Encode(w io.Writer) error { _, err := m.WriteTo(w); return err }

// header gives the fields down to MIME-Version.
func (m *Mail) header() (string, error) {
	if m.From.Address.IsZero() || m.Date.Year() < 1970 || m.Date.Year() > 9999 || len(messageIDs(m.MessageID)) != 1 {
		return "", fmt.Errorf("%w: From, Date or Message-ID", ErrSyntax)
	}
	var b strings.Builder
	field(&b, "From", mailboxes([]addr.Named{m.From}))
	if !m.ReplyTo.Address.IsZero() {
		field(&b, "Reply-To", mailboxes([]addr.Named{m.ReplyTo}))
	}
	if err := m.destinations(&b); err != nil {
		return "", err
	}
	if subject := oneLine(m.Subject, maxSubject); subject != "" {
		field(&b, "Subject", text(subject))
	}
	field(&b, "Date", []string{m.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700")})
	field(&b, "Message-ID", messageIDs(m.MessageID))
	if ids := messageIDs(m.InReplyTo); len(ids) > 0 {
		field(&b, "In-Reply-To", ids)
	}
	if ids := messageIDs(m.References); len(ids) > 0 {
		field(&b, "References", ids)
	}
	if topic := oneLine(m.ThreadTopic, maxSubject); topic != "" {
		field(&b, "Thread-Topic", text(topic))
	}
	if _, err := base64.StdEncoding.DecodeString(m.ThreadIndex); err == nil && m.ThreadIndex != "" && len(m.ThreadIndex) < lineMax-20 {
		field(&b, "Thread-Index", []string{m.ThreadIndex})
	}
	switch m.Auto {
	case "":
	case "auto-generated", "auto-replied":
		field(&b, "Auto-Submitted", []string{m.Auto})
		field(&b, "X-Auto-Response-Suppress", []string{suppress})
	default:
		return "", fmt.Errorf("%w: Auto-Submitted", ErrSyntax)
	}
	if m.Profile != "" {
		if !plain(m.Profile) {
			return "", fmt.Errorf("%w: profile", ErrSyntax)
		}
		field(&b, "X-Postseal", []string{m.Profile})
	}
	b.WriteString("MIME-Version: 1.0\r\n")
	return b.String(), nil
}

// destinations writes To and Cc. A mail that names nobody says so, since some
// servers add an Apparently-To field otherwise.
func (m *Mail) destinations(b *strings.Builder) error {
	named := false
	for _, f := range []struct {
		name, raw string
		list      []addr.Named
	}{{"To", m.ToRaw, m.To}, {"Cc", m.CcRaw, m.Cc}} {
		tokens := mailboxes(f.list)
		if f.raw != "" {
			var err error
			if tokens, err = rawField(f.raw); err != nil {
				return err
			}
		}
		if len(tokens) > 0 {
			field(b, f.name, tokens)
			named = true
		}
	}
	if !named {
		field(b, "To", []string{"undisclosed-recipients:;"})
	}
	return nil
}

// boundary is made from the Message-ID, so that a retry writes the same bytes.
// "=_" stands in no quoted-printable and no base64 text (RFC 2045 section 6.7).
func (m *Mail) boundary(level string) string {
	sum := sha256.Sum256([]byte(level + " " + m.MessageID))
	return "=_" + hex.EncodeToString(sum[:12])
}

// body writes the text, as alternatives when there is HTML or a calendar part.
func (m *Mail) body(out *counter, boundary string) {
	if m.HTML == "" && m.Calendar == "" {
		out.part("text/plain", m.Text)
		return
	}
	out.text("Content-Type: multipart/alternative;\r\n boundary=\"" + boundary + "\"\r\n\r\n--" + boundary + "\r\n")
	out.part("text/plain", m.Text)
	if m.HTML != "" {
		out.text("\r\n--" + boundary + "\r\n")
		out.part("text/html", m.HTML)
	}
	if m.Calendar != "" {
		out.text("\r\n--" + boundary + "\r\n")
		out.calendar(m.Calendar)
	}
	out.text("\r\n--" + boundary + "--\r\n")
}

func (a Attachment) writeTo(out *counter) {
	name := fileName(a.Name)
	var b strings.Builder
	content := a.mediaType()
	if quoted := parameter("name", name); len(quoted) == 1 && !strings.Contains(quoted[0], "*") {
		content = append(content, quoted...) // older programs look here; others must not see two forms of one name
	}
	field(&b, "Content-Type", semicolons(content))
	field(&b, "Content-Disposition", semicolons(append([]string{"attachment"}, parameter("filename", name)...)))
	if a.QuotedPrintable {
		b.WriteString("Content-Transfer-Encoding: quoted-printable\r\n\r\n")
	} else {
		b.WriteString("Content-Transfer-Encoding: base64\r\n\r\n")
	}
	out.text(b.String())
	var encoder io.WriteCloser
	if a.QuotedPrintable {
		encoder = newQuoted(out)
	} else {
		encoder = base64.NewEncoder(base64.StdEncoding, &wrapped{out: out})
	}
	if a.Write != nil && out.err == nil {
		if err := a.Write(encoder); err != nil && out.err == nil {
			out.err = err
		}
	}
	if err := encoder.Close(); err != nil && out.err == nil {
		out.err = err
	}
}

// mediaType gives type and charset; other parameters are dropped. Parts that
// hold parts are given as plain bytes: they may not be base64 (RFC 2046 section
// 5.2.1), and a program must not show them as ours.
func (a Attachment) mediaType() []string {
	kind, params, err := mime.ParseMediaType(a.Type)
	major, minor, ok := strings.Cut(kind, "/")
	if err != nil || !ok || major == "multipart" || major == "message" || len(major) > maxType || len(minor) > maxType || !printableASCII(kind) {
		return []string{"application/octet-stream"}
	}
	out := []string{kind}
	if charset := params["charset"]; charset != "" && len(charset) < 40 && strings.Trim(strings.ToLower(charset), "abcdefghijklmnopqrstuvwxyz0123456789-_") == "" {
		out = append(out, "charset="+charset)
	}
	return out
}

// semicolons joins a value and its parameters.
func semicolons(tokens []string) []string {
	for i := range tokens[:len(tokens)-1] {
		tokens[i] += ";"
	}
	return tokens
}
