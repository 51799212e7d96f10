package portal

import (
	"slices"
	"time"
)

// Surface gives the patterns of all routes, as the router has them, so that tests
// attack each of them and none that comes later is forgotten.
func (s *Server) Surface() []string { return slices.Clone(s.surface) }

// What one source may.
var (
	QuotaGuess = quotaGuess
	QuotaMails = quotaMails
)

// Source is where a request is counted.
var Source = source

// MaxHeldEach is how many openings and uploads one person may have at once.
const MaxHeldEach = maxHeldEach

// WaitAtMost sets how long one more waits. To be called before the first request.
func (s *Server) WaitAtMost(d time.Duration) { s.held.wait = d }

// Held is how many people are counted just now.
func (s *Server) Held() int {
	s.held.mu.Lock()
	defer s.held.mu.Unlock()
	return len(s.held.by)
}
