package portal

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
)

// extensions are for how many days from now, or from the end of its time when that
// is later, a sender can keep a message open; the middle one is chosen beforehand.
var extensions = []int{7, 30, 90}

// mine gives a message to who sent it; a zero Proof when she has yet to sign in, and
// the page that asks her is written.
func (v *visit) mine() (rec store.Record, p store.Proof, err error) {
	id, p, err := v.sender()
	if err == errSignIn {
		return rec, store.Proof{}, v.askSender(id)
	}
	if err == nil {
		rec, err = v.s.Store.EnvelopeForSender(v.ctx(), id, p.Address())
	}
	return rec, p, err
}

// extend answers POST /sent/{id}/extend, and tells those who asked for it.
func extend(v *visit) error {
	rec, p, err := v.mine()
	if err != nil || p.Address().IsZero() {
		return err
	}
	days, err := strconv.Atoi(v.field("days"))
	if err != nil || !slices.Contains(extensions, days) {
		return v.showStatusOf(rec, "", problem{"days", v.t("status.days-wrong")})
	}
	from := v.now
	if rec.ExpiresAt.After(from) {
		from = rec.ExpiresAt
	}
	until := from.Add(time.Duration(days) * 24 * time.Hour)
	err = v.s.Store.Extend(v.ctx(), rec.ID, audit.Sender(p.Address()), until, v.now)
	switch {
	case errors.Is(err, store.ErrExpired):
		return v.showStatusOf(rec, "", problem{"days", v.t("status.for-good")})
	case errors.Is(err, store.ErrTooLong):
		return v.showStatusOf(rec, "", problem{"days", v.t("status.too-far")})
	case err != nil:
		return err
	}
	v.s.Log.Info("message kept open", "envelope", rec.ID.String(), "days", days)
	asks := rec.Asks
	rec.ExpiresAt = until
	for _, a := range asks {
		if a.Kind == store.AskOpenAgain {
			v.tellAsker(rec, a)
		}
	}
	v.see("/sent/" + rec.ID.String())
	return nil
}

// answerAsk answers POST /sent/{id}/people: yes or no to another address of a recipient.
func answerAsk(v *visit) error {
	rec, p, err := v.mine()
	if err != nil || p.Address().IsZero() {
		return err
	}
	who, err := addr.Parse(v.field("who"))
	if err != nil {
		return v.showStatusOf(rec, "", problem{"asks", v.t("status.ask-wrong")})
	}
	by := audit.Sender(p.Address())
	if v.field("do") == "yes" {
		err = v.letIn(rec, by, who)
	} else {
		err = v.s.Store.Decline(v.ctx(), rec.ID, by, who, v.now)
	}
	switch {
	case errors.Is(err, store.ErrNotFound): // answered already, in another window
	case errors.Is(err, store.ErrRecalled), errors.Is(err, store.ErrExpired):
		return v.showStatusOf(rec, "", problem{"asks", v.t("status.ask-too-late")})
	case err != nil:
		return err
	}
	v.see("/sent/" + rec.ID.String())
	return nil
}

func (v *visit) letIn(rec store.Record, by audit.Actor, who addr.Address) error {
	now, err := v.s.Store.LetIn(v.ctx(), rec.ID, by, who, v.now)
	if err == nil {
		v.s.Log.Info("another address of a recipient let in", "envelope", rec.ID.String())
		v.tellAsker(now, store.Ask{Kind: store.AskLetIn, From: who})
	}
	return err
}
