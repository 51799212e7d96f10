package milter

import (
	"context"
	"fmt"
	"slices"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/relay"
)

// part is those people of a batch whose envelope mail is written in one language.
// They are handed to Postfix by themselves: the same envelope, container and
// Message-ID, another text around it. Nobody else is shown it, so that nobody learns
// who has an account or what it says.
type part struct {
	lang string // tag; empty: as the organisation writes
	to   []relay.Recipient
	mail notice.Mail
}

// parts sorts a batch by the languages of its readers' accounts. What cannot be looked
// up keeps nobody from the message: it is written as the organisation writes.
func (f *Filter) parts(ctx context.Context, s *sealing) []part {
	tags := f.Notices.Brand().Tags()
	if f.Language == nil || len(tags) < 2 {
		return []part{{to: s.to}}
	}
	var out []part
	for _, to := range s.to {
		lang, err := f.Language(ctx, to.Address)
		if err != nil {
			f.Log.Warn("the language of a recipient is not known", "envelope", s.record.ID.String(), "error", err)
		}
		if err != nil || !slices.Contains(tags, lang) {
			lang = ""
		}
		i := slices.IndexFunc(out, func(p part) bool { return p.lang == lang })
		if i < 0 {
			i, out = len(out), append(out, part{lang: lang})
		}
		out[i].to = append(out[i].to, to)
	}
	return out
}

// holdParts holds, beside the confirmation for all, one for those who have the
// envelope when the connection is lost between two parts: their sender must not wait
// for the others (promise 5).
func (f *Filter) holdParts(s *sealing) error {
	if len(s.held) == 0 {
		return nil // nobody to tell
	}
	var served []addr.Address
	for _, p := range s.parts[:len(s.parts)-1] {
		served = append(served, addressesOf(p.to)...)
		o, err := f.confirmation(s, served)
		if err != nil {
			return err
		}
		s.early = append(s.early, o)
	}
	return nil
}

// first gives the people of the first n parts, and the notices to free when Postfix
// has the envelope for them and for nobody else.
func (s *sealing) first(n int) (to []addr.Address, free []string) {
	for _, p := range s.parts[:n] {
		to = append(to, addressesOf(p.to)...)
	}
	for i, o := range s.held {
		if i > 0 || n == len(s.parts) { // in front stands the confirmation for all
			free = append(free, o.ID)
		}
	}
	if n < len(s.parts) && n <= len(s.early) {
		free = append(free, s.early[n-1].ID)
	}
	return to, free
}

// send hands the parts over. What Postfix took is recorded after each, so that a
// retry serves nobody twice; the last record frees the confirmation.
func (f *Filter) send(ctx context.Context, s *sealing) error {
	m := s.job.Mail
	queueID := ""
	for i, p := range s.parts {
		answer, err := f.Relay.Send(ctx, f.asksReports(s, relay.Mail{
			Kind:       relay.KindEnvelope,
			From:       f.bounceTo(s),
			Recipients: p.to,
			EnvelopeID: m.Args.EnvelopeID,
			Return:     m.Args.Return,
			UTF8:       m.Args.UTF8,
			Client:     xforward(m),
			Write:      p.mail.Encode,
		}))
		if err != nil {
			if i > 0 {
				f.queued(ctx, s, i, queueID)
			}
			return fmt.Errorf("relay: %w", err)
		}
		queueID = relayQueueID(answer)
		if i < len(s.parts)-1 {
			to, _ := s.first(i + 1)
			// What fails here is done again with the next part.
			_ = f.note(context.WithoutCancel(ctx), lateNote{ID: s.record.ID, Recipients: to, QueueID: queueID, At: f.Now()})
		}
	}
	f.queued(ctx, s, len(s.parts), queueID)
	return nil
}
