package storetest

import (
	"slices"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
)

// session signs in by password, comes back with its cookie, and gives the proof
// that pages work with.
func (w *world) session(a addr.Address, password string) (string, store.Proof) {
	w.Helper()
	token := must(w.s.NewSessionOn(w.ctx, must(w.s.CheckPassword(w.ctx, a, password, w.Now()))(w), "Firefox, Windows", w.Now()))(w)
	return token, must(w.s.Session(w.ctx, token, w.Now()))(w)
}

// release asks the gate for one message.
func (w *world) release(p store.Preparation, by store.Proof) error {
	_, _, err := w.s.Release(w.ctx, store.ReleaseRequest{ID: p.Record.ID, Secret: w.keys.Secret(p.Record.ID), Person: by, Purpose: "open", Now: w.Now()})
	return err
}

var ownCases = map[string]func(*world){
	"AddressesOfOneAccount": addressesCase,
	"AddressWithAnAccount":  addressWithAccount,
	"AddressesAreProved":    addressesProved,
	"SessionsListed":        sessionsListed,
	"SessionsBounded":       sessionsBounded,
	"ChangesAskAgain":       changesAskAgain,
	"DeleteAccount":         deleteAccount,
	"ResetByOperator":       resetByOperator,
	"Language": func(w *world) {
		account(w, jane, "right")
		_, p := w.session(jane, "right")
		w.want(w.s.SetLanguage(w.ctx, p, "cy", w.Now()), nil, "set")
		if got := must(w.s.Language(w.ctx, jane))(w); got != "cy" {
			w.Fatalf("got %q", got)
		}
		if got := must(w.s.Language(w.ctx, bob))(w); got != "" {
			w.Fatalf("without an account: %q", got)
		}
		w.want(w.s.SetLanguage(w.ctx, SignIn(w.T, w.s, bob, "b", w.Now()), "cy", w.Now()), nil, "nothing to keep it in")
	},
}

