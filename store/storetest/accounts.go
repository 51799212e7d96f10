package storetest

import (
	"errors"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
)

func registration(password string) store.Registration {
	return store.Registration{FirstName: "Jane", LastName: "Doe", Password: password, Question: "First pet?", Answer: "  Old  Tibbles ", Next: "/m/abc"}
}

// account makes an account with a password and the answer "old tibbles".
func account(w *world, a addr.Address, password string) {
	w.Helper()
	token, exists, err := w.s.Register(w.ctx, a, registration(password), "reg-browser", w.Now())
	if err != nil || exists {
		w.Fatalf("register: %v, exists %v", err, exists)
	}
	_, _, err = w.s.Activate(w.ctx, token, "reg-browser", nil, w.Now())
	w.want(err, nil, "activate")
}

func (w *world) startReset(a addr.Address, b store.Browser) (token string, exists bool, err error) {
	m, err := w.s.StartReset(w.ctx, a, b, w.Now())
	return m.Token, m.Token != "", err
}

func (w *world) password(a addr.Address, text string) error {
	_, err := w.s.CheckPassword(w.ctx, a, text, w.Now())
	return err
}

var accountCases = map[string]func(*world){
	"RegisterActivateSignIn": func(w *world) {
		token, exists, err := w.s.Register(w.ctx, jane, registration("pässword"), "b1", w.Now())
		if err != nil || exists || token == "" {
			w.Fatalf("got %v, exists %v", err, exists)
		}
		w.want(w.password(jane, "pässword"), store.ErrWrong, "before activation")
		for range 3 { // GET changes nothing
			a, next, same, err := w.s.Activation(w.ctx, token, "b1", w.Now())
			if err != nil || !a.Equal(jane) || next != "/m/abc" || !same {
				w.Fatalf("got %v %q %v %v", a, next, same, err)
			}
		}
		p, next, err := w.s.Activate(w.ctx, token, "b1", nil, w.Now())
		if err != nil || next != "/m/abc" || !p.Address().Equal(jane) || p.Method() != store.ByPassword {
			w.Fatalf("got %v %q %v", p.Address(), next, err)
		}
		_, _, err = w.s.Activate(w.ctx, token, "b1", nil, w.Now())
		w.want(err, store.ErrCodeExpired, "one use")
		w.want(w.password(jane, "pa\u0308ssword"), nil, "the same letters composed in another way")
		got := must(w.s.Account(w.ctx, jane))(w)
		if got.FirstName != "Jane" || got.Question != "First pet?" || !got.ActiveAt.Equal(w.Now()) {
			w.Fatalf("got %+v", got)
		}
		_, err = w.s.Account(w.ctx, bob)
		w.want(err, store.ErrNoAccount, "no account")
		token, exists, err = w.s.Register(w.ctx, jane, registration("other"), "b2", w.Now())
		if err != nil || !exists || token != "" {
			w.Fatalf("registering again: %q %v %v", token, exists, err)
		}
		w.want(w.password(jane, "other"), store.ErrWrong, "registering again changed the password")
		w.want(w.s.VerifyAccountAudit(w.ctx, jane), nil, "audit")
	},
	// BCC-6 at its edges.
	"ActivationLife": func(w *world) {
		token, _, err := w.s.Register(w.ctx, jane, registration("pw"), "b1", w.Now())
		w.want(err, nil, "register")
		_, _, _, err = w.s.Activation(w.ctx, token, "b1", w.Now().Add(store.LinkLife-time.Second))
		w.want(err, nil, "29:59")
		late := w.Now().Add(store.LinkLife + time.Second)
		_, _, _, err = w.s.Activation(w.ctx, token, "b1", late)
		w.want(err, store.ErrCodeExpired, "30:01")
		_, _, err = w.s.Activate(w.ctx, token, "b1", nil, late)
		w.want(err, store.ErrCodeExpired, "30:01")
		for _, bad := range []string{"", "x", token[:len(token)-1], token + "A", "!" + token[1:], "AAAA" + token[4:]} {
			_, _, _, err = w.s.Activation(w.ctx, bad, "b1", w.Now())
			w.want(err, store.ErrCodeExpired, "a token that is none")
		}
	},
	// A stranger registers an address before its owner activates: nothing he typed is taken over.
	"ActivationInAnotherBrowser": func(w *world) {
		token, _, err := w.s.Register(w.ctx, jane, registration("strangers"), "stranger", w.Now())
		w.want(err, nil, "register")
		a, next, same, err := w.s.Activation(w.ctx, token, "owner", w.Now())
		if err != nil || same || next != "" || !a.Equal(jane) {
			w.Fatalf("got %v %q %v %v", a, next, same, err)
		}
		_, _, err = w.s.Activate(w.ctx, token, "owner", nil, w.Now())
		w.want(err, store.ErrWrong, "another browser without a form")
		typed := registration("owners")
		typed.Next = ""
		_, next, err = w.s.Activate(w.ctx, token, "owner", &typed, w.Now())
		if err != nil || next != "" {
			w.Fatalf("got %q %v", next, err)
		}
		w.want(w.password(jane, "strangers"), store.ErrWrong, "the stranger's password")
		w.want(w.password(jane, "owners"), nil, "the owner's")
	},
	"OneAccountOfManyActivations": func(w *world) {
		tokens := make([]string, 3)
		for i := range tokens {
			tokens[i], _, _ = w.s.Register(w.ctx, jane, registration("pw"), "b1", w.Now())
		}
		got := parallel(30, func(i int) error {
			_, _, err := w.s.Activate(w.ctx, tokens[i%3], "b1", nil, w.Now())
			return err
		})
		if got[nil] != 1 || got[nil]+got[store.ErrExists]+got[store.ErrCodeExpired] != 30 {
			w.Fatalf("got %v", got)
		}
	},
	"LinkMailsAnHour": func(w *world) {
		for range store.LinkMailsHour {
			_, _, err := w.s.Register(w.ctx, jane, registration("pw"), "b1", w.Now())
			w.want(err, nil, "register")
		}
		_, _, err := w.s.Register(w.ctx, jane, registration("pw"), "b2", w.Now())
		w.want(err, store.ErrTooMany, "the eleventh")
		_, _, err = w.s.Register(w.ctx, bob, registration("pw"), "b2", w.Now())
		w.want(err, nil, "another address")
		_, _, err = w.s.Register(w.ctx, jane, registration("pw"), "b2", w.Add(time.Hour))
		w.want(err, nil, "an hour later")
	},
	"PasswordLock":     passwordLock,
	"PasswordsAtOnce":  passwordsAtOnce,
	"Reset":            resetCase,
	"AnswerLock":       answerLock,
	"UnlockIsRecorded": unlockCase,
	"TooLongToRegister": func(w *world) {
		r := registration(string(make([]byte, store.MaxPassword+1)))
		_, _, err := w.s.Register(w.ctx, jane, r, "b", w.Now())
		w.want(err, store.ErrTooLong, "password")
		w.want(w.password(jane, r.Password), store.ErrWrong, "password")
	},
}

