package portal

import (
	"unicode/utf8"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

// statusPerson is one recipient as the sender sees it.
type statusPerson struct{ Address, State, Reason string }

// status answers GET /sent/{id}: what became of a message, for who sent it
// (CYC-14, CYC-15). An unknown id and somebody else's message are the same 404.
func status(v *visit) error {
	id, p, err := v.sender()
	if err == errSignIn {
		return v.askSender(id)
	}
	if err != nil {
		return err
	}
	rec, err := v.s.Store.EnvelopeForSender(v.ctx(), id, p.Address())
	if err != nil {
		return err
	}
	return v.showStatusOf(rec, "")
}

// statusAsk is what somebody asks the sender for.
type statusAsk struct {
	LetIn        bool
	From, As, At string
}

// askSender asks who it is. Nothing is kept by looking: the form carries the page.
func (v *visit) askSender(id envelope.ID) error {
	return v.askAddress("", "/sent/"+id.String())
}

func (v *visit) sender() (envelope.ID, store.Proof, error) {
	id, err := v.message()
	if err != nil {
		return id, store.Proof{}, err
	}
	p, err := v.person()
	if err == nil && p.Address().IsZero() {
		err = errSignIn
	}
	return id, p, err
}

func (v *visit) showStatusOf(rec store.Record, reason string, problems ...problem) error {
	var people []statusPerson
	var open []string
	for _, st := range rec.Recipients {
		people = append(people, statusPerson{st.Address.String(), v.state(st), st.Reason})
		if st.Status != store.Recalled {
			open = append(open, st.Address.String())
		}
	}
	var asks []statusAsk
	for _, a := range rec.Asks {
		asks = append(asks, statusAsk{LetIn: a.Kind == store.AskLetIn, From: a.From.String(), As: a.As.String(), At: v.when(a.At)})
	}
	closed := !v.now.Before(rec.ExpiresAt)
	return v.show("status", v.t("status.title"), map[string]any{"Asks": asks, "Closed": closed, "Extend": rec.Destroyed.IsZero() && len(open) > 0, "Days": extensions,
		"Path": "/sent/" + rec.ID.String(), "Subject": v.subjectOf(rec), "When": capital(v.when(rec.SealedAt)),
		"Until": capital(v.when(rec.ExpiresAt)), "People": people, "Open": open, "Only": len(open) == 1, "Reason": reason}, problems...)
}

// state says what is known of one recipient. "Delivered" is never claimed:
// nobody can know it (requirements: settled readings).
func (v *visit) state(st store.RecipientState) string {
	opened := !st.OpenedAt.IsZero()
	switch {
	case st.Status == store.Recalled && opened:
		return v.t("status.recalled-opened", "time", v.when(st.RecalledAt), "opened", v.when(st.OpenedAt))
	case st.Status == store.Recalled:
		return v.t("status.recalled-never-opened", "time", v.when(st.RecalledAt))
	case opened:
		return v.t("status.opened", "time", v.when(st.OpenedAt))
	case st.Status == store.Prepared:
		return v.t("status.waiting")
	case st.Status == store.Queued && st.Delivery.State != "":
		return v.delivery(st.Delivery)
	case st.Status == store.Queued:
		return v.t("status.handed-over", "time", v.when(st.QueuedAt))
	}
	return v.t("status.never-opened")
}

// delivery says what reports told of the way to a recipient.
func (v *visit) delivery(d store.Delivery) string {
	switch {
	case d.State == store.Failed && d.Text != "":
		return v.t("status.failed-said", "time", v.when(d.At), "words", d.Text)
	case d.State == store.Failed:
		return v.t("status.failed", "time", v.when(d.At))
	case d.State == store.Handed && d.Host != "":
		return v.t("status.handed-to", "time", v.when(d.At), "host", d.Host)
	case d.State == store.Handed:
		return v.t("status.handed-over", "time", v.when(d.At))
	}
	return v.t("status.delayed", "time", v.when(d.At))
}

// takeBack answers POST /sent/{id}: one person or all, with a reason.
func takeBack(v *visit) error {
	id, p, err := v.sender()
	if err == errSignIn {
		return v.askSender(id)
	}
	if err != nil {
		return err
	}
	rec, err := v.s.Store.EnvelopeForSender(v.ctx(), id, p.Address())
	if err != nil {
		return err
	}
	who, reason := v.field("who"), clean(v.field("reason"))
	if utf8.RuneCountInString(reason) > maxReason {
		return v.showStatusOf(rec, reason, problem{"reason", v.t("status.reason-long")})
	}
	var people []addr.Address // none: all
	if who != "all" {
		a, err := addr.Parse(who)
		if _, ok := rec.Recipient(a); err != nil || !ok {
			return v.showStatusOf(rec, reason, problem{"who", v.t("status.who-wrong")})
		}
		people = []addr.Address{a}
	}
	if _, err := v.s.Store.Recall(v.ctx(), id, audit.Actor("sender:"+p.Address().Key()), people, reason, v.now); err != nil {
		return err
	}
	v.s.Metrics.recalls.Inc()
	v.s.Log.Info("message taken back", "envelope", id.String(), "all", people == nil)
	v.see("/sent/" + id.String())
	return nil
}
