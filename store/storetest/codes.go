package storetest

import (
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

func (w *world) code(a addr.Address, b store.Browser) string {
	w.Helper()
	code, ref, err := w.s.NewCode(w.ctx, a, b, w.Now())
	if err != nil || len(code) != store.CodeDigits || len(ref) != 2 {
		w.Fatalf("code of %d digits, reference %q: %v", len(code), ref, err)
	}
	return code
}

func (w *world) check(a addr.Address, b store.Browser, code string) error {
	_, err := w.s.CheckCode(w.ctx, a, b, code, w.Now())
	return err
}

// not gives a code that is not this one.
func not(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

var codeCases = map[string]func(*world){
	// SCC-9.
	"CodeLife": func(w *world) {
		code := w.code(jane, "b1")
		w.Add(store.CodeLife - time.Second)
		w.want(w.check(jane, "b1", code[:4]+" "+code[4:]), nil, "14:59, typed with a space")
		w.want(w.check(jane, "b1", code), store.ErrCodeExpired, "one use")
		code = w.code(jane, "b1")
		w.Add(store.CodeLife + time.Second)
		w.want(w.check(jane, "b1", code), store.ErrCodeExpired, "15:01")
		w.want(w.check(bob, "b1", "12345678"), store.ErrCodeExpired, "none asked for")
		_, _, err := w.s.NewCode(w.ctx, jane, "", w.Now())
		w.want(err, store.ErrNoSession, "no browser")
	},
	"CodeBelongsToItsBrowser": func(w *world) {
		mine := w.code(jane, "mine")
		strangers := w.code(jane, "stranger")
		w.want(w.check(jane, "stranger", mine), store.ErrWrong, "my code in the stranger's browser")
		w.want(w.check(bob, "mine", mine), store.ErrCodeExpired, "my code for another address")
		w.want(w.check(jane, "mine", mine), nil, "a stranger's request does not kill mine")
		w.want(w.check(jane, "stranger", strangers), nil, "nor mine his")
		older := w.code(jane, "mine")
		newer := w.code(jane, "mine")
		if older != newer {
			w.want(w.check(jane, "mine", older), store.ErrWrong, "my own newer request kills the older")
		}
		w.want(w.check(jane, "mine", newer), nil, "the newer")
	},
	"CodeTries": func(w *world) {
		for _, c := range []struct {
			wrong int
			want  error
		}{{4, nil}, {5, store.ErrCodeExpired}, {6, store.ErrCodeExpired}} {
			a := addr.MustParse(string(rune('a'+c.wrong)) + "@outside.example")
			code := w.code(a, "b1")
			for i := range c.wrong {
				want := store.ErrWrong
				if i >= store.CodeTries {
					want = store.ErrCodeExpired
				}
				w.want(w.check(a, "b1", not(code)), want, "wrong")
			}
			w.want(w.check(a, "b1", code), c.want, "the right one after some wrong")
		}
	},
	"CodesAtOnce": func(w *world) {
		code := w.code(jane, "b1")
		got := parallel(200, func(int) error { return w.check(jane, "b1", not(code)) })
		if got[store.ErrWrong] != store.CodeTries || got[store.ErrCodeExpired] != 200-store.CodeTries {
			w.Fatalf("got %v", got)
		}
		code = w.code(bob, "b1")
		got = parallel(200, func(int) error { return w.check(bob, "b1", code) })
		if got[nil] != 1 || got[store.ErrCodeExpired] != 199 {
			w.Fatalf("one use: got %v", got)
		}
	},
	"CodeMailsAnHour": func(w *world) {
		got := parallel(30, func(i int) error {
			_, _, err := w.s.NewCode(w.ctx, jane, store.Browser("b"+string(rune('a'+i))), w.Now())
			return err
		})
		if got[nil] != store.CodeMailsHour || got[store.ErrTooMany] != 30-store.CodeMailsHour {
			w.Fatalf("got %v", got)
		}
		_, _, err := w.s.NewCode(w.ctx, bob, "b1", w.Now())
		w.want(err, nil, "another address")
		_, _, err = w.s.NewCode(w.ctx, jane, "b1", w.Add(time.Hour-time.Second))
		w.want(err, store.ErrTooMany, "59:59")
		_, _, err = w.s.NewCode(w.ctx, jane, "b1", w.Add(time.Second))
		w.want(err, nil, "60:00")
	},
	"StrangersUseUpNoMailsOfHers": func(w *world) {
		w.want(w.check(jane, "known", w.code(jane, "known")), nil, "a browser of hers")
		for {
			if _, _, err := w.s.NewCode(w.ctx, jane, "stranger", w.Now()); err != nil {
				w.want(err, store.ErrTooMany, "a stranger asks until he is refused")
				break
			}
		}
		for range store.CodeMailsHour {
			w.want(w.check(jane, "known", w.code(jane, "known")), nil, "she still gets hers")
		}
		_, _, err := w.s.NewCode(w.ctx, jane, "known", w.Now())
		w.want(err, store.ErrTooMany, "hers are bounded too")
	},
	"WrongCodesADay": func(w *world) {
		w.want(w.check(jane, "known", w.code(jane, "known")), nil, "a browser of hers")
		w.Add(time.Hour)
		live := w.code(jane, "other")
		for range store.WrongCodesDay / store.CodeTries {
			code := w.code(jane, "stranger")
			for range store.CodeTries {
				w.want(w.check(jane, "stranger", not(code)), store.ErrWrong, "guessing")
			}
		}
		closed := w.Now().Add(24 * time.Hour)
		_, _, err := w.s.NewCode(w.ctx, jane, "stranger", w.Now())
		w.want(err, store.ErrLocked, "the way is closed")
		w.want(w.check(jane, "other", live), store.ErrLocked, "for a right code too")
		w.want(w.check(jane, "known", w.code(jane, "known")), nil, "not for a browser that signed in before")
		w.want(w.password(jane, "x"), store.ErrWrong, "the password way is another counter")
		_, _, err = w.s.NewCode(w.ctx, jane, "stranger", closed.Add(-time.Second))
		w.want(err, store.ErrLocked, "a second less than a day")
		_, _, err = w.s.NewCode(w.ctx, jane, "stranger", closed)
		w.want(err, nil, "a day later")
	},
}

var sessionCases = map[string]func(*world){
	"Session": func(w *world) {
		proof := SignIn(w.T, w.s, jane, "b1", w.Now())
		token := must(w.s.NewSession(w.ctx, proof, w.Now()))(w)
		got := must(w.s.Session(w.ctx, token, w.Now()))(w)
		if !got.Address().Equal(jane) || got.Method() != store.ByCode {
			w.Fatalf("got %v %v", got.Address(), got.Method())
		}
		for range 11 { // used every 59 minutes and 59 seconds it lasts, but no longer than its life
			must(w.s.Session(w.ctx, token, w.Add(store.SessionIdle-time.Second)))(w)
		}
		_, err := w.s.Session(w.ctx, token, w.Add(store.SessionIdle-time.Second))
		w.want(err, nil, "11:59")
		_, err = w.s.Session(w.ctx, token, w.Add(time.Minute))
		w.want(err, store.ErrNoSession, "over twelve hours")

		token = must(w.s.NewSession(w.ctx, SignIn(w.T, w.s, jane, "b1", w.Now()), w.Now()))(w)
		_, err = w.s.Session(w.ctx, token, w.Add(store.SessionIdle))
		w.want(err, store.ErrNoSession, "unused for an hour")
		token = must(w.s.NewSession(w.ctx, SignIn(w.T, w.s, jane, "b1", w.Now()), w.Now()))(w)
		w.want(w.s.EndSession(w.ctx, token), nil, "sign out")
		_, err = w.s.Session(w.ctx, token, w.Now())
		w.want(err, store.ErrNoSession, "signed out")
		_, err = w.s.NewSession(w.ctx, store.Proof{}, w.Now())
		w.want(err, store.ErrNoSession, "the zero proof")
		_, err = w.s.NewSession(w.ctx, proof, w.Now())
		w.want(err, store.ErrNoSession, "a proof of yesterday")
		for _, bad := range []string{"", "x", string(make([]byte, 1000))} {
			_, err = w.s.Session(w.ctx, bad, w.Now())
			w.want(err, store.ErrNoSession, "no token")
		}
	},
	"Flow": func(w *world) {
		one, two := envelope.ID{1}, envelope.ID{2}
		if f := must(w.s.Flow(w.ctx, "b1", w.Now()))(w); f.Next != "" || len(f.Secrets) != 0 {
			w.Fatal("a new browser brought something")
		}
		secrets := map[envelope.ID]envelope.Secret{one: w.keys.Secret(one)}
		w.want(w.s.SetFlow(w.ctx, "b1", store.Flow{Next: "/m/one", Secrets: secrets}, w.Now()), nil, "set")
		secrets = map[envelope.ID]envelope.Secret{two: w.keys.Secret(two)}
		w.want(w.s.SetFlow(w.ctx, "b1", store.Flow{Address: jane, Secrets: secrets}, w.Add(store.FlowLife-time.Second)), nil, "add")
		f := must(w.s.Flow(w.ctx, "b1", w.Add(store.FlowLife-time.Second)))(w) // use keeps it
		f = must(w.s.Flow(w.ctx, "b1", w.Add(store.FlowLife-time.Second)))(w)
		if f.Next != "/m/one" || !f.Address.Equal(jane) || f.Secrets[one].Hash() != w.keys.Secret(one).Hash() || f.Secrets[two].Hash() != w.keys.Secret(two).Hash() {
			w.Fatalf("got %q %v and %d secrets", f.Next, f.Address, len(f.Secrets))
		}
		if f := must(w.s.Flow(w.ctx, "b2", w.Now()))(w); f.Next != "" {
			w.Fatal("another browser has it")
		}
		f = must(w.s.Flow(w.ctx, "b1", w.Add(store.FlowLife)))(w)
		if f.Next != "" || len(f.Secrets) != 0 {
			w.Fatal("kept too long")
		}
		many := map[envelope.ID]envelope.Secret{}
		for i := range store.MaxFlowSecrets {
			many[envelope.ID{3, byte(i)}] = envelope.Secret{}
		}
		w.want(w.s.SetFlow(w.ctx, "b1", store.Flow{Secrets: many}, w.Now()), nil, "many")
		w.want(w.s.SetFlow(w.ctx, "b1", store.Flow{Next: "/x", Secrets: secrets}, w.Now()), nil, "one more")
		f = must(w.s.Flow(w.ctx, "b1", w.Now()))(w)
		if len(f.Secrets) != 1 || f.Next != "/x" {
			w.Fatalf("got %d secrets, want the newest only", len(f.Secrets))
		}
		w.want(w.s.EndFlow(w.ctx, "b1"), nil, "end")
		if f := must(w.s.Flow(w.ctx, "b1", w.Now()))(w); f.Next != "" {
			w.Fatal("not forgotten")
		}
	},
}
