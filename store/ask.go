package store

import (
	"context"
	"slices"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
)

// AskKind is what somebody asks the sender of a message for.
type AskKind string

const (
	// AskOpenAgain asks for more time: the message has expired.
	AskOpenAgain AskKind = "open again"
	// AskLetIn asks that another address of a recipient may open it too (C17).
	AskLetIn AskKind = "let in"
)

// Ask is one open request to the sender.
type Ask struct {
	Kind AskKind
	From addr.Address // who asks, and has shown that the address is hers
	As   addr.Address // AskLetIn: the recipient's address, which she has shown to be hers too
	At   time.Time
}

// Bounds of requests. They wait for a person, who looks at a page.
const (
	askAgain = 24 * time.Hour // for the same thing, by the same person
	maxAsks  = 20             // open requests of one message
)

// Telling writes the notice by which the sender of a message learns of a request, or
// who asked learns that the sender said yes. ID and Envelope are filled in by the
// store. It may be called more than once.
type Telling func(Record, Ask) (Outgoing, error)

// AskOpenAgain notes that a recipient asks for more time and queues the notice that
// tell writes, both in one step: neither a request of which nobody is told, nor a
// notice without one. fresh is false when she asked within a day: then nothing was
// written. ErrNotFound (also for a wrong secret), ErrNotRecipient, ErrRecalled,
// ErrConflict (it is open), ErrExpired (the key is gone for good), ErrTooMany,
// ErrTooLong, ErrNoSession, ErrUnavailable, and what tell gives.
func (s *Store) AskOpenAgain(ctx context.Context, id envelope.ID, secret envelope.Secret, p Proof, tell Telling, now time.Time) (r Record, fresh bool, err error) {
	return s.ask(ctx, id, secret, Ask{Kind: AskOpenAgain, From: p.address, At: whole(now)}, []Proof{p}, tell, func(v *slot) error {
		switch state, ok := v.find(p.address); {
		case !ok:
			return ErrNotRecipient
		case state.Status == Recalled:
			return ErrRecalled
		case !v.kept || !now.Before(v.record.ExpiresAt.Add(s.o.KeepClosed)):
			return ErrExpired
		case !v.expired(now):
			return ErrConflict
		}
		return nil
	})
}

// AskLetIn notes that p, who is no recipient, has shown to be the recipient as
// too, and asks to be let in. tell and fresh as with AskOpenAgain. ErrNotFound,
// ErrNotRecipient (as is none), ErrRecalled, ErrConflict (p is a recipient
// already), ErrExpired, ErrTooMany, ErrTooLong, ErrNoSession (a proof is too old),
// ErrUnavailable, and what tell gives.
func (s *Store) AskLetIn(ctx context.Context, id envelope.ID, secret envelope.Secret, p, as Proof, tell Telling, now time.Time) (r Record, fresh bool, err error) {
	return s.ask(ctx, id, secret, Ask{Kind: AskLetIn, From: p.address, As: as.address, At: whole(now)}, []Proof{p, as}, tell, func(v *slot) error {
		if _, ok := v.find(p.address); ok {
			return ErrConflict
		}
		return v.mayVouch(as.address, now)
	})
}

// mayVouch tells whether a recipient's word for another address of hers counts.
func (v *slot) mayVouch(as addr.Address, now time.Time) error {
	switch state, ok := v.find(as); {
	case !ok:
		return ErrNotRecipient
	case state.Status == Recalled:
		return ErrRecalled
	case v.expired(now):
		return ErrExpired
	}
	return nil
}

func (s *Store) ask(ctx context.Context, id envelope.ID, secret envelope.Secret, a Ask, proofs []Proof, tell Telling, may func(*slot) error) (Record, bool, error) {
	for _, p := range proofs {
		if p.address.IsZero() || a.At.Sub(p.at) > SessionLife {
			return Record{}, false, ErrNoSession
		}
	}
	fresh := false
	v, err := s.update(ctx, "ask", id, a.At, func(v *slot) (*change, error) {
		if err := v.proves(secret); err != nil {
			return nil, err
		}
		if err := may(v); err != nil {
			return nil, err
		}
		asks := slices.Clone(v.record.Asks)
		same := func(b Ask) bool { return b.Kind == a.Kind && b.From.Equal(a.From) }
		if i := slices.IndexFunc(asks, same); i >= 0 {
			if fresh = a.At.Sub(asks[i].At) >= askAgain; !fresh {
				return nil, nil
			}
			asks = slices.Delete(asks, i, i+1)
		}
		if len(asks) >= maxAsks {
			return nil, ErrTooMany
		}
		fresh = true
		r := v.record
		r.Asks = append(asks, a)
		v.setRecord(r)
		c := &change{entries: []audit.Entry{{Time: a.At, Actor: audit.Recipient(a.From), Action: audit.Asked, Objects: objects(a.As), Reason: string(a.Kind)}}}
		return c, s.askNotice(ctx, c, "ask", tell, r, a, a.At)
	})
	if err != nil {
		return Record{}, false, err
	}
	return v.record, fresh, nil
}

