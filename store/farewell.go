package store

import (
	"context"
	"slices"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
)

// What somebody has a say in besides her own messages ends with her account, else
// whoever reads the mailbox later sits at her desks and manages her units by a code.

// Duties are the shared mailboxes and units that end for somebody with her account.
type Duties struct {
	Desks []addr.Address // at whose list she stands
	Last  []addr.Address // those of them of which she is the last owner: somebody else must be first
	Units []addr.Address // given to her (teams)
}

// Duties gives them. ErrNoSession (a zero or old proof), ErrSyntax, ErrUnavailable.
func (s *Store) Duties(ctx context.Context, p Proof, now time.Time) (Duties, error) {
	var out Duties
	desks, err := s.DesksOf(ctx, p, now)
	if err != nil {
		return out, err
	}
	for _, d := range desks {
		out.Desks = append(out.Desks, d.Address)
		if d.lastOwner(p.address) {
			out.Last = append(out.Last, d.Address)
		}
	}
	out.Units, err = s.UnitsOf(ctx, p, now)
	return out, err
}

// lastOwner tells whether nobody else has the say at a desk that is to begin or has
// begun. One that still waits for a second person may go with the first.
func (d Desk) lastOwner(a addr.Address) bool {
	seat, sits := d.Seat(a)
	return sits && seat.Owner && d.owners() == 1 && !d.ActiveAt.IsZero()
}

// leaveAll ends them. ErrLastOwner, and then nothing is changed unless the list of a
// desk changed at this moment.
func (s *Store) leaveAll(ctx context.Context, p Proof, now time.Time) error {
	d, err := s.Duties(ctx, p, now)
	if err != nil {
		return err
	}
	if len(d.Last) > 0 {
		return ErrLastOwner
	}
	by := audit.Recipient(p.address)
	for _, desk := range d.Desks {
		_, err := s.changeDesk(ctx, desk, by, "taken off the list, with her account: "+p.address.Key(), now, func(d Desk) (Desk, error) {
			if _, sits := d.Seat(p.address); !sits {
				return d, errSame
			}
			if d.lastOwner(p.address) {
				return d, ErrLastOwner
			}
			d.Seats = slices.DeleteFunc(slices.Clone(d.Seats), func(s Seat) bool { return s.Address.Equal(p.address) })
			return d, nil
		})
		if err != nil {
			return err
		}
		if err := s.point(ctx, p.address, desk, false, by, now); err != nil {
			return err
		}
	}
	for _, unit := range d.Units {
		if _, err := s.TakeUnit(ctx, unit, p.address, by, now); err != nil {
			return err
		}
	}
	return nil
}

// forgetPasskeys takes the names of passkeys out of the index. What stays behind
// points to nothing, so that an error costs nothing but room.
func (s *Store) forgetPasskeys(ctx context.Context, w Ways) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	for _, k := range w.Passkeys {
		_ = s.redis.Del(ctx, s.passkeyIndex(k.ID)).Err()
	}
}
