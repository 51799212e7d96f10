package portal

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/calendar"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/words"
)

// answers are the buttons of an invitation, by the form's value: what is answered,
// and the words for the one who answered and for the organiser.
var answers = map[string]struct {
	calendar.Answer
	sent, subject, text string
}{
	"accepted":  {calendar.Accepted, "invite.sent-accepted", "answer.mail-subject-accepted", "answer.mail-accepted"},
	"tentative": {calendar.Tentative, "invite.sent-tentative", "answer.mail-subject-tentative", "answer.mail-tentative"},
	"declined":  {calendar.Declined, "invite.sent-declined", "answer.mail-subject-declined", "answer.mail-declined"},
}

// shownInvite is an appointment as the page shows it.
type shownInvite struct {
	Title, What, When, Repeats, Organiser string
	Where, Description                    []run
	Save                                  string
	Part                                  int
	CanAnswer, HasPlace                   bool
	Once                                  string
	Why                                   string // why it cannot be answered here; empty: nothing to say
}

// invited gives the appointment of a message in words; nil for none.
func (v *visit) invited(s shown, o *opened, p place) *shownInvite {
	if s.invite == nil {
		return nil
	}
	e := s.invite.event
	out := &shownInvite{Title: v.t(inviteTitle(e)), What: e.Summary, When: v.teller().when(e), Repeats: v.teller().repeats(e), Where: linked(e.Location), HasPlace: e.Location != "",
		Organiser: organiserLine(e.Organiser), Save: p.url("/part/" + strconv.Itoa(s.invite.n)), Part: s.invite.n}
	if out.What == "" {
		out.What = v.t("message.no-subject")
	}
	if s.text == "" && s.html == "" && e.Description != "" {
		out.Description = linked(e.Description)
	}
	if e.Method != "REQUEST" {
		return out
	}
	if p.in == "" && v.s.mayAnswerTo(o.rec, e) == nil {
		out.CanAnswer, out.Once = true, random()
	} else {
		out.Why = v.t("invite.elsewhere")
	}
	return out
}

func inviteTitle(e calendar.Event) string {
	switch {
	case e.Method == "CANCEL" || e.Status == "CANCELLED":
		return "invite.cancelled"
	case e.Method == "REQUEST":
		return "invite.request"
	}
	return "invite.appointment"
}

// organiserLine names a person of an invitation.
func organiserLine(p calendar.Person) string {
	switch {
	case p.Address.IsZero():
		return p.Name
	case p.Name == "" || strings.EqualFold(p.Name, p.Address.String()):
		return p.Address.String()
	}
	return p.Name + " (" + p.Address.String() + ")"
}

// mayAnswerTo tells whether an answer goes to the organiser: in clear, so only
// inside, and only where the sender could be answered too.
func (s *Server) mayAnswerTo(rec store.Record, e calendar.Event) error {
	if err := s.mayReply(rec); err != nil {
		return err
	}
	if !e.Answerable() || !s.Inside(e.Organiser.Address) {
		return errNoReply
	}
	return nil
}

// answerInvite answers an invitation. What it says is read from the message
// itself, not from the form.
func answerInvite(v *visit) error {
	n, err := strconv.Atoi(v.field("part"))
	if _, ok := answers[v.field("answer")]; err != nil || !ok {
		return errForm
	}
	o, err := v.open(forReply)
	if err != nil {
		return err
	}
	defer func() { _ = o.Close() }()
	_, f, err := v.s.extract(o.file, n)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, calendar.MaxBytes+1))
	if err != nil {
		return errPart
	}
	e, ok := readEvent("", raw)
	if !ok {
		return errPart
	}
	p, err := v.person()
	if err != nil {
		return err
	}
	p = p.For(o.rec)
	if err := v.sendAnswer(o.rec, p.Address(), e, v.field("answer"), v.field("once")); err != nil {
		return told{err, &o.rec, p.Address()}
	}
	v.see("/m/" + o.rec.ID.String() + "/answered?answer=" + v.field("answer"))
	return nil
}

