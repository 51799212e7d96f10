package relay

import (
	"context"
	"slices"

	"github.com/postseal/postseal/addr"
)

// ByInside sends a mail of ours to the listener that suits its recipients. The
// re-entry port expands no alias, so that an envelope goes to exactly the people
// it was sealed for; a notice to somebody inside must reach her mailbox as all
// her mail does, by the port with the site's maps.
type ByInside struct {
	Inside  func(addr.Address) bool // is an address ours; must be set
	Inbound Sender                  // for mails to inside recipients only
	Reentry Sender                  // for all others
}

// Sender is what SMTP and ByInside have in common.
type Sender interface {
	Send(ctx context.Context, m Mail) (reply string, err error)
}

// Send is SMTP.Send of the one or the other.
func (b ByInside) Send(ctx context.Context, m Mail) (string, error) {
	outside := func(r Recipient) bool { return !b.Inside(r.Address) }
	if slices.ContainsFunc(m.Recipients, outside) {
		return b.Reentry.Send(ctx, m)
	}
	return b.Inbound.Send(ctx, m)
}

var _ Sender = (*SMTP)(nil)
