package portal

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

// replyForm shows the form (SCC-13): the sender and the subject stand fast (CYC-9).
// With "all" in its address everybody that may be written to is chosen.
func replyForm(v *visit) error {
	rec, p, err := v.answerable()
	if err != nil {
		return err
	}
	if kept, ok, err := v.kept(rec, p); ok || err != nil {
		if err != nil {
			return err
		}
		return v.showReply(http.StatusOK, rec, kept, v.t("reply.kept"))
	}
	d := draft{once: random(), quote: true}
	if v.r.URL.Query().Has("all") {
		for _, n := range v.s.others(rec, p.Address()) {
			d.cc = append(d.cc, n.Address.String())
		}
	}
	return v.showReply(http.StatusOK, rec, d, "")
}

// kept gives what was written when a session had ended, to nobody but its writer.
func (v *visit) kept(rec store.Record, p store.Proof) (draft, bool, error) {
	b := v.browser()
	k, err := v.s.Store.Draft(v.ctx(), b, rec.ID, v.now)
	if err != nil || k.At.IsZero() || k.Whose != whose(b, p.Address()) {
		return draft{}, false, err
	}
	return draft{text: k.Text, cc: k.Cc, copy: k.Copy, quote: k.Quote, once: k.Once, names: k.Files}, true, nil
}

// answerable looks whether the person may answer; sending asks the gate again.
func (v *visit) answerable() (store.Record, store.Proof, error) {
	id, secret, p, err := v.entitled()
	if err != nil {
		return store.Record{}, p, err
	}
	rec, err := v.mayAnswer(id, secret, p)
	return rec, p, err
}

func (v *visit) mayAnswer(id envelope.ID, secret envelope.Secret, p store.Proof) (store.Record, error) {
	rec, err := v.s.Store.Envelope(v.ctx(), id, secret)
	if err != nil {
		return rec, err
	}
	if err := standing(rec, p, v.now); err != nil {
		return rec, told{err, &rec, p.Address()}
	}
	if err := v.s.Store.MayWrite(v.ctx(), p); err != nil {
		return rec, err
	}
	return rec, v.s.mayReply(rec)
}

// replyChoice is one person whom an answer can be copied to.
type replyChoice struct {
	Address, Text string
	Chosen        bool
}

// showReply shows the form with what was written; note is said above it.
func (v *visit) showReply(status int, rec store.Record, d draft, note string, problems ...problem) error {
	p, err := v.person()
	if err != nil {
		return err
	}
	p = p.For(rec)
	var choices []replyChoice
	for _, n := range v.s.others(rec, p.Address()) {
		chosen := slices.ContainsFunc(d.cc, func(text string) bool {
			a, err := addr.Parse(text)
			return err == nil && a.Equal(n.Address)
		})
		choices = append(choices, replyChoice{n.Address.String(), named(n), chosen})
	}
	secret, err := v.link(rec.ID)
	if err != nil {
		return err
	}
	v.under(rec)
	return v.showStatus(status, "reply", v.t("reply.title"), map[string]any{"Path": "/m/" + rec.ID.String(), "Marking": rec.Marking, "To": fromLine(rec, v.lang()),
		"Subject": replySubject(rec, v.s.Tag), "Limit": v.lang().Size(v.s.AttachLimit), "Text": d.text, "Once": d.once, "Secret": secret.Encode(),
		"Whose": whose(v.browser(), p.Address()), "Choices": choices, "MayCopy": v.s.mayCopy(p.Address()), "Self": p.Address().String(),
		"Copy": d.copy, "Quote": d.quote, "Note": note, "Again": strings.Join(d.names, ", ")}, true, problems...)
}

func named(n addr.Named) string {
	if n.Name == "" {
		return n.Address.String()
	}
	return n.Name + " (" + n.Address.String() + ")"
}

// submission is a reply's form on its way in.
type submission struct {
	draft     draft
	t, whose  string
	signedOut bool
}

// submitReply sends it while the writer waits, so that a refusal reaches her with
// her text still there (BCC-14).
func submitReply(v *visit) error {
	lead := v.leashed()
	parts, err := v.r.MultipartReader()
	if err != nil {
		return errForm
	}
	var in submission
	defer in.draft.Close()
	err = v.s.readDraft(&in.draft, parts, func(name, value string) error {
		switch name {
		case formField:
			if !v.genuine(value) {
				return errForm
			}
		case "t":
			in.t = value
		case "whose":
			in.whose = value
		}
		return nil
	}, func() error { return v.admitReply(&in, lead) }, formField)
	if err != nil {
		return err
	}
	if in.signedOut {
		return v.keep(&in)
	}
	return v.sendReply(&in.draft)
}

