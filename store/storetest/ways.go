package storetest

import (
	"fmt"
	"time"

	"github.com/postseal/postseal/store"
)

func passkey(id string) store.Passkey {
	return store.Passkey{ID: []byte(id), PublicKey: []byte("public " + id), Name: "Phone", Count: 1}
}

func identity(subject string) store.Identity {
	return store.Identity{Name: "google", Issuer: "https://provider.example", Subject: subject}
}

func (w *world) use(id string, count uint32) error {
	_, err := w.s.UsePasskey(w.ctx, jane, []byte(id), count, false, "b", w.Now())
	return err
}

var wayCases = map[string]func(*world){
	// A passkey belongs to who was signed in when it was made, with or without an account.
	"Passkeys": func(w *world) {
		handle := []byte("handle of jane")
		by := SignIn(w, w.s, jane, "b", w.Now())
		w.want(w.s.AddPasskey(w.ctx, store.Proof{}, handle, passkey("k1"), w.Now()), store.ErrNoSession, "nobody signed in")
		w.want(w.s.AddPasskey(w.ctx, by, handle, passkey("k1"), w.Now()), nil, "the first")
		w.want(w.s.AddPasskey(w.ctx, by, []byte("another"), passkey("k2"), w.Now()), store.ErrConflict, "another handle")
		w.want(w.s.AddPasskey(w.ctx, by, handle, passkey("k2"), w.Now()), nil, "the second")
		w.want(w.s.AddPasskey(w.ctx, SignIn(w, w.s, bob, "c", w.Now()), []byte("bob"), passkey("k1"), w.Now()), store.ErrExists, "the same key for another person")
		who, ways, err := w.s.PasskeyOwner(w.ctx, []byte("k2"))
		if err != nil || !who.Equal(jane) || len(ways.Passkeys) != 2 || string(ways.Handle) != string(handle) {
			w.Fatalf("owner: got %v %v %v", who, ways, err)
		}
		_, _, err = w.s.PasskeyOwner(w.ctx, []byte("k3"))
		w.want(err, store.ErrNoAccount, "a key of nobody")
		p, err := w.s.UsePasskey(w.ctx, jane, []byte("k1"), 2, true, "b", w.Now())
		w.want(err, nil, "use")
		if !p.Address().Equal(jane) || p.Method() != store.ByPasskey {
			w.Errorf("proof: got %v by %s", p.Address(), p.Method())
		}
		w.want(w.use("k3", 1), store.ErrWrong, "a key that is not hers")
	},
	"PasskeyCounter": func(w *world) {
		by := SignIn(w, w.s, jane, "b", w.Now())
		w.want(w.s.AddPasskey(w.ctx, by, []byte("h"), passkey("k1"), w.Now()), nil, "add")
		still := passkey("still")
		still.Count = 0
		w.want(w.s.AddPasskey(w.ctx, by, []byte("h"), still, w.Now()), nil, "add")
		w.want(w.use("k1", 1), store.ErrCopied, "the same count again")
		w.want(w.use("k1", 5), nil, "more")
		w.want(w.use("k1", 4), store.ErrCopied, "back")
		w.want(w.use("k1", 0), store.ErrCopied, "to nothing")
		w.want(w.use("still", 0), nil, "one that does not count")
		w.want(w.use("still", 0), nil, "nor later")
		if got := parallel(8, func(int) error { return w.use("k1", 9) })[nil]; got != 1 {
			w.Errorf("one signature signed in %d times", got)
		}
	},
	// What was lost opens nothing: not the key, and no session that it began.
	"PasskeyRemoved": func(w *world) {
		by := SignIn(w, w.s, jane, "b", w.Now())
		w.want(w.s.AddPasskey(w.ctx, by, []byte("h"), passkey("k1"), w.Now()), nil, "add")
		p, err := w.s.UsePasskey(w.ctx, jane, []byte("k1"), 2, false, "thief", w.Now())
		w.want(err, nil, "use")
		session, err := w.s.NewSession(w.ctx, p, w.Now())
		w.want(err, nil, "session")
		fresh, err := w.s.RemovePasskey(w.ctx, by, []byte("k1"), w.Now())
		w.want(err, nil, "remove")
		_, err = w.s.Session(w.ctx, session, w.Now())
		w.want(err, store.ErrNoSession, "the lost device's session")
		own, err := w.s.NewSession(w.ctx, fresh, w.Now())
		w.want(err, nil, "her own session")
		_, err = w.s.Session(w.ctx, own, w.Now())
		w.want(err, nil, "her own session holds")
		w.want(w.use("k1", 3), store.ErrWrong, "the lost key")
		_, _, err = w.s.PasskeyOwner(w.ctx, []byte("k1"))
		w.want(err, store.ErrNoAccount, "its owner")
		_, err = w.s.RemovePasskey(w.ctx, fresh, []byte("k1"), w.Now())
		w.want(err, store.ErrNotFound, "once more")
		w.want(w.s.AddPasskey(w.ctx, SignIn(w, w.s, bob, "c", w.Now()), []byte("bob"), passkey("k1"), w.Now()), nil, "the device's new person")
	},
	"PasskeysAreBounded": func(w *world) {
		by := SignIn(w, w.s, jane, "b", w.Now())
		for i := range store.MaxPasskeys {
			w.want(w.s.AddPasskey(w.ctx, by, []byte("h"), passkey(fmt.Sprint(i)), w.Now()), nil, "add")
		}
		w.want(w.s.AddPasskey(w.ctx, by, []byte("h"), passkey("more"), w.Now()), store.ErrTooMany, "one more")
		nameless := passkey("n")
		nameless.Name = ""
		w.want(w.s.AddPasskey(w.ctx, by, []byte("h"), nameless, w.Now()), store.ErrTooLong, "no name")
		w.Add(store.SessionLife + time.Second)
		w.want(w.s.AddPasskey(w.ctx, by, []byte("h"), passkey("late"), w.Now()), store.ErrNoSession, "an old proof")
	},
	// An address is bound to issuer and subject.
	"Vouched": func(w *world) {
		p, err := w.s.SignInVouched(w.ctx, jane, identity("jane-1"), "b", w.Now())
		w.want(err, nil, "the first time")
		if p.Method() != store.ByOIDC || !p.Address().Equal(jane) {
			w.Errorf("proof: got %v by %s", p.Address(), p.Method())
		}
		_, err = w.s.SignInVouched(w.ctx, jane, identity("jane-1"), "b", w.Add(time.Hour))
		w.want(err, nil, "again")
		_, err = w.s.SignInVouched(w.ctx, jane, identity("jane-2"), "b", w.Now())
		w.want(err, store.ErrOtherPerson, "the address has gone to somebody else")
		elsewhere := identity("jane-2")
		elsewhere.Issuer = "https://other.example"
		_, err = w.s.SignInVouched(w.ctx, jane, elsewhere, "b", w.Now())
		w.want(err, nil, "another provider")
		ways := must(w.s.Ways(w.ctx, jane))(w)
		if len(ways.Providers) != 2 || !ways.Providers[0].UsedAt.Equal(w.Now()) {
			w.Errorf("providers: got %v", ways.Providers)
		}
		by := SignIn(w, w.s, jane, "b", w.Now())
		_, err = w.s.RemoveProvider(w.ctx, by, "https://provider.example", w.Now())
		w.want(err, nil, "taken off")
		_, err = w.s.SignInVouched(w.ctx, jane, identity("jane-2"), "b", w.Now())
		w.want(err, nil, "bound anew")
		_, err = w.s.RemoveProvider(w.ctx, by, "https://nobody.example", w.Now())
		w.want(err, store.ErrNotFound, "one that is not there")
		_, err = w.s.SignInVouched(w.ctx, jane, store.Identity{Issuer: "x"}, "b", w.Now())
		w.want(err, store.ErrTooLong, "nobody in particular")
	},
	// Ways of her own do not end with a new password, and need no account.
	"WaysBesideAnAccount": func(w *world) {
		by := SignIn(w, w.s, jane, "b", w.Now())
		w.want(w.s.AddPasskey(w.ctx, by, []byte("h"), passkey("k1"), w.Now()), nil, "add")
		_, err := w.s.Account(w.ctx, jane)
		w.want(err, store.ErrNoAccount, "a passkey is no account")
		account(w, jane, "long password")
		w.want(w.use("k1", 2), nil, "after setting a password")
	},
	"Ceremony": func(w *world) {
		w.want(w.s.BeginCeremony(w.ctx, "b", "oidc", "state", []byte("data"), w.Now()), nil, "begin")
		for _, c := range []struct {
			b          store.Browser
			kind, name string
		}{{"other", "oidc", "state"}, {"b", "passkey", "state"}, {"b", "oidc", "else"}, {"", "oidc", "state"}} {
			_, err := w.s.EndCeremony(w.ctx, c.b, c.kind, c.name, w.Now())
			w.want(err, store.ErrCodeExpired, "not begun: "+string(c.b)+c.kind+c.name)
		}
		if got := must(w.s.EndCeremony(w.ctx, "b", "oidc", "state", w.Now()))(w); string(got) != "data" {
			w.Errorf("got %q", got)
		}
		_, err := w.s.EndCeremony(w.ctx, "b", "oidc", "state", w.Now())
		w.want(err, store.ErrCodeExpired, "a second time")
		w.want(w.s.BeginCeremony(w.ctx, "b", "oidc", "state", []byte("data"), w.Now()), nil, "begin")
		w.Add(store.CeremonyLife)
		_, err = w.s.EndCeremony(w.ctx, "b", "oidc", "state", w.Now())
		w.want(err, store.ErrCodeExpired, "too late")
		w.want(w.s.BeginCeremony(w.ctx, "", "oidc", "state", nil, w.Now()), store.ErrNoSession, "no browser")
		w.want(w.s.BeginCeremony(w.ctx, "b", "oidc", "state", make([]byte, 9<<10), w.Now()), store.ErrTooLong, "too long")
	},
}
