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

// commitScript changes one envelope if, and only if, its audit chain still ends
// where the caller read it: fields, notices and audit entries in one step. Every
// change moves the head, so the head is the version of the whole slot. When the
// head is already the new one, this very commit was sent twice, and is done.
//
//	KEYS e a o
//	ARGV head, new head, ttl, now,
//	     n then n*(field, value), n then n*field, n then n*entry,
//	     n then n*(name, data, expires, due) to hold, n then n*name to free
var commitScript = redis.NewScript(`
local head = redis.call('HGET', KEYS[1], 'h') or ''
if head == ARGV[2] then return {'ok'} end
if head ~= ARGV[1] then return {'lost'} end
local at = 5
local function list(width, each)
  local n = tonumber(ARGV[at])
  at = at + 1
  for _ = 1, n do
    each(at)
    at = at + width
  end
end
list(2, function(i) redis.call('HSET', KEYS[1], ARGV[i], ARGV[i+1]) end)
list(1, function(i) redis.call('HDEL', KEYS[1], ARGV[i]) end)
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
for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], ARGV[3]) end
return {'ok'}
`)

// casTries bounds the attempts on one envelope. Within this process a stripe
// lets one change at a time through, so only other processes are in the way.
const casTries = 32

// held is a notice on its way into a slot.
type held struct{ name, data, expires, due string }

// change is what one commit does beside the fields of the slot.
type change struct {
	entries []audit.Entry
	hold    []held
	free    []string // names
}

// update reads an envelope, lets edit work on it and writes the outcome, again
// if somebody else was faster. An edit that gives a nil change writes nothing.
// An envelope that does not exist is ErrNotFound, unless the edit makes it.
func (s *Store) update(ctx context.Context, op string, id envelope.ID, now time.Time, edit func(*slot) (*change, error)) (*slot, error) {
	unlock, err := s.stripe(ctx, id)
	if err != nil {
		return nil, unavailable(op, err)
	}
	defer unlock()
	for range casTries {
		v, err := s.load(ctx, id)
		if err != nil {
			return nil, err
		}
		c, err := edit(v)
		if err != nil || c == nil {
			return v, err
		}
		if err := s.closing(ctx, v, c, now); err != nil {
			return nil, err
		}
		args, err := s.commitArgs(v, c, now)
		if err != nil {
			return nil, err
		}
		out, err := s.runDurable(ctx, op, commitScript, v.slotKeys(), args...)
		if err != nil {
			return nil, err
		}
		if out[0] == "ok" {
			return v, v.recipients()
		}
	}
	return nil, fmt.Errorf("%w: %s: too many at once", ErrUnavailable, op)
}

func (v *slot) slotKeys() []string {
	return []string{slotKey(v.id), trailKey(v.id), noticeKey(v.id)}
}

func (s *Store) commitArgs(v *slot, c *change, now time.Time) ([]any, error) {
	var sealed []any
	for _, e := range c.entries {
		one, err := v.append(e)
		if err != nil {
			return nil, err
		}
		sealed = append(sealed, one)
	}
	v.fields[fState] = v.state()
	keep := v.record.ExpiresAt.Add(s.o.KeepClosed + keepRecord)
	args := []any{v.before[fHead], v.fields[fHead], ttl(keep, now), millis(now)}
	set, del := v.diff()
	args = appendList(args, 2, set)
	args = appendList(args, 1, del)
	args = appendList(args, 1, sealed)
	var hold, free []any
	for _, h := range c.hold {
		hold = append(hold, h.name, h.data, h.expires, h.due)
	}
	for _, name := range c.free {
		free = append(free, name)
	}
	return appendList(appendList(args, 4, hold), 1, free), nil
}

// diff gives what changed since the read: fields with values, and fields gone.
func (v *slot) diff() (set, del []any) {
	for f, value := range v.fields {
		if old, ok := v.before[f]; !ok || old != value {
			set = append(set, f, value)
		}
	}
	for f := range v.before {
		if _, ok := v.fields[f]; !ok {
			del = append(del, f)
		}
	}
	return set, del
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
