package storetest

import (
	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
)

// Acts that nobody's own case is about: what an operator or a person does beside.
var actCases = map[string]func(*world){
	"RenamePasskey": func(w *world) {
		by := SignIn(w, w.s, jane, "b", w.Now())
		w.want(w.s.AddPasskey(w.ctx, by, []byte("handle of jane"), passkey("k1"), w.Now()), nil, "add")
		w.want(w.s.RenamePasskey(w.ctx, by, []byte("k1"), "the telephone in the kitchen", w.Now()), nil, "rename")
		if _, ways, err := w.s.PasskeyOwner(w.ctx, []byte("k1")); err != nil || ways.Passkeys[0].Name != "the telephone in the kitchen" {
			w.Errorf("got %+v, %v", ways.Passkeys, err)
		}
	},
	"SearchedFor": func(w *world) {
		w.want(w.s.SearchedFor(w.ctx, audit.Operator("operator at the desk"), []addr.Address{jane, bob, {}}, "a complaint by telephone", w.Now()), nil, "note")
		for _, a := range []addr.Address{jane, bob} {
			report, err := w.s.AccountTrail(w.ctx, a)
			if err != nil || len(report.Entries) != 1 || report.Entries[0].Action != audit.Searched || report.Entries[0].Reason != "a complaint by telephone" {
				w.Errorf("%s: got %+v, %v", a, report.Entries, err)
			}
		}
	},
	"EndSessionsOf": func(w *world) {
		token, err := w.s.NewSessionOn(w.ctx, SignIn(w, w.s, jane, "b", w.Now()), "a browser in the library", w.Now())
		w.want(err, nil, "session")
		w.want(w.s.EndSessionsOf(w.ctx, jane, audit.Operator("operator at the desk"), w.Now()), nil, "end")
		_, err = w.s.Session(w.ctx, token, w.Now())
		w.want(err, store.ErrNoSession, "a session that an operator ended")
	},
	"SendForget": func(w *world) {
		const what = "an answer to Care plan, by jane"
		begin := func(want store.Sending) {
			if got, _, err := w.s.SendBegin(w.ctx, what, w.Now()); err != nil || got != want {
				w.Errorf("got %v, %v, want %v", got, err, want)
			}
		}
		begin(store.SendNow)
		w.want(w.s.SendEnded(w.ctx, what, true), nil, "sent")
		begin(store.SendDone)
		w.want(w.s.SendForget(w.ctx, what), nil, "forget")
		begin(store.SendNow)
	},
}
