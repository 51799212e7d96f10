package store_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

var alice = addr.MustParse("alice@council.example")

// olderSite is a store on testdata/records/fields.json: what a program wrote whose
// envelopes were hashes with a seal for each field.
type olderSite struct {
	*testing.T
	ctx   context.Context
	clock *storetest.Clock
	s     *store.Store
	m     *miniredis.Miniredis
}

func newOlderSite(t *testing.T) *olderSite {
	t.Helper()
	w := &olderSite{T: t, ctx: t.Context(), clock: storetest.NewClock()}
	w.clock.Add(3 * time.Minute)
	w.s, w.m = inside(t, w.clock)
	raw, err := os.ReadFile("testdata/records/fields.json")
	w.ok(err)
	var rows []struct {
		Key, Type string
		Values    []string
	}
	w.ok(json.Unmarshal(raw, &rows))
	plain := func(s string) string {
		b, err := base64.StdEncoding.DecodeString(s)
		w.ok(err)
		return string(b)
	}
	for _, r := range rows {
		switch r.Type {
		case "string":
			w.ok(w.m.Set(r.Key, plain(r.Values[0])))
		case "list":
			for _, v := range r.Values {
				_, err := w.m.RPush(r.Key, plain(v))
				w.ok(err)
			}
		case "hash":
			for pair := range slices.Chunk(r.Values, 2) {
				w.m.HSet(r.Key, pair[0], plain(pair[1]))
			}
		case "zset":
			for pair := range slices.Chunk(r.Values, 2) {
				at, err := time.Parse(time.RFC3339Nano, pair[1])
				w.ok(err)
				_, err = w.m.ZAdd(r.Key, float64(at.UnixMilli()), pair[0])
				w.ok(err)
			}
		}
	}
	return w
}

func (w *olderSite) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *olderSite) id(name string) envelope.ID {
	return storetest.Message(storetest.Keys(w), name, w.clock.Now()).Record.ID
}

// said is what a record tells, without what no program need keep: By of whom
// Postfix has long had.
func said(r store.Record) string {
	for i := range r.Recipients {
		if r.Recipients[i].Status != store.Prepared {
			r.Recipients[i].By = ""
		}
	}
	fields, _ := json.Marshal(r)
	states, _ := json.Marshal(r.Recipients)
	return fmt.Sprintf("%s %s %v", fields, states, r.Destroyed)
}

var olderNames = []string{"prepared", "queued", "opened", "recalled", "all recalled", "expired"}

// What an earlier version wrote reads as before, and the same again after the change
// that brings it into the present form, chain and key with it.
func TestOlderRecordsStayReadable(t *testing.T) {
	w := newOlderSite(t)
	before := map[string]string{}
	keys := map[string]string{}
	for _, name := range olderNames {
		r, err := w.s.EnvelopeForOperator(w.ctx, w.id(name))
		w.ok(err)
		w.ok(w.s.VerifyAudit(w.ctx, r.ID))
		known, err := w.s.Lookup(w.ctx, r.ID)
		w.ok(err)
		before[name], keys[name] = said(r), string(known.Key.Bytes())
		if want := name != "all recalled"; want != r.Destroyed.IsZero() || want != (known.Key != envelope.Key{}) {
			t.Errorf("%s: destroyed %v, and a key %v", name, r.Destroyed, known.Key != envelope.Key{})
		}
	}
	for _, sign := range []string{"Care plan opened", "Carol \\u003ccarol@elsewhere.example\\u003e", "550 no", `"Opens":2`, "OFFICIAL-SENSITIVE", "a@b.example", `"Digests":[[1,2,3,`} {
		if !strings.Contains(before["opened"], sign) {
			t.Errorf("the record does not hold %q: %s", sign, before["opened"])
		}
	}
	if !strings.Contains(before["recalled"], "wrong person") || !strings.Contains(before["prepared"], "room a") || !strings.Contains(before["queued"], "let in") {
		t.Error("a reason, a name or a request is missing")
	}
	if found, err := w.s.Find(w.ctx, store.Search{Sender: alice, Limit: 10}); err != nil || len(found.Records) != len(olderNames) || found.Damaged != 0 {
		t.Errorf("found %d, %d damaged, %v", len(found.Records), found.Damaged, err)
	}
	for _, name := range olderNames {
		id := w.id(name)
		_, err := w.s.Look(w.ctx, id, audit.Operator("op"), "", w.clock.Now()) // writes into the chain, and nothing else
		w.ok(err)
		if kind := w.m.Type("e:{" + id.String() + "}"); kind != "string" {
			t.Errorf("%s: rests as a %s", name, kind)
		}
		r, err := w.s.EnvelopeForOperator(w.ctx, id)
		w.ok(err)
		w.ok(w.s.VerifyAudit(w.ctx, id))
		known, err := w.s.Lookup(w.ctx, id)
		w.ok(err)
		if got := said(r); got != before[name] || string(known.Key.Bytes()) != keys[name] {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, before[name])
		}
	}
	if found, err := w.s.Find(w.ctx, store.Search{Sender: alice, Limit: 10}); err != nil || len(found.Records) != len(olderNames) {
		t.Errorf("found %d, %v", len(found.Records), err)
	}
}

