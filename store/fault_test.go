package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/internal/redistest"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// line breaks connections at a script of choice: before it reaches Redis, or
// after Redis ran it and before its answer comes back.
type line struct {
	mu    sync.Mutex
	when  string // "before", "after" or "" for never
	hits  int    // scripts broken so far
	nth   int    // break the nth script from here, counted from 1
	count int
}

func (l *line) arm(when string, nth int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.when, l.nth, l.count, l.hits = when, nth, 0, 0
}

// broken tells how many scripts were broken, and mends the line.
func (l *line) mend() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.when = ""
	return l.hits
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, address)
	return &brittle{Conn: c, line: l}, err
}

type brittle struct {
	net.Conn
	line *line
	mute bool // the next answer is lost
}

func (b *brittle) Write(p []byte) (int, error) {
	b.line.mu.Lock()
	defer b.line.mu.Unlock()
	if b.line.when != "" && bytes.Contains(bytes.ToLower(p), []byte("evalsha")) {
		if b.line.count++; b.line.count == b.line.nth {
			b.line.hits++
			if b.line.when == "before" {
				_ = b.Conn.Close()
				return 0, io.ErrClosedPipe
			}
			b.mute = true
		}
	}
	return b.Conn.Write(p)
}

func (b *brittle) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p) // Redis answers when the script has run
	if b.mute {
		_ = b.Conn.Close()
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// broken gives a store whose line can be broken, with its scripts loaded.
func broken(t *testing.T, clock *storetest.Clock) (*store.Store, *line) {
	t.Helper()
	server := redistest.StartRedis(t)
	l := &line{}
	s := storetest.Open(t, store.Options{Addresses: []string{server.Addr}, Dialer: l.dial, Now: clock.Now})
	sealAndOpen(t, s, "warm up", clock)
	return s, l
}

// sealAndOpen takes one message the whole way, so that every script is known to Redis.
func sealAndOpen(t *testing.T, s *store.Store, fingerprint string, clock *storetest.Clock) {
	t.Helper()
	ctx, keys := context.Background(), storetest.Keys(t)
	p := storetest.Message(keys, fingerprint, clock.Now(), jane)
	if err := s.Prepare(ctx, p); err != nil {
		t.Fatal(err)
	}
	if err := s.Queued(ctx, p.Record.ID, p.Recipients, nil, "Q", clock.Now()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Release(ctx, ask(t, s, p, clock)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Recall(ctx, p.Record.ID, audit.Operator("x"), nil, "", clock.Now()); err != nil {
		t.Fatal(err)
	}
	_, _ = s.CheckPassword(ctx, jane, "x", clock.Now())
}

func ask(t *testing.T, s *store.Store, p store.Preparation, clock *storetest.Clock) store.ReleaseRequest {
	t.Helper()
	now := clock.Add(7 * time.Minute)
	return store.ReleaseRequest{ID: p.Record.ID, Secret: storetest.Keys(t).Secret(p.Record.ID), Person: storetest.SignIn(t, s, jane, "b", now), Purpose: "open", Now: now}
}

// Break, then heal: whichever way an answer is lost, the outcome is said to be
// unknown, a retry ends well, and nothing is there twice.
func TestPrepareWithALostAnswer(t *testing.T) {
	clock, ctx := storetest.NewClock(), context.Background()
	s, l := broken(t, clock)
	for _, when := range []string{"before", "after"} {
		p := storetest.Message(storetest.Keys(t), when, clock.Now(), jane)
		l.arm(when, 1)
		err := s.Prepare(ctx, p)
		if n := l.mend(); n != 1 || !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("%s: got %v after %d breaks, want ErrUnavailable", when, err, n)
		}
		known, err := s.Lookup(ctx, p.Record.ID)
		if err != nil || known.Found != (when == "after") {
			t.Fatalf("%s: found %v, %v", when, known.Found, err)
		}
		want := map[bool]error{false: nil, true: store.ErrConflict}[known.Found]
		if err := s.Prepare(ctx, p); !errors.Is(err, want) {
			t.Fatalf("%s: at once: got %v, want %v", when, err, want)
		}
		again := storetest.Message(storetest.Keys(t), when, clock.Add(store.ResealAfter), jane)
		if err := s.Prepare(ctx, again); err != nil {
			t.Fatalf("%s: after ResealAfter: %v", when, err)
		}
		if known, _ = s.Lookup(ctx, p.Record.ID); len(known.Record.Recipients) != 1 || string(known.Key.Bytes()) != string(p.Key.Bytes()) {
			t.Fatalf("%s: got %d recipients, or another key", when, len(known.Record.Recipients))
		}
		if err := s.VerifyAudit(ctx, p.Record.ID); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
	}
}

func TestQueuedWithALostAnswer(t *testing.T) {
	clock, ctx := storetest.NewClock(), context.Background()
	s, l := broken(t, clock)
	for _, when := range []string{"before", "after"} {
		p := storetest.Message(storetest.Keys(t), when, clock.Now(), jane)
		p.Held = []store.Outgoing{{ID: "c", Kind: "confirmation", To: addr.MustParse("alice@council.example"), Data: []byte("x")}}
		if err := s.Prepare(ctx, p); err != nil {
			t.Fatal(err)
		}
		queued := func() error {
			return s.Queued(ctx, p.Record.ID, p.Recipients, []string{"c"}, "Q", clock.Now())
		}
		l.arm(when, 1)
		err := queued()
		if n := l.mend(); n != 1 || !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("%s: got %v after %d breaks, want ErrUnavailable", when, err, n)
		}
		if err := queued(); err != nil {
			t.Fatalf("%s: again: %v", when, err)
		}
		count := 0
		for range 3 {
			got, err := s.Claim(ctx, 10, time.Minute, clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range got {
				count++
				if err := s.Sent(ctx, o, clock.Now()); err != nil {
					t.Fatal(err)
				}
			}
			clock.Add(time.Hour)
		}
		if count != 1 {
			t.Fatalf("%s: got %d confirmations, want 1", when, count)
		}
		if err := s.VerifyAudit(ctx, p.Record.ID); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
	}
}

// Promise 3: when the entry may not be written there is no key; when it was
// written and the answer lost, there is no key either and the trail says more
// than happened, never less.
func TestReleaseWithALostAnswer(t *testing.T) {
	clock, ctx := storetest.NewClock(), context.Background()
	s, l := broken(t, clock)
	for _, when := range []string{"before", "after"} {
		p := storetest.Message(storetest.Keys(t), when, clock.Now(), jane)
		if err := s.Prepare(ctx, p); err != nil {
			t.Fatal(err)
		}
		r := ask(t, s, p, clock)
		l.arm(when, 1)
		key, rec, err := s.Release(ctx, r)
		if n := l.mend(); n != 1 || !errors.Is(err, store.ErrUnavailable) || rec.Subject != "" || !bytes.Equal(key.Bytes(), make([]byte, 32)) {
			t.Fatalf("%s: got %v after %d breaks, want ErrUnavailable and no key", when, err, n)
		}
		if _, _, err = s.Release(ctx, r); err != nil {
			t.Fatalf("%s: again: %v", when, err)
		}
		trail, err := s.Trail(ctx, p.Record.ID)
		if err != nil {
			t.Fatal(err)
		}
		released := 0
		for _, e := range trail.Entries {
			if e.Action == audit.Released {
				released++
			}
		}
		if want := map[string]int{"before": 1, "after": 2}[when]; released != want {
			t.Errorf("%s: got %d releases in the trail, want %d", when, released, want)
		}
		if err := s.VerifyAudit(ctx, p.Record.ID); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
}

// A guess whose answer was lost counts once, however the client retries below.
func TestGuessWithALostAnswerCountsOnce(t *testing.T) {
	clock, ctx := storetest.NewClock(), context.Background()
	s, l := broken(t, clock)
	bob := addr.MustParse("bob@outside.example")
	for range store.PasswordTries - 1 {
		l.arm("after", 1)
		_, err := s.CheckPassword(ctx, bob, "wrong", clock.Now())
		if n := l.mend(); n != 1 || !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("got %v after %d breaks", err, n)
		}
	}
	if err := s.ResetAllowed(ctx, bob, clock.Now()); err != nil {
		t.Errorf("19 lost guesses: got %v, want no lock", err)
	}
	if _, err := s.CheckPassword(ctx, bob, "wrong", clock.Now()); !errors.Is(err, store.ErrLocked) {
		t.Errorf("the 20th: got %v, want ErrLocked", err)
	}
}

// A context that ends, and a Redis that is frozen, are both ErrUnavailable.
func TestContextEnds(t *testing.T) {
	clock := storetest.NewClock()
	s := storetest.Memory(t, clock.Now)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p := storetest.Message(storetest.Keys(t), "m", clock.Now(), jane)
	if err := s.Prepare(ctx, p); !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("prepare: got %v", err)
	}
	if _, err := s.CheckPassword(ctx, jane, "x", clock.Now()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("password: got %v", err)
	}
}
