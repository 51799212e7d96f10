package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/bench/cputime"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/internal/redistest"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// What an envelope with two recipients takes in Redis once its confirmation is sent,
// by kinds of keys, for an ordinary mail with names, a thread and both reminders: at
// most 1,536 octets by MEMORY USAGE (docs/performance.md, goal 13).
func TestOctetsOfAnEnvelope(t *testing.T) {
	const envelopes, most = 200, 1536
	server, clock := redistest.StartRedis(t, "--appendfsync", "no"), storetest.NewClock()
	s := storetest.Open(t, store.Options{Addresses: []string{server.Addr}, VolatileOK: true, Now: clock.Now})
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range envelopes {
		sendOne(t, s, ordinary(t, i, clock.Now()), clock.Now())
	}
	c := server.Client()
	defer c.Close()
	kinds, sum := map[string]int64{}, int64(0)
	for _, key := range c.Keys(t.Context(), "*").Val() {
		n, err := c.MemoryUsage(t.Context(), key, 0).Result()
		ok(err)
		kind, _, _ := strings.Cut(key, ":")
		kinds[kind] += n
		sum += n
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		t.Logf("%s: %d octets an envelope", kind, kinds[kind]/envelopes)
	}
	t.Logf("the record itself: %d octets", c.StrLen(t.Context(), "e:{"+ordinary(t, 0, clock.Now()).Record.ID.String()+"}").Val())
	if got := sum / envelopes; got > most {
		t.Errorf("%d octets an envelope, want at most %d", got, most)
	}
}

// ordinary is a mail as the milter stores it.
func ordinary(t testing.TB, i int, now time.Time) store.Preparation {
	t.Helper()
	keys := storetest.Keys(t)
	sender := addr.MustParse("jane.doe@example.gov.uk")
	to := []addr.Address{addr.MustParse(fmt.Sprintf("reader%d@firm.example", i)), addr.MustParse(fmt.Sprintf("second.reader%d@firm.example", i))}
	p := storetest.Message(keys, fmt.Sprint("ordinary ", i), now, to...)
	r := &p.Record
	r.Sender, r.EnvelopeFrom, r.SenderName = sender, sender, "Jane Doe"
	r.To = []string{"A. Reader <" + to[0].String() + ">", to[1].String()}
	r.Subject = "[SECURE] The timetable of the autumn term"
	r.OriginalID = fmt.Sprintf("<%d.13894123790345629@example.gov.uk>", i)
	r.Digests, r.SignIn = []envelope.Digest{{1}}, []string{"code", "password", "oidc"}
	p.By = "milter-4xk2"
	for name, due := range map[string]time.Time{"reminder-expiring": r.ExpiresAt.AddDate(0, 0, -7), "reminder-unopened": now.AddDate(0, 0, 3)} {
		data := map[string]any{}
		if name == "reminder-expiring" {
			data = map[string]any{"expiring": true, "ahead": 7 * 24 * time.Hour}
		}
		raw, _ := json.Marshal(data)
		p.Held = append(p.Held, store.Outgoing{ID: name, Kind: "reminder", To: sender, Data: raw, Due: due, Expires: due.AddDate(20, 0, 0)})
	}
	p.Held = append(p.Held, store.Outgoing{ID: "confirmation", Kind: "confirmation", To: sender, Data: []byte("{}"), Due: now})
	return p
}

// How often Redis is waited for on the way of a sealed message, its confirmation
// included: Lookup, Prepare, Queued twice, Claim twice, Sent. Redis counts what it
// reads from connections; a few more are those of the connection itself.
func TestRoundTripsOfAMessage(t *testing.T) {
	const messages, most = 50, 7.5
	server, clock := redistest.StartRedis(t, "--appendfsync", "no"), storetest.NewClock()
	s := storetest.Open(t, store.Options{Addresses: []string{server.Addr}, VolatileOK: true, Now: clock.Now})
	c := server.Client()
	defer c.Close()
	reads := func() (n float64) {
		text, err := c.Info(t.Context(), "stats").Result()
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(text, "total_reads_processed:")
		if _, err := fmt.Sscan(rest, &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	sendOne(t, s, ordinary(t, 0, clock.Now()), clock.Now()) // the scripts are loaded by it
	before := reads()
	for i := range messages {
		sendOne(t, s, ordinary(t, i+1, clock.Now()), clock.Now())
	}
	got := (reads() - before) / messages
	t.Logf("%.2f a message", got)
	if got > most {
		t.Errorf("%.2f readings a message, want at most %.1f", got, most)
	}
}

// sendOne is the way of a sealed message through the store.
func sendOne(t testing.TB, s *store.Store, p store.Preparation, now time.Time) {
	known, err := s.Lookup(t.Context(), p.Record.ID)
	p.New = !known.Found
	err = errors.Join(err, s.Prepare(t.Context(), p), s.Queued(t.Context(), p.Record.ID, p.Recipients, []string{"confirmation", "reminder-expiring", "reminder-unopened"}, "4YcBvT0zWqz3Lk", now))
	got, claimErr := s.Claim(t.Context(), 8, time.Minute, now)
	if err := errors.Join(err, claimErr); err != nil || len(got) != 1 {
		t.Fatalf("%d confirmations, %v", len(got), err)
	}
	if err := s.Sent(t.Context(), got[0], now); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkSealedMessage is what the store costs the daemon for one sealed message
// with two recipients, its confirmation included, by processor time of this process
// (Redis has its own).
func BenchmarkSealedMessage(b *testing.B) {
	server, clock := redistest.StartRedis(b, "--appendfsync", "no"), storetest.NewClock()
	s := storetest.Open(b, store.Options{Addresses: []string{server.Addr}, VolatileOK: true, Now: clock.Now})
	b.ReportAllocs()
	before := cputime.Used()
	for i := 0; b.Loop(); i++ {
		sendOne(b, s, ordinary(b, i, clock.Now()), clock.Now())
	}
	b.ReportMetric(float64(cputime.Used()-before)/float64(b.N), "cpu-ns/op")
}
