package relay

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// errNotSMTP says that what came back is no SMTP reply.
var errNotSMTP = errors.New("no SMTP reply")

// maxReply bounds one reply, in octets; Postfix's longest are a few hundred.
const maxReply = 64 << 10

// conversation is one SMTP connection. Every command waits for its reply, but for
// those that may be sent together (RFC 2920, PIPELINING), whose replies are read in
// their order; so it is always known what a failure means.
type conversation struct {
	conn    net.Conn
	timeout time.Duration
	limit   *io.LimitedReader
	in      *bufio.Reader
	out     *bufio.Writer
	offers  map[string]string // EHLO keyword in upper case -> its parameters
	open    bool              // more may be said
	lost    bool              // the connection failed, or the server closes it
	reset   bool              // a transaction was begun and not ended
	born    time.Time
	mails   int         // transactions so far
	stop    func() bool // of follow
	idle    *time.Timer // while it waits in SMTP.idle
}

func newConversation(conn net.Conn, timeout time.Duration) *conversation {
	limit := &io.LimitedReader{R: conn}
	return &conversation{
		conn: conn, timeout: timeout, limit: limit,
		in:     bufio.NewReader(limit),
		out:    bufio.NewWriterSize(conn, 32<<10),
		offers: map[string]string{},
		open:   true, born: time.Now(),
	}
}

// follow closes the connection when ctx ends; see unfollow.
func (c *conversation) follow(ctx context.Context) {
	if c.stop == nil {
		c.stop = context.AfterFunc(ctx, func() { c.conn.Close() })
	}
}

// unfollow tells whether the connection outlives the context that it followed.
func (c *conversation) unfollow() bool {
	stop := c.stop
	c.stop = nil
	return stop == nil || stop()
}

func (c *conversation) close() {
	c.unfollow()
	c.conn.Close()
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

// gone notes that nothing is to be said here any more.
func (c *conversation) gone(err error) error {
	c.open, c.lost = false, true
	return fmt.Errorf("%w: %w", ErrTemporary, err)
}

// put writes a line into our buffer.
func (c *conversation) put(line string) error {
	if err := checkLine(line); err != nil {
		return err
	}
	if _, err := c.out.WriteString(line + "\r\n"); err != nil {
		return c.gone(err)
	}
	return nil
}

// flush sends what was put.
func (c *conversation) flush() error {
	err := c.extend()
	if err == nil {
		err = c.out.Flush()
	}
	if err != nil {
		return c.gone(err)
	}
	return nil
}

// hear is read for a reply without which nothing goes on; the error is ErrTemporary.
func (c *conversation) hear() (*Reply, error) {
	r, err := c.read()
	if err != nil {
		return nil, c.gone(err)
	}
	if r.Code == 421 { // "closing" (RFC 5321 section 3.8)
		c.open, c.lost = false, true
	}
	return r, nil
}

// do sends one line and reads its reply. The error, ErrTemporary, means that the
// connection failed.
func (c *conversation) do(line string) (*Reply, error) {
	if err := c.put(line); err != nil {
		return nil, err
	}
	if err := c.flush(); err != nil {
		return nil, err
	}
	return c.hear()
}

// greet reads the greeting and says EHLO.
func (c *conversation) greet(hello string) error {
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

// command is one line before the data, and the replies by which all is well.
type command struct {
	line  string
	codes []int // nil: any, but for 421
}

// commands gives what is said before the data: who the client of the original was
// (a server that will not hear it loses only log entries, so a refusal is no
// failure), MAIL, every RCPT, and DATA.
func (c *conversation) commands(m *Mail) ([]command, error) {
	utf8 := m.needsUTF8()
	if utf8 && !c.offered("SMTPUTF8") {
		return nil, fmt.Errorf("%w: the mail needs SMTPUTF8, which is not offered", ErrPermanent)
	}
	var all []command
	for _, line := range m.Client.lines(c.offers["XFORWARD"]) {
		all = append(all, command{line, nil})
	}
	all = append(all, command{m.mailLine(utf8, c.offered), []int{250}})
	for _, r := range m.Recipients {
		all = append(all, command{r.line(utf8, c.offered), []int{250, 251}})
	}
	return append(all, command{"DATA", []int{354}}), nil
}

// inOneGo bounds the commands that are sent before their replies are read. Replies
// to so many fit into any socket's buffer, so that neither side waits for the other.
const inOneGo = 50

// begin says everything from XFORWARD to DATA. After an error nothing of the mail
// has been sent.
func (c *conversation) begin(m *Mail) error {
	all, err := c.commands(m)
	if err != nil {
		return err
	}
	together := 1
	if c.offered("PIPELINING") {
		together = inOneGo
	}
	c.mails++
	for group := range slices.Chunk(all, together) {
		for _, one := range group {
			if err := c.put(one.line); err != nil {
				c.open = false // what was put before it may not be sent
				return err
			}
		}
		if err := c.flush(); err != nil {
			return err
		}
		if err := c.heed(group); err != nil {
			return err
		}
	}
	if c.in.Buffered() > 0 { // it must not be taken for the answer to the data
		return c.gone(errNotSMTP)
	}
	return nil
}

// heed reads the replies to a group. Of several refusals the first counts. Where
// DATA was answered 354 all the same, nobody may say anything more than the mail,
// so the connection is over.
func (c *conversation) heed(group []command) error {
	var refused error
	for _, one := range group {
		r, err := c.hear()
		if refused != nil && err != nil {
			return refused
		}
		if err != nil {
			return err
		}
		well := slices.Contains(one.codes, r.Code)
		switch {
		case well && r.Code == 354:
			c.open = c.open && refused == nil
		case well:
			c.reset = true
		case (one.codes != nil || r.Code == 421) && refused == nil:
			refused = r.refusal()
		}
		if !c.open {
			break
		}
	}
	return refused
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
	c.reset = false
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

// quitTimeout bounds the farewell: the outcome is known by then.
const quitTimeout = 2 * time.Second

// leave says that nothing more comes; what is answered changes nothing any more.
func (c *conversation) leave() {
	if !c.open {
		return
	}
	c.timeout = min(c.timeout, quitTimeout)
	if c.reset {
		if _, err := c.do("RSET"); err != nil {
			return
		}
	}
	_, _ = c.do("QUIT")
}
