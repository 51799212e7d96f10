package e2etest

import (
	"bytes"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// Delivery is one message that a Sink took, as it came over the wire.
type Delivery struct {
	From        string // MAIL FROM; empty for <>
	MailOptions smtp.MailOptions
	Recipients  []DeliveredTo
	Raw         []byte // header and body with CRLF, dots unstuffed
}

// DeliveredTo is one RCPT TO of a Delivery.
type DeliveredTo struct {
	Address string
	Options smtp.RcptOptions
}

// To lists the addresses of RCPT TO, lower case, sorted.
func (d Delivery) To() []string {
	var out []string
	for _, r := range d.Recipients {
		out = append(out, strings.ToLower(r.Address))
	}
	slices.Sort(out)
	return out
}

// Has tells whether address is among the recipients, in any case.
func (d Delivery) Has(address string) bool {
	return slices.Contains(d.To(), strings.ToLower(address))
}

// SinkOptions say what a Sink offers. The zero value offers 8BITMIME, SMTPUTF8
// and DSN.
type SinkOptions struct {
	NoUTF8 bool
	NoDSN  bool
	// Answer may refuse: it is asked for each RCPT TO, and once with to == "" at
	// the end of data. nil takes everything.
	Answer func(from, to string) *smtp.SMTPError
	// Take has each delivery in place of the Sink, which then records none; it must
	// keep Raw for itself.
	Take func(Delivery)
}

// Sink is an SMTP server that records what it is given.
type Sink struct {
	Port int

	t      testing.TB
	mu     sync.Mutex
	got    []Delivery
	more   chan struct{} // closed and replaced at each delivery
	answer func(from, to string) *smtp.SMTPError
	take   func(Delivery)
}

// maxSinkBytes bounds one recorded message: above every size limit the tests set.
const maxSinkBytes = 256 << 20

// NewSink starts a Sink that stops when the test ends.
func NewSink(t testing.TB, o SinkOptions) *Sink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Sink{Port: l.Addr().(*net.TCPAddr).Port, t: t, more: make(chan struct{}), answer: o.Answer, take: o.Take}
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &sinkSession{sink: s}, nil
	}))
	srv.Domain = "sink.test"
	srv.MaxMessageBytes = maxSinkBytes
	srv.MaxLineLength = 1 << 20
	srv.MaxRecipients = 100_000
	srv.EnableSMTPUTF8 = !o.NoUTF8
	srv.EnableDSN = !o.NoDSN
	srv.ReadTimeout = 5 * time.Minute
	srv.WriteTimeout = time.Minute
	srv.ErrorLog = quiet{}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return s
}

// SetAnswer exchanges SinkOptions.Answer; nil takes everything.
func (s *Sink) SetAnswer(f func(from, to string) *smtp.SMTPError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

// Refusing makes an Answer that says code to everything: 4xx or 5xx.
func Refusing(code int) func(from, to string) *smtp.SMTPError {
	return func(string, string) *smtp.SMTPError {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 0, 0}, Message: "told to refuse"}
	}
}

// All gives what was delivered so far.
func (s *Sink) All() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

// Wait waits for n deliveries in all and gives them.
func (s *Sink) Wait(n int) []Delivery {
	s.t.Helper()
	s.wait("enough deliveries", func(got []Delivery) bool { return len(got) >= n })
	return s.All()
}

// WaitFor waits for a delivery that match accepts and gives the first.
func (s *Sink) WaitFor(what string, match func(Delivery) bool) Delivery {
	s.t.Helper()
	var found Delivery
	s.wait(what, func(got []Delivery) bool {
		i := slices.IndexFunc(got, match)
		if i >= 0 {
			found = got[i]
		}
		return i >= 0
	})
	return found
}

// WaitTo waits for a delivery to address and gives the first.
func (s *Sink) WaitTo(address string) Delivery {
	s.t.Helper()
	return s.WaitFor("delivery to "+address, func(d Delivery) bool { return d.Has(address) })
}

func (s *Sink) wait(what string, done func([]Delivery) bool) {
	s.t.Helper()
	deadline := time.After(Patience)
	for {
		s.mu.Lock()
		got, more, n := slices.Clone(s.got), s.more, len(s.got)
		s.mu.Unlock()
		if done(got) {
			return
		}
		select {
		case <-more:
		case <-deadline:
			s.t.Fatalf("sink on port %d: after %v with %d deliveries: still waiting for %s", s.Port, Patience, n, what)
		}
	}
}

func (s *Sink) ask(from, to string) error {
	s.mu.Lock()
	f := s.answer
	s.mu.Unlock()
	if f == nil {
		return nil
	}
	if e := f(from, to); e != nil {
		return e
	}
	return nil
}

func (s *Sink) add(d Delivery) {
	if s.take != nil {
		s.take(d)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, d)
	close(s.more)
	s.more = make(chan struct{})
}

type sinkSession struct {
	sink *Sink
	now  Delivery
}

func (s *sinkSession) Reset()        { s.now = Delivery{} }
func (s *sinkSession) Logout() error { return nil }

func (s *sinkSession) Mail(from string, o *smtp.MailOptions) error {
	s.now = Delivery{From: from}
	if o != nil {
		s.now.MailOptions = *o
	}
	return nil
}

func (s *sinkSession) Rcpt(to string, o *smtp.RcptOptions) error {
	if err := s.sink.ask(s.now.From, to); err != nil {
		return err
	}
	r := DeliveredTo{Address: to}
	if o != nil {
		r.Options = *o
	}
	s.now.Recipients = append(s.now.Recipients, r)
	return nil
}

func (s *sinkSession) Data(r io.Reader) error {
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		return err
	}
	if err := s.sink.ask(s.now.From, ""); err != nil {
		return err
	}
	d := s.now
	d.Raw = b.Bytes()
	s.sink.add(d)
	return nil
}

// quiet drops what the server logs about connections that Postfix cuts.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}
