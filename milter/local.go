package milter

import (
	"context"
	"fmt"
	"io"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/relay"
)

// Of sendmail(1) the milter sees rewritten addresses only, while Postfix deletes
// by what stood on the command line ("root", "@relay:bob@firm.example"). A sealed
// recipient could so stay on the original. Therefore such a message, when some of
// its people get it in clear, is handed to those by the inbound port and the
// original is discarded: nobody need be deleted from it.

// rest says who gets the original of a local message in clear. Only people
// inside can be served by the inbound port; where somebody else is among them
// errNames says to write to them apart.
func (p *planner) rest(r reach, v policy.Verdict, inside func(addr.Address) bool) ([]addr.Address, error) {
	var to []addr.Address
	for _, rcpt := range p.kept {
		to = append(to, rcpt.Address)
	}
	to = append(to, p.plan.add...)
	if len(to) == 0 { // an archive's copy, which the inbound port would otherwise add
		for _, i := range r.copies {
			to = append(to, v.Recipients[i].Recipient)
		}
	}
	for _, a := range to {
		if p.f.Inbound == nil || !inside(a) {
			return nil, errNames
		}
	}
	return to, nil
}

// handOver gives the original to the people of plan.rest. A failure is a 451: the
// ledger keeps a retry from serving the sealed ones again.
func (f *Filter) handOver(ctx context.Context, j *job) error {
	var to []relay.Recipient
	for _, a := range j.plan.rest {
		to = append(to, relay.Recipient{Address: a})
	}
	from, _ := f.returnTo(j)
	_, err := f.Inbound.Send(ctx, relay.Mail{
		Kind: relay.KindInside, From: from, Recipients: to, UTF8: j.Args.UTF8, EightBit: true, Client: xforward(j.Mail),
		Write: func(w io.Writer) error {
			_, err := io.Copy(w, j.Original())
			return err
		},
	})
	if err != nil {
		return fmt.Errorf("inbound: %w", err)
	}
	return nil
}
