package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
)

// Several addresses on one account (issue 5). The account stands in the slot of
// its own address and lists the further ones; the slot of each of those says in
// fMain where it belongs. The two are different slots, so only both together
// count: what one says alone is ignored. The pointer is written first.

// MaxAlso bounds the further addresses of one account: nobody reads many mailboxes.
const MaxAlso = 4

// maxLang bounds the tag of a language, in bytes.
const maxLang = 35

func mainPlace(h string) string { return personKey("u", h) + "/" + fMain }

// readMain reads where an address belongs.
func (s *Store) readMain(p *person) error {
	if p.fields[fMain] == "" {
		return nil
	}
	return s.keys.unsealJSON("main", mainPlace(p.h), []byte(p.fields[fMain]), &p.main)
}

func (p *person) setMain(k *Keyring, a addr.Address) {
	p.main = a
	p.fields[fMain] = ""
	if !a.IsZero() {
		sealed, err := k.sealJSON("main", mainPlace(p.h), a)
		if err != nil {
			panic("store: " + err.Error()) // an address is always JSON
		}
		p.fields[fMain] = string(sealed)
	}
}

// lists tells whether an account has a further address.
func (p *person) lists(a addr.Address) bool {
	return p.have && slices.ContainsFunc(p.stored.Also, a.Equal)
}

// holderOf gives the person whose account an address signs in to: its own, or
// that to which it was added. It reads twice for every address, so that who
// counts the calls learns nothing.
func (s *Store) holderOf(ctx context.Context, a addr.Address) (*person, error) {
	p, err := s.loadPerson(ctx, a)
	if err != nil {
		return nil, err
	}
	to := a
	if !p.main.IsZero() {
		to = p.main
	}
	q, err := s.loadPerson(ctx, to)
	if err != nil {
		return nil, err
	}
	if !p.have && q.lists(a) {
		return q, nil
	}
	return p, nil
}

// proof is what a sign-in of this person at one address comes to.
func (p *person) proof(a addr.Address, method string, now time.Time) Proof {
	out := Proof{address: a, method: method, at: now, epoch: p.epoch(), desks: slices.Clone(p.desks)}
	if p.have {
		out.also = slices.Clone(p.stored.Also)
	}
	return out
}

// again is a proof after a change that ended all sessions.
func (p *person) again(by Proof, now time.Time) Proof {
	out := p.proof(by.address, by.method, now)
	out.asked = by.asked
	return out
}

// Also gives the further addresses whose messages open for this person.
func (p Proof) Also() []addr.Address { return slices.Clone(p.also) }

// For gives the proof as it speaks for one message: for the address to which the
// message went, when that is a further one of the account, or a shared mailbox at
// which the person sits. Release checks that it is so at that moment.
func (p Proof) For(r Record) Proof {
	best := p
	st, ok := r.Recipient(p.address)
	if ok && st.Status != Recalled {
		return p
	}
	for _, a := range p.also {
		st, is := r.Recipient(a)
		if !is || ok && st.Status == Recalled {
			continue
		}
		best = p
		best.address, best.holder, best.also = a, p.address, nil
		if ok = true; st.Status != Recalled {
			break
		}
	}
	for _, a := range p.desks {
		if st, is := r.Recipient(a); is && (!ok || st.Status != Recalled && best.desk) {
			best = p
			best.address, best.holder, best.also, best.desk = a, p.address, nil, true
			if ok = true; st.Status != Recalled {
				break
			}
		}
	}
	return best
}

// ofWhom names the account in an audit entry, where it is another address than
// the message went to.
func (p Proof) ofWhom() string {
	switch {
	case p.desk:
		return " at the desk " + p.address.Key()
	case p.holder.IsZero():
		return ""
	}
	return " of " + p.holder.Key()
}

// stillHeld tells whether a further address belongs to its account at this moment.
func (s *Store) stillHeld(ctx context.Context, p Proof) (bool, error) {
	if p.holder.IsZero() || p.desk {
		return true, nil
	}
	q, err := s.loadPerson(ctx, p.address)
	return err == nil && !q.have && q.main.Equal(p.holder), err
}

