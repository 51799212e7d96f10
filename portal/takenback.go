package portal

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// TellTakenBack writes to the sender of a message that the service desk, or the
// manager of her unit, has taken it back. It goes to somebody of ours where there is
// one, as the confirmation did; somebody outside reads no subject, since the mail
// leaves in clear. base is the address of the pages.
func TellTakenBack(base string, inside func(addr.Address) bool, by audit.Actor, now time.Time) store.TellingRecall {
	return func(r store.Record, from []addr.Address, reason string) (store.Outgoing, error) {
		to := r.Sender
		for _, a := range []addr.Address{r.Sender, r.EnvelopeFrom} { // the second where both are
			if !a.IsZero() && inside(a) {
				to = a
			}
		}
		data := notice.TakenBackData{Subject: r.Subject, Recipients: texts(from), SentAt: r.SealedAt, Reason: reason,
			Page: base + "/sent/" + r.ID.String(), OriginalID: r.OriginalID}
		if name, manager := strings.CutPrefix(string(by), string(audit.Manager(addr.Address{}))); manager {
			data.By = name
		}
		if !inside(to) {
			data.Subject = ""
		}
		raw, err := json.Marshal(data)
		return store.Outgoing{Kind: string(notice.TakenBack), To: to, Data: raw, Due: now, Expires: now.Add(store.OutboxLife)}, err
	}
}