// addressesCase: messages to each open, by the account's password typed at either;
// removed, and none of it is left.
func addressesCase(w *world) {
	account(w, jane, "right")
	_, p := w.session(jane, "right")
	m := w.message("to bob", bob)
	w.want(w.release(m, p), store.ErrNotRecipient, "before")
	w.want(w.s.AddAddress(w.ctx, p, SignIn(w.T, w.s, bob, "b", w.Now()), store.Proof{}, w.Now()), nil, "add")
	old, p := w.session(jane, "right")
	w.want(w.release(m, p), nil, "a message to the further address")
	_, byOther := w.session(bob, "right")
	if !byOther.Address().Equal(jane) {
		w.Fatalf("the password at the further address signs in %v", byOther.Address())
	}
	w.want(w.release(m, byOther), nil, "signed in at the further address")
	w.want(w.release(w.message("to jane", jane), byOther), nil, "and the account's own messages")
	entries := must(w.s.Trail(w.ctx, m.Record.ID))(w).Entries
	last := entries[len(entries)-1]
	if last.Actor != audit.Recipient(bob) || !slices.Contains([]string{last.Reason[len(last.Reason)-len(jane.Key()):]}, jane.Key()) {
		w.Fatalf("the chain says %q %q", last.Actor, last.Reason)
	}
	// A code at the further address opens its own messages and nothing else.
	code := SignIn(w.T, w.s, bob, "b2", w.Now())
	w.want(w.release(m, code), nil, "by code")
	w.want(w.release(w.message("to jane again", jane), code), store.ErrNotRecipient, "the account's by the further address's code")
	w.want(w.s.AddPasskey(w.ctx, code, []byte("handle"), store.Passkey{ID: []byte("id"), PublicKey: []byte("k"), Name: "n"}, w.Now()), store.ErrConflict, "a passkey beside the account")
	_, exists, err := w.s.Register(w.ctx, bob, registration("other"), "b3", w.Now())
	if err != nil || !exists {
		w.Fatalf("registering a further address: %v %v", exists, err)
	}
	// Wrong passwords lock the account, wherever they are typed.
	for range store.PasswordTries {
		_ = w.password(bob, "wrong")
	}
	for _, a := range []addr.Address{bob, jane} {
		w.want(w.password(a, "right"), store.ErrLocked, a.String()+" is locked")
		w.want(w.s.ResetAllowed(w.ctx, a, w.Now()), store.ErrLocked, "and so is a reset")
		if got := must(w.s.AccountForOperator(w.ctx, a, w.Now()))(w).Password; got.IsZero() {
			w.Fatalf("an operator is not told that %v is locked", a)
		}
	}
	w.want(w.release(m, byOther), store.ErrLocked, "a session of the locked way")
	w.want(w.release(m, code), nil, "a code's goes on")
	w.want(w.s.Unlock(w.ctx, bob, audit.Operator("pat"), w.Now()), nil, "unlock")
	w.want(w.password(jane, "right"), nil, "unlocked at either address")

	fresh := must(w.s.RemoveAddress(w.ctx, p, bob, w.Now()))(w)
	_, err = w.s.Session(w.ctx, old, w.Now())
	w.want(err, store.ErrNoSession, "sessions from before")
	w.want(w.release(m, fresh), store.ErrNotRecipient, "after it was taken off")
	w.Add(store.PasswordLock)
	w.want(w.password(bob, "right"), store.ErrWrong, "the password at an address that was taken off")
	_, err = w.s.RemoveAddress(w.ctx, fresh, bob, w.Now())
	w.want(err, store.ErrNotFound, "twice")
	// Whoever has the mailbox can take it off too, and an old proof is worth nothing then.
	_, p = w.session(jane, "right")
	w.want(w.s.AddAddress(w.ctx, p, SignIn(w.T, w.s, bob, "b", w.Now()), store.Proof{}, w.Now()), nil, "again")
	_, p = w.session(jane, "right")
	if on := must(w.s.On(w.ctx, bob))(w); !on.Equal(jane) {
		w.Fatalf("got %v", on)
	}
	w.want(w.s.LeaveAccount(w.ctx, SignIn(w.T, w.s, bob, "b4", w.Now()), w.Now()), nil, "leave")
	w.want(w.release(m, p), store.ErrNotRecipient, "after it left, with a proof from before")
	for _, a := range []addr.Address{jane, bob} {
		w.want(w.s.VerifyAccountAudit(w.ctx, a), nil, "audit")
	}
}

// addressWithAccount: an address that has its own account is taken only when both
// are proved, and its own account ends.
func addressWithAccount(w *world) {
	account(w, jane, "right")
	account(w, bob, "bobs")
	_, p := w.session(jane, "right")
	theirs, _ := w.session(bob, "bobs")
	code := SignIn(w.T, w.s, bob, "b", w.Now())
	w.want(w.s.AddAddress(w.ctx, p, code, store.Proof{}, w.Now()), store.ErrExists, "by a code alone")
	w.want(w.s.AddAddress(w.ctx, p, code, code, w.Now()), store.ErrExists, "by two codes")
	own := must(w.s.CheckPassword(w.ctx, jane, "right", w.Now()))(w)
	w.want(w.s.AddAddress(w.ctx, p, code, own, w.Now()), store.ErrExists, "by another address's password")
	own = must(w.s.CheckPassword(w.ctx, bob, "bobs", w.Now()))(w)
	w.want(w.s.AddAddress(w.ctx, p, code, own, w.Now()), nil, "both proved")
	_, err := w.s.Session(w.ctx, theirs, w.Now())
	w.want(err, store.ErrNoSession, "a session of the account that ended")
	w.want(w.password(bob, "bobs"), store.ErrWrong, "its old password")
	w.want(w.password(bob, "right"), nil, "the account's")
	// On one account it is not taken by a third.
	account(w, carol, "carols")
	_, third := w.session(carol, "carols")
	w.want(w.s.AddAddress(w.ctx, third, SignIn(w.T, w.s, bob, "b", w.Now()), store.Proof{}, w.Now()), store.ErrConflict, "on another account")
	// When the account goes, it is free again.
	token, _ := w.session(jane, "right")
	again := must(w.s.Reenter(w.ctx, token, must(w.s.CheckPassword(w.ctx, jane, "right", w.Now()))(w), "", w.Now()))(w)
	w.want(w.s.DeleteAccount(w.ctx, must(w.s.Session(w.ctx, again, w.Now()))(w), w.Now()), nil, "delete")
	w.want(w.s.AddAddress(w.ctx, third, SignIn(w.T, w.s, bob, "b", w.Now()), store.Proof{}, w.Now()), nil, "free again")
}

