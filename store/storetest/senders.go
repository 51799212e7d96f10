package storetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

var dave = addr.MustParse("dave@council.example")

// stored prepares and queues a message whose record change has changed.
func (w *world) stored(fingerprint string, change func(*store.Record), recipients ...addr.Address) store.Record {
	w.Helper()
	p := Message(w.keys, fingerprint, w.Now(), recipients...)
	change(&p.Record)
	w.want(w.s.Prepare(w.ctx, p), nil, "prepare")
	w.want(w.s.Queued(w.ctx, p.Record.ID, recipients, nil, "Q1", w.Now()), nil, "queued")
	return must(w.s.EnvelopeForOperator(w.ctx, p.Record.ID))(w)
}

// oneMail makes records of one mail of alice.
func oneMail(r *store.Record) {
	r.OriginalID, r.Subject, r.To = "<one@council.example>", "One mail", []string{"all@outside.example"}
}

func ids(all []store.Record) []envelope.ID {
	var out []envelope.ID
	for _, r := range all {
		out = append(out, r.ID)
	}
	return out
}

var senderCases = map[string]func(*world){
	// Issue 5: several transactions of one mail are one; whoever writes its
	// Message-ID into a mail of his own is not let in among them.
	"OneMailOfSeveralTransactions": func(w *world) {
		a := w.stored("t1", oneMail, jane)
		w.Add(time.Second)
		b := w.stored("t2", oneMail, bob)
		for name, change := range map[string]func(*store.Record){
			"another sender":     func(r *store.Record) { r.Sender = dave },
			"sent by another":    func(r *store.Record) { r.EnvelopeFrom = dave },
			"another Message-ID": func(r *store.Record) { r.OriginalID = "<two@council.example>" },
			"none":               func(r *store.Record) { r.OriginalID = "" },
			"another subject":    func(r *store.Record) { r.Subject = "Another" },
			"to others":          func(r *store.Record) { r.To = []string{"else@outside.example"} },
		} {
			w.Add(time.Second)
			foreign := w.stored(name, func(r *store.Record) { oneMail(r); change(r) }, carol)
			if got := must(w.s.SameMail(w.ctx, foreign))(w); len(got) != 1 {
				w.Fatalf("%s: got %d envelopes of one mail, want it alone", name, len(got))
			}
		}
		for _, of := range []store.Record{a, b} {
			if got := ids(must(w.s.SameMail(w.ctx, of))(w)); !slices.Equal(got, []envelope.ID{a.ID, b.ID}) {
				w.Fatalf("got %v, want the two, oldest first", got)
			}
		}
	},
	"SweepPutsTheGroupBack": func(w *world) {
		a := w.stored("t1", oneMail, jane)
		b := w.stored("t2", oneMail, bob)
		w.Add(2 * time.Hour)
		must(w.s.Sweep(w.ctx, w.Now()))(w)
		if got := must(w.s.SameMail(w.ctx, a))(w); len(got) != 2 || !slices.Contains(ids(got), b.ID) {
			w.Fatalf("got %v after a sweep", ids(got))
		}
	},
	// CYC-14: all that an address has sent, newest first, in pages that neither miss
	// nor repeat a message, although several were sealed in one moment.
	"FindInPages": func(w *world) {
		var want []envelope.ID
		for i := range 130 {
			r := w.stored(fmt.Sprint("m", i), func(*store.Record) {}, jane)
			want = append(want, r.ID)
			if i%60 == 59 { // sixty of one moment: more than one read
				w.Add(time.Second)
			}
			if i%10 == 0 {
				w.stored(fmt.Sprint("x", i), func(r *store.Record) { r.Sender = dave }, jane)
			}
		}
		for _, limit := range []int{1, 7, 50, 100} {
			seen := map[envelope.ID]int{}
			from, pages, last := "", 0, time.Time{}
			for {
				f := must(w.s.Find(w.ctx, store.Search{Sender: alice, From: from, Limit: limit}))(w)
				for _, r := range f.Records {
					seen[r.ID]++
					if !last.IsZero() && r.SealedAt.After(last) {
						w.Fatalf("limit %d: an older one before a newer", limit)
					}
					last = r.SealedAt
				}
				pages++
				if from = f.Next; from == "" {
					break
				}
			}
			if len(seen) != len(want) || pages != (len(want)+limit-1)/limit {
				w.Fatalf("limit %d: %d of %d messages in %d pages", limit, len(seen), len(want), pages)
			}
			for id, n := range seen {
				if n != 1 {
					w.Fatalf("limit %d: %s came %d times", limit, id, n)
				}
			}
		}
		for _, bad := range []string{"x", "1", "1-", "-1-" + want[0].String(), "1-" + want[0].String() + "x"} {
			_, err := w.s.Find(w.ctx, store.Search{Sender: alice, From: bad})
			w.want(err, store.ErrSyntax, bad)
		}
	},
	// CYC-13: by recipient and about when; by the sender; by words, and not in the
	// subject for whoever may not see it.
	"FindByPersonAndTime": func(w *world) {
		early := w.stored("early", func(*store.Record) {}, jane)
		at := w.Add(3 * time.Hour)
		mid := w.stored("mid", func(r *store.Record) { r.Subject = "Äpfel and pears" }, jane, bob)
		w.Add(time.Hour)
		late := w.stored("late", func(r *store.Record) { r.Sender = dave }, jane)
		for name, c := range map[string]struct {
			q    store.Search
			want []envelope.ID
		}{
			"recipient":           {store.Search{Recipient: jane}, []envelope.ID{late.ID, mid.ID, early.ID}},
			"and time":            {store.Search{Recipient: jane, After: at.Add(-time.Hour), Before: at.Add(30 * time.Minute)}, []envelope.ID{mid.ID}},
			"the very moment":     {store.Search{Recipient: jane, After: at, Before: at}, []envelope.ID{mid.ID}},
			"just after":          {store.Search{Recipient: jane, After: at.Add(time.Millisecond), Before: at.Add(time.Minute)}, nil},
			"and sender":          {store.Search{Recipient: jane, Sender: dave}, []envelope.ID{late.ID}},
			"sender":              {store.Search{Sender: alice}, []envelope.ID{mid.ID, early.ID}},
			"a stranger":          {store.Search{Recipient: carol}, nil},
			"words":               {store.Search{Sender: alice, Words: "PEARS äPFEL"}, []envelope.ID{mid.ID}},
			"a person":            {store.Search{Sender: alice, Words: "bob@out"}, []envelope.ID{mid.ID}},
			"hidden subject":      {store.Search{Sender: alice, Words: "pears", NoSubject: true}, nil},
			"all words must be":   {store.Search{Sender: alice, Words: "pears plums"}, nil},
			"nothing as a filter": {store.Search{Sender: alice, Words: "  "}, []envelope.ID{mid.ID, early.ID}},
		} {
			c.q.Limit = 10
			f := must(w.s.Find(w.ctx, c.q))(w)
			if !slices.Equal(ids(f.Records), c.want) || f.Next != "" {
				w.Fatalf("%s: got %v and %q, want %v", name, ids(f.Records), f.Next, c.want)
			}
		}
		_, err := w.s.Find(w.ctx, store.Search{Words: "x"})
		w.want(err, store.ErrNotFound, "nobody named")
		_, err = w.s.Find(w.ctx, store.Search{Sender: alice, Words: string(make([]byte, 201))})
		w.want(err, store.ErrTooLong, "too many words")
	},
	// Every look of the service desk stands in the chain, with who it was.
	"LooksAreWritten": func(w *world) {
		p := w.message("m1", jane)
		by := audit.Operator("helen@council.example")
		r := must(w.s.Look(w.ctx, p.Record.ID, by, "search", w.Now()))(w)
		if r.ID != p.Record.ID || len(r.Recipients) != 1 {
			w.Fatalf("got %+v", r)
		}
		entries := must(w.s.Trail(w.ctx, p.Record.ID))(w).Entries
		if last := entries[len(entries)-1]; last.Actor != by || last.Action != audit.Looked || last.Reason != "search" {
			w.Fatalf("got %+v", last)
		}
		_, err := w.s.Look(w.ctx, envelope.ID{1}, by, "", w.Now())
		w.want(err, store.ErrNotFound, "no such message")
		w.want(w.s.Searched(w.ctx, dave, []addr.Address{jane, {}}, "about ten", w.Now()), nil, "searched")
		own := must(w.s.AccountTrail(w.ctx, dave))(w).Entries
		if len(own) != 1 || own[0].Action != audit.Searched || !slices.Equal(own[0].Objects, []string{jane.Key()}) {
			w.Fatalf("got %+v", own)
		}
		w.want(w.s.VerifyAccountAudit(w.ctx, dave), nil, "her chain")
		w.want(w.s.VerifyAudit(w.ctx, p.Record.ID), nil, "the message's chain")
		_, err = w.s.Account(w.ctx, dave)
		w.want(err, store.ErrNoAccount, "a search makes no account")
	},
	// Issue 5, undo window: the key is held back to the millisecond, and a recall
	// inside it is known to have been in time.
	"HeldBackUntilReady": func(w *world) {
		p := Message(w.keys, "m1", w.Now(), jane, bob)
		p.Record.ReadyAt = w.Now().Add(time.Hour)
		w.want(w.s.Prepare(w.ctx, p), nil, "prepare")
		w.want(w.s.Queued(w.ctx, p.Record.ID, p.Recipients, nil, "Q1", w.Now()), nil, "queued")
		requests := map[addr.Address]store.ReleaseRequest{}
		for _, a := range []addr.Address{jane, bob, carol} {
			requests[a] = w.request(p, a)
		}
		release := func(a addr.Address, now time.Time) error {
			r := requests[a]
			r.Now = now
			_, _, err := w.s.Release(w.ctx, r)
			return err
		}
		var early *store.NotYetError
		if err := release(jane, w.Now()); !errors.As(err, &early) || !errors.Is(err, store.ErrNotYet) || !early.Until.Equal(p.Record.ReadyAt) {
			w.Fatalf("too early: got %v", err)
		}
		w.want(release(carol, w.Now()), store.ErrNotRecipient, "a stranger learns nothing of it")
		w.want(release(jane, p.Record.ReadyAt.Add(-time.Millisecond)), store.ErrNotYet, "a millisecond before")
		must(w.s.Recall(w.ctx, p.Record.ID, audit.Sender(alice), []addr.Address{bob}, "", p.Record.ReadyAt.Add(-time.Millisecond)))(w)
		w.want(release(jane, p.Record.ReadyAt), nil, "on the millisecond")
		w.want(release(bob, p.Record.ReadyAt), store.ErrRecalled, "taken back in time")
		r := must(w.s.Recall(w.ctx, p.Record.ID, audit.Sender(alice), []addr.Address{jane}, "", p.Record.ReadyAt))(w)
		for a, want := range map[addr.Address]bool{jane: false, bob: true} {
			if st, _ := r.Recipient(a); r.NeverReadable(st) != want {
				w.Fatalf("%s: never readable: got %v, want %v", a, !want, want)
			}
		}
	},
	// What is held for later is freed with the rest, and comes when it is due.
	"HeldForLater": func(w *world) {
		p := Message(w.keys, "m1", w.Now(), jane)
		p.Held = []store.Outgoing{{ID: "now", Kind: "confirmation", To: alice}, {ID: "later", Kind: "reminder", To: alice, Due: w.Now().Add(72 * time.Hour)}}
		w.want(w.s.Prepare(w.ctx, p), nil, "prepare")
		w.Add(time.Minute)
		w.want(w.s.Queued(w.ctx, p.Record.ID, p.Recipients, []string{"now", "later"}, "Q1", w.Now()), nil, "queued")
		claim := func(want ...string) {
			w.Helper()
			var got []string
			for _, o := range must(w.s.Claim(w.ctx, 10, time.Minute, w.Now()))(w) {
				got = append(got, o.ID)
				w.want(w.s.Sent(w.ctx, o, w.Now()), nil, "sent")
			}
			if !slices.Equal(got, want) {
				w.Fatalf("after %v: got %v, want %v", w.Now().Sub(p.Now), got, want)
			}
		}
		claim("now")
		w.Add(72*time.Hour - time.Minute - time.Millisecond)
		claim()
		w.Add(time.Millisecond)
		claim("later")
	},
}
