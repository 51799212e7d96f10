package portal

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/store"
)

// sentLetter is one new message on its way in.
type sentLetter struct {
	from   addr.Named
	people addressees
	draft  *draft
	what   string    // draft.name
	at     time.Time // of the first try, so that every try writes the same bytes
}

// errCopy says that everybody has the message but its writer her copy.
var errCopy = errors.New("portal: no copy for the writer")

// sendLetter sends a new message, once, and shows the form again where that fails,
// with what was written, which is kept among the drafts too (BCC-14).
func (v *visit) sendLetter(p store.Proof, d *draft) error {
	people, problems, err := v.judgeLetter(p, d)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		v.s.Metrics.letters.WithLabelValues("refused").Inc()
		return v.showLetter(http.StatusUnprocessableEntity, *d, "", problems...)
	}
	l := &sentLetter{from: addr.Named{Name: v.nameOf(p.Address()), Address: p.Address()}, people: people, draft: d, what: d.name(store.Record{}, p.Address())}
	full := false
	err = v.once(envelope.ID{}, l.what, func(first time.Time) error {
		room, err := v.s.Store.Take(v.ctx(), quotaWrite, v.now, p.Address().Key())
		if err != nil || !room {
			full = !room
			return orElse(err, store.ErrTooMany)
		}
		l.at = first
		return v.handLetter(l, p)
	})
	switch {
	case full && errors.Is(err, store.ErrTooMany):
		return v.letterAgain(p, d, http.StatusTooManyRequests, problem{"text", v.t("write.too-often", "n", quotaWrite.Max)})
	case errors.Is(err, errUnderWay):
		return err
	case err != nil:
		status, problem := v.letterRefused(err)
		v.s.note(v.explain(err), err, v.r)
		return v.letterAgain(p, d, status, problem)
	}
	if d.letter.saved != "" {
		if err := v.s.Store.DropDraft(v.ctx(), p, d.letter.saved); err != nil {
			v.s.Log.Error("a draft was not forgotten", "err", err) // it ends by itself
		}
	}
	v.see("/written/done")
	return nil
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// letterAgain shows the form again after a try to send, and keeps the draft.
func (v *visit) letterAgain(p store.Proof, d *draft, status int, what problem) error {
	note := ""
	if err := v.keepLetter(p, d); err == nil {
		note = v.t("write.kept")
	}
	return v.showLetter(status, *d, note, what)
}

// letterRefused says why a message was not taken, at the field where it may lie.
func (v *visit) letterRefused(err error) (int, problem) {
	var said *relay.Reply
	switch {
	case errors.Is(err, relay.ErrUnknown):
		return http.StatusBadGateway, problem{"text", v.t("write.unknown")}
	case errors.Is(err, errPartly):
		return http.StatusBadGateway, problem{"text", v.t("write.partly")}
	case errors.Is(err, relay.ErrPermanent):
		key, field, code := "write.refused", "text", ""
		if errors.As(err, &said) {
			code = strings.TrimSpace(fmt.Sprintf("%d %s", said.Code, said.Enhanced))
			switch {
			case strings.HasPrefix(said.Enhanced, "5.1."):
				key, field = "write.refused-address", "to"
			case said.Enhanced == "5.2.2":
				key, field = "write.refused-full", "to"
			case said.Enhanced == "5.3.4" || said.Enhanced == "5.2.3" || said.Code == 552:
				key, field = "write.refused-size", "file"
			case strings.HasPrefix(said.Enhanced, "5.7."), said.Code == 554:
				key = "write.refused-rules"
			}
		}
		return http.StatusUnprocessableEntity, problem{field, strings.TrimSpace(v.t(key) + " " + v.codeWords(code))}
	}
	return http.StatusServiceUnavailable, problem{"text", v.t("write.not-sent")}
}

// codeWords names the other mail system's numbers, for who asks for help.
func (v *visit) codeWords(code string) string {
	if code == "" {
		return ""
	}
	return v.t("write.code", "code", code)
}

