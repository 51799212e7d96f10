package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
)

// A notice rests in o:{owner}, owner being an envelope id or "x" and a random
// name, in fields that begin with its own name: d sealed content, s "held" or
// "due", t due, x expiry, n claims, u end of the lease, l the lease. Work lists
// name it as owner/name/made; they are hints, and the slot decides.

const (
	workShards = 8                // work lists, so that a cluster shares the load
	lostAfter  = 10 * time.Minute // a hint older than this that leads nowhere is dropped
	lookAgain  = 30 * time.Second // when a hint leads to nothing yet, or to a held notice
)

func ownerKey(owner string) string { return "o:{" + owner + "}" }
func workKey(shard int) string     { return "w:{" + strconv.Itoa(shard) + "}" }

// shardOf takes the shard from the notice's random name.
func shardOf(name string) int {
	b, err := hex.DecodeString(name[:min(2, len(name))])
	if err != nil || len(b) == 0 {
		return 0
	}
	return int(b[0]) % workShards
}

func (s *Store) noticeName(owner, id string) string { return s.keys.name("notice", owner, id) }

// content is what is sealed of a notice.
type content struct {
	ID, Kind string
	To       addr.Address
	Data     []byte
}

func (s *Store) holdNotice(id envelope.ID, o Outgoing, now time.Time) (held, error) {
	return s.sealNotice(id.String(), s.noticeName(id.String(), o.ID), o, now)
}

func (s *Store) sealNotice(owner, name string, o Outgoing, now time.Time) (held, error) {
	if len(o.Data) > maxData {
		return held{}, fmt.Errorf("%w: notice", ErrTooLong)
	}
	if o.Due.IsZero() {
		o.Due = now
	}
	if o.Expires.IsZero() {
		o.Expires = o.Due.Add(OutboxLife)
	}
	sealed, err := s.keys.sealJSON("notice", ownerKey(owner)+"/"+name, content{ID: o.ID, Kind: o.Kind, To: o.To, Data: o.Data})
	return held{name: name, data: string(sealed), expires: millis(o.Expires), due: millis(o.Due)}, err
}

// listWork puts hints on the work lists. They may come before the notice.
func (s *Store) listWork(ctx context.Context, owner string, names []string, due, now time.Time) error {
	if len(names) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, name := range names {
			member := owner + "/" + name + "/" + strconv.FormatInt(now.UnixMilli(), 36)
			p.ZAdd(ctx, workKey(shardOf(name)), redis.Z{Score: float64(due.UnixMilli()), Member: member})
		}
		return nil
	})
	return unavailable("work list", err)
}

// enqueueScript adds one notice; one of the same name stays as it is.
//
//	KEYS o  ARGV name, data, due, expires, ttl
var enqueueScript = redis.NewScript(`
local n = ARGV[1]
if redis.call('HEXISTS', KEYS[1], n .. ':s') == 1 then return {'same'} end
redis.call('HSET', KEYS[1], n .. ':s', 'due', n .. ':d', ARGV[2], n .. ':t', ARGV[3], n .. ':x', ARGV[4], n .. ':n', '0')
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[5]) then redis.call('PEXPIRE', KEYS[1], ARGV[5]) end
return {'ok'}
`)

// Enqueue stores one notice to be sent, durably. With an Envelope it lives in
// that envelope's slot and one of the same ID is not stored twice; without, each
// call is a notice of its own. ErrTooLong, ErrUnavailable.
func (s *Store) Enqueue(ctx context.Context, o Outgoing) error {
	now := s.o.Now()
	owner := o.Envelope.String()
	if o.Envelope.IsZero() {
		owner = "x" + hex.EncodeToString(random(16))
	}
	if o.Due.IsZero() {
		o.Due = now
	}
	name := s.noticeName(owner, o.ID)
	h, err := s.sealNotice(owner, name, o, now)
	if err != nil {
		return err
	}
	if err := s.listWork(ctx, owner, []string{name}, o.Due, now); err != nil {
		return err
	}
	keep := fromMillis(h.expires).Add(OutboxLife)
	_, err = s.runDurable(ctx, "enqueue", enqueueScript, []string{ownerKey(owner)}, name, h.data, millis(o.Due), h.expires, ttl(keep, now))
	return err
}