func addressesProved(w *world) {
	account(w, jane, "right")
	_, p := w.session(jane, "right")
	code := SignIn(w.T, w.s, bob, "b", w.Now())
	for what, c := range map[string]struct {
		by, code store.Proof
		want     error
	}{
		"nobody":           {store.Proof{}, code, store.ErrAgain},
		"no code":          {p, store.Proof{}, store.ErrAgain},
		"a password":       {p, must(w.s.CheckPassword(w.ctx, jane, "right", w.Now()))(w), store.ErrAgain},
		"her own address":  {p, SignIn(w.T, w.s, jane, "b", w.Now()), store.ErrConflict},
		"without account":  {SignIn(w.T, w.s, carol, "c", w.Now()), code, store.ErrNoAccount},
		"the code's alone": {code, code, store.ErrNoAccount},
	} {
		w.want(w.s.AddAddress(w.ctx, c.by, c.code, store.Proof{}, w.Now()), c.want, what)
	}
	for i := range store.MaxAlso {
		a := addr.MustParse(string(rune('a'+i)) + "@more.example")
		w.want(w.s.AddAddress(w.ctx, p, SignIn(w.T, w.s, a, "b", w.Now()), store.Proof{}, w.Now()), nil, "add")
	}
	w.want(w.s.AddAddress(w.ctx, p, code, store.Proof{}, w.Now()), store.ErrTooMany, "one more")
	token, _ := w.session(jane, "right")
	w.Add(store.FreshLife + time.Second)
	p = must(w.s.Session(w.ctx, token, w.Now()))(w)
	w.want(w.s.AddAddress(w.ctx, p, SignIn(w.T, w.s, bob, "b", w.Now()), store.Proof{}, w.Now()), store.ErrAgain, "signed in too long ago")
}

func sessionsListed(w *world) {
	account(w, jane, "right")
	first, _ := w.session(jane, "right")
	w.Add(time.Minute)
	second := must(w.s.NewSessionOn(w.ctx, SignIn(w.T, w.s, jane, "b1", w.Now()), "Safari, iPhone", w.Now()))(w)
	w.Add(time.Minute)
	p := must(w.s.Session(w.ctx, first, w.Now()))(w)
	got := must(w.s.Sessions(w.ctx, p, w.Now()))(w)
	if len(got) != 2 || got[0].Kind != "Firefox, Windows" || !got[0].Current || got[1].Current || got[1].Method != store.ByCode ||
		!got[0].Since.Equal(w.Now().Add(-2*time.Minute)) || !got[0].Used.Equal(w.Now()) || !got[1].Used.Equal(w.Now().Add(-time.Minute)) {
		w.Fatalf("got %+v", got)
	}
	if other := must(w.s.Sessions(w.ctx, SignIn(w.T, w.s, bob, "b", w.Now()), w.Now()))(w); len(other) != 0 {
		w.Fatalf("somebody else sees %+v", other)
	}
	w.want(w.s.EndDevice(w.ctx, SignIn(w.T, w.s, bob, "b", w.Now()), got[1].ID), store.ErrNotFound, "somebody else's")
	w.want(w.s.EndDevice(w.ctx, p, got[1].ID), nil, "end one")
	_, err := w.s.Session(w.ctx, second, w.Now())
	w.want(err, store.ErrNoSession, "it has ended")
	w.want(w.s.EndDevice(w.ctx, p, got[1].ID), store.ErrNotFound, "twice")
	third, _ := w.session(jane, "right")
	fresh := must(w.s.EndSessions(w.ctx, p, w.Now()))(w)
	for _, token := range []string{first, third} {
		_, err = w.s.Session(w.ctx, token, w.Now())
		w.want(err, store.ErrNoSession, "signed out everywhere")
	}
	here := must(w.s.NewSessionOn(w.ctx, fresh, "here", w.Now()))(w)
	if got := must(w.s.Sessions(w.ctx, must(w.s.Session(w.ctx, here, w.Now()))(w), w.Now()))(w); len(got) != 1 || got[0].Kind != "here" {
		w.Fatalf("got %+v", got)
	}
	w.Add(store.SessionIdle)
	if got := must(w.s.Sessions(w.ctx, fresh, w.Now()))(w); len(got) != 0 {
		w.Fatalf("those that are over are listed: %+v", got)
	}
}

