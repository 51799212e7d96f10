package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
)

// Shared mailboxes (BOP-23, C9): an address that several people read becomes a
// desk, which has a list of people, each of whom signs in as herself. The list
// stands in the slot of the desk's address, with its audit chain; the slot of each
// person says at which desks she may sit. The second is a hint that spares a
// search, and is written first: only the list counts (Release).

// Fields of u:{h}.
const (
	fDesk  = "k"  // sealed Desk, of a shared address
	fDesks = "ds" // sealed addresses of the desks at which this one may sit
)

// Bounds of desks.
const (
	DeskWait  = 48 * time.Hour     // from the second person to the beginning, for who reads the mailbox to object
	DeskBegun = 7 * 24 * time.Hour // that the second person has after the first
	MaxSeats  = 200                // people at one desk: a large office
	MaxDesks  = 50                 // desks of one person
)

// Seat is one person at a desk.
type Seat struct {
	Address addr.Address
	Owner   bool // may change the list
	Since   time.Time
}

// Desk is a shared mailbox.
type Desk struct {
	Address  addr.Address
	Seats    []Seat
	BegunAt  time.Time
	ActiveAt time.Time // from when only its people read; zero: a second person has still to confirm
}

// Active tells whether the desk has begun.
func (d Desk) Active(now time.Time) bool { return !d.ActiveAt.IsZero() && !now.Before(d.ActiveAt) }

// Seat gives somebody's place.
func (d Desk) Seat(a addr.Address) (Seat, bool) {
	i := slices.IndexFunc(d.Seats, func(s Seat) bool { return s.Address.Equal(a) })
	if i < 0 {
		return Seat{}, false
	}
	return d.Seats[i], true
}

func (d Desk) owners() (n int) {
	for _, s := range d.Seats {
		if s.Owner {
			n++
		}
	}
	return n
}

// There tells whether there is a desk at all: begun and not given up since.
func (d Desk) There(now time.Time) bool {
	return len(d.Seats) > 0 && (!d.ActiveAt.IsZero() || now.Before(d.BegunAt.Add(DeskBegun)))
}

// with gives the list with somebody's place changed.
func (d Desk) with(s Seat) Desk {
	d.Seats = slices.DeleteFunc(slices.Clone(d.Seats), func(o Seat) bool { return o.Address.Equal(s.Address) })
	d.Seats = append(d.Seats, s)
	return d
}

// DeskID names a desk in the address of a page, without saying which address it is.
func (s *Store) DeskID(a addr.Address) string { return s.keys.name("desk", a.Key()) }

// BeginDesk is one person's step to make an address a desk: own proves herself and
// mailbox, by a code, the address. The first makes it begun, a second one within
// DeskBegun sets it to begin DeskWait later; done tells whether this was the
// second. Doing it twice changes nothing. ErrConflict: the address is her own, or
// hers is a desk itself. ErrExists: it is one already, and its owners have the
// say. ErrNoSession (a zero or old proof), ErrTooMany (MaxDesks), ErrUnavailable.
func (s *Store) BeginDesk(ctx context.Context, own, mailbox Proof, now time.Time) (d Desk, done bool, err error) {
	if own.address.IsZero() || mailbox.address.IsZero() || mailbox.method != ByCode || now.Sub(own.at) > SessionLife || now.Sub(mailbox.at) > SessionLife {
		return Desk{}, false, ErrNoSession
	}
	if own.address.Equal(mailbox.address) {
		return Desk{}, false, ErrConflict
	}
	if at, have, err := s.Desk(ctx, own.address); err != nil || have && at.There(now) {
		return Desk{}, false, orElse(err, ErrConflict)
	}
	if err := s.point(ctx, own.address, mailbox.address, true, audit.Recipient(own.address), now); err != nil {
		return Desk{}, false, err
	}
	seat := Seat{Address: own.address, Owner: true, Since: whole(now)}
	d, err = s.changeDesk(ctx, mailbox.address, audit.Recipient(own.address), "begun by "+own.address.Key(), now, func(d Desk) (Desk, error) {
		_, sits := d.Seat(own.address)
		switch {
		case !d.There(now):
			d = Desk{Address: mailbox.address, BegunAt: whole(now)}
		case !d.ActiveAt.IsZero():
			return d, ErrExists
		case sits:
			return d, errSame
		default:
			d.ActiveAt, done = whole(now.Add(DeskWait)), true
		}
		return d.with(seat), nil
	})
	return d, done && err == nil, err
}

