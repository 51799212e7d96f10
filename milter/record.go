package milter

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// fillRecord completes what the store keeps of an envelope, and the confirmation
// that waits for its 250. A retry keeps the times of the first try, so that it
// writes the same page.
func (f *Filter) fillRecord(s *sealing) error {
	j, r := s.job, &s.record
	shown := j.verdict.Shown
	r.Profile = s.profile
	r.Sender, r.SenderName, r.OnBehalf = shown.Address, shown.Name, shown.OnBehalf
	if s.rules.SenderName != "" && s.ownSender() {
		r.SenderName = s.rules.SenderName
	}
	r.EnvelopeFrom = j.Sender
	if !j.author.Address.IsZero() {
		r.EnvelopeFrom = j.author.Address // she hears of bounces, sees and takes back what she wrote
	} else if from := f.from(j); !from.Address.Equal(shown.Address) {
		// The record's sender may see and recall: an outsider whose mail was
		// redirected may not even learn where to.
		r.Sender, r.SenderName = from.Address, shown.Address.String()
	}
	r.Unannounced = f.noticeSentOn(j)
	r.To, r.Cc = writtenAll(j.shown("To")), writtenAll(j.shown("Cc"))
	r.Subject = j.subject
	r.OriginalID = messageIDs(j.all("Message-ID"), 1)
	r.References = messageIDs(j.all("References"), maxReferences)
	r.ThreadTopic, r.ThreadIndex = j.thread()
	r.OuterID = f.Keys.MessageID(j.fingerprint, s.profile, f.Notices.Brand().ServiceDomain)
	r.Marking = or2(s.rules.Banner, s.rules.Marking)
	r.Reply, r.SignIn = s.rules.Reply, s.rules.SignIn
	r.SecretHash = f.Keys.Secret(r.ID).Hash()
	if s.known.Found {
		r.SealedAt, r.ExpiresAt, r.LinkUntil = s.known.Record.SealedAt, s.known.Record.ExpiresAt, s.known.Record.LinkUntil
		r.ReadyAt = s.known.Record.ReadyAt
	} else {
		r.SealedAt = j.now
		r.ExpiresAt = j.now.Add(s.rules.Expires.Std())
		if undo := s.rules.UndoWindow.Std(); undo > 0 {
			r.ReadyAt = j.now.Add(undo)
		}
	}
	if s.link && (r.LinkUntil.IsZero() || !s.attach) {
		r.LinkUntil = r.SealedAt.Add(s.rules.Link.Std())
		if r.LinkUntil.After(r.ExpiresAt) || !s.attach { // without the file the link is the only way
			r.LinkUntil = r.ExpiresAt
		}
	}
	return f.hold(s)
}

// hold writes the confirmation (BOP-5). It goes to somebody of ours only: the
// envelope sender, else the sender shown; who else would be told what our staff
// sealed. An outsider's redirected mail has nobody to tell.
func (f *Filter) hold(s *sealing) error {
	j := s.job
	if !j.author.Address.IsZero() {
		return nil // the page tells who wrote on it
	}
	if s.record.Unannounced {
		f.Log.Info("a notice of ours that was sent on is sealed, and nobody is told", "queue_id", j.QueueID, "envelope", s.record.ID.String())
		return nil
	}
	var to addr.Address
	for _, a := range []addr.Address{j.Sender, j.verdict.Shown.Address} {
		if !a.IsZero() && j.rules.Inside(a) {
			to = a
			break
		}
	}
	if to.IsZero() {
		f.Log.Warn("nobody of ours to confirm to", "queue_id", j.QueueID, "envelope", s.record.ID.String())
		return nil
	}
	s.confirmTo = to
	o, err := f.confirmation(s, s.addresses())
	if err != nil {
		return err
	}
	s.held = []store.Outgoing{o}
	return s.remind(to)
}

// confirmation is the one about some people of a batch.
func (f *Filter) confirmation(s *sealing, people []addr.Address) (store.Outgoing, error) {
	j := s.job
	data, err := json.Marshal(notice.ConfirmationData{
		Subject:    oneLine(j.subject),
		Recipients: texts(people),
		Reasons:    s.reasons(),
		Notes:      bounded(append(slices.Clone(j.verdict.Notes), j.doubts...)),
		Clear:      j.plan.clear,
		SealedAt:   s.record.SealedAt,
		Expires:    s.record.ExpiresAt,
		TakeBack:   f.Notices.Brand().PortalURL + "/sent/" + s.record.ID.String(),
		EnvelopeID: s.record.ID.String(),
		OriginalID: s.record.OriginalID,
		ReadyAt:    s.record.ReadyAt,
	})
	if err != nil {
		return store.Outgoing{}, fmt.Errorf("confirmation: %w", err)
	}
	return store.Outgoing{ID: f.confirmationID(people), Envelope: s.record.ID, Kind: string(notice.Confirmation), To: s.confirmTo, Data: data, Due: j.now}, nil
}

// confirmationID names the confirmation by the people it is about: a retry for
// the same people replaces it, a later transaction for others has its own.
func (f *Filter) confirmationID(people []addr.Address) string {
	keys := make([]string, 0, len(people))
	for _, a := range people {
		keys = append(keys, a.Key())
	}
	slices.Sort(keys)
	h := f.Keys.Fingerprinter()
	write(h, "confirmation", keys...)
	return "confirmation-" + hex.EncodeToString(h.Sum(nil)[:16])
}

// maxReasons bounds the lines of a confirmation.
const maxReasons = 20

// reasons says why a batch was sealed, each reason once.
func (s *sealing) reasons() []string {
	var out []string
	for _, d := range s.decisions {
		if len(d.Findings) == 0 && d.Rule != "" {
			out = append(out, "rule \""+d.Rule+"\"")
		}
		for _, finding := range d.Findings {
			out = append(out, finding.String())
		}
	}
	return bounded(out)
}

func bounded(lines []string) []string {
	var out []string
	for _, line := range lines {
		if len(out) < maxReasons && !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

func texts(list []addr.Address) []string {
	out := make([]string, 0, len(list))
	for _, a := range list {
		out = append(out, a.String())
	}
	return out
}

func writtenAll(list []addr.Named) []string {
	out := make([]string, 0, len(list))
	for _, n := range list {
		out = append(out, written(n))
	}
	return out
}
