package store

import (
	"context"
	"time"

	"github.com/postseal/postseal/addr"
)

// CheckPassword signs in by password. An address without an account costs the
// same work and is counted and locked like one with it. The guess that reaches
// PasswordTries gives ErrLocked already; while the lock holds nothing is
// checked. A further address of an account (AddAddress) takes the account's
// password and counts for itself, so that a lock does not tell which addresses
// are one person's. ErrWrong, ErrLocked (*LockedError), ErrUnavailable.
func (s *Store) CheckPassword(ctx context.Context, a addr.Address, password string, now time.Time) (Proof, error) {
	h := s.keys.person(a)
	guess, until, err := s.take(ctx, h, passwordTries, now)
	if err != nil {
		return Proof{}, err
	}
	p, err := s.holderOf(ctx, a)
	if err != nil {
		return Proof{}, err
	}
	if len(password) > MaxPassword {
		password = ""
	}
	right, err := s.matches(ctx, plainPassword(password), p.stored.Pass)
	if err != nil {
		return Proof{}, err
	}
	if !right || password == "" {
		return Proof{}, wrong(until)
	}
	if err := s.settle(ctx, h, passwordTries, guess); err != nil {
		return Proof{}, err
	}
	proof := p.proof(p.stored.Address, ByPassword, now)
	if !a.Equal(proof.address) {
		proof.door = a
	}
	return proof, nil
}
