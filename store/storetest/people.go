package storetest

import (
	"slices"
	"strings"

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
