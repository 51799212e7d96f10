package portal

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// One mail may be several envelopes (store.SameMail). Pages show and change it as one.

// recipientOf is one person of a mail, with the envelope in which she is.
type recipientOf struct {
	store.RecipientState
	rec *store.Record
}

// recipients are the people of a mail by address; of somebody who is in two of its
// envelopes, the one that tells more.
func recipients(all []store.Record) []recipientOf {
	by := map[string]recipientOf{}
	for i := range all {
		for _, st := range all[i].Recipients {
			next := recipientOf{st, &all[i]}
			if known, ok := by[st.Address.Key()]; !ok || tells(next) > tells(known) {
				by[st.Address.Key()] = next
			}
		}
	}
	out := make([]recipientOf, 0, len(by))
	for _, p := range by {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b recipientOf) int { return strings.Compare(a.Address.Key(), b.Address.Key()) })
	return out
}

// tells orders two entries of one person: what can still be taken back comes first,
// then what was opened.
func tells(p recipientOf) int {
	n := 0
	if p.Status != store.Recalled {
		n += 2
	}
	if !p.OpenedAt.IsZero() {
		n++
	}
	return n
}

// statusPerson is one recipient as a page about a message shows her.
type statusPerson struct{ Address, State, Why, Said, Reason string }

// people are a mail's recipients as a page shows them, and the addresses from which
// it can be taken back.
func (v *visit) people(all []store.Record) (out []statusPerson, open []string) {
	for _, p := range recipients(all) {
		row := statusPerson{Address: p.Address.String(), State: v.state(p), Reason: p.Reason}
		if p.Status == store.Queued && p.OpenedAt.IsZero() && p.Delivery.State == store.Failed {
			if key := notice.Failure(p.Delivery.Text); key != "" {
				row.Why, row.Said = v.t(key), p.Delivery.Text
			}
		}
		out = append(out, row)
		if p.Status != store.Recalled {
			open = append(open, row.Address)
		}
	}
	return out, open
}

// queueLife is how long Postfix tries to hand a mail over before it reports a
// failure (maximal_queue_lifetime, 5 days), with a day in hand: without a report
// after that, nothing more will come.
const queueLife = 6 * 24 * time.Hour

// state says what is known of one recipient. "Delivered" is never claimed:
// nobody can know it (requirements: settled readings).
func (v *visit) state(st recipientOf) string {
	opened := !st.OpenedAt.IsZero()
	switch {
	case st.Status == store.Recalled && opened:
		return v.t("status.recalled-opened", "time", v.when(st.RecalledAt), "opened", v.when(st.OpenedAt))
	case st.rec.NeverReadable(st.RecipientState):
		return v.t("mysent.never-readable", "time", v.when(st.RecalledAt))
	case st.Status == store.Recalled:
		return v.t("status.recalled-never-opened", "time", v.when(st.RecalledAt))
	case opened:
		return v.t("status.opened", "time", v.when(st.OpenedAt))
	case st.Status == store.Prepared:
		return v.t("status.waiting")
	case st.Status == store.Queued && st.Delivery.State != "":
		return v.delivery(st.Delivery)
	case st.Status == store.Queued && v.s.Reports && v.now.Sub(st.QueuedAt) < queueLife:
		return v.t("mysent.in-queue", "time", v.when(st.QueuedAt))
	case st.Status == store.Queued && v.s.Reports:
		return v.t("mysent.unknown", "time", v.when(st.QueuedAt))
	case st.Status == store.Queued:
		return v.t("status.handed-over", "time", v.when(st.QueuedAt))
	}
	return v.t("status.never-opened")
}

// delivery says what reports told of the way to a recipient.
func (v *visit) delivery(d store.Delivery) string {
	switch {
	case d.State == store.Failed && d.Text != "" && notice.Failure(d.Text) == "":
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

// recallAll takes a mail back: from one person, or from everybody when none is
// named, in whichever of its envelopes they are. When it is not the sender who does
// it, she is told by mail.
func (v *visit) recallAll(all []store.Record, by audit.Actor, who *addr.Address, reason string) error {
	var tell store.TellingRecall
	if !strings.HasPrefix(string(by), string(audit.Sender(addr.Address{}))) {
		tell = TellTakenBack(v.s.BaseURL, v.s.Inside, by, v.now)
		defer v.wake()
	}
	for _, r := range all {
		var people []addr.Address // none: all
		if who != nil {
			if _, ok := r.Recipient(*who); !ok {
				continue
			}
			people = []addr.Address{*who}
		}
		if _, err := v.s.Store.RecallTelling(v.ctx(), r.ID, by, people, reason, tell, v.now); err != nil {
			return err
		}
		v.s.Log.Info("message taken back", "envelope", r.ID.String(), "all", who == nil)
	}
	v.s.Metrics.recalls.Inc()
	return nil
}

// extendAll keeps a mail open until a time, in those of its envelopes that are not
// taken back from everybody, and tells those who asked for it.
func (v *visit) extendAll(all []store.Record, by audit.Actor, until time.Time) error {
	done, last := 0, error(store.ErrRecalled)
	for _, r := range all {
		err := v.s.Store.Extend(v.ctx(), r.ID, by, until, TellAsker(v.now), v.now)
		if errors.Is(err, store.ErrRecalled) || errors.Is(err, store.ErrExpired) {
			last = err
			continue
		}
		if err != nil {
			return err
		}
		done++
		v.s.Log.Info("message kept open", "envelope", r.ID.String(), "until", until)
		v.wake()
	}
	if done == 0 {
		return last
	}
	return nil
}

// justTaken are the people from whom a mail was taken back last, with what was
// known then of each: "never opened", or "opened at" (CYC-15).
func (v *visit) justTaken(all []store.Record) []statusPerson {
	people := recipients(all)
	var last time.Time
	for _, p := range people {
		if p.RecalledAt.After(last) {
			last = p.RecalledAt
		}
	}
	var out []statusPerson
	for _, p := range people {
		if p.Status != store.Recalled || last.Sub(p.RecalledAt) > time.Second {
			continue
		}
		row := statusPerson{Address: p.Address.String()}
		switch {
		case !p.OpenedAt.IsZero():
			row.State = v.t("mysent.was-opened", "time", v.when(p.OpenedAt))
		case p.rec.NeverReadable(p.RecipientState):
			row.State = v.t("mysent.was-not-readable")
		default:
			row.State = v.t("mysent.was-never-opened")
		}
		out = append(out, row)
	}
	return out
}
