package store

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// How long is remembered what was sent, and how long one try of it may take
// before another may begin: longer than any upload is handed over.
const (
	keepSent = 7 * 24 * time.Hour
	sendTime = 10 * time.Minute
)

// Sending is how one thing that must be sent once only stands.
type Sending int

const (
	// SendNow says that the caller is the one to send it, and to call SendEnded.
	SendNow Sending = iota + 1
	// SendUnderWay says that somebody else is sending it at this moment.
	SendUnderWay
	// SendDone says that it has been sent.
	SendDone
)

func (s *Store) onceKey(what string) string { return "w:{" + s.keys.name("once", what) + "}" }

// onceScript begins a sending, unless it is done or under way.
//
//	KEYS w  ARGV now, until when this try has it, ttl
var onceScript = redis.NewScript(`
local first = redis.call('HGET', KEYS[1], 'f') or ARGV[1]
if redis.call('HGET', KEYS[1], 'd') then return {'done', first} end
local till = redis.call('HGET', KEYS[1], 'u')
if till and tonumber(till) > tonumber(ARGV[1]) then return {'busy', first} end
redis.call('HSET', KEYS[1], 'f', first, 'u', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {'ok', first}
`)

// SendBegin asks whether something may be sent now. what names it by all that it
// holds, so that two different things never share a name. first is the time of
// the first try, by which later tries write the same bytes. A try that never ends
// (SendEnded) gives way after some minutes. ErrUnavailable.
func (s *Store) SendBegin(ctx context.Context, what string, now time.Time) (how Sending, first time.Time, err error) {
	out, err := s.runDurable(ctx, "send", onceScript, []string{s.onceKey(what)}, millis(now), millis(now.Add(sendTime)), msec(keepSent))
	if err != nil {
		return 0, time.Time{}, err
	}
	how = map[string]Sending{"ok": SendNow, "busy": SendUnderWay, "done": SendDone}[out[0]]
	return how, fromMillis(out[1]), nil
}

// SendEnded says how a sending that SendBegin allowed has ended: done, or to be
// tried again whenever somebody asks. ErrUnavailable.
func (s *Store) SendEnded(ctx context.Context, what string, done bool) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if done {
		return unavailable("send", s.redis.HSet(ctx, s.onceKey(what), "d", "1").Err())
	}
	return unavailable("send", s.redis.HDel(ctx, s.onceKey(what), "u").Err())
}

// SendForget lets something be sent once more that was sent: something else took
// its place since. ErrUnavailable.
func (s *Store) SendForget(ctx context.Context, what string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return unavailable("send", s.redis.Del(ctx, s.onceKey(what)).Err())
}
