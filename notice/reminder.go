package notice

import (
	"fmt"
	"time"
)

// ReminderData is the data of Reminder. What rests of it in the outbox is Expiring
// and Ahead; the rest is filled in when its time has come.
type ReminderData struct {
	Expiring   bool          `json:"expiring,omitempty"` // the message will close soon, and nobody has opened it; else: somebody has not opened it yet
	Ahead      time.Duration `json:"ahead,omitempty"`    // how long before the end it is due, with Expiring
	Subject    string        `json:"subject,omitempty"`
	Recipients []string      `json:"recipients,omitempty"` // who has not opened it
	SentAt     time.Time     `json:"sent_at,omitzero"`
	Expires    time.Time     `json:"expires,omitzero"`
	Page       string        `json:"page,omitempty"`        // where it is extended and taken back
	OriginalID string        `json:"original_id,omitempty"` // Message-ID of the original, for threading; may be empty
	Lang       string        `json:"lang,omitempty"`        // the reader's language; empty: as the organisation writes
}

func (d *ReminderData) prepare(_ *Notices, t tongue) error {
	clean(&d.OriginalID)
	d.Subject, d.Recipients = oneLine(d.Subject, maxSubject), t.lines(d.Recipients)
	if len(d.Recipients) == 0 || d.SentAt.IsZero() || d.Expires.IsZero() {
		return fmt.Errorf("%w: nobody who has not opened it, or no time", ErrSyntax)
	}
	return link(&d.Page)
}

func (d *ReminderData) address(_ *Notices, m *Mail) {
	m.InReplyTo, m.References = d.OriginalID, d.OriginalID
}

func (d *ReminderData) language() string { return d.Lang }

// Extend is the place of Page where the message is kept open.
func (d *ReminderData) Extend() string { return d.Page + "#extend" }

// TakeBack is the place of Page where it is taken back.
func (d *ReminderData) TakeBack() string { return d.Page + "#take" }
