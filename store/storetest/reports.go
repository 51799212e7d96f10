package storetest

import (
	"slices"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

func told(a addr.Address, state store.DeliveryState, host, text string) []store.DeliveryReport {
	return []store.DeliveryReport{{Recipient: a, Delivery: store.Delivery{State: state, Host: host, Text: text}}}
}

var reportCases = map[string]func(*world){
	// CYC-15: states are waiting, handed to host H at T, failed (why), unknown.
	"ReportsFollowEachOther": func(w *world) {
		id := w.message("m1", jane, bob).Record.ID
		steps := []struct {
			state store.DeliveryState
			want  store.DeliveryState
			moves bool
		}{
			{store.Delayed, store.Delayed, true}, {store.Delayed, store.Delayed, false}, {store.Handed, store.Handed, true},
			{store.Delayed, store.Handed, false}, {store.Failed, store.Failed, true}, {store.Failed, store.Failed, false}, {store.Handed, store.Failed, false},
		}
		var at time.Time
		for i, step := range steps {
			now := w.Add(time.Minute)
			r, changed, err := w.s.Report(w.ctx, id, told(jane, step.state, "mx.outside.example", "550 5.1.1\r\nno such user"), now)
			w.want(err, nil, "report")
			if step.moves {
				at = now
			}
			got, _ := r.Recipient(jane)
			if got.Delivery.State != step.want || (len(changed) == 1) != step.moves || !got.Delivery.At.Equal(at) {
				w.Fatalf("step %d: got %+v and %d changes, want %s and a change: %v", i, got.Delivery, len(changed), step.want, step.moves)
			}
		}
		r := must(w.s.EnvelopeForOperator(w.ctx, id))(w)
		other, _ := r.Recipient(bob)
		got, _ := r.Recipient(jane)
		if other.Delivery != (store.Delivery{}) || got.Delivery.Host != "mx.outside.example" || got.Delivery.Text != "550 5.1.1 no such user" {
			w.Fatalf("got %+v and %+v", got.Delivery, other.Delivery)
		}
		if acts := actions(w, id); len(acts) != 5 || acts[4] != audit.Reported {
			w.Fatalf("trail: got %v, want three reports after prepared and queued", acts)
		}
		w.want(w.s.VerifyAudit(w.ctx, id), nil, "chain")
	},
	"ReportsAboutStrangersChangeNothing": func(w *world) {
		id := w.message("m1", jane).Record.ID
		_, changed, err := w.s.Report(w.ctx, id, told(carol, store.Failed, "h", "t"), w.Now())
		w.want(err, nil, "report")
		if len(changed) != 0 {
			w.Fatalf("got %v, want nothing", changed)
		}
		_, _, err = w.s.Report(w.ctx, envelope.ID{9}, told(jane, store.Failed, "h", "t"), w.Now())
		w.want(err, store.ErrNotFound, "no envelope")
	},
	"ReportTextsAreBounded": func(w *world) {
		id := w.message("m1", jane).Record.ID
		r, _, err := w.s.Report(w.ctx, id, told(jane, store.Failed, strings.Repeat("h", 9000), strings.Repeat("é", 9000)), w.Now())
		w.want(err, nil, "report")
		got, _ := r.Recipient(jane)
		if len(got.Delivery.Host) > 255 || len(got.Delivery.Text) > 500 {
			w.Fatalf("got %d and %d octets", len(got.Delivery.Host), len(got.Delivery.Text))
		}
	},
	"FoundByMessageID": func(w *world) {
		p := w.message("m1", jane)
		if got := must(w.s.EnvelopeByMessageID(w.ctx, p.Record.OuterID))(w); got != p.Record.ID {
			w.Fatalf("got %s, want %s", got, p.Record.ID)
		}
		_, err := w.s.EnvelopeByMessageID(w.ctx, "<other@secure.example>")
		w.want(err, store.ErrNotFound, "unknown")
		_, err = w.s.Sweep(w.ctx, w.Now())
		w.want(err, nil, "sweep")
		if got := must(w.s.EnvelopeByMessageID(w.ctx, p.Record.OuterID))(w); got != p.Record.ID {
			w.Fatalf("after a sweep: got %s, want %s", got, p.Record.ID)
		}
	},
	"LinkIsRenewedUpToTheExpiry": func(w *world) {
		p := w.message("m1", jane)
		until := func() time.Time { return must(w.s.EnvelopeForOperator(w.ctx, p.Record.ID))(w).LinkUntil }
		w.want(w.s.RenewLink(w.ctx, p.Record.ID, audit.Mail, w.Now().Add(time.Hour), w.Now()), nil, "shorter")
		if got, want := until(), p.Record.LinkUntil; !got.Equal(want) {
			w.Fatalf("got %v, want %v as it was", got, want)
		}
		w.want(w.s.RenewLink(w.ctx, p.Record.ID, audit.Mail, w.Now().Add(1000*24*time.Hour), w.Now()), nil, "longer")
		if got, want := until(), p.Record.ExpiresAt; !got.Equal(want) {
			w.Fatalf("got %v, want the expiry %v", got, want)
		}
		w.want(w.s.RenewLink(w.ctx, p.Record.ID, audit.Mail, w.Now().Add(2000*24*time.Hour), p.Record.ExpiresAt), store.ErrExpired, "expired")
		must(w.s.Recall(w.ctx, p.Record.ID, audit.Sender(alice), nil, "", w.Now()))(w)
		w.want(w.s.RenewLink(w.ctx, p.Record.ID, audit.Mail, w.Now().Add(time.Hour), w.Now()), store.ErrRecalled, "recalled")
	},
	// BOP-20: at most three a day.
	"QuotaIsExactAtItsEdges": func(w *world) {
		q := store.Quota{Name: "rescue", Max: 3, Per: 24 * time.Hour}
		first := w.Now()
		var got []bool
		for range 4 {
			got = append(got, must(w.s.Take(w.ctx, q, w.Add(time.Hour), "x", "jane"))(w))
		}
		got = append(got, must(w.s.Take(w.ctx, q, w.Now(), "x", "bob"))(w),
			must(w.s.Take(w.ctx, q, first.Add(25*time.Hour-time.Millisecond), "x", "jane"))(w), must(w.s.Take(w.ctx, q, first.Add(25*time.Hour), "x", "jane"))(w))
		if want := []bool{true, true, true, false, true, false, true}; !slices.Equal(got, want) {
			w.Fatalf("got %v, want %v", got, want)
		}
	},
	"QuotaGivesBack": func(w *world) {
		q := store.Quota{Name: "rescue", Max: 2, Per: time.Hour}
		take := func() bool { return must(w.s.Take(w.ctx, q, w.Now(), "jane"))(w) }
		give := func(subject string) { w.want(w.s.Give(w.ctx, q, w.Now(), subject), nil, "give") }
		give("jane") // nothing was taken yet: it makes no room for more
		got := []bool{take(), take(), take()}
		give("bob")
		got = append(got, take())
		give("jane")
		got = append(got, take(), take())
		w.Add(time.Hour)
		give("jane") // of a window that is over
		got = append(got, take(), take(), take())
		if want := []bool{true, true, false, false, true, false, true, true, false}; !slices.Equal(got, want) {
			w.Fatalf("got %v, want %v", got, want)
		}
	},
	"QuotaUnderParallelCalls": func(w *world) {
		q, took := store.Quota{Name: "rescue", Max: 3, Per: time.Hour}, make(chan bool, 40)
		parallel(40, func(int) error {
			ok, err := w.s.Take(w.ctx, q, w.Now(), "jane")
			took <- ok
			return err
		})
		n := 0
		for range 40 {
			if <-took {
				n++
			}
		}
		if n != 3 {
			w.Fatalf("got %d, want 3", n)
		}
	},
}
