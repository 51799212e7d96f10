package bench

import (
	"regexp"
	"testing"
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
	r.put(load{messages: envelopes, sessions: 4, arrive: 2, message: two}) // one mail to both readers, and the confirmation
	c := r.redis.Client()
	defer c.Close()
	kinds := map[string][]float64{}
	sum := 0.0
	each := c.Scan(t.Context(), 0, "", 1000).Iterator()
	for each.Next(t.Context()) {
		n, err := c.MemoryUsage(t.Context(), each.Val(), 0).Result()
		if err != nil {
			t.Fatal(err)
		}
		sum += float64(n)
		kind := kindOf.FindString(each.Val())
		if kinds[kind] == nil {
			kinds[kind] = []float64{0, 0}
		}
		kinds[kind][0]++
		kinds[kind][1] += float64(n)
	}
	if err := each.Err(); err != nil {
		t.Fatal(err)
	}
	for kind, k := range kinds {
		t.Logf("%s: %.0f keys, %.0f octets in all, %.0f for an envelope", kind, k[0], k[1], k[1]/envelopes)
	}
	return []goal{{13, "octets in Redis for an envelope with two recipients", []limit{{"octets", sum / envelopes, 1536, false, ""}}, kinds}}
}

// kindOf is what stands before the name in a key, as store's documentation lists.
var kindOf = regexp.MustCompile(`^[a-z]+`)