// handLetter hands a message over as an answer goes: an envelope to everybody
// outside, by the ledger, then the ordinary tagged mail to people inside (BCC-10,
// BCC-15). The writer's own copy comes last: what it lacks is no reason to send
// all again.
func (v *visit) handLetter(l *sentLetter, p store.Proof) error {
	inside, outside := v.s.apart(l.people.all())
	own := l.draft.copy && !slices.ContainsFunc(l.people.all(), l.from.Address.Equal)
	if own && len(outside) > 0 && !v.s.Inside(l.from.Address) {
		outside, own = append(outside, relay.Recipient{Address: l.from.Address}), false
	}
	if len(outside) > 0 {
		if err := v.sealLetter(l, outside); err != nil {
			return v.letterFailed(err, errNotSent)
		}
	}
	if len(inside) > 0 {
		if err := v.giveLetter(l, inside); err != nil {
			if len(outside) > 0 {
				return v.letterFailed(err, errPartly)
			}
			return v.letterFailed(err, errNotSent)
		}
	}
	if own {
		if err := v.ownCopy(l); err != nil {
			v.s.Log.Error("a writer has no copy", "err", err)
			l.draft.copy = false
		}
	}
	v.s.Metrics.letters.WithLabelValues("sent").Inc()
	v.s.Log.Info("message handed over", "attachments", len(l.draft.files), "inside", len(inside), "sealed", len(outside))
	return v.noteLetter(l, p)
}

// letterFailed is failed for a new message.
func (v *visit) letterFailed(err, otherwise error) error {
	outcome, out := outcomeOf(err, otherwise)
	if outcome != "" {
		v.s.Metrics.letters.WithLabelValues(outcome).Inc()
	}
	return out
}

// ownCopy gives the writer what she wrote, as everybody at such an address gets it.
func (v *visit) ownCopy(l *sentLetter) error {
	to := []relay.Recipient{{Address: l.from.Address}}
	err := error(errCopy)
	if v.s.Inside(l.from.Address) {
		err = v.giveLetter(l, to)
	} else if v.s.Seal != nil {
		err = v.sealLetter(l, to)
	}
	return err
}

// noteLetter writes down to whom, when and about what. That a message went out is
// true whether or not this works.
func (v *visit) noteLetter(l *sentLetter, p store.Proof) error {
	w := store.Written{ID: v.s.answerID(l.what), Subject: l.draft.letter.subject, At: l.at, Copy: l.draft.copy, Files: l.draft.names}
	for _, n := range l.people.to {
		w.To = append(w.To, n.Address.String())
	}
	for _, n := range l.people.cc {
		w.Cc = append(w.Cc, n.Address.String())
	}
	if err := v.s.Store.AddWritten(v.ctx(), p, w, v.now); err != nil {
		v.s.Log.Error("it was not written down that a message was sent", "err", err)
	}
	return nil
}

// giveLetter hands the ordinary mail to people inside.
func (v *visit) giveLetter(l *sentLetter, to []relay.Recipient) error {
	m, err := v.letterMail(l, v.s.Tag, to)
	if err == nil {
		_, err = v.s.Inbound.Send(v.ctx(), m)
	}
	return err
}

// sealLetter gives everybody else an envelope.
func (v *visit) sealLetter(l *sentLetter, to []relay.Recipient) error {
	if v.s.Seal == nil {
		return errNoReply
	}
	m, err := v.letterMail(l, "", to)
	if err == nil {
		err = v.s.Seal(v.ctx(), m, l.from, defaultProfile)
	}
	return err
}

// defaultProfile is the profile of what people write on the pages.
const defaultProfile = "default"

// letterMail writes the mail.
func (v *visit) letterMail(l *sentLetter, tag string, to []relay.Recipient) (relay.Mail, error) {
	from, err := addr.Parse("b+none@" + v.s.Brand.ServiceDomain)
	if err != nil {
		return relay.Mail{}, fmt.Errorf("portal: service domain: %w", err)
	}
	d := l.draft
	data := notice.ReplyData{FromName: l.from.Name, From: l.from.Address, Subject: d.letter.subject, Tag: tag, Text: d.text, Look: notice.Harmless(d.letter.look.mail), SentAt: l.at}
	for _, a := range d.files {
		data.Attachments = append(data.Attachments, notice.Attachment{Name: a.name, Type: a.kind, Write: copyFrom(a.file)})
	}
	mail, err := v.s.Notices.Render(notice.Reply, l.people.to[0].Address, data, l.at)
	if err != nil {
		return relay.Mail{}, fmt.Errorf("%w: %w", errNotSent, err)
	}
	mail.To, mail.Cc, mail.MessageID = l.people.to, l.people.cc, v.s.answerID(l.what)
	return relay.Mail{Kind: relay.KindInside, From: from, Recipients: to, Write: mail.Encode}, nil
}
