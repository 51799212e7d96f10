package portal

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// What people can ask the sender of a message for: more time (C7), and that
// another address of theirs may open it (C17). The sender answers on her page of
// the message (status.go).

// askPages add them.
func (s *Server) askPages(get, post func(path string, a action)) {
	post("/m/{id}/ask", askOpenAgain)
	get("/m/{id}/asked", asked)
	get("/m/{id}/elsewhere", elsewhere)
	post("/m/{id}/elsewhere", submitElsewhere)
	get("/m/{id}/elsewhere/code", elsewhereCode)
	post("/m/{id}/elsewhere/code", submitElsewhereCode)
	post("/m/{id}/renew", renew)
	for _, path := range []string{"/m/{id}/ask", "/m/{id}/renew"} { // loaded again by hand
		get(path, func(v *visit) error {
			id, err := v.message()
			if err == nil {
				v.see("/m/" + id.String())
			}
			return err
		})
	}
}

// askOpenAgain answers the one button of the page for a message that has closed.
func askOpenAgain(v *visit) error {
	id, secret, p, err := v.entitled()
	if err != nil {
		return err
	}
	_, fresh, err := v.s.Store.AskOpenAgain(v.ctx(), id, secret, p, v.tellSender, v.now)
	switch {
	case errors.Is(err, store.ErrConflict): // it was opened again meanwhile
		v.see("/m/" + id.String())
		return nil
	case errors.Is(err, store.ErrExpired):
		return v.toldAbout(errForGood, id, secret, p.Address())
	case err != nil:
		return v.toldAbout(err, id, secret, p.Address())
	}
	v.senderAsked(id, store.AskOpenAgain, fresh)
	v.see("/m/" + id.String() + "/asked")
	return nil
}

// toldAbout is told for an error of a message whose secret was shown.
func (v *visit) toldAbout(err error, id envelope.ID, secret envelope.Secret, person addr.Address) error {
	rec, readErr := v.s.Store.Envelope(v.ctx(), id, secret)
	if readErr != nil {
		return err
	}
	return told{error: err, rec: &rec, person: person}
}

// tellSender writes the request that goes into the sender's mailbox; the store
// queues it in the step that records the request. Her page of the message shows it too.
func (v *visit) tellSender(rec store.Record, a store.Ask) (store.Outgoing, error) {
	data := notice.AskedData{LetIn: a.Kind == store.AskLetIn, From: a.From.String(), Subject: rec.Subject, SentAt: rec.SealedAt,
		Closed: rec.ExpiresAt, Page: v.s.BaseURL + "/sent/" + rec.ID.String()}
	if !a.As.IsZero() {
		data.As = a.As.String()
	}
	raw, err := json.Marshal(data)
	return store.Outgoing{Kind: string(notice.Asked), To: rec.Sender, Data: raw, Due: a.At, Expires: a.At.Add(store.OutboxLife)}, err
}

// senderAsked goes on after a request was recorded, if it was a new one.
func (v *visit) senderAsked(id envelope.ID, kind store.AskKind, fresh bool) {
	if !fresh {
		return
	}
	v.s.Log.Info("the sender is asked", "envelope", id.String(), "for", string(kind))
	v.wake()
}

// asked says that the sender was asked, and what the person can do meanwhile.
func asked(v *visit) error {
	id, secret, p, err := v.entitled()
	if err != nil {
		return err
	}
	rec, err := v.s.Store.Envelope(v.ctx(), id, secret)
	if err != nil {
		return err
	}
	return v.show("asked", v.t("asked.title"), map[string]any{"Sender": senderName(rec), "Address": p.Address().String(),
		"Page": "/m/" + id.String(), "Open": standing(rec, p, v.now) == nil})
}

// elsewhere answers "I got this at another address": it asks which.
func elsewhere(v *visit) error {
	rec, p, err := v.outsider()
	if err != nil || rec == nil {
		return err
	}
	return v.askElsewhere(rec, p, "")
}

// outsider gives the message and who is signed in without being a recipient. A
// recipient is led to the message: then the record is nil.
func (v *visit) outsider() (*store.Record, store.Proof, error) {
	id, secret, p, err := v.entitled()
	if err != nil {
		return nil, p, err
	}
	rec, err := v.s.Store.Envelope(v.ctx(), id, secret)
	if err != nil {
		return nil, p, err
	}
	if _, ok := rec.Recipient(p.Address()); ok {
		v.see("/m/" + id.String())
		return nil, p, nil
	}
	return &rec, p, nil
}

func (v *visit) askElsewhere(rec *store.Record, p store.Proof, typed string, problems ...problem) error {
	return v.show("elsewhere", v.t("elsewhere.title"), map[string]any{"Path": "/m/" + rec.ID.String() + "/elsewhere", "Own": p.Address().String(),
		"Sender": senderName(*rec), "Choices": offered(*rec), "Address": typed}, problems...)
}

