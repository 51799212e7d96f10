package bench

import (
	"bytes"
	"net"
	"net/textproto"
	"strings"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// A client speaks just enough SMTP, with one write for each step, so that the
// source costs little.
type client struct {
	conn net.Conn
	text *textproto.Conn
}

// dial opens a session with the listener on loopback.
func dial(port int) (*client, error) {
	conn, err := net.Dial("tcp", e2etest.Loopback(port))
	if err != nil {
		return nil, err
	}
	c := &client{conn: conn, text: textproto.NewConn(conn)}
	if _, _, err := c.text.ReadResponse(220); err != nil {
		return nil, err
	}
	return c, c.say("EHLO client.test\r\n", 250)
}

func (c *client) say(line string, want int) error {
	if _, err := c.conn.Write([]byte(line)); err != nil {
		return err
	}
	_, _, err := c.text.ReadResponse(want)
	return err
}

// send hands in a message to addresses with commas between, whose dots are stuffed already and that ends with the
// line of a dot.
func (c *client) send(from, to string, data []byte) error {
	if err := c.say("MAIL FROM:<"+from+">\r\n", 250); err != nil {
		return err
	}
	for one := range strings.SplitSeq(to, ",") {
		if err := c.say("RCPT TO:<"+one+">\r\n", 250); err != nil {
			return err
		}
	}
	if err := c.say("DATA\r\n", 354); err != nil {
		return err
	}
	if _, err := c.conn.Write(data); err != nil {
		return err
	}
	_, _, err := c.text.ReadResponse(250)
	return err
}

func (c *client) close() {
	_, _ = c.conn.Write([]byte("QUIT\r\n"))
	_, _, _ = c.text.ReadResponse(221)
	c.conn.Close()
}

// stuffed gives a message as it goes over the wire.
func stuffed(raw []byte) []byte {
	return append(bytes.ReplaceAll(raw, []byte("\r\n."), []byte("\r\n..")), ".\r\n"...)
}
