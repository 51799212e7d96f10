package storetest

import (
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
)

func names(cards []store.Card) string {
	var out []string
	for _, c := range cards {
		out = append(out, c.Name)
	}
	return strings.Join(out, ", ")
}

var memberCases = map[string]func(*world){
	// CJSM-6: members are found by what they say of themselves, change it, and are
	// shown only as long as they want it.
	"Directory": func(w *world) {
		find := func(words string) string {
			cards, _, err := w.s.FindMembers(w.ctx, words, 50)
			w.want(err, nil, words)
			return names(cards)
		}
		set := func(a addr.Address, c store.Card) {
			w.want(w.s.SetCard(w.ctx, w.proof(a), c, w.Now()), nil, "set")
		}
		set(alice, store.Card{Name: "Alice Ång", Organisation: "Council", Unit: "Housing", Phone: "01632 960001", Listed: true})
		set(dave, store.Card{Name: "Dave", Organisation: "Council", Listed: true})
		set(jane, store.Card{Name: "Jane", Organisation: "Surgery"})
		for words, want := range map[string]string{"council": "Alice Ång, Dave", "COUNCIL hous": "Alice Ång", "ÅNG": "Alice Ång", "960001": "Alice Ång", "dave@": "Dave", "surgery": "", "council surgery": ""} {
			if got := find(words); got != want {
				w.Fatalf("%q: got %q, want %q", words, got, want)
			}
		}
		if cards, more, err := w.s.FindMembers(w.ctx, "council", 1); err != nil || len(cards) != 1 || !more {
			w.Fatalf("got %v %v %v, want one, and that there are more", cards, more, err)
		}
		set(alice, store.Card{Name: "Alice", Listed: true})
		if got := find("alice"); got != "Alice" {
			w.Fatalf("after her change: got %q", got)
		}
		set(alice, store.Card{Name: "Alice"})
		if got := find("alice"); got != "" {
			w.Fatalf("ex-directory, and found: %q", got)
		}
		if c := must(w.s.Card(w.ctx, alice))(w); c.Name != "Alice" || c.Listed {
			w.Fatalf("her own entry: %+v", c)
		}
		w.want(w.s.VerifyAccountAudit(w.ctx, alice), nil, "audit")
	},
	"DirectoryBounds": func(w *world) {
		c := store.Card{Name: strings.Repeat("ŵ", store.MaxCardText), Listed: true}
		w.want(w.s.SetCard(w.ctx, w.proof(alice), c, w.Now()), nil, "as long as may be")
		for name, long := range map[string]store.Card{"name": {Name: c.Name + "x"}, "organisation": {Organisation: c.Name + "x"}, "unit": {Unit: c.Name + "x"}, "phone": {Phone: c.Name + "x"}, "not text": {Name: "\xff"}} {
			w.want(w.s.SetCard(w.ctx, w.proof(alice), long, w.Now()), store.ErrTooLong, name)
		}
		w.want(w.s.SetCard(w.ctx, store.Proof{}, c, w.Now()), store.ErrNoSession, "nobody")
		for _, words := range []string{"", "a", " a ", "  ", strings.Repeat("x", 201)} {
			_, _, err := w.s.FindMembers(w.ctx, words, 50)
			w.want(err, store.ErrTooLong, words)
		}
		old := w.proof(alice)
		w.Add(store.SessionLife + time.Minute)
		w.want(w.s.SetCard(w.ctx, old, c, w.Now()), store.ErrNoSession, "an old proof")
	},
	// Staff who switch secure mail on are shown, unless they said no before; a
	// choice stays.
	"DirectoryByDefault": func(w *world) {
		shown := func(a addr.Address) bool { return must(w.s.Card(w.ctx, a))(w).Listed }
		w.want(w.s.ListMember(w.ctx, w.proof(alice), "Alice", "Council", w.Now()), nil, "alice")
		w.want(w.s.SetCard(w.ctx, w.proof(dave), store.Card{Name: "Dave"}, w.Now()), nil, "dave says no")
		w.want(w.s.ListMember(w.ctx, w.proof(dave), "Dave", "Council", w.Now()), nil, "dave")
		if !shown(alice) || shown(dave) {
			w.Fatal("want alice shown, and dave not")
		}
		w.want(w.s.SetCard(w.ctx, w.proof(alice), store.Card{Name: "Alice"}, w.Now()), nil, "alice says no")
		w.want(w.s.ListMember(w.ctx, w.proof(alice), "Alice", "Council", w.Now()), nil, "alice again")
		if shown(alice) {
			w.Fatal("her choice was lost")
		}
	},
	// Who deletes her account is in the directory no more.
	"DirectoryAfterDelete": func(w *world) {
		account(w, alice, "correct horse battery")
		w.want(w.s.SetCard(w.ctx, w.proof(alice), store.Card{Name: "Alice", Listed: true}, w.Now()), nil, "set")
		w.want(w.s.ResetAccount(w.ctx, alice, audit.Operator("helen"), w.Now()), nil, "reset")
		if all, damaged, err := w.s.Members(w.ctx); len(all) != 0 || damaged != 0 || err != nil {
			w.Fatalf("got %v %v %v", all, damaged, err)
		}
		if c := must(w.s.Card(w.ctx, alice))(w); c.Name != "" {
			w.Fatalf("still there: %+v", c)
		}
	},
	// CJSM-3: an exception of the class is the operator's, and outlives the owner's changes.
	"DirectoryClass": func(w *world) {
		by := audit.Operator("helen")
		must(w.s.SetClass(w.ctx, jane, store.ClassPractitioner, by, w.Now()))(w)
		if all, damaged, err := w.s.Members(w.ctx); len(all) != 0 || damaged != 0 || err != nil {
			w.Fatalf("a class alone shows somebody: %v %v %v", all, damaged, err)
		}
		w.want(w.s.SetCard(w.ctx, w.proof(jane), store.Card{Name: "Jane", Class: store.ClassOrganisation, Address: bob, Listed: true}, w.Now()), nil, "set")
		if c := must(w.s.Card(w.ctx, jane))(w); c.Class != store.ClassPractitioner || !c.Address.Equal(jane) {
			w.Fatalf("got %+v", c)
		}
		must(w.s.SetClass(w.ctx, jane, "", by, w.Now()))(w)
		if c := must(w.s.Card(w.ctx, jane))(w); c.Class != "" || c.Name != "Jane" || !c.Listed {
			w.Fatalf("got %+v", c)
		}
		_, err := w.s.SetClass(w.ctx, jane, "friend", by, w.Now())
		w.want(err, store.ErrSyntax, "no such class")
		entries := must(w.s.AccountTrail(w.ctx, jane))(w).Entries
		if entries[0].Actor != by || entries[0].Reason != "class of member: practitioner" {
			w.Fatalf("her record begins with %+v", entries[0])
		}
	},
}
