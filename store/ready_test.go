package store_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/internal/redistest"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

var jane = addr.MustParse("jane@outside.example")

// set changes settings of a running server: name, value, name, value, ...
func set(t *testing.T, server *redistest.Server, settings ...string) {
	t.Helper()
	c := server.Client()
	defer c.Close()
	for i := 0; i < len(settings); i += 2 {
		if err := c.ConfigSet(context.Background(), settings[i], settings[i+1]).Err(); err != nil {
			t.Fatalf("%s: %v", settings[i], err)
		}
	}
}

// try prepares one message and tells whether it was stored.
func try(t *testing.T, s *store.Store, fingerprint string) (stored bool, err error) {
	t.Helper()
	p := storetest.Message(storetest.Keys(t), fingerprint, storetest.NewClock().Now(), jane)
	err = s.Prepare(context.Background(), p)
	known, lookErr := s.Lookup(context.Background(), p.Record.ID)
	if lookErr != nil {
		t.Fatal(lookErr)
	}
	return known.Found, err
}

// Promise 2: nothing is sealed on a Redis that may lose the key.
func TestSettingsThatLoseKeysAreRefused(t *testing.T) {
	server := redistest.StartRedis(t)
	safe := []string{"appendonly", "yes", "appendfsync", "always", "no-appendfsync-on-rewrite", "no", "maxmemory", "0", "maxmemory-policy", "noeviction"}
	c := server.Client()
	defer c.Close()
	for _, user := range [][]any{{"noconfig", "on", "nopass", "~*", "+@all", "-config"}, {"noinfo", "on", "nopass", "~*", "+@all", "-info"}} {
		if err := c.Do(context.Background(), append([]any{"acl", "setuser"}, user...)...).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		name     string
		settings []string
		options  store.Options
		want     string // words of ErrVolatile; empty: ready
	}{
		{name: "safe"},
		{name: "fsync each second", settings: []string{"appendfsync", "everysec"}, want: "appendfsync is everysec; set appendfsync always, or wait_replicas"},
		{name: "no fsync", settings: []string{"appendfsync", "no"}, want: "appendfsync is no; set appendfsync always"},
		{name: "no fsync while rewriting", settings: []string{"no-appendfsync-on-rewrite", "yes"}, want: "set no-appendfsync-on-rewrite no"},
		{name: "no append-only file", settings: []string{"appendonly", "no"}, want: "appendonly is off; set appendonly yes"},
		{name: "eviction", settings: []string{"maxmemory", "100mb", "maxmemory-policy", "allkeys-lru"}, want: "maxmemory-policy is allkeys-lru; set maxmemory-policy noeviction"},
		{name: "eviction of what expires", settings: []string{"maxmemory", "100mb", "maxmemory-policy", "volatile-ttl"}, want: "maxmemory-policy is volatile-ttl"},
		{name: "eviction without a limit", settings: []string{"maxmemory-policy", "allkeys-lru"}},
		{name: "limit without eviction", settings: []string{"maxmemory", "100mb"}},
		{name: "CONFIG denied", options: store.Options{Username: "noconfig", Password: "x"}, want: "appendfsync cannot be seen; allow +config|get"},
		{name: "CONFIG denied, append-only off", settings: []string{"appendonly", "no"}, options: store.Options{Username: "noconfig", Password: "x"}, want: "appendonly is off"},
		{name: "INFO denied", options: store.Options{Username: "noinfo", Password: "x"}, want: "allow +info"},
		{name: "volatile_ok", settings: []string{"appendonly", "no"}, options: store.Options{VolatileOK: true}},
	} {
		set(t, server, safe...)
		set(t, server, row.settings...)
		row.options.Addresses = []string{server.Addr}
		s := storetest.Open(t, row.options)
		err := s.Ready(context.Background())
		stored, prepareErr := try(t, s, row.name)
		if row.want == "" {
			if err != nil || prepareErr != nil || !stored {
				t.Errorf("%s: ready %v, prepare %v, stored %v", row.name, err, prepareErr, stored)
			}
			continue
		}
		if !errors.Is(err, store.ErrVolatile) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
		if !errors.Is(prepareErr, store.ErrVolatile) || stored {
			t.Errorf("%s: prepare got %v, stored %v", row.name, prepareErr, stored)
		}
	}
}

// A Redis as a distribution's package starts it becomes one that keeps what it is
// given, after its next start too. One without a file says what to do.
func TestMakeDurable(t *testing.T) {
	server := redistest.StartRedisFile(t, "save 3600 1\nappendonly no\n")
	s := storetest.Open(t, store.Options{Addresses: []string{server.Addr}})
	if err := s.Ready(t.Context()); !errors.Is(err, store.ErrVolatile) {
		t.Fatalf("before: got %v, want ErrVolatile", err)
	}
	if err := s.MakeDurable(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("after: %v", err)
	}
	server.Stop()
	server.Start()
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("after its next start: %v", err)
	}

	bare := redistest.StartRedis(t, "--appendfsync", "everysec")
	s = storetest.Open(t, store.Options{Addresses: []string{bare.Addr}})
	if err := s.MakeDurable(t.Context()); !errors.Is(err, store.ErrVolatile) || !strings.Contains(err.Error(), "set it in redis.conf") {
		t.Errorf("without a file: got %v", err)
	}
}

