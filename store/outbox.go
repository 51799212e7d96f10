package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
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
// name it as owner/name/made, and an envelope whose record has notices that wait
// (later.go) by its id; they are hints, and the slot decides.

const (
	workShards = 8                // work lists, so that a cluster shares the load
	lostAfter  = 10 * time.Minute // a hint older than this that leads nowhere is dropped
	lookAgain  = 30 * time.Second // at most, when a hint leads to nothing yet, or to a held notice
	lookSoon   = 500 * time.Millisecond
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
	keep := fromMillis(h.expires).Add(OutboxLife)
	hint := func(p redis.Pipeliner) { hints(ctx, p, owner, []string{name}, o.Due, now) }
	_, err = s.runDurableAfter(ctx, "enqueue", hint, enqueueScript, []string{ownerKey(owner)}, name, h.data, millis(o.Due), h.expires, ttl(keep, now))
	return err
}

// claimScript leases one notice.
//
//	KEYS o  ARGV name, now, end of lease, lease
var claimScript = redis.NewScript(`
local n, now = ARGV[1], tonumber(ARGV[2])
local f = redis.call('HMGET', KEYS[1], n .. ':s', n .. ':t', n .. ':u', n .. ':d', n .. ':x', n .. ':n')
if not f[1] then return {'gone'} end
if f[1] ~= 'due' then return {'held'} end
if tonumber(f[2]) > now then return {'later', f[2]} end
if f[3] and tonumber(f[3]) > now then return {'later', f[3]} end
local times = string.format('%d', tonumber(f[6] or '0') + 1)
redis.call('HSET', KEYS[1], n .. ':u', ARGV[3], n .. ':l', ARGV[4], n .. ':n', times)
return {'ok', f[4], f[2], f[5], times}
`)

// Claim leases up to limit notices that are due: no other worker gets them until
// the lease is over, Sent or Retry. One past its Expires is handed out too, so
// that the worker can give it up with words. A notice that cannot be read stands
// in nobody's way and is dropped by Sweep when its time is over. ErrUnavailable,
// together with what was leased before it happened.
func (s *Store) Claim(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]Outgoing, error) {
	c := claiming{Store: s, lease: lease, now: now}
	first := int(s.claims.Add(1))
	for range maxPages {
		if len(c.out) >= limit {
			break
		}
		page, full, err := s.dueHints(ctx, first, limit-len(c.out), now)
		if err != nil {
			return c.out, err
		}
		moved := false
		for len(page) > 0 && len(c.out) < limit {
			n := min(len(page), limit-len(c.out))
			some, err := c.follow(ctx, page[:n])
			if err != nil {
				return c.out, err
			}
			moved, page = moved || some, page[n:]
		}
		if !full && !moved {
			break
		}
	}
	return c.out, nil
}

// maxPages bounds one asking, so that hints that do not move cannot hold it for ever.
const maxPages = 1000

// hint is a member of one work list.
type hint struct {
	shard  int
	member string
}

// dueHints reads up to limit hints that are due from each list, in one sending. full
// tells that a list may have more: a notice that is due stands behind others that are
// not, such as those that were never freed. Each hint that is followed moves.
func (s *Store) dueHints(ctx context.Context, first, limit int, now time.Time) (out []hint, full bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var lists [workShards]*redis.StringSliceCmd
	_, err = s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for shard := range lists {
			lists[shard] = p.ZRangeByScore(ctx, workKey(shard), &redis.ZRangeBy{Min: "-inf", Max: millis(now), Count: int64(limit)})
		}
		return nil
	})
	if err != nil {
		return nil, false, unavailable("claim", err)
	}
	for i := range lists {
		shard := (first + i) % workShards
		members := lists[shard].Val()
		full = full || len(members) >= limit
		for _, m := range members {
			out = append(out, hint{shard, m})
		}
	}
	return out, full, nil
}

// claiming is one Claim at work.
type claiming struct {
	*Store
	lease time.Duration
	now   time.Time
	out   []Outgoing
}

// claimed is a hint with what came of it: when it is to be followed again; zero drops it.
type claimed struct {
	hint
	owner, name, lease string
	made               time.Time
	ran                *redis.Cmd
	next, rests        time.Time // rests: where the hint stands by now
}

