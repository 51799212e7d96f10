package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/internal/redistest"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// The five counters, exact at their edges (issue 5, item 2), on a real Redis.

// counted is a store on a real Redis, with an account, at a clock of its own.
type counted struct {
	*testing.T
	*storetest.Clock
	s    *store.Store
	jane addr.Address
}

const right = "right and long enough"

// newCounted makes one; every test has other addresses, so that one Redis serves.
func newCounted(t *testing.T, server *redistest.Server, name string) *counted {
	t.Helper()
	c := &counted{T: t, Clock: storetest.NewClock(), jane: addr.MustParse(name + "@outside.example")}
	c.s = storetest.Open(t, store.Options{Addresses: []string{server.Addr}, VolatileOK: true, Now: c.Now})
	token, _, err := c.s.Register(t.Context(), c.jane, store.Registration{FirstName: "Jane", LastName: "Doe", Password: right, Question: "pet", Answer: "Tibbles"}, "b", c.Now())
	c.must(err)
	_, _, err = c.s.Activate(t.Context(), token, "b", nil, c.Now())
	c.must(err)
	return c
}

func (c *counted) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

func (c *counted) want(err, want error, what string) {
	c.Helper()
	if !errors.Is(err, want) || want == nil && err != nil {
		c.Fatalf("%s: got %v, want %v", what, err, want)
	}
}

func (c *counted) password(text string) error {
	_, err := c.s.CheckPassword(c.Context(), c.jane, text, c.Now())
	return err
}

// reset starts one and gives how answers are tried.
func (c *counted) reset() (token string, answer func(string) error) {
	c.Helper()
	m, err := c.s.StartReset(c.Context(), c.jane, "b", c.Now())
	if err != nil || m.Token == "" {
		c.Fatalf("reset: %v %v", m.To, err)
	}
	return m.Token, func(text string) error { return c.s.CheckAnswer(c.Context(), m.Token, "b", text, c.Now()) }
}

// BCC-27: 19 wrong and the right one do not lock; 20 do, and 21 say the same; for an
// hour neither signing in nor a reset works, to the second; then both do.
func TestBCC27WrongPasswords(t *testing.T) {
	server := redistest.StartRedis(t)
	for _, n := range []int{19, 20, 21} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			c := newCounted(t, server, fmt.Sprint("bcc27-", n))
			early, _ := c.reset() // a link from before the lock
			for i := range n {
				want := store.ErrWrong
				if i >= store.PasswordTries-1 {
					want = store.ErrLocked
				}
				c.want(c.password("wrong"), want, fmt.Sprint("guess ", i+1))
			}
			if n < store.PasswordTries {
				c.want(c.password(right), nil, "19 wrong and the right one")
				return
			}
			for _, at := range []time.Duration{0, store.PasswordLock - time.Second} {
				c.Add(at)
				c.want(c.password(right), store.ErrLocked, "the right one in the lock")
				_, err := c.s.StartReset(t.Context(), c.jane, "b", c.Now())
				c.want(err, store.ErrLocked, "a reset in the lock")
			}
			c.want(c.s.CheckAnswer(t.Context(), early, "b", "Tibbles", c.Now()), store.ErrCodeExpired, "a link from before, half an hour later")
			c.Add(time.Second)
			_, answer := c.reset()
			c.want(answer("tibbles"), nil, "a reset at 60:00")
			c.want(c.password(right), nil, "the right one at 60:00")
		})
	}
	c := newCounted(t, server, "bcc27-link")
	token, _ := c.reset()
	for range store.PasswordTries {
		_ = c.password("wrong")
	}
	c.want(c.s.CheckAnswer(t.Context(), token, "b", "Tibbles", c.Now()), store.ErrLocked, "a link from before, in the lock")
	c.want(c.s.SetPassword(t.Context(), token, "b", "another long one", c.Now()), store.ErrLocked, "setting one by it")
}

// BCC-27, BOP-17: of 200 guesses at once exactly 20 passwords and 5 answers are
// compared, on a real Redis.
func TestBCC27AtOnce(t *testing.T) {
	server := redistest.StartRedis(t)
	c := newCounted(t, server, "at-once")
	_, answer := c.reset()
	for _, try := range []struct {
		what  string
		guess func(int) error
		most  int64
	}{
		{"answers", func(i int) error { return answer(fmt.Sprint("wrong ", i)) }, store.AnswerTries},
		{"passwords", func(i int) error { return c.password(fmt.Sprint("wrong ", i)) }, store.PasswordTries},
	} {
		before, wrong, locked := c.s.Compared(), 0, 0
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				err := try.guess(i)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case errors.Is(err, store.ErrWrong):
					wrong++
				case errors.Is(err, store.ErrLocked):
					locked++
				default:
					t.Errorf("%s: got %v", try.what, err)
				}
			})
		}
		wg.Wait()
		if got := c.s.Compared() - before; got != try.most || wrong != int(try.most)-1 || locked != 200-wrong {
			t.Errorf("%s: %d compared, %d wrong, %d locked; want %d compared", try.what, got, wrong, locked, try.most)
		}
	}
}