// passwordLock is BCC-27 at its edges, the same with and without an account.
func passwordLock(w *world) {
	account(w, jane, "right")
	for range store.PasswordTries - 1 {
		w.want(w.password(jane, "wrong"), store.ErrWrong, "wrong")
	}
	w.want(w.password(jane, "right"), nil, "19 wrong and one right")
	for _, a := range []addr.Address{jane, bob} {
		for range store.PasswordTries - 1 {
			w.want(w.password(a, "wrong"), store.ErrWrong, "wrong again")
		}
		w.want(w.password(a, "wrong"), store.ErrLocked, "the 20th")
		var locked *store.LockedError
		if err := w.password(a, "right"); !errors.As(err, &locked) || !locked.Until.Equal(w.Now().Add(store.PasswordLock)) {
			w.Fatalf("the 21st: got %v", err)
		}
		w.want(w.s.ResetAllowed(w.ctx, a, w.Now()), store.ErrLocked, "reset in the lock")
		_, _, err := w.startReset(a, "b")
		w.want(err, store.ErrLocked, "reset in the lock")
	}
	w.Add(store.PasswordLock - time.Second)
	w.want(w.password(jane, "right"), store.ErrLocked, "59:59")
	w.Add(time.Second)
	w.want(w.s.ResetAllowed(w.ctx, jane, w.Now()), nil, "reset after the lock")
	w.want(w.password(jane, "wrong"), store.ErrWrong, "60:00, counted from none")
	w.want(w.password(jane, "right"), nil, "60:00")
	for range store.PasswordTries - 1 {
		w.want(w.password(jane, "wrong"), store.ErrWrong, "wrong")
	}
	w.Add(25 * time.Hour)
	w.want(w.password(jane, "wrong"), store.ErrWrong, "a day later the old ones are forgotten")
}

// passwordsAtOnce: of 200 guesses at once no more than 20 are checked.
func passwordsAtOnce(w *world) {
	account(w, jane, "right")
	got := parallel(200, func(int) error { return w.password(jane, "wrong") })
	if got[store.ErrWrong] != store.PasswordTries-1 || got[store.ErrLocked] != 200-store.PasswordTries+1 {
		w.Fatalf("got %v", got)
	}
	w.Add(store.PasswordLock)
	// A right guess among wrong ones is served or finds the door shut, and the
	// counter ends where the wrong ones put it.
	got = parallel(200, func(i int) error {
		if i == 100 {
			return w.password(jane, "right")
		}
		return w.password(jane, "wrong")
	})
	if n := got[store.ErrWrong]; got[nil] > 1 || n > 2*store.PasswordTries || got[store.ErrLocked] == 0 {
		w.Fatalf("got %v", got)
	}
}

