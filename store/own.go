package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
)

// What people change on their own accounts, and the one reset that only an
// operator may make (BOP-18).

// FreshLife is how long somebody who has shown who she is may change what her
// account rests on without showing it again.
const FreshLife = 10 * time.Minute

// Fresh tells whether the person signed in, or showed anew who she is, within
// FreshLife.
func (p Proof) Fresh(now time.Time) bool {
	made := p.made
	if p.session == "" {
		made = p.at
	}
	return !p.address.IsZero() && (now.Sub(made) <= FreshLife || p.Confirmed(now))
}

// Confirmed tells whether she showed anew who she is, after the sign-in, within
// FreshLife.
func (p Proof) Confirmed(now time.Time) bool {
	return !p.address.IsZero() && !p.asked.IsZero() && now.Sub(p.asked) <= FreshLife
}

// SetName changes the name of an account. ErrNoSession, ErrNoAccount, ErrTooLong,
// ErrUnavailable.
func (s *Store) SetName(ctx context.Context, by Proof, first, last string, now time.Time) error {
	return s.change(ctx, by, "name", now, func(next *stored) error {
		next.FirstName, next.LastName = first, last
		return nil
	})
}

// SetLanguage keeps the language in which an account wants to be written to; mails of
// ours follow it. Without an account nothing is kept. ErrTooLong, ErrUnavailable.
func (s *Store) SetLanguage(ctx context.Context, by Proof, lang string, now time.Time) error {
	p, err := s.loadPerson(ctx, by.address)
	if err != nil || !p.have || p.stored.Lang == lang {
		return err
	}
	return s.change(ctx, by, "language", now, func(next *stored) error {
		next.Lang = lang
		return nil
	})
}

// Language gives the language that an address's account wants to be written in;
// empty for none. ErrUnavailable.
func (s *Store) Language(ctx context.Context, a addr.Address) (string, error) {
	p, err := s.holderOf(ctx, a)
	if err != nil {
		return "", err
	}
	return p.stored.Lang, nil
}

// SetQuestion replaces question and answer for a forgotten password; an empty question
// takes them off (BOP-16). ErrAgain (by is not fresh), ErrNoSession, ErrNoAccount,
// ErrTooLong, ErrUnavailable.
func (s *Store) SetQuestion(ctx context.Context, by Proof, question, answer string, now time.Time) error {
	if !by.Fresh(now) {
		return ErrAgain
	}
	if len(answer) > MaxAnswer || question != "" && plainAnswer(answer) == "" {
		return fmt.Errorf("%w: answer", ErrTooLong)
	}
	fresh, err := s.newHash(ctx, plainAnswer(answer))
	if err != nil {
		return err
	}
	if question == "" {
		fresh = nil
	}
	return s.change(ctx, by, "question", now, func(next *stored) error {
		next.Question, next.Answer = question, fresh
		return nil
	})
}

// ChangePassword replaces the password of somebody who has shown anew who she is,
// by the old one or by a code (Reenter). All sessions end; the proof that comes
// back is good for a new one. ErrAgain, ErrNoAccount, ErrTooLong, ErrUnavailable.
func (s *Store) ChangePassword(ctx context.Context, by Proof, password string, now time.Time) (Proof, error) {
	if !by.Confirmed(now) {
		return Proof{}, ErrAgain
	}
	if password == "" || len(password) > MaxPassword {
		return Proof{}, fmt.Errorf("%w: password", ErrTooLong)
	}
	fresh, err := s.newHash(ctx, plainPassword(password))
	if err != nil {
		return Proof{}, err
	}
	e := audit.Entry{Time: now, Actor: audit.Recipient(by.address), Action: audit.Changed, Reason: "password"}
	p, err := s.changeOwn(ctx, by.address, e, personChange{epoch: true}, func(next *stored) error {
		next.Pass = fresh
		return nil
	})
	if err != nil {
		return Proof{}, err
	}
	return p.again(by, now), nil
}

func (s *Store) change(ctx context.Context, by Proof, what string, now time.Time, edit func(*stored) error) error {
	if by.address.IsZero() {
		return ErrNoSession
	}
	e := audit.Entry{Time: now, Actor: audit.Recipient(by.address), Action: audit.Changed, Reason: what}
	_, err := s.changeOwn(ctx, by.address, e, personChange{}, edit)
	return err
}

// DeleteAccount ends an account: name, password, question, passkeys, further
// addresses and the browsers that it knew are gone, her drafts and the list of what
// she wrote, her places at shared mailboxes and the units that she managed; all
// sessions are over. Messages to the address go on opening by a code. The audit chain
// stays. ErrLastOwner (nothing is changed: somebody else must look after a shared
// mailbox first), ErrAgain, ErrNoAccount, ErrUnavailable.
func (s *Store) DeleteAccount(ctx context.Context, by Proof, now time.Time) error {
	if !by.Confirmed(now) {
		return ErrAgain
	}
	p, err := s.loadPerson(ctx, by.address)
	switch {
	case err != nil:
		return err
	case p.nothing():
		return ErrNoAccount
	}
	if err := s.leaveAll(ctx, by, now); err != nil {
		return err
	}
	if err := s.ForgetWriting(ctx, by); err != nil {
		return err
	}
	e := audit.Entry{Time: now, Actor: audit.Recipient(by.address), Action: audit.Deleted}
	return s.end(ctx, by.address, e, false)
}

