package milter_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/store"
)

// reminders takes what waits after all those days, by day and kind.
func (w *world) reminders() (got []string) {
	w.t.Helper()
	for d := 0; d <= 100; d++ {
		claimed, err := w.store.Claim(context.Background(), 100, time.Hour, w.clock())
		if err != nil {
			w.t.Fatal(err)
		}
		for _, o := range claimed {
			if o.Kind == string(notice.Reminder) {
				got = append(got, fmt.Sprintf("%d %s", d, o.ID))
			}
			if err := w.store.Sent(context.Background(), o, w.clock()); err != nil {
				w.t.Fatal(err)
			}
		}
		w.pass(24 * time.Hour)
	}
	return got
}

// Issue 5: reminders are held from the sending on, as the profile says: none that
// is off, none after the message's end, and not two that say the same.
func TestRemindersAreHeld(t *testing.T) {
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		p    policy.Profile
		want []string
	}{
		"as it is":        {policy.Profile{}, []string{"3 reminder-unopened", "83 reminder-expiring"}},
		"off":             {policy.Profile{RemindUnopened: policy.LeadOf(0), RemindExpiring: policy.LeadOf(0)}, nil},
		"one off":         {policy.Profile{RemindUnopened: policy.LeadOf(0)}, []string{"83 reminder-expiring"}},
		"short life":      {policy.Profile{Expires: policy.Duration(5 * day), Link: policy.Duration(day)}, []string{"3 reminder-unopened"}},
		"shorter":         {policy.Profile{Expires: policy.Duration(3 * day), Link: policy.Duration(day)}, nil},
		"both on one day": {policy.Profile{Expires: policy.Duration(10 * day), Link: policy.Duration(day)}, []string{"3 reminder-expiring"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.rules.Profiles[policy.DefaultProfile] = c.p
			m := mailFor(message("[SECURE] greenhouse", outside), outside)
			w.decide(m)
			if got := w.reminders(); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Issue 5, undo window: record and confirmation say from when the message opens;
// a later transaction of the same message moves nothing.
func TestUndoWindow(t *testing.T) {
	w := newWorld(t)
	w.rules.Profiles[policy.DefaultProfile] = policy.Profile{UndoWindow: policy.LeadOf(5 * time.Minute)}
	m := mailFor(message("[SECURE] greenhouse", outside+", "+other), outside)
	w.decide(m)
	ready := start.Add(5 * time.Minute)
	c := w.confirmations()
	if len(c) != 1 || !c[0].ReadyAt.Equal(ready) {
		t.Fatalf("confirmations %+v, want one that names %v", c, ready)
	}
	w.pass(time.Minute)
	w.decide(mailFor(message("[SECURE] greenhouse", outside+", "+other), other))
	r := w.record(c[0].EnvelopeID)
	if !r.ReadyAt.Equal(ready) || len(r.Recipients) != 2 {
		t.Errorf("got ready at %v for %d people, want %v for both", r.ReadyAt, len(r.Recipients), ready)
	}
}

func (w *world) record(text string) store.Record {
	w.t.Helper()
	id, err := envelope.ParseID(text)
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := w.store.EnvelopeForOperator(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}
