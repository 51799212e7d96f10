package robot

import (
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"strings"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// report takes a mail to b+ID@: what became of an envelope, or of one of our
// notices, which is counted and nothing else.
func (r *Robot) report(ctx context.Context, id envelope.ID, m *Mail) (string, error) {
	if id.IsZero() || m.ours() == "notice" { // our own words, sent back to us, report nothing
		return outcomeNotice, nil
	}
	rec, err := r.Store.EnvelopeForOperator(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return outcomeSilent, nil // nobody is left whom it could be told
	}
	if err != nil {
		return "", err
	}
	if d := m.readDSN(); d != nil {
		mark := subtle.ConstantTimeCompare([]byte(d.mark), []byte(r.Keys.ReportMark(id))) == 1
		reports := d.about(rec, mark)
		if len(reports) == 0 {
			return outcomeNotice, nil
		}
		return r.record(ctx, rec, reports)
	}
	switch m.bounceKind() {
	case store.Delayed:
		return outcomeKnown, nil
	case store.Failed:
		return r.bounced(ctx, rec, m.failedIn(rec))
	}
	return r.passOn(ctx, rec, m) // a program that answers to MAIL FROM, an absence notice as a rule
}

// about gives what a notification says of the envelope's recipients. That a host
// took the mail, or has not yet, is believed only with our Postfix's mark: any
// recipient could write it. That it failed is believed of whoever holds the mail,
// for a mail system behind the next one says so without the mark.
func (d *dsn) about(rec store.Record, mark bool) []store.DeliveryReport {
	var out []store.DeliveryReport
	for _, e := range d.each {
		state := e.state()
		if state == "" || state != store.Failed && !mark {
			continue
		}
		for _, a := range e.addresses {
			s, ok := rec.Recipient(a)
			if !ok {
				continue
			}
			host := e.host
			if host == "" && state == store.Failed {
				host = d.by
			}
			out = append(out, store.DeliveryReport{Recipient: s.Address, Delivery: store.Delivery{State: state, Host: host, Text: e.words}})
			break
		}
	}
	return out
}

// bounced takes a failure that no machine's part describes.
func (r *Robot) bounced(ctx context.Context, rec store.Record, failed []addr.Address) (string, error) {
	if len(failed) == 0 && len(rec.Recipients) == 1 {
		failed = []addr.Address{rec.Recipients[0].Address}
	}
	if len(failed) > 0 {
		var reports []store.DeliveryReport
		for _, a := range failed {
			reports = append(reports, store.DeliveryReport{Recipient: a, Delivery: store.Delivery{State: store.Failed}})
		}
		return r.record(ctx, rec, reports)
	}
	to := r.sender(rec)
	ok, err := r.Store.Take(ctx, UnclearQuota, r.now(), rec.ID.String())
	if err != nil || !ok || to.IsZero() {
		return outcomeUnclear, err
	}
	data := bounceOf(rec)
	data.Unclear = true
	for _, s := range rec.Recipients {
		data.Recipients = append(data.Recipients, s.Address.String())
	}
	return outcomeUnclear, r.enqueue(ctx, store.Outgoing{ID: "unclear", Envelope: rec.ID, To: to}, notice.Bounce, data)
}

// record keeps reports, and tells the sender of those that failed now. She is
// told first: were the order the other way, a cut between the two would leave
// her untold for ever.
func (r *Robot) record(ctx context.Context, rec store.Record, reports []store.DeliveryReport) (string, error) {
	fresh := slices.DeleteFunc(slices.Clone(reports), func(d store.DeliveryReport) bool {
		s, _ := rec.Recipient(d.Recipient)
		return d.State != store.Failed || s.Delivery.State == store.Failed
	})
	outcome := outcomeKnown
	if to := r.sender(rec); len(fresh) > 0 && !to.IsZero() {
		if err := r.tellFailed(ctx, rec, fresh, to); err != nil {
			return "", err
		}
		outcome = outcomeTold
	}
	_, changed, err := r.Store.Report(ctx, rec.ID, reports, r.now())
	if err != nil {
		return "", err
	}
	if len(changed) > 0 && outcome != outcomeTold {
		outcome = outcomeRecorded
	}
	return outcome, nil
}

func (r *Robot) tellFailed(ctx context.Context, rec store.Record, failed []store.DeliveryReport, to addr.Address) error {
	data := bounceOf(rec)
	var keys []string
	for _, f := range failed {
		if slices.Contains(keys, f.Recipient.Key()) {
			continue
		}
		keys = append(keys, f.Recipient.Key())
		data.Recipients = append(data.Recipients, f.Recipient.String())
		if data.Diagnostic == "" {
			data.Diagnostic = f.Text
		}
		if s, _ := rec.Recipient(f.Recipient); !s.OpenedAt.IsZero() {
			data.Opened = true
		}
	}
	slices.Sort(keys)
	return r.enqueue(ctx, store.Outgoing{ID: "failed " + strings.Join(keys, " "), Envelope: rec.ID, To: to}, notice.Bounce, data)
}

func bounceOf(rec store.Record) notice.BounceData {
	return notice.BounceData{Subject: rec.Subject, SentAt: rec.SealedAt, EnvelopeID: rec.ID.String(), OriginalID: rec.OriginalID}
}
