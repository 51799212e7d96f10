package main

import (
	"context"
	"log/slog"

	"github.com/redis/go-redis/v9"
)

// redisLog takes what the Redis library would print to standard error by itself.
// That every lost connection is tried again is for debugging only; what it means
// for messages is logged where it is noticed. The arguments could hold what
// Redis repeated of a command, so only the fixed words are kept.
type redisLog struct{ to *slog.Logger }

func (l redisLog) Printf(ctx context.Context, format string, _ ...any) {
	l.to.DebugContext(ctx, "redis connection", "event", format)
}

// silenceRedis keeps the library quiet until a daemon gives it a log. It has one
// for the whole process.
func silenceRedis() { redis.SetLogger(redisLog{slog.New(slog.DiscardHandler)}) }
