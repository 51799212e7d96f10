package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
)

// Anchors is the log outside Redis; *anchor.File is one.
type Anchors interface {
	Seq() uint64               // the greatest of all its lines
	Head(id string) audit.Head // how far a chain had come; zero: not known
	Append(l audit.Line) error // on the disk when it returns; N is set there
	Forget(now time.Time)      // chains that need not be there any more
}

// ErrRewound says that Redis is in an older state than the log outside it knows:
// what was recalled since would open again. Nothing is released until Restored.
// It is an ErrUnavailable: readers are asked to come back.
var ErrRewound = fmt.Errorf("%w: it is older than the log outside it, postseal restore is needed", ErrUnavailable)

// anchorKey holds s, how many lines were begun in all logs, and h, since when
// nothing is released.
const anchorKey = "ax:{anchors}"

// anchorScript compares the count with what a log states, and counts one more.
//
//	KEYS ax  ARGV greatest count of the log, now, how many more
var anchorScript = redis.NewScript(`
local s = tonumber(redis.call('HGET', KEYS[1], 's') or '0')
if s < tonumber(ARGV[1]) then redis.call('HSETNX', KEYS[1], 'h', ARGV[2]) end
if ARGV[3] ~= '0' then s = redis.call('HINCRBY', KEYS[1], 's', ARGV[3]) end
return {'ok', string.format('%d', s), redis.call('HGET', KEYS[1], 'h') or ''}
`)

func (s *Store) anchorCount(ctx context.Context, more int, now time.Time) (seq uint64, held bool, err error) {
	known := uint64(0)
	if s.o.Anchors != nil {
		known = s.o.Anchors.Seq()
	}
	run := s.run
	if more > 0 {
		run = s.runDurable
	}
	out, err := run(ctx, "anchor", anchorScript, []string{anchorKey}, strconv.FormatUint(known, 10), millis(now), strconv.Itoa(more))
	if err != nil {
		return 0, false, err
	}
	if seq, err = strconv.ParseUint(out[1], 10, 64); err != nil {
		return 0, false, fmt.Errorf("%w: count of anchors", ErrSyntax)
	}
	return seq, out[2] != "", nil
}

// Current tells whether Redis is as new as the logs outside it say: ErrRewound,
// ErrUnavailable. Where no log is kept, another daemon's finding counts.
func (s *Store) Current(ctx context.Context, now time.Time) error {
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	got, err := s.redis.HMGet(call, anchorKey, "s", "h").Result()
	if err != nil {
		return unavailable("anchor", err)
	}
	if got[1] != nil {
		return ErrRewound
	}
	if s.o.Anchors == nil || !older(got[0], s.o.Anchors.Seq()) {
		return nil
	}
	_, held, err := s.anchorCount(ctx, 0, now) // every daemon is to know
	if err == nil && held {
		return ErrRewound
	}
	return err
}

// older tells whether a count in Redis is below what a log states.
func older(count any, known uint64) bool {
	text, _ := count.(string)
	n, err := strconv.ParseUint(text, 10, 64)
	return known > 0 && (err != nil || n < known)
}

// closing writes recalls and destructions to the log before they are done, so
// that none is done without its line. One that was written and not done closes
// only what somebody wanted closed. A log that cannot be written does not keep a
// message open: whoever made it tells the operator.
func (s *Store) closing(ctx context.Context, v *slot, c *change, now time.Time) error {
	if s.o.Anchors == nil {
		return nil
	}
	l := audit.Closing{ID: v.id.String()}
	for _, e := range c.entries {
		switch e.Action {
		case audit.Recalled:
			for _, object := range e.Objects {
				l.Names = append(l.Names, v.keys.name("recipient", v.id.String(), object))
			}
		case audit.Destroyed:
			l.Destroyed = true
		}
	}
	if len(l.Names) == 0 && !l.Destroyed {
		return nil
	}
	seq, _, err := s.anchorCount(ctx, 1, now)
	if err != nil {
		return err
	}
	_ = s.o.Anchors.Append(audit.Line{Seq: seq, Time: now, Closed: &l})
	return nil
}

// anchors gathers the heads of one sweep.
type anchors struct {
	*Store
	now    time.Time
	heads  []audit.Head
	short  int   // chains that are shorter than the log says
	failed error // of the log itself, which keeps a sweep from nothing else
}

