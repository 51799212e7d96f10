package store_test

import (
	"errors"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/internal/redistest"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// A Redis at its maxmemory answers writes with OOM: nothing is taken for stored, no
// key comes out whose release could not be written down, nobody is let in by a code
// that could not be used up, and all goes on where it was once there is room.
// Promises 2 and 3; issue 6, part 3
func TestRedisWithoutMemory(t *testing.T) {
	server := redistest.StartRedis(t)
	clock := storetest.NewClock()
	s := storetest.Open(t, store.Options{Addresses: []string{server.Addr}, Now: clock.Now})
	ctx, now, browser := t.Context(), clock.Now(), store.Browser("a browser of hers")
	p := storetest.Message(storetest.Keys(t), "before", now, jane)
	if err := s.Prepare(ctx, p); err != nil {
		t.Fatal(err)
	}
	if err := s.Queued(ctx, p.Record.ID, []addr.Address{jane}, nil, "4QUEUE", now); err != nil {
		t.Fatal(err)
	}
	person := storetest.SignIn(t, s, jane, browser, now)
	ask := store.ReleaseRequest{ID: p.Record.ID, Secret: storetest.Keys(t).Secret(p.Record.ID), Person: person, Purpose: "open", Now: now}
	entries := func() int {
		t.Helper()
		trail, err := s.Trail(ctx, p.Record.ID)
		if err != nil {
			t.Fatal(err)
		}
		return len(trail.Entries)
	}
	before := entries()

	set(t, server, "maxmemory-policy", "noeviction", "maxmemory", "1")
	if stored, err := try(t, s, "full"); stored || !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("sealing: got %v, stored %v, want ErrUnavailable and nothing stored", err, stored)
	}
	if key, _, err := s.Release(ctx, ask); !errors.Is(err, store.ErrUnavailable) || key != (envelope.Key{}) {
		t.Errorf("opening: got %v, key given: %v, want ErrUnavailable and none", err, key != (envelope.Key{}))
	}
	if _, err := s.Recall(ctx, p.Record.ID, audit.Sender(addr.MustParse("alice@council.example")), nil, "", now); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("recall: got %v, want ErrUnavailable: whoever asked must know", err)
	}
	if got := entries(); got != before {
		t.Errorf("the audit chain has %d entries, want the %d of before", got, before)
	}

	set(t, server, "maxmemory", "0")
	if stored, err := try(t, s, "full"); !stored || err != nil {
		t.Errorf("with room again: got %v, stored %v", err, stored)
	}
	if key, _, err := s.Release(ctx, ask); err != nil || key == (envelope.Key{}) {
		t.Errorf("with room again, opening: %v", err)
	}
	if got := entries(); got != before+1 {
		t.Errorf("the audit chain has %d entries, want %d", got, before+1)
	}
}
