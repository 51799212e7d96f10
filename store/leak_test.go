package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/postseal/postseal/internal/leaktest"
	"github.com/postseal/postseal/internal/redistest"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// Calls that Redis answers, that it dies under, and that it does not answer for as
// long as it is away leave no connection and nothing running behind.
func TestNothingIsLeft(t *testing.T) {
	leaktest.Check(t)
	redis, clock := redistest.StartRedis(t), storetest.NewClock()
	s := storetest.Open(t, store.Options{Addresses: []string{redis.Addr}, Now: clock.Now})
	calls := func(round string) (away int) {
		var hands sync.WaitGroup
		var mu sync.Mutex
		for i := range 20 {
			hands.Go(func() {
				err := s.Prepare(t.Context(), storetest.Message(storetest.Keys(t), fmt.Sprint(round, i), clock.Now(), jane))
				mu.Lock()
				defer mu.Unlock()
				if errors.Is(err, store.ErrUnavailable) {
					away++
				}
			})
		}
		if round == "dying" {
			redis.Kill()
		}
		hands.Wait()
		return away
	}
	if got := calls("well"); got != 0 {
		t.Errorf("%d calls were not answered", got)
	}
	calls("dying")
	if got := calls("away"); got != 20 {
		t.Errorf("%d of 20 calls say that Redis is away", got)
	}
	redis.Start()
	redis.WaitFor(func() bool { return calls("back") == 0 }) // the client looks once a second
}