// OpenDesk makes an address a desk at once: an act of the service desk, for the
// organisation's own addresses. With people on the list already the given owners
// are added. ErrTooMany, ErrConflict (an owner is the address itself, or none is
// given), ErrUnavailable.
func (s *Store) OpenDesk(ctx context.Context, a addr.Address, owners []addr.Address, by audit.Actor, now time.Time) (Desk, error) {
	if len(owners) == 0 || slices.ContainsFunc(owners, a.Equal) {
		return Desk{}, ErrConflict
	}
	for _, o := range owners {
		if err := s.point(ctx, o, a, true, by, now); err != nil {
			return Desk{}, err
		}
	}
	return s.changeDesk(ctx, a, by, "opened by the service desk", now, func(d Desk) (Desk, error) {
		if !d.There(now) {
			d = Desk{Address: a, BegunAt: whole(now)}
		}
		if !d.Active(now) {
			d.ActiveAt = whole(now)
		}
		for _, o := range owners {
			d = d.with(Seat{Address: o, Owner: true, Since: whole(now)})
		}
		return d, nil
	})
}

// EndDesk makes a desk an ordinary address again: an act of the service desk, or
// before it has begun of whoever proves the mailbox (StopDesk). ErrNotFound,
// ErrUnavailable.
func (s *Store) EndDesk(ctx context.Context, a addr.Address, by audit.Actor, now time.Time) error {
	_, err := s.endDesk(ctx, a, by, now, func(Desk) error { return nil })
	return err
}

// StopDesk ends a desk before it has begun, by whoever proves the mailbox.
// ErrExists: it has begun, and only its owners and the service desk have the say.
// ErrNotFound, ErrNoSession, ErrUnavailable.
func (s *Store) StopDesk(ctx context.Context, mailbox Proof, now time.Time) (Desk, error) {
	if mailbox.address.IsZero() || now.Sub(mailbox.at) > SessionLife {
		return Desk{}, ErrNoSession
	}
	return s.endDesk(ctx, mailbox.address, audit.Recipient(mailbox.address), now, func(d Desk) error {
		if d.Active(now) {
			return ErrExists
		}
		return nil
	})
}

func (s *Store) endDesk(ctx context.Context, a addr.Address, by audit.Actor, now time.Time, may func(Desk) error) (was Desk, err error) {
	_, err = s.changeDesk(ctx, a, by, "ended", now, func(d Desk) (Desk, error) {
		if !d.There(now) {
			return d, ErrNotFound
		}
		was = d
		return Desk{}, may(d)
	})
	if err != nil {
		return Desk{}, err
	}
	for _, seat := range was.Seats {
		if err := s.point(ctx, seat.Address, a, false, by, now); err != nil {
			return was, err
		}
	}
	return was, nil
}

// SetSeat puts somebody on a desk's list, as an owner or not, by one of its owners.
// fresh tells whether she is new on it. ErrNotRecipient (by has not the say),
// ErrLastOwner, ErrConflict (the desk itself, or another desk), ErrTooMany
// (MaxSeats, MaxDesks), ErrNoSession, ErrUnavailable.
func (s *Store) SetSeat(ctx context.Context, by Proof, desk, who addr.Address, owner bool, now time.Time) (fresh bool, err error) {
	if err := s.maySeat(by, now); err != nil {
		return false, err
	}
	if d, have, err := s.Desk(ctx, who); err != nil || who.Equal(desk) || have && d.There(now) {
		return false, orElse(err, ErrConflict)
	}
	if d, _, err := s.Desk(ctx, desk); err != nil || !d.owned(by.address, now) {
		return false, orElse(err, ErrNotRecipient)
	}
	if err := s.point(ctx, who, desk, true, audit.Recipient(by.address), now); err != nil {
		return false, err
	}
	what := "put on the list: " + who.Key()
	if owner {
		what = "made an owner: " + who.Key()
	}
	_, err = s.changeDesk(ctx, desk, audit.Recipient(by.address), what, now, func(d Desk) (Desk, error) {
		old, sits := d.Seat(who)
		switch {
		case !d.owned(by.address, now):
			return d, ErrNotRecipient
		case sits && old.Owner == owner:
			return d, errSame
		case sits && old.Owner && d.owners() == 1:
			return d, ErrLastOwner
		case !sits && len(d.Seats) >= MaxSeats:
			return d, ErrTooMany
		case sits:
			return d.with(Seat{who, owner, old.Since}), nil
		}
		fresh = true
		return d.with(Seat{who, owner, whole(now)}), nil
	})
	return fresh && err == nil, err
}

// Unseat takes somebody off a desk's list: one of its owners anybody, anybody
// herself; from that moment nothing opens for her (journey 3). Who is not on the
// list is no error. ErrNotRecipient, ErrLastOwner, ErrNoSession, ErrUnavailable.
func (s *Store) Unseat(ctx context.Context, by Proof, desk, who addr.Address, now time.Time) error {
	if err := s.maySeat(by, now); err != nil {
		return err
	}
	_, err := s.changeDesk(ctx, desk, audit.Recipient(by.address), "taken off the list: "+who.Key(), now, func(d Desk) (Desk, error) {
		old, sits := d.Seat(who)
		_, own := d.Seat(by.address)
		switch {
		case !d.owned(by.address, now) && !(own && who.Equal(by.address)):
			return d, ErrNotRecipient
		case !sits:
			return d, errSame
		case old.Owner && d.owners() == 1:
			return d, ErrLastOwner
		}
		d.Seats = slices.DeleteFunc(slices.Clone(d.Seats), func(s Seat) bool { return s.Address.Equal(who) })
		return d, nil
	})
	if err != nil {
		return err
	}
	return s.point(ctx, who, desk, false, audit.Recipient(by.address), now)
}

