package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
)

// Envelope gives the record to whoever holds the mail: what a page may show
// before the key is asked for. ErrNotFound for an unknown id and a wrong secret
// alike; ErrSyntax, ErrUnavailable.
func (s *Store) Envelope(ctx context.Context, id envelope.ID, secret envelope.Secret) (Record, error) {
	v, err := s.load(ctx, id)
	if err != nil {
		return Record{}, err
	}
	if err := v.proves(secret); err != nil {
		return Record{}, err
	}
	return v.record, nil
}

// EnvelopeForSender gives the record to the member of staff who is its sender.
// The caller has proved who asks. ErrNotFound for everybody else.
func (s *Store) EnvelopeForSender(ctx context.Context, id envelope.ID, sender addr.Address) (Record, error) {
	r, err := s.EnvelopeForOperator(ctx, id)
	if err != nil {
		return Record{}, err
	}
	if sender.IsZero() || !r.Sender.Equal(sender) {
		return Record{}, ErrNotFound
	}
	return r, nil
}

// EnvelopeForOperator gives the record to an operator: subject and addresses,
// never the key. ErrNotFound.
func (s *Store) EnvelopeForOperator(ctx context.Context, id envelope.ID) (Record, error) {
	v, err := s.load(ctx, id)
	if err != nil {
		return Record{}, err
	}
	if !v.exists() {
		return Record{}, ErrNotFound
	}
	return v.record, nil
}

// maxList bounds one listing.
const maxList = 1000

// SentBy lists what sender sent, newest first; limit of at most 1000. Envelopes
// that are gone are left out.
func (s *Store) SentBy(ctx context.Context, sender addr.Address, limit int) ([]Record, error) {
	return s.listed(ctx, s.sentIndex(sender), limit, func(r *Record) bool { return !sender.IsZero() && r.Sender.Equal(sender) })
}

// ReceivedBy lists what was sealed for a, newest first, recalled and expired
// ones too; limit of at most 1000.
func (s *Store) ReceivedBy(ctx context.Context, a addr.Address, limit int) ([]Record, error) {
	return s.listed(ctx, s.receivedIndex(a), limit, func(r *Record) bool { _, ok := r.Recipient(a); return ok })
}

func (s *Store) listed(ctx context.Context, index string, limit int, belongs func(*Record) bool) ([]Record, error) {
	limit = min(max(limit, 0), maxList)
	var out []Record
	for start := int64(0); len(out) < limit && start < 2*maxList; start += int64(limit) {
		call, cancel := context.WithTimeout(ctx, callTimeout)
		ids, err := s.redis.ZRevRange(call, index, start, start+int64(limit)-1).Result()
		cancel()
		if err != nil {
			return nil, unavailable("listing", err)
		}
		for _, text := range ids {
			id, err := envelope.ParseID(text)
			if err != nil {
				continue
			}
			v, err := s.load(ctx, id)
			if err != nil {
				return nil, err
			}
			if v.exists() && belongs(&v.record) && len(out) < limit {
				out = append(out, v.record)
			}
		}
		if len(ids) < limit {
			break
		}
	}
	return out, nil
}

// Recall closes the entries of these recipients, or of all when none is named;
// with the last one the key is destroyed in the same step (CYC-15, CYC-17). The
// record that comes back says who had already opened it. Entries that were
// recalled before stay as they were. The caller has made sure that by may do it.
// ErrNotFound, ErrNotRecipient (nothing was changed), ErrTooLong, ErrUnavailable.
func (s *Store) Recall(ctx context.Context, id envelope.ID, by audit.Actor, recipients []addr.Address, reason string, now time.Time) (Record, error) {
	return s.RecallTelling(ctx, id, by, recipients, reason, nil, now)
}

// TellingRecall writes the notice to the sender that her message was taken back from
// these people by somebody else; nothing is sent when its To is zero.
type TellingRecall func(r Record, from []addr.Address, reason string) (Outgoing, error)

// RecallTelling is Recall by somebody else than the sender, who hears of it by the
// notice that tell writes, queued in the same step; nil: she is not told.
func (s *Store) RecallTelling(ctx context.Context, id envelope.ID, by audit.Actor, recipients []addr.Address, reason string, tell TellingRecall, now time.Time) (Record, error) {
	if len(reason) > maxReason {
		return Record{}, fmt.Errorf("%w: reason", ErrTooLong)
	}
	v, err := s.update(ctx, "recall", id, now, func(v *slot) (*change, error) {
		if !v.exists() {
			return nil, ErrNotFound
		}
		c, err := v.recall(by, recipients, reason, now)
		if err != nil || c == nil || tell == nil {
			return c, err
		}
		return c, s.recallNotice(ctx, c, v, reason, tell, now)
	})
	if err != nil {
		return Record{}, err
	}
	return v.record, nil
}

