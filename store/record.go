package store

import (
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
)

// Record is what is known of one envelope beside its key. It rests sealed.
type Record struct {
	ID           envelope.ID
	Profile      string
	Sender       addr.Address // sender shown
	SenderName   string
	OnBehalf     string
	EnvelopeFrom addr.Address // SMTP sender, who is told about bounces
	To, Cc       []string     // header fields for show, "Name <address>"
	Subject      string
	OriginalID   string // the client's Message-ID, for threading
	OuterID      string // the public Message-ID of the envelope mail
	References   string // Message-IDs of the original's thread, oldest first; may be empty
	ThreadTopic  string // Outlook's name of the conversation; empty: the original had none
	ThreadIndex  string // Outlook's place in it, base64; empty: the original had none
	Marking      string // banner text; empty for none
	Reply        string // "sender" | "domains" | "all"
	SignIn       []string
	SealedAt     time.Time
	ExpiresAt    time.Time
	LinkUntil    time.Time
	ReadyAt      time.Time `json:",omitzero"` // before it the key is held back, so that a recall is in time; zero: from the first
	Unannounced  bool      `json:",omitzero"` // a notice of ours that was sent on: nobody hears of it, or each mail about it would bring the next
	Size         int64
	Digests      []envelope.Digest // of every container made for it
	SecretHash   [32]byte
	Asks         []Ask            `json:",omitempty"` // what people asked the sender for and was not answered yet
	Recipients   []RecipientState `json:"-"`          // filled by reads, from their own fields; sorted by address
	Destroyed    time.Time        `json:"-"`          // when the key was destroyed; zero while it is kept
}

// RecipientStatus is the ledger's state of one recipient. The zero value means
// that the envelope was not sealed for the address.
type RecipientStatus string

const (
	Prepared RecipientStatus = "prepared" // key stored, not yet accepted by Postfix
	Queued   RecipientStatus = "queued"   // the re-entry port answered 250
	Recalled RecipientStatus = "recalled" // closed by the sender or an operator
)

// RecipientState is the ledger entry of one recipient. Times are zero for never.
type RecipientState struct {
	Address    addr.Address
	Status     RecipientStatus
	PreparedAt time.Time
	By         string // who prepared it: the name of a milter's private directory; empty once queued
	QueuedAt   time.Time
	OpenedAt   time.Time // first opening
	Opens      int       // releases of the key in all
	RecalledAt time.Time
	Reason     string   // given with the recall
	Delivery   Delivery // what delivery reports told; zero: nothing yet
}

// InHand tells whether somebody else than by may still be at work on the
// recipient's envelope. An empty by is nobody known.
func (r *RecipientState) InHand(by string, now time.Time) bool {
	return r.Status == Prepared && now.Sub(r.PreparedAt) < ResealAfter && (by == "" || r.By != by)
}

// Recipient tells whether the envelope was sealed for a, and how it stands.
// Header To and Cc do not count (BOP-3). A recalled entry is reported too.
func (r *Record) Recipient(a addr.Address) (RecipientState, bool) {
	for _, s := range r.Recipients {
		if s.Address.Equal(a) {
			return s, true
		}
	}
	return RecipientState{}, false
}

// Known is what Lookup says about an earlier try of the same message.
type Known struct {
	Found  bool
	Key    envelope.Key // re-used by the retry; zero when it was destroyed (Record.Destroyed)
	Record Record
}

// Preparation is one durable write: key, record, ledger entries, held notices,
// audit entry.
type Preparation struct {
	Record     Record
	Key        envelope.Key
	Recipients []addr.Address // newly prepared, or prepared again after ResealAfter; at least one
	Held       []Outgoing     // freed by Queued; IDs unique within the envelope
	Now        time.Time
	By         string // name of who prepares; at most 64 octets. It vouches to have it in hand alone
	New        bool   // Lookup has just found nothing: spares a reading, and is not relied upon
}

// ResealAfter is how long a prepared recipient answers ErrConflict to everybody
// but who prepared it, before a retry may re-use its id and key (design: "Ledger").
const ResealAfter = 10 * time.Minute

// KeepClosed is how long after its expiry an envelope's key is kept, so that
// Extend can open it again; then the key is destroyed.
const KeepClosed = 30 * 24 * time.Hour

// keepRecord is how much longer the record and its audit chain are kept after
// the key is gone, so that a sender and an operator can still see what was done.
const keepRecord = 365 * 24 * time.Hour

// Bounds of one record; what is longer is refused with ErrTooLong before it is
// stored. Mail servers take some thousand recipients and header fields of some
// hundred kilobytes; nothing here needs more.
const (
	maxRecipients = 10_000
	maxBy         = 64
	maxRecord     = 4 << 20
	maxReason     = 2_000
	maxHeld       = 1_000
	maxDigests    = 1_000 // one for each transaction of one message
)

// ReleaseRequest asks the gate for the key of one envelope.
type ReleaseRequest struct {
	ID      envelope.ID
	Secret  envelope.Secret
	Person  Proof  // who has shown to be whom, from a sign-in; cannot be built outside store
	Purpose string // "open" | "frame" | "attachment" | "save" | "reply": written to the audit chain
	Now     time.Time
}

// TrailReport is one envelope's audit chain as an operator sees it.
type TrailReport struct {
	Entries []audit.Entry
	Head    audit.MAC // newest MAC by the envelope's own field
}
