package storetest

import (
	"errors"
	"slices"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
)

var tellingCases = map[string]func(*world){
	// CYC-13: the notice to the sender is queued in the step that takes the message
	// back, names those from whom it was taken now, and is not sent again.
	"RecallTellsTheSender": func(w *world) {
		p := w.message("m", jane, bob)
		var from []addr.Address
		tell := func(r store.Record, who []addr.Address, reason string) (store.Outgoing, error) {
			from = who
			return store.Outgoing{Kind: "taken-back", To: r.Sender, Data: []byte(reason), Due: w.Now()}, nil
		}
		recall := func(tell store.TellingRecall, who ...addr.Address) error {
			_, err := w.s.RecallTelling(w.ctx, p.Record.ID, audit.Operator("helen"), who, "why", tell, w.Now())
			return err
		}
		broken := errors.New("broken")
		w.want(recall(func(store.Record, []addr.Address, string) (store.Outgoing, error) { return store.Outgoing{}, broken }, jane), broken, "a notice that cannot be written")
		if r := must(w.s.EnvelopeForOperator(w.ctx, p.Record.ID))(w); r.Recipients[0].Status == store.Recalled || r.Recipients[1].Status == store.Recalled {
			w.Fatal("it was taken back without the notice")
		}
		w.want(recall(tell, jane), nil, "from one")
		sent := w.claimed()
		if len(sent) != 1 || !sent[0].To.Equal(alice) || string(sent[0].Data) != "why" || !slices.ContainsFunc(from, jane.Equal) || len(from) != 1 {
			w.Fatalf("got %v about %v", sent, from)
		}
		w.want(recall(tell, jane), nil, "again")
		if got := w.claimed(); len(got) != 0 {
			w.Fatalf("told again: %v", got)
		}
		w.want(recall(tell), nil, "from all")
		if got := w.claimed(); len(got) != 1 || len(from) != 1 || !from[0].Equal(bob) {
			w.Fatalf("got %v about %v", got, from)
		}
		w.want(w.s.VerifyAudit(w.ctx, p.Record.ID), nil, "audit")
	},
}

// claimed takes what waits in the outbox.
func (w *world) claimed() []store.Outgoing {
	w.Helper()
	out := must(w.s.Claim(w.ctx, 100, 1e9, w.Now()))(w)
	for _, o := range out {
		w.want(w.s.Sent(w.ctx, o, w.Now()), nil, "sent")
	}
	return out
}