// BOP-17: 4 wrong answers and the right one do not lock; 5 do, and 6 say the same;
// for an hour, to the second, and nothing else is locked with them.
func TestBOP17WrongAnswers(t *testing.T) {
	server := redistest.StartRedis(t)
	for _, n := range []int{4, 5, 6} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			c := newCounted(t, server, fmt.Sprint("bop17-", n))
			_, answer := c.reset()
			for i := range n {
				want := store.ErrWrong
				if i >= store.AnswerTries-1 {
					want = store.ErrLocked
				}
				c.want(answer("rex"), want, fmt.Sprint("answer ", i+1))
			}
			c.want(c.password(right), nil, "the password is another counter")
			if n < store.AnswerTries {
				c.want(answer("Tibbles"), nil, "4 wrong and the right one")
				return
			}
			c.want(answer("Tibbles"), store.ErrLocked, "the right one in the lock")
			c.Add(store.AnswerLock - time.Second)
			_, answer = c.reset()
			c.want(answer("Tibbles"), store.ErrLocked, "59:59")
			c.Add(time.Second)
			c.want(answer("Tibbles"), nil, "60:00")
		})
	}
}

// BCC-6, BOP-15, SCC-9: codes work until 14:59 and not at 15:01; links of both kinds
// until 29:59 and not at 30:01.
func TestBCC6LinksAndCodesEnd(t *testing.T) {
	server := redistest.StartRedis(t)
	c := newCounted(t, server, "bcc6")
	began := c.Now()
	code, _, err := c.s.NewCode(t.Context(), c.jane, "b", began)
	c.must(err)
	other, _, err := c.s.NewCode(t.Context(), c.jane, "b2", began)
	c.must(err)
	token, _ := c.reset()
	who := addr.MustParse("bcc6-new@outside.example")
	activation, _, err := c.s.Register(t.Context(), who, store.Registration{FirstName: "A", LastName: "B", Password: right}, "b", began)
	c.must(err)
	_, err = c.s.CheckCode(t.Context(), c.jane, "b", code, began.Add(14*time.Minute+59*time.Second))
	c.want(err, nil, "a code at 14:59")
	_, err = c.s.CheckCode(t.Context(), c.jane, "b2", other, began.Add(15*time.Minute+time.Second))
	c.want(err, store.ErrCodeExpired, "a code at 15:01")
	for at, want := range map[time.Duration]error{29*time.Minute + 59*time.Second: nil, 30*time.Minute + time.Second: store.ErrCodeExpired} {
		_, _, _, err = c.s.Activation(t.Context(), activation, "b", began.Add(at))
		c.want(err, want, "an activation link at "+at.String())
		_, _, err = c.s.ResetQuestion(t.Context(), token, began.Add(at))
		c.want(err, want, "a reset link at "+at.String())
	}
	_, _, err = c.s.Activate(t.Context(), activation, "b", nil, began.Add(30*time.Minute+time.Second))
	c.want(err, store.ErrCodeExpired, "pressing it at 30:01")
}

// Issue 5, item 2: a lock of one counter never shows on another, each way round.
func TestLocksAreApart(t *testing.T) {
	server := redistest.StartRedis(t)
	lock := map[string]func(*counted){
		"passwords": func(c *counted) {
			for range store.PasswordTries {
				_ = c.password("wrong")
			}
		},
		"answers": func(c *counted) {
			_, answer := c.reset()
			for range store.AnswerTries {
				_ = answer("rex")
			}
		},
		"codes": func(c *counted) {
			for range store.WrongCodesDay {
				if _, _, err := c.s.NewCode(c.Context(), c.jane, "stranger", c.Now()); err != nil {
					c.Add(time.Hour)
				}
				_, _ = c.s.CheckCode(c.Context(), c.jane, "stranger", "x", c.Now())
			}
		},
		"links": func(c *counted) {
			for range store.LinkMailsHour + 1 {
				_, _ = c.s.StartReset(c.Context(), c.jane, "stranger", c.Now())
			}
		},
	}
	open := map[string]func(*counted) error{
		"passwords": func(c *counted) error { return c.password(right) },
		"codes": func(c *counted) error {
			code, _, err := c.s.NewCode(c.Context(), c.jane, "known", c.Now())
			if err == nil {
				_, err = c.s.CheckCode(c.Context(), c.jane, "known", code, c.Now())
			}
			return err
		},
	}
	for locked, close := range lock {
		for way, try := range open {
			if way == locked && way == "passwords" {
				continue
			}
			t.Run(locked+" leave "+way, func(t *testing.T) {
				c := newCounted(t, server, "apart-"+locked+"-"+way)
				c.must(open["codes"](c)) // a browser that signed in before
				close(c)
				c.want(try(c), nil, way)
			})
		}
	}
}

