package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// Records is what reminders are held against when they are due; *store.Store is one.
type Records interface {
	EnvelopeForOperator(ctx context.Context, id envelope.ID) (store.Record, error)
	SameMail(ctx context.Context, r store.Record) ([]store.Record, error)
}

// A reminder rests in the outbox from the sending on, for days. What it says is
// found out when it is due: nobody need think of cancelling it when a message is
// opened, taken back or kept open.

// remind brings a reminder up to date: data is what to send; nil with a time: look
// again then; nil and no time: nobody need be reminded.
func (w *Worker) remind(ctx context.Context, o store.Outgoing) (data []byte, later time.Time, err error) {
	if w.Records == nil {
		return nil, later, nil
	}
	var d notice.ReminderData
	if err := json.Unmarshal(o.Data, &d); err != nil {
		return nil, later, fmt.Errorf("outbox: reminder: %w", err)
	}
	r, err := w.Records.EnvelopeForOperator(ctx, o.Envelope)
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrSyntax):
		return nil, later, nil
	case err != nil:
		return nil, later, err
	}
	all, err := w.Records.SameMail(ctx, r)
	if err != nil {
		return nil, later, err
	}
	if all[0].ID != r.ID { // of several transactions of one mail the first speaks
		return nil, later, nil
	}
	now := w.now()
	if due := r.ExpiresAt.Add(-d.Ahead); d.Expiring && due.After(now) { // kept open meanwhile
		return nil, due, nil
	}
	d.Recipients = unopened(all, now)
	if len(d.Recipients) == 0 {
		return nil, later, nil
	}
	if d.Expiring && opened(all) {
		return nil, later, nil
	}
	d.Subject, d.SentAt, d.Expires, d.OriginalID = r.Subject, r.SealedAt, r.ExpiresAt, r.OriginalID
	d.Page = w.Notices.Brand().PortalURL + "/sent/" + r.ID.String()
	data, err = json.Marshal(d)
	return data, later, err
}

// unopened are the people of a mail who could still open it and have not; of whom
// it did not reach, the sender was told before.
func unopened(all []store.Record, now time.Time) []string {
	var out []string
	for _, r := range all {
		if !now.Before(r.ExpiresAt) || !r.Destroyed.IsZero() {
			continue
		}
		for _, p := range r.Recipients {
			if p.OpenedAt.IsZero() && p.Status == store.Queued && p.Delivery.State != store.Failed {
				out = append(out, p.Address.String())
			}
		}
	}
	return out
}

// opened tells whether anybody has opened a mail.
func opened(all []store.Record) bool {
	for _, r := range all {
		for _, p := range r.Recipients {
			if !p.OpenedAt.IsZero() {
				return true
			}
		}
	}
	return false
}

// refresh is remind, settled with the store; send tells whether there is something to send.
func (w *Worker) refresh(ctx context.Context, o *store.Outgoing) (send bool, err error) {
	if notice.Kind(o.Kind) != notice.Reminder {
		return true, nil
	}
	data, later, err := w.remind(ctx, *o)
	switch {
	case err != nil: // comes again when the lease is over, or a little later
		at := w.now().Add(wait(o.Attempts))
		w.log().WarnContext(ctx, "outbox: reminder not checked yet", "envelope", envelopeText(*o), "again_at", at, "error", err)
		return false, w.Store.Retry(ctx, *o, at)
	case !later.IsZero():
		w.Metrics.count(o.Kind, outcomeLater)
		return false, w.Store.Retry(ctx, *o, later)
	case data == nil:
		w.Metrics.count(o.Kind, outcomeNeedless)
		return false, w.Store.Sent(ctx, *o, w.now())
	}
	o.Data = data
	return true, nil
}