// see notes a chain that has grown since the last anchor.
func (a *anchors) see(ctx context.Context, v *slot) error {
	if a.o.Anchors == nil {
		return nil
	}
	known := a.o.Anchors.Head(v.id.String())
	if v.count < known.Count {
		a.short++
	}
	if v.count <= known.Count {
		return nil
	}
	keep := v.record.ExpiresAt.Add(a.o.KeepClosed + keepRecord)
	a.heads = append(a.heads, audit.Head{ID: v.id.String(), Count: v.count, MAC: v.head.String(), Keep: keep})
	if len(a.heads) < audit.MaxHeads {
		return nil
	}
	return a.write(ctx)
}

// write anchors what was seen; of a Redis that is too old nothing is anchored.
func (a *anchors) write(ctx context.Context) error {
	if a.o.Anchors == nil {
		return nil
	}
	seq, held, err := a.anchorCount(ctx, 1, a.now)
	if err != nil || held {
		a.heads = nil
		return err
	}
	l := audit.Line{Seq: seq, Time: a.now, Heads: a.heads}
	a.heads = nil
	if err := a.o.Anchors.Append(l); err != nil {
		a.failed = err // the chains are anchored by a later sweep
	}
	return nil
}

// Replay does once more what a log says was closed, in a Redis that may be from
// before. It tells whether anything was still open; what is gone is closed.
// ErrSyntax, ErrUnavailable.
func (s *Store) Replay(ctx context.Context, c audit.Closing, by audit.Actor, now time.Time) (changed bool, err error) {
	id, err := envelope.ParseID(c.ID)
	if err != nil {
		return false, fmt.Errorf("%w: %q", ErrSyntax, c.ID)
	}
	_, err = s.update(ctx, "restore", id, now, func(v *slot) (*change, error) {
		changed = false
		if !v.exists() {
			return nil, nil
		}
		d, err := v.replay(c, by, now)
		changed = d != nil
		return d, err
	})
	return changed, err
}

const replayed = "from the log outside Redis, after an older state was put back"

func (v *slot) replay(c audit.Closing, by audit.Actor, now time.Time) (*change, error) {
	d := &change{}
	for _, r := range v.record.Recipients {
		if !slices.Contains(c.Names, v.name(r.Address)) {
			continue
		}
		one, err := v.recall(by, []addr.Address{r.Address}, replayed, now)
		if err != nil {
			return nil, err
		}
		if one != nil {
			d.entries = append(d.entries, one.entries...)
		}
	}
	if c.Destroyed && v.kept {
		v.destroy(now)
		d.entries = append(d.entries, audit.Entry{Time: now, Actor: by, Action: audit.Destroyed, Reason: replayed})
	}
	if len(d.entries) == 0 {
		return nil, nil
	}
	return d, nil
}

// restoredScript lets keys be released again.
//
//	KEYS ax  ARGV greatest count of all logs
var restoredScript = redis.NewScript(`
local s = tonumber(redis.call('HGET', KEYS[1], 's') or '0')
if s < tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], 's', ARGV[1]) end
redis.call('HDEL', KEYS[1], 'h')
return {'ok'}
`)

// Restored says that every log was replayed whose greatest count is at most seq.
func (s *Store) Restored(ctx context.Context, seq uint64) error {
	_, err := s.runDurable(ctx, "restore", restoredScript, []string{anchorKey}, strconv.FormatUint(seq, 10))
	return err
}

// Chain is one audit chain as it rests in Redis.
type Chain struct {
	ID      envelope.ID // zero: an account's
	Entries []audit.Entry
	Err     error // wraps audit.ErrBroken, or ErrSyntax
}

// EachChain recomputes every audit chain and gives it to f, in no order. It may
// run beside anything. ErrUnavailable.
func (s *Store) EachChain(ctx context.Context, f func(Chain)) error {
	look := func(c Chain, t TrailReport, err error) error {
		if err == nil {
			err = audit.Verify(s.keys.chain, t.Entries, t.Head)
		}
		if errors.Is(err, ErrUnavailable) {
			return err
		}
		if errors.Is(err, ErrNotFound) { // gone meanwhile
			return nil
		}
		c.Entries, c.Err = t.Entries, err
		f(c)
		return nil
	}
	err := s.scan(ctx, "e:{*}", func(_ context.Context, key string) error {
		id, err := envelope.ParseID(tag(key))
		if err != nil {
			return nil
		}
		t, err := s.Trail(ctx, id)
		return look(Chain{ID: id}, t, err)
	})
	if err != nil {
		return err
	}
	return s.scan(ctx, "u:{*}", func(_ context.Context, key string) error {
		t, err := s.hashTrail(ctx, key, "y"+key[1:])
		return look(Chain{}, t, err)
	})
}

// LogKey is the key under which the log outside Redis is chained. It stays when
// master keys are added.
func (k *Keyring) LogKey() []byte { return derive(k.chain, "log outside Redis") }
