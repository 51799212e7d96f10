// Package relaytest stands in for Postfix in the unit tests of other packages.
package relaytest

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/postseal/postseal/relay"
)

// Sent is one mail that an Outbox took.
type Sent struct {
	relay.Mail
	Bytes []byte // what Write wrote
}

// Outbox records mails instead of sending them. The zero value is ready. It
// writes every mail to the end, as SMTP would, but does not judge it.
type Outbox struct {
	// Fail, when set, is asked first; its error is Send's and nothing is recorded.
	Fail func(relay.Mail) error
	// After, when set, is asked once the mail is recorded; its error is Send's:
	// "failed, but it happened" (wrap relay.ErrUnknown).
	After func(relay.Mail) error

	mu   sync.Mutex
	sent []Sent
}

// Send records m and answers like Postfix.
func (o *Outbox) Send(ctx context.Context, m relay.Mail) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("%w: %w", relay.ErrTemporary, err)
	}
	if o.Fail != nil {
		if err := o.Fail(m); err != nil {
			return "", err
		}
	}
	var b bytes.Buffer
	if m.Write != nil {
		if err := m.Write(&b); err != nil {
			return "", fmt.Errorf("%w: %w", relay.ErrTemporary, err)
		}
	}
	o.mu.Lock()
	o.sent = append(o.sent, Sent{Mail: m, Bytes: b.Bytes()})
	n := len(o.sent)
	o.mu.Unlock()
	if o.After != nil {
		if err := o.After(m); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("2.0.0 Ok: queued as TEST%d", n), nil
}

// Sent gives what was recorded so far, oldest first.
func (o *Outbox) Sent() []Sent {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]Sent(nil), o.sent...)
}

// Reset forgets everything recorded.
func (o *Outbox) Reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent = nil
}
