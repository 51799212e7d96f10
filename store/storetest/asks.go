package storetest

import (
	"slices"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
)

var askCases = map[string]func(*world){
	// Issue: expired messages are asked for by one button, rate limited.
	"AskOpenAgain": func(w *world) {
		p := w.message("m1", jane, bob)
		ask := func(a addr.Address) (bool, error) {
			_, fresh, err := w.s.AskOpenAgain(w.ctx, p.Record.ID, w.keys.Secret(p.Record.ID), w.proof(a), asked, w.Now())
			return fresh, err
		}
		_, err := ask(jane)
		w.want(err, store.ErrConflict, "while it is open")
		w.Add(p.Record.ExpiresAt.Sub(w.Now()))
		_, err = ask(carol)
		w.want(err, store.ErrNotRecipient, "a stranger")
		_, _, err = w.s.AskOpenAgain(w.ctx, p.Record.ID, w.keys.Secret([16]byte{1}), w.proof(jane), asked, w.Now())
		w.want(err, store.ErrNotFound, "another secret")
		for i, want := range []bool{true, false} {
			if fresh, err := ask(jane); err != nil || fresh != want {
				w.Fatalf("ask %d: got %v %v", i, fresh, err)
			}
		}
		if fresh, err := ask(bob); err != nil || !fresh {
			w.Fatalf("another recipient: got %v %v", fresh, err)
		}
		w.Add(24 * time.Hour)
		if fresh, err := ask(jane); err != nil || !fresh {
			w.Fatalf("the next day: got %v %v", fresh, err)
		}
		if r := must(w.s.EnvelopeForSender(w.ctx, p.Record.ID, alice))(w); len(r.Asks) != 2 {
			w.Fatalf("the sender sees %v, want one of each", r.Asks)
		}
		var mails []string
		for _, o := range must(w.s.Claim(w.ctx, 10, time.Minute, w.Now()))(w) {
			if o.Kind == "asked" && o.To.Equal(alice) && o.Envelope == p.Record.ID {
				mails = append(mails, string(o.Data))
			}
		}
		if slices.Sort(mails); !slices.Equal(mails, []string{jane.String(), jane.String(), bob.String()}) {
			w.Fatalf("the sender is written to for %v, want a mail for each that counted", mails)
		}
		w.want(w.s.Extend(w.ctx, p.Record.ID, audit.Sender(alice), w.Now().Add(time.Hour), nil, w.Now()), nil, "extend")
		if r := must(w.s.EnvelopeForSender(w.ctx, p.Record.ID, alice))(w); len(r.Asks) != 0 {
			w.Fatalf("still asked for after it was done: %v", r.Asks)
		}
		w.Add(time.Hour + store.KeepClosed)
		_, err = ask(jane)
		w.want(err, store.ErrExpired, "for good")
		w.want(w.s.VerifyAudit(w.ctx, p.Record.ID), nil, "audit")
	},
	// A notice that cannot be written leaves no request behind.
	"AskWithoutNotice": func(w *world) {
		p := w.message("m1", jane)
		w.Add(p.Record.ExpiresAt.Sub(w.Now()))
		ask := func(tell store.Telling) (bool, error) {
			_, fresh, err := w.s.AskOpenAgain(w.ctx, p.Record.ID, w.keys.Secret(p.Record.ID), w.proof(jane), tell, w.Now())
			return fresh, err
		}
		_, err := ask(func(store.Record, store.Ask) (store.Outgoing, error) {
			return store.Outgoing{Data: make([]byte, 2<<20)}, nil
		})
		w.want(err, store.ErrTooLong, "a notice too big to keep")
		if fresh, err := ask(asked); err != nil || !fresh {
			w.Fatalf("afterwards: got %v %v, want it taken as the first", fresh, err)
		}
	},
	// Who asked is told in the step that does it: whatever stops after that, the mail
	// is in the outbox, once, and a step that fails leaves none.
	"AskAnswered": func(w *world) {
		p := w.message("m1", jane, bob)
		id, by := p.Record.ID, audit.Sender(alice)
		w.Add(p.Record.ExpiresAt.Sub(w.Now()))
		for _, a := range []addr.Address{jane, bob} {
			_, _, err := w.s.AskOpenAgain(w.ctx, id, w.keys.Secret(id), w.proof(a), asked, w.Now())
			w.want(err, nil, "ask")
		}
		must(w.s.Claim(w.ctx, 10, time.Hour, w.Now()))(w) // what the sender is told
		told := func() (out []string) {
			for _, o := range must(w.s.Claim(w.ctx, 10, time.Hour, w.Now()))(w) {
				if o.Envelope != id {
					w.Fatalf("a notice of %v", o.Envelope)
				}
				out = append(out, o.To.String()+" "+o.Kind)
			}
			slices.Sort(out)
			return out
		}
		yes := func(r store.Record, a store.Ask) (store.Outgoing, error) {
			if !w.Now().Before(r.ExpiresAt) {
				w.Fatalf("told of a message that ended at %v", r.ExpiresAt)
			}
			return store.Outgoing{Kind: "yes", To: a.From, Data: []byte("{}")}, nil
		}
		failed := func(store.Record, store.Ask) (store.Outgoing, error) { return store.Outgoing{}, store.ErrTooLong }
		until := w.Now().Add(time.Hour)
		w.want(w.s.Extend(w.ctx, id, by, until, failed, w.Now()), store.ErrTooLong, "no notice")
		if r := must(w.s.EnvelopeForSender(w.ctx, id, alice))(w); len(r.Asks) != 2 || !r.ExpiresAt.Equal(p.Record.ExpiresAt) || len(told()) != 0 {
			w.Fatalf("half done: %+v", r)
		}
		w.want(w.s.Extend(w.ctx, id, by, until, yes, w.Now()), nil, "extend")
		if got, want := told(), []string{jane.String() + " yes", bob.String() + " yes"}; !slices.Equal(got, want) {
			w.Fatalf("told: got %v, want %v", got, want)
		}
		w.want(w.s.Extend(w.ctx, id, by, until.Add(time.Hour), yes, w.Now()), nil, "again")
		if got := told(); len(got) != 0 {
			w.Fatalf("told twice: %v", got)
		}
		_, _, err := w.s.AskLetIn(w.ctx, id, w.keys.Secret(id), w.proof(carol), w.proof(jane), asked, w.Now())
		w.want(err, nil, "ask to be let in")
		must(w.s.Claim(w.ctx, 10, time.Hour, w.Now()))(w)
		must(w.s.LetIn(w.ctx, id, by, carol, yes, w.Now()))(w)
		if got, want := told(), []string{carol.String() + " yes"}; !slices.Equal(got, want) {
			w.Fatalf("let in: got %v, want %v", got, want)
		}
	},
	// C17: another address of a recipient, let in by the sender and nobody else.
	"LetIn": func(w *world) {
		p := w.message("m1", jane)
		id, secret, by := p.Record.ID, w.keys.Secret(p.Record.ID), audit.Sender(alice)
		ask := func(who, as addr.Address) error {
			_, _, err := w.s.AskLetIn(w.ctx, id, secret, w.proof(who), w.proof(as), asked, w.Now())
			return err
		}
		_, err := w.s.LetIn(w.ctx, id, by, carol, nil, w.Now())
		w.want(err, store.ErrNotFound, "nobody asked")
		w.want(ask(carol, bob), store.ErrNotRecipient, "the other address is none either")
		w.want(ask(jane, jane), store.ErrConflict, "a recipient")
		_, _, err = w.s.AskLetIn(w.ctx, id, secret, w.proof(carol), store.Proof{}, asked, w.Now())
		w.want(err, store.ErrNoSession, "without the second proof")
		w.want(ask(carol, jane), nil, "both")
		_, _, err = w.s.Release(w.ctx, w.request(p, carol))
		w.want(err, store.ErrNotRecipient, "before the sender has said yes")
		r := must(w.s.LetIn(w.ctx, id, by, carol, nil, w.Now()))(w)
		if st, ok := r.Recipient(carol); !ok || st.Status != store.Queued || len(r.Asks) != 0 {
			w.Fatalf("got %+v %v, asks %v", st, ok, r.Asks)
		}
		key, _, err := w.s.Release(w.ctx, w.request(p, carol))
		w.want(err, nil, "afterwards")
		if string(key.Bytes()) != string(p.Key.Bytes()) {
			w.Fatalf("another key")
		}
		if got := must(w.s.ReceivedBy(w.ctx, carol, 10))(w); len(got) != 1 {
			w.Fatalf("not in her list")
		}
		want := []audit.Action{audit.Prepared, audit.Queued, audit.Asked, audit.LetIn, audit.Released}
		if got := actions(w, id); !slices.Equal(got, want) {
			w.Fatalf("trail: got %v", got)
		}
		must(w.s.Recall(w.ctx, id, by, []addr.Address{carol}, "", w.Now()))(w)
		_, _, err = w.s.Release(w.ctx, w.request(p, carol))
		w.want(err, store.ErrRecalled, "taken back from her again")
		w.want(w.s.VerifyAudit(w.ctx, id), nil, "audit")
	},
	"LetInComesTooLate": func(w *world) {
		p := w.message("m1", jane)
		id := p.Record.ID
		_, _, err := w.s.AskLetIn(w.ctx, id, w.keys.Secret(id), w.proof(carol), w.proof(jane), asked, w.Now())
		w.want(err, nil, "ask")
		must(w.s.Recall(w.ctx, id, audit.Sender(alice), []addr.Address{jane}, "", w.Now()))(w)
		_, err = w.s.LetIn(w.ctx, id, audit.Sender(alice), carol, nil, w.Now())
		w.want(err, store.ErrRecalled, "who vouched for her has it no more")
		w.want(w.s.Decline(w.ctx, id, audit.Sender(alice), carol, w.Now()), nil, "no")
		w.want(w.s.Decline(w.ctx, id, audit.Sender(alice), carol, w.Now()), store.ErrNotFound, "answered")
	},
	"AsksAreBounded": func(w *world) {
		p, as := w.message("m1", jane), w.proof(jane)
		for i := range 21 {
			_, _, err := w.s.AskLetIn(w.ctx, p.Record.ID, w.keys.Secret(p.Record.ID), w.proof(addr.MustParse(string(rune('a'+i))+"@other.example")), as, asked, w.Now())
			want := error(nil)
			if i == 20 {
				want = store.ErrTooMany
			}
			w.want(err, want, "one more")
		}
	},
	"ExtendMovesTheLink": func(w *world) {
		p := w.message("m1", jane)
		w.Add(p.Record.ExpiresAt.Sub(w.Now()) + time.Hour)
		until := w.Now().Add(30 * 24 * time.Hour)
		w.want(w.s.Extend(w.ctx, p.Record.ID, audit.Sender(alice), until, nil, w.Now()), nil, "extend")
		r := must(w.s.EnvelopeForOperator(w.ctx, p.Record.ID))(w)
		if want := w.Now().Add(14 * 24 * time.Hour); !r.LinkUntil.Equal(want) {
			w.Fatalf("a link of 14 days works until %v, want %v", r.LinkUntil, want)
		}
		big := Message(w.keys, "m2", w.Now(), jane)
		big.Record.LinkUntil = big.Record.ExpiresAt // link only
		w.want(w.s.Prepare(w.ctx, big), nil, "prepare")
		until = big.Record.ExpiresAt.Add(time.Hour)
		w.want(w.s.Extend(w.ctx, big.Record.ID, audit.Sender(alice), until, nil, w.Now()), nil, "extend")
		if r := must(w.s.EnvelopeForOperator(w.ctx, big.Record.ID))(w); !r.LinkUntil.Equal(until) {
			w.Fatalf("the only way ends at %v, want %v", r.LinkUntil, until)
		}
	},
	// A page of securedoc.html has a new name each time: it must not push out a
	// browser that comes back. Design: "Counters"
	"PagesPushOutNoKnownBrowser": func(w *world) {
		w.want(w.check(jane, "known", w.code(jane, "known")), nil, "a browser of hers")
		for i := range 25 {
			page := store.PageBrowser(string(rune('a' + i)))
			w.Add(time.Hour)
			w.want(w.check(jane, page, w.code(jane, page)), nil, "opened from the file")
		}
		for range store.WrongCodesDay {
			code := w.code(jane, "stranger")
			w.want(w.check(jane, "stranger", not(code)), store.ErrWrong, "guessing")
			w.Add(10 * time.Minute)
		}
		_, _, err := w.s.NewCode(w.ctx, jane, "new", w.Now())
		w.want(err, store.ErrLocked, "closed to a new browser")
		w.want(w.check(jane, "known", w.code(jane, "known")), nil, "hers still works")
	},
}

// asked is the notice to the sender.
func asked(r store.Record, a store.Ask) (store.Outgoing, error) {
	return store.Outgoing{Kind: "asked", To: r.Sender, Data: []byte(a.From.String())}, nil
}

// proof shows an address by a code, as a person does.
func (w *world) proof(a addr.Address) store.Proof {
	w.Helper()
	b := store.Browser("of " + a.Key())
	p, err := w.s.CheckCode(w.ctx, a, b, w.code(a, b), w.Now())
	w.want(err, nil, "proof")
	return p
}