// recallNotice adds to a recall the notice to the sender.
func (s *Store) recallNotice(ctx context.Context, c *change, v *slot, reason string, tell TellingRecall, now time.Time) error {
	var from []addr.Address
	for _, p := range v.record.Recipients {
		if slices.Contains(c.entries[0].Objects, p.Address.Key()) {
			from = append(from, p.Address)
		}
	}
	o, err := tell(v.record, from, reason)
	if err != nil || o.To.IsZero() {
		return err
	}
	o.ID, o.Envelope = "recalled "+millis(now)+" "+strings.Join(c.entries[0].Objects, " "), v.record.ID
	h, err := s.holdNotice(v.record.ID, o, now)
	if err != nil {
		return err
	}
	s.send(ctx, c, v.id, h, now)
	return nil
}

func (v *slot) recall(by audit.Actor, recipients []addr.Address, reason string, now time.Time) (*change, error) {
	if len(recipients) == 0 {
		for _, r := range v.record.Recipients {
			recipients = append(recipients, r.Address)
		}
	}
	e := audit.Entry{Time: now, Actor: by, Action: audit.Recalled, Reason: reason}
	for _, a := range recipients {
		r, ok := v.find(a)
		if !ok {
			return nil, ErrNotRecipient
		}
		if r.Status == Recalled || slices.Contains(e.Objects, a.Key()) {
			continue
		}
		r.Status, r.RecalledAt, r.Reason = Recalled, whole(now), reason
		e.Objects = append(e.Objects, a.Key())
	}
	if len(e.Objects) == 0 {
		return nil, nil
	}
	c := &change{entries: []audit.Entry{e}}
	if v.allRecalled() && v.kept {
		v.destroy(now)
		c.entries = append(c.entries, audit.Entry{Time: now, Actor: by, Action: audit.Destroyed, Reason: "the last recipient was recalled"})
	}
	return c, nil
}

// maxKeep bounds how far ahead an expiry may be set.
const maxKeep = 10 * 366 * 24 * time.Hour

// Extend moves the expiry, also of an envelope that has expired while its key is
// still kept, and the end of its link with it: to the very end where the link was
// the only way, else as long as links of the message work. Who asked for it is told
// by the notice that tell writes, queued in the same step; nil: nobody is told. ErrNotFound, ErrRecalled (everybody was recalled), ErrExpired (the
// key is gone, or until is not later than now), ErrTooLong (over ten years),
// ErrUnavailable.
func (s *Store) Extend(ctx context.Context, id envelope.ID, by audit.Actor, until time.Time, tell Telling, now time.Time) error {
	until = whole(until)
	if !until.After(now) {
		return ErrExpired
	}
	if until.Sub(now) > maxKeep {
		return fmt.Errorf("%w: expiry", ErrTooLong)
	}
	_, err := s.update(ctx, "extend", id, now, func(v *slot) (*change, error) {
		switch {
		case !v.exists():
			return nil, ErrNotFound
		case v.allRecalled():
			return nil, ErrRecalled
		case !v.kept || !now.Before(v.record.ExpiresAt.Add(s.o.KeepClosed)):
			return nil, ErrExpired
		}
		reason := "from " + v.record.ExpiresAt.Format(time.RFC3339) + " to " + until.Format(time.RFC3339)
		r := v.record
		r.LinkUntil = extendedLink(r, until, now)
		r.ExpiresAt = until
		asked := v.record.Asks
		r.Asks = slices.DeleteFunc(slices.Clone(asked), func(a Ask) bool { return a.Kind == AskOpenAgain })
		v.setRecord(r)
		c := &change{entries: []audit.Entry{{Time: now, Actor: by, Action: audit.Extended, Reason: reason}}}
		for _, a := range asked {
			if a.Kind != AskOpenAgain {
				continue
			}
			if err := s.askNotice(ctx, c, "answer", tell, r, a, now); err != nil {
				return nil, err
			}
		}
		return c, nil
	})
	return err
}

// extendedLink is when the link of an envelope ends whose expiry moves to until.
func extendedLink(r Record, until, now time.Time) time.Time {
	switch {
	case r.LinkUntil.IsZero():
		return r.LinkUntil
	case !r.LinkUntil.Before(r.ExpiresAt):
		return until
	}
	link := now.Add(r.LinkUntil.Sub(r.SealedAt))
	if link.Before(r.LinkUntil) {
		link = r.LinkUntil
	}
	if link.After(until) {
		link = until
	}
	return whole(link)
}
