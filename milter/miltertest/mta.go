// Package miltertest plays the mail server's side of the milter protocol: it
// hands one mail to a filter as Postfix would and tells what the filter made of
// it. Tests use it without a Postfix, and the demonstration's SMTP front drives
// the real filter with it.
//
// It promises to treat the filter as Postfix does with milter_default_action =
// tempfail: whatever is not a clear answer is an error, never an acceptance.
// Start reading at Send.
package miltertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	gomilter "github.com/d--j/go-milter"
)

// ErrProtocol says that the filter gave no answer that counts: it was not there,
// hung up or spoke out of turn. A mail server answers 451 then.
var ErrProtocol = errors.New("miltertest: the filter gave no answer")

// DefaultTimeout bounds the wait for one packet when the context has no
// deadline. A filter that works longer sends progress packets.
const DefaultTimeout = 30 * time.Second

// Field is one header field: the value is everything after the colon, with its
// leading space, folds as LF, no final line end.
type Field struct {
	Name  string
	Value string
}

// Rcpt is one RCPT TO with its ESMTP arguments in one text, such as
// "NOTIFY=SUCCESS ORCPT=rfc822;jane@example.org".
type Rcpt struct {
	Address string
	Args    string
}

// Mail is one transaction. The zero value of each field but Rcpts is useful.
type Mail struct {
	ClientName string     // empty: "client.example"
	ClientIP   netip.Addr // invalid: sendmail(1), which Postfix shows as localhost, 127.0.0.1, port 0
	Helo       string     // empty: ClientName
	Login      string     // SASL login name; empty: not authenticated
	CertName   string     // CN of a verified client certificate; empty: none
	QueueID    string     // macro i; empty: "4TESTQUEUEID"
	From       string     // without angle brackets; empty: the null sender
	FromArgs   string     // ESMTP arguments of MAIL FROM
	Rcpts      []Rcpt
	Header     []Field
	Body       []byte // with CRLF line ends
}

// Action is what the filter decided.
type Action string

// The filter's answers at end of message.
const (
	Accept   Action = "accept"
	Discard  Action = "discard"
	TempFail Action = "tempfail"
	Reject   Action = "reject"
)

// Result is the filter's answer as a mail server would act on it.
type Result struct {
	Action     Action
	Code       int      // 250, or the code of the filter's reply
	Text       string   // the reply after the code; several lines joined by LF
	Recipients []string // who gets the original: RCPTs without the deleted, with the added; only after Accept
	Deleted    []string
	Added      []string
	From       string // whom the original goes on from; only after Accept
}