func sessionsBounded(w *world) {
	p := SignIn(w.T, w.s, jane, "b1", w.Now())
	var tokens []string
	for range store.MaxSessions + 1 {
		tokens = append(tokens, must(w.s.NewSessionOn(w.ctx, p, "x", w.Add(time.Second)))(w))
	}
	_, err := w.s.Session(w.ctx, tokens[0], w.Now())
	w.want(err, store.ErrNoSession, "the oldest of one too many")
	_, err = w.s.Session(w.ctx, tokens[1], w.Now())
	w.want(err, nil, "the next")
	if got := must(w.s.Sessions(w.ctx, p, w.Now()))(w); len(got) != store.MaxSessions {
		w.Fatalf("got %d", len(got))
	}
}

// changesAskAgain: what an account rests on is changed only by who has just shown
// who she is; a password always by who has shown it anew.
func changesAskAgain(w *world) {
	account(w, jane, "right")
	token, p := w.session(jane, "right")
	_, err := w.s.ChangePassword(w.ctx, p, "new", w.Now())
	w.want(err, store.ErrAgain, "signed in, but not asked again")
	w.want(w.s.SetQuestion(w.ctx, p, "Colour?", "blue", w.Now()), nil, "the question, just signed in")
	w.want(w.s.SetName(w.ctx, p, "Janet", "Dow", w.Now()), nil, "name")
	w.Add(store.FreshLife + time.Second)
	p = must(w.s.Session(w.ctx, token, w.Now()))(w)
	w.want(w.s.SetQuestion(w.ctx, p, "Pet?", "rex", w.Now()), store.ErrAgain, "the question, later")
	w.want(w.s.SetName(w.ctx, p, "Jane", "Dow", w.Now()), nil, "the name needs nothing")
	for what, by := range map[string]store.Proof{"another person": SignIn(w.T, w.s, bob, "b", w.Now()), "the session itself": p, "nobody": {}} {
		_, err = w.s.Reenter(w.ctx, token, by, "", w.Now())
		w.want(err, store.ErrNoSession, what)
	}
	other, _ := w.session(jane, "right")
	fresh := must(w.s.Reenter(w.ctx, token, SignIn(w.T, w.s, jane, "b", w.Now()), "", w.Now()))(w)
	_, err = w.s.Session(w.ctx, token, w.Now())
	w.want(err, store.ErrNoSession, "the session before")
	p = must(w.s.Session(w.ctx, fresh, w.Add(store.FreshLife)))(w)
	if p.Method() != store.ByPassword {
		w.Fatalf("the session's way became %q", p.Method())
	}
	by := must(w.s.ChangePassword(w.ctx, p, "new", w.Now()))(w)
	for _, gone := range []string{fresh, other} {
		_, err = w.s.Session(w.ctx, gone, w.Now())
		w.want(err, store.ErrNoSession, "a session from before the change")
	}
	must(w.s.NewSession(w.ctx, by, w.Now()))(w)
	w.want(w.password(jane, "right"), store.ErrWrong, "the old one")
	w.want(w.password(jane, "new"), nil, "the new one")
	_, err = w.s.ChangePassword(w.ctx, p, "newer", w.Add(time.Second))
	w.want(err, store.ErrAgain, "too late")
	// The question that was set is the one that a reset asks.
	reset, _, _ := w.startReset(jane, "b1")
	w.want(w.s.CheckAnswer(w.ctx, reset, "b1", " BLUE", w.Now()), nil, "the new answer")
	w.want(w.s.VerifyAccountAudit(w.ctx, jane), nil, "audit")
}

