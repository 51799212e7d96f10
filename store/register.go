package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
)

// typed is a registration waiting for its activation. It is sealed under the
// address's place and the browser's own secret, which Redis does not hold.
type typed struct {
	Account
	Pass   *hashed
	Answer *hashed
	Next   string
}

// Register keeps what a person typed until the address is shown to be hers, and
// gives the token for the activation mail. When there is an account already,
// exists is true and token empty: the mail then says so; the work is the same. held
// is the message that the asker holds, if any. ErrTooLong, ErrWithheld (with token and
// exists) and ErrTooMany (*TooManyError) as in NewCode, ErrUnavailable.
func (s *Store) Register(ctx context.Context, a addr.Address, r Registration, b Browser, now time.Time, held ...Held) (token string, exists bool, err error) {
	t, err := s.typed(ctx, a, r, now)
	if err != nil {
		return "", false, err
	}
	p, err := s.holderOf(ctx, a)
	if err != nil {
		return "", false, err
	}
	token, err = s.newLink(ctx, activationLink, a, b, now, held, func(key string) ([]byte, error) {
		return s.keys.sealJSON("registration", key, t, a.Key(), string(b))
	})
	if p.have || err != nil && err != ErrWithheld {
		token = ""
	}
	return token, p.have && (err == nil || err == ErrWithheld), err
}

// typed hashes password and answer; both always, so that the work tells nothing.
func (s *Store) typed(ctx context.Context, a addr.Address, r Registration, now time.Time) (t typed, err error) {
	if r.Password == "" || len(r.Password) > MaxPassword || len(r.Answer) > MaxAnswer || len(r.FirstName) > maxName || len(r.LastName) > maxName ||
		len(r.Question) > maxQuestion || len(r.Next) > maxNext || len(r.Lang) > maxLang {
		return t, fmt.Errorf("%w: registration", ErrTooLong)
	}
	t.Account = Account{Address: a, FirstName: r.FirstName, LastName: r.LastName, Question: r.Question, CreatedAt: whole(now), Lang: r.Lang}
	t.Next = r.Next
	if t.Pass, err = s.newHash(ctx, plainPassword(r.Password)); err != nil {
		return t, err
	}
	answer, err := s.newHash(ctx, plainAnswer(r.Answer))
	if r.Question != "" && plainAnswer(r.Answer) != "" {
		t.Answer = answer
	} else {
		t.Question = ""
	}
	return t, err
}

// Activation looks at an activation link and changes nothing, so that a mail
// scanner's GET does no harm. same tells whether b is the browser that
// registered; only then next is given. ErrCodeExpired: unknown, used, or older
// than LinkLife (BCC-6). ErrUnavailable, ErrSyntax.
func (s *Store) Activation(ctx context.Context, token string, b Browser, now time.Time) (a addr.Address, next string, same bool, err error) {
	l, err := s.openLink(ctx, activationLink, token, now)
	if err != nil {
		return addr.Address{}, "", false, err
	}
	if !s.from(l, b) {
		return l.to, "", false, nil
	}
	t, err := s.typedIn(l, b)
	return l.to, t.Next, err == nil, err
}

func (s *Store) typedIn(l *opened, b Browser) (t typed, err error) {
	err = s.keys.unsealJSON("registration", l.key, []byte(l.fields[fTyped]), &t, l.to.Key(), string(b))
	return t, err
}

// Activate makes the account and uses the link up, in one step. With r nil it
// takes what was typed before, in the same browser only; with r what was typed
// just now (the link opens the form anew in another browser, so that nothing a
// stranger typed is taken over). ErrCodeExpired; ErrWrong: another browser and
// no r; ErrExists: the address has an account by now; ErrTooLong,
// ErrUnavailable.
func (s *Store) Activate(ctx context.Context, token string, b Browser, r *Registration, now time.Time) (p Proof, next string, err error) {
	l, err := s.openLink(ctx, activationLink, token, now)
	if err != nil {
		return Proof{}, "", err
	}
	var t typed
	switch {
	case r != nil:
		t, err = s.typed(ctx, l.to, *r, now)
	case s.from(l, b):
		t, err = s.typedIn(l, b)
	default:
		err = ErrWrong
	}
	if err != nil {
		return Proof{}, "", err
	}
	t.ActiveAt = whole(now)
	if held, err := s.holderOf(ctx, l.to); err != nil || held.have {
		return Proof{}, "", errors.Join(err, exists(held))
	}
	e := audit.Entry{Time: now, Actor: audit.Recipient(l.to), Action: audit.Activated}
	made, err := s.changeAccount(ctx, l.to, e, func(p *person) (*personChange, error) {
		if p.have {
			return nil, ErrExists
		}
		return &personChange{store: &stored{Account: t.Account, Pass: t.Pass, Answer: t.Answer}, link: l.key, forget: true, trust: s.browserOf(l.to, b), main: &addr.Address{}}, nil
	})
	if err != nil {
		return Proof{}, "", err
	}
	return made.proof(l.to, ByPassword, now), t.Next, nil
}

func exists(p *person) error {
	if p != nil && p.have {
		return ErrExists
	}
	return nil
}
