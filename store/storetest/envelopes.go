package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

var envelopeCases = map[string]func(*world){
	"PrepareLookupQueued": func(w *world) {
		p := Message(w.keys, "m1", w.Now(), jane, bob)
		p.Record.Digests = []envelope.Digest{{1}}
		known := must(w.s.Lookup(w.ctx, p.Record.ID))(w)
		if known.Found {
			w.Fatal("found before it was prepared")
		}
		w.want(w.s.Prepare(w.ctx, p), nil, "prepare")
		known = must(w.s.Lookup(w.ctx, p.Record.ID))(w)
		if !known.Found || string(known.Key.Bytes()) != string(p.Key.Bytes()) || known.Record.Subject != p.Record.Subject {
			w.Fatalf("got %+v", known)
		}
		if got := status(known.Record, jane); got != store.Prepared {
			w.Fatalf("got %s, want prepared", got)
		}
		w.want(w.s.Queued(w.ctx, p.Record.ID, []addr.Address{jane}, nil, "Q9", w.Add(time.Second)), nil, "queued")
		w.want(w.s.Queued(w.ctx, p.Record.ID, []addr.Address{jane}, nil, "Q9", w.Add(time.Second)), nil, "queued again")
		r := must(w.s.EnvelopeForOperator(w.ctx, p.Record.ID))(w)
		state, _ := r.Recipient(addr.MustParse("JANE@outside.example"))
		if state.Status != store.Queued || !state.QueuedAt.Equal(w.Now().Add(-time.Second)) || status(r, bob) != store.Prepared {
			w.Fatalf("got %+v and %s", state, status(r, bob))
		}
		w.want(w.s.Queued(w.ctx, p.Record.ID, []addr.Address{carol}, nil, "Q9", w.Now()), store.ErrNotRecipient, "queued for a stranger")
		w.want(w.s.Queued(w.ctx, envelope.ID{1}, []addr.Address{carol}, nil, "Q9", w.Now()), store.ErrNotFound, "queued without envelope")
		if got := actions(w, p.Record.ID); !slices.Equal(got, []audit.Action{audit.Prepared, audit.Queued}) {
			w.Fatalf("trail: got %v", got)
		}
	},
	"Retry": retryTable,
	"SplitTransactionsMerge": func(w *world) {
		first, second := Message(w.keys, "m1", w.Now(), jane), Message(w.keys, "m1", w.Now().Add(time.Minute), bob)
		first.Record.Digests, second.Record.Digests = []envelope.Digest{{1}}, []envelope.Digest{{1}, {2}}
		first.Record.Cc, second.Record.Cc = []string{"c@x.example"}, []string{"c@x.example", "d@x.example"}
		w.want(w.s.Prepare(w.ctx, first), nil, "first")
		w.want(w.s.Prepare(w.ctx, second), nil, "second")
		r := must(w.s.EnvelopeForOperator(w.ctx, first.Record.ID))(w)
		if len(r.Recipients) != 2 || len(r.To) != 2 || len(r.Cc) != 2 || !slices.Equal(r.Digests, second.Record.Digests) {
			w.Fatalf("got %+v", r)
		}
		if !r.SealedAt.Equal(first.Record.SealedAt) || !r.ExpiresAt.Equal(first.Record.ExpiresAt) {
			w.Fatalf("times moved: %v %v", r.SealedAt, r.ExpiresAt)
		}
	},
	"ManyAtOnceForOneEnvelope": func(w *world) {
		const n = 40
		got := parallel(n, func(i int) error {
			a := addr.MustParse(string(rune('a'+i%26)) + string(rune('a'+i/26)) + "@outside.example")
			return w.s.Prepare(w.ctx, Message(w.keys, "m1", w.Now(), a))
		})
		r := must(w.s.EnvelopeForOperator(w.ctx, Message(w.keys, "m1", w.Now()).Record.ID))(w)
		if got[nil] != n || len(r.Recipients) != n {
			w.Fatalf("got %v and %d recipients", got, len(r.Recipients))
		}
		w.want(w.s.VerifyAudit(w.ctx, r.ID), nil, "audit")
		// The same recipient at once: one transaction holds the message.
		got = parallel(20, func(int) error { return w.s.Prepare(w.ctx, Message(w.keys, "m2", w.Now(), jane)) })
		if got[nil] != 1 || got[store.ErrConflict] != 19 {
			w.Fatalf("got %v, want one and 19 conflicts", got)
		}
	},
	"Listings": func(w *world) {
		first := w.message("m1", jane, bob)
		w.Add(time.Minute)
		second := w.message("m2", jane)
		sent := must(w.s.SentBy(w.ctx, alice, 10))(w)
		if len(sent) != 2 || sent[0].ID != second.Record.ID || sent[1].ID != first.Record.ID {
			w.Fatalf("sent: got %d", len(sent))
		}
		if got := must(w.s.SentBy(w.ctx, alice, 1))(w); len(got) != 1 || got[0].ID != second.Record.ID {
			w.Fatalf("limit: got %d", len(got))
		}
		if got := must(w.s.ReceivedBy(w.ctx, bob, 10))(w); len(got) != 1 || got[0].ID != first.Record.ID {
			w.Fatalf("received: got %d", len(got))
		}
		if got := must(w.s.SentBy(w.ctx, jane, 10))(w); len(got) != 0 {
			w.Fatalf("somebody else's: got %d", len(got))
		}
		must(w.s.EnvelopeForSender(w.ctx, first.Record.ID, alice))(w)
		_, err := w.s.EnvelopeForSender(w.ctx, first.Record.ID, jane)
		w.want(err, store.ErrNotFound, "another sender")
		_, err = w.s.EnvelopeForSender(w.ctx, first.Record.ID, addr.Address{})
		w.want(err, store.ErrNotFound, "the null sender")
	},
	"Recall": recallCase,
	"RetryAfterRecall": func(w *world) {
		p := w.message("m1", jane, bob)
		must(w.s.Recall(w.ctx, p.Record.ID, audit.Sender(alice), []addr.Address{jane}, "", w.Now()))(w)
		again := Message(w.keys, "m1", w.Add(time.Hour), jane)
		w.want(w.s.Prepare(w.ctx, again), store.ErrRecalled, "one was taken back")
		must(w.s.Recall(w.ctx, p.Record.ID, audit.Sender(alice), nil, "", w.Now()))(w)
		w.want(w.s.Prepare(w.ctx, Message(w.keys, "m1", w.Now(), carol)), store.ErrRecalled, "all were taken back")
		known := must(w.s.Lookup(w.ctx, p.Record.ID))(w)
		if !known.Found || known.Record.Destroyed.IsZero() || known.Key != (envelope.Key{}) {
			w.Fatalf("a destroyed key: got %+v", known)
		}
	},
	"ExtendAndDestroy": extendCase,
	"OwnRetry":         ownRetry,
	"Bounds": func(w *world) {
		w.want(w.s.Prepare(w.ctx, Message(w.keys, "m1", w.Now())), store.ErrTooLong, "no recipient")
		p := w.message("m1", jane)
		_, err := w.s.Recall(w.ctx, p.Record.ID, audit.Sender(alice), nil, string(make([]byte, 3000)), w.Now())
		w.want(err, store.ErrTooLong, "reason")
		w.want(w.s.Extend(w.ctx, p.Record.ID, audit.Sender(alice), w.Now().AddDate(20, 0, 0), nil, w.Now()), store.ErrTooLong, "expiry")
	},
}