func deleteAccount(w *world) {
	account(w, jane, "right")
	token, p := w.session(jane, "right")
	m := w.message("before", jane)
	w.want(w.s.AddPasskey(w.ctx, p, []byte("handle"), store.Passkey{ID: []byte("id"), PublicKey: []byte("k"), Name: "n"}, w.Now()), nil, "passkey")
	w.want(w.s.DeleteAccount(w.ctx, p, w.Now()), store.ErrAgain, "not asked again")
	fresh := must(w.s.Reenter(w.ctx, token, SignIn(w.T, w.s, jane, "b", w.Now()), "", w.Now()))(w)
	w.want(w.s.DeleteAccount(w.ctx, must(w.s.Session(w.ctx, fresh, w.Now()))(w), w.Now()), nil, "delete")
	_, err := w.s.Session(w.ctx, fresh, w.Now())
	w.want(err, store.ErrNoSession, "its session")
	w.want(w.password(jane, "right"), store.ErrWrong, "its password")
	_, err = w.s.Account(w.ctx, jane)
	w.want(err, store.ErrNoAccount, "the account")
	_, _, err = w.s.PasskeyOwner(w.ctx, []byte("id"))
	w.want(err, store.ErrNoAccount, "its passkey")
	code := SignIn(w.T, w.s, jane, "b", w.Now())
	w.want(w.release(m, code), nil, "messages open by a code")
	w.want(w.s.VerifyAccountAudit(w.ctx, jane), nil, "the chain stays")
	account(w, jane, "anew")
	w.want(w.password(jane, "anew"), nil, "registered again")
}

// resetByOperator is BOP-18 and BOP-19: nobody but an operator, audited, and the
// person registers again by her mailbox.
func resetByOperator(w *world) {
	account(w, jane, "right")
	token, _ := w.session(jane, "right")
	for range store.PasswordTries {
		_ = w.password(jane, "wrong")
	}
	for _, by := range []audit.Actor{audit.Recipient(jane), audit.Sender(alice), audit.Milter, "desk:helen", "", "operator"} {
		w.want(w.s.ResetAccount(w.ctx, jane, by, w.Now()), store.ErrOperator, string(by))
	}
	state := must(w.s.AccountForOperator(w.ctx, jane, w.Now()))(w)
	if !state.Exists || !state.Password.Equal(w.Now().Add(store.PasswordLock)) || !state.Answers.IsZero() {
		w.Fatalf("got %+v", state)
	}
	w.want(w.s.ResetAccount(w.ctx, jane, audit.Operator("pat"), w.Now()), nil, "reset")
	_, err := w.s.Session(w.ctx, token, w.Now())
	w.want(err, store.ErrNoSession, "its session")
	w.want(w.password(jane, "right"), store.ErrWrong, "its password, and no lock")
	w.want(w.s.ResetAccount(w.ctx, jane, audit.Operator("pat"), w.Now()), store.ErrNoAccount, "twice")
	entries := must(w.s.AccountTrail(w.ctx, jane))(w).Entries
	if last := entries[len(entries)-1]; last.Action != audit.Reset || last.Actor != "operator:pat" {
		w.Fatalf("got %+v", last)
	}
	account(w, jane, "anew")
	w.want(w.password(jane, "anew"), nil, "registered again")
}
