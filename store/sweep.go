package store

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
)

// Swept counts what Sweep did.
type Swept struct {
	Envelopes int // seen
	Destroyed int // keys whose time was up
	Indexed   int // index entries and work hints that were missing
	Dropped   int // index entries that led nowhere, notices long expired
	Short     int // audit chains that are shorter than the log outside Redis says
	Damaged   int // envelopes that cannot be read, notices without a time
}

// sweepPage is how many keys one SCAN call looks at.
const sweepPage = 200

// indexGrace is how long an index entry may lead nowhere: it is written just
// before the envelope.
const indexGrace = time.Hour

// Sweep walks through all envelopes: it destroys keys KeepClosed after expiry,
// puts back what is missing in indexes and work lists, and drops what leads
// nowhere. It may run at any time, beside anything, and be cut short; once an
// hour is often enough. One damaged envelope does not stop it, nor does a log
// outside Redis that cannot be written, whose error comes at the end.
// ErrUnavailable, with the counts so far.
func (s *Store) Sweep(ctx context.Context, now time.Time) (Swept, error) {
	w := &sweeper{Store: s, now: now}
	w.anchors = anchors{Store: s, now: now}
	for _, step := range []struct {
		match string
		each  func(context.Context, string) error
	}{
		{"e:{*}", w.envelope}, {"o:{*}", w.notices}, {"is:{*}", w.cleanIndex}, {"ir:{*}", w.cleanIndex}, {"ig:{*}", w.cleanIndex},
	} {
		if err := s.scan(ctx, step.match, step.each); err != nil {
			return w.done, err
		}
	}
	err := w.anchors.write(ctx)
	w.done.Short = w.anchors.short
	if s.o.Anchors != nil {
		s.o.Anchors.Forget(now)
	}
	return w.done, errors.Join(err, w.anchors.failed)
}

type sweeper struct {
	*Store
	now     time.Time
	anchors anchors
	done    Swept
	hints   map[string]bool // owner/name of the notices, and ids of the envelopes, that a work list leads to; read when first needed
}

// scan calls f for every key like match on every master.
func (s *Store) scan(ctx context.Context, match string, f func(context.Context, string) error) error {
	err := s.eachMaster(ctx, func(ctx context.Context, c *redis.Client) error {
		for cursor := uint64(0); ; {
			call, cancel := context.WithTimeout(ctx, callTimeout)
			keys, next, err := c.Scan(call, cursor, match, sweepPage).Result()
			cancel()
			if err != nil {
				return err
			}
			for _, key := range keys {
				if err := f(ctx, key); err != nil {
					return err
				}
			}
			if cursor = next; cursor == 0 {
				return nil
			}
		}
	})
	return unavailable("sweep", err)
}

// tag gives what stands in the braces of a key.
func tag(key string) string {
	_, rest, _ := strings.Cut(key, "{")
	inner, _, _ := strings.Cut(rest, "}")
	return inner
}

func (w *sweeper) envelope(ctx context.Context, key string) error {
	id, err := envelope.ParseID(tag(key))
	if err != nil {
		return nil
	}
	v, err := w.load(ctx, id)
	if errors.Is(err, ErrSyntax) {
		w.done.Damaged++
		return nil
	}
	if err != nil || !v.exists() {
		return err
	}
	w.done.Envelopes++
	if err := w.anchors.see(ctx, v); err != nil {
		return err
	}
	if w.overdue(v) {
		if err := w.destroyKey(ctx, id); err != nil {
			return err
		}
	}
	if err := w.remind(ctx, v); err != nil {
		return err
	}
	return w.reindex(ctx, v)
}

// remind puts the hint of an envelope back whose record has notices that wait.
func (w *sweeper) remind(ctx context.Context, v *slot) error {
	first := v.firstLater()
	if first.IsZero() {
		return nil
	}
	if err := w.readHints(ctx); err != nil || w.hints[v.id.String()] {
		return err
	}
	w.done.Indexed++
	return w.pipe(ctx, "work list", func(p redis.Pipeliner) { schedule(ctx, p, v.id, first) })
}

func (w *sweeper) overdue(v *slot) bool {
	return v.kept && !w.now.Before(v.record.ExpiresAt.Add(w.o.KeepClosed))
}

