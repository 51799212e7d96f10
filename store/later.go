package store

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
)

// A small notice that is due days ahead, a reminder, waits in the record of its
// envelope: kind, person and time. One hint for each envelope, the id alone, says
// when the first of them is due; Claim then puts it into the outbox as any other.

// deferred is such a notice.
type deferred struct {
	id, kind     string
	to           addr.Address
	data         string
	due, expires time.Time
	freed        bool // by Queued; before that it is not due at any time
}

// Bounds of notices that wait in a record, which is written with each change: those
// that are due soon would only be written twice.
const (
	laterAfter = 24 * time.Hour
	maxLater   = 16
	maxWaiting = 256 // octets of data
)

// waits puts a held notice into the record, in place of one of the same ID that was
// not freed; false when it has to wait in the outbox.
func (v *slot) waits(o Outgoing, now time.Time) bool {
	i := slices.IndexFunc(v.later, func(l deferred) bool { return l.id == o.ID })
	if i >= 0 && v.later[i].freed {
		return true
	}
	if o.Due.Sub(now) < laterAfter || len(o.Data) > maxWaiting || i < 0 && len(v.later) >= maxLater {
		if i >= 0 {
			v.later = slices.Delete(v.later, i, i+1)
		}
		return false
	}
	if o.Expires.IsZero() {
		o.Expires = o.Due.Add(OutboxLife)
	}
	l := deferred{id: o.ID, kind: o.Kind, to: o.To, data: string(o.Data), due: whole(o.Due), expires: whole(o.Expires)}
	if i >= 0 {
		v.later[i] = l
	} else {
		v.later = append(v.later, l)
	}
	return true
}

// free lets the notices of these IDs come when they are due. It tells whether that
// changed anything, and gives the IDs that wait in the outbox.
func (v *slot) free(ids []string) (changed bool, others []string) {
	for _, id := range ids {
		i := slices.IndexFunc(v.later, func(l deferred) bool { return l.id == id })
		if i < 0 {
			others = append(others, id)
			continue
		}
		changed = changed || !v.later[i].freed
		v.later[i].freed = true
	}
	return changed, others
}

// firstLater is when the first freed notice of the record is due; zero: there is none.
func (v *slot) firstLater() (first time.Time) {
	for _, l := range v.later {
		if l.freed && (first.IsZero() || l.due.Before(first)) {
			first = l.due
		}
	}
	return first
}

// scheduleShard is the work list that has an envelope's own hint.
func scheduleShard(id envelope.ID) int { return int(id[0]) % workShards }

// schedule puts the hint of an envelope on its work list.
func schedule(ctx context.Context, p redis.Pipeliner, id envelope.ID, first time.Time) {
	if !first.IsZero() {
		p.ZAdd(ctx, workKey(scheduleShard(id)), redis.Z{Score: float64(first.UnixMilli()), Member: id.String()})
	}
}

// comeDue puts those notices of an envelope into the outbox that are due, and gives
// when the next one is; zero: none.
func (s *Store) comeDue(ctx context.Context, id envelope.ID, now time.Time) (next time.Time, err error) {
	v, err := s.update(ctx, "reminders", id, now, func(v *slot) (*change, error) {
		c := &change{}
		v.later = slices.DeleteFunc(v.later, func(l deferred) bool {
			if !l.freed || l.due.After(now) || err != nil {
				return false
			}
			var h held
			h, err = s.holdNotice(id, Outgoing{ID: l.id, Kind: l.kind, To: l.to, Data: []byte(l.data), Due: l.due, Expires: l.expires}, now)
			c.hold, c.free = append(c.hold, h), append(c.free, h.name)
			return true
		})
		if len(c.free) == 0 || err != nil {
			return nil, err
		}
		c.before = func(p redis.Pipeliner) { hints(ctx, p, id.String(), c.free, now, now) }
		return c, nil
	})
	if err != nil || !v.exists() {
		return time.Time{}, err
	}
	return v.firstLater(), nil
}

// hints puts names on the work lists.
func hints(ctx context.Context, p redis.Pipeliner, owner string, names []string, due, now time.Time) {
	for _, name := range names {
		member := owner + "/" + name + "/" + strconv.FormatInt(now.UnixMilli(), 36)
		p.ZAdd(ctx, workKey(shardOf(name)), redis.Z{Score: float64(due.UnixMilli()), Member: member})
	}
}

// send adds to a change a notice that goes out at once.
func (s *Store) send(ctx context.Context, c *change, id envelope.ID, h held, now time.Time) {
	c.hold, c.free = append(c.hold, h), append(c.free, h.name)
	c.before = func(p redis.Pipeliner) { hints(ctx, p, id.String(), c.free, now, now) }
}