// claimScript leases one notice.
//
//	KEYS o  ARGV name, now, end of lease, lease
var claimScript = redis.NewScript(`
local n, now = ARGV[1], tonumber(ARGV[2])
local s = redis.call('HGET', KEYS[1], n .. ':s')
if not s then return {'gone'} end
if s ~= 'due' then return {'held'} end
local due = redis.call('HGET', KEYS[1], n .. ':t')
if tonumber(due) > now then return {'later', due} end
local busy = redis.call('HGET', KEYS[1], n .. ':u')
if busy and tonumber(busy) > now then return {'later', busy} end
redis.call('HSET', KEYS[1], n .. ':u', ARGV[3], n .. ':l', ARGV[4])
redis.call('HINCRBY', KEYS[1], n .. ':n', 1)
return {'ok', redis.call('HGET', KEYS[1], n .. ':d'), due, redis.call('HGET', KEYS[1], n .. ':x'), redis.call('HGET', KEYS[1], n .. ':n')}
`)

// Claim leases up to limit notices that are due: no other worker gets them until
// the lease is over, Sent or Retry. One past its Expires is handed out too, so
// that the worker can give it up with words. A notice that cannot be read stands
// in nobody's way and is dropped by Sweep when its time is over. ErrUnavailable,
// together with what was leased before it happened.
func (s *Store) Claim(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]Outgoing, error) {
	var out []Outgoing
	first := int(s.claims.Add(1))
	for i := range workShards {
		shard := (first + i) % workShards
		got, err := s.claimShard(ctx, shard, limit-len(out), lease, now)
		out = append(out, got...)
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// claimShard goes through the hints of one list that are due, page by page: a
// notice that is due stands in the list behind others that are not, such as
// reminders that were freed with it. Each hint that was followed moves, so that a
// full page means that there may be more.
func (s *Store) claimShard(ctx context.Context, shard, limit int, lease time.Duration, now time.Time) ([]Outgoing, error) {
	var out []Outgoing
	for range maxPages {
		if len(out) >= limit {
			break
		}
		want := limit - len(out)
		got, followed, err := s.claimPage(ctx, shard, want, lease, now)
		out = append(out, got...)
		if err != nil || followed < want {
			return out, err
		}
	}
	return out, nil
}

// maxPages bounds one asking, so that hints that do not move cannot hold it for ever.
const maxPages = 1000

// claimPage follows up to limit hints and tells how many it followed.
func (s *Store) claimPage(ctx context.Context, shard, limit int, lease time.Duration, now time.Time) (out []Outgoing, followed int, err error) {
	call, cancel := context.WithTimeout(ctx, callTimeout)
	members, err := s.redis.ZRangeByScore(call, workKey(shard), &redis.ZRangeBy{Min: "-inf", Max: millis(now), Count: int64(limit)}).Result()
	cancel()
	if err != nil {
		return nil, 0, unavailable("claim", err)
	}
	for _, member := range members {
		o, next, err := s.claimOne(ctx, member, lease, now)
		if err != nil && !errors.Is(err, ErrSyntax) {
			return out, len(members), err
		}
		if err == nil && o != nil {
			out = append(out, *o)
		}
		if err := s.moveHint(ctx, shard, member, next); err != nil {
			return out, len(members), err
		}
	}
	return out, len(members), nil
}

// claimOne follows one hint. next is when the hint is to be followed again; zero
// drops it.
func (s *Store) claimOne(ctx context.Context, member string, lease time.Duration, now time.Time) (o *Outgoing, next time.Time, err error) {
	owner, name, made, ok := parseHint(member)
	if !ok {
		return nil, time.Time{}, nil
	}
	until, token := now.Add(lease), hex.EncodeToString(random(8))
	out, err := s.run(ctx, "claim", claimScript, []string{ownerKey(owner)}, name, millis(now), millis(until), token)
	if err != nil {
		return nil, time.Time{}, err
	}
	switch {
	case out[0] == "gone" && now.Sub(made) > lostAfter:
		return nil, time.Time{}, nil
	case out[0] == "gone" || out[0] == "held":
		return nil, now.Add(lookAgain), nil
	case out[0] == "later":
		return nil, fromMillis(out[1]), nil
	}
	var c content
	if err := s.keys.unsealJSON("notice", ownerKey(owner)+"/"+name, []byte(out[1]), &c); err != nil {
		return nil, until, err
	}
	o = &Outgoing{ID: c.ID, Kind: c.Kind, To: c.To, Data: c.Data, Due: fromMillis(out[2]), Expires: fromMillis(out[3]), owner: owner, name: name, lease: token, hint: member}
	o.Attempts, _ = strconv.Atoi(out[4])
	o.Envelope, _ = envelope.ParseID(owner) // stays zero for an owner of its own
	return o, until, nil
}

func parseHint(member string) (owner, name string, made time.Time, ok bool) {
	part := strings.Split(member, "/")
	if len(part) != 3 {
		return "", "", made, false
	}
	ms, err := strconv.ParseInt(part[2], 36, 64)
	return part[0], part[1], time.UnixMilli(ms), err == nil
}

// moveHint sets when a hint is followed next; zero drops it.
func (s *Store) moveHint(ctx context.Context, shard int, member string, next time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if next.IsZero() {
		return unavailable("work list", s.redis.ZRem(ctx, workKey(shard), member).Err())
	}
	return unavailable("work list", s.redis.ZAddXX(ctx, workKey(shard), redis.Z{Score: float64(next.UnixMilli()), Member: member}).Err())
}

// endScript forgets a notice or, with a time, sets it due again if the lease is
// still the caller's.
//
//	KEYS o  ARGV name, lease, due ("" to forget)
var endScript = redis.NewScript(`
local n = ARGV[1]
if ARGV[3] == '' then
  for _, f in ipairs({'s', 'd', 't', 'x', 'n', 'u', 'l'}) do redis.call('HDEL', KEYS[1], n .. ':' .. f) end
  return {'ok'}
end
if redis.call('HGET', KEYS[1], n .. ':l') ~= ARGV[2] then return {'lost'} end
redis.call('HSET', KEYS[1], n .. ':t', ARGV[3])
redis.call('HDEL', KEYS[1], n .. ':u', n .. ':l')
return {'ok'}
`)

// Sent forgets a notice that was sent or given up. ErrUnavailable: it may be
// handed out again.
func (s *Store) Sent(ctx context.Context, o Outgoing, _ time.Time) error {
	if o.name == "" {
		return ErrNotFound
	}
	if _, err := s.run(ctx, "sent", endScript, []string{ownerKey(o.owner)}, o.name, o.lease, ""); err != nil {
		return err
	}
	return s.moveHint(ctx, shardOf(o.name), o.hint, time.Time{})
}

// Retry ends the lease and sets the notice due at a time. A lease that ran out
// and is another worker's by now is left to it. ErrUnavailable: the notice comes
// again when the lease is over.
func (s *Store) Retry(ctx context.Context, o Outgoing, at time.Time) error {
	if o.name == "" {
		return ErrNotFound
	}
	out, err := s.run(ctx, "retry", endScript, []string{ownerKey(o.owner)}, o.name, o.lease, millis(at))
	if err != nil || out[0] != "ok" {
		return err
	}
	return s.moveHint(ctx, shardOf(o.name), o.hint, at)
}