// ownRetry: who prepared an envelope takes it up again at once; anybody else, and
// who does not say who she is, waits.
func ownRetry(w *world) {
	for _, c := range []struct {
		first, second string
		want          error
	}{{"room a", "room a", nil}, {"room a", "room b", store.ErrConflict}, {"room a", "", store.ErrConflict}, {"", "", store.ErrConflict}, {"", "room a", store.ErrConflict}} {
		p := Message(w.keys, c.first+" then "+c.second, w.Now(), jane)
		p.By = c.first
		w.want(w.s.Prepare(w.ctx, p), nil, "first")
		again := Message(w.keys, c.first+" then "+c.second, w.Now(), jane)
		again.By = c.second
		w.want(w.s.Prepare(w.ctx, again), c.want, fmt.Sprintf("%q after %q", c.second, c.first))
	}
	p := Message(w.keys, "served", w.Now(), jane)
	p.By = "room a"
	w.want(w.s.Prepare(w.ctx, p), nil, "prepare")
	w.want(w.s.Queued(w.ctx, p.Record.ID, p.Recipients, nil, "Q", w.Now()), nil, "queued")
	again := Message(w.keys, "served", w.Now(), jane)
	again.By = "room a"
	w.want(w.s.Prepare(w.ctx, again), store.ErrConflict, "queued is served")
	long := Message(w.keys, "long", w.Now(), jane)
	long.By = string(make([]byte, 65))
	w.want(w.s.Prepare(w.ctx, long), store.ErrTooLong, "a long name")
}

