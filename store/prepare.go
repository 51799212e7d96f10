package store

import (
	"context"
	"crypto/subtle"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
)

// Lookup tells what is stored of an earlier try of the same message. It gives
// the key, so only the sealer of that message may call it: the id is an HMAC of
// the message's fingerprint. ErrUnavailable, ErrSyntax.
func (s *Store) Lookup(ctx context.Context, id envelope.ID) (Known, error) {
	v, err := s.load(ctx, id)
	if err != nil || !v.exists() {
		return Known{}, err
	}
	return Known{Found: true, Key: v.key, Record: v.record}, nil
}

// Prepare stores key, record, ledger entries, held notices and an audit entry,
// durably, before anything is sent. It can be called again for the same
// envelope: for recipients that were not in it, or whose entry is prepared
// by the same By or at least ResealAfter ago, always with the same key; To, Cc and Digests are
// then united with those stored, LinkUntil is the later one, all else stays as it was.
//
// ErrVolatile: this Redis may lose keys. ErrConflict: another key is stored, or
// a recipient was prepared by another less than ResealAfter ago or is queued. ErrRecalled:
// a recipient, or the whole envelope, was taken back meanwhile. ErrExpired: the
// envelope expired and its key is gone. ErrTooLong: a bound was passed.
// ErrUnavailable: nothing is known of the outcome.
func (s *Store) Prepare(ctx context.Context, p Preparation) error {
	if len(p.Recipients) == 0 || len(p.Recipients) > maxRecipients || len(p.Held) > maxHeld || len(p.By) > maxBy {
		return fmt.Errorf("%w: %d recipients, %d notices", ErrTooLong, len(p.Recipients), len(p.Held))
	}
	p.Record = legible(p.Record)
	dials, err := s.ensureReady(ctx)
	if err != nil {
		return err
	}
	var first *slot // one that Lookup did not find need not be looked for again: the commit sees what is there
	if p.New {
		first = &slot{id: p.Record.ID, keys: s.keys}
	}
	edit := func(v *slot) (*change, error) {
		c, err := s.prepare(v, p)
		if c != nil {
			c.before = func(pipe redis.Pipeliner) { s.index(ctx, pipe, p.Record, p.Recipients) }
		}
		return c, err
	}
	if _, err := s.updateFrom(ctx, "prepare", first, p.Record.ID, p.Now, edit); err != nil {
		return err
	}
	return s.stillReady(ctx, dials)
}

func (s *Store) prepare(v *slot, p Preparation) (*change, error) {
	if err := v.begin(p); err != nil {
		return nil, err
	}
	if len(v.record.Recipients)+len(p.Recipients) > maxRecipients {
		return nil, fmt.Errorf("%w: recipients", ErrTooLong)
	}
	e := audit.Entry{Time: p.Now, Actor: audit.Milter, Action: audit.Prepared}
	for _, a := range p.Recipients {
		r, known := v.find(a)
		switch {
		case !known:
			r = v.add(a)
		case r.Status == Recalled:
			return nil, ErrRecalled
		case r.Status != Prepared || r.InHand(p.By, p.Now):
			return nil, fmt.Errorf("%w: a recipient is %s", ErrConflict, r.Status)
		}
		r.Status, r.PreparedAt = Prepared, whole(p.Now)
		if p.By != "" {
			r.By = p.By
		}
		e.Objects = append(e.Objects, a.Key())
	}
	c := &change{entries: []audit.Entry{e}}
	for _, o := range p.Held {
		if v.waits(o, p.Now) {
			continue
		}
		h, err := s.holdNotice(v.id, o, p.Now)
		if err != nil {
			return nil, err
		}
		c.hold = append(c.hold, h)
	}
	return c, nil
}

// begin sets key and record of a new envelope, or unites the record of a known
// one with the newer try.
func (v *slot) begin(p Preparation) error {
	if !v.exists() {
		v.key, v.kept = p.Key, true
		v.setRecord(normal(p.Record))
		return nil
	}
	switch {
	case !v.kept && v.allRecalled():
		return ErrRecalled
	case !v.kept:
		return ErrExpired
	case subtle.ConstantTimeCompare(v.key.Bytes(), p.Key.Bytes()) == 0:
		return fmt.Errorf("%w: another key is stored", ErrConflict)
	case !v.record.Sender.Equal(p.Record.Sender), v.record.Profile != p.Record.Profile, v.record.SecretHash != p.Record.SecretHash:
		return fmt.Errorf("%w: another message is stored", ErrConflict)
	}
	r := merged(v.record, p.Record)
	if len(r.Digests) > maxDigests { // a container whose digest is not kept would not open
		return fmt.Errorf("%w: containers", ErrTooLong)
	}
	v.setRecord(r)
	return nil
}

func (v *slot) allRecalled() bool {
	return !slices.ContainsFunc(v.record.Recipients, func(r RecipientState) bool { return r.Status != Recalled })
}

// normal brings times to the precision that is compared later.
func normal(r Record) Record {
	r.SealedAt, r.ExpiresAt, r.LinkUntil = whole(r.SealedAt), whole(r.ExpiresAt), whole(r.LinkUntil)
	r.ReadyAt = whole(r.ReadyAt)
	r.Recipients, r.Destroyed = nil, time.Time{}
	return r
}

