package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Bounds of what the catcher keeps. The oldest mails make room for new ones:
// a demonstration that runs for a week must not eat the machine's memory.
const (
	MaxKept      = 500
	MaxKeptBytes = 256 << 20
	// MaxMailBytes bounds one mail: a 25 MB attachment, sealed, and some room.
	MaxMailBytes = 64 << 20
	// maxRecipients is Postfix's smtpd_recipient_limit.
	maxRecipients = 1000
	// smtpTimeout bounds each read and write of a connection.
	smtpTimeout = time.Minute
)

// ErrFull says that one mail alone is larger than all that may be kept.
var ErrFull = errors.New("the demo's catcher cannot keep so large a mail")

// Catcher keeps every mail that would have left. The zero value is not usable;
// NewCatcher makes one.
type Catcher struct {
	now func() time.Time
	log *slog.Logger

	mu      sync.Mutex
	mails   []*Mail // oldest first
	bytes   int
	next    int
	changed chan struct{} // closed and replaced at every arrival
	servers []*smtp.Server
}

// NewCatcher makes an empty catcher. now is the time of arrival that inboxes
// show; log takes what goes wrong on a connection.
func NewCatcher(now func() time.Time, log *slog.Logger) *Catcher {
	return &Catcher{now: now, log: log, next: 1, changed: make(chan struct{})}
}

// Serve takes mail by SMTP on l until Close, marking it as come by way. It
// accepts every recipient, DSN, 8BITMIME and SMTPUTF8, and answers the end of
// data as Postfix does, with a queue id.
func (c *Catcher) Serve(l net.Listener, way Way) error {
	s := newServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &catcherSession{catcher: c, way: way}, nil
	}), c.log)
	c.mu.Lock()
	c.servers = append(c.servers, s)
	c.mu.Unlock()
	return s.Serve(l)
}

// Close ends all servers.
func (c *Catcher) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, s := range c.servers {
		errs = append(errs, s.Close())
	}
	c.servers = nil
	return errors.Join(errs...)
}

// Deliver keeps one mail. The error is ErrFull.
func (c *Catcher) Deliver(way Way, from string, to []string, raw []byte) (*Mail, error) {
	if len(raw) > MaxMailBytes {
		return nil, ErrFull
	}
	parsed := Parse(raw) // before the lock: a large mail takes a while
	c.mu.Lock()
	defer c.mu.Unlock()
	m := &Mail{Number: c.next, At: c.now(), Way: way, From: from, To: slices.Clone(to), Raw: raw, Parsed: parsed}
	c.next++
	c.mails = append(c.mails, m)
	c.bytes += m.weight()
	for len(c.mails) > 1 && (len(c.mails) > MaxKept || c.bytes > MaxKeptBytes) {
		c.bytes -= c.mails[0].weight()
		c.mails[0] = nil
		c.mails = c.mails[1:]
	}
	close(c.changed)
	c.changed = make(chan struct{})
	return m, nil
}

// weight is what a mail costs in memory: its bytes and its decoded files.
func (m *Mail) weight() int {
	n := len(m.Raw) + len(m.Parsed.Text) + len(m.Parsed.HTML)
	for _, f := range m.Parsed.Files {
		n += len(f.Body)
	}
	return n
}

// Mail gives the mail of that number, while it is kept.
func (c *Catcher) Mail(number int) (*Mail, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.mails {
		if m.Number == number {
			return m, true
		}
	}
	return nil, false
}

// Inbox gives what one address has received, newest first.
func (c *Catcher) Inbox(address string) []*Mail {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []*Mail
	for _, m := range slices.Backward(c.mails) {
		if m.For(address) {
			out = append(out, m)
		}
	}
	return out
}

// Addresses gives every address that has received something, in lower case and
// order of the alphabet.
func (c *Catcher) Addresses() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, m := range c.mails {
		for _, to := range m.To {
			out = append(out, strings.ToLower(to))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Last gives the number of the newest mail, 0 before the first.
func (c *Catcher) Last() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.next - 1
}

// Wait gives the first kept mail after number `after` that match accepts,
// waiting for it until ctx ends. The error is that of ctx.
func (c *Catcher) Wait(ctx context.Context, after int, match func(*Mail) bool) (*Mail, error) {
	for {
		c.mu.Lock()
		mails, changed := slices.Clone(c.mails), c.changed
		c.mu.Unlock()
		for _, m := range mails {
			if m.Number <= after {
				continue
			}
			if match(m) {
				return m, nil
			}
			after = m.Number
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// newServer makes an SMTP server with the demo's bounds.
func newServer(b smtp.Backend, log *slog.Logger) *smtp.Server {
	s := smtp.NewServer(b)
	s.Domain = "demo.postseal.example"
	s.MaxMessageBytes = MaxMailBytes
	s.MaxRecipients = maxRecipients
	s.ReadTimeout, s.WriteTimeout = smtpTimeout, smtpTimeout
	s.EnableSMTPUTF8, s.EnableDSN = true, true
	s.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelWarn)
	return s
}

// catcherSession is one connection to the catcher.
type catcherSession struct {
	catcher *Catcher
	way     Way
	from    string
	to      []string
}

func (s *catcherSession) Reset()        { s.from, s.to = "", nil }
func (s *catcherSession) Logout() error { return nil }

func (s *catcherSession) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *catcherSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *catcherSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := s.catcher.Deliver(s.way, s.from, s.to, raw)
	if err != nil {
		return &smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 3, 4}, Message: err.Error()}
	}
	return queuedAs(m)
}

// queuedAs is the 250 that Postfix writes; the SMTP library takes any reply
// from the error it is given.
func queuedAs(m *Mail) error {
	return &smtp.SMTPError{Code: 250, EnhancedCode: smtp.EnhancedCode{2, 0, 0}, Message: fmt.Sprintf("Ok: queued as %s", queueID(m.Number))}
}

// queueID looks like one of Postfix's.
func queueID(number int) string { return fmt.Sprintf("DE%08X", number) }
