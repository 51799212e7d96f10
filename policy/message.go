package policy

import (
	"net/netip"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/extract"
)

// Errors of a Part.
var (
	// ErrUnreadable says that a recipient could read a part and we could not.
	ErrUnreadable = extract.ErrUnreadable
	// ErrTooBig says that a part, or the whole, passed a limit of Read.
	ErrTooBig = extract.ErrTooBig
)

// Field is one header field as Postfix handed it over: Name as written, Value
// everything after the colon with its leading space, folds as CRLF + WSP (a bare
// LF is read the same), no final line end.
type Field struct {
	Name  string
	Value string
}

// Transaction is what the SMTP session says about a message.
type Transaction struct {
	Sender     addr.Address   // zero for the null sender
	Recipients []addr.Address // final destinations: RCPT addresses after Postfix's aliases
	Client     Client

	// TLSEnforced tells whether it is proved that mail for an address leaves by
	// enforced TLS only; nil: for nobody. Without the proof tls counts as seal.
	TLSEnforced func(addr.Address) bool

	// SwitchedOn tells whether a sender has switched the service on for herself; nil:
	// nobody has. Asked only where senders.enable stands (CYC-3).
	SwitchedOn func(addr.Address) bool
}

// Client is who handed the message in.
type Client struct {
	Login    string     // SASL login name; empty when not authenticated
	IP       netip.Addr // invalid for local submission by sendmail(1)
	Local    bool       // handed in by sendmail(1) on this machine
	CertName string     // subject CN of a verified client certificate; empty without
}

// Message is the read-only view of a message that a condition may see.
type Message struct {
	Transaction
	Fields []Field
	Parts  []Part   // leaves in order of appearance, every reading of ambiguous MIME
	Size   int64    // octets of header and body
	Doubts []string // what could not be read for certain, in words for the log and confirmation

	stray int // how many of the last Fields stood in the body (strayheader.go)
}

// Part is one leaf of the MIME tree.
type Part struct {
	Where string // "text", "attachment letter.docx", "invitation", "forwarded message: text"
	Type  string // media type, lower case
	Name  string // file name, decoded; empty without
	Text  string // readable text, decoded; empty when there is none
	Err   error  // wraps ErrUnreadable or ErrTooBig when a recipient could read what we could not

	Properties []extract.Property // of a document: title, keywords, labels

	places   []extract.Place // pages and sheets of Text
	names    []string        // every reading of the file name
	nested   bool            // inside an attached message
	first    bool            // the first leaf of the message itself
	head     []byte          // first decoded octets, for the forms that are told by them
	params   []param         // of Content-Type
	encloser string          // media type of the multipart around it; empty at the top
}

// Subject gives the decoded, unfolded subject; of several, all joined by a line
// feed. White space is kept as written, a fold counts as the white space after
// it.
func (m *Message) Subject() string { return joinSubjects(m.Fields) }