// submitElsewhere takes the other address and sends a code there.
func submitElsewhere(v *visit) error {
	rec, p, err := v.outsider()
	if err != nil || rec == nil {
		return err
	}
	typed := v.picked()
	a, err := addr.Parse(typed)
	if err != nil || len(typed) > maxAddress || a.Equal(p.Address()) {
		return v.askElsewhere(rec, p, typed, problem{"address", v.t("elsewhere.address-wrong")})
	}
	if err := v.bring(store.Flow{Address: a}); err != nil {
		return err
	}
	return v.sendElsewhere(rec, a)
}

func (v *visit) sendElsewhere(rec *store.Record, a addr.Address) error {
	ref, err := v.s.sendCode(v, a, v.browser())
	if err != nil {
		return err
	}
	v.see("/m/" + rec.ID.String() + "/elsewhere/code?ref=" + url.QueryEscape(ref))
	return nil
}

func elsewhereCode(v *visit) error {
	rec, _, err := v.outsider()
	if err != nil || rec == nil {
		return err
	}
	a, err := v.address()
	if err != nil {
		return err
	}
	return v.askElsewhereCode(rec, a, v.r.URL.Query().Get("ref"))
}

func (v *visit) askElsewhereCode(rec *store.Record, a addr.Address, ref string, problems ...problem) error {
	path := "/m/" + rec.ID.String() + "/elsewhere"
	return v.askCodeAt(a, ref, path+"/code", path, problems...)
}

// submitElsewhereCode takes the code. With it both addresses are shown to be the
// same person's: the sender is asked about the one, and as the other, which is a
// recipient's, she is signed in from now on.
func submitElsewhereCode(v *visit) error {
	rec, p, err := v.outsider()
	if err != nil || rec == nil {
		return err
	}
	a, err := v.address()
	if err != nil {
		return err
	}
	if v.field("do") == "send" {
		return v.sendElsewhere(rec, a)
	}
	ref := v.field("ref")
	as, err := v.guessCode(a, v.browser(), v.field("code"))
	switch {
	case errors.Is(err, store.ErrWrong):
		return v.askElsewhereCode(rec, a, ref, problem{"code", v.t("code.wrong")})
	case errors.Is(err, store.ErrCodeExpired):
		return v.askElsewhereCode(rec, a, ref, problem{"code", v.t("code.expired")})
	case err != nil:
		return err
	}
	secret, err := v.link(rec.ID)
	if err != nil {
		return err
	}
	_, fresh, err := v.s.Store.AskLetIn(v.ctx(), rec.ID, secret, p, as, v.tellSender, v.now)
	if errors.Is(err, store.ErrNotRecipient) {
		return v.askElsewhere(rec, p, a.String(), problem{"address", v.t("elsewhere.not-sent-there", "address", a)})
	}
	if err != nil {
		return v.toldAbout(err, rec.ID, secret, a)
	}
	v.senderAsked(rec.ID, store.AskLetIn, fresh)
	return v.enter(as, "/m/"+rec.ID.String()+"/asked")
}

// TellAsker tells who asked for something that the answer is yes; the store queues it
// in the step that does what was asked for.
func TellAsker(now time.Time) store.Telling {
	return func(rec store.Record, a store.Ask) (store.Outgoing, error) {
		raw, err := json.Marshal(notice.AskAnsweredData{LetIn: a.Kind == store.AskLetIn, Sender: senderName(rec), SentAt: rec.SealedAt, Until: rec.ExpiresAt})
		return store.Outgoing{Kind: string(notice.AskAnswered), To: a.From, Data: raw, Due: now, Expires: now.Add(store.OutboxLife)}, err
	}
}

// wake lets the outbox look at what was queued.
func (v *visit) wake() {
	if v.s.Outbox != nil {
		v.s.Outbox.Kick()
	}
}

// offered are the recipients whom the mail itself names in To or Cc, to choose
// from; whoever stands in neither (Bcc) types hers, and nobody learns of her.
func offered(rec store.Record) []string {
	var out []string
	for _, field := range [][]string{rec.To, rec.Cc} {
		for _, line := range field {
			for _, n := range addr.ParseHeader(line) {
				if _, ok := rec.Recipient(n.Address); ok && len(out) < maxOffered && !slices.Contains(out, n.Address.String()) {
					out = append(out, n.Address.String())
				}
			}
		}
	}
	return out
}

// picked is the address picked from a list, or else the one typed.
func (v *visit) picked() string {
	if a := v.field("choice"); a != "" {
		return a
	}
	return v.field("address")
}
