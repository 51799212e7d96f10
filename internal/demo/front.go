package demo

import (
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/d--j/go-milter"
	"github.com/emersion/go-smtp"
)

// Front stands for Postfix's submission port: what staff send comes in here,
// goes through the milter, and what the milter lets go on is delivered.
type Front struct {
	client  *milter.Client
	deliver func(from string, to []string, raw []byte) (*Mail, error)
	log     *slog.Logger
	count   atomic.Int64

	mu     sync.Mutex
	server *smtp.Server
}

// NewFront makes a front that asks the milter at network ("unix" or "tcp") and
// address. deliver takes the originals that go on in clear.
func NewFront(network, address string, deliver func(from string, to []string, raw []byte) (*Mail, error), log *slog.Logger) *Front {
	return &Front{deliver: deliver, log: log, client: milter.NewClient(network, address,
		milter.WithReadTimeout(milterTimeout), milter.WithWriteTimeout(milterTimeout),
		milter.WithMacroRequest(milter.StageConnect, []milter.MacroName{milter.MacroMTAFQDN, milter.MacroDaemonName, milter.MacroMTAVersion, milter.MacroClientAddr, milter.MacroClientName}),
		milter.WithMacroRequest(milter.StageMail, []milter.MacroName{milter.MacroQueueId, milter.MacroMailAddr}),
		milter.WithMacroRequest(milter.StageRcpt, []milter.MacroName{milter.MacroQueueId, milter.MacroRcptAddr}),
		milter.WithMacroRequest(milter.StageData, []milter.MacroName{milter.MacroQueueId}),
		milter.WithMacroRequest(milter.StageEOM, []milter.MacroName{milter.MacroQueueId}))}
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
	now   submission
}

func (s *frontSession) Reset()        { s.now = submission{} }
func (s *frontSession) Logout() error { return nil }

func (s *frontSession) Mail(from string, o *smtp.MailOptions) error {
	s.now = submission{from: from, fromArgs: mailArgs(o)}
	return nil
}

func (s *frontSession) Rcpt(to string, o *smtp.RcptOptions) error {
	s.now.to = append(s.now.to, recipient{to, rcptArgs(o)})
	return nil
}

func (s *frontSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m := s.now
	m.raw, m.helo, m.client = raw, s.conn.Hostname(), s.conn.Conn().RemoteAddr()
	m.queueID = "F" + queueID(int(s.front.count.Add(1)))
	v, err := judge(s.front.client, m)
	if err != nil {
		s.front.log.Error("the milter gave no answer", "queue_id", m.queueID, "error", err)
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Service unavailable - try again later"}
	}
	return s.front.finish(m, v)
}

// finish answers the client as the verdict says and delivers what goes on.
func (f *Front) finish(m submission, v verdict) error {
	if v.reply != nil {
		return replyOf(v.reply)
	}
	if !v.discard && len(v.to) > 0 {
		_, head, body := split(m.raw)
		if _, err := f.deliver(m.from, v.to, join(head, body)); err != nil {
			return &smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 3, 4}, Message: err.Error()}
		}
	}
	return &smtp.SMTPError{Code: 250, EnhancedCode: smtp.EnhancedCode{2, 0, 0}, Message: "Ok: queued as " + m.queueID}
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