// AddAddress puts a further address on an account: its messages open for the
// account, and its password is the account's. code proves the other mailbox. When
// that address has an account of its own, own must prove that too, by its password
// or passkey; it then ends, with its sessions. ErrAgain (by is not fresh, or code
// is older), ErrNoAccount, ErrTooMany (MaxAlso), ErrExists (it has an account and
// own does not prove it), ErrConflict (it is on another account, or the account's
// own address), ErrUnavailable.
func (s *Store) AddAddress(ctx context.Context, by, code, own Proof, now time.Time) error {
	if code.method != ByCode || code.address.IsZero() || now.Sub(code.at) > FreshLife || !by.Fresh(now) {
		return ErrAgain
	}
	a := code.address
	holder, err := s.loadPerson(ctx, by.address)
	switch {
	case err != nil:
		return err
	case !holder.have:
		return ErrNoAccount
	case a.Equal(by.address):
		return ErrConflict
	case !holder.lists(a) && len(holder.stored.Also) >= MaxAlso:
		return ErrTooMany
	}
	if at, err := s.holderOf(ctx, a); err != nil || at.lists(a) && !at.stored.Address.Equal(by.address) {
		return orElse(err, ErrConflict)
	}
	proved := own.address.Equal(a) && own.method != ByCode && own.holder.IsZero() && now.Sub(own.at) <= FreshLife
	e := audit.Entry{Time: now, Actor: audit.Recipient(by.address), Action: audit.Changed, Reason: "put on another account", Objects: objects(by.address)}
	var ways Ways
	_, err = s.changeAccount(ctx, a, e, func(p *person) (*personChange, error) {
		if (p.have || len(p.ways.Passkeys) > 0) && !proved {
			return nil, ErrExists
		}
		ways = p.ways
		return &personChange{drop: true, epoch: true, main: &by.address}, nil
	})
	if err != nil {
		return err
	}
	s.forgetPasskeys(ctx, ways)
	e = audit.Entry{Time: now, Actor: audit.Recipient(by.address), Action: audit.Changed, Reason: "added address", Objects: objects(a)}
	_, err = s.changeOwn(ctx, by.address, e, personChange{}, func(next *stored) error {
		if slices.ContainsFunc(next.Also, a.Equal) {
			return nil
		}
		if len(next.Also) >= MaxAlso {
			return ErrTooMany
		}
		next.Also = append(slices.Clone(next.Also), a)
		return nil
	})
	return err
}

func orElse(err, or error) error {
	if err != nil {
		return err
	}
	return or
}

// RemoveAddress takes a further address off the account; it is nobody's then.
// All sessions made so far end; the proof that comes back is good for a new one.
// ErrNoSession, ErrNoAccount, ErrNotFound, ErrUnavailable.
func (s *Store) RemoveAddress(ctx context.Context, by Proof, a addr.Address, now time.Time) (Proof, error) {
	if by.address.IsZero() {
		return Proof{}, ErrNoSession
	}
	p, err := s.unlist(ctx, by.address, a, audit.Recipient(by.address), true, now)
	if err != nil {
		return Proof{}, err
	}
	return p.again(by, now), s.unpoint(ctx, a, by.address, audit.Recipient(by.address), now)
}

// LeaveAccount takes the address that is signed in off the account to which it was
// added: whoever has the mailbox now has the say. ErrNoSession, ErrNotFound,
// ErrUnavailable.
func (s *Store) LeaveAccount(ctx context.Context, by Proof, now time.Time) error {
	if by.address.IsZero() || !by.holder.IsZero() {
		return ErrNoSession
	}
	p, err := s.loadPerson(ctx, by.address)
	if err != nil {
		return err
	}
	if p.main.IsZero() {
		return ErrNotFound
	}
	if err := s.unpoint(ctx, by.address, p.main, audit.Recipient(by.address), now); err != nil {
		return err
	}
	if _, err = s.unlist(ctx, p.main, by.address, audit.Recipient(by.address), false, now); err == ErrNotFound || err == ErrNoAccount {
		err = nil
	}
	return err
}

func (s *Store) unlist(ctx context.Context, account, a addr.Address, by audit.Actor, end bool, now time.Time) (*person, error) {
	e := audit.Entry{Time: now, Actor: by, Action: audit.Changed, Reason: "took off address", Objects: objects(a)}
	return s.changeOwn(ctx, account, e, personChange{epoch: end}, func(next *stored) error {
		n := len(next.Also)
		if next.Also = slices.DeleteFunc(slices.Clone(next.Also), a.Equal); len(next.Also) == n {
			return ErrNotFound
		}
		return nil
	})
}

// unpoint frees an address that points to an account; another's is left alone.
func (s *Store) unpoint(ctx context.Context, a, account addr.Address, by audit.Actor, now time.Time) error {
	e := audit.Entry{Time: now, Actor: by, Action: audit.Changed, Reason: "taken off another account", Objects: objects(account)}
	_, err := s.changeAccount(ctx, a, e, func(p *person) (*personChange, error) {
		if !p.main.Equal(account) {
			return nil, ErrNotFound
		}
		return &personChange{epoch: true, main: &addr.Address{}}, nil
	})
	if err == ErrNotFound { // taken off already
		return nil
	}
	return err
}

// On gives the account to which an address was added; zero for none. Pages must
// tell only who has shown that the address is hers. ErrSyntax, ErrUnavailable.
func (s *Store) On(ctx context.Context, a addr.Address) (addr.Address, error) {
	p, err := s.holderOf(ctx, a)
	if err != nil || !p.lists(a) {
		return addr.Address{}, err
	}
	return p.stored.Address, nil
}

// changeOwn is changeAccount on a copy of an account that exists: ErrNoAccount.
func (s *Store) changeOwn(ctx context.Context, a addr.Address, e audit.Entry, c personChange, edit func(*stored) error) (*person, error) {
	return s.changeAccount(ctx, a, e, func(p *person) (*personChange, error) {
		if !p.have {
			return nil, ErrNoAccount
		}
		next, c := p.stored, c
		if err := edit(&next); err != nil {
			return nil, err
		}
		if len(next.FirstName) > maxName || len(next.LastName) > maxName || len(next.Question) > maxQuestion || len(next.Lang) > maxLang {
			return nil, fmt.Errorf("%w: account", ErrTooLong)
		}
		c.store = &next
		return &c, nil
	})
}