// retryTable is the ledger: what a second Prepare of the same message meets.
func retryTable(w *world) {
	for _, c := range []struct {
		name   string
		queue  bool
		after  time.Duration
		for_   addr.Address
		newKey bool
		want   error
	}{
		{"prepared, at once", false, 0, jane, false, store.ErrConflict},
		{"prepared, 9:59", false, store.ResealAfter - time.Second, jane, false, store.ErrConflict},
		{"prepared, 10:00", false, store.ResealAfter, jane, false, nil},
		{"prepared, another key", false, store.ResealAfter, jane, true, store.ErrConflict},
		{"queued", true, time.Hour, jane, false, store.ErrConflict},
		{"another recipient beside a prepared one", false, 0, bob, false, nil},
		{"another recipient beside a queued one", true, 0, bob, false, nil},
		{"another recipient, another key", true, 0, bob, true, store.ErrConflict},
	} {
		start := w.Now()
		p := Message(w.keys, c.name, start, jane)
		w.want(w.s.Prepare(w.ctx, p), nil, c.name)
		if c.queue {
			w.want(w.s.Queued(w.ctx, p.Record.ID, p.Recipients, nil, "Q", start), nil, c.name)
		}
		again := Message(w.keys, c.name, start.Add(c.after), c.for_)
		if c.newKey {
			again.Key = envelope.NewKey()
		}
		w.want(w.s.Prepare(w.ctx, again), c.want, c.name)
		known := must(w.s.Lookup(w.ctx, p.Record.ID))(w)
		if string(known.Key.Bytes()) != string(p.Key.Bytes()) {
			w.Fatalf("%s: the key changed", c.name)
		}
		// A refused try left no trace of its recipient.
		if _, ok := known.Record.Recipient(bob); ok != (c.want == nil && c.for_.Equal(bob)) {
			w.Fatalf("%s: bob is in the record: %v", c.name, ok)
		}
		w.want(w.s.VerifyAudit(w.ctx, p.Record.ID), nil, c.name)
	}
}

