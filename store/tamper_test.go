package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// inside gives a store and a way to write to its Redis behind its back.
func inside(t *testing.T, clock *storetest.Clock) (*store.Store, *miniredis.Miniredis) {
	t.Helper()
	m := miniredis.RunT(t)
	return storetest.Open(t, store.Options{Addresses: []string{m.Addr()}, VolatileOK: true, Now: clock.Now}), m
}

// Who can write to Redis gets no key that the gate would refuse.
func TestTamperedEnvelopeGivesNoKey(t *testing.T) {
	clock := storetest.NewClock()
	s, m := inside(t, clock)
	ctx, keys := context.Background(), storetest.Keys(t)
	bob := addr.MustParse("bob@outside.example")
	p, other := storetest.Message(keys, "m1", clock.Now(), jane, bob), storetest.Message(keys, "m2", clock.Now(), jane)
	for _, p := range []store.Preparation{p, other} {
		if err := s.Prepare(ctx, p); err != nil {
			t.Fatal(err)
		}
	}
	r := ask(t, s, p, clock)
	if _, err := s.Recall(ctx, p.Record.ID, audit.Operator("x"), []addr.Address{bob}, "", clock.Now()); err != nil {
		t.Fatal(err)
	}
	key, otherKey := "e:{"+p.Record.ID.String()+"}", "e:{"+other.Record.ID.String()+"}"
	good, _ := m.Get(key)
	refused := func(name, stored string) {
		t.Helper()
		_ = m.Set(key, stored)
		k, _, err := s.Release(ctx, r)
		if !errors.Is(err, store.ErrSyntax) || k != (envelope.Key{}) {
			t.Errorf("%s: got %v, want ErrSyntax and no key", name, err)
		}
		if known, err := s.Lookup(ctx, p.Record.ID); !errors.Is(err, store.ErrSyntax) || known.Key != (envelope.Key{}) {
			t.Errorf("%s: Lookup got %v", name, err)
		}
		if err := s.Prepare(ctx, storetest.Message(keys, "m1", clock.Now(), addr.MustParse("new@x.example"))); !errors.Is(err, store.ErrSyntax) {
			t.Errorf("%s: Prepare got %v", name, err)
		}
		_ = m.Set(key, good)
	}
	for i := range len(good) {
		flipped := []byte(good)
		flipped[i] ^= 1
		refused(fmt.Sprint("a bit of octet ", i), string(flipped))
	}
	refused("empty", "")
	refused("cut", good[:len(good)-1])
	refused("longer", good+"x")
	strange, _ := m.Get(otherKey)
	refused("another envelope in its place", strange)
	if _, _, err := s.Release(ctx, r); err != nil {
		t.Errorf("put right again: got %v", err)
	}
}

func TestTamperedTrailIsNamed(t *testing.T) {
	clock := storetest.NewClock()
	s, m := inside(t, clock)
	ctx, keys := context.Background(), storetest.Keys(t)
	p := storetest.Message(keys, "m1", clock.Now(), jane)
	if err := s.Prepare(ctx, p); err != nil {
		t.Fatal(err)
	}
	r := ask(t, s, p, clock)
	list := "a:{" + p.Record.ID.String() + "}"
	early := 0 // entries in the record
	for released := 1; ; released++ {
		if _, _, err := s.Release(ctx, r); err != nil {
			t.Fatal(err)
		}
		entries, _ := m.List(list)
		if len(entries) == 1 {
			early = released
		}
		if len(entries) == 4 {
			break
		}
	}
	if err := s.VerifyAudit(ctx, p.Record.ID); err != nil {
		t.Fatal(err)
	}
	good, err := m.List(list)
	if err != nil || len(good) != 4 {
		t.Fatalf("got %d entries: %v", len(good), err)
	}
	entry := func(n int) string { return fmt.Sprint("entry ", early+n) }
	for name, c := range map[string]struct {
		list []string
		want string
	}{
		"left out":   {[]string{good[0], good[2], good[3]}, entry(2)},
		"swapped":    {[]string{good[0], good[2], good[1], good[3]}, entry(2)},
		"changed":    {[]string{good[0], good[1], good[2] + "x", good[3]}, entry(3)},
		"cut off":    {good[:2], fmt.Sprintf("%d of %d", early+2, early+4)},
		"all gone":   {nil, fmt.Sprintf("%d of %d", early, early+4)},
		"one twice":  {[]string{good[0], good[0], good[1], good[2]}, entry(2)},
		"not sealed": {[]string{good[0], "opened by nobody", good[2], good[3]}, entry(2)},
	} {
		m.Del(list)
		for _, e := range c.list {
			_, _ = m.RPush(list, e)
		}
		if err := s.VerifyAudit(ctx, p.Record.ID); !errors.Is(err, audit.ErrBroken) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want ErrBroken with %q", name, err, c.want)
		}
	}
}

