package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/internal/redistest"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// oldest is the line of storetest.Keys; its names are those of every ring here.
const oldest = "test AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"

const keyC = "c UFFSU1RVVldYWVpbXF1eX2BhYmNkZWZnaGlqa2xtbm8=\n"

func at(t *testing.T, server *redistest.Server, clock *storetest.Clock, file string) *store.Store {
	t.Helper()
	return storetest.Open(t, store.Options{Addresses: []string{server.Addr}, Now: clock.Now, Keys: ring(t, file)})
}

// underKeys counts every value in Redis by the id of the master key that it is sealed
// under, whatever its type and place; what is bound to a browser is left out.
func underKeys(t *testing.T, c *redis.Client, ids ...string) map[string][]string {
	t.Helper()
	ctx, out := context.Background(), map[string][]string{}
	look := func(key, field, value string) {
		for _, id := range ids {
			if strings.Contains(value, "\x01"+string(rune(len(id)))+id) {
				out[id] = append(out[id], key+" "+field)
			}
		}
	}
	for _, key := range c.Keys(ctx, "*").Val() {
		switch c.Type(ctx, key).Val() {
		case "string":
			look(key, "", c.Get(ctx, key).Val())
		case "hash":
			for f, v := range c.HGetAll(ctx, key).Val() {
				look(key, f, v)
			}
		case "list":
			for i, v := range c.LRange(ctx, key, 0, -1).Val() {
				look(key, fmt.Sprint(i), v)
			}
		case "zset":
			for _, v := range c.ZRange(ctx, key, 0, -1).Val() {
				look(key, v, v)
			}
		default:
			t.Errorf("%s has a type that nobody looks into", key)
		}
	}
	return out
}

// more puts what everything leaves out: each kind of key that holds something sealed.
func more(t *testing.T, s *store.Store, clock *storetest.Clock) {
	t.Helper()
	ctx, now := context.Background(), clock.Now()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	who := addr.MustParse("more@outside.example")
	proof := storetest.SignIn(t, s, who, "a browser", now)
	_, err := s.NewSessionOn(ctx, proof, "Firefox", now)
	ok(err)
	ok(s.SaveDraft(ctx, proof, store.Draft{ID: "one", Text: "begun"}, now))
	ok(s.AddWritten(ctx, proof, store.Written{ID: "w", At: now}, now))
	ok(s.AddPasskey(ctx, proof, []byte("handle"), store.Passkey{ID: []byte("passkey"), PublicKey: []byte("public"), Name: "telephone"}, now))
	_, err = s.Announce(ctx, store.Announcement{Text: map[string]string{"en": "closed on Monday"}, From: now, Until: now.AddDate(0, 0, 1), By: "op"}, now)
	ok(err)
	_, err = s.MakeRequest(ctx, store.Request{}, now)
	ok(err)
}

// After Reseal nothing is left under an older key but what a browser's cookie is
// needed for, and the older keys between newest and oldest are needed no more.
func TestReseal(t *testing.T) {
	server, clock := redistest.StartRedis(t), storetest.NewClock()
	c := server.Client()
	defer c.Close()
	ctx := context.Background()
	first := at(t, server, clock, oldest)
	id, _ := everything(t, first, clock)
	second := at(t, server, clock, keyB+oldest)
	more(t, second, clock)
	before := underKeys(t, c, "test", "b", "c")
	if len(before["test"]) == 0 || len(before["b"]) == 0 {
		t.Fatalf("nothing to move: %v", before)
	}
	third := at(t, server, clock, keyC+keyB+oldest)
	got, err := third.Reseal(ctx, audit.Operator("op"), clock.Now())
	if err != nil || got.Damaged != 0 || got.Moved < len(before["test"])+len(before["b"])-got.Bound {
		t.Fatalf("got %+v, %v; there were %d and %d", got, err, len(before["test"]), len(before["b"]))
	}
	left := 0
	for under, places := range underKeys(t, c, "test", "b") {
		for _, place := range places {
			left++
			switch kind, _, _ := strings.Cut(place, ":"); {
			case kind == "f", kind == "j", kind == "d", strings.HasPrefix(place, "g:{") && strings.HasSuffix(place, " d"):
			default:
				t.Errorf("still under %s: %s", under, place)
			}
		}
	}
	if left != got.Bound {
		t.Errorf("%d are left, and Reseal counted %d", left, got.Bound)
	}
	again, err := third.Reseal(ctx, audit.Operator("op"), clock.Now())
	if err != nil || again.Moved != 0 {
		t.Errorf("a second time: got %+v, %v, want nothing moved", again, err)
	}
	readAll(t, server, clock, keyC+oldest, id.String())
	if err := third.CheckKeys(ctx); err != nil {
		t.Error(err)
	}
	if _, err := third.Sweep(ctx, clock.Now()); err != nil {
		t.Error(err)
	}
}

