package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// C7: whether the request or its answer is lost on the way, a person who presses
// again ends with one request on the record and one mail to the sender, never a
// request of which nobody was told and never a mail about none.
func TestAskWithALostAnswer(t *testing.T) {
	clock, ctx := storetest.NewClock(), context.Background()
	s, l := broken(t, clock)
	for _, when := range []string{"before", "after"} {
		p := storetest.Message(storetest.Keys(t), when, clock.Now(), jane)
		if err := s.Prepare(ctx, p); err != nil {
			t.Fatal(err)
		}
		clock.Add(p.Record.ExpiresAt.Sub(clock.Now()))
		proof := storetest.SignIn(t, s, jane, "b", clock.Now())
		press := func() (bool, error) {
			_, fresh, err := s.AskOpenAgain(ctx, p.Record.ID, storetest.Keys(t).Secret(p.Record.ID), proof, func(r store.Record, a store.Ask) (store.Outgoing, error) {
				return store.Outgoing{Kind: "asked", To: r.Sender, Data: []byte(a.From.String())}, nil
			}, clock.Now())
			return fresh, err
		}
		l.arm(when, 1)
		_, err := press()
		if n := l.mend(); n != 1 || !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("%s: got %v after %d breaks, want ErrUnavailable", when, err, n)
		}
		// What is on the record has its mail, and what is not has none.
		rec, err := s.EnvelopeForSender(ctx, p.Record.ID, p.Record.Sender)
		if err != nil || (len(rec.Asks) == 1) != (when == "after") {
			t.Fatalf("%s: got %d requests on the record, %v", when, len(rec.Asks), err)
		}
		if fresh, err := press(); err != nil || fresh != (when == "before") {
			t.Fatalf("%s: again: got %v %v", when, fresh, err)
		}
		if n := sentOf(t, s, clock, "asked"); n != 1 {
			t.Errorf("%s: got %d mails to the sender, want 1", when, n)
		}
		trail, err := s.Trail(ctx, p.Record.ID)
		if err != nil {
			t.Fatal(err)
		}
		asked := 0
		for _, e := range trail.Entries {
			if e.Action == audit.Asked {
				asked++
			}
		}
		if asked != 1 {
			t.Errorf("%s: got %d entries in the trail, want 1", when, asked)
		}
		if err := s.VerifyAudit(ctx, p.Record.ID); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
}

// C7: the sender's yes, lost on its way or with its answer lost, ends with the
// message open and one mail to who asked; no crash after the step loses the mail.
func TestExtendWithALostAnswer(t *testing.T) {
	clock, ctx := storetest.NewClock(), context.Background()
	s, l := broken(t, clock)
	for _, when := range []string{"before", "after"} {
		p := storetest.Message(storetest.Keys(t), when, clock.Now(), jane)
		if err := s.Prepare(ctx, p); err != nil {
			t.Fatal(err)
		}
		clock.Add(p.Record.ExpiresAt.Sub(clock.Now()))
		tell := func(kind string) store.Telling {
			return func(_ store.Record, a store.Ask) (store.Outgoing, error) {
				return store.Outgoing{Kind: kind, To: a.From, Data: []byte("{}")}, nil
			}
		}
		proof := storetest.SignIn(t, s, jane, "b", clock.Now())
		if _, _, err := s.AskOpenAgain(ctx, p.Record.ID, storetest.Keys(t).Secret(p.Record.ID), proof, tell("asked"), clock.Now()); err != nil {
			t.Fatal(err)
		}
		until := clock.Now().Add(24 * time.Hour)
		press := func() error {
			return s.Extend(ctx, p.Record.ID, audit.Sender(p.Record.Sender), until, tell("yes"), clock.Now())
		}
		l.arm(when, 1)
		err := press()
		if n := l.mend(); n != 1 || !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("%s: got %v after %d breaks, want ErrUnavailable", when, err, n)
		}
		rec, err := s.EnvelopeForSender(ctx, p.Record.ID, p.Record.Sender)
		if err != nil || rec.ExpiresAt.Equal(until) != (when == "after") {
			t.Fatalf("%s: open until %v, %v", when, rec.ExpiresAt, err)
		}
		if when == "before" {
			if err := press(); err != nil {
				t.Fatal(err)
			}
		}
		if n := sentOf(t, s, clock, "yes"); n != 1 { // the process that pressed need not live on
			t.Errorf("%s: got %d mails to who asked, want 1", when, n)
		}
		if err := press(); err != nil || sentOf(t, s, clock, "yes") != 0 {
			t.Errorf("%s: pressed again: %v, or told twice", when, err)
		}
	}
}

// sentOf sends all that waits, and counts what is of a kind.
func sentOf(t *testing.T, s *store.Store, clock *storetest.Clock, kind string) (n int) {
	t.Helper()
	for range 3 { // a hint that came before its notice is looked at again
		got, err := s.Claim(t.Context(), 100, time.Minute, clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range got {
			if o.Kind == kind {
				n++
			}
			if err := s.Sent(t.Context(), o, clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
		clock.Add(time.Minute)
	}
	return n
}
