package store

import (
	"context"
	"time"

	"github.com/postseal/postseal/addr"
)

// CheckPassword signs in by password. An address without an account costs the
// same work and is counted and locked like one with it. The guess that reaches
// PasswordTries gives ErrLocked already; while the lock holds nothing is
// checked. ErrWrong, ErrLocked (*LockedError), ErrUnavailable.
func (s *Store) CheckPassword(ctx context.Context, a addr.Address, password string, now time.Time) (Proof, error) {
	h := s.keys.person(a)
	guess, until, err := s.take(ctx, h, passwordTries, now)
	if err != nil {
		return Proof{}, err
	}
	p, err := s.loadPerson(ctx, a)
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
	return Proof{address: p.stored.Address, method: ByPassword, at: now, epoch: p.epoch()}, nil
}
