package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
)

var (
	housing = addr.MustParse("housing@council.example")
	mona    = addr.MustParse("mona@council.example")
	helper  = audit.Operator("helen")
)

func byHousing(r *store.Record) { r.Sender = housing }

var teamCases = map[string]func(*world){
	// CYC-12: who was given a unit sees what it sent and nothing else, by name in the
	// record; from the moment it is taken away she sees nothing.
	"Team": func(w *world) {
		r := w.stored("t1", byHousing, jane)
		other := w.stored("t2", func(*store.Record) {}, jane)
		see := func(p store.Proof) (store.Record, error) {
			return w.s.EnvelopeForManager(w.ctx, r.ID, p, "list", w.Now())
		}
		_, err := see(w.proof(mona))
		w.want(err, store.ErrNotFound, "before it was given")
		must(w.s.GiveUnit(w.ctx, housing, mona, helper, w.Now()))(w)
		t := must(w.s.GiveUnit(w.ctx, housing, mona, helper, w.Now()))(w)
		if len(t.Managers) != 1 || !t.Managers[0].Address.Equal(mona) || !t.Managers[0].Since.Equal(w.Now()) {
			w.Fatalf("got %+v, want her once", t)
		}
		if got := must(w.s.UnitsOf(w.ctx, w.proof(mona), w.Now()))(w); len(got) != 1 || !got[0].Equal(housing) {
			w.Fatalf("got units %v", got)
		}
		if got := must(see(w.proof(mona)))(w); got.ID != r.ID {
			w.Fatalf("got %v", got.ID)
		}
		_, err = w.s.EnvelopeForManager(w.ctx, other.ID, w.proof(mona), "list", w.Now())
		w.want(err, store.ErrNotFound, "another's message")
		for name, who := range map[string]addr.Address{"somebody else": dave, "the unit itself": housing} {
			_, err = see(w.proof(who))
			w.want(err, store.ErrNotFound, name)
		}
		_, err = see(store.Proof{})
		w.want(err, store.ErrNoSession, "nobody signed in")
		old := w.proof(mona)
		entries := must(w.s.Trail(w.ctx, r.ID))(w).Entries
		if last := entries[len(entries)-1]; last.Actor != audit.Manager(mona) || last.Action != audit.Looked || last.Reason != "list" {
			w.Fatalf("the message's record ends with %+v", last)
		}
		if slices.ContainsFunc(must(w.s.Trail(w.ctx, other.ID))(w).Entries, func(e audit.Entry) bool { return e.Actor == audit.Manager(mona) }) {
			w.Fatal("a refused look stands in the record of another's message")
		}
		must(w.s.TakeUnit(w.ctx, housing, mona, helper, w.Now()))(w)
		must(w.s.TakeUnit(w.ctx, housing, mona, helper, w.Now()))(w)
		_, err = see(old)
		w.want(err, store.ErrNotFound, "after it was taken away")
		if got := must(w.s.UnitsOf(w.ctx, old, w.Now()))(w); len(got) != 0 {
			w.Fatalf("got units %v after they were taken away", got)
		}
		var did []string
		for _, e := range must(w.s.AccountTrail(w.ctx, housing))(w).Entries {
			did = append(did, string(e.Actor)+" "+string(e.Action)+" "+e.Reason)
		}
		want := []string{"operator:helen shared to be managed by " + mona.Key(), "operator:helen shared no longer managed by " + mona.Key()}
		if !slices.Equal(did, want) {
			w.Fatalf("the unit's record: got %q, want %q", did, want)
		}
		w.want(w.s.VerifyAccountAudit(w.ctx, housing), nil, "the unit's audit")
		w.want(w.s.VerifyAccountAudit(w.ctx, mona), nil, "the manager's audit")
		_, err = see(store.Proof{})
		w.want(err, store.ErrNoSession, "nobody signed in")
		must(w.s.GiveUnit(w.ctx, housing, mona, helper, w.Now()))(w)
		w.Add(store.SessionLife + time.Minute)
		_, err = see(old)
		w.want(err, store.ErrNoSession, "an old proof")
	},
	// CYC-12: the list of a unit, and the look in the manager's own record.
	"TeamFinds": func(w *world) {
		want := w.stored("t1", byHousing, jane)
		w.stored("t2", func(*store.Record) {}, jane)
		_, err := w.s.FindForManager(w.ctx, w.proof(mona), store.Search{Sender: housing, Limit: 10}, w.Now())
		w.want(err, store.ErrNotFound, "before it was given")
		must(w.s.GiveUnit(w.ctx, housing, mona, helper, w.Now()))(w)
		f := must(w.s.FindForManager(w.ctx, w.proof(mona), store.Search{Sender: housing, Limit: 10}, w.Now()))(w)
		if got := ids(f.Records); len(got) != 1 || got[0] != want.ID {
			w.Fatalf("got %v, want the one of the unit", got)
		}
		entries := must(w.s.AccountTrail(w.ctx, mona))(w).Entries
		if last := entries[len(entries)-1]; last.Actor != audit.Manager(mona) || last.Action != audit.Searched || !slices.Equal(last.Objects, []string{housing.Key()}) {
			w.Fatalf("her record ends with %+v", last)
		}
		for _, q := range []store.Search{{Sender: alice}, {Recipient: jane}, {Sender: alice, Recipient: jane}} {
			_, err = w.s.FindForManager(w.ctx, w.proof(mona), q, w.Now())
			w.want(err, store.ErrNotFound, fmt.Sprintf("%+v", q))
		}
	},
	"TeamBounds": func(w *world) {
		_, err := w.s.GiveUnit(w.ctx, housing, housing, helper, w.Now())
		w.want(err, store.ErrConflict, "itself")
		for i := range store.MaxManagers {
			must(w.s.GiveUnit(w.ctx, housing, addr.MustParse(fmt.Sprintf("m%d@council.example", i)), helper, w.Now()))(w)
		}
		_, err = w.s.GiveUnit(w.ctx, housing, mona, helper, w.Now())
		w.want(err, store.ErrTooMany, "one manager more")
		if got := must(w.s.UnitsOf(w.ctx, w.proof(mona), w.Now()))(w); len(got) != 0 {
			w.Fatalf("a hint alone counts: %v", got)
		}
		for i := range store.MaxUnits - 1 { // the hint of housing is one of hers
			must(w.s.GiveUnit(w.ctx, addr.MustParse(fmt.Sprintf("u%d@council.example", i)), mona, helper, w.Now()))(w)
		}
		_, err = w.s.GiveUnit(w.ctx, addr.MustParse(strings.Repeat("u", 20)+"@council.example"), mona, helper, w.Now())
		w.want(err, store.ErrTooMany, "one unit more")
	},
}
