package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
)

// Teams (CYC-12): the service desk gives somebody units, addresses of ours that
// messages are sent from. She then sees what they sent, takes it back and keeps it
// open, and reads none of it: no key is near here. As with desks the list stands in
// the slot of the unit's address, and each manager's slot says which units she may
// have; the second is a hint, and is written first.

// Fields of u:{h}.
const (
	fTeam  = "tm" // sealed Team, of a unit's address
	fUnits = "tu" // sealed addresses of the units that this one may manage
)

// Bounds of teams.
const (
	MaxManagers = 50  // of one unit
	MaxUnits    = 100 // of one manager: a whole directorate
)

// Manager is somebody to whom a unit was given.
type Manager struct {
	Address addr.Address
	Since   time.Time
}

// Team is who manages a unit.
type Team struct {
	Unit     addr.Address
	Managers []Manager
}

func (t Team) has(a addr.Address) bool {
	return slices.ContainsFunc(t.Managers, func(m Manager) bool { return m.Address.Equal(a) })
}

// UnitID names a unit in the address of a page, without saying which address it is.
func (s *Store) UnitID(a addr.Address) string { return s.keys.name("unit", a.Key()) }

// Team gives who manages a unit; of one that nobody manages, nobody. The caller
// has made sure that the asker may know. ErrSyntax, ErrUnavailable.
func (s *Store) Team(ctx context.Context, unit addr.Address) (Team, error) {
	p, err := s.loadPerson(ctx, unit)
	if err != nil {
		return Team{}, err
	}
	return s.teamOf(p, unit)
}

func (s *Store) teamOf(p *person, unit addr.Address) (Team, error) {
	t := Team{Unit: unit}
	if _, err := s.more(p, fTeam, &t); err != nil {
		return Team{}, err
	}
	if !t.Unit.Equal(unit) {
		return Team{}, fmt.Errorf("%w: team", ErrSyntax)
	}
	return t, nil
}

// GiveUnit lets somebody manage a unit: an act of the service desk or of an
// operator, who has made sure that both addresses are the organisation's own.
// Giving twice changes nothing. ErrConflict (the unit itself), ErrTooMany
// (MaxManagers, MaxUnits), ErrUnavailable.
func (s *Store) GiveUnit(ctx context.Context, unit, manager addr.Address, by audit.Actor, now time.Time) (Team, error) {
	if unit.IsZero() || manager.IsZero() || unit.Equal(manager) {
		return Team{}, ErrConflict
	}
	if err := s.pointUnit(ctx, manager, unit, true, by, now); err != nil {
		return Team{}, err
	}
	return s.changeTeam(ctx, unit, by, "to be managed by "+manager.Key(), now, func(t Team) (Team, error) {
		switch {
		case t.has(manager):
			return t, errSame
		case len(t.Managers) >= MaxManagers:
			return t, ErrTooMany
		}
		t.Managers = append(slices.Clone(t.Managers), Manager{manager, whole(now)})
		return t, nil
	})
}

// TakeUnit ends that; from this moment she sees nothing of the unit. Who does not
// manage it is no error. ErrUnavailable.
func (s *Store) TakeUnit(ctx context.Context, unit, manager addr.Address, by audit.Actor, now time.Time) (Team, error) {
	t, err := s.changeTeam(ctx, unit, by, "no longer managed by "+manager.Key(), now, func(t Team) (Team, error) {
		if !t.has(manager) {
			return t, errSame
		}
		t.Managers = slices.DeleteFunc(slices.Clone(t.Managers), func(m Manager) bool { return m.Address.Equal(manager) })
		return t, nil
	})
	if err != nil {
		return t, err
	}
	return t, s.pointUnit(ctx, manager, unit, false, by, now)
}

func (s *Store) changeTeam(ctx context.Context, unit addr.Address, by audit.Actor, what string, now time.Time, edit func(Team) (Team, error)) (Team, error) {
	var out Team
	e := audit.Entry{Time: now, Actor: by, Action: audit.Shared, Objects: objects(unit), Reason: clip(what)}
	_, err := s.changeAccount(ctx, unit, e, func(p *person) (*personChange, error) {
		t, err := s.teamOf(p, unit)
		if err != nil {
			return nil, err
		}
		if out, err = edit(t); err != nil {
			return nil, err
		}
		return &personChange{more: map[string]any{fTeam: out}}, nil
	})
	if err == errSame {
		err = nil
	}
	return out, err
}

