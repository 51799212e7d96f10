package milter

import (
	"context"
	"net/netip"
	"strings"
	"time"

	gomilter "github.com/d--j/go-milter"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/policy"
)

// session is one connection of Postfix: it gathers messages and asks Decide at
// the end of each. Nothing is answered before that (OptNoReplies), so whatever
// goes wrong on the way is kept as the message's failure and answered then.
type session struct {
	gomilter.NoOpMilter
	f      *Filter
	broken error // the connection itself cannot be judged
	client policy.Client
	name   string
	helo   string
	in     *incoming // between MAIL and the end of message
}

// incoming is a message being gathered.
type incoming struct {
	Mail
	spool  *spool
	header int64 // octets so far
	failed error // the first thing that keeps it from being decided
}

func (in *incoming) fail(err error) {
	if in.failed == nil && err != nil {
		in.failed = err
	}
}

// guard runs one callback. A panic in it must not end the process, as it would in
// the library, and must not let the message pass.
func (s *session) guard(step string, do func() error) (*gomilter.Response, error) {
	defer func() {
		if p := recover(); p != nil {
			s.f.logPanic(step, p)
			s.fail(errPanic)
		}
	}()
	s.fail(do())
	return gomilter.RespContinue, nil
}

func (s *session) fail(err error) {
	switch {
	case err == nil:
	case s.in != nil:
		s.in.fail(err)
	default:
		s.broken = err
	}
}

// NewConnection forgets the client before.
func (s *session) NewConnection(gomilter.Modifier) error {
	s.drop()
	*s = session{f: s.f}
	return nil
}

// Connect keeps who the client is. Mail of sendmail(1) reaches a milter as
// localhost, 127.0.0.1 with port 0 (Postfix, cleanup(8)).
func (s *session) Connect(host, family string, port uint16, address string, _ gomilter.Modifier) (*gomilter.Response, error) {
	return s.guard("connect", func() error {
		s.client, s.name = policy.Client{}, host
		if family != "tcp4" && family != "tcp6" {
			return nil
		}
		ip, err := netip.ParseAddr(address)
		if err != nil {
			return errProtocol
		}
		ip = ip.Unmap().WithZone("")
		if ip.IsLoopback() && port == 0 && host == "localhost" {
			s.client.Local = true
			return nil
		}
		s.client.IP = ip
		return nil
	})
}

// Helo keeps the name for XFORWARD.
func (s *session) Helo(name string, _ gomilter.Modifier) (*gomilter.Response, error) {
	return s.guard("helo", func() error { s.helo = name; return nil })
}

// MailFrom begins a message.
func (s *session) MailFrom(from, args string, m gomilter.Modifier) (*gomilter.Response, error) {
	return s.guard("mail", func() error {
		s.drop()
		s.in = &incoming{spool: s.f.newSpool()}
		s.in.Client, s.in.ClientName, s.in.Helo = s.client, s.name, s.helo
		s.in.Client.Login = m.Get(gomilter.MacroAuthAuthen)
		s.in.Client.CertName = m.Get(gomilter.MacroCertSubject)
		s.in.Args = parseMailArgs(args)
		if from == "" {
			return nil
		}
		var err error
		s.in.Sender, err = parseAddress(from, m.Get(gomilter.MacroMailAddr))
		return err
	})
}

// parseAddress reads an address as the client gave it, or as Postfix completed
// it ("root" becomes root@its.origin).
func parseAddress(given, completed string) (addr.Address, error) {
	a, err := addr.Parse(given)
	if err != nil {
		a, err = addr.Parse(gomilter.RemoveAngle(completed))
	}
	if err != nil {
		return addr.Address{}, errAddress
	}
	return a, nil
}

// RcptTo adds a recipient.
func (s *session) RcptTo(to, args string, m gomilter.Modifier) (*gomilter.Response, error) {
	return s.guard("rcpt", func() error {
		if s.in == nil {
			return errProtocol
		}
		if len(s.in.Recipients) >= s.f.Limits.Recipients {
			return errRecipients
		}
		a, err := parseAddress(to, m.Get(gomilter.MacroRcptAddr))
		if err != nil {
			return err
		}
		notify, orcpt := parseRcptArgs(args)
		s.in.Recipients = append(s.in.Recipients, Rcpt{Given: to, Address: a, Notify: notify, Orcpt: orcpt})
		return nil
	})
}

// Header adds a field.
func (s *session) Header(name, value string, _ gomilter.Modifier) (*gomilter.Response, error) {
	return s.guard("header", func() error {
		if s.in == nil {
			return errProtocol
		}
		s.in.header += int64(len(name) + len(value) + len(":\r\n"))
		switch {
		case len(s.in.Fields) >= s.f.Limits.Fields:
			return errFields
		case s.in.header > s.f.Limits.HeaderBytes:
			return errHeader
		}
		folded, ok := foldCRLF(value)
		if !ok || name == "" {
			return errProtocol
		}
		s.in.Fields = append(s.in.Fields, policy.Field{Name: name, Value: folded})
		return nil
	})
}

// foldCRLF makes every fold CRLF. A line end that is no fold would end the field
// for a reader of the original, but not for policy: Postfix never sends one.
func foldCRLF(value string) (string, bool) {
	lines := strings.Split(strings.ReplaceAll(value, "\r\n", "\n"), "\n")
	for _, line := range lines[1:] {
		if line == "" || line[0] != ' ' && line[0] != '\t' {
			return "", false
		}
	}
	return strings.Join(lines, "\r\n"), true
}

