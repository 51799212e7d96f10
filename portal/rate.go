package portal

import (
	"sync"
	"time"

	"github.com/postseal/postseal/envelope"
)

// rate bounds how often one message is posted. It lives in memory: who posts has
// the message's secret, and the disk is bounded by the shelf.
type rate struct {
	mu    sync.Mutex
	since time.Time
	count map[envelope.ID]int
}

// allow counts one posting; windows are fixed, so that nothing needs sweeping.
func (r *rate) allow(id envelope.ID, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.count == nil || now.Sub(r.since) >= stageWindow || now.Before(r.since) {
		r.count, r.since = map[envelope.ID]int{}, now
	}
	if r.count[id] >= stagePerID || r.count[id] == 0 && len(r.count) >= stageIDs {
		return false
	}
	r.count[id]++
	return true
}