// also puts a further address on the account.
func (c *counted) also(name string) addr.Address {
	c.Helper()
	a := addr.MustParse(name + "@outside.example")
	by, err := c.s.CheckPassword(c.Context(), c.jane, right, c.Now())
	c.must(err)
	c.must(c.s.AddAddress(c.Context(), by, storetest.SignIn(c, c.s, a, "b", c.Now()), store.Proof{}, c.Now()))
	return a
}

// Issue 5, item 2; BCC-27: an account has 20 wrong passwords, not 20 for each of its
// addresses; exact at 19, 20 and 21 typed in turn at all of them, and at once.
func TestWrongPasswordsCountForTheAccount(t *testing.T) {
	server := redistest.StartRedis(t)
	made := func(t *testing.T, name string) (*counted, []addr.Address) {
		c := newCounted(t, server, name)
		return c, []addr.Address{c.jane, c.also(name + "-two"), c.also(name + "-three")}
	}
	guess := func(c *counted, a addr.Address, text string) error {
		_, err := c.s.CheckPassword(t.Context(), a, text, c.Now())
		return err
	}
	for _, n := range []int{19, 20, 21} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			c, addresses := made(t, fmt.Sprint("mixed-", n))
			for i := range n {
				want := store.ErrWrong
				if i >= store.PasswordTries-1 {
					want = store.ErrLocked
				}
				c.want(guess(c, addresses[i%len(addresses)], "wrong"), want, fmt.Sprint("guess ", i+1))
			}
			for _, a := range addresses {
				_, reset := c.s.StartReset(t.Context(), a, "b", c.Now())
				if n < store.PasswordTries {
					c.want(reset, nil, "a reset at "+a.String())
					continue
				}
				c.want(guess(c, a, right), store.ErrLocked, "the right one at "+a.String())
				c.want(reset, store.ErrLocked, "a reset at "+a.String())
			}
			if n < store.PasswordTries {
				c.want(guess(c, addresses[2], right), nil, "19 wrong and the right one")
				return
			}
			c.Add(store.PasswordLock)
			c.want(guess(c, addresses[1], right), nil, "60:00")
		})
	}
	c, addresses := made(t, "mixed-at-once")
	before, wrong, locked := c.s.Compared(), 0, 0
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			err := guess(c, addresses[i%len(addresses)], fmt.Sprint("wrong ", i))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, store.ErrWrong):
				wrong++
			case errors.Is(err, store.ErrLocked):
				locked++
			default:
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if got := c.s.Compared() - before; got != store.PasswordTries || wrong != store.PasswordTries-1 || locked != 200-wrong {
		t.Errorf("%d compared, %d wrong, %d locked; want %d compared", got, wrong, locked, store.PasswordTries)
	}
}

// Issue 5, item 3: a forgotten password typed with a further address is that of the
// account; the link goes to the account's own mailbox, so that whoever reads only the
// further one gains nothing.
func TestForgottenPasswordOfAFurtherAddress(t *testing.T) {
	c := newCounted(t, redistest.StartRedis(t), "forgot")
	two := c.also("forgot-two")
	m, err := c.s.StartReset(t.Context(), two, "b", c.Now())
	if err != nil || !m.To.Equal(c.jane) || m.Token == "" {
		t.Fatalf("got %v, token %t, %v; want the account's own address", m.To, m.Token != "", err)
	}
	a, question, err := c.s.ResetQuestion(t.Context(), m.Token, c.Now())
	if err != nil || !a.Equal(c.jane) || question != "pet" {
		t.Fatalf("got %v %q %v", a, question, err)
	}
	c.must(c.s.CheckAnswer(t.Context(), m.Token, "b", "tibbles", c.Now()))
	c.must(c.s.SetPassword(t.Context(), m.Token, "b", "another long one", c.Now()))
	_, err = c.s.CheckPassword(t.Context(), two, "another long one", c.Now())
	c.want(err, nil, "the new password at the further address")
}
