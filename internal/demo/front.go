package demo

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/postseal/postseal/milter/miltertest"
)

// milterTimeout bounds the whole conversation with the milter. Postfix waits
// five minutes for an answer; a demonstration that takes longer than this is
// broken.
const milterTimeout = 30 * time.Second

// Front stands for Postfix's submission port: what staff send comes in here,
// goes through the milter, and what the milter lets go on is delivered.
type Front struct {
	socket  string
	deliver func(from string, to []string, raw []byte) (*Mail, error)
	log     *slog.Logger
	count   atomic.Int64

	mu     sync.Mutex
	server *smtp.Server
}

// NewFront makes a front that asks the milter at socket ("unix:/path" or
// "host:port"). deliver takes the originals that go on in clear.
func NewFront(socket string, deliver func(from string, to []string, raw []byte) (*Mail, error), log *slog.Logger) *Front {
	return &Front{socket: socket, deliver: deliver, log: log}
}

// Serve takes mail by SMTP on l until Close. There is no sign-in: whoever
// reaches the port is staff, which is why it listens on loopback only.
func (f *Front) Serve(l net.Listener) error {
	s := newServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &frontSession{front: f, conn: c}, nil
	}), f.log)
	f.mu.Lock()
	f.server = s
	f.mu.Unlock()
	return s.Serve(l)
}

// Close ends the server.
func (f *Front) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.server == nil {
		return nil
	}
	return f.server.Close()
}

// frontSession is one connection to the front.
type frontSession struct {
	front *Front
	conn  *smtp.Conn
	mail  miltertest.Mail
}

func (s *frontSession) Reset()        { s.mail = miltertest.Mail{} }
func (s *frontSession) Logout() error { return nil }

func (s *frontSession) Mail(from string, o *smtp.MailOptions) error {
	s.mail = miltertest.Mail{From: from, FromArgs: mailArgs(o)}
	return nil
}

func (s *frontSession) Rcpt(to string, o *smtp.RcptOptions) error {
	s.mail.Rcpts = append(s.mail.Rcpts, miltertest.Rcpt{Address: to, Args: rcptArgs(o)})
	return nil
}

// Data asks the milter. Any error, and any change that the front cannot make,
// means that nothing is delivered: milter_default_action is tempfail.
func (s *frontSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m := s.mail
	m.QueueID = "F" + queueID(int(s.front.count.Add(1)))
	m.Helo, m.ClientName = s.conn.Hostname(), "localhost"
	if client, err := netip.ParseAddrPort(s.conn.Conn().RemoteAddr().String()); err == nil {
		m.ClientIP = client.Addr().Unmap()
	}
	fields, head, body := split(raw)
	m.Body = body
	for _, f := range fields {
		m.Header = append(m.Header, miltertest.Field{Name: f.name, Value: strings.ReplaceAll(f.value, "\r\n", "\n")})
	}
	ctx, cancel := context.WithTimeout(context.Background(), milterTimeout)
	defer cancel()
	result, err := miltertest.Send(ctx, s.front.socket, m)
	if err != nil {
		s.front.log.Error("the milter gave no answer", "queue_id", m.QueueID, "error", err)
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Service unavailable - try again later"}
	}
	return s.front.finish(m, result, head)
}

// finish answers the client as the milter wants and delivers what goes on.
func (f *Front) finish(m miltertest.Mail, result miltertest.Result, head []byte) error {
	switch result.Action {
	case miltertest.Accept:
		if len(result.Recipients) == 0 {
			break // everybody was served by a sealed copy
		}
		if _, err := f.deliver(result.From, result.Recipients, join(head, m.Body)); err != nil {
			return &smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 3, 4}, Message: err.Error()}
		}
	case miltertest.Discard:
	default:
		return replyOf(result.Code, result.Text)
	}
	return &smtp.SMTPError{Code: 250, EnhancedCode: smtp.EnhancedCode{2, 0, 0}, Message: "Ok: queued as " + m.QueueID}
}

// join puts header and body together again.
func join(head, body []byte) []byte {
	raw := make([]byte, 0, len(head)+2+len(body))
	return append(append(append(raw, head...), "\r\n"...), body...)
}

// mailArgs writes MAIL's parameters again, as Postfix hands them to a milter.
func mailArgs(o *smtp.MailOptions) string {
	var args []string
	if o.Body != "" {
		args = append(args, "BODY="+string(o.Body))
	}
	if o.UTF8 {
		args = append(args, "SMTPUTF8")
	}
	if o.Return != "" {
		args = append(args, "RET="+string(o.Return))
	}
	return strings.Join(args, " ")
}

// rcptArgs writes RCPT's parameters again.
func rcptArgs(o *smtp.RcptOptions) string {
	if len(o.Notify) == 0 {
		return ""
	}
	var notify []string
	for _, n := range o.Notify {
		notify = append(notify, string(n))
	}
	return "NOTIFY=" + strings.Join(notify, ",")
}
