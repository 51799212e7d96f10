package storetest

import (
	"slices"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
)

var termsCases = map[string]func(*world){
	// CYC-4: what was agreed to is kept with version and time; a new version asks again.
	"Terms": func(w *world) {
		on := func(version string) bool { return must(w.s.SwitchedOn(w.ctx, alice, version))(w) }
		if on("") || on("1") {
			w.Fatal("switched on before she agreed")
		}
		w.want(w.s.Agree(w.ctx, store.Proof{}, "1", w.Now()), store.ErrNoSession, "nobody signed in")
		at := w.Now()
		w.want(w.s.Agree(w.ctx, w.proof(alice), "1", at), nil, "agree")
		w.want(w.s.Agree(w.ctx, w.proof(alice), "1", w.Add(1e9)), nil, "agree again")
		if got, have, err := w.s.AgreedTo(w.ctx, alice); err != nil || !have || got.Version != "1" || !got.At.Equal(at) {
			w.Fatalf("got %+v %v %v, want version 1 at %v", got, have, err, at)
		}
		if !on("1") || on("2") {
			w.Fatal("want on for version 1, and asked again for 2")
		}
		w.want(w.s.Agree(w.ctx, w.proof(alice), "2", w.Now()), nil, "agree to the new one")
		if on("1") || !on("2") || must(w.s.SwitchedOn(w.ctx, bob, "2"))(w) {
			w.Fatal("want on for version 2 and for her alone")
		}
		t := must(w.s.AccountTrail(w.ctx, alice))(w)
		var versions []string
		for _, e := range t.Entries {
			if e.Action == audit.Agreed {
				versions = append(versions, e.Reason)
			}
		}
		if !slices.Equal(versions, []string{"1", "2"}) {
			w.Fatalf("the record holds %v, want both versions once", versions)
		}
		w.want(w.s.VerifyAccountAudit(w.ctx, alice), nil, "audit")
		w.want(w.s.Agree(w.ctx, w.proof(alice), strings.Repeat("x", store.MaxTermsVersion+1), w.Now()), store.ErrTooLong, "a long version")
		if _, err := w.s.Account(w.ctx, alice); err == nil {
			w.Fatal("agreeing made an account")
		}
	},
}

var (
	surgery = addr.MustParse("gp@surgery.example")
	anna    = addr.MustParse("anna@surgery.example")
	ben     = addr.MustParse("ben@surgery.example")
)

// desk makes the surgery's mailbox one, by anna and ben, and waits until it begins.
func (w *world) desk() store.Desk {
	w.Helper()
	d, done, err := w.s.BeginDesk(w.ctx, w.proof(anna), w.proof(surgery), w.Now())
	if err != nil || done || d.Active(w.Now()) {
		w.Fatalf("the first: got %+v %v %v", d, done, err)
	}
	if d, done, err = w.s.BeginDesk(w.ctx, w.proof(ben), w.proof(surgery), w.Now()); err != nil || !done {
		w.Fatalf("the second: got %+v %v %v", d, done, err)
	}
	w.Add(store.DeskWait)
	return d
}

// reads asks the gate, and says what it answers.
func (w *world) reads(p store.Preparation, who addr.Address) error {
	_, _, err := w.s.Release(w.ctx, w.request(p, who))
	return err
}

