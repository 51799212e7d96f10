package bench

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"
)

// stored measures what an envelope with two recipients takes in Redis once it is
// delivered and confirmed: keys, values and their places in Redis's own tables
// (MEMORY USAGE), for all keys that there are, divided by the envelopes.
func stored(t *testing.T) []goal {
	const envelopes = 500
	r := withPostseal(t)
	two := func(n int) (string, []byte) {
		to, raw := tagged(n)
		return to + ",second." + to, raw
	}
	c := r.redis.Client()
	defer c.Close()
	r.put(load{messages: 20, sessions: 4, arrive: 2, message: func(n int) (string, []byte) { return two(envelopes + n) }}) // scripts are loaded
	if err := c.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	before := counted(t, c)
	r.put(load{messages: envelopes, sessions: 4, arrive: 2, message: two}) // one mail to both readers, and the confirmation
	after := counted(t, c)
	each := func(name string) float64 { return (after[name] - before[name]) / envelopes }
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if each(name) > 0.05 {
			t.Logf("%s: %.2f for an envelope", name, each(name))
		}
	}
	kinds := map[string][]float64{}
	sum := 0.0
	keys := c.Scan(t.Context(), 0, "", 1000).Iterator()
	for keys.Next(t.Context()) {
		n, err := c.MemoryUsage(t.Context(), keys.Val(), 0).Result()
		if err != nil {
			t.Fatal(err)
		}
		sum += float64(n)
		kind := kindOf.FindString(keys.Val())
		if kinds[kind] == nil {
			kinds[kind] = []float64{0, 0}
		}
		kinds[kind][0]++
		kinds[kind][1] += float64(n)
	}
	if err := keys.Err(); err != nil {
		t.Fatal(err)
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		k := kinds[kind]
		t.Logf("%s: %.0f keys, %.0f octets in all, %.0f for an envelope", kind, k[0], k[1], k[1]/envelopes)
	}
	return []goal{{13, "octets in Redis for an envelope with two recipients", []limit{{"octets", sum / envelopes, 1536, false, ""}}, kinds}}
}

// counted gives how often each command was called, by scripts too, and how often
// Redis read from a connection ("reads"): about as often as somebody waited for it.
func counted(t *testing.T, c *redis.Client) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	text, err := c.Info(t.Context(), "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	stats, err := c.Info(t.Context(), "stats").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range calls.FindAllStringSubmatch(text, -1) {
		out[m[1]], _ = strconv.ParseFloat(m[2], 64)
	}
	out["reads"], _ = strconv.ParseFloat(reads.FindStringSubmatch(stats)[1], 64)
	return out
}

var (
	calls = regexp.MustCompile(`cmdstat_([a-z|]+):calls=(\d+)`)
	reads = regexp.MustCompile(`total_reads_processed:(\d+)`)
)

// kindOf is what stands before the name in a key, as store's documentation lists.
var kindOf = regexp.MustCompile(`^[a-z]+`)
