package notice

import (
	"fmt"
	"time"
)

// TakenBack tells who sent a message that somebody else has taken it back: the
// service desk, or a manager of the unit that sent it (CYC-13): TakenBackData.
const TakenBack Kind = "taken-back"

// TakenBackData is the data of TakenBack.
type TakenBackData struct {
	By         string    `json:"by"`      // a manager's address; empty: the service desk
	Subject    string    `json:"subject"` // empty to somebody outside: the mail leaves in clear
	Recipients []string  `json:"recipients"`
	SentAt     time.Time `json:"sent_at"`
	Reason     string    `json:"reason"`         // as its recipients read it; may be empty
	Page       string    `json:"page"`           // where stands who had opened it
	OriginalID string    `json:"original_id"`    // Message-ID of the original, for threading; may be empty
	Lang       string    `json:"lang,omitempty"` // the reader's language; empty: as the organisation writes
}

func (d *TakenBackData) language() string { return d.Lang }

func (d *TakenBackData) prepare(_ *Notices, t tongue) error {
	clean(&d.By, &d.OriginalID, &d.Reason)
	d.Subject, d.Recipients = oneLine(d.Subject, maxSubject), t.lines(d.Recipients)
	if len(d.Recipients) == 0 || d.SentAt.IsZero() {
		return fmt.Errorf("%w: taken back from nobody, or no time", ErrSyntax)
	}
	return link(&d.Page)
}

func (d *TakenBackData) address(_ *Notices, m *Mail) {
	m.InReplyTo, m.References = d.OriginalID, d.OriginalID
}