// follow goes after hints side by side. moved tells that an envelope put notices into
// the outbox, which stand on the lists now.
func (c *claiming) follow(ctx context.Context, page []hint) (moved bool, err error) {
	all := make([]claimed, len(page))
	var due []*claimed
	for i, h := range page {
		one := &all[i]
		one.hint = h
		if id, err := envelope.ParseID(h.member); err == nil {
			if one.next, err = c.comeDue(ctx, id, c.now); err != nil && !errors.Is(err, ErrSyntax) {
				return moved, err
			}
			moved = true
			continue
		}
		var ok bool
		if one.owner, one.name, one.made, ok = parseHint(h.member); ok {
			one.lease = hex.EncodeToString(random(8))
			due = append(due, one)
		}
	}
	if err := c.leaseAll(ctx, due); err != nil {
		return moved, err
	}
	return moved, c.moveHints(ctx, all)
}

// leaseAll leases what hints lead to, and lets the hints rest as long: nearly all lead
// to what is due.
func (c *claiming) leaseAll(ctx context.Context, due []*claimed) error {
	if len(due) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	until := c.now.Add(c.lease)
	_, _ = c.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, d := range due {
			moveHint(ctx, p, d.shard, d.member, until)
			d.rests, d.ran = until, p.EvalSha(ctx, claimScript.Hash(), []string{ownerKey(d.owner)}, d.name, millis(c.now), millis(until), d.lease)
		}
		return nil
	})
	for _, d := range due { // each has its own error
		out, err := d.ran.StringSlice()
		if redis.HasErrorPrefix(err, "NOSCRIPT") {
			out, err = c.run(ctx, "claim", claimScript, []string{ownerKey(d.owner)}, d.name, millis(c.now), millis(until), d.lease)
		}
		if err == nil {
			out, err = answered("claim", out)
		}
		if err != nil {
			return unavailable("claim", err)
		}
		c.take(d, out, until)
	}
	return nil
}

// take reads what claimScript answered. A notice that cannot be read is left leased.
func (c *claiming) take(d *claimed, out []string, until time.Time) {
	switch {
	case out[0] == "gone" && c.now.Sub(d.made) > lostAfter:
		return
	case out[0] == "gone" || out[0] == "held":
		// Mostly the write that the hint was made for is under way: looked at again soon,
		// and ever more seldom.
		d.next = c.now.Add(max(lookSoon, min(c.now.Sub(d.made), lookAgain)))
		return
	case out[0] == "later":
		d.next = fromMillis(out[1])
		return
	}
	d.next = until
	var n content
	if c.keys.unsealJSON("notice", ownerKey(d.owner)+"/"+d.name, []byte(out[1]), &n) != nil {
		return
	}
	o := Outgoing{ID: n.ID, Kind: n.Kind, To: n.To, Data: n.Data, Due: fromMillis(out[2]), Expires: fromMillis(out[3]), owner: d.owner, name: d.name, lease: d.lease, hint: d.member}
	o.Attempts, _ = strconv.Atoi(out[4])
	o.Envelope, _ = envelope.ParseID(d.owner) // stays zero for an owner of its own
	c.out = append(c.out, o)
}

// moveHints sets when hints are followed next.
func (c *claiming) moveHints(ctx context.Context, all []claimed) error {
	all = slices.DeleteFunc(all, func(d claimed) bool { return !d.next.IsZero() && d.next.Equal(d.rests) })
	if len(all) == 0 {
		return nil
	}
	return c.pipe(ctx, "work list", func(p redis.Pipeliner) {
		for _, d := range all {
			moveHint(ctx, p, d.shard, d.member, d.next)
		}
	})
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
func moveHint(ctx context.Context, p redis.Pipeliner, shard int, member string, next time.Time) {
	if next.IsZero() {
		p.ZRem(ctx, workKey(shard), member)
		return
	}
	p.ZAddXX(ctx, workKey(shard), redis.Z{Score: float64(next.UnixMilli()), Member: member})
}

// endScript forgets a notice or, with a time, sets it due again if the lease is
// still the caller's.
//
//	KEYS o  ARGV name, lease, due ("" to forget)
var endScript = redis.NewScript(`
local n = ARGV[1]
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], n .. ':s', n .. ':d', n .. ':t', n .. ':x', n .. ':n', n .. ':u', n .. ':l')
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
	forget := func(p redis.Pipeliner) { moveHint(ctx, p, shardOf(o.name), o.hint, time.Time{}) }
	_, err := s.runAfter(ctx, "sent", forget, endScript, []string{ownerKey(o.owner)}, o.name, o.lease, "")
	return err // where Redis dropped the hint only, Sweep puts it back
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
	return s.pipe(ctx, "work list", func(p redis.Pipeliner) { moveHint(ctx, p, shardOf(o.name), o.hint, at) })
}