// A rotated ring reads what the older key sealed; without that key nothing opens.
func TestRingsOverTime(t *testing.T) {
	clock := storetest.NewClock()
	m := miniredis.RunT(t)
	open := func(text string) *store.Store {
		return storetest.Open(t, store.Options{Addresses: []string{m.Addr()}, VolatileOK: true, Now: clock.Now, Keys: ring(t, text)})
	}
	ctx, old := context.Background(), ring(t, keyA)
	p := storetest.Message(old, "m1", clock.Now(), jane)
	if err := open(keyA).Prepare(ctx, p); err != nil {
		t.Fatal(err)
	}
	known, err := open(keyB+keyA).Lookup(ctx, p.Record.ID)
	if err != nil || string(known.Key.Bytes()) != string(p.Key.Bytes()) {
		t.Errorf("rotated: got %v", err)
	}
	if _, err := open(keyB).Lookup(ctx, p.Record.ID); !errors.Is(err, store.ErrSyntax) {
		t.Errorf("without its key: got %v, want ErrSyntax", err)
	}
}

func TestSweepRepairs(t *testing.T) {
	clock := storetest.NewClock()
	s, m := inside(t, clock)
	ctx, keys := context.Background(), storetest.Keys(t)
	p := storetest.Message(keys, "m1", clock.Now(), jane)
	p.Held = []store.Outgoing{{ID: "c", Kind: "confirmation", To: jane}}
	if err := errors.Join(s.Prepare(ctx, p), s.Queued(ctx, p.Record.ID, p.Recipients, []string{"c"}, "Q", clock.Now())); err != nil {
		t.Fatal(err)
	}
	lost := storetest.Message(keys, "m2", clock.Now(), jane)
	if err := s.Prepare(ctx, lost); err != nil {
		t.Fatal(err)
	}
	m.Del("e:{" + lost.Record.ID.String() + "}") // an index entry that leads nowhere
	if got, err := s.ReceivedBy(ctx, jane, 10); err != nil || len(got) != 1 {
		t.Fatalf("got %d, %v", len(got), err)
	}
	for _, key := range m.Keys() {
		if strings.HasPrefix(key, "w:") || strings.HasPrefix(key, "is:") {
			m.Del(key)
		}
	}
	if got, _ := s.Claim(ctx, 10, store.CodeLife, clock.Now()); len(got) != 0 {
		t.Fatal("claimed without a work list")
	}
	swept, err := s.Sweep(ctx, clock.Add(store.CodeLife))
	if err != nil || swept.Indexed != 2 || swept.Envelopes != 1 || swept.Dropped != 0 {
		t.Errorf("got %+v %v, want sender index and hint put back", swept, err)
	}
	if got, err := s.SentBy(ctx, p.Record.Sender, 10); err != nil || len(got) != 1 {
		t.Errorf("sent: got %d %v", len(got), err)
	}
	got, err := s.Claim(ctx, 10, store.CodeLife, clock.Now())
	if err != nil || len(got) != 1 || got[0].ID != "c" {
		t.Errorf("claim: got %v %v", got, err)
	}
	swept, err = s.Sweep(ctx, clock.Add(2*store.OutboxLife+store.CodeLife))
	if err != nil || swept.Dropped != 3 { // two index entries, by now old enough, and the notice
		t.Errorf("got %+v %v, want three dropped", swept, err)
	}
	_ = m.Set("e:{"+p.Record.ID.String()+"}", "x")
	if swept, err = s.Sweep(ctx, clock.Now()); err != nil || swept.Damaged != 1 {
		t.Errorf("got %+v %v, want one damaged", swept, err)
	}
}