func TestRedisAwayAndBackWithOtherSettings(t *testing.T) {
	server := redistest.StartRedis(t)
	s := storetest.Open(t, store.Options{Addresses: []string{server.Addr}})
	if stored, err := try(t, s, "before"); !stored || err != nil {
		t.Fatalf("got %v, stored %v", err, stored)
	}
	server.Kill()
	if err := s.Ready(context.Background()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("away: got %v, want ErrUnavailable", err)
	}
	p := storetest.Message(storetest.Keys(t), "away", storetest.NewClock().Now(), jane)
	if err := s.Prepare(context.Background(), p); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("away: got %v, want ErrUnavailable", err)
	}
	server.Start()
	known, err := s.Lookup(context.Background(), storetest.Message(storetest.Keys(t), "before", time.Time{}, jane).Record.ID)
	if err != nil || !known.Found {
		t.Errorf("kill -9 lost an acknowledged key: %v, found %v", err, known.Found)
	}
	if stored, err := try(t, s, "back"); !stored || err != nil {
		t.Errorf("back: got %v, stored %v", err, stored)
	}
	// Within the memory of the last good answer, another process at the same address.
	server.Restart("--appendonly", "no")
	if _, err := try(t, s, "worse"); !errors.Is(err, store.ErrVolatile) {
		t.Errorf("back with other settings: got %v, want ErrVolatile", err)
	}
}

func TestWaitForReplicas(t *testing.T) {
	server := redistest.StartRedis(t, "--appendfsync", "everysec", "--repl-diskless-sync-delay", "0")
	s := storetest.Open(t, store.Options{Addresses: []string{server.Addr}, WaitReplicas: 1})
	ctx := context.Background()
	if err := s.Ready(ctx); !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("without a replica: got %v, want ErrUnavailable", err)
	}
	replica := redistest.StartRedis(t, "--replicaof", "127.0.0.1 "+strconv.Itoa(server.Port()))
	c := server.Client()
	defer c.Close()
	if n, err := c.Wait(ctx, 1, 20*time.Second).Result(); err != nil || n != 1 {
		t.Fatalf("the replica does not follow: %d %v", n, err)
	}
	if stored, err := try(t, s, "replicated"); !stored || err != nil {
		t.Fatalf("got %v, stored %v", err, stored)
	}
	// The write went to the replica before it was acknowledged.
	r := replica.Client()
	defer r.Close()
	p := storetest.Message(storetest.Keys(t), "replicated", time.Time{}, jane)
	if n, err := r.Exists(ctx, "e:{"+p.Record.ID.String()+"}").Result(); n != 1 {
		t.Errorf("not on the replica: %v", err)
	}
	replica.Kill()
	late := storetest.Message(storetest.Keys(t), "late", storetest.NewClock().Now(), jane)
	if err := s.Prepare(ctx, late); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("replica away: got %v, want ErrUnavailable", err)
	}
}

// TestCluster runs the suite on a cluster of one node, which refuses a script or
// transaction whose keys are not of one slot as a big one does.
func TestCluster(t *testing.T) {
	server := redistest.StartRedis(t, "--cluster-enabled", "yes")
	c := server.Client()
	defer c.Close()
	if err := c.ClusterAddSlotsRange(context.Background(), 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	server.WaitFor(func() bool {
		info, err := c.ClusterInfo(context.Background()).Result()
		return err == nil && strings.Contains(info, "cluster_state:ok")
	})
	storetest.Run(t, func(t *testing.T, now func() time.Time) *store.Store {
		flush(t, server)
		return storetest.Open(t, store.Options{Addresses: []string{server.Addr, server.Addr}, Now: now})
	})
}

// TestSentinel kills the master: what was acknowledged and replicated is there
// under the new one, and sealing goes on.
func TestSentinel(t *testing.T) {
	ctx := context.Background()
	master := redistest.StartRedis(t, "--repl-diskless-sync-delay", "0")
	replica := redistest.StartRedis(t, "--replicaof", "127.0.0.1 "+strconv.Itoa(master.Port()))
	sentinel := redistest.StartSentinel(t, "ours", master)
	c := master.Client()
	defer c.Close()
	s := storetest.Open(t, store.Options{Addresses: []string{sentinel.Addr}, MasterName: "ours"})
	if stored, err := try(t, s, "before"); !stored || err != nil {
		t.Fatalf("got %v, stored %v", err, stored)
	}
	if n, err := c.Wait(ctx, 1, 20*time.Second).Result(); err != nil || n != 1 {
		t.Fatalf("the replica does not follow: %d %v", n, err)
	}
	watcher := sentinel.Client()
	defer watcher.Close()
	sentinel.WaitFor(func() bool { // the Sentinel has to know the replica before it can choose it
		info, err := watcher.Info(ctx, "sentinel").Result()
		return err == nil && strings.Contains(info, "slaves=1")
	})
	master.Kill()
	replica.WaitFor(func() bool { return s.Ready(ctx) == nil })
	if stored, err := try(t, s, "after"); !stored || err != nil {
		t.Errorf("after the failover: got %v, stored %v", err, stored)
	}
	known, err := s.Lookup(ctx, storetest.Message(storetest.Keys(t), "before", time.Time{}, jane).Record.ID)
	if err != nil || !known.Found {
		t.Errorf("before the failover: found %v, %v", known.Found, err)
	}
}