// Send hands m to the filter that listens at socket ("unix:/path", "/path" or
// "host:port") and waits for its answer. The error wraps ErrProtocol.
func Send(ctx context.Context, socket string, m Mail) (Result, error) {
	network, address := "tcp", socket
	if path, ok := strings.CutPrefix(socket, "unix:"); ok || strings.HasPrefix(socket, "/") {
		network, address = "unix", path
	}
	d := &dialer{ctx: ctx}
	timeout := DefaultTimeout
	if deadline, ok := ctx.Deadline(); ok {
		timeout = max(time.Until(deadline), time.Millisecond)
	}
	client := gomilter.NewClient(network, address, gomilter.WithDialer(d), gomilter.WithReadTimeout(timeout))
	session, err := client.Session(m.macros())
	if err != nil {
		return Result{}, fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	defer session.Close()
	defer d.stop()
	mods, act, err := m.run(session)
	if err != nil {
		return Result{}, fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	return m.result(mods, act)
}

// dialer closes its connection when the context ends.
type dialer struct {
	ctx  context.Context
	stop func() bool
}

func (d *dialer) Dial(network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(d.ctx, network, address)
	d.stop = func() bool { return true }
	if err == nil {
		d.stop = context.AfterFunc(d.ctx, func() { conn.Close() })
	}
	return conn, err
}

func (m *Mail) macros() *gomilter.MacroBag {
	bag := gomilter.NewMacroBag()
	bag.Set(gomilter.MacroMTAFQDN, "mail.test")
	bag.Set(gomilter.MacroDaemonName, "mail.test")
	bag.Set(gomilter.MacroQueueId, m.queueID())
	bag.Set(gomilter.MacroMailAddr, m.From)
	for name, value := range map[string]string{
		gomilter.MacroAuthAuthen:  m.Login,
		gomilter.MacroCertSubject: m.CertName,
	} {
		if value != "" {
			bag.Set(name, value)
		}
	}
	if m.Login != "" {
		bag.Set(gomilter.MacroAuthType, "PLAIN")
	}
	return bag
}

func (m *Mail) queueID() string {
	if m.QueueID == "" {
		return "4TESTQUEUEID"
	}
	return m.QueueID
}

// run walks through one transaction and gives the answer at its end, or an
// earlier one that ends it.
func (m *Mail) run(s *gomilter.ClientSession) ([]gomilter.ModifyAction, *gomilter.Action, error) {
	steps := []func() (*gomilter.Action, error){
		func() (*gomilter.Action, error) { return m.connect(s) },
		func() (*gomilter.Action, error) { return s.Helo(m.helo()) },
		func() (*gomilter.Action, error) { return s.Mail(m.From, m.FromArgs) },
	}
	for _, r := range m.Rcpts {
		steps = append(steps, func() (*gomilter.Action, error) { return s.Rcpt(r.Address, r.Args) })
	}
	steps = append(steps, s.DataStart)
	for _, f := range m.Header {
		steps = append(steps, func() (*gomilter.Action, error) { return s.HeaderField(f.Name, f.Value, nil) })
	}
	steps = append(steps, s.HeaderEnd)
	for _, step := range steps {
		act, err := step()
		if err != nil || act.Type != gomilter.ActionContinue {
			return nil, act, err
		}
	}
	if len(m.Body) == 0 { // the client library wants a chunk before the end
		if act, err := s.BodyChunk(nil); err != nil || act.Type != gomilter.ActionContinue {
			return nil, act, err
		}
		return s.End()
	}
	return s.BodyReadFrom(bytes.NewReader(m.Body))
}

func (m *Mail) connect(s *gomilter.ClientSession) (*gomilter.Action, error) {
	if !m.ClientIP.IsValid() {
		return s.Conn("localhost", gomilter.FamilyInet, 0, "127.0.0.1")
	}
	family := gomilter.FamilyInet
	if m.ClientIP.Is6() {
		family = gomilter.FamilyInet6
	}
	return s.Conn(m.clientName(), family, 40000, m.ClientIP.String())
}

func (m *Mail) clientName() string {
	if m.ClientName == "" {
		return "client.example"
	}
	return m.ClientName
}

func (m *Mail) helo() string {
	if m.Helo == "" {
		return m.clientName()
	}
	return m.Helo
}

func (m *Mail) result(mods []gomilter.ModifyAction, act *gomilter.Action) (Result, error) {
	r := Result{From: m.From}
	for _, mod := range mods {
		switch mod.Type {
		case gomilter.ActionAddRcpt:
			r.Added = append(r.Added, gomilter.RemoveAngle(mod.Rcpt))
		case gomilter.ActionDelRcpt:
			r.Deleted = append(r.Deleted, gomilter.RemoveAngle(mod.Rcpt))
		case gomilter.ActionChangeFrom:
			r.From = gomilter.RemoveAngle(mod.From)
		default:
			return Result{}, fmt.Errorf("%w: a change nobody asked for", ErrProtocol)
		}
	}
	switch act.Type {
	case gomilter.ActionAccept, gomilter.ActionContinue:
		r.Action, r.Code = Accept, 250
		for _, rcpt := range m.Rcpts {
			if !slices.Contains(r.Deleted, rcpt.Address) {
				r.Recipients = append(r.Recipients, rcpt.Address)
			}
		}
		r.Recipients = append(r.Recipients, r.Added...)
	case gomilter.ActionDiscard:
		r.Action, r.Code = Discard, 250
	case gomilter.ActionTempFail:
		r.Action, r.Code, r.Text = TempFail, 451, "4.7.1 Service unavailable - try again later"
	case gomilter.ActionReject:
		r.Action, r.Code, r.Text = Reject, 550, "5.7.1 Command rejected"
	case gomilter.ActionRejectWithCode:
		r.Action, r.Code, r.Text = Reject, int(act.SMTPCode), replyText(act.SMTPReply)
		if act.SMTPCode < 500 {
			r.Action = TempFail
		}
	default:
		return Result{}, fmt.Errorf("%w: an answer out of turn", ErrProtocol)
	}
	return r, nil
}

// replyText takes the code off every line of a reply.
func replyText(reply string) string {
	lines := strings.Split(strings.ReplaceAll(reply, "\r\n", "\n"), "\n")
	for i, line := range lines {
		if len(line) >= 4 {
			lines[i] = line[4:]
		}
	}
	return strings.ReplaceAll(strings.Join(lines, "\n"), "%%", "%")
}