func answered(v *visit) error {
	id, _, _, err := v.entitled()
	if err != nil {
		return err
	}
	a, ok := answers[v.r.URL.Query().Get("answer")]
	if !ok {
		return errPage
	}
	return v.show("answered", v.t(a.sent), map[string]any{"Path": "/m/" + id.String()})
}

// sendAnswer hands the answer to Postfix, to the organiser alone, once: pressed
// again, it was sent. Who thinks better of it and presses another button is heard,
// and then the first one anew. The gate was asked.
func (v *visit) sendAnswer(rec store.Record, from addr.Address, e calendar.Event, said, once string) error {
	if err := v.s.mayAnswerTo(rec, e); err != nil {
		return err
	}
	if !onceForm.MatchString(once) { // a page of before, which cannot press the same thing twice for one answer
		once = random()
	}
	what := func(said string) string { return answerName(rec, from, e, said, once) }
	return v.once(rec.ID, what(said), func(first time.Time) error {
		if err := v.handAnswer(rec, from, e, said, what(said), first); err != nil {
			return err
		}
		for other := range answers {
			if other == said {
				continue
			}
			if err := v.s.Store.SendForget(v.ctx(), what(other)); err != nil {
				v.s.Log.Error("an earlier answer to an invitation was not forgotten", "envelope", rec.ID.String(), "err", err)
			}
		}
		return nil
	})
}

// answerName names one answer by all that it holds.
func answerName(rec store.Record, from addr.Address, e calendar.Event, said, once string) string {
	h := sha256.New()
	write(h, "invitation", rec.ID.String(), from.Key(), e.UID, said, once)
	return hex.EncodeToString(h.Sum(nil))
}

// handAnswer writes the answer, the same bytes at each try, and hands it over.
func (v *visit) handAnswer(rec store.Record, from addr.Address, e calendar.Event, said, what string, first time.Time) error {
	sender, err := addr.Parse("b+" + rec.ID.String() + "@" + v.s.Brand.ServiceDomain)
	if err != nil {
		return err
	}
	l := v.s.staffLanguage()
	a, summary, name := answers[said], strings.Join(strings.Fields(e.Summary), " "), v.nameOf(from)
	data := notice.ReplyData{FromName: name, From: from, Subject: l.Text(a.subject, "what", summary), Tag: v.s.Tag,
		Text: l.Text(a.text, "what", summary, "when", teller{l, v.s.Location}.when(e)), EnvelopeID: rec.ID.String(),
		InReplyTo: rec.OriginalID, References: rec.OriginalID, SentAt: first}
	mail, err := v.s.Notices.Render(notice.Reply, e.Organiser.Address, data, first)
	if err != nil {
		return errors.Join(errNotSent, err)
	}
	mail.Calendar = e.Reply(from, name, a.Answer, first)
	sum := sha256.Sum256([]byte(what + first.UTC().Format(time.RFC3339Nano))) // the same words again later are another mail
	mail.MessageID = v.s.answerID(hex.EncodeToString(sum[:]))
	_, err = v.s.Inbound.Send(v.ctx(), relay.Mail{Kind: relay.KindInside, From: sender, Recipients: []relay.Recipient{{Address: e.Organiser.Address}},
		EnvelopeID: rec.ID.String(), Write: mail.Encode})
	return v.handed(rec, err)
}

// handed counts what became of an answer and says it in the errors of the table.
func (v *visit) handed(rec store.Record, err error) error {
	count := v.s.Metrics.replies
	switch {
	case err == nil:
		count.WithLabelValues("sent").Inc()
		v.s.Log.Info("invitation answered", "envelope", rec.ID.String())
		return nil
	case errors.Is(err, relay.ErrUnknown):
		count.WithLabelValues("unknown").Inc()
		return err
	case errors.Is(err, relay.ErrPermanent), errors.Is(err, relay.ErrClear):
		count.WithLabelValues("refused").Inc()
		return errors.Join(relay.ErrPermanent, err)
	}
	count.WithLabelValues("not_sent").Inc()
	return errors.Join(errNotSent, err)
}

