package portal

import (
	"context"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/store"
)

// handOverTime is what handing one answer over may take. It does not end with the
// browser's patience: an answer cut short because somebody closed a lid would be
// neither sent nor not sent.
const handOverTime = 5 * time.Minute

var onceForm = regexp.MustCompile(`^[A-Za-z0-9_-]{22,64}$`)

// send sends an answer, once. nil means queued for everybody.
func (v *visit) send(req store.ReleaseRequest, d *draft) error {
	rec, err := v.s.Store.Envelope(v.ctx(), req.ID, req.Secret)
	if err != nil {
		return err
	}
	what := d.name(rec, req.Person.Address())
	return v.once(req.ID, what, func(first time.Time) error { return v.handOver(req, d, what, first) })
}

// maxTurns bounds how many tries of one thing may end before ours in this daemon.
const maxTurns = 8

// once does what must be done a single time: a second press, or a try after an
// answer that was lost on the way, finds it done. first is the time of the first try.
func (v *visit) once(id envelope.ID, what string, do func(first time.Time) error) error {
	for range maxTurns {
		end, busy := v.s.sends.begin(what)
		if busy != nil {
			select {
			case <-busy:
				continue
			case <-v.ctx().Done():
				return errUnderWay
			}
		}
		defer end()
		how, first, err := v.s.Store.SendBegin(v.ctx(), what, v.now)
		switch {
		case err != nil:
			return err
		case how == store.SendDone:
			return nil
		case how == store.SendNow:
			return v.onceNow(id, what, func() error { return do(first) })
		}
		return errUnderWay // by another daemon
	}
	return errUnderWay
}

func (v *visit) onceNow(id envelope.ID, what string, do func() error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.ctx()), handOverTime)
	defer cancel()
	request := v.r
	v.r = request.WithContext(ctx)
	defer func() { v.r = request }()
	err := do()
	if endErr := v.s.Store.SendEnded(ctx, what, err == nil); endErr != nil {
		v.s.Log.Error("it was not recorded how an answer ended", "envelope", id.String(), "err", endErr)
	}
	return err
}

// handOver asks the gate, writes the mail and hands it over: first to those who get
// it sealed, whom the ledger keeps from being served twice, then to those inside.
func (v *visit) handOver(req store.ReleaseRequest, d *draft, what string, first time.Time) error {
	key, rec, err := v.s.Store.Release(v.ctx(), req) // the gate counts even where the key is not needed
	if err != nil {
		return err
	}
	if err := v.s.mayReply(rec); err != nil {
		return err
	}
	from := req.Person.Address()
	cc, wrong := v.s.chosen(rec, from, d.cc)
	if wrong != "" {
		return errNotAmong
	}
	l := &reply{rec: rec, from: addr.Named{Name: v.nameOf(from), Address: from}, cc: cc, draft: d, text: d.text, what: what, at: first}
	if d.quote {
		quote, err := v.quoted(rec, key)
		if err != nil {
			return fmt.Errorf("%w: %w", errNoQuote, err)
		}
		l.text = strings.TrimRight(d.text, "\r\n ") + "\n\n" + quote
	}
	inside, outside := v.s.apart(l.people())
	if len(outside) > 0 {
		if err := v.seal(l, outside); err != nil {
			return v.failed(err, errNotSent)
		}
	}
	if len(inside) > 0 {
		if err := v.handIn(l, inside); err != nil {
			if len(outside) > 0 {
				return v.failed(err, errPartly)
			}
			return v.failed(err, errNotSent)
		}
	}
	v.s.Metrics.replies.WithLabelValues("sent").Inc()
	v.s.Log.Info("reply handed over", "envelope", rec.ID.String(), "attachments", len(d.files), "inside", len(inside), "sealed", len(outside))
	return nil
}

// reply is one answer on its way.
type reply struct {
	rec   store.Record
	from  addr.Named
	cc    []addr.Named
	draft *draft
	text  string
	what  string    // draft.name
	at    time.Time // of the first try, so that every try writes the same bytes
}

// people gives whom it is for: the sender, who was chosen, and the writer herself
// when she wants a copy.
func (l *reply) people() []addr.Address {
	out := []addr.Address{l.rec.Sender}
	for _, n := range l.cc {
		out = append(out, n.Address)
	}
	if l.draft.copy && !l.from.Address.Equal(l.rec.Sender) {
		out = append(out, l.from.Address)
	}
	return out
}

// apart tells those who get it in clear, inside, from those who get it sealed.
func (s *Server) apart(people []addr.Address) (inside, outside []relay.Recipient) {
	for _, a := range people {
		if s.Inbound != nil && s.Inside(a) {
			inside = append(inside, relay.Recipient{Address: a})
		} else {
			outside = append(outside, relay.Recipient{Address: a})
		}
	}
	return inside, outside
}

