package notice

import (
	"errors"
	"time"

	"github.com/postseal/postseal/addr"
)

// ErrKind says that a kind is not known or its data are of another type.
var ErrKind = errors.New("notice: unknown kind or data of another kind")

// Notices renders the notices of one organisation.
type Notices struct {
	brand Brand
	loc   *time.Location
}

// New makes Notices that state times in loc (nil: UTC).
func New(b Brand, loc *time.Location) *Notices { return &Notices{brand: b, loc: loc} }

// Brand gives the brand that New was given.
func (n *Notices) Brand() Brand { return n.brand }

// Render makes the mail of one kind to one person. data is the kind's struct, a
// pointer to it, or its JSON as json.RawMessage.
func (n *Notices) Render(k Kind, to addr.Address, data any, now time.Time) (Mail, error) {
	return Mail{}, errors.ErrUnsupported
}

// RenderJSON is Render for data that rested as JSON (store.Outgoing.Data).
func (n *Notices) RenderJSON(k Kind, to addr.Address, data []byte, now time.Time) (Mail, error) {
	return Mail{}, errors.ErrUnsupported
}

// Time says a time as people do: "Sunday 21 August 2016, 12:21 BST".
func Time(t time.Time, loc *time.Location) string {
	return t.In(loc).Format("Monday 2 January 2006, 15:04 MST")
}

// TimeShort gives "2016-08-21 12:21 BST" (BCC-18).
func TimeShort(t time.Time, loc *time.Location) string {
	return t.In(loc).Format("2006-01-02 15:04 MST")
}

// SenderLine gives "Jane Doe (jane@example.gov.uk)", or the address alone.
func SenderLine(a addr.Named) string { return a.Name + " (" + a.Address.String() + ")" }

// TagSubject puts a tag such as "[SECURE]" in front of a subject unless it
// already stands somewhere in it, in any case (BCC-22).
func TagSubject(tag, subject string) string { return tag + " " + subject }

// MarkSubject makes a subject begin with the marking's first words (what stands
// before a colon) exactly once (SCC-2).
func MarkSubject(marking, subject string) string { return marking + " " + subject }