// BodyChunk adds to the body.
func (s *session) BodyChunk(chunk []byte, _ gomilter.Modifier) (*gomilter.Response, error) {
	return s.guard("body", func() error {
		switch {
		case s.in == nil:
			return errProtocol
		case s.in.failed != nil:
			return nil
		case s.in.spool.Size()+int64(len(chunk)) > s.f.Limits.BodyBytes:
			s.in.spool.Close()
			return errBody
		}
		_, err := s.in.spool.Write(chunk)
		return err
	})
}

// EndOfMessage gives the answer.
func (s *session) EndOfMessage(m gomilter.Modifier) (resp *gomilter.Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.f.logPanic("end of message", p)
			resp, err = gomilter.RespTempFail, nil
		}
	}()
	in := s.in
	s.in = nil // its spool is closed by whoever decides
	return apply(s.decide(in, m), m)
}

// apply carries an outcome out. An error means that Postfix is gone; it answers
// 451 by itself then.
func apply(out Outcome, m gomilter.Modifier) (*gomilter.Response, error) {
	switch out.Action {
	case Accept:
		if out.Return {
			if err := m.ChangeFrom(out.From.String(), ""); err != nil {
				return gomilter.RespTempFail, err
			}
		}
		for _, given := range out.Drop {
			if err := m.DeleteRecipient(given); err != nil {
				return gomilter.RespTempFail, err
			}
		}
		for _, a := range out.Add {
			if err := m.AddRecipient(a.String(), ""); err != nil {
				return gomilter.RespTempFail, err
			}
		}
		return gomilter.RespAccept, nil
	case Discard:
		return gomilter.RespDiscard, nil
	}
	reply := out.Reply.orLater()
	resp, err := gomilter.RejectWithCodeAndReason(uint16(reply.Code), reply.line())
	if err != nil {
		return gomilter.RespTempFail, nil
	}
	return resp, nil
}

// decide runs Decide beside a ticker that tells Postfix that we still work, and
// gives up waiting some time after the deadline. What it gave up on may still end
// sealed; the ledger knows then.
func (s *session) decide(in *incoming, m gomilter.Modifier) Outcome {
	f := s.f
	if err := s.undecidable(in); err != nil {
		if in != nil {
			in.spool.Close()
		}
		return f.unread(in, err)
	}
	if !f.turn(m) {
		in.spool.Close()
		return f.unread(in, errBusy)
	}
	in.QueueID = m.Get(gomilter.MacroQueueId)
	in.Body, in.BodySize = in.spool, in.spool.Size()
	ctx, cancel := context.WithTimeout(context.Background(), f.Limits.Deadline)
	done := make(chan Outcome, 1)
	f.Metrics.working(+1)
	go func() {
		defer func() { <-f.run.slots; f.Metrics.working(-1) }()
		defer cancel()
		defer in.spool.Close()
		done <- f.Decide(ctx, &in.Mail)
	}()
	return f.await(done, m, in)
}

// turn waits until a message may be decided, and tells Postfix meanwhile that we
// are there. What waits is bounded by Postfix's own number of processes.
func (f *Filter) turn(m gomilter.Modifier) bool {
	select {
	case f.run.slots <- struct{}{}:
		return true
	default:
	}
	tick := time.NewTicker(f.run.progress)
	defer tick.Stop()
	over := time.NewTimer(f.Limits.Turn)
	defer over.Stop()
	for {
		select {
		case f.run.slots <- struct{}{}:
			return true
		case <-tick.C:
			if m.Progress() != nil { // Postfix is gone, and nothing was begun
				return false
			}
		case <-over.C:
			return false
		}
	}
}

func (s *session) undecidable(in *incoming) error {
	switch {
	case s.broken != nil:
		return s.broken
	case in == nil:
		return errProtocol
	case in.failed != nil:
		return in.failed
	case len(in.Recipients) == 0:
		return errProtocol
	}
	return nil
}

func (f *Filter) await(done <-chan Outcome, m gomilter.Modifier, in *incoming) Outcome {
	left := f.Limits.Deadline + f.run.grace // nearly all messages are decided before the first tick
	wait := min(f.run.progress, left)
	tick := time.NewTimer(wait)
	defer tick.Stop()
	for here := true; ; {
		select {
		case out := <-done:
			return out
		case <-tick.C:
		}
		if left -= wait; left <= 0 {
			return f.unread(in, errDeadline)
		}
		here = here && m.Progress() == nil // else Postfix is gone; the ledger still wants the end of this
		wait = min(f.run.progress, left)
		tick.Reset(wait)
	}
}

// unread answers a message that Decide did not see, or not to its end.
func (f *Filter) unread(in *incoming, err error) Outcome {
	queueID := ""
	if in != nil {
		queueID = in.QueueID
	}
	if f.observing() {
		f.Log.Warn("observed only: the message could not be judged", "queue_id", queueID, "cause", causeOf(err))
		f.Metrics.decided(observed, causeOf(err), 0)
		return Outcome{Action: Accept}
	}
	reply := replyTo(err)
	f.Log.Warn("message answered with an error", "queue_id", queueID, "outcome", failed(reply), "cause", causeOf(err))
	f.Metrics.decided(failed(reply), causeOf(err), 0)
	return Outcome{Action: Answer, Reply: reply}
}

// Abort forgets the message in hand; the connection stays.
func (s *session) Abort(gomilter.Modifier) error { s.drop(); return nil }

// Cleanup ends the connection.
func (s *session) Cleanup(gomilter.Modifier) { s.drop() }

func (s *session) drop() {
	if s.in != nil {
		s.in.spool.Close()
		s.in = nil
	}
}
