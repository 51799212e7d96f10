package main

import (
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// A clock that is put back an hour, put forward a day and put right again loses
// nothing and sends nothing twice. What opens and closes goes by the clock as it is,
// and what was written by a clock that was ahead stays so until that time has come:
// docs/security.md, "The clock". Rows: BOP-5, CYC-3
func TestClockJumps(t *testing.T) {
	w := newDays(t)
	hours := func(n int) {
		t.Helper()
		for range n {
			w.hour(12) // an hour at which nothing else happens
			w.run(w.clock.Now().Add(time.Hour))
		}
	}
	hours(4)
	w.run(w.clock.Now().Add(30 * time.Minute))
	w.pass(-time.Hour)
	w.era = "b"
	w.settle()
	w.sweep()
	w.check()
	hours(4) // by the clock every edge holds

	w.events = nil
	proof := storetest.SignIn(t, w.turn().store, addr.MustParse("person@outside.example"), "b", w.clock.Now())
	session, err := w.turn().store.NewSession(t.Context(), proof, w.clock.Now())
	w.must(err)
	w.pass(24 * time.Hour)
	w.settle()
	w.sweep()
	w.check()
	_, err = w.turn().store.Session(t.Context(), session, w.clock.Now())
	w.is(err, store.ErrNoSession, "a session of yesterday")
	w.write()
	ahead := w.letters[len(w.letters)-1]
	w.events = nil
	w.settle()
	victim := addr.MustParse("guessed@outside.example")
	for range store.PasswordTries {
		_, _ = w.turn().store.CheckPassword(t.Context(), victim, "a guess", w.clock.Now())
	}

	w.pass(-24 * time.Hour)
	w.signedIn = map[addr.Address]signedIn{}
	w.settle()
	w.sweep()
	w.check()
	w.is(w.try(ahead), store.ErrNotYet, "what was sealed by a clock that was ahead")
	_, err = w.turn().store.CheckPassword(t.Context(), victim, "a guess", w.clock.Now())
	w.is(err, store.ErrLocked, "a lock that was set by a clock that was ahead")
	w.must(w.turn().store.Unlock(t.Context(), victim, audit.Operator("op"), w.clock.Now()))
	_, err = w.turn().store.CheckPassword(t.Context(), victim, "a guess", w.clock.Now())
	w.is(err, store.ErrWrong, "after an operator has unlocked it")

	begin := w.clock.Now()
	w.pass(24*time.Hour + dayUndo)
	w.open(ahead)
	w.chains()
	w.goBy(begin)
}