// readAll looks at what everything and more left, with the keys of a file.
func readAll(t *testing.T, server *redistest.Server, clock *storetest.Clock, file, envelopeID string) {
	t.Helper()
	ctx, s := context.Background(), at(t, server, clock, file)
	who, more := addr.MustParse("planted.jane@outside.example"), addr.MustParse("more@outside.example")
	p := storetest.Message(storetest.Keys(t), "planted", clock.Now(), who)
	known, err := s.Lookup(ctx, p.Record.ID)
	if err != nil || !known.Found || known.Record.ID.String() != envelopeID || !bytes.Equal(known.Key.Bytes(), p.Key.Bytes()) {
		t.Errorf("the envelope: found %v, %v", known.Found, err)
	}
	trail, err := s.Trail(ctx, p.Record.ID)
	if err != nil || len(trail.Entries) < 4 {
		t.Errorf("its trail has %d entries, %v", len(trail.Entries), err)
	}
	if _, err := s.Account(ctx, who); err != nil {
		t.Error("the account:", err)
	}
	proof := storetest.SignIn(t, s, more, "a browser", clock.Now())
	if d, err := s.Drafts(ctx, proof, clock.Now()); err != nil || len(d) != 1 {
		t.Errorf("%d drafts, %v", len(d), err)
	}
	if w, _, err := s.WrittenBy(ctx, proof, 0, 10, clock.Now()); err != nil || len(w) != 1 {
		t.Errorf("%d written, %v", len(w), err)
	}
	if _, w, err := s.PasskeyOwner(ctx, []byte("passkey")); err != nil || len(w.Passkeys) != 1 {
		t.Errorf("%d passkeys, %v", len(w.Passkeys), err)
	}
	if a, err := s.Announcements(ctx, clock.Now()); err != nil || len(a) != 1 {
		t.Errorf("%d announcements, %v", len(a), err)
	}
	if r, err := s.Requests(ctx, clock.Now()); err != nil || len(r) != 1 {
		t.Errorf("%d requests, %v", len(r), err)
	}
	if l, err := s.Sessions(ctx, proof, clock.Now()); err != nil || len(l) == 0 {
		t.Errorf("%d sessions, %v", len(l), err)
	}
	got, err := s.Reseal(ctx, audit.Operator("op"), clock.Now())
	if err != nil || got.Moved != 0 || got.Damaged != 0 {
		t.Errorf("with fewer keys: %+v, %v", got, err)
	}
}

