package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Go collects garbage when the heap has twice what was live. That is often for a
// daemon with little live, where each collection costs as much as it does, and
// much for one that seals a hundred attachments. So the pace follows what is live.
const (
	// heapFloor is what the heap may come to, in octets, before it is collected,
	// however little of it is live: passing mail leaves a tenth of a megabyte each.
	heapFloor = 28 << 20
	// leastPercent is how much the heap may grow, in parts of a hundred of what is live,
	// when that is more.
	leastPercent = 50
	// heapLive is what the last collection found live.
	heapLive = "/gc/heap/live:bytes"
)

// paceOf is the GOGC for so many live octets.
func paceOf(live uint64) int {
	if live == 0 || live >= heapFloor {
		return leastPercent
	}
	return max(leastPercent, int(100*(heapFloor-live)/live))
}

// paceCollections sets the pace now and after each collection. Who has set GOGC or
// GOMEMLIMIT has decided otherwise, and nothing is changed.
func paceCollections() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	sample := []metrics.Sample{{Name: heapLive}}
	pace := 0
	var again func(*collected)
	again = func(c *collected) {
		metrics.Read(sample)
		if next := paceOf(sample[0].Value.Uint64()); next != pace {
			pace = next
			debug.SetGCPercent(pace)
		}
		runtime.SetFinalizer(c, again)
	}
	again(&collected{})
}

// collected is garbage whenever it is looked at: its finalizer runs after each
// collection. It holds something, so that it shares its memory with nothing.
type collected struct{ _ [16]byte }
