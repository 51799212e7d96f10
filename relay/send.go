package relay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/postseal/postseal/addr"
)

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
	t := &transaction{smtp: s, ctx: ctx, mail: &m}
	reply, err = t.run()
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

// transaction is one mail on its way.
type transaction struct {
	smtp *SMTP
	ctx  context.Context
	mail *Mail
	c    *conversation
}

// run talks from the greeting, or from where an earlier mail ended, to the reply
// after end of data.
func (t *transaction) run() (string, error) {
	if t.c = t.smtp.take(); t.c == nil {
		if err := t.connect(); err != nil {
			return "", err
		}
	}
	t.c.follow(t.ctx)
	b := &body{t: t, kind: t.mail.Kind}
	for _, r := range t.mail.Recipients {
		b.guarded = b.guarded || t.smtp.outside(r.Address)
	}
	if err := b.write(t.mail.Write); err != nil {
		if !b.begun && t.c.open {
			t.c.leave() // DATA was not asked for: a polite end
		}
		t.c.close()
		return "", err // where it was, cutting the connection is what un-sends it (RFC 5321 section 4.1.1.10)
	}
	reply, err := t.c.endOfData()
	if err != nil {
		if !errors.Is(err, ErrUnknown) {
			t.c.leave()
		}
		t.c.close()
		return "", err
	}
	t.smtp.put(t.c)
	return reply, nil
}

// connect makes a new connection and greets.
func (t *transaction) connect() error {
	c, err := t.smtp.connect(t.ctx)
	if err != nil {
		return err
	}
	c.follow(t.ctx)
	if err := c.greet(t.smtp.Hello); err != nil {
		c.close()
		return err
	}
	t.c = c
	return nil
}

// begin says everything up to DATA. Where a connection had waited and turns out to
// be gone, it is said once more on a new one: before DATA is answered 354 nobody can
// have taken the mail. After that nobody could know, and there is no second try.
func (t *transaction) begin() error {
	waited := t.c.mails > 0
	err := t.c.begin(t.mail)
	if err == nil || !waited || !t.c.lost || t.ctx.Err() != nil {
		return err
	}
	t.c.close()
	if err := t.connect(); err != nil {
		return err
	}
	return t.c.begin(t.mail)
}
