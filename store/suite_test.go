package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/redistest"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// TestMemory runs the suite on the in-process stand-in.
func TestMemory(t *testing.T) {
	storetest.Run(t, func(t *testing.T, now func() time.Time) *store.Store { return storetest.Memory(t, now) })
}

// TestRedis runs the same suite on a real redis-server with durable settings.
func TestRedis(t *testing.T) {
	server := redistest.StartRedis(t)
	storetest.Run(t, func(t *testing.T, now func() time.Time) *store.Store {
		flush(t, server)
		return storetest.Open(t, store.Options{Addresses: []string{server.Addr}, Now: now})
	})
}

func flush(t *testing.T, server *redistest.Server) {
	t.Helper()
	c := server.Client()
	defer c.Close()
	if err := c.FlushAll(context.Background()).Err(); err != nil {
		t.Fatal(err)
	}
}
