package portal

import (
	"errors"
	"time"

	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

const (
	// stagedLink is how long a link works again after somebody brought the file.
	stagedLink = 24 * time.Hour
	// defaultLink is how long one works that was renewed, where no profile says it.
	defaultLink = 14 * 24 * time.Hour
)

// linkOver tells whether the time of the message's link is up. Messages without a
// link have none to be over: what is on the shelf of them was brought by hand.
func linkOver(rec store.Record, now time.Time) bool {
	return !rec.LinkUntil.IsZero() && !now.Before(rec.LinkUntil)
}

// renew lets the link work again for a recipient who has shown who she is (C6).
// It does not open the message: the gate is asked afterwards as always.
func renew(v *visit) error {
	id, secret, p, err := v.entitled()
	if err != nil {
		return err
	}
	rec, err := v.s.Store.Envelope(v.ctx(), id, secret)
	if err != nil {
		return err
	}
	if err := standing(rec, p, v.now); err != nil {
		return told{error: err, rec: &rec, person: p.Address()}
	}
	box, err := v.s.container(v.ctx(), rec)
	if err != nil {
		return told{error: err, rec: &rec, person: p.Address()}
	}
	_ = box.Close()
	if err := v.s.Store.RenewLink(v.ctx(), id, audit.Recipient(p.Address()), v.now.Add(v.s.linkLife(rec.Profile)), v.now); err != nil {
		return told{error: err, rec: &rec, person: p.Address()}
	}
	v.see("/m/" + id.String())
	return nil
}

// linkLife is how long links of a profile work.
func (s *Server) linkLife(profile string) time.Duration {
	if s.Profile != nil {
		if life := s.Profile(profile).Link.Std(); life > 0 {
			return life
		}
	}
	return defaultLink
}

// relink lets the link lead to a file that was just handed in, for a while.
func (v *visit) relink(id envelope.ID, rec store.Record) error {
	if !linkOver(rec, v.now) {
		return nil
	}
	err := v.s.Store.RenewLink(v.ctx(), id, audit.System, v.now.Add(stagedLink), v.now)
	if errors.Is(err, store.ErrExpired) || errors.Is(err, store.ErrRecalled) { // since it was awaited
		return told{error: err, rec: &rec}
	}
	return err
}
