package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// edge asserts, a millisecond before the end of a lifetime and at it, that a thing
// is there and then is not.
func (w *days) edge(what string, life time.Duration, there, gone error, try func(now time.Time) error) {
	w.after(life-time.Millisecond, func() { w.is(try(w.clock.Now()), there, what+", just before its end") })
	w.after(life, func() { w.is(try(w.clock.Now()), gone, what+", at its end") })
}

// live begins one of each thing that has a lifetime, for a person of this hour of
// the day: on every day the same people.
func (w *days) live() {
	w.Helper()
	now, ctx := w.clock.Now(), w.Context()
	person := addr.MustParse(fmt.Sprintf("person%d%s@outside.example", now.Hour(), w.era))
	name := store.Browser(fmt.Sprintf("the browser of person %d%s", now.Hour(), w.era))
	proof := storetest.SignIn(w, w.turn().store, person, name, now)
	w.liveSession(proof)
	w.liveLocks(now.Hour())

	code, _, err := w.turn().store.NewCode(ctx, person, name, now)
	w.must(err)
	wrong := "00000000"
	if code == wrong {
		wrong = "00000001"
	}
	w.edge("a code", store.CodeLife, store.ErrWrong, store.ErrCodeExpired, func(now time.Time) error {
		_, err := w.turn().store.CheckCode(ctx, person, name, wrong, now)
		return err
	})
	asked := addr.MustParse(fmt.Sprintf("asked%d@outside.example", now.Hour()))
	link, _, err := w.turn().store.Register(ctx, asked, store.Registration{FirstName: "A", Password: "long enough for this"}, name, now)
	w.must(err)
	w.edge("an activation link", store.LinkLife, nil, store.ErrCodeExpired, func(now time.Time) error {
		_, _, _, err := w.turn().store.Activation(ctx, link, name, now)
		return err
	})
	w.must(w.turn().store.SetFlow(ctx, name, store.Flow{Next: "/inbox"}, now))
	w.after(store.FlowLife, func() { // looking at it counts as its use
		f, err := w.turn().store.Flow(ctx, name, w.clock.Now())
		w.is(orGone(err, f.Next != ""), errGone, "what a browser brought, unused for an hour")
	})
	w.must(w.turn().store.SetDraft(ctx, name, w.letters[0].id, store.Draft{Text: "begun"}, now))
	draft := func() error {
		d, err := w.turn().store.Draft(ctx, name, w.letters[0].id, w.clock.Now())
		return orGone(err, d.Text != "")
	}
	// Redis lets it go by its own clock too, which runs on for the seconds of this test.
	w.after(store.DraftLife-2*time.Minute, func() { w.is(draft(), nil, "an answer that was not sent, before its end") })
	w.after(store.DraftLife, func() { w.is(draft(), errGone, "an answer that was not sent, at its end") })
	w.must(w.turn().store.SaveDraft(ctx, proof, store.Draft{ID: fmt.Sprint("day ", now.Day()), Text: "begun"}, now))
	q := store.Quota{Name: "day", Max: 1, Per: 2 * time.Hour}
	_, err = w.turn().store.Take(ctx, q, now, person.Key())
	w.must(err)
	w.edge("a quota that is used up", q.Per, errGone, nil, func(now time.Time) error {
		free, err := w.turn().store.Take(ctx, q, now, person.Key())
		return orGone(err, free)
	})
}

var errGone = errors.New("not there")

func orGone(err error, there bool) error {
	if err == nil && !there {
		return errGone
	}
	return err
}

// liveSession: one session is left alone and ends after an hour, one is used on and
// ends after twelve.
func (w *days) liveSession(proof store.Proof) {
	w.Helper()
	idle, err := w.turn().store.NewSession(w.Context(), proof, w.clock.Now())
	w.must(err)
	w.after(store.SessionIdle, func() {
		_, err := w.turn().store.Session(w.Context(), idle, w.clock.Now())
		w.is(err, store.ErrNoSession, "a session unused for an hour")
	})
	busy, err := w.turn().store.NewSession(w.Context(), proof, w.clock.Now())
	w.must(err)
	use := func() error {
		_, err := w.turn().store.Session(w.Context(), busy, w.clock.Now())
		return err
	}
	for at := 40 * time.Minute; at < store.SessionLife; at += 40 * time.Minute {
		w.after(at, func() { w.is(use(), nil, "a session in use") })
	}
	w.after(store.SessionLife-time.Millisecond, func() { w.is(use(), nil, "a session in use, just before its end") })
	w.after(store.SessionLife, func() { w.is(use(), store.ErrNoSession, "a session after twelve hours") })
}