// apiAnswerInvite takes an answer from securedoc.html: fields session, id, answer
// and calendar. Where the message is on the shelf, what it says counts and not the
// page's copy; where it is not, the organiser must be the message's sender.
func apiAnswerInvite(v *visit) (any, error) {
	_, ok := answers[v.field("answer")]
	said, readable := readEvent("", []byte(v.field("calendar")))
	if !ok || !readable {
		return nil, errForm
	}
	req, err := v.apiReplyRequest(map[string]string{"session": v.field("session"), "id": v.field("id"), "t": v.field("t")})
	if err == nil {
		err = v.hold(req.Person)
	}
	if err != nil {
		return nil, err
	}
	key, rec, err := v.s.Store.Release(v.ctx(), req)
	if err != nil {
		return nil, err
	}
	e := said
	if box, err := v.s.container(v.ctx(), rec); err == nil {
		f, _, err := v.s.unseal(box, key)
		_ = box.Close()
		if err != nil {
			return nil, err
		}
		s, err := v.display(f)
		_ = f.Close()
		if err != nil {
			return nil, err
		}
		if s.invite == nil || s.invite.event.UID != said.UID {
			return nil, errNoReply
		}
		e = s.invite.event
	} else if !errors.Is(err, errGone) || !e.Organiser.Address.Equal(rec.Sender) {
		return nil, errNoReply
	}
	if err := v.sendAnswer(rec, req.Person.Address(), e, v.field("answer"), v.field("once")); err != nil {
		return nil, err
	}
	return map[string]any{"sent": true, "text": v.t(answers[v.field("answer")].sent) + ". " + v.t("invite.sent-text")}, nil
}

// apiInvitation says in words what an invitation says that a page has opened, so
// that time zones and repetitions are worked out in one place.
type apiInvitation struct {
	Title   string      `json:"title"`
	Rows    [][2]string `json:"rows"`
	Answers [][2]string `json:"answers,omitempty"` // value and label
	Note    string      `json:"note,omitempty"`
	Save    string      `json:"save"`
	Once    string      `json:"once,omitempty"` // to come back with the answer, which is then sent a single time
}

func apiShowInvitation(v *visit) (any, error) {
	req, err := v.apiReplyRequest(map[string]string{"session": v.field("session"), "id": v.field("id"), "t": v.field("t")})
	if err != nil {
		return nil, err
	}
	rec, err := v.s.Store.Envelope(v.ctx(), req.ID, req.Secret)
	if err != nil {
		return nil, err
	}
	if err := standing(rec, req.Person, v.now); err != nil {
		return nil, told{err, &rec, req.Person.Address()}
	}
	e, ok := readEvent("", []byte(v.field("calendar")))
	if !ok {
		return nil, errPart
	}
	i := v.invited(shown{invite: &invitation{event: e}, text: " "}, &opened{rec: rec}, place{})
	out := apiInvitation{Title: i.Title, Note: i.Why, Save: v.t("invite.save")}
	for _, row := range [][2]string{{v.t("invite.what"), i.What}, {v.t("invite.when"), i.When}, {v.t("invite.repeats"), i.Repeats},
		{v.t("invite.where"), e.Location}, {v.t("invite.organiser"), i.Organiser}} {
		if row[1] != "" {
			out.Rows = append(out.Rows, row)
		}
	}
	if i.CanAnswer {
		out.Answers = [][2]string{{"accepted", v.t("invite.accept")}, {"tentative", v.t("invite.tentative")}, {"declined", v.t("invite.decline")}}
		out.Note, out.Once = v.t("invite.only-organiser"), i.Once
	}
	return out, nil
}

// staffLanguage is that of mails to staff: the organisation's own.
func (s *Server) staffLanguage() *words.Language {
	if len(s.Brand.Languages) > 0 {
		return words.In(s.Brand.Languages[0])
	}
	return words.In(words.Default)
}
