// Package relay hands a finished mail to Postfix: the re-entry port for what
// leaves, the inbound port for what outsiders wrote to staff.
//
// It promises: an answer nil means that Postfix has the whole mail in its queue
// for all recipients; ErrTemporary and ErrPermanent mean that it certainly has
// not; everything else is ErrUnknown and never dressed up as a "no" (RFC 1047).
// No recipient outside gets a mail that is not an envelope or a notice: the kind
// must say so and the header's X-Postseal field must agree, or nothing is
// queued. No byte of an address, an ESMTP parameter or a host name can end a
// command line early.
//
// An attacker would want a CR LF inside a parameter that adds a recipient, a line
// "." inside a mail that ends it early and smuggles a second one, or a mail in
// clear that takes this port past the milter. Start reading at SMTP.Send.
package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/postseal/postseal/addr"
)

// Kind says what a mail is. The zero value is refused.
type Kind uint8

const (
	// KindEnvelope is a sealed message; its header says "X-Postseal: envelope...".
	KindEnvelope Kind = iota + 1
	// KindNotice is one of our own notices; its header says "X-Postseal: notice...".
	KindNotice
	// KindInside is what outsiders wrote; it may go to inside recipients only.
	KindInside
)

// Recipient is one RCPT TO.
type Recipient struct {
	Address addr.Address
	Notify  string // "NEVER" or some of "SUCCESS,FAILURE,DELAY"; empty: not stated (RFC 3461 section 4.1)
	Orcpt   string // "rfc822;jane@example.org", not yet xtext; empty: not stated (section 4.2)
}

// Mail is one transaction.
type Mail struct {
	Kind       Kind
	From       addr.Address // MAIL FROM; zero for <>
	Recipients []Recipient
	EnvelopeID string // ENVID, not yet xtext; empty: not stated
	Return     string // RET: "HDRS", "FULL" or empty
	UTF8       bool   // SMTPUTF8 is needed or was asked for; used without asking when an address needs it
	EightBit   bool   // the body has 8-bit octets: BODY=8BITMIME; our own mails never have
	Size       int64  // octets, a good guess for SIZE (RFC 1870); 0: not stated
	Client     XForward
	// Write writes the mail with CRLF line ends, no line over MaxLine octets and no
	// lone CR; called at most once. Dot-stuffing is done here, a lone LF becomes
	// CRLF. Its own error is ErrTemporary unless it wraps another class.
	Write func(io.Writer) error
}

// XForward is what Postfix is told about the client of the original (XFORWARD),
// when it offers that. Empty fields are not sent.
type XForward struct {
	Name, Addr, Helo string
	Ident            string // queue id of the original
}

var (
	// ErrTemporary says 4xx, or a connection that failed before end of data: certainly not queued.
	ErrTemporary = errors.New("relay: not taken for now")
	// ErrPermanent says 5xx, or a mail that cannot be sent as it stands: certainly not queued.
	ErrPermanent = errors.New("relay: refused")
	// ErrUnknown says cut or timed out after end of data was sent: nobody can know (RFC 1047).
	ErrUnknown = errors.New("relay: cut after end of data; nobody knows whether it is queued")
	// ErrClear says refused here: an outside recipient, and the mail is neither envelope nor notice. Certainly not queued.
	ErrClear = errors.New("relay: would leave in clear")
)

// DefaultTimeout bounds one command and its answer. Postfix on loopback answers
// at once; after end of data its cleanup may ask other milters first.
const DefaultTimeout = 60 * time.Second

// SMTP hands mails to one Postfix listener, one connection per mail unless Keep
// says otherwise. The zero value of each field but Addr is useful. It is safe for
// concurrent use, and is not copied.
type SMTP struct {
	Addr    string                                                               // "127.0.0.1:10026" or "unix:/path"
	Hello   string                                                               // EHLO name; empty: "localhost"
	Inside  func(addr.Address) bool                                              // nil: every recipient is outside
	Dial    func(ctx context.Context, network, address string) (net.Conn, error) // nil: net.Dialer
	Timeout time.Duration                                                        // per command; 0: DefaultTimeout
	// Keep is how many connections may wait for a next mail, each for idleTime at
	// most; 0: none. Whoever sets it calls Close in the end.
	Keep int

	mu     sync.Mutex
	idle   []*conversation // the one that waits longest first
	closed bool
}