// pointUnit notes at somebody's own slot that she may manage a unit, or not any more.
func (s *Store) pointUnit(ctx context.Context, who, unit addr.Address, to bool, by audit.Actor, now time.Time) error {
	e := audit.Entry{Time: now, Actor: by, Action: audit.Shared, Objects: objects(unit), Reason: "may manage a unit"}
	if !to {
		e.Reason = "manages a unit no longer"
	}
	_, err := s.changeAccount(ctx, who, e, func(p *person) (*personChange, error) {
		var units []addr.Address
		if _, err := s.more(p, fUnits, &units); err != nil {
			return nil, err
		}
		known := slices.ContainsFunc(units, unit.Equal)
		switch {
		case known == to:
			return nil, errSame
		case to && len(units) >= MaxUnits:
			return nil, ErrTooMany
		}
		units = slices.DeleteFunc(units, unit.Equal)
		if to {
			units = append(units, unit)
		}
		return &personChange{more: map[string]any{fUnits: units}}, nil
	})
	if err == errSame {
		err = nil
	}
	return err
}

// UnitsOf gives the units that somebody manages, by address. ErrNoSession (a zero
// or old proof), ErrSyntax, ErrUnavailable.
func (s *Store) UnitsOf(ctx context.Context, p Proof, now time.Time) ([]addr.Address, error) {
	if err := s.maySeat(p, now); err != nil {
		return nil, err
	}
	own, err := s.loadPerson(ctx, p.address)
	if err != nil {
		return nil, err
	}
	var hints, out []addr.Address
	if _, err := s.more(own, fUnits, &hints); err != nil {
		return nil, err
	}
	for _, unit := range hints {
		t, err := s.Team(ctx, unit)
		if err != nil {
			return nil, err
		}
		if t.has(p.address) {
			out = append(out, unit)
		}
	}
	slices.SortFunc(out, func(a, b addr.Address) int { return strings.Compare(a.Key(), b.Key()) })
	return out, nil
}

// manages is the right of a manager, beside that of a sender (EnvelopeForSender):
// everything that she sees or does goes through here. ErrNotFound for everybody
// else, ErrNoSession.
func (s *Store) manages(ctx context.Context, p Proof, unit addr.Address, now time.Time) error {
	if err := s.maySeat(p, now); err != nil {
		return err
	}
	if unit.IsZero() || p.desk {
		return ErrNotFound
	}
	t, err := s.Team(ctx, unit)
	if err == nil && !t.has(p.address) {
		err = ErrNotFound
	}
	return err
}

// FindForManager is Find among what a unit sent, for who manages it. That she
// looked is written to her own audit chain first. q.Sender is the unit. ErrNotFound
// (she does not manage it), and the errors of Find.
func (s *Store) FindForManager(ctx context.Context, p Proof, q Search, now time.Time) (Found, error) {
	if err := s.manages(ctx, p, q.Sender, now); err != nil {
		return Found{}, err
	}
	e := audit.Entry{Time: now, Actor: audit.Manager(p.address), Action: audit.Searched, Objects: objects(q.Sender), Reason: "what a unit sent"}
	if _, err := s.changeAccount(ctx, p.address, e, func(*person) (*personChange, error) { return &personChange{}, nil }); err != nil {
		return Found{}, err
	}
	return s.Find(ctx, q)
}

// EnvelopeForManager gives the record of a message to who manages the unit that
// sent it; that she looked, and why, is written to the message's audit chain first.
// ErrNotFound for everybody else, ErrNoSession, ErrUnavailable.
func (s *Store) EnvelopeForManager(ctx context.Context, id envelope.ID, p Proof, why string, now time.Time) (Record, error) {
	r, err := s.EnvelopeForOperator(ctx, id)
	if err != nil {
		return Record{}, err
	}
	if err := s.manages(ctx, p, r.Sender, now); err != nil {
		return Record{}, err
	}
	return s.Look(ctx, id, audit.Manager(p.address), why, now)
}