// handIn gives people inside the ordinary mail that they get (CYC-10). It answers
// the original, so that it threads there, and its tag makes the next answer sealed.
func (v *visit) handIn(l *reply, to []relay.Recipient) error {
	m, err := v.compose(l, v.s.Tag, l.rec.OriginalID, to)
	if err == nil {
		_, err = v.s.Inbound.Send(v.ctx(), m)
	}
	return err
}

// seal gives everybody else an envelope, by the one place that seals. It answers
// the sealed mail that stands in their mailboxes.
func (v *visit) seal(l *reply, to []relay.Recipient) error {
	if v.s.Seal == nil {
		return errNoReply
	}
	m, err := v.compose(l, "", l.rec.OuterID, to)
	if err == nil {
		err = v.s.Seal(v.ctx(), m, l.from, l.rec.Profile)
	}
	return err
}

// compose writes the mail.
func (v *visit) compose(l *reply, tag, parent string, to []relay.Recipient) (relay.Mail, error) {
	from, err := addr.Parse("b+" + l.rec.ID.String() + "@" + v.s.Brand.ServiceDomain)
	if err != nil {
		return relay.Mail{}, fmt.Errorf("portal: service domain: %w", err)
	}
	data := notice.ReplyData{FromName: l.from.Name, From: l.from.Address, Subject: replySubject(l.rec, v.s.Tag), Tag: tag, Text: l.text,
		EnvelopeID: l.rec.ID.String(), InReplyTo: parent, References: threadBefore(l.rec, parent), SentAt: l.at}
	for _, a := range l.draft.files {
		data.Attachments = append(data.Attachments, notice.Attachment{Name: a.name, Type: a.kind, Write: copyFrom(a.file)})
	}
	mail, err := v.s.Notices.Render(notice.Reply, l.rec.Sender, data, l.at)
	if err != nil {
		return relay.Mail{}, fmt.Errorf("%w: %w", errNotSent, err)
	}
	mail.To, mail.Cc = []addr.Named{{Name: l.rec.SenderName, Address: l.rec.Sender}}, l.cc
	mail.MessageID = v.s.answerID(l.what)
	mail.ThreadTopic, mail.ThreadIndex = threadTopic(l.rec), threadIndex(l.rec.ThreadIndex, mail.MessageID, l.at)
	return relay.Mail{Kind: relay.KindInside, From: from, Recipients: to, EnvelopeID: l.rec.ID.String(), Write: mail.Encode}, nil
}

// failed counts how a handing over failed and says what is known: unknown, refused
// for good, or else as otherwise says.
func (v *visit) failed(err, otherwise error) error {
	outcome, out := outcomeOf(err, otherwise)
	if outcome != "" {
		v.s.Metrics.replies.WithLabelValues(outcome).Inc()
	}
	return out
}

// outcomeOf is what failed says and counts.
func outcomeOf(err, otherwise error) (outcome string, out error) {
	switch {
	case errors.Is(err, relay.ErrUnknown):
		return "unknown", err
	case errors.Is(err, errNoReply):
		return "", err
	case errors.Is(err, relay.ErrPermanent), errors.Is(err, relay.ErrClear):
		if otherwise == errPartly {
			return "refused", fmt.Errorf("%w: %w", errPartly, err)
		}
		return "refused", fmt.Errorf("%w: %w", relay.ErrPermanent, err)
	}
	return "not_sent", fmt.Errorf("%w: %w", otherwise, err)
}

func copyFrom(f io.ReadSeeker) func(io.Writer) error {
	return func(w io.Writer) error {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		_, err := io.Copy(w, f)
		return err
	}
}

// answerID makes the Message-ID out of all that an answer holds: one that is sent
// again is the same mail where mail systems look.
func (s *Server) answerID(what string) string {
	sum, _ := hex.DecodeString(what) // draft.name gives nothing else
	return "<r." + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:20])) + "@" + s.Brand.ServiceDomain + ">"
}

// nameOf gives the name that somebody set with her password, else nothing.
func (v *visit) nameOf(a addr.Address) string {
	acc, err := v.s.Store.Account(v.ctx(), a)
	if err != nil {
		return "" // no account, or not to be had just now: the address says enough
	}
	return strings.TrimSpace(acc.FirstName + " " + acc.LastName)
}

// sends are the answers that this daemon is sending at this moment.
type sends struct {
	mu  sync.Mutex
	now map[string]chan struct{}
}

// begin notes one, which end ends; or busy is closed when the one under way has
// ended.
func (s *sends) begin(what string) (end func(), busy <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if done, ok := s.now[what]; ok {
		return nil, done
	}
	if s.now == nil {
		s.now = map[string]chan struct{}{}
	}
	done := make(chan struct{})
	s.now[what] = done
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.now, what)
		close(done)
	}, nil
}
