package relay_test

import (
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/relay/relaytest"
)

// A confirmation to a virtual alias of ours went through the re-entry port, where
// no alias is expanded, and came back as undeliverable.
func TestByInside(t *testing.T) {
	ours, theirs := addr.MustParse("jane@council.example"), addr.MustParse("carer@home.example")
	for _, c := range []struct {
		name             string
		to               []addr.Address
		inbound, reentry int
	}{
		{"ours", []addr.Address{ours}, 1, 0},
		{"theirs", []addr.Address{theirs}, 0, 1},
		{"both", []addr.Address{ours, theirs}, 0, 1},
	} {
		var inbound, reentry relaytest.Outbox
		b := relay.ByInside{Inside: ours.Equal, Inbound: &inbound, Reentry: &reentry}
		m := relay.Mail{Kind: relay.KindNotice}
		for _, a := range c.to {
			m.Recipients = append(m.Recipients, relay.Recipient{Address: a})
		}
		if _, err := b.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if len(inbound.Sent()) != c.inbound || len(reentry.Sent()) != c.reentry {
			t.Errorf("%s: got %d inbound and %d at re-entry, want %d and %d", c.name, len(inbound.Sent()), len(reentry.Sent()), c.inbound, c.reentry)
		}
	}
}
