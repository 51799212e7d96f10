package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
)

// commitScript writes one envelope if, and only if, it is still what the caller
// read: record, notices and audit entries in one step. Every writing has a version
// of its own, the nonce of its seal. When the version is already the new one, this
// very commit was sent twice, and is done. An envelope of the older form is told by
// the head of its chain, and is replaced.
//
//	KEYS e a o
//	ARGV version read, new version, ttl, now, record,
//	     n then n*entry, n then n*(name, data, expires, due) to hold, n then n*name to free
var commitScript = redis.NewScript(`
local kind = redis.call('TYPE', KEYS[1])['ok']
if kind == 'hash' then
  if redis.call('HGET', KEYS[1], 'h') ~= ARGV[1] then return {'lost'} end
elseif kind == 'string' then
  if redis.call('GETRANGE', KEYS[1], 0, #ARGV[2] - 1) == ARGV[2] then return {'ok'} end
  if ARGV[1] == '' or redis.call('GETRANGE', KEYS[1], 0, #ARGV[1] - 1) ~= ARGV[1] then return {'lost'} end
elseif ARGV[1] ~= '' then
  return {'lost'}
end
local at = 6
local function list(width, each)
  local n = tonumber(ARGV[at])
  at = at + 1
  for _ = 1, n do
    each(at)
    at = at + width
  end
end
redis.call('SET', KEYS[1], ARGV[5], 'PX', ARGV[3])
list(1, function(i) redis.call('RPUSH', KEYS[2], ARGV[i]) end)
list(4, function(i)
  local n = ARGV[i]
  local s = redis.call('HGET', KEYS[3], n .. ':s')
  if not s or s == 'held' then
    redis.call('HSET', KEYS[3], n .. ':s', 'held', n .. ':d', ARGV[i+1], n .. ':x', ARGV[i+2], n .. ':t', ARGV[i+3], n .. ':n', '0')
  end
end)
list(1, function(i)
  local n = ARGV[i]
  if redis.call('HGET', KEYS[3], n .. ':s') == 'held' then
    local due = redis.call('HGET', KEYS[3], n .. ':t')
    if tonumber(due) < tonumber(ARGV[4]) then due = ARGV[4] end
    redis.call('HSET', KEYS[3], n .. ':s', 'due', n .. ':t', due)
  end
end)
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PEXPIRE', KEYS[3], ARGV[3])
return {'ok'}
`)

// casTries bounds the attempts on one envelope. Within this process a stripe
// lets one change at a time through, so only other processes are in the way.
const casTries = 32

// held is a notice on its way into a slot.
type held struct{ name, data, expires, due string }

// change is what one commit does beside the record.
type change struct {
	entries []audit.Entry
	hold    []held
	free    []string              // names
	before  func(redis.Pipeliner) // what goes to Redis just before it, such as hints; nil: nothing
}

// update reads an envelope, lets edit work on it and writes the outcome, again
// if somebody else was faster. An edit that gives a nil change writes nothing.
// An envelope that does not exist is ErrNotFound, unless the edit makes it.
func (s *Store) update(ctx context.Context, op string, id envelope.ID, now time.Time, edit func(*slot) (*change, error)) (*slot, error) {
	return s.updateFrom(ctx, op, nil, id, now, edit)
}

// updateFrom is update with what was read already; nil: nothing was.
func (s *Store) updateFrom(ctx context.Context, op string, v *slot, id envelope.ID, now time.Time, edit func(*slot) (*change, error)) (*slot, error) {
	unlock, err := s.stripe(ctx, id)
	if err != nil {
		return nil, unavailable(op, err)
	}
	defer unlock()
	for range casTries {
		if v == nil {
			if v, err = s.load(ctx, id); err != nil {
				return nil, err
			}
		}
		c, err := edit(v)
		if err != nil || c == nil {
			return v, err
		}
		if err := s.closing(ctx, v, c, now); err != nil {
			return nil, err
		}
		done, err := s.commit(ctx, op, v, c, now)
		if err != nil {
			return nil, err
		}
		if done {
			return v, nil
		}
		v = nil
	}
	return nil, fmt.Errorf("%w: %s: too many at once", ErrUnavailable, op)
}

// commit writes a slot as it is now; false: somebody else has changed it.
func (s *Store) commit(ctx context.Context, op string, v *slot, c *change, now time.Time) (done bool, err error) {
	args, err := s.commitArgs(v, c, now)
	if err != nil {
		return false, err
	}
	out, err := s.runDurableAfter(ctx, op, c.before, commitScript, v.slotKeys(), args...)
	if err != nil {
		return false, err
	}
	return out[0] == "ok", nil
}

func (v *slot) slotKeys() []string {
	return []string{slotKey(v.id), trailKey(v.id), noticeKey(v.id)}
}

func (s *Store) commitArgs(v *slot, c *change, now time.Time) ([]any, error) {
	var sealed, hold, free []any
	for _, e := range c.entries {
		if one := v.append(e); one != "" {
			sealed = append(sealed, one)
		}
	}
	for _, h := range c.hold {
		hold = append(hold, h.name, h.data, h.expires, h.due)
	}
	for _, name := range c.free {
		free = append(free, name)
	}
	record := string(v.keys.seal("envelope", slotKey(v.id), v.pack()))
	if len(record) > maxRecord {
		return nil, ErrTooLong
	}
	keep := v.record.ExpiresAt.Add(s.o.KeepClosed + keepRecord)
	args := []any{v.version(), sealVersionOf(record), ttl(keep, now), millis(now), record}
	return appendList(appendList(appendList(args, 1, sealed), 4, hold), 1, free), nil
}

func appendList(args []any, width int, items []any) []any {
	return append(append(args, strconv.Itoa(len(items)/width)), items...)
}

// stripe lets one change of an envelope at a time through in this process, so
// that many at once do not wear out each other's attempts.
func (s *Store) stripe(ctx context.Context, id envelope.ID) (unlock func(), err error) {
	c := s.stripes[int(id[0])%len(s.stripes)]
	select {
	case c <- struct{}{}:
		return func() { <-c }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