// ResetAccount ends an account for somebody who has lost password and answers, so
// that she registers again by her mailbox; locks end too. Only an operator may
// (BOP-18, BOP-19): ErrOperator for every other actor. ErrNoAccount, ErrUnavailable.
func (s *Store) ResetAccount(ctx context.Context, a addr.Address, by audit.Actor, now time.Time) error {
	if !strings.HasPrefix(string(by), string(audit.Operator(""))) {
		return ErrOperator
	}
	return s.end(ctx, a, audit.Entry{Time: now, Actor: by, Action: audit.Reset, Objects: objects(a)}, true)
}

// nothing tells whether there is no account, nor anything else to sign in with than a code.
func (p *person) nothing() bool {
	return !p.have && len(p.ways.Passkeys) == 0 && len(p.ways.Providers) == 0
}

func (s *Store) end(ctx context.Context, a addr.Address, e audit.Entry, forget bool) error {
	var also []addr.Address
	var ways Ways
	_, err := s.changeAccount(ctx, a, e, func(p *person) (*personChange, error) {
		if p.nothing() {
			return nil, ErrNoAccount
		}
		also, ways = p.stored.Also, p.ways
		return &personChange{drop: true, epoch: true, forget: forget}, nil
	})
	if err == nil {
		s.forgetPasskeys(ctx, ways)
	}
	for _, b := range also { // what fails here points to nothing
		if err == nil {
			err = s.unpoint(ctx, b, a, e.Actor, e.Time)
		}
	}
	if err == nil {
		err = s.hideMember(ctx, a)
	}
	return err
}

// RenamePasskey gives a passkey another name. ErrNoSession, ErrNotFound,
// ErrTooLong, ErrUnavailable.
func (s *Store) RenamePasskey(ctx context.Context, by Proof, id []byte, name string, now time.Time) error {
	if by.address.IsZero() {
		return ErrNoSession
	}
	if name == "" || len(name) > MaxPasskeyName {
		return fmt.Errorf("%w: passkey", ErrTooLong)
	}
	e := audit.Entry{Time: now, Actor: audit.Recipient(by.address), Action: audit.Changed, Reason: "renamed passkey " + keyFingerprint(id)}
	_, err := s.changeWays(ctx, by.address, e, personChange{}, func(w *Ways) error {
		i := w.find(id)
		if i < 0 {
			return ErrNotFound
		}
		w.Passkeys[i].Name = name
		return nil
	})
	return err
}

// AccountState is what an operator sees of an address. It holds no secret.
type AccountState struct {
	Account   Account
	Exists    bool
	Passkeys  int
	Providers int
	On        addr.Address // the account that the address was added to; zero: none
	Password  time.Time    // until when wrong passwords lock, on the account that it is on as well; zero: they do not
	Answers   time.Time    // until when wrong answers lock, likewise
	Codes     time.Time    // until when wrong codes close the way to browsers that never signed in
	Trail     int          // entries in its audit chain
}

// AccountForOperator gives it. Pages must not show it to anybody else.
// ErrSyntax, ErrUnavailable.
func (s *Store) AccountForOperator(ctx context.Context, a addr.Address, now time.Time) (AccountState, error) {
	p, err := s.loadPerson(ctx, a)
	if err != nil {
		return AccountState{}, err
	}
	out := AccountState{Account: p.stored.Account, Exists: p.have, Passkeys: len(p.ways.Passkeys), Providers: len(p.ways.Providers)}
	if out.On, err = s.On(ctx, a); err != nil || out.On.Equal(a) {
		out.On = addr.Address{}
	}
	if err != nil {
		return out, err
	}
	if _, n, err := chainEnd(p.fields); err == nil {
		out.Trail = int(n)
	}
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	c, err := s.redis.HGetAll(call, personKey("c", p.h)).Result()
	if err != nil {
		return out, unavailable("reading a lock", err)
	}
	later := func(t time.Time) time.Time {
		if !t.After(now) {
			return time.Time{}
		}
		return t
	}
	account := c // wrong passwords and answers count for the account
	if !out.On.IsZero() {
		if account, err = s.redis.HGetAll(call, personKey("c", s.keys.person(out.On))).Result(); err != nil {
			return out, unavailable("reading a lock", err)
		}
	}
	out.Password, out.Answers = later(fromMillis(account[passwordTries.prefix+"u"])), later(fromMillis(account[answerTries.prefix+"u"]))
	if n, _ := strconv.Atoi(c["wn"]); n >= WrongCodesDay {
		out.Codes = later(fromMillis(c["wf"]).Add(wrongDay))
	}
	return out, nil
}
