package notice

import (
	"errors"
	"io"
	"time"

	"github.com/postseal/postseal/addr"
)

// ErrSyntax says that a Mail cannot be written as it stands: a field that must
// be there is missing, or a raw field is not one folded header value.
var ErrSyntax = errors.New("notice: mail cannot be written")

// Mail is one finished mail. WriteTo writes it.
type Mail struct {
	From        addr.Named // Name: display name, for example "A on behalf of B"
	ReplyTo     addr.Named // zero: no Reply-To
	To, Cc      []addr.Named
	ToRaw       string // header value of the original, taken over as it stands; replaces To
	CcRaw       string // likewise for Cc
	Subject     string
	Date        time.Time
	MessageID   string // "<left@right>"
	InReplyTo   string // "<...>" or empty
	References  string // "<...> <...>" or empty
	Text, HTML  string
	Attachments []Attachment
	Auto        string // Auto-Submitted: "auto-generated", "auto-replied"; empty: not stated
	Profile     string // X-Postseal: "envelope; v=1" or "notice; kind=code"; package relay looks for it
}

// Attachment is one file of a Mail.
type Attachment struct {
	Name            string
	Type            string                // media type; anything that does not parse, multipart/* and message/* become application/octet-stream
	QuotedPrintable bool                  // else base64
	Write           func(io.Writer) error // writes the decoded bytes; called once per WriteTo
}

// WriteTo writes the mail by RFC 5322 with CRLF line ends.
func (m *Mail) WriteTo(w io.Writer) (int64, error) { return 0, errors.ErrUnsupported }

// Encode is WriteTo in the form that relay.Mail.Write has.
func (m *Mail) Encode(w io.Writer) error { _, err := m.WriteTo(w); return err }