// resetCase is BOP-15 and BOP-16.
func resetCase(w *world) {
	account(w, jane, "old")
	session := must(w.s.NewSession(w.ctx, must(w.s.CheckPassword(w.ctx, jane, "old", w.Now()))(w), w.Now()))(w)
	token, exists, err := w.startReset(bob, "b1")
	if err != nil || exists || token != "" {
		w.Fatalf("without an account: %q %v %v", token, exists, err)
	}
	token, exists, err = w.startReset(jane, "b1")
	if err != nil || !exists {
		w.Fatalf("got %v %v", exists, err)
	}
	a, question, err := w.s.ResetQuestion(w.ctx, token, w.Now().Add(store.LinkLife-time.Second))
	if err != nil || !a.Equal(jane) || question != "First pet?" {
		w.Fatalf("got %v %q %v", a, question, err)
	}
	_, _, err = w.s.ResetQuestion(w.ctx, token, w.Now().Add(store.LinkLife+time.Second))
	w.want(err, store.ErrCodeExpired, "30:01")
	w.want(w.s.SetPassword(w.ctx, token, "b1", "new", w.Now()), store.ErrWrong, "without an answer")
	w.want(w.s.CheckAnswer(w.ctx, token, "b1", "rex", w.Now()), store.ErrWrong, "wrong answer")
	w.want(w.s.CheckAnswer(w.ctx, token, "b1", "OLD tibbles", w.Now()), nil, "right answer")
	w.want(w.s.SetPassword(w.ctx, token, "b2", "new", w.Now()), store.ErrWrong, "another browser")
	w.want(w.s.SetPassword(w.ctx, token, "b1", "new", w.Now()), nil, "set")
	w.want(w.s.SetPassword(w.ctx, token, "b1", "newer", w.Now()), store.ErrCodeExpired, "one use")
	w.want(w.password(jane, "old"), store.ErrWrong, "the old one")
	w.want(w.password(jane, "new"), nil, "the new one")
	_, err = w.s.Session(w.ctx, session, w.Now())
	w.want(err, store.ErrNoSession, "a session from before")
	_, _, _, err = w.s.Activation(w.ctx, token, "b1", w.Now())
	w.want(err, store.ErrCodeExpired, "a reset link is no activation link")

	typed := registration("pw")
	typed.Question, typed.Answer = "", ""
	token, _, _ = w.s.Register(w.ctx, bob, typed, "b1", w.Now())
	_, _, err = w.s.Activate(w.ctx, token, "b1", nil, w.Now())
	w.want(err, nil, "activate without a question")
	token, _, err = w.startReset(bob, "b1")
	w.want(err, nil, "start")
	_, question, _ = w.s.ResetQuestion(w.ctx, token, w.Now())
	if question != "" {
		w.Fatalf("got %q", question)
	}
	w.want(w.s.CheckAnswer(w.ctx, token, "b1", "", w.Now()), store.ErrWrong, "no answer is no right answer")
	w.want(w.s.SetPassword(w.ctx, token, "b1", "new", w.Now()), nil, "BOP-16")
}

// answerLock is BOP-17 at its edges, apart from the passwords' counter.
func answerLock(w *world) {
	account(w, jane, "right")
	token, _, err := w.startReset(jane, "b1")
	w.want(err, nil, "start")
	answer := func(text string) error { return w.s.CheckAnswer(w.ctx, token, "b1", text, w.Now()) }
	for range store.AnswerTries - 1 {
		w.want(answer("rex"), store.ErrWrong, "wrong")
	}
	w.want(answer("old tibbles"), nil, "four wrong and one right")
	for range store.AnswerTries - 1 {
		w.want(answer("rex"), store.ErrWrong, "wrong again")
	}
	w.want(answer("rex"), store.ErrLocked, "the fifth")
	w.want(answer("old tibbles"), store.ErrLocked, "the sixth")
	w.want(w.password(jane, "right"), nil, "the password is another counter")
	w.Add(store.AnswerLock - time.Second)
	token, _, _ = w.startReset(jane, "b1")
	w.want(answer("old tibbles"), store.ErrLocked, "59:59")
	w.Add(time.Second)
	w.want(answer("old tibbles"), nil, "60:00")
}

func unlockCase(w *world) {
	account(w, jane, "right")
	for range store.PasswordTries {
		_ = w.password(jane, "wrong")
	}
	w.want(w.password(jane, "right"), store.ErrLocked, "locked")
	w.want(w.s.Unlock(w.ctx, jane, audit.Operator("pat"), w.Now()), nil, "unlock")
	w.want(w.password(jane, "right"), nil, "unlocked")
	entries := must(w.s.AccountTrail(w.ctx, jane))(w).Entries
	if last := entries[len(entries)-1]; last.Action != audit.Unlocked || last.Actor != "operator:pat" {
		w.Fatalf("got %+v", last)
	}
	w.want(w.s.VerifyAccountAudit(w.ctx, jane), nil, "audit")
}