// recallCase is CYC-15 and CYC-17.
func recallCase(w *world) {
	p := w.message("m1", jane, bob)
	ask := w.request(p, jane)
	_, _, err := w.s.Release(w.ctx, ask)
	w.want(err, nil, "before")
	_, err = w.s.Recall(w.ctx, p.Record.ID, audit.Sender(alice), []addr.Address{jane, carol}, "x", w.Now())
	w.want(err, store.ErrNotRecipient, "a stranger among them")
	_, _, err = w.s.Release(w.ctx, ask)
	w.want(err, nil, "nothing was recalled")

	r := must(w.s.Recall(w.ctx, p.Record.ID, audit.Sender(alice), []addr.Address{jane}, "wrong person", w.Now()))(w)
	state, _ := r.Recipient(jane)
	if state.Status != store.Recalled || state.Reason != "wrong person" || state.OpenedAt.IsZero() || state.Opens != 2 {
		w.Fatalf("got %+v", state) // the answer says that she had opened it
	}
	_, _, err = w.s.Release(w.ctx, ask)
	w.want(err, store.ErrRecalled, "after her recall")
	_, _, err = w.s.Release(w.ctx, w.request(p, bob))
	w.want(err, nil, "the other one")

	r = must(w.s.Recall(w.ctx, p.Record.ID, audit.Sender(alice), nil, "all", w.Add(time.Minute)))(w)
	state, _ = r.Recipient(jane)
	if state.Reason != "wrong person" || r.Destroyed.IsZero() {
		w.Fatalf("got %+v, destroyed %v", state, r.Destroyed)
	}
	_, _, err = w.s.Release(w.ctx, w.request(p, bob))
	w.want(err, store.ErrRecalled, "all")
	w.want(w.s.Extend(w.ctx, p.Record.ID, audit.Sender(alice), w.Now().Add(time.Hour), nil, w.Now()), store.ErrRecalled, "extend")
	w.want(w.s.VerifyAudit(w.ctx, p.Record.ID), nil, "audit")
	want := []audit.Action{audit.Prepared, audit.Queued, audit.Released, audit.Released, audit.Recalled, audit.Released, audit.Recalled, audit.Destroyed}
	if got := actions(w, p.Record.ID); !slices.Equal(got, want) {
		w.Fatalf("trail: got %v", got)
	}
}

func extendCase(w *world) {
	p := w.message("m1", jane)
	by := audit.Sender(alice)
	w.Add(p.Record.ExpiresAt.Sub(w.Now()))
	_, _, err := w.s.Release(w.ctx, w.request(p, jane))
	w.want(err, store.ErrExpired, "at expiry")
	w.want(w.s.Extend(w.ctx, p.Record.ID, by, w.Now(), nil, w.Now()), store.ErrExpired, "to now")
	until := w.Now().Add(time.Hour)
	w.want(w.s.Extend(w.ctx, p.Record.ID, by, until, nil, w.Now()), nil, "again")
	_, r, err := w.s.Release(w.ctx, w.request(p, jane))
	w.want(err, nil, "extended")
	if !r.ExpiresAt.Equal(until) {
		w.Fatalf("got %v", r.ExpiresAt)
	}
	w.Add(until.Add(store.KeepClosed - time.Second).Sub(w.Now()))
	swept := must(w.s.Sweep(w.ctx, w.Now()))(w)
	if swept.Destroyed != 0 || swept.Envelopes != 1 {
		w.Fatalf("too early: %+v", swept)
	}
	swept = must(w.s.Sweep(w.ctx, w.Add(time.Second)))(w)
	if swept.Destroyed != 1 {
		w.Fatalf("got %+v, want one destroyed", swept)
	}
	w.want(w.s.Extend(w.ctx, p.Record.ID, by, w.Now().Add(time.Hour), nil, w.Now()), store.ErrExpired, "the key is gone")
	_, _, err = w.s.Release(w.ctx, w.request(p, jane))
	w.want(err, store.ErrExpired, "the key is gone")
	w.want(w.s.VerifyAudit(w.ctx, p.Record.ID), nil, "audit")
	if r := must(w.s.EnvelopeForSender(w.ctx, p.Record.ID, alice))(w); r.Destroyed.IsZero() {
		w.Fatal("the sender is not told that the key is gone")
	}
}

func status(r store.Record, a addr.Address) store.RecipientStatus {
	s, _ := r.Recipient(a)
	return s.Status
}

func actions(w *world, id envelope.ID) (out []audit.Action) {
	w.Helper()
	for _, e := range must(w.s.Trail(w.ctx, id))(w).Entries {
		out = append(out, e.Action)
	}
	return out
}