// admitReply says whether a form may go on: of who may answer, and of who might
// if she signed in, whose text is kept for then and whose files are not.
func (v *visit) admitReply(in *submission, lead *leash) error {
	err := v.comeBack(in.t)
	if err == nil {
		if _, _, err = v.answerable(); err == nil {
			err = v.holdOwn()
		}
	}
	if errors.Is(err, errSignIn) {
		in.signedOut, in.draft.drop = true, true
		err = nil
	}
	return lead.judged(func() error { return err })()
}

// comeBack takes the message's secret out of the form, when the browser's visit
// ended with the session while somebody wrote.
func (v *visit) comeBack(t string) error {
	id, err := v.message()
	if err != nil {
		return err
	}
	if _, err := v.link(id); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	secret, err := envelope.ParseSecret(t)
	if err != nil {
		return store.ErrNotFound
	}
	if _, err := v.s.Store.Envelope(v.ctx(), id, secret); err != nil {
		return err
	}
	return v.bring(store.Flow{Secrets: map[envelope.ID]envelope.Secret{id: secret}})
}

// keep keeps a draft until its writer has signed in again, and tells her so.
func (v *visit) keep(in *submission) error {
	id, err := v.message()
	if err != nil {
		return err
	}
	if !v.s.staged.allow(id, v.now) {
		return errBusy
	}
	d := in.draft
	if len(d.cc) > maxPeople {
		d.cc = d.cc[:maxPeople]
	}
	err = v.s.Store.SetDraft(v.ctx(), v.browser(), id, store.Draft{Text: d.text, Cc: d.cc, Copy: d.copy, Quote: d.quote, Once: d.once, Files: d.names, Whose: in.whose}, v.now)
	if err != nil {
		return err
	}
	if err := v.bring(store.Flow{Next: "/m/" + id.String() + "/reply"}); err != nil {
		return err
	}
	return errKept
}

func (v *visit) sendReply(d *draft) error {
	rec, p, err := v.answerable()
	if err != nil {
		return err
	}
	if problems := v.judge(d, rec, p.Address()); len(problems) > 0 {
		v.s.Metrics.replies.WithLabelValues("refused").Inc()
		return v.showReply(http.StatusUnprocessableEntity, rec, *d, "", problems...)
	}
	id, secret, _, err := v.entitled()
	if err != nil {
		return err
	}
	req := store.ReleaseRequest{ID: id, Secret: secret, Person: p, Purpose: forReply, Now: v.now}
	if err := v.send(req, d); err != nil {
		return v.notSent(err, rec, p, d)
	}
	if err := v.s.Store.EndDraft(v.ctx(), v.browser(), id); err != nil {
		v.s.Log.Error("a draft was not forgotten", "envelope", id.String(), "err", err) // it ends by itself
	}
	v.see("/m/" + id.String() + "/replied")
	return nil
}

// notSent shows the form again where another try may help, else the error's page.
func (v *visit) notSent(err error, rec store.Record, p store.Proof, d *draft) error {
	again := func(status int, field, key string) error {
		return v.showReply(status, rec, *d, "", problem{field, v.t(key)})
	}
	switch {
	case errors.Is(err, errPartly):
		return again(http.StatusServiceUnavailable, "text", "reply.partly")
	case errors.Is(err, errNotSent):
		return again(http.StatusServiceUnavailable, "text", "reply.not-sent")
	case errors.Is(err, errNoQuote):
		return again(http.StatusUnprocessableEntity, "quote", "reply.quote-wrong")
	}
	return v.tell(err, rec, p)
}

// replied says that it was sent, and what comes next (BCC-23).
func replied(v *visit) error {
	id, secret, _, err := v.entitled()
	if err != nil {
		return err
	}
	rec, err := v.s.Store.Envelope(v.ctx(), id, secret)
	if err != nil {
		return err
	}
	return v.show("replied", v.t("replied.title"), map[string]any{"Path": "/m/" + id.String(), "Sender": senderName(rec)})
}

// tell is toldNow for a message whose link this browser holds.
func (v *visit) tell(err error, rec store.Record, p store.Proof) error {
	secret, linkErr := v.link(rec.ID)
	if linkErr != nil {
		return told{err, &rec, p.Address()}
	}
	return v.toldNow(err, rec, secret, p.Address())
}
