package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
)

// quitTimeout bounds the farewell: the outcome is known by then, and the caller waits.
const quitTimeout = 2 * time.Second

// Send makes one transaction for all recipients or none: one refused RCPT
// refuses the whole. The reply is the text of the 250 after end of data, which
// holds Postfix's queue id.
//
// The error wraps exactly one of ErrTemporary, ErrPermanent, ErrUnknown and
// ErrClear; *Reply (errors.As) gives what the server said, if it spoke. A 5xx
// before MAIL says nothing about the mail and is ErrTemporary.
func (s *SMTP) Send(ctx context.Context, m Mail) (reply string, err error) {
	if err := s.judge(&m); err != nil {
		return "", err
	}
	network, address := "tcp", s.Addr
	if path, ok := strings.CutPrefix(s.Addr, "unix:"); ok {
		network, address = "unix", path
	}
	dial := s.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: s.timeout()}).DialContext
	}
	conn, err := dial(ctx, network, address)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrTemporary, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	c := newConversation(conn, s.timeout())
	reply, err = s.transaction(c, &m)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w (%w)", err, context.Cause(ctx))
	}
	return reply, err
}

func (s *SMTP) timeout() time.Duration {
	if s.Timeout > 0 {
		return s.Timeout
	}
	return DefaultTimeout
}

// judge refuses before anything is dialled what may or can not be sent.
func (s *SMTP) judge(m *Mail) error {
	switch m.Kind {
	case KindEnvelope, KindNotice:
	case KindInside:
		for _, r := range m.Recipients {
			if s.outside(r.Address) {
				return fmt.Errorf("%w: a recipient is outside", ErrClear)
			}
		}
	default:
		return fmt.Errorf("%w: no kind", ErrClear)
	}
	if len(m.Recipients) == 0 || m.Write == nil {
		return fmt.Errorf("%w: no recipient or no content", ErrPermanent)
	}
	return checkParameters(m)
}

// outside is the careful side of Inside: unknown, null and routed addresses count as outside.
func (s *SMTP) outside(a addr.Address) bool {
	return s.Inside == nil || a.IsZero() || a.Routed() || !s.Inside(a)
}

// transaction talks from greeting to QUIT.
func (s *SMTP) transaction(c *conversation, m *Mail) (string, error) {
	if err := c.open(s.Hello); err != nil {
		return "", err
	}
	if err := c.forward(m.Client); err != nil {
		return "", err
	}
	if err := c.address(m); err != nil {
		c.leave(true)
		return "", err
	}
	b := &body{c: c, kind: m.Kind}
	for _, r := range m.Recipients {
		b.guarded = b.guarded || s.outside(r.Address)
	}
	if err := b.write(m.Write); err != nil {
		if !b.begun { // DATA was not asked for: a polite end
			c.leave(true)
		}
		return "", err // else cutting the connection is what un-sends it (RFC 5321 section 4.1.1.10)
	}
	reply, err := c.endOfData()
	if err == nil || !errors.Is(err, ErrUnknown) {
		c.leave(false)
	}
	return reply, err
}