// owned tells whether somebody has the say at a desk that is set to begin.
func (d Desk) owned(a addr.Address, now time.Time) bool {
	seat, ok := d.Seat(a)
	return ok && seat.Owner && d.There(now) && !d.ActiveAt.IsZero()
}

func (s *Store) maySeat(by Proof, now time.Time) error {
	if by.address.IsZero() || now.Sub(by.at) > SessionLife {
		return ErrNoSession
	}
	return nil
}

// Desk gives the desk of an address; false for none. Pages must tell only its
// people. ErrSyntax, ErrUnavailable.
func (s *Store) Desk(ctx context.Context, a addr.Address) (Desk, bool, error) {
	p, err := s.loadPerson(ctx, a)
	if err != nil {
		return Desk{}, false, err
	}
	return s.deskOf(p)
}

func (s *Store) deskOf(p *person) (d Desk, have bool, err error) {
	have, err = s.more(p, fDesk, &d)
	return d, have && len(d.Seats) > 0, err
}

// DesksOf gives the desks at which somebody sits, those that have not begun too.
// ErrNoSession, ErrSyntax, ErrUnavailable.
func (s *Store) DesksOf(ctx context.Context, p Proof, now time.Time) ([]Desk, error) {
	if p.address.IsZero() {
		return nil, ErrNoSession
	}
	var out []Desk
	for _, a := range p.desks {
		d, have, err := s.Desk(ctx, a)
		if err != nil {
			return nil, err
		}
		if _, sits := d.Seat(p.address); have && sits && d.There(now) {
			out = append(out, d)
		}
	}
	return out, nil
}

var errSame = fmt.Errorf("store: nothing to change")

// changeDesk changes a list, with an entry in the audit chain of its address.
func (s *Store) changeDesk(ctx context.Context, a addr.Address, by audit.Actor, what string, now time.Time, edit func(Desk) (Desk, error)) (Desk, error) {
	var out Desk
	e := audit.Entry{Time: now, Actor: by, Action: audit.Shared, Objects: objects(a), Reason: clip(what)}
	_, err := s.changeAccount(ctx, a, e, func(p *person) (*personChange, error) {
		d, _, err := s.deskOf(p)
		if err != nil {
			return nil, err
		}
		if out, err = edit(d); err != nil {
			return nil, err
		}
		return &personChange{more: map[string]any{fDesk: out}}, nil
	})
	if err == errSame {
		err = nil
	}
	return out, err
}

// point notes at somebody's own slot that she may sit at a desk, or not any more.
func (s *Store) point(ctx context.Context, who, desk addr.Address, to bool, by audit.Actor, now time.Time) error {
	e := audit.Entry{Time: now, Actor: by, Action: audit.Shared, Objects: objects(desk), Reason: "may sit at a desk"}
	if !to {
		e.Reason = "left a desk"
	}
	_, err := s.changeAccount(ctx, who, e, func(p *person) (*personChange, error) {
		known := slices.ContainsFunc(p.desks, desk.Equal)
		switch {
		case known == to:
			return nil, errSame
		case to && len(p.desks) >= MaxDesks:
			return nil, ErrTooMany
		}
		next := slices.DeleteFunc(slices.Clone(p.desks), desk.Equal)
		if to {
			next = append(next, desk)
		}
		return &personChange{more: map[string]any{fDesks: next}}, nil
	})
	if err == errSame {
		err = nil
	}
	return err
}

// reader is who reads: the person who sits at a desk, else the address.
func (p Proof) reader() addr.Address {
	if p.desk {
		return p.holder
	}
	return p.address
}

// Sits tells whether there may be a desk at which the person sits.
func (p Proof) Sits() bool { return len(p.desks) > 0 }

// AtDesk gives the shared mailbox for which a proof that For made speaks, and who
// sits there; false for an ordinary one.
func (p Proof) AtDesk() (desk, who addr.Address, ok bool) { return p.address, p.holder, p.desk }

// atDesk is the rule of Release for shared mailboxes: at a desk that has begun the
// address alone opens nothing, whoever proves it (ErrDesk), and its people open
// what went to it, as long as they are on the list (else ErrNotRecipient).
func (s *Store) atDesk(ctx context.Context, p Proof, now time.Time) error {
	q, err := s.loadPerson(ctx, p.address)
	if err != nil {
		return err
	}
	d, have, err := s.deskOf(q)
	if err != nil {
		return err
	}
	if _, sits := d.Seat(p.holder); !p.holder.IsZero() && have && d.Active(now) && sits {
		return nil
	}
	switch {
	case p.desk:
		return ErrNotRecipient
	case have && d.Active(now):
		return ErrDesk
	}
	return nil
}