// liveLocks: guesses at passwords and codes lock for as long as they should.
func (w *days) liveLocks(hour int) {
	w.Helper()
	if hour != 6 {
		return
	}
	ctx, now, victim := w.Context(), w.clock.Now(), addr.MustParse("guessed@outside.example")
	guess := func(now time.Time) error {
		_, err := w.turn().store.CheckPassword(ctx, victim, "a guess", now)
		return err
	}
	for range store.PasswordTries {
		_ = guess(now)
	}
	w.edge("a lock by wrong passwords", store.PasswordLock, store.ErrLocked, store.ErrWrong, guess)
	for i := range store.WrongCodesDay {
		b := store.Browser(fmt.Sprintf("guesser %d", i/store.CodeTries))
		if i%store.CodeTries == 0 {
			_, _, err := w.turn().store.NewCode(ctx, victim, b, now)
			w.must(err)
		}
		_, _ = w.turn().store.CheckCode(ctx, victim, b, "wrong", now)
	}
	// A day later the same guesser comes again: this is just before.
	w.after(23*time.Hour, func() {
		_, _, err := w.turn().store.NewCode(ctx, victim, "a stranger", w.clock.Now())
		w.is(err, store.ErrLocked, "the way by code after guesses, within the day")
	})
	w.after(24*time.Hour, func() {
		_, _, err := w.turn().store.NewCode(ctx, victim, "a stranger", w.clock.Now())
		w.is(err, nil, "the way by code after guesses, a day later")
	})
}

// household: somebody registers, sits at a shared mailbox, leaves it, and deletes
// her account in the evening.
func (w *days) household() {
	w.Helper()
	ctx, now := w.Context(), w.clock.Now()
	who, desk, owner := addr.MustParse("daily@outside.example"), addr.MustParse("team@council.example"), addr.MustParse("owner@council.example")
	b, operator := store.Browser("the browser of every day"), audit.Operator("op")
	reg := store.Registration{FirstName: "Daily", Password: "planted day long"}
	link, exists, err := w.turn().store.Register(ctx, who, reg, b, now)
	w.must(err)
	if exists {
		w.Errorf("%s: the account of yesterday is still there", w.when())
		return
	}
	proof, _, err := w.turn().store.Activate(ctx, link, b, nil, now)
	w.must(err)
	_, err = w.turn().store.OpenDesk(ctx, desk, []addr.Address{owner, who}, operator, now)
	w.must(err)
	w.must(w.turn().store.SaveDraft(ctx, proof, store.Draft{ID: "daily", Text: "begun"}, now))
	session, err := w.turn().store.NewSession(ctx, proof, now)
	w.must(err)
	w.after(8*time.Hour, func() {
		now := w.clock.Now()
		again := storetest.SignIn(w, w.turn().store, who, b, now)
		token, err := w.turn().store.NewSession(ctx, again, now)
		w.must(err)
		token, err = w.turn().store.Reenter(ctx, token, again, "", now)
		w.must(err)
		fresh, err := w.turn().store.Session(ctx, token, now)
		w.must(err)
		w.must(w.turn().store.DeleteAccount(ctx, fresh, now))
		w.must(w.turn().store.EndDesk(ctx, desk, operator, now))
	})
	w.after(8*time.Hour+time.Minute, func() {
		now := w.clock.Now()
		_, err := w.turn().store.Session(ctx, session, now)
		w.is(err, store.ErrNoSession, "a session of a deleted account")
		_, err = w.turn().store.CheckPassword(ctx, who, reg.Password, now)
		w.is(err, store.ErrWrong, "the password of a deleted account")
		again := storetest.SignIn(w, w.turn().store, who, b, now)
		if d, err := w.turn().store.Drafts(ctx, again, now); err != nil || len(d) != 0 {
			w.Errorf("%s: %d drafts of a deleted account, %v", w.when(), len(d), err)
		}
		if d, err := w.turn().store.DesksOf(ctx, again, now); err != nil || len(d) != 0 {
			w.Errorf("%s: %d desks of a deleted account, %v", w.when(), len(d), err)
		}
	})
}
