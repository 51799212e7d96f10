package robot

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"runtime/debug"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/postseal/postseal/addr"
)

// Server speaks LMTP (RFC 2033) with Postfix. It offers no DSN: Postfix writes
// the reports that were asked for.
type Server struct{ smtp *smtp.Server }

// Bounds of one conversation. Postfix hands over at once and waits ten minutes
// for the answer (lmtp_data_done_timeout).
const (
	readTimeout   = 5 * time.Minute
	writeTimeout  = time.Minute
	maxRecipients = 50
	maxWireLine   = 8 << 10 // Postfix breaks at 998
)

// NewServer makes a server for r.
func NewServer(r *Robot) *Server {
	r.once.Do(func() { r.slots = make(chan struct{}, atOnce) })
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{robot: r}, nil }))
	s.LMTP, s.EnableSMTPUTF8 = true, true
	s.Domain = r.Notices.Brand().ServiceDomain
	s.MaxRecipients, s.MaxMessageBytes, s.MaxLineLength = maxRecipients, MaxMessage, maxWireLine
	s.ReadTimeout, s.WriteTimeout = readTimeout, writeTimeout
	s.ErrorLog = log.New(io.Discard, "", 0) // it would print what a client sent
	return &Server{smtp: s}
}

// Serve answers on l until Shutdown, and then gives nil. The caller makes the
// socket and its permissions.
func (s *Server) Serve(l net.Listener) error {
	if err := s.smtp.Serve(l); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown takes no new connections and waits for mails in hand, until ctx ends.
// Postfix keeps a connection open for more mail; it is cut then, and loses none.
func (s *Server) Shutdown(ctx context.Context) error {
	soon, cancel := context.WithTimeout(ctx, lingering)
	defer cancel()
	err := s.smtp.Shutdown(soon)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, smtp.ErrServerClosed) {
		_ = s.smtp.Close()
		return nil
	}
	return err
}

// lingering is how long a connection may go on after the daemon was told to stop.
const lingering = 5 * time.Second

// session is one connection, one mail at a time.
type session struct {
	robot *Robot
	from  addr.Address
	to    []string
}

func (s *session) Reset()        { s.from, s.to = addr.Address{}, nil }
func (s *session) Logout() error { return nil }

// Mail takes MAIL FROM. An address that we cannot read is one that we do not
// answer: it is taken as the null sender.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.Reset()
	s.from, _ = addr.Parse(from)
	return nil
}

// Rcpt takes one of the service's own addresses.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	a, err := addr.Parse(to)
	if err != nil {
		return answer(errNoSuch)
	}
	ctx, cancel := context.WithTimeout(context.Background(), workTime)
	defer cancel()
	if err := s.robot.Accepts(ctx, a); err != nil {
		return answer(err)
	}
	s.to = append(s.to, to)
	return nil
}

// Data is for SMTP, which this is not.
func (s *session) Data(io.Reader) error { return answer(errLater) }

// LMTPData answers for each recipient.
func (s *session) LMTPData(r io.Reader, status smtp.StatusCollector) error {
	s.robot.slots <- struct{}{}
	defer func() { <-s.robot.slots }()
	m, err := ReadMail(s.robot.Spool, s.from, r)
	if err != nil {
		var refused *smtp.SMTPError
		if errors.As(err, &refused) { // the library's own bounds
			return refused
		}
		if errors.Is(err, errTooBig) {
			err = errBig
		} else {
			err = s.robot.later("reading a mail", err)
		}
		return answer(err)
	}
	defer m.Close()
	for _, to := range s.to {
		status.SetStatus(to, answer(s.deliver(to, m)))
	}
	return nil
}

// deliver does the work for one recipient; a panic is "later" and logged.
func (s *session) deliver(to string, m *Mail) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.robot.log().Error("robot: panic", "panic", p, "stack", string(debug.Stack()))
			err = errLater
		}
	}()
	a, err := addr.Parse(to)
	if err != nil {
		return errNoSuch
	}
	return s.robot.Deliver(context.Background(), a, m)
}

// answer makes an SMTP reply of an error; nil stays nil.
func answer(err error) error {
	if err == nil {
		return nil
	}
	refusal := errLater
	errors.As(err, &refusal)
	return &smtp.SMTPError{Code: refusal.Code, EnhancedCode: smtp.EnhancedCode(refusal.Enhanced), Message: strings.ToValidUTF8(refusal.Words, "")}
}
