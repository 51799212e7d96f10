package store

import (
	"context"
	"fmt"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
)

// fTerms is the field of u:{h} that holds Terms.
const fTerms = "t"

// Terms are what somebody of the organisation agreed to when she switched secure
// mail on for herself (CYC-4).
type Terms struct {
	Version string // of the organisation's text; empty: there was none
	At      time.Time
}

// MaxTermsVersion bounds the name of a version in bytes.
const MaxTermsVersion = 40

// Agree notes that a person agrees to a version of the terms, which switches
// secure mail on for her. Every version that she agreed to stays in her audit
// chain with its time. Agreeing twice to one version changes nothing.
// ErrNoSession (a zero or old proof), ErrTooLong, ErrUnavailable.
func (s *Store) Agree(ctx context.Context, p Proof, version string, now time.Time) error {
	if p.address.IsZero() || now.Sub(p.at) > SessionLife {
		return ErrNoSession
	}
	if len(version) > MaxTermsVersion {
		return fmt.Errorf("%w: version of the terms", ErrTooLong)
	}
	if t, have, err := s.AgreedTo(ctx, p.address); err != nil || have && t.Version == version {
		return err
	}
	e := audit.Entry{Time: now, Actor: audit.Recipient(p.address), Action: audit.Agreed, Reason: version}
	_, err := s.changeAccount(ctx, p.address, e, func(*person) (*personChange, error) {
		return &personChange{more: map[string]any{fTerms: Terms{Version: version, At: whole(now)}}}, nil
	})
	return err
}

// AgreedTo gives the last version that somebody agreed to; false for none.
// ErrSyntax, ErrUnavailable. Pages must not tell a stranger.
func (s *Store) AgreedTo(ctx context.Context, a addr.Address) (Terms, bool, error) {
	p, err := s.loadPerson(ctx, a)
	if err != nil {
		return Terms{}, false, err
	}
	var t Terms
	have, err := s.more(p, fTerms, &t)
	return t, have, err
}

// SwitchedOn tells whether somebody has agreed to the version of the terms that
// counts now; nobody has who agreed to an older one. ErrSyntax, ErrUnavailable.
func (s *Store) SwitchedOn(ctx context.Context, a addr.Address, version string) (bool, error) {
	t, have, err := s.AgreedTo(ctx, a)
	return err == nil && have && t.Version == version, err
}