// askNotice adds to a change the notice of a request, or of the answer to one. It is
// the same for the same request and another for that of the next day.
func (s *Store) askNotice(ctx context.Context, c *change, what string, tell Telling, r Record, a Ask, now time.Time) error {
	if tell == nil {
		return nil
	}
	o, err := tell(r, a)
	if err != nil {
		return err
	}
	o.ID, o.Envelope = what+" "+string(a.Kind)+" "+a.From.Key()+" "+millis(a.At), r.ID
	h, err := s.holdNotice(r.ID, o, now)
	if err != nil {
		return err
	}
	s.send(ctx, c, r.ID, h, now)
	return nil
}

func objects(a addr.Address) []string {
	if a.IsZero() {
		return nil
	}
	return []string{a.Key()}
}

// LetIn makes somebody a recipient who asked for it by AskLetIn: an act of the
// sender (design: "Entitled"), and queues the notice that tell writes to her in the
// same step; nil: she is not told. The caller has made sure that by may do it.
// ErrNotFound (there is no such request, or no such message), ErrRecalled,
// ErrExpired, ErrTooLong, ErrUnavailable.
func (s *Store) LetIn(ctx context.Context, id envelope.ID, by audit.Actor, who addr.Address, tell Telling, now time.Time) (Record, error) {
	r, err := s.EnvelopeForOperator(ctx, id)
	if err != nil {
		return Record{}, err
	}
	if err := s.indexed(ctx, r, who); err != nil {
		return Record{}, err
	}
	v, err := s.update(ctx, "let in", id, now, func(v *slot) (*change, error) {
		a, err := v.answered(who)
		if err != nil {
			return nil, err
		}
		if err := v.mayVouch(a.As, now); err != nil { // taken back or closed since
			return nil, err
		}
		if _, known := v.find(a.From); known || len(v.record.Recipients) >= maxRecipients {
			return nil, ErrTooLong
		}
		n := v.add(a.From)
		n.Status, n.PreparedAt, n.QueuedAt = Queued, whole(now), whole(now) // she has the mail that brought her here
		c := &change{entries: []audit.Entry{{Time: now, Actor: by, Action: audit.LetIn, Objects: []string{a.From.Key()}, Reason: "also " + a.As.Key()}}}
		return c, s.askNotice(ctx, c, "answer", tell, v.record, a, now)
	})
	if err != nil {
		return Record{}, err
	}
	return v.record, nil
}

// Decline answers a request to be let in with no: it is taken off the record.
// ErrNotFound, ErrUnavailable.
func (s *Store) Decline(ctx context.Context, id envelope.ID, by audit.Actor, who addr.Address, now time.Time) error {
	_, err := s.update(ctx, "decline", id, now, func(v *slot) (*change, error) {
		a, err := v.answered(who)
		if err != nil {
			return nil, err
		}
		return &change{entries: []audit.Entry{{Time: now, Actor: by, Action: audit.Declined, Objects: []string{a.From.Key()}}}}, nil
	})
	return err
}

// answered takes a request to be let in off the record and gives it.
func (v *slot) answered(who addr.Address) (Ask, error) {
	i := slices.IndexFunc(v.record.Asks, func(a Ask) bool { return a.Kind == AskLetIn && a.From.Equal(who) })
	if !v.exists() || i < 0 {
		return Ask{}, ErrNotFound
	}
	a := v.record.Asks[i]
	r := v.record
	r.Asks = slices.Delete(slices.Clone(r.Asks), i, i+1)
	v.setRecord(r)
	return a, nil
}
