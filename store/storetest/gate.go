package storetest

import (
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

// request asks the gate in the name of a, signed in by code.
func (w *world) request(p store.Preparation, a addr.Address) store.ReleaseRequest {
	w.Helper()
	w.Add(7 * time.Minute) // at most ten codes an hour
	return store.ReleaseRequest{
		ID: p.Record.ID, Secret: w.keys.Secret(p.Record.ID), Purpose: "open", Now: w.Now(),
		Person: SignIn(w.T, w.s, a, "browser-of-"+store.Browser(a.Key()), w.Now()),
	}
}

var gateCases = map[string]func(*world){
	"ReleaseGivesTheKeyAndWritesItDown": func(w *world) {
		p := w.message("m1", jane, bob)
		ask := w.request(p, jane)
		key, r, err := w.s.Release(w.ctx, ask)
		w.want(err, nil, "release")
		if string(key.Bytes()) != string(p.Key.Bytes()) || r.Subject != p.Record.Subject {
			w.Fatal("not the key or record of the message")
		}
		ask.Now = w.Add(time.Minute)
		_, r, err = w.s.Release(w.ctx, ask)
		w.want(err, nil, "release again")
		state, _ := r.Recipient(jane)
		if !state.OpenedAt.Equal(w.Now().Add(-time.Minute)) || state.Opens != 2 {
			w.Fatalf("first opening: got %+v", state)
		}
		if other, _ := r.Recipient(bob); !other.OpenedAt.IsZero() {
			w.Fatal("bob is said to have opened it")
		}
		entries := must(w.s.Trail(w.ctx, p.Record.ID))(w).Entries
		last := entries[len(entries)-1]
		if last.Action != audit.Released || last.Actor != audit.Recipient(jane) || !strings.HasPrefix(last.Reason, "open by code") {
			w.Fatalf("got %+v", last)
		}
		w.want(w.s.VerifyAudit(w.ctx, p.Record.ID), nil, "audit")
	},
	// A profile that asks for a password is not opened by a code.
	"ReleaseTakesOnlyTheWaysOfTheProfile": func(w *world) {
		p := Message(w.keys, "m1", w.Now(), jane)
		p.Record.SignIn = []string{store.ByPassword}
		w.want(w.s.Prepare(w.ctx, p), nil, "prepare")
		ask := w.request(p, jane)
		w.want(release(w, ask, w.Now()), store.ErrMethod, "signed in by code")
	},
	// The checks come in the order of the contract: each case fails every later one too.
	"ReleaseRefusals": func(w *world) {
		p := w.message("m1", jane, bob)
		must(w.s.Recall(w.ctx, p.Record.ID, audit.Sender(alice), []addr.Address{jane}, "", w.Now()))(w)
		expired := p.Record.ExpiresAt
		stranger, ofJane, ofBob := w.request(p, carol), w.request(p, jane), w.request(p, bob)
		wrongSecret, unknown, nobody := stranger, stranger, ofBob
		wrongSecret.Secret = w.keys.Secret(envelope.ID{9})
		unknown.ID = envelope.ID{9}
		nobody.Person = store.Proof{}
		w.want(release(w, wrongSecret, expired), store.ErrNotFound, "wrong secret")
		w.want(release(w, unknown, expired), store.ErrNotFound, "unknown id")
		a, b := release(w, wrongSecret, expired), release(w, unknown, expired)
		if a.Error() != b.Error() {
			w.Fatalf("told apart: %q and %q", a, b)
		}
		_, errA := w.s.Envelope(w.ctx, wrongSecret.ID, wrongSecret.Secret)
		_, errB := w.s.Envelope(w.ctx, unknown.ID, unknown.Secret)
		if errA.Error() != errB.Error() {
			w.Fatalf("told apart: %q and %q", errA, errB)
		}
		w.want(release(w, stranger, w.Now()), store.ErrNotRecipient, "BOP-3: a third party with the mail and a sign-in")
		w.want(release(w, nobody, w.Now()), store.ErrNotRecipient, "no proof")
		w.want(release(w, ofJane, w.Now()), store.ErrRecalled, "recalled")
		w.want(release(w, ofBob, ofBob.Now.Add(store.SessionLife+time.Second)), store.ErrNoSession, "a proof kept too long")
		w.want(release(w, ofBob, w.Now()), nil, "bob")
		w.Add(expired.Sub(w.Now()) - time.Hour)
		late := w.request(p, bob)
		w.want(release(w, late, expired.Add(-time.Millisecond)), nil, "a moment before")
		w.want(release(w, late, expired), store.ErrExpired, "the moment itself")
	},
	// BCC-27: the way that is locked is shut at the gate as well, the others are not.
	"ReleaseLocked": func(w *world) {
		p := w.message("m1", jane)
		account(w, jane, "right horse")
		ask := w.request(p, jane)
		byPassword := ask
		byPassword.Person = must(w.s.CheckPassword(w.ctx, jane, "right horse", w.Now()))(w)
		w.want(release(w, byPassword, w.Now()), nil, "before")
		for range store.PasswordTries {
			_, _ = w.s.CheckPassword(w.ctx, jane, "wrong", w.Now())
		}
		w.want(release(w, byPassword, w.Now()), store.ErrLocked, "locked")
		w.want(release(w, ask, w.Now()), nil, "by code")
		w.want(release(w, byPassword, w.Now().Add(store.PasswordLock)), nil, "after the hour")
	},
	"ManyReleasesAtOnce": func(w *world) {
		p := w.message("m1", jane)
		ask := w.request(p, jane)
		got := parallel(50, func(int) error { _, _, err := w.s.Release(w.ctx, ask); return err })
		if got[nil] != 50 {
			w.Fatalf("got %v", got)
		}
		r := must(w.s.EnvelopeForOperator(w.ctx, p.Record.ID))(w)
		if state, _ := r.Recipient(jane); state.Opens != 50 {
			w.Fatalf("got %d opens", state.Opens)
		}
		if got := len(must(w.s.Trail(w.ctx, p.Record.ID))(w).Entries); got != 52 {
			w.Fatalf("got %d entries, want one for each release", got)
		}
		w.want(w.s.VerifyAudit(w.ctx, p.Record.ID), nil, "audit")
	},
	// CYC-17: of releases that race with a recall, none that is written after it is let through.
	"RecallAmongReleases": func(w *world) {
		p := w.message("m1", jane)
		ask := w.request(p, jane)
		parallel(30, func(i int) error {
			if i == 15 {
				_, err := w.s.Recall(w.ctx, p.Record.ID, audit.Sender(alice), nil, "", w.Now())
				return err
			}
			_, _, err := w.s.Release(w.ctx, ask)
			return err
		})
		closed := false
		for _, e := range must(w.s.Trail(w.ctx, p.Record.ID))(w).Entries {
			if closed && e.Action == audit.Released {
				w.Fatal("released after the recall")
			}
			closed = closed || e.Action == audit.Recalled
		}
		if !closed {
			w.Fatal("no recall in the trail")
		}
	},
}

func release(w *world, ask store.ReleaseRequest, now time.Time) error {
	ask.Now = now
	_, _, err := w.s.Release(w.ctx, ask)
	return err
}
