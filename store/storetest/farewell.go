package storetest

import (
	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/store"
)

// confirmed is a session of somebody who has just shown anew who she is.
func (w *world) confirmed(a addr.Address, password string) store.Proof {
	w.Helper()
	token, _ := w.session(a, password)
	again := must(w.s.Reenter(w.ctx, token, must(w.s.CheckPassword(w.ctx, a, password, w.Now()))(w), "", w.Now()))(w)
	return must(w.s.Session(w.ctx, again, w.Now()))(w)
}

var farewellCases = map[string]func(*world){
	// Issue 5, item 1: what somebody had a say in ends with her account: whoever reads
	// her mailbox later, by a code, sits at no desk and manages no unit of hers.
	"DeletedAccountHasNoSayAnyMore": func(w *world) {
		w.desk()
		account(w, anna, "annas")
		must(w.s.GiveUnit(w.ctx, housing, anna, helper, w.Now()))(w)
		m := w.message("to the surgery", surgery)
		w.want(w.release(m, w.confirmed(anna, "annas")), nil, "she reads at the desk")
		w.want(w.s.SaveDraft(w.ctx, w.proof(anna), store.Draft{ID: "d"}, w.Now()), nil, "a draft")
		elsewhere, _ := w.session(anna, "annas")
		page := must(w.s.NewSession(w.ctx, w.proof(anna), w.Now()))(w)
		w.want(w.s.DeleteAccount(w.ctx, w.confirmed(anna, "annas"), w.Now()), nil, "delete")
		for _, token := range []string{elsewhere, page} {
			_, err := w.s.Session(w.ctx, token, w.Now())
			w.want(err, store.ErrNoSession, "another browser")
		}
		code := w.proof(anna)
		w.want(w.release(m, code), store.ErrNotRecipient, "by a code at her mailbox")
		if got := must(w.s.DesksOf(w.ctx, code, w.Now()))(w); len(got) != 0 {
			w.Fatalf("she still sits at %v", got)
		}
		if got := must(w.s.UnitsOf(w.ctx, code, w.Now()))(w); len(got) != 0 {
			w.Fatalf("she still manages %v", got)
		}
		if got := must(w.s.Team(w.ctx, housing))(w); len(got.Managers) != 0 {
			w.Fatalf("the unit's list has %v", got.Managers)
		}
		d, have, err := w.s.Desk(w.ctx, surgery)
		if _, sits := d.Seat(ben); err != nil || !have || !sits || len(d.Seats) != 1 {
			w.Fatalf("the desk has %v, %v", d.Seats, err)
		}
		for _, a := range []addr.Address{anna, surgery, housing} {
			w.want(w.s.VerifyAccountAudit(w.ctx, a), nil, "audit of "+a.String())
		}
	},
	// The last owner of a shared mailbox cannot go: nobody could change its list, and
	// nothing is deleted.
	"LastOwnerKeepsHerAccount": func(w *world) {
		w.desk()
		account(w, anna, "annas")
		w.want(w.s.Unseat(w.ctx, w.proof(anna), surgery, ben, w.Now()), nil, "ben leaves")
		p := w.confirmed(anna, "annas")
		w.want(w.s.SaveDraft(w.ctx, p, store.Draft{ID: "d"}, w.Now()), nil, "a draft")
		d := must(w.s.Duties(w.ctx, p, w.Now()))(w)
		if len(d.Last) != 1 || !d.Last[0].Equal(surgery) {
			w.Fatalf("got %+v", d)
		}
		w.want(w.s.DeleteAccount(w.ctx, p, w.Now()), store.ErrLastOwner, "delete")
		w.want(w.password(anna, "annas"), nil, "the account is there")
		if drafts := must(w.s.Drafts(w.ctx, p, w.Now()))(w); len(drafts) != 1 {
			w.Fatalf("%d drafts are left", len(drafts))
		}
		must(w.s.SetSeat(w.ctx, p, surgery, carol, true, w.Now()))(w)
		w.want(w.s.DeleteAccount(w.ctx, w.confirmed(anna, "annas"), w.Now()), nil, "when somebody else looks after it")
	},
	// A passkey whose account is gone can be added anew, by anybody.
	"DeletedAccountFreesItsPasskeys": func(w *world) {
		account(w, jane, "right")
		p := w.confirmed(jane, "right")
		k := store.Passkey{ID: []byte("id"), PublicKey: []byte("k"), Name: "n"}
		w.want(w.s.AddPasskey(w.ctx, p, []byte("handle"), k, w.Now()), nil, "add")
		w.want(w.s.DeleteAccount(w.ctx, p, w.Now()), nil, "delete")
		w.want(w.s.AddPasskey(w.ctx, w.proof(bob), []byte("another"), k, w.Now()), nil, "added by somebody else")
	},
}
