package store

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// DurableSettings are what MakeDurable sets, each as "name value".
var DurableSettings = [][2]string{{"appendonly", "yes"}, {"appendfsync", "always"}, {"no-appendfsync-on-rewrite", "no"}, {"maxmemory-policy", "noeviction"}}

// firstFileTimeout is long enough for a Redis with some gigabytes in it.
const firstFileTimeout = 2 * time.Minute

// MakeDurable gives every master the settings that Ready asks for without
// replicas, and has them written into its configuration file, so that they hold
// after its next start. The error, ErrVolatile, says what stands in the way: a
// user without +config, or a Redis that was started without a file.
func (s *Store) MakeDurable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, firstFileTimeout)
	defer cancel()
	err := s.eachMaster(ctx, func(ctx context.Context, c *redis.Client) error {
		for _, set := range DurableSettings {
			if err := c.ConfigSet(ctx, set[0], set[1]).Err(); err != nil {
				return refusedSetting("CONFIG SET "+set[0], err)
			}
		}
		if err := c.ConfigRewrite(ctx).Err(); err != nil {
			return refusedSetting("CONFIG REWRITE", err)
		}
		return firstFile(ctx, c)
	})
	return unavailable("changing the settings", err)
}

// firstFile waits until Redis has written its first append-only file, which it
// begins when appendonly is switched on: until then it keeps nothing, and says
// already that it does.
func firstFile(ctx context.Context, c *redis.Client) error {
	const look = 50 * time.Millisecond
	for {
		info, err := readInfo(ctx, c)
		if err != nil {
			return err
		}
		if info["aof_rewrite_in_progress"] == "0" && info["aof_rewrite_scheduled"] == "0" {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(look):
		}
	}
}

func refusedSetting(what string, err error) error {
	if !isReply(err) {
		return err
	}
	return fmt.Errorf("%w: redis refuses %s (%v); set it in redis.conf", ErrVolatile, what, err)
}
