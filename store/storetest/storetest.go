// Package storetest holds the one behaviour suite of package store, to be run
// over every kind of Redis, and the small things that tests of other packages
// need: a clock, a key ring, and a store on an in-process stand-in.
//
// Start reading at Run; Memory is what most other tests want.
package storetest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

// Clock is a time that moves only when a test says so.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock stands at 1 June 2026, 09:00 UTC.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)} }

// Now gives the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Add moves the clock on and gives the new time.
func (c *Clock) Add(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}

// Keys gives a key ring that is the same in every test.
func Keys(t testing.TB) *store.Keyring {
	t.Helper()
	k, err := store.LoadKeyring(strings.NewReader("test AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Cheap is a hash cost for tests.
var Cheap = store.HashCost{MemoryKiB: 64, Passes: 1, Lanes: 1}

// Open opens a store with o; Keys, Hash and Close are seen to.
func Open(t testing.TB, o store.Options) *store.Store {
	t.Helper()
	if o.Keys == nil {
		o.Keys = Keys(t)
	}
	if o.Hash == (store.HashCost{}) {
		o.Hash = Cheap
	}
	s, err := store.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Memory gives a store on an in-process stand-in for Redis, which ends with the
// test.
func Memory(t testing.TB, now func() time.Time) *store.Store {
	t.Helper()
	m := miniredis.RunT(t)
	return Open(t, store.Options{Addresses: []string{m.Addr()}, VolatileOK: true, Now: now})
}

// NewStore makes an empty store for one case of the suite.
type NewStore func(t *testing.T, now func() time.Time) *store.Store

// world is one case's store and clock with what most cases need.
type world struct {
	*testing.T
	*Clock
	s    *store.Store
	keys *store.Keyring
	ctx  context.Context
}

// Run runs the whole suite; each case gets a store of its own.
func Run(t *testing.T, newStore NewStore) {
	for _, group := range []map[string]func(*world){envelopeCases, gateCases, accountCases, codeCases, allowanceCases, sessionCases, outboxCases, reportCases, answerCases, wayCases, ownCases, farewellCases, tellingCases, senderCases, askCases, termsCases, deskCases, writerCases, teamCases, memberCases, boardCases, actCases} {
		for _, name := range slices.Sorted(maps.Keys(group)) {
			t.Run(name, func(t *testing.T) {
				clock := NewClock()
				group[name](&world{T: t, Clock: clock, s: newStore(t, clock.Now), keys: Keys(t), ctx: context.Background()})
			})
		}
	}
}

// want fails the case at once unless err is target; nil wants none.
func (w *world) want(err, target error, what string) {
	w.Helper()
	if !errors.Is(err, target) || (target == nil && err != nil) {
		w.Fatalf("%s: got %v, want %v", what, err, target)
	}
}

func must[T any](v T, err error) func(*world) T {
	return func(w *world) T {
		w.Helper()
		if err != nil {
			w.Fatal(err)
		}
		return v
	}
}

var (
	alice = addr.MustParse("alice@council.example")
	jane  = addr.MustParse("Jane@Outside.example")
	bob   = addr.MustParse("bob@outside.example")
	carol = addr.MustParse("carol@elsewhere.example")
)

// Message makes the Preparation of one message to recipients, as the milter
// would, under a fingerprint.
func Message(k *store.Keyring, fingerprint string, now time.Time, recipients ...addr.Address) store.Preparation {
	id := k.EnvelopeID([]byte(fingerprint), "default")
	key, _ := envelope.KeyFromBytes([]byte((fingerprint + strings.Repeat("-key", 8))[:32]))
	r := store.Record{
		ID: id, Profile: "default", Sender: alice, SenderName: "Alice Staff", EnvelopeFrom: alice,
		Subject: "Care plan " + fingerprint, OriginalID: "<" + fingerprint + "@council.example>", OuterID: k.MessageID([]byte(fingerprint), "default", "secure.example"),
		Reply: "sender", SignIn: []string{"code", "password"}, SealedAt: now, ExpiresAt: now.Add(90 * 24 * time.Hour), LinkUntil: now.Add(14 * 24 * time.Hour),
		Size: 1234, SecretHash: k.Secret(id).Hash(),
	}
	for _, a := range recipients {
		r.To = append(r.To, a.String())
	}
	return store.Preparation{Record: r, Key: key, Recipients: recipients, Now: now}
}

// message prepares and queues one message.
func (w *world) message(fingerprint string, recipients ...addr.Address) store.Preparation {
	w.Helper()
	p := Message(w.keys, fingerprint, w.Now(), recipients...)
	w.want(w.s.Prepare(w.ctx, p), nil, "prepare")
	w.want(w.s.Queued(w.ctx, p.Record.ID, recipients, nil, "Q1", w.Now()), nil, "queued")
	return p
}

// SignIn proves an address by a code, as a test's short way to a Proof.
func SignIn(t testing.TB, s *store.Store, a addr.Address, b store.Browser, now time.Time) store.Proof {
	t.Helper()
	code, _, err := s.NewCode(context.Background(), a, b, now)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.CheckCode(context.Background(), a, b, code, now)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// parallel runs f n times at once and counts the outcomes by error.
func parallel(n int, f func(i int) error) map[error]int {
	kinds := []error{store.ErrLocked, store.ErrWrong, store.ErrCodeExpired, store.ErrTooMany, store.ErrConflict, store.ErrExists, store.ErrUnavailable}
	outcomes := make(chan error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { outcomes <- f(i) })
	}
	wg.Wait()
	close(outcomes)
	count := map[error]int{}
	for err := range outcomes {
		for _, k := range kinds {
			if errors.Is(err, k) {
				err = k
			}
		}
		count[err]++
	}
	return count
}