// Writers with old and new file go on while everything is moved; none of what they
// were told is kept is lost.
func TestResealUnderLoad(t *testing.T) {
	server, clock := redistest.StartRedis(t), storetest.NewClock()
	ctx := context.Background()
	const people, rounds = 12, 15
	writers := []*store.Store{at(t, server, clock, "b ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8= waiting\n"+oldest), at(t, server, clock, keyB+oldest)}
	message := func(i int) store.Preparation {
		return storetest.Message(storetest.Keys(t), fmt.Sprint("load ", i), clock.Now(), addr.MustParse(fmt.Sprintf("p%d@outside.example", i)))
	}
	var wrote, stop atomic.Bool
	var hands sync.WaitGroup
	for i := range people {
		hands.Go(func() {
			p := message(i)
			if err := writers[i%2].Prepare(ctx, p); err != nil {
				t.Error(err)
				return
			}
			proof := storetest.SignIn(t, writers[i%2], p.Recipients[0], "b", clock.Now())
			for n := range rounds {
				s := writers[(i+n)%2]
				if _, err := s.Look(ctx, p.Record.ID, audit.Operator("op"), fmt.Sprint(n), clock.Now()); err != nil {
					t.Errorf("round %d: %v", n, err)
				}
				if err := s.SaveDraft(ctx, proof, store.Draft{ID: "one", Text: fmt.Sprint(n)}, clock.Now()); err != nil {
					t.Error(err)
				}
				wrote.Store(true)
			}
		})
	}
	var moving sync.WaitGroup
	walks, moved := 0, 0
	moving.Go(func() {
		for !stop.Load() {
			got, err := writers[1].Reseal(ctx, audit.Operator("op"), clock.Now())
			if err != nil || got.Damaged != 0 {
				t.Errorf("got %+v, %v", got, err)
				return
			}
			walks, moved = walks+1, moved+got.Moved
		}
	})
	hands.Wait()
	stop.Store(true)
	moving.Wait()
	if _, err := writers[1].Reseal(ctx, audit.Operator("op"), clock.Now()); err != nil {
		t.Fatal(err)
	}
	if !wrote.Load() || moved == 0 {
		t.Fatalf("%d walks moved %d values; nothing was tried", walks, moved)
	}
	for i := range people {
		p := message(i)
		trail, err := writers[0].Trail(ctx, p.Record.ID)
		if err != nil {
			t.Errorf("message %d: %v", i, err)
			continue
		}
		looks := 0
		for _, e := range trail.Entries {
			if e.Action == audit.Looked {
				looks++
			}
		}
		if looks != rounds {
			t.Errorf("message %d: %d of %d looks are in the record", i, looks, rounds)
		}
		known, err := writers[0].Lookup(ctx, p.Record.ID)
		if err != nil || !bytes.Equal(known.Key.Bytes(), p.Key.Bytes()) {
			t.Errorf("message %d: another key, %v", i, err)
		}
		proof := storetest.SignIn(t, writers[0], p.Recipients[0], "b", clock.Now())
		if d, err := writers[0].SavedDraft(ctx, proof, "one", clock.Now()); err != nil || d.Text != fmt.Sprint(rounds-1) {
			t.Errorf("message %d: draft %q, %v", i, d.Text, err)
		}
	}
	c := server.Client()
	defer c.Close()
	if left := underKeys(t, c, "test")["test"]; len(left) > 0 {
		t.Errorf("left under the old key: %v", left)
	}
}

// A Redis that was filled under other keys is not written to, and said to be so:
// another file, a file without the key that somebody seals with, the same id for
// another key. Design, "master key missing or wrong".
func TestOtherMasterKeysAreRefused(t *testing.T) {
	server, clock := redistest.StartRedis(t), storetest.NewClock()
	ctx := context.Background()
	p := storetest.Message(storetest.Keys(t), "one", clock.Now(), addr.MustParse("jane@outside.example"))
	for _, file := range []string{oldest, keyB + oldest} {
		if err := at(t, server, clock, file).Ready(ctx); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	for name, file := range map[string]string{
		"another file": keyC, "without the newest": oldest, "another key under the same id": "b UFFSU1RVVldYWVpbXF1eX2BhYmNkZWZnaGlqa2xtbm8=\n" + oldest, "turned round": oldest + keyB,
	} {
		s := at(t, server, clock, file)
		if err := s.Ready(ctx); !errors.Is(err, store.ErrOtherKeys) {
			t.Errorf("%s: got %v, want %v", name, err, store.ErrOtherKeys)
		}
		if err := s.Prepare(ctx, p); !errors.Is(err, store.ErrOtherKeys) {
			t.Errorf("%s: Prepare: got %v, want %v", name, err, store.ErrOtherKeys)
		}
	}
	if err := at(t, server, clock, keyC+keyB+oldest).Ready(ctx); err != nil {
		t.Errorf("a further key on top: %v", err)
	}
}
