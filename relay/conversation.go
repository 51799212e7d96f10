package relay

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// errNotSMTP says that what came back is no SMTP reply.
var errNotSMTP = errors.New("no SMTP reply")

// maxReply bounds one reply, in octets; Postfix's longest are a few hundred.
const maxReply = 64 << 10

// conversation is one SMTP connection, in step: every command waits for its
// reply, so that it is always known what a failure means.
type conversation struct {
	conn    net.Conn
	timeout time.Duration
	limit   *io.LimitedReader
	in      *bufio.Reader
	out     *bufio.Writer
	offers  map[string]string // EHLO keyword in upper case -> its parameters
}

func newConversation(conn net.Conn, timeout time.Duration) *conversation {
	limit := &io.LimitedReader{R: conn}
	return &conversation{
		conn: conn, timeout: timeout, limit: limit,
		in:     bufio.NewReader(limit),
		out:    bufio.NewWriterSize(conn, 32<<10),
		offers: map[string]string{},
	}
}

// extend gives the next exchange its time.
func (c *conversation) extend() error { return c.conn.SetDeadline(time.Now().Add(c.timeout)) }

// read reads one reply (RFC 5321 section 4.2.1). A non-nil error means that no
// whole reply came. net/textproto takes a line that the end of the connection
// cut short for a whole one; here that must not happen.
func (c *conversation) read() (*Reply, error) {
	c.limit.N = maxReply
	var lines []string
	first := 0
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		line = strings.TrimRight(line, "\r\n")
		code, err := strconv.Atoi(line[:min(3, len(line))])
		if err != nil || code < 200 || code > 599 || (first != 0 && code != first) || (len(line) > 3 && line[3] != '-' && line[3] != ' ') {
			return nil, errNotSMTP
		}
		first = code
		lines = append(lines, line[min(4, len(line)):])
		if len(line) == 3 || line[3] == ' ' {
			return newReply(code, lines), nil
		}
	}
}

// do sends one line and reads its reply. The error, ErrTemporary, means that the
// connection failed.
func (c *conversation) do(line string) (*Reply, error) {
	if err := checkLine(line); err != nil {
		return nil, err
	}
	err := c.extend()
	if err == nil {
		_, err = c.out.WriteString(line + "\r\n")
	}
	if err == nil {
		err = c.out.Flush()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTemporary, err)
	}
	r, err := c.read()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTemporary, err)
	}
	return r, nil
}

// want is do for a command that must be answered by one of codes.
func (c *conversation) want(line string, codes ...int) error {
	r, err := c.do(line)
	if err != nil {
		return err
	}
	for _, code := range codes {
		if r.Code == code {
			return nil
		}
	}
	return r.refusal()
}

// open reads the greeting and says EHLO.
func (c *conversation) open(hello string) error {
	if hello == "" {
		hello = "localhost"
	}
	if err := c.extend(); err != nil {
		return fmt.Errorf("%w: %w", ErrTemporary, err)
	}
	r, err := c.read()
	if err != nil {
		return fmt.Errorf("%w: greeting: %w", ErrTemporary, err)
	}
	if r.Code != 220 {
		return fmt.Errorf("%w: greeting: %w", ErrTemporary, r)
	}
	if r, err = c.do("EHLO " + hello); err != nil {
		return err
	}
	if r.Code != 250 {
		return fmt.Errorf("%w: EHLO: %w", ErrTemporary, r)
	}
	for _, line := range r.lines[1:] {
		word, rest, _ := strings.Cut(line, " ")
		c.offers[strings.ToUpper(word)] = rest
	}
	return nil
}

func (c *conversation) offered(keyword string) bool { _, ok := c.offers[keyword]; return ok }

// forward repeats the client of the original. A server that will not hear it
// loses only log entries, so a refusal is no failure.
func (c *conversation) forward(x XForward) error {
	for _, line := range x.lines(c.offers["XFORWARD"]) {
		r, err := c.do(line)
		if err != nil {
			return err
		}
		if r.Code == 421 {
			return r.refusal()
		}
	}
	return nil
}

// address says MAIL and every RCPT.
func (c *conversation) address(m *Mail) error {
	utf8 := m.needsUTF8()
	if utf8 && !c.offered("SMTPUTF8") {
		return fmt.Errorf("%w: the mail needs SMTPUTF8, which is not offered", ErrPermanent)
	}
	if err := c.want(m.mailLine(utf8, c.offered), 250); err != nil {
		return err
	}
	for _, r := range m.Recipients {
		if err := c.want(r.line(utf8, c.offered), 250, 251); err != nil {
			return err
		}
	}
	return nil
}

// endOfData sends the final dot on its own, after everything before it has left
// our buffers. From its first octet on a failure leaves the outcome unknown.
func (c *conversation) endOfData() (string, error) {
	if err := c.extend(); err != nil {
		return "", fmt.Errorf("%w: %w", ErrTemporary, err)
	}
	if _, err := io.WriteString(c.conn, ".\r\n"); err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	r, err := c.read()
	switch {
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrUnknown, err)
	case r.Code == 250:
		return r.full(), nil
	case r.Code >= 400 && r.Code < 600:
		return "", r.refusal()
	}
	return "", fmt.Errorf("%w: %w", ErrUnknown, r) // a reply that SMTP does not know here
}

// leave ends the session; what becomes of it changes nothing any more.
func (c *conversation) leave(reset bool) {
	c.timeout = min(c.timeout, quitTimeout)
	if reset {
		if _, err := c.do("RSET"); err != nil {
			return
		}
	}
	_, _ = c.do("QUIT")
}
