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
// password, and wrong ones count for the account wherever they are typed: else
// each address would give another PasswordTries. ErrWrong, ErrLocked
// (*LockedError), ErrUnavailable.
func (s *Store) CheckPassword(ctx context.Context, a addr.Address, password string, now time.Time) (Proof, error) {
	p, err := s.holderOf(ctx, a)
	if err != nil {
		return Proof{}, err
	}
	guess, until, err := s.take(ctx, p.h, passwordTries, now)
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
	if err := s.settle(ctx, p.h, passwordTries, guess); err != nil {
		return Proof{}, err
	}
	return p.proof(p.stored.Address, ByPassword, now), nil
}
