package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
)

// DeliveryState is what reports told of an envelope's way to one recipient. The
// zero value means that nothing was told. "Delivered" is not among them: nobody
// can know it (requirements: settled readings).
type DeliveryState string

const (
	Delayed DeliveryState = "delayed" // not taken yet, still tried
	Handed  DeliveryState = "handed"  // taken by Host
	Failed  DeliveryState = "failed"  // given up; Text says why
)

// Delivery is the last that was reported about one recipient.
type Delivery struct {
	State DeliveryState
	Host  string    // mail system that took or refused it; may be empty
	Text  string    // what that system said, one line; may be empty
	At    time.Time // when it was reported
}

// DeliveryReport is a Delivery of one recipient.
type DeliveryReport struct {
	Recipient addr.Address
	Delivery
}

// Bounds of what another mail system tells, in octets: a host name (RFC 1035)
// and a line that people read.
const (
	maxHost       = 255
	maxDiagnostic = 500
)

// Report keeps what reports told, and gives the record with those whose state
// was changed by it: a report that comes twice changes nothing the second time.
// A failure stays, whatever comes after it; a delay does not undo a hand-over.
// Addresses that the envelope was not sealed for are left out. ErrNotFound,
// ErrUnavailable, ErrSyntax.
func (s *Store) Report(ctx context.Context, id envelope.ID, reports []DeliveryReport, now time.Time) (Record, []DeliveryReport, error) {
	var changed []DeliveryReport
	v, err := s.update(ctx, "report", id, now, func(v *slot) (*change, error) {
		if !v.exists() {
			return nil, ErrNotFound
		}
		changed = nil
		var c change
		for _, r := range reports {
			state, ok := v.find(r.Recipient)
			if !ok || !follows(state.Delivery.State, r.State) {
				continue
			}
			r.Recipient, r.Host, r.Text, r.At = state.Address, oneLine(r.Host, maxHost), oneLine(r.Text, maxDiagnostic), whole(now)
			state.Delivery = r.Delivery
			changed = append(changed, r)
			c.entries = append(c.entries, audit.Entry{Time: now, Actor: audit.Mail, Action: audit.Reported,
				Objects: []string{r.Recipient.Key()}, Reason: strings.TrimSpace(string(r.State) + " " + r.Host)})
		}
		if len(changed) == 0 {
			return nil, nil
		}
		return &c, nil
	})
	if err != nil {
		return Record{}, nil, err
	}
	return v.record, changed, nil
}

// follows tells whether a report changes what was known.
func follows(known, told DeliveryState) bool {
	switch told {
	case Failed:
		return known != Failed
	case Handed:
		return known == "" || known == Delayed
	case Delayed:
		return known == ""
	}
	return false
}

// oneLine makes another system's words fit for one line.
func oneLine(text string, most int) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' }), " ")
	if len(text) > most {
		text = text[:most]
	}
	return strings.ToValidUTF8(text, "")
}

// ReportMark is the ENVID (RFC 3461 section 4.4) of an envelope's mail: it comes
// back in reports of the Postfix that the envelope was handed to and is known to
// nobody beyond it, so that a report which bears it is our own Postfix's.
func (k *Keyring) ReportMark(id envelope.ID) string { return k.name("report mark", id.String()) }

// EnvelopeByMessageID finds the envelope whose mail bears a Message-ID, "<...>".
// ErrNotFound, also for one whose time is over; ErrUnavailable, ErrSyntax.
func (s *Store) EnvelopeByMessageID(ctx context.Context, messageID string) (envelope.ID, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	text, err := s.redis.Get(ctx, s.messageIndex(messageID)).Result()
	if errors.Is(err, redis.Nil) {
		return envelope.ID{}, ErrNotFound
	}
	if err != nil {
		return envelope.ID{}, unavailable("message id", err)
	}
	id, err := envelope.ParseID(text)
	if err != nil {
		return envelope.ID{}, fmt.Errorf("%w: message id", ErrSyntax)
	}
	return id, nil
}

func (s *Store) messageIndex(messageID string) string {
	return "m:{" + s.keys.name("message id", strings.TrimSpace(messageID)) + "}"
}

// indexMessage names an envelope under the Message-ID of its mail. Like the
// other indexes it may lead nowhere and is put back by Sweep.
func (s *Store) indexMessage(ctx context.Context, p redis.Pipeliner, r Record, now time.Time) {
	if r.OuterID != "" {
		p.Set(ctx, s.messageIndex(r.OuterID), r.ID.String(), max(r.ExpiresAt.Add(s.o.KeepClosed).Sub(now), time.Hour))
	}
}

// RenewLink lets the link of an envelope work until a time, at most until the
// envelope's expiry; a link that works longer stays as it is. The caller has put
// the ciphertext on the shelf, or knows it there. ErrNotFound, ErrExpired,
// ErrRecalled (everybody was), ErrUnavailable.
func (s *Store) RenewLink(ctx context.Context, id envelope.ID, by audit.Actor, until, now time.Time) error {
	_, err := s.update(ctx, "renew link", id, now, func(v *slot) (*change, error) {
		switch {
		case !v.exists():
			return nil, ErrNotFound
		case v.allRecalled():
			return nil, ErrRecalled
		case !v.kept || !now.Before(v.record.ExpiresAt):
			return nil, ErrExpired
		}
		r := v.record
		if until.After(r.ExpiresAt) {
			until = r.ExpiresAt
		}
		if !until.After(r.LinkUntil) {
			return nil, nil
		}
		r.LinkUntil = whole(until)
		v.setRecord(r)
		return &change{entries: []audit.Entry{{Time: now, Actor: by, Action: audit.Extended, Reason: "link, to " + r.LinkUntil.Format(time.RFC3339)}}}, nil
	})
	return err
}
