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
	key, _, err := v.key()
	if err != nil {
		return Known{}, err
	}
	return Known{Found: true, Key: key, Record: v.record}, nil
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
	if err := s.index(ctx, p.Record, p.Recipients); err != nil {
		return err
	}
	if _, err := s.update(ctx, "prepare", p.Record.ID, p.Now, func(v *slot) (*change, error) { return s.prepare(v, p) }); err != nil {
		return err
	}
	return s.stillReady(ctx, dials)
}

func (s *Store) prepare(v *slot, p Preparation) (*change, error) {
	if err := v.begin(p); err != nil {
		return nil, err
	}
	e := audit.Entry{Time: p.Now, Actor: audit.Milter, Action: audit.Prepared}
	for _, a := range p.Recipients {
		r, name, known := v.find(a)
		switch {
		case !known:
			v.set(fAddress, name, string(s.keys.seal("recipient", v.place(fAddress, name), []byte(a.String()))))
		case r.Status == Recalled:
			return nil, ErrRecalled
		case r.Status != Prepared || r.InHand(p.By, p.Now):
			return nil, fmt.Errorf("%w: a recipient is %s", ErrConflict, r.Status)
		}
		v.set(fStatus, name, string(Prepared))
		v.set(fPrepared, name, millis(p.Now))
		if p.By != "" {
			v.set(fBy, name, p.By)
		}
		e.Objects = append(e.Objects, a.Key())
	}
	if len(v.names)+len(p.Recipients) > maxRecipients {
		return nil, fmt.Errorf("%w: recipients", ErrTooLong)
	}
	c := &change{entries: []audit.Entry{e}}
	for _, o := range p.Held {
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
		v.fields[fKey] = string(v.keys.seal("key", slotKey(v.id)+"/"+fKey, p.Key.Bytes()))
		return v.setRecord(normal(p.Record))
	}
	stored, kept, err := v.key()
	switch {
	case err != nil:
		return err
	case !kept && v.allRecalled():
		return ErrRecalled
	case !kept:
		return ErrExpired
	case subtle.ConstantTimeCompare(stored.Bytes(), p.Key.Bytes()) == 0:
		return fmt.Errorf("%w: another key is stored", ErrConflict)
	case !v.record.Sender.Equal(p.Record.Sender), v.record.Profile != p.Record.Profile, v.record.SecretHash != p.Record.SecretHash:
		return fmt.Errorf("%w: another message is stored", ErrConflict)
	}
	r := merged(v.record, p.Record)
	if len(r.Digests) > maxDigests { // a container whose digest is not kept would not open
		return fmt.Errorf("%w: containers", ErrTooLong)
	}
	return v.setRecord(r)
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
	names := make([]string, len(heldIDs))
	for i, h := range heldIDs {
		names[i] = s.noticeName(id.String(), h)
	}
	if err := s.listWork(ctx, id.String(), names, now, now); err != nil {
		return err
	}
	_, err := s.update(ctx, "queued", id, now, func(v *slot) (*change, error) {
		if !v.exists() {
			return nil, ErrNotFound
		}
		e := audit.Entry{Time: now, Actor: audit.Milter, Action: audit.Queued, Reason: clip(queueID)}
		for _, a := range recipients {
			r, name, ok := v.find(a)
			if !ok {
				return nil, ErrNotRecipient
			}
			if r.Status == Prepared {
				v.set(fStatus, name, string(Queued))
				v.set(fQueued, name, millis(now))
				e.Objects = append(e.Objects, a.Key())
			}
		}
		waiting, err := s.anyHeld(ctx, id, names)
		if err != nil || len(e.Objects) == 0 && !waiting {
			return nil, err
		}
		return &change{entries: []audit.Entry{e}, free: names}, nil
	})
	return err
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

// index names the envelope under its sender and recipients. It is written
// before the slot, and a name that leads nowhere is ignored by every reader.
func (s *Store) index(ctx context.Context, r Record, recipients []addr.Address) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	z := redis.Z{Score: float64(r.SealedAt.UnixMilli()), Member: r.ID.String()}
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.ZAddNX(ctx, s.sentIndex(r.Sender), z)
		s.indexMessage(ctx, p, r, r.SealedAt)
		s.indexGroup(ctx, p, r)
		for _, a := range recipients {
			p.ZAddNX(ctx, s.receivedIndex(a), z)
		}
		return nil
	})
	return unavailable("index", err)
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