var deskCases = map[string]func(*world){
	// BOP-23: two people who each prove the mailbox and themselves, 48 hours, and then
	// each reads as herself, the address alone nothing.
	"Desk": func(w *world) {
		p := w.message("m1", surgery)
		w.want(w.reads(p, surgery), nil, "an ordinary address")
		w.want(w.reads(p, anna), store.ErrNotRecipient, "before there is a desk")
		_, _, err := w.s.BeginDesk(w.ctx, store.Proof{}, w.proof(surgery), w.Now())
		w.want(err, store.ErrNoSession, "nobody signed in")
		_, _, err = w.s.BeginDesk(w.ctx, w.proof(anna), store.Proof{}, w.Now())
		w.want(err, store.ErrNoSession, "without the mailbox")
		_, _, err = w.s.BeginDesk(w.ctx, w.proof(surgery), w.proof(surgery), w.Now())
		w.want(err, store.ErrConflict, "the mailbox by itself")
		for range 2 { // the first alone is not enough, however often
			if d, done, err := w.s.BeginDesk(w.ctx, w.proof(anna), w.proof(surgery), w.Now()); err != nil || done || !d.ActiveAt.IsZero() {
				w.Fatalf("got %+v %v %v", d, done, err)
			}
		}
		d, done, err := w.s.BeginDesk(w.ctx, w.proof(ben), w.proof(surgery), w.Now())
		if err != nil || !done || !d.ActiveAt.Equal(w.Now().Add(48*time.Hour)) || len(d.Seats) != 2 {
			w.Fatalf("the second: got %+v %v %v", d, done, err)
		}
		w.Add(47 * time.Hour)
		asks := map[string]store.ReleaseRequest{"the address": w.request(p, surgery), "who sits there": w.request(p, anna)}
		for _, c := range []struct {
			who  string
			at   time.Duration
			want error
		}{
			{"the address", -time.Second, nil}, {"who sits there", -time.Second, store.ErrNotRecipient},
			{"the address", 0, store.ErrDesk}, {"who sits there", 0, nil},
		} {
			r := asks[c.who]
			r.Now = d.ActiveAt.Add(c.at)
			_, _, err := w.s.Release(w.ctx, r)
			w.want(err, c.want, c.who+" at 48 h and "+c.at.String())
		}
		w.Add(time.Hour)
		w.want(w.reads(p, carol), store.ErrNotRecipient, "anybody else")
		_, _, err = w.s.BeginDesk(w.ctx, w.proof(carol), w.proof(surgery), w.Now())
		w.want(err, store.ErrExists, "a third by the mailbox alone")
		_, _, err = w.s.BeginDesk(w.ctx, w.proof(surgery), w.proof(anna), w.Now())
		w.want(err, store.ErrConflict, "a desk at a desk")

		trail := must(w.s.Trail(w.ctx, p.Record.ID))(w).Entries
		last := trail[len(trail)-1]
		if last.Actor != audit.Recipient(anna) || last.Action != audit.Released || !strings.HasSuffix(last.Reason, "at the desk "+surgery.Key()) {
			w.Fatalf("the record says %+v, want that anna read at the desk", last)
		}
		w.want(w.s.VerifyAudit(w.ctx, p.Record.ID), nil, "audit")
		w.want(w.s.VerifyAccountAudit(w.ctx, surgery), nil, "audit of the desk")
	},
	// Journey 3: owners add and remove, who is removed reads nothing from that moment,
	// also in a session that began before; the last owner stays.
	"DeskPeople": func(w *world) {
		w.desk()
		p := w.message("m1", surgery, bob)
		fresh, err := w.s.SetSeat(w.ctx, w.proof(anna), surgery, carol, false, w.Now())
		if err != nil || !fresh {
			w.Fatalf("add: got %v %v", fresh, err)
		}
		r := w.request(p, carol) // her session from before she leaves
		w.want(w.reads(p, carol), nil, "a new member")
		_, err = w.s.SetSeat(w.ctx, w.proof(carol), surgery, jane, false, w.Now())
		w.want(err, store.ErrNotRecipient, "a member has not the say")
		w.want(w.s.Unseat(w.ctx, w.proof(carol), surgery, ben, w.Now()), store.ErrNotRecipient, "nor to remove others")
		_, err = w.s.SetSeat(w.ctx, w.proof(bob), surgery, bob, true, w.Now())
		w.want(err, store.ErrNotRecipient, "nor has a stranger")
		_, err = w.s.SetSeat(w.ctx, w.proof(anna), surgery, surgery, false, w.Now())
		w.want(err, store.ErrConflict, "the desk at itself")
		w.want(w.s.Unseat(w.ctx, w.proof(anna), surgery, carol, w.Now()), nil, "remove")
		w.want(w.s.Unseat(w.ctx, w.proof(anna), surgery, carol, w.Now()), nil, "remove again")
		_, _, err = w.s.Release(w.ctx, r)
		w.want(err, store.ErrNotRecipient, "the leaver, in her old session")
		w.want(w.reads(p, carol), store.ErrNotRecipient, "the leaver, anew")
		if got := must(w.s.DesksOf(w.ctx, w.proof(carol), w.Now()))(w); len(got) != 0 {
			w.Fatalf("the leaver still sees %v", got)
		}
		w.want(w.s.Unseat(w.ctx, w.proof(ben), surgery, ben, w.Now()), nil, "an owner leaves")
		w.want(w.s.Unseat(w.ctx, w.proof(anna), surgery, anna, w.Now()), store.ErrLastOwner, "the last one")
		_, err = w.s.SetSeat(w.ctx, w.proof(anna), surgery, anna, false, w.Now())
		w.want(err, store.ErrLastOwner, "the last one, otherwise")
		w.want(w.reads(p, bob), nil, "the other recipient is not concerned")
		if got := must(w.s.DesksOf(w.ctx, w.proof(anna), w.Now()))(w); len(got) != 1 || len(got[0].Seats) != 1 {
			w.Fatalf("anna sees %v", got)
		}
	},
	// A message taken back from the desk is taken back from its people; taken back from
	// somebody herself it does not open for her at the desk either.
	"DeskRecall": func(w *world) {
		w.desk()
		p, q := w.message("m1", surgery, bob), w.message("m2", surgery, anna)
		must(w.s.Recall(w.ctx, p.Record.ID, audit.Sender(alice), []addr.Address{surgery}, "", w.Now()))(w)
		w.want(w.reads(p, anna), store.ErrRecalled, "taken back from the desk")
		must(w.s.Recall(w.ctx, q.Record.ID, audit.Sender(alice), []addr.Address{anna}, "", w.Now()))(w)
		w.want(w.reads(q, anna), store.ErrRecalled, "taken back from herself")
		w.want(w.reads(q, ben), nil, "the other at the desk")
	},
	// Whoever reads the mailbox can stop it before it begins, and nobody afterwards but
	// the service desk; a desk that nobody confirmed is forgotten after a week.
	"DeskStopped": func(w *world) {
		_, _, err := w.s.BeginDesk(w.ctx, w.proof(anna), w.proof(surgery), w.Now())
		w.want(err, nil, "begin")
		w.Add(store.DeskBegun)
		if _, done, err := w.s.BeginDesk(w.ctx, w.proof(ben), w.proof(surgery), w.Now()); err != nil || done {
			w.Fatalf("the second after a week: got %v %v, want to be the first", done, err)
		}
		if _, err := w.s.StopDesk(w.ctx, w.proof(surgery), w.Now()); err != nil {
			w.Fatal(err)
		}
		_, err = w.s.StopDesk(w.ctx, w.proof(surgery), w.Now())
		w.want(err, store.ErrNotFound, "stopped already")
		w.desk()
		_, err = w.s.StopDesk(w.ctx, w.proof(surgery), w.Now())
		w.want(err, store.ErrExists, "it has begun")
		p := w.message("m1", surgery)
		w.want(w.s.EndDesk(w.ctx, surgery, "operator:root", w.Now()), nil, "the service desk ends it")
		w.want(w.reads(p, surgery), nil, "an ordinary address again")
		w.want(w.reads(p, anna), store.ErrNotRecipient, "who sat there")
	},
	// The service desk can at once, for the organisation's own addresses.
	"DeskAtOnce": func(w *world) {
		_, err := w.s.OpenDesk(w.ctx, surgery, nil, "operator:root", w.Now())
		w.want(err, store.ErrConflict, "without an owner")
		_, err = w.s.OpenDesk(w.ctx, surgery, []addr.Address{surgery}, "operator:root", w.Now())
		w.want(err, store.ErrConflict, "by itself")
		d, err := w.s.OpenDesk(w.ctx, surgery, []addr.Address{anna}, "operator:root", w.Now())
		if err != nil || !d.Active(w.Now()) {
			w.Fatalf("got %+v %v", d, err)
		}
		p := w.message("m1", surgery)
		w.want(w.reads(p, anna), nil, "at once")
		w.want(w.reads(p, surgery), store.ErrDesk, "the address")
	},
}
