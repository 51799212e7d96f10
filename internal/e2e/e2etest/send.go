package e2etest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// SendOptions say how a message is handed in. The zero value is a plain
// transaction from a client in mynetworks.
type SendOptions struct {
	Login    string            // as if signed in with this name (XCLIENT LOGIN)
	ClientIP string            // as if coming from this address (XCLIENT ADDR)
	UTF8     bool              // SMTPUTF8
	Body     string            // BODY= value, "8BITMIME"
	MailArgs string            // further MAIL FROM arguments: "RET=HDRS ENVID=x"
	RcptArgs map[string]string // RCPT TO arguments by address: "NOTIFY=SUCCESS"
	// Hangup closes the connection once the final dot is sent, without reading
	// the answer.
	Hangup bool
}

// Refusal is an SMTP reply that was not the one wanted.
type Refusal struct {
	Step string // "MAIL", "RCPT a@b", "DATA", "end of data"
	Code int
	Text string // all lines, without code
}

func (r *Refusal) Error() string { return fmt.Sprintf("%s: %d %s", r.Step, r.Code, r.Text) }

// Temporary tells whether the client may try again (4xx).
func (r *Refusal) Temporary() bool { return r.Code/100 == 4 }

// MustSend is Send for a message that has to be accepted.
func MustSend(t testing.TB, port int, from string, rcpts []string, raw []byte, o SendOptions) string {
	t.Helper()
	reply, err := Send(t, port, from, rcpts, raw, o)
	if err != nil {
		t.Fatalf("sending from %s to %v: %v", from, rcpts, err)
	}
	return reply
}

// Send hands one message to Postfix on 127.0.0.1:port, its bytes exactly as they
// are (CRLF is the caller's business). It gives the text after the final 250.
// The error is a *Refusal for a reply other than wanted, else of the network.
func Send(t testing.TB, port int, from string, rcpts []string, raw []byte, o SendOptions) (string, error) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", Loopback(port), Patience)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(2 * Patience)); err != nil {
		return "", err
	}
	c := &client{text: textproto.NewConn(conn), o: o}
	return c.send(from, rcpts, raw)
}

type client struct {
	text *textproto.Conn
	o    SendOptions
}

func (c *client) send(from string, rcpts []string, raw []byte) (string, error) {
	if err := c.open(); err != nil {
		return "", err
	}
	mail := "MAIL FROM:<" + from + ">"
	if c.o.UTF8 {
		mail += " SMTPUTF8"
	}
	if c.o.Body != "" {
		mail += " BODY=" + c.o.Body
	}
	if c.o.MailArgs != "" {
		mail += " " + c.o.MailArgs
	}
	if _, err := c.command("MAIL", 250, mail); err != nil {
		return "", err
	}
	for _, r := range rcpts {
		line := strings.TrimSpace("RCPT TO:<" + r + "> " + c.o.RcptArgs[r])
		if _, err := c.command("RCPT "+r, 250, line); err != nil {
			return "", err
		}
	}
	if _, err := c.command("DATA", 354, "DATA"); err != nil {
		return "", err
	}
	return c.data(raw)
}

// open reads the greeting and says EHLO, and XCLIENT when it is asked for.
func (c *client) open() error {
	if _, err := c.reply("greeting", 220); err != nil {
		return err
	}
	if _, err := c.command("EHLO", 250, "EHLO client.test"); err != nil {
		return err
	}
	var attrs []string
	if c.o.Login != "" {
		attrs = append(attrs, "LOGIN="+c.o.Login)
	}
	if c.o.ClientIP != "" {
		attrs = append(attrs, "ADDR="+c.o.ClientIP, "NAME=[UNAVAILABLE]")
	}
	if len(attrs) == 0 {
		return nil
	}
	if _, err := c.command("XCLIENT", 220, "XCLIENT "+strings.Join(attrs, " ")); err != nil {
		return err
	}
	_, err := c.command("EHLO", 250, "EHLO client.test")
	return err
}

func (c *client) data(raw []byte) (string, error) {
	if err := writeStuffed(c.text.W, raw); err != nil {
		return "", err
	}
	if err := c.text.W.Flush(); err != nil {
		return "", err
	}
	if c.o.Hangup {
		return "", nil
	}
	reply, err := c.reply("end of data", 250)
	if err == nil {
		fmt.Fprint(c.text.W, "QUIT\r\n")
		_ = c.text.W.Flush()
	}
	return reply, err
}

// writeStuffed doubles each dot at the start of a line and ends the data.
func writeStuffed(w io.Writer, raw []byte) error {
	var b bytes.Buffer
	b.Grow(len(raw) + 64)
	if bytes.HasPrefix(raw, []byte(".")) {
		b.WriteByte('.')
	}
	b.Write(bytes.ReplaceAll(raw, []byte("\r\n."), []byte("\r\n..")))
	if !bytes.HasSuffix(raw, []byte("\r\n")) {
		b.WriteString("\r\n")
	}
	b.WriteString(".\r\n")
	_, err := w.Write(b.Bytes())
	return err
}

func (c *client) command(step string, want int, line string) (string, error) {
	if err := c.text.PrintfLine("%s", line); err != nil {
		return "", err
	}
	return c.reply(step, want)
}

func (c *client) reply(step string, want int) (string, error) {
	code, text, err := c.text.ReadResponse(want)
	var protocol *textproto.Error
	if errors.As(err, &protocol) {
		return "", &Refusal{Step: step, Code: code, Text: text}
	}
	return text, err
}
