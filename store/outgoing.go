package store

import (
	"log/slog"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
)

// Outgoing is one notice waiting to be sent. Data is what package notice needs
// to render it, sealed at rest. It prints without To and Data.
type Outgoing struct {
	ID       string      // unique within its envelope; any text without one, or empty
	Envelope envelope.ID // zero for notices without one (codes, activation)
	Kind     string      // a notice.Kind
	To       addr.Address
	Data     []byte
	Due      time.Time // zero: at once
	Expires  time.Time // not sent any more after this (codes); zero: OutboxLife after Due
	Attempts int       // claims so far: 1 at the first

	owner, name, lease, hint string // where it rests, by which claim it is held, its place on the work list
}

func (o Outgoing) String() string       { return "notice " + o.Kind + " " + o.owner + "/" + o.name }
func (o Outgoing) GoString() string     { return o.String() }
func (o Outgoing) LogValue() slog.Value { return slog.StringValue(o.String()) }

// OutboxLife is how long a notice without Expires is tried (design: "When
// something fails": outbox retries 5 days).
const OutboxLife = 5 * 24 * time.Hour

// maxData bounds one notice; the largest is what an outsider wrote to staff as
// rendered text, never an attachment.
const maxData = 1 << 20
