package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// readyFor is how long a good answer of Ready is believed by Prepare while no
// new connection is made; a restarted Redis or a failover makes new ones.
const readyFor = 5 * time.Second

// readiness is the last good answer. It is about the connection, not about
// messages, so it goes by the machine's own monotonic clock.
type readiness struct{ last atomic.Pointer[checked] }

type checked struct {
	at    time.Time
	dials int64
}

// Ready tells whether Redis answers, keeps what it acknowledges, and was filled under
// our master keys: nil, ErrUnavailable, ErrVolatile with the setting to change in
// words, or ErrOtherKeys. It always asks.
//
// Durable is appendonly yes with appendfsync always, or with everysec and
// WaitReplicas of at least 1; eviction off. appendfsync is seen by CONFIG GET
// only: where CONFIG is denied, WaitReplicas is the proof that is asked for.
func (s *Store) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	dials := s.dials.Load()
	at := time.Now()
	if s.o.VolatileOK {
		if err := s.redis.Ping(ctx).Err(); err != nil {
			return unavailable("ping", err)
		}
	} else if err := s.eachMaster(ctx, s.inspect); err != nil {
		return unavailable("reading the settings", err)
	}
	if err := s.CheckKeys(ctx); err != nil {
		return err
	}
	s.ready.last.Store(&checked{at: at, dials: dials})
	return nil
}

// ensureReady is Ready with a short memory. It gives the number of connections
// for which the answer holds, to be compared after the write.
func (s *Store) ensureReady(ctx context.Context) (dials int64, err error) {
	if c := s.ready.last.Load(); c != nil && c.dials == s.dials.Load() && time.Since(c.at) < readyFor {
		return c.dials, nil
	}
	dials = s.dials.Load()
	return dials, s.Ready(ctx)
}

// stillReady asks again when a connection was made since: the write may have
// gone to a Redis that came up with other settings.
func (s *Store) stillReady(ctx context.Context, dials int64) error {
	if s.dials.Load() == dials {
		return nil
	}
	return s.Ready(ctx)
}

func (s *Store) inspect(ctx context.Context, c *redis.Client) error {
	info, err := readInfo(ctx, c)
	if err != nil {
		return err
	}
	if info["loading"] == "1" || info["role"] == "slave" {
		return fmt.Errorf("%w: it is loading or a replica", ErrUnavailable)
	}
	if n, _ := strconv.Atoi(info["connected_slaves"]); n < s.o.WaitReplicas {
		return fmt.Errorf("%w: %d of %d replicas are connected", ErrUnavailable, n, s.o.WaitReplicas)
	}
	if err := checkMemory(info); err != nil {
		return err
	}
	switch {
	case info["aof_enabled"] != "1":
		return volatile("appendonly is off", "set appendonly yes")
	case info["aof_last_write_status"] != "ok":
		return volatile("the append-only file cannot be written", "look at the disk of redis")
	}
	return s.checkFsync(ctx, c)
}

// readInfo gives the fields of INFO. Sections are asked one by one: several in
// one call need Redis 7.0 and some stand-ins know none.
func readInfo(ctx context.Context, c *redis.Client) (map[string]string, error) {
	out := make(map[string]string)
	for _, section := range []string{"replication", "memory", "persistence"} {
		text, err := c.Info(ctx, section).Result()
		if err != nil {
			if isReply(err) {
				return nil, volatile("redis does not let us read INFO "+section, "allow +info for this user")
			}
			return nil, err
		}
		for line := range strings.Lines(text) {
			if key, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
				out[key] = value
			}
		}
	}
	return out, nil
}

func checkMemory(info map[string]string) error {
	if info["maxmemory"] == "0" || info["maxmemory_policy"] == "noeviction" {
		return nil
	}
	if info["maxmemory_policy"] == "" {
		return volatile("maxmemory-policy cannot be seen", "use a redis that tells it in INFO memory")
	}
	return volatile("maxmemory-policy is "+info["maxmemory_policy"], "set maxmemory-policy noeviction")
}

// checkFsync reads what only CONFIG tells.
func (s *Store) checkFsync(ctx context.Context, c *redis.Client) error {
	conf, err := c.ConfigGet(ctx, "*append*").Result()
	if err != nil && !isReply(err) {
		return err
	}
	fsync, waits := conf["appendfsync"], s.o.WaitReplicas > 0
	switch {
	case fsync == "always" && conf["no-appendfsync-on-rewrite"] == "yes" && !waits:
		return volatile("no-appendfsync-on-rewrite is yes", "set no-appendfsync-on-rewrite no, or wait_replicas to 1 or more")
	case fsync == "always", fsync == "everysec" && waits, fsync == "" && waits:
		return nil
	case fsync == "":
		return volatile("appendfsync cannot be seen", "allow +config|get for this user, or set wait_replicas to 1 or more")
	case fsync == "everysec":
		return volatile("appendfsync is everysec", "set appendfsync always, or wait_replicas to 1 or more")
	}
	return volatile("appendfsync is "+fsync, "set appendfsync always")
}

func volatile(found, do string) error {
	return fmt.Errorf("%w: %s; %s (or volatile_ok: true where keys may be lost)", ErrVolatile, found, do)
}

// isReply tells Redis's own refusal (NOPERM, unknown command) from a broken
// connection.
func isReply(err error) bool {
	text := err.Error()
	return strings.HasPrefix(text, "NOPERM") || strings.HasPrefix(text, "ERR")
}