func (w *sweeper) destroyKey(ctx context.Context, id envelope.ID) error {
	done := 0
	_, err := w.update(ctx, "sweep", id, w.now, func(v *slot) (*change, error) {
		done = 0
		if !w.overdue(v) {
			return nil, nil
		}
		v.destroy(w.now)
		done = 1
		return &change{entries: []audit.Entry{{Time: w.now, Actor: audit.System, Action: audit.Destroyed, Reason: "expired"}}}, nil
	})
	if err == nil {
		w.done.Destroyed += done
	}
	return err
}

func (w *sweeper) reindex(ctx context.Context, v *slot) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	z := redis.Z{Score: float64(v.record.SealedAt.UnixMilli()), Member: v.id.String()}
	added, err := w.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.ZAddNX(ctx, w.sentIndex(v.record.Sender), z)
		for _, r := range v.record.Recipients {
			p.ZAddNX(ctx, w.receivedIndex(r.Address), z)
		}
		w.indexMessage(ctx, p, v.record, w.now)
		w.indexGroup(ctx, p, v.record)
		return nil
	})
	if err != nil {
		return err
	}
	for _, cmd := range added {
		if n, ok := cmd.(*redis.IntCmd); ok {
			w.done.Indexed += int(n.Val())
		}
	}
	return nil
}

// notices puts hints back for notices that none leads to, and drops those that
// nobody will send any more.
func (w *sweeper) notices(ctx context.Context, key string) error {
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	fields, err := w.redis.HGetAll(call, key).Result()
	if err != nil {
		return err
	}
	owner := tag(key)
	for field, status := range fields {
		name, ok := strings.CutSuffix(field, ":s")
		if !ok {
			continue
		}
		if w.now.Sub(fromMillis(fields[name+":x"])) > OutboxLife {
			w.done.Dropped++
			if _, err := w.run(ctx, "sweep", endScript, []string{key}, name, "", ""); err != nil {
				return err
			}
			continue
		}
		if status != "due" {
			continue
		}
		if err := w.hint(ctx, owner, name, fields[name+":t"]); err != nil {
			return err
		}
	}
	return nil
}

// hint adds a work hint when there was none at the begin. One made meanwhile is
// then there twice, which does no harm: the slot decides.
func (w *sweeper) hint(ctx context.Context, owner, name, due string) error {
	if err := w.readHints(ctx); err != nil {
		return err
	}
	if w.hints[owner+"/"+name] {
		return nil
	}
	score, err := strconv.ParseFloat(due, 64)
	if err != nil {
		w.done.Damaged++
		return nil
	}
	w.done.Indexed++
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	member := owner + "/" + name + "/" + strconv.FormatInt(w.now.UnixMilli(), 36)
	return w.redis.ZAddNX(ctx, workKey(shardOf(name)), redis.Z{Score: score, Member: member}).Err()
}

// readHints reads which notices and envelopes the work lists lead to, once.
func (w *sweeper) readHints(ctx context.Context) error {
	if w.hints != nil {
		return nil
	}
	w.hints = map[string]bool{}
	for shard := range workShards {
		for cursor := uint64(0); ; {
			call, cancel := context.WithTimeout(ctx, callTimeout)
			found, next, err := w.redis.ZScan(call, workKey(shard), cursor, "", sweepPage).Result()
			cancel()
			if err != nil {
				return err
			}
			for i := 0; i < len(found); i += 2 { // members and scores take turns
				if owner, name, _, ok := parseHint(found[i]); ok {
					w.hints[owner+"/"+name] = true
				} else {
					w.hints[found[i]] = true
				}
			}
			if cursor = next; cursor == 0 {
				break
			}
		}
	}
	return nil
}

// cleanIndex drops index entries that lead to no envelope.
func (w *sweeper) cleanIndex(ctx context.Context, key string) error {
	before := strconv.FormatInt(w.now.Add(-indexGrace).UnixMilli(), 10)
	for offset := int64(0); ; {
		call, cancel := context.WithTimeout(ctx, callTimeout)
		ids, err := w.redis.ZRangeByScore(call, key, &redis.ZRangeBy{Min: "-inf", Max: before, Offset: offset, Count: sweepPage}).Result()
		if err != nil || len(ids) == 0 {
			cancel()
			return err
		}
		var gone []any
		for _, id := range ids {
			n, err := w.redis.Exists(call, "e:{"+id+"}").Result()
			if err != nil {
				cancel()
				return err
			}
			if n == 0 {
				gone = append(gone, id)
			}
		}
		if len(gone) > 0 {
			err = w.redis.ZRem(call, key, gone...).Err()
		}
		cancel()
		if err != nil {
			return err
		}
		w.done.Dropped += len(gone)
		offset += int64(len(ids) - len(gone))
	}
}