// Each way of changing an envelope takes one of the older form.
func TestOlderRecordsCanBeChanged(t *testing.T) {
	for name, change := range map[string]func(w *olderSite) error{
		"opened": func(w *olderSite) error {
			id := w.id("queued")
			proof := storetest.SignIn(w.T, w.s, jane, "b", w.clock.Now())
			_, _, err := w.s.Release(w.ctx, store.ReleaseRequest{ID: id, Secret: storetest.Keys(w).Secret(id), Person: proof, Purpose: "open", Now: w.clock.Now()})
			return err
		},
		"queued": func(w *olderSite) error {
			return w.s.Queued(w.ctx, w.id("prepared"), []addr.Address{jane, bob}, []string{"confirmation"}, "Q", w.clock.Now())
		},
		"recalled": func(w *olderSite) error {
			r, err := w.s.Recall(w.ctx, w.id("queued"), audit.Sender(alice), nil, "", w.clock.Now())
			if r.Destroyed.IsZero() {
				w.Error("the key is still there")
			}
			return err
		},
		"extended": func(w *olderSite) error {
			return w.s.Extend(w.ctx, w.id("expired"), audit.Sender(alice), w.clock.Now().AddDate(1, 0, 0), nil, w.clock.Now())
		},
		"let in": func(w *olderSite) error {
			_, err := w.s.LetIn(w.ctx, w.id("queued"), audit.Sender(alice), addr.MustParse("carol@elsewhere.example"), nil, w.clock.Now())
			return err
		},
		"destroyed": func(w *olderSite) error {
			_, err := w.s.Sweep(w.ctx, w.clock.Add(130*24*time.Hour))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newOlderSite(t)
			if err := change(w); err != nil {
				t.Fatal(err)
			}
			changed := 0
			for _, message := range olderNames {
				id := w.id(message)
				w.ok(w.s.VerifyAudit(w.ctx, id))
				if w.m.Type("e:{"+id.String()+"}") == "string" {
					changed++
				}
			}
			if changed == 0 {
				t.Error("nothing was written")
			}
		})
	}
}

// Notices of the older form, reminders among them, are sent as they were held.
func TestOlderNoticesAreSent(t *testing.T) {
	w := newOlderSite(t)
	count := func() map[string]int {
		kinds := map[string]int{}
		got, err := w.s.Claim(w.ctx, 100, time.Minute, w.clock.Now())
		w.ok(err)
		for _, o := range got {
			kinds[o.ID]++
			w.ok(w.s.Sent(w.ctx, o, w.clock.Now()))
		}
		return kinds
	}
	if got := count(); got["confirmation"] != 5 || len(got) != 1 {
		t.Errorf("at once: got %v", got)
	}
	w.clock.Add(72 * time.Hour)
	if got := count(); got["reminder-unopened"] != 5 || len(got) != 1 {
		t.Errorf("after three days: got %v", got)
	}
	w.clock.Add(80 * 24 * time.Hour)
	if got := count(); got["reminder-expiring"] != 5 || len(got) != 1 {
		t.Errorf("before the end: got %v", got)
	}
}

// Who can write to Redis gets no key out of an older record either.
func TestTamperedOlderRecordGivesNoKey(t *testing.T) {
	w := newOlderSite(t)
	key, other := "e:{"+w.id("recalled").String()+"}", "e:{"+w.id("opened").String()+"}"
	names, err := w.m.HKeys(key)
	w.ok(err)
	good := map[string]string{}
	for _, f := range names {
		good[f] = w.m.HGet(key, f)
	}
	refused := func(name string) {
		t.Helper()
		if known, err := w.s.Lookup(w.ctx, w.id("recalled")); !errors.Is(err, store.ErrSyntax) || known.Key != (envelope.Key{}) {
			t.Errorf("%s: got %v", name, err)
		}
		w.m.Del(key)
		for f, v := range good {
			w.m.HSet(key, f, v)
		}
	}
	for _, f := range slices.Sorted(maps.Keys(good)) {
		flipped := []byte(good[f])
		flipped[len(flipped)-1] ^= 1
		w.m.HSet(key, f, string(flipped))
		refused("a bit of " + f)
		w.m.HDel(key, f)
		refused("without " + f)
		if strange := w.m.HGet(other, f); strange != "" && strange != good[f] {
			w.m.HSet(key, f, strange)
			refused("the other envelope's " + f)
		}
		if strings.HasPrefix(f, "s:") {
			w.m.HSet(key, f, map[string]string{"queued": "recalled", "recalled": "queued"}[good[f]])
			refused("re-opened by hand")
		}
	}
	w.m.HSet(key, "s:0123456789abcdef0123456789abcdef", "queued")
	refused("a recipient made up")
}
