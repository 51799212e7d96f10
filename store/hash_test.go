package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/postseal/postseal/addr"
)

// Hashing has as many places as cores; who waits goes by the context. An
// address without an account waits too: it costs the same work.
func TestHashingIsBoundedAndTheSameForEverybody(t *testing.T) {
	s, err := Open(Options{Addresses: []string{miniredis.RunT(t).Addr()}, VolatileOK: true, Keys: fuzzRing(t), Hash: HashCost{MemoryKiB: 64, Passes: 1, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, now := context.Background(), time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)
	known, unknown := addr.MustParse("jane@outside.example"), addr.MustParse("nobody@outside.example")
	reg := Registration{Password: "right", Question: "q", Answer: "a"}
	token, _, err := s.Register(ctx, known, reg, "b1", now)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Activate(ctx, token, "b1", nil, now); err != nil {
		t.Fatal(err)
	}
	for range cap(s.hashing) {
		s.hashing <- struct{}{}
	}
	for _, a := range []addr.Address{known, unknown} {
		for name, f := range map[string]func(context.Context) error{
			"password": func(ctx context.Context) error { _, err := s.CheckPassword(ctx, a, "right", now); return err },
			"register": func(ctx context.Context) error { _, _, err := s.Register(ctx, a, reg, "b1", now); return err },
		} {
			short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
			if err := f(short); !errors.Is(err, ErrUnavailable) {
				t.Errorf("%s of %s: got %v, want ErrUnavailable: it did not wait for a place to hash", name, a, err)
			}
			cancel()
		}
	}
	for range cap(s.hashing) {
		<-s.hashing
	}
	if _, err := s.CheckPassword(ctx, known, "right", now); err != nil {
		t.Errorf("a place is free: got %v", err)
	}
}

func TestDefaultHashCost(t *testing.T) {
	if got, want := (HashCost{}).orDefault(), (HashCost{MemoryKiB: 64 << 10, Passes: 3, Lanes: 4}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
