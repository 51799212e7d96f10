package store

import (
	"context"
	"crypto/subtle"
	"fmt"
	"slices"
	"time"

	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
)

// maxOpens bounds how often one recipient gets one key, since every time writes
// an audit entry for good: a script in a loop must not fill Redis.
const maxOpens = 10_000

// Release is THE gate: the only way by which a key reaches a reader (promise 3
// of docs/design.md). It checks in this order: id and secret (ErrNotFound, one
// and the same), the person is a recipient (ErrNotRecipient; BOP-3), her entry
// is not recalled (ErrRecalled), the envelope is not expired (ErrExpired), the
// sender's time to think again is over (ErrNotYet), its profile takes the way she
// signed in (ErrMethod) and that way is not locked (ErrLocked). It then writes the release to the
// audit chain and the opening to her entry, durably, in one step, which Redis takes
// only if the record is still the one that was checked. Without a written entry
// there is no key.
//
// Of a shared mailbox that has begun, the address alone opens nothing (ErrDesk),
// and its people open what went to it (BOP-23).
//
// Further errors: ErrNoSession (the proof is older than SessionLife), ErrTooMany
// (released too often to one person), ErrSyntax (tampered with), ErrRewound,
// ErrUnavailable.
func (s *Store) Release(ctx context.Context, r ReleaseRequest) (envelope.Key, Record, error) {
	unlock, err := s.stripe(ctx, r.ID)
	if err != nil {
		return envelope.Key{}, Record{}, unavailable("release", err)
	}
	defer unlock()
	if err := s.Current(ctx, r.Now); err != nil {
		return envelope.Key{}, Record{}, err
	}
	for range casTries {
		v, err := s.load(ctx, r.ID)
		if err != nil {
			return envelope.Key{}, Record{}, err
		}
		r.Person = r.Person.For(v.record)
		state, err := s.admit(ctx, v, r)
		if err != nil {
			return envelope.Key{}, Record{}, err
		}
		c := &change{entries: []audit.Entry{opening(state, r)}}
		done, err := s.commit(ctx, "release", v, c, r.Now)
		if err != nil {
			return envelope.Key{}, Record{}, err
		}
		if done {
			return v.key, v.record, nil
		}
	}
	return envelope.Key{}, Record{}, fmt.Errorf("%w: release: too many at once", ErrUnavailable)
}

// admit makes the checks in the order of the contract and gives the recipient's
// entry.
func (s *Store) admit(ctx context.Context, v *slot, r ReleaseRequest) (*RecipientState, error) {
	if err := v.proves(r.Secret); err != nil {
		return nil, err
	}
	state, ok := v.find(r.Person.address)
	switch {
	case r.Person.address.IsZero() || !ok:
		return nil, ErrNotRecipient
	case r.Now.Sub(r.Person.at) > SessionLife:
		return nil, ErrNoSession
	case state.Status == Recalled:
		return nil, ErrRecalled
	case v.expired(r.Now) || !v.kept:
		return nil, ErrExpired
	case r.Now.Before(v.record.ReadyAt):
		return nil, &NotYetError{Until: v.record.ReadyAt}
	case len(v.record.SignIn) > 0 && !slices.Contains(v.record.SignIn, r.Person.method):
		return nil, ErrMethod
	}
	if err := s.wayOpen(ctx, r.Person, r.Now); err != nil {
		return nil, err
	}
	if err := s.atDesk(ctx, r.Person, r.Now); err != nil {
		return nil, err
	}
	if held, err := s.stillHeld(ctx, r.Person); err != nil || !held {
		return nil, orElse(err, ErrNotRecipient)
	}
	if state.Opens >= maxOpens {
		return nil, ErrTooMany
	}
	return state, nil
}

// proves compares the secret out of the mail. An envelope that does not exist
// and a wrong secret are the same to the asker.
func (v *slot) proves(secret envelope.Secret) error {
	got := secret.Hash()
	if subtle.ConstantTimeCompare(got[:], v.record.SecretHash[:]) == 0 || !v.exists() {
		return ErrNotFound
	}
	return nil
}

// expired tells whether the door is closed by time: from ExpiresAt on.
func (v *slot) expired(now time.Time) bool {
	return !now.Before(v.record.ExpiresAt) || !v.record.Destroyed.IsZero()
}

// opening counts one more opening and gives its entry for the audit chain.
func opening(state *RecipientState, r ReleaseRequest) audit.Entry {
	if state.OpenedAt.IsZero() {
		state.OpenedAt = whole(r.Now)
	}
	state.Opens++
	return audit.Entry{
		Time: r.Now, Actor: audit.Recipient(r.Person.reader()), Action: audit.Released, Reason: clip(r.Purpose + " by " + r.Person.method + " " + r.Person.session + r.Person.ofWhom()),
	}
}
