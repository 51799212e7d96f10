package store

import (
	"context"
	"fmt"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
)

// Look gives a record to an operator or the service desk: people, times, states
// and subject, never the key. That by looked, and why, is written to the message's
// audit chain first; what cannot be written is not shown. The caller has made sure
// that by may look. ErrNotFound, ErrTooLong, ErrUnavailable, ErrSyntax.
func (s *Store) Look(ctx context.Context, id envelope.ID, by audit.Actor, why string, now time.Time) (Record, error) {
	if len(why) > maxReason {
		return Record{}, fmt.Errorf("%w: reason", ErrTooLong)
	}
	v, err := s.update(ctx, "look", id, now, func(v *slot) (*change, error) {
		if !v.exists() {
			return nil, ErrNotFound
		}
		return &change{entries: []audit.Entry{{Time: now, Actor: by, Action: audit.Looked, Reason: why}}}, nil
	})
	if err != nil {
		return Record{}, err
	}
	return v.record, nil
}

// Searched notes in a person's own audit chain whose messages she looked for, and
// how many there were. She need have no account. ErrTooLong, ErrUnavailable.
func (s *Store) Searched(ctx context.Context, who addr.Address, whose []addr.Address, why string, now time.Time) error {
	if len(why) > maxReason || len(whose) > maxGroup {
		return fmt.Errorf("%w: search", ErrTooLong)
	}
	e := audit.Entry{Time: now, Actor: audit.Operator(who.Key()), Action: audit.Searched, Reason: why}
	for _, a := range whose {
		if !a.IsZero() {
			e.Objects = append(e.Objects, a.Key())
		}
	}
	_, err := s.changeAccount(ctx, who, e, func(*person) (*personChange, error) { return &personChange{}, nil })
	return err
}

// SearchedFor notes in the audit chain of each person whose messages were looked for
// that an operator did so, since an operator at a command line has no chain of her
// own. They need have no account. ErrTooLong, ErrUnavailable.
func (s *Store) SearchedFor(ctx context.Context, by audit.Actor, whose []addr.Address, why string, now time.Time) error {
	if len(why) > maxReason || len(whose) > maxGroup {
		return fmt.Errorf("%w: search", ErrTooLong)
	}
	for _, a := range whose {
		if a.IsZero() {
			continue
		}
		e := audit.Entry{Time: now, Actor: by, Action: audit.Searched, Objects: objects(a), Reason: why}
		if _, err := s.changeAccount(ctx, a, e, func(*person) (*personChange, error) { return &personChange{}, nil }); err != nil {
			return err
		}
	}
	return nil
}
