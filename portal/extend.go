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

// mine gives a mail to who sent it, all its transactions; a zero Proof when she has
// yet to sign in, and the page that asks her is written.
func (v *visit) mine() (all []store.Record, p store.Proof, err error) {
	id, p, err := v.sender()
	if err == errSignIn {
		return nil, store.Proof{}, v.askSender(id)
	}
	if err != nil {
		return nil, p, err
	}
	rec, err := v.s.Store.EnvelopeSentBy(v.ctx(), id, p)
	if err == nil {
		all, err = v.s.Store.SameMail(v.ctx(), rec)
	}
	return all, p, err
}

// extend answers POST /sent/{id}/extend.
func extend(v *visit) error {
	all, p, err := v.mine()
	if err != nil || p.Address().IsZero() {
		return err
	}
	wrong, err := v.keepOpen(all, audit.Sender(p.Address()))
	switch {
	case err != nil:
		return err
	case wrong != nil:
		return v.showStatusOf(all, "", *wrong)
	}
	v.see("/sent/" + all[0].ID.String())
	return nil
}

// keepOpen reads for how long, and does it.
func (v *visit) keepOpen(all []store.Record, by audit.Actor) (*problem, error) {
	days, err := strconv.Atoi(v.field("days"))
	if err != nil || !slices.Contains(extensions, days) {
		return &problem{"days", v.t("status.days-wrong")}, nil
	}
	from := v.now
	if all[0].ExpiresAt.After(from) {
		from = all[0].ExpiresAt
	}
	err = v.extendAll(all, by, from.Add(time.Duration(days)*24*time.Hour))
	switch {
	case errors.Is(err, store.ErrExpired):
		return &problem{"days", v.t("status.for-good")}, nil
	case errors.Is(err, store.ErrTooLong):
		return &problem{"days", v.t("status.too-far")}, nil
	}
	return nil, err
}

// answerAsk answers POST /sent/{id}/people: yes or no to another address of a recipient.
func answerAsk(v *visit) error {
	id, err := v.message()
	if err != nil {
		return err
	}
	all, p, err := v.mine()
	if err != nil || p.Address().IsZero() {
		return err
	}
	i := slices.IndexFunc(all, func(r store.Record) bool { return r.ID == id })
	who, err := addr.Parse(v.field("who"))
	if err != nil || i < 0 {
		return v.showStatusOf(all, "", problem{"asks", v.t("status.ask-wrong")})
	}
	by := audit.Sender(p.Address())
	if v.field("do") == "yes" {
		err = v.letIn(all[i], by, who)
	} else {
		err = v.s.Store.Decline(v.ctx(), id, by, who, v.now)
	}
	switch {
	case errors.Is(err, store.ErrNotFound): // answered already, in another window
	case errors.Is(err, store.ErrRecalled), errors.Is(err, store.ErrExpired):
		return v.showStatusOf(all, "", problem{"asks", v.t("status.ask-too-late")})
	case err != nil:
		return err
	}
	v.see("/sent/" + id.String())
	return nil
}

func (v *visit) letIn(rec store.Record, by audit.Actor, who addr.Address) error {
	_, err := v.s.Store.LetIn(v.ctx(), rec.ID, by, who, TellAsker(v.now), v.now)
	if err == nil {
		v.s.Log.Info("another address of a recipient let in", "envelope", rec.ID.String())
		v.wake()
	}
	return err
}