func whole(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Millisecond)
}

// merged is the stored record with what a later transaction of the same message
// adds: Exchange hands one mail over in several, and a retry may have been
// wrapped by Postfix in other trace fields.
func merged(stored, later Record) Record {
	stored.To, stored.Cc = union(stored.To, later.To), union(stored.Cc, later.Cc)
	stored.Digests = union(stored.Digests, later.Digests)
	stored.Size = max(stored.Size, later.Size)
	if later.LinkUntil.After(stored.LinkUntil) { // an earlier mail may have had no link, or a file beside it
		stored.LinkUntil = whole(later.LinkUntil)
	}
	return stored
}

func union[T comparable](a, b []T) []T {
	out := slices.Clone(a)
	for _, x := range b {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// Queued records that Postfix took the envelope for these recipients under
// queueID, and frees the held notices of those IDs, in one step. It can be
// repeated; a recalled entry stays recalled. ErrNotFound, ErrNotRecipient,
// ErrUnavailable, ErrSyntax.
func (s *Store) Queued(ctx context.Context, id envelope.ID, recipients []addr.Address, heldIDs []string, queueID string, now time.Time) error {
	var before func(redis.Pipeliner)
	wrote := false
	_, err := s.update(ctx, "queued", id, now, func(v *slot) (*change, error) {
		c, err := s.queued(ctx, v, recipients, heldIDs, queueID, now)
		if err != nil {
			return nil, err
		}
		before, wrote = c.before, len(c.entries) > 0
		if !wrote {
			return nil, nil
		}
		return c, nil
	})
	if err != nil || wrote || before == nil {
		return err
	}
	return s.pipe(ctx, "work list", before) // a repeat: the first may have got no further than the slot
}

// queued is the change of Queued; it has no entry when nothing is to be written but
// the hints.
func (s *Store) queued(ctx context.Context, v *slot, recipients []addr.Address, heldIDs []string, queueID string, now time.Time) (*change, error) {
	if !v.exists() {
		return nil, ErrNotFound
	}
	e := audit.Entry{Time: now, Actor: audit.Milter, Action: audit.Queued, Reason: clip(queueID)}
	for _, a := range recipients {
		r, ok := v.find(a)
		if !ok {
			return nil, ErrNotRecipient
		}
		if r.Status == Prepared {
			r.Status, r.QueuedAt, r.By = Queued, whole(now), "" // in nobody's hand any more
			e.Objects = append(e.Objects, a.Key())
		}
	}
	waiting, others := v.free(heldIDs)
	c := &change{}
	for _, h := range others {
		c.free = append(c.free, s.noticeName(v.id.String(), h))
	}
	first := v.firstLater()
	if len(c.free) > 0 || !first.IsZero() {
		c.before = func(p redis.Pipeliner) {
			hints(ctx, p, v.id.String(), c.free, now, now)
			schedule(ctx, p, v.id, first)
		}
	}
	if len(e.Objects) == 0 && !waiting {
		var err error
		if waiting, err = s.anyHeld(ctx, v.id, c.free); err != nil {
			return nil, err
		}
	}
	if len(e.Objects) > 0 || waiting {
		c.entries = []audit.Entry{e}
	}
	return c, nil
}

// anyHeld tells whether one of the notices still waits to be freed.
func (s *Store) anyHeld(ctx context.Context, id envelope.ID, names []string) (bool, error) {
	if len(names) == 0 {
		return false, nil
	}
	fields := make([]string, len(names))
	for i, n := range names {
		fields[i] = n + ":s"
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	states, err := s.redis.HMGet(ctx, noticeKey(id), fields...).Result()
	if err != nil {
		return false, unavailable("queued", err)
	}
	return slices.Contains(states, any("held")), nil
}

// index names the envelope under its sender and recipients. It goes to Redis before
// the slot, and a name that leads nowhere is ignored by every reader.
func (s *Store) index(ctx context.Context, p redis.Pipeliner, r Record, recipients []addr.Address) {
	z := redis.Z{Score: float64(r.SealedAt.UnixMilli()), Member: r.ID.String()}
	p.ZAddNX(ctx, s.sentIndex(r.Sender), z)
	s.indexMessage(ctx, p, r, r.SealedAt)
	s.indexGroup(ctx, p, r)
	for _, a := range recipients {
		p.ZAddNX(ctx, s.receivedIndex(a), z)
	}
}

// indexed is index by itself.
func (s *Store) indexed(ctx context.Context, r Record, recipients ...addr.Address) error {
	return s.pipe(ctx, "index", func(p redis.Pipeliner) { s.index(ctx, p, r, recipients) })
}

func (s *Store) sentIndex(a addr.Address) string {
	return "is:{" + s.keys.name("sent", a.Key()) + "}"
}

func (s *Store) receivedIndex(a addr.Address) string {
	return "ir:{" + s.keys.name("received", a.Key()) + "}"
}

// clip shortens a text of somebody else's making to what a record holds.
func clip(text string) string {
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "")
	}
	return text
}
