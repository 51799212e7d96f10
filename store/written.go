package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
)

// Written is what is kept of a message that somebody wrote on the pages: to whom,
// when and about what, never its text.
type Written struct {
	ID      string // names it: a Message-ID, in which a sealed copy is found too
	To, Cc  []string
	Subject string
	Files   []string // names
	At      time.Time
	Copy    bool // the writer asked for a copy
}

// Bounds of what is kept of one writer's messages: as many as a person looks
// through, as long as the record of a message that has ended.
const (
	maxWritten  = 500
	keepWritten = keepRecord
)

func (s *Store) writtenKeys(a addr.Address) []string {
	h := s.keys.name("written", a.Key())
	return []string{"wz:{" + h + "}", "wd:{" + h + "}"}
}

// writtenScript keeps one message of a writer, in place of what has its name, and
// forgets the oldest beyond the bound.
//
//	KEYS wz wd  ARGV ms, name, sealed, most, ttl, ms of the oldest that is kept
var writtenScript = redis.NewScript(`
redis.call('ZADD', KEYS[1], 'NX', ARGV[1], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[6])
for _, n in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1 - tonumber(ARGV[4]))) do gone[#gone+1] = n end
for _, n in ipairs(gone) do
  redis.call('ZREM', KEYS[1], n)
  redis.call('HDEL', KEYS[2], n)
end
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
return {'ok'}
`)

// AddWritten keeps what somebody wrote; the same ID again changes nothing but
// what is said of it. ErrNoSession, ErrTooLong, ErrUnavailable.
func (s *Store) AddWritten(ctx context.Context, p Proof, w Written, now time.Time) error {
	if p.address.IsZero() {
		return ErrNoSession
	}
	keys := s.writtenKeys(p.address)
	name := s.keys.name("written", p.address.Key(), w.ID)
	w.At = whole(w.At)
	sealed, err := s.keys.sealJSON("written", keys[1]+"/"+name, w)
	if err != nil {
		return err
	}
	if len(sealed) > MaxDraft {
		return fmt.Errorf("%w: written", ErrTooLong)
	}
	_, err = s.run(ctx, "written", writtenScript, keys, millis(w.At), name, string(sealed), strconv.Itoa(maxWritten), msec(keepWritten), millis(now.Add(-keepWritten)))
	return err
}

// WrittenBy lists what somebody wrote, newest first, a page at a time; more tells
// whether there is a further page. ErrNoSession, ErrSyntax, ErrUnavailable.
func (s *Store) WrittenBy(ctx context.Context, p Proof, page, limit int, now time.Time) (out []Written, more bool, err error) {
	if p.address.IsZero() {
		return nil, false, ErrNoSession
	}
	keys, limit := s.writtenKeys(p.address), min(max(limit, 1), maxFound)
	start := int64(min(max(page, 0), maxWritten)) * int64(limit)
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	by := &redis.ZRangeBy{Min: millis(now.Add(-keepWritten)), Max: "+inf", Offset: start, Count: int64(limit) + 1}
	names, err := s.redis.ZRevRangeByScore(ctx, keys[0], by).Result()
	if err != nil || len(names) == 0 {
		return nil, false, unavailable("written", err)
	}
	if more = len(names) > limit; more {
		names = names[:limit]
	}
	sealed, err := s.redis.HMGet(ctx, keys[1], names...).Result()
	if err != nil {
		return nil, false, unavailable("written", err)
	}
	for i, v := range sealed {
		text, ok := v.(string)
		if !ok {
			continue
		}
		var w Written
		if err := s.keys.unsealJSON("written", keys[1]+"/"+names[i], []byte(text), &w); err != nil {
			return nil, false, err
		}
		out = append(out, w)
	}
	return slices.Clip(out), more, nil
}
