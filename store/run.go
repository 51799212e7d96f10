package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// run executes one script on the slot of keys[0]; all keys are of that slot.
// The answer is a list of texts whose first says how it went.
func (s *Store) run(ctx context.Context, op string, script *redis.Script, keys []string, args ...any) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := script.Run(ctx, s.redis, keys, args...).StringSlice()
	if err != nil {
		return nil, unavailable(op, err)
	}
	return answered(op, out)
}

// runDurable is run for writes that a promise hangs on. With WaitReplicas the
// script and WAIT go over one pinned connection, since WAIT speaks only of what
// its own connection wrote, and the number of replicas that have it is compared.
func (s *Store) runDurable(ctx context.Context, op string, script *redis.Script, keys []string, args ...any) ([]string, error) {
	if s.o.WaitReplicas == 0 {
		return s.run(ctx, op, script, keys, args...)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout+waitTimeout)
	defer cancel()
	node, err := s.nodeFor(ctx, keys[0])
	if err != nil {
		return nil, unavailable(op, err)
	}
	conn := node.Conn()
	defer conn.Close()
	out, err := script.Run(ctx, conn, keys, args...).StringSlice()
	if err != nil {
		return nil, unavailable(op, err)
	}
	n, err := conn.Wait(ctx, s.o.WaitReplicas, waitTimeout).Result()
	if err != nil {
		return nil, unavailable(op, err)
	}
	if n < int64(s.o.WaitReplicas) {
		return nil, fmt.Errorf("%w: %s: %d of %d replicas have it", ErrUnavailable, op, n, s.o.WaitReplicas)
	}
	return answered(op, out)
}

// runDurableAfter is runDurable with other writes just before the script.
func (s *Store) runDurableAfter(ctx context.Context, op string, before func(redis.Pipeliner), script *redis.Script, keys []string, args ...any) ([]string, error) {
	switch {
	case before == nil:
		return s.runDurable(ctx, op, script, keys, args...)
	case s.o.WaitReplicas == 0:
		return s.runAfter(ctx, op, before, script, keys, args...)
	}
	if err := s.pipe(ctx, op, before); err != nil {
		return nil, err
	}
	return s.runDurable(ctx, op, script, keys, args...)
}

// runAfter is run with other writes just before the script, in the same sending: one
// wait for the disk serves both. Redis does them in their order; only in a cluster,
// where they may belong to other nodes, they are waited for first. An error of either
// is one of all.
func (s *Store) runAfter(ctx context.Context, op string, before func(redis.Pipeliner), script *redis.Script, keys []string, args ...any) ([]string, error) {
	if _, ok := s.redis.(*redis.Client); !ok {
		if err := s.pipe(ctx, op, before); err != nil {
			return nil, err
		}
		return s.run(ctx, op, script, keys, args...)
	}
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	p := s.redis.Pipeline()
	before(p)
	others := p.Len()
	ran := p.EvalSha(call, script.Hash(), keys, args...)
	done, _ := p.Exec(call) // each has its own error
	for _, cmd := range done[:others] {
		if err := cmd.Err(); err != nil && !errors.Is(err, redis.Nil) { // ZADD XX of nothing
			return nil, unavailable(op, err)
		}
	}
	out, err := ran.StringSlice()
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		return s.run(ctx, op, script, keys, args...)
	}
	if err != nil {
		return nil, unavailable(op, err)
	}
	return answered(op, out)
}

// pipe sends commands together; an error of one is one of all.
func (s *Store) pipe(ctx context.Context, op string, commands func(redis.Pipeliner)) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		commands(p)
		return nil
	})
	return unavailable(op, err)
}

func answered(op string, out []string) ([]string, error) {
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: %s: empty answer", ErrSyntax, op)
	}
	return out, nil
}

// nodeFor gives the client of the master that has the key's slot.
func (s *Store) nodeFor(ctx context.Context, key string) (*redis.Client, error) {
	switch c := s.redis.(type) {
	case *redis.ClusterClient:
		return c.MasterForKey(ctx, key)
	case *redis.Client:
		return c, nil
	}
	return nil, fmt.Errorf("store: unknown client %T", s.redis)
}

// eachMaster calls f for every master, one at a time.
func (s *Store) eachMaster(ctx context.Context, f func(context.Context, *redis.Client) error) error {
	switch c := s.redis.(type) {
	case *redis.ClusterClient:
		var one sync.Mutex // ForEachMaster calls in parallel
		return c.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
			one.Lock()
			defer one.Unlock()
			return f(ctx, node)
		})
	case *redis.Client:
		return f(ctx, c)
	}
	return fmt.Errorf("store: unknown client %T", s.redis)
}

// millis and fromMillis are how times stand in Redis; the zero time is "".
func millis(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}

func fromMillis(text string) time.Time {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

func msec(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// ttl is a Redis lifetime until a time, by the caller's clock; at least a second.
func ttl(until, now time.Time) string { return msec(max(until.Sub(now), time.Second)) }
