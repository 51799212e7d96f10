package robot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/shelf"
	"github.com/postseal/postseal/store"
)

// Store is what the robot needs of *store.Store; see there for the errors.
type Store interface {
	EnvelopeForOperator(ctx context.Context, id envelope.ID) (store.Record, error)
	EnvelopeByMessageID(ctx context.Context, messageID string) (envelope.ID, error)
	Report(ctx context.Context, id envelope.ID, reports []store.DeliveryReport, now time.Time) (store.Record, []store.DeliveryReport, error)
	Take(ctx context.Context, q store.Quota, now time.Time, subject ...string) (bool, error)
	Enqueue(ctx context.Context, o store.Outgoing) error
	RenewLink(ctx context.Context, id envelope.ID, by audit.Actor, until, now time.Time) error
}

// Sender hands a mail to Postfix; *relay.SMTP is one.
type Sender interface {
	Send(ctx context.Context, m relay.Mail) (reply string, err error)
}

// Kicker wakes the outbox.
type Kicker interface{ Kick() }

// Robot takes mail for the service's own addresses. Store, Keys, Notices,
// Inbound, Inside and Spool must be set.
type Robot struct {
	Store   Store
	Keys    *store.Keyring
	Notices *notice.Notices         // its brand names portal, service address and service domain
	Inbound Sender                  // Postfix's inbound port, for ordinary answers
	Inside  func(addr.Address) bool // is an address delivered inside
	Shelf   shelf.Shelf             // nil: links are sent as they are
	Outbox  Kicker                  // nil: the outbox finds notices by itself
	Spool   string                  // private directory (0700)
	// Domains are further domains whose mobile@, b+ID@ and reply+ID@ are ours: names
	// that the service had before. The brand's own need not be among them.
	Domains []string
	// AttachLimit bounds the attachments of one answer passed on, decoded octets
	// together; 0: DefaultAttachLimit.
	AttachLimit int64
	Proof       Proof            // how a stranger's mail is proved to be from his domain
	Now         func() time.Time // nil: time.Now
	Log         *slog.Logger     // nil: silent
	Metrics     *Metrics         // nil: not counted

	once  sync.Once
	slots chan struct{}
}

// Refusal is an answer other than 250: words for whoever sent the mail.
type Refusal struct {
	Code     int    // 4xx: Postfix tries again; 5xx: it tells the sender
	Enhanced [3]int // RFC 3463
	Words    string
}

func (r *Refusal) Error() string { return fmt.Sprintf("%d %s", r.Code, r.Words) }

var (
	errLater   = &Refusal{451, [3]int{4, 3, 0}, "This cannot be done for now. It is tried again."}
	errNoSuch  = &Refusal{550, [3]int{5, 1, 1}, "There is no such address here."}
	errGone    = &Refusal{550, [3]int{5, 1, 1}, "The message that this address belongs to is no longer known. Please write to the person's own address."}
	errNotHere = &Refusal{550, [3]int{5, 7, 1}, "This address takes answers from outside only. Please write to the person's own address."}
	errBig     = &Refusal{552, [3]int{5, 3, 4}, "The message is too big for this address."}
	errTooMany = &Refusal{451, [3]int{4, 7, 1}, "Too many answers came today. It is tried again."}
)

// what is the use of an address.
type what uint8

const (
	toRescue what = iota + 1
	toReport
	toReply
)

// target is one of the service's own addresses.
type target struct {
	what what
	id   envelope.ID // zero for b+none@: notices without an envelope
}

// noEnvelope stands for an id in MAIL FROM of notices without an envelope.
const noEnvelope = "none"

// Target reads one of the service's own addresses. ok is false for all others.
func (r *Robot) target(to addr.Address) (t target, ok bool) {
	if !r.ownDomain(to) {
		return t, false
	}
	local := strings.ToLower(to.Local())
	if local == "mobile" {
		return target{what: toRescue}, true
	}
	kind, text, _ := strings.Cut(local, "+")
	t.what = map[string]what{"b": toReport, "reply": toReply}[kind]
	if t.what == toReport && text == noEnvelope {
		return t, true
	}
	id, err := envelope.ParseID(text)
	t.id = id
	return t, t.what != 0 && err == nil && !id.IsZero()
}

func (r *Robot) ownDomain(a addr.Address) bool {
	for _, d := range append([]string{r.Notices.Brand().ServiceDomain}, r.Domains...) {
		if key, err := addr.DomainKey(d); err == nil && key == a.DomainKey() {
			return true
		}
	}
	return false
}

// Accepts tells at RCPT TO whether an address is served: nil, or a *Refusal.
func (r *Robot) Accepts(ctx context.Context, to addr.Address) error {
	t, ok := r.target(to)
	if !ok {
		return errNoSuch
	}
	if t.what != toReply {
		return nil
	}
	_, err := r.Store.EnvelopeForOperator(ctx, t.id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return errGone
	case err != nil:
		return r.later("looking up an envelope", err)
	}
	return nil
}

// Deliver does what a mail to one of the service's own addresses asks for. nil
// means that nothing is left to do; else it is a *Refusal.
func (r *Robot) Deliver(ctx context.Context, to addr.Address, m *Mail) error {
	t, ok := r.target(to)
	if !ok {
		return errNoSuch
	}
	ctx, cancel := context.WithTimeout(ctx, workTime)
	defer cancel()
	var outcome string
	var err error
	switch t.what {
	case toRescue:
		outcome, err = r.rescue(ctx, m)
	case toReport:
		outcome, err = r.report(ctx, t.id, m)
	case toReply:
		outcome, err = r.reply(ctx, t.id, m)
	}
	if err != nil {
		outcome = outcomeLater
		var refusal *Refusal
		if !errors.As(err, &refusal) {
			err = r.later("mail to the service", err)
		} else if refusal.Code >= 500 {
			outcome = outcomeRefused
		}
	}
	r.Metrics.count(t.what, outcome)
	r.log().InfoContext(ctx, "mail to the service", "to", t.what.String(), "envelope", idText(t.id), "outcome", outcome)
	return err
}

func (w what) String() string {
	return map[what]string{toRescue: "rescue", toReport: "report", toReply: "reply"}[w]
}

func idText(id envelope.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

// later logs what is in the way; the mail stays in Postfix's queue.
func (r *Robot) later(doing string, err error) error {
	r.log().Warn("robot: put off", "doing", doing, "error", err)
	return errLater
}

// enqueue stores a notice of ours, to be sent by the outbox.
func (r *Robot) enqueue(ctx context.Context, o store.Outgoing, kind notice.Kind, data any) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return err
	}
	o.Kind, o.Data = string(kind), raw
	if err := r.Store.Enqueue(ctx, o); err != nil {
		return err
	}
	if r.Outbox != nil {
		r.Outbox.Kick()
	}
	return nil
}

// sender gives who of ours is told about an envelope; zero when nobody is.
func (r *Robot) sender(rec store.Record) addr.Address {
	if rec.Unannounced {
		return addr.Address{}
	}
	for _, a := range []addr.Address{rec.EnvelopeFrom, rec.Sender} {
		if !a.IsZero() && !r.ownDomain(a) && r.Inside(a) {
			return a
		}
	}
	return addr.Address{}
}

func (r *Robot) now() time.Time {
	if r.Now != nil {
		return r.Now()
	}
	return time.Now()
}

func (r *Robot) log() *slog.Logger {
	if r.Log != nil {
		return r.Log
	}
	return slog.New(slog.DiscardHandler)
}
