package milter

import (
	"context"
	"errors"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/relay"
)

// errCopies says that Postfix itself would send a copy (always_bcc, a bcc map) to
// somebody who may not have the message in clear. A milter cannot hold that copy
// back, so the message waits until an administrator has changed the map.
var errCopies = errors.New("milter: Postfix adds a copy that may not leave in clear")

// plan is what is to be done with one message.
type plan struct {
	batches []*batch       // one for each profile, in the order of their first recipient
	drop    []string       // names to delete RCPTs from the original by
	add     []addr.Address // members of dropped RCPTs who may have the original
	clear   []string       // RCPTs that keep the original
	rest    []addr.Address // whom the inbound port serves instead (see local.go)
	goesOn  bool           // somebody still gets the original
}

// batch is one envelope: one profile and who gets it.
type batch struct {
	profile   string
	to        []relay.Recipient
	decisions []policy.Decision // beside to
}

func (b *batch) addresses() []addr.Address { return addressesOf(b.to) }

func addressesOf(to []relay.Recipient) []addr.Address {
	out := make([]addr.Address, 0, len(to))
	for _, t := range to {
		out = append(out, t.Address)
	}
	return out
}

// copiesPass tells whether every copy that Postfix adds may leave in clear.
func (r reach) copiesPass(v policy.Verdict) error {
	for _, i := range r.copies {
		if !inClear(v.Recipients[i]) {
			return errCopies
		}
	}
	return nil
}

// inClear tells whether somebody gets the original: he passes, or is a partner
// whose mail Postfix lets out by enforced TLS only. Whatever else is sealed, also
// an action that this code does not know.
func inClear(d policy.Decision) bool { return d.Action == policy.Pass || d.Action == policy.TLS }

// planner makes a plan.
type planner struct {
	f       *Filter
	verdict policy.Verdict
	seal    map[string]bool // of every judged address (by key): is it sealed
	batches map[string]*batch
	placed  map[string]bool // addresses that stand in a batch
	dropped []Rcpt
	kept    []Rcpt
	plan    plan
}

// plan sorts the recipients. A verdict without refusals is expected.
func (f *Filter) plan(ctx context.Context, j *job, r reach) (plan, error) {
	m, v := j.Mail, j.verdict
	p := planner{f: f, verdict: v, seal: map[string]bool{}, batches: map[string]*batch{}, placed: map[string]bool{}}
	for _, d := range v.Recipients {
		if !inClear(d) { // in both spellings of a secure address: nobody gets clear and sealed
			p.seal[d.Recipient.Key()], p.seal[d.Deliver.Key()] = true, true
		} else if !p.seal[d.Recipient.Key()] {
			p.seal[d.Recipient.Key()] = false
		}
	}
	for i, rcpt := range m.Recipients {
		if err := p.rcpt(ctx, rcpt, r.of[i]); err != nil {
			return plan{}, err
		}
	}
	p.plan.goesOn = len(p.plan.clear)+len(p.plan.add)+len(r.copies) > 0
	var err error
	switch {
	case !p.plan.goesOn || len(p.dropped) == 0:
	case m.Client.Local:
		p.plan.rest, err = p.rest(r, v, j.rules.Inside)
	default:
		p.plan.drop, err = deletable(p.dropped, p.kept)
	}
	return p.plan, err
}

// rcpt decides about one RCPT: it keeps the original when none of its final
// addresses is sealed, else it is dropped and its members are served one by one.
func (p *planner) rcpt(ctx context.Context, rcpt Rcpt, finals []int) error {
	sealed := -1
	for _, i := range finals {
		if p.sealed(i) {
			sealed = i
			break
		}
	}
	if sealed < 0 {
		p.plan.clear = append(p.plan.clear, rcpt.Given)
		p.kept = append(p.kept, rcpt)
		return nil
	}
	p.dropped = append(p.dropped, rcpt)
	for _, i := range finals {
		d := p.verdict.Recipients[i]
		if p.sealed(i) {
			p.place(rcpt, d, d.Profile)
			continue
		}
		safe, err := p.staysInside(ctx, d.Recipient)
		if err != nil {
			return err
		}
		if !safe {
			p.place(rcpt, d, p.verdict.Recipients[sealed].Profile)
			continue
		}
		if !p.placed[d.Recipient.Key()] {
			p.placed[d.Recipient.Key()] = true
			p.plan.add = append(p.plan.add, d.Recipient)
		}
	}
	return nil
}

func (p *planner) sealed(i int) bool { return p.seal[p.verdict.Recipients[i].Recipient.Key()] }

// staysInside tells whether an address may be added to the original by name.
// Postfix expands what a milter adds once more, so an alias that keeps a copy
// for itself ("jane: jane, jane@elsewhere") would lead the clear text outside
// again; its owner gets an envelope like the other.
func (p *planner) staysInside(ctx context.Context, a addr.Address) (bool, error) {
	finals, err := p.f.resolve(ctx, a)
	if err != nil {
		return false, err
	}
	for _, final := range finals {
		if sealed, judged := p.seal[final.Key()]; sealed || !judged {
			return false, nil
		}
	}
	return true, nil
}

// place puts one person into the batch of a profile, once.
func (p *planner) place(rcpt Rcpt, d policy.Decision, profile string) {
	deliver := d.Deliver
	if deliver.IsZero() {
		deliver = d.Recipient
	}
	d.Deliver = deliver
	if p.placed[deliver.Key()] {
		return
	}
	p.placed[deliver.Key()] = true
	b := p.batches[profile]
	if b == nil {
		b = &batch{profile: profile}
		p.batches[profile] = b
		p.plan.batches = append(p.plan.batches, b)
	}
	b.to = append(b.to, relay.Recipient{Address: deliver, Notify: rcpt.Notify, Orcpt: rcpt.Orcpt})
	b.decisions = append(b.decisions, d)
}
