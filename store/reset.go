package store

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
)

// ResetMail is the mail that answers a forgotten password.
type ResetMail struct {
	// To is the mailbox that it goes to: the account's own address, also when a further
	// one was typed. Whoever reads only that one has nothing of the account.
	To    addr.Address
	Token string // of the link; empty without an account: the mail then says so
}

// StartReset makes the link of the "New Password" mail (BOP-15), for the account
// that an address signs in to. Without one the work is the same. While wrong
// passwords lock it is closed, with or without an account (BCC-27):
// ErrLocked. held is the message that the asker holds, if any. ErrWithheld and
// ErrTooMany (*TooManyError) as in NewCode, ErrUnavailable.
func (s *Store) StartReset(ctx context.Context, a addr.Address, b Browser, now time.Time, held ...Held) (ResetMail, error) {
	p, err := s.holderOf(ctx, a)
	if err != nil {
		return ResetMail{}, err
	}
	if err := s.locked(ctx, p.h, passwordTries, now); err != nil {
		return ResetMail{}, err
	}
	m := ResetMail{To: a}
	if p.have {
		m.To = p.stored.Address
	}
	token, err := s.newLink(ctx, resetLink, m.To, b, now, held, nil)
	if err != nil {
		return ResetMail{}, err
	}
	if p.have {
		m.Token = token
	}
	return m, nil
}

// ResetQuestion looks at a reset link and changes nothing. question is empty
// when none is on file: then SetPassword can follow at once (BOP-16).
// ErrCodeExpired, ErrUnavailable.
func (s *Store) ResetQuestion(ctx context.Context, token string, now time.Time) (a addr.Address, question string, err error) {
	_, p, err := s.resetting(ctx, token, now)
	if err != nil {
		return addr.Address{}, "", err
	}
	return p.stored.Address, p.stored.Question, nil
}

func (s *Store) resetting(ctx context.Context, token string, now time.Time) (*opened, *person, error) {
	l, err := s.openLink(ctx, resetLink, token, now)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.loadPerson(ctx, l.to)
	if err != nil {
		return nil, nil, err
	}
	if !p.have {
		return nil, nil, ErrCodeExpired
	}
	return l, p, nil
}

// answeredScript notes the browser that gave the right answer, if the link
// still stands.
//
//	KEYS link  ARGV browser
var answeredScript = redis.NewScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return {'used'} end
redis.call('HSET', KEYS[1], 'k', ARGV[1])
return {'ok'}
`)

// CheckAnswer checks the answer to the person's question; with the right one,
// SetPassword works in this browser. AnswerTries wrong ones lock the answers for
// AnswerLock, apart from all other counters (BOP-17). ErrWrong, ErrLocked (also
// while wrong passwords lock), ErrCodeExpired, ErrUnavailable.
func (s *Store) CheckAnswer(ctx context.Context, token string, b Browser, answer string, now time.Time) error {
	l, p, err := s.resetting(ctx, token, now)
	if err != nil {
		return err
	}
	if err := s.locked(ctx, p.h, passwordTries, now); err != nil {
		return err
	}
	guess, until, err := s.take(ctx, p.h, answerTries, now)
	if err != nil {
		return err
	}
	if len(answer) > MaxAnswer {
		answer = ""
	}
	right, err := s.matches(ctx, plainAnswer(answer), p.stored.Answer)
	if err != nil {
		return err
	}
	if !right {
		return wrong(until)
	}
	if err := s.settle(ctx, p.h, answerTries, guess); err != nil {
		return err
	}
	out, err := s.run(ctx, "answer", answeredScript, []string{l.key}, s.browserOf(l.to, b))
	if err == nil && out[0] != "ok" {
		err = ErrCodeExpired
	}
	return err
}

// SetPassword replaces the password and uses the link up, in one step; all
// sessions of the account end. ErrWrong: the question was not answered in this
// browser; ErrLocked, ErrCodeExpired, ErrTooLong, ErrUnavailable.
func (s *Store) SetPassword(ctx context.Context, token string, b Browser, password string, now time.Time) error {
	l, p, err := s.resetting(ctx, token, now)
	if err != nil {
		return err
	}
	if err := s.locked(ctx, p.h, passwordTries, now); err != nil {
		return err
	}
	if p.stored.Answer != nil && l.fields[fDone] != s.browserOf(l.to, b) {
		return ErrWrong
	}
	if password == "" || len(password) > MaxPassword {
		return fmt.Errorf("%w: password", ErrTooLong)
	}
	fresh, err := s.newHash(ctx, plainPassword(password))
	if err != nil {
		return err
	}
	e := audit.Entry{Time: now, Actor: audit.Recipient(l.to), Action: audit.Changed, Reason: "password"}
	_, err = s.changeAccount(ctx, l.to, e, func(p *person) (*personChange, error) {
		if !p.have {
			return nil, ErrCodeExpired
		}
		next := p.stored
		next.Pass = fresh
		return &personChange{store: &next, epoch: true, link: l.key}, nil
	})
	return err
}
