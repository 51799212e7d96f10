package store

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// Quota is how often something may be done for one subject.
type Quota struct {
	Name string        // what is counted; a constant of the caller's
	Max  int           // times in one window
	Per  time.Duration // length of a window, which begins with the first time
}

// quotaScript counts one time if there is room.
//
//	KEYS n  ARGV now, max, window, ttl
var quotaScript = redis.NewScript(`
local now, from = tonumber(ARGV[1]), tonumber(redis.call('HGET', KEYS[1], 'f') or '0')
if from == 0 or now - from >= tonumber(ARGV[3]) or now < from then
  redis.call('HSET', KEYS[1], 'f', ARGV[1], 'n', '0')
end
if tonumber(redis.call('HGET', KEYS[1], 'n')) >= tonumber(ARGV[2]) then return {'full'} end
redis.call('HINCRBY', KEYS[1], 'n', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {'ok'}
`)

// Take counts one time of q for a subject and tells whether there was room for
// it; once the quota is used up nothing is counted until its window ends. The
// subject rests as an HMAC only. Exact under parallel calls. ErrUnavailable.
func (s *Store) Take(ctx context.Context, q Quota, now time.Time, subject ...string) (bool, error) {
	out, err := s.run(ctx, "quota", quotaScript, []string{s.quotaKey(q, subject)}, millis(now), strconv.Itoa(q.Max), msec(q.Per), msec(2*q.Per))
	if err != nil {
		return false, err
	}
	return out[0] == "ok", nil
}

// giveScript takes one time back, within the window in which it was counted.
//
//	KEYS n  ARGV now, window
var giveScript = redis.NewScript(`
local from, n = tonumber(redis.call('HGET', KEYS[1], 'f') or '0'), tonumber(redis.call('HGET', KEYS[1], 'n') or '0')
local since = tonumber(ARGV[1]) - from
if n > 0 and since >= 0 and since < tonumber(ARGV[2]) then redis.call('HINCRBY', KEYS[1], 'n', -1) end
return {'ok'}
`)

// Give takes back one time of q that Take counted for a subject, where only what
// failed is to count. ErrUnavailable.
func (s *Store) Give(ctx context.Context, q Quota, now time.Time, subject ...string) error {
	_, err := s.run(ctx, "give", giveScript, []string{s.quotaKey(q, subject)}, millis(now), msec(q.Per))
	return err
}

func (s *Store) quotaKey(q Quota, subject []string) string {
	return "n:{" + s.keys.name("quota", append([]string{q.Name}, subject...)...) + "}"
}
