package milter

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// apart is the least that lies between two reminders, and between the sending and
// the first: closer together they say the same thing twice.
const apart = 24 * time.Hour

// remind holds the reminders of an envelope for its sender (package outbox finds
// out what they say). They are named, so that each is there once for all
// transactions of the envelope, and never expire by themselves: a message can be
// kept open for years.
func (s *sealing) remind(to addr.Address) error {
	r := &s.record
	unopened := r.SealedAt.Add(s.rules.RemindUnopened.Std())
	ahead := s.rules.RemindExpiring.Std()
	closing := r.ExpiresAt.Add(-ahead)
	hold := func(name string, due time.Time, d notice.ReminderData) error {
		data, err := json.Marshal(d)
		if err != nil {
			return fmt.Errorf("reminder: %w", err)
		}
		s.held = append(s.held, store.Outgoing{ID: name, Envelope: r.ID, Kind: string(notice.Reminder), To: to, Data: data, Due: due, Expires: due.AddDate(20, 0, 0)})
		return nil
	}
	expiring := ahead > 0 && !closing.Before(r.SealedAt.Add(apart))
	if expiring {
		if err := hold("reminder-expiring", closing, notice.ReminderData{Expiring: true, Ahead: ahead}); err != nil {
			return err
		}
	}
	if s.rules.RemindUnopened.Std() > 0 && unopened.Before(r.ExpiresAt) && (!expiring || closing.Sub(unopened) >= apart || unopened.Sub(closing) >= apart) {
		return hold("reminder-unopened", unopened, notice.ReminderData{})
	}
	return nil
}
