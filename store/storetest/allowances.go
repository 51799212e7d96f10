package storetest

import (
	"errors"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/store"
)

// asking is one kind of mail that anybody can ask for.
type asking func(b store.Browser, held ...store.Held) error

// askings are all of them, for one address.
func (w *world) askings(a addr.Address) map[string]asking {
	return map[string]asking{
		"code": func(b store.Browser, held ...store.Held) error {
			_, _, err := w.s.NewCode(w.ctx, a, b, w.Now(), held...)
			return err
		},
		"reset": func(b store.Browser, held ...store.Held) error {
			_, err := w.s.StartReset(w.ctx, a, b, w.Now(), held...)
			return err
		},
		"activation": func(b store.Browser, held ...store.Held) error {
			_, _, err := w.s.Register(w.ctx, a, registration("long enough for that"), b, w.Now(), held...)
			return err
		},
	}
}

// until asks until it is refused, and gives how often it was granted.
func (w *world) until(ask asking, held ...store.Held) (n int, err error) {
	for ; err == nil && n < 1000; n++ {
		err = ask(store.Browser("somebody"+string(rune('a'+n))), held...)
	}
	return n - 1, err
}

// heldFor is a message as something that somebody holds who asks for mail to a.
func (w *world) heldFor(p store.Preparation, a addr.Address) store.Held {
	w.Helper()
	r := must(w.s.Envelope(w.ctx, p.Record.ID, w.keys.Secret(p.Record.ID)))(w)
	return r.HeldFor(a)
}

var allowanceCases = map[string]func(*world){
	"StrangersUseUpNothingOfWhoHoldsTheMessage": func(w *world) {
		m := w.message("to jane", jane)
		for what, most := range map[string]int{"code": store.CodeMailsHour, "reset": store.LinkMailsHour} {
			n, err := w.until(w.askings(jane)[what])
			w.want(err, store.ErrTooMany, what+" without end")
			if n != most {
				w.Fatalf("%s: a stranger was granted %d, want %d", what, n, most)
			}
		}
		for what, ask := range w.askings(jane) { // activation and reset share theirs
			w.want(ask("stranger"), store.ErrTooMany, what+" for a stranger")
			w.want(ask("hers", w.heldFor(m, jane)), nil, what+" with her message")
		}
	},
	"MailsAreBoundedWhoeverAsks": func(w *world) {
		var held []store.Held
		for _, name := range []string{"one", "two", "three"} {
			held = append(held, w.heldFor(w.message(name, jane), jane))
		}
		for what, max := range map[string]int{"code": store.CodeMailsHour, "reset": store.LinkMailsHour} {
			ask, sent := w.askings(jane)[what], 0
			for _, with := range [][]store.Held{{}, held[0:1], held[1:2], held[2:3]} {
				n, err := w.until(ask, with...)
				w.want(err, store.ErrTooMany, what)
				sent += n
			}
			if want := max + store.HeldMailsAll; sent != want {
				w.Fatalf("%s: %d mails in an hour, want %d", what, sent, want)
			}
			w.want(ask("hers"), store.ErrTooMany, what+" of anybody")
		}
		w.Add(time.Hour)
		w.want(w.askings(jane)["code"]("hers", held[0]), nil, "60:00")
	},
	"OneMessageIsNotAnotherPersons": func(w *world) {
		m := w.message("to bob", bob)
		for what, ask := range w.askings(jane) {
			_, _ = w.until(ask)
			w.want(ask("x", w.heldFor(m, jane)), store.ErrWithheld, what+" with a message that went to somebody else")
			w.want(ask("x"), store.ErrTooMany, what)
		}
	},
	// Who holds a message cannot find out by counting whether it went to somebody as a
	// blind copy: she is answered alike.
	"CountingTellsNoBlindCopy": func(w *world) {
		m := w.message("to bob, and jane in blind copy", bob, jane)
		for what := range w.askings(jane) {
			if what == "activation" {
				continue // counted with resets
			}
			var got [2][]string
			for i, a := range []addr.Address{jane, carol} {
				ask, held := w.askings(a)[what], w.heldFor(m, a)
				for n := range 30 {
					with := []store.Held{held}
					if n%7 == 3 || n > 24 {
						with = nil
					}
					err := ask("b", with...)
					text := "sent"
					if err != nil && !errors.Is(err, store.ErrWithheld) {
						text = err.Error()
					}
					got[i] = append(got[i], text)
				}
			}
			for n := range got[0] {
				if got[0][n] != got[1][n] {
					w.Fatalf("%s, asked %d times: %q for a recipient, %q for nobody", what, n+1, got[0][n], got[1][n])
				}
			}
		}
		for n := range 40 { // and by guessing
			held := n%3 > 0
			var got [2]error
			for i, a := range []addr.Address{jane, carol} {
				var with []store.Held
				if held {
					with = []store.Held{w.heldFor(m, a)}
				}
				_, _, err := w.s.NewCode(w.ctx, a, "b", w.Now(), with...)
				if err == nil || errors.Is(err, store.ErrWithheld) {
					err = w.check(a, "b", "wrong")
				}
				got[i] = err
			}
			if (got[0] == nil) != (got[1] == nil) || got[0].Error() != got[1].Error() {
				w.Fatalf("guess %d: %v for a recipient, %v for nobody", n+1, got[0], got[1])
			}
			w.Add(10 * time.Minute)
		}
	},
	"StrangersCloseNoCodesOfWhoHoldsTheMessage": func(w *world) {
		m := w.message("to jane", jane)
		held := w.heldFor(m, jane)
		asked := func(b store.Browser, with ...store.Held) string {
			code, _, err := w.s.NewCode(w.ctx, jane, b, w.Now(), with...)
			w.want(err, nil, "asking")
			return code
		}
		before := asked("hers, from before", held)
		for range store.WrongCodesDay / store.CodeTries {
			code := asked("stranger")
			for range store.CodeTries {
				w.want(w.check(jane, "stranger", not(code)), store.ErrWrong, "guessing")
			}
		}
		_, _, err := w.s.NewCode(w.ctx, jane, "stranger", w.Now())
		w.want(err, store.ErrLocked, "the way is closed for strangers")
		w.want(w.check(jane, "hers, from before", before), nil, "a code that she has already")
		w.want(w.check(jane, "hers", asked("hers", held)), nil, "and a new one")
		for range store.WrongCodesDay / store.CodeTries {
			code := asked("holds it", held)
			for range store.CodeTries {
				w.want(w.check(jane, "holds it", not(code)), store.ErrWrong, "guessing with the message")
			}
		}
		_, _, err = w.s.NewCode(w.ctx, jane, "holds it", w.Now(), held)
		w.want(err, store.ErrLocked, "guesses with a message are bounded too")
		w.want(w.check(jane, "hers", asked("hers")), nil, "a browser that signed in goes on")
	},
}
