// Package audit says what is recorded of who did what to which envelope, and
// holds the arithmetic of the chain that keeps the record honest: every entry
// carries an HMAC over itself and over the HMAC before it.
//
// It promises that an entry which was changed, left out, put in or moved makes
// Verify name its place, for anybody without the key. What no chain alone can
// show is a tail that was cut off: for that the newest MAC (the head) must be
// known from elsewhere, which is what Verify's head argument is for. The package
// is pure: time and randomness come in with the entry. An attacker would want a
// release of a key that leaves no entry, so the store appends the entry in the
// same step that yields the key. Start reading at Entry and Next.
package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/postseal/postseal/addr"
)

var (
	// ErrBroken says that a chain does not hold; the text names the first bad entry.
	ErrBroken = errors.New("audit: the chain is broken")
	// ErrSyntax says that bytes are not an encoded entry.
	ErrSyntax = errors.New("audit: not an entry")
)

// Actor is who did something: "recipient:jane@x.example", "sender:...",
// "manager:...", "operator:name", "milter" or "store".
type Actor string

const (
	// Milter is the filter that sealed the message.
	Milter Actor = "milter"
	// System is the store acting by itself, when a time has come.
	System Actor = "store"
	// Mail is the robot that reads delivery reports and mail for the rescue address.
	Mail Actor = "robot"
)

// Recipient, Sender and Operator name an actor of that part.
func Recipient(a addr.Address) Actor { return Actor("recipient:" + a.Key()) }

// Sender names the member of staff who sent an envelope.
func Sender(a addr.Address) Actor { return Actor("sender:" + a.Key()) }

// Operator names a person at the command line or the service desk.
func Operator(name string) Actor { return Actor("operator:" + name) }

// Manager names who manages the unit that sent an envelope.
func Manager(a addr.Address) Actor { return Actor("manager:" + a.Key()) }

// Action is what was done; a closed set.
type Action string

const (
	Prepared  Action = "prepared"  // key stored for the objects
	Queued    Action = "queued"    // Postfix has the envelope; reason holds its queue id
	Released  Action = "released"  // the key was given out; reason holds the purpose
	Recalled  Action = "recalled"  // entries closed
	Extended  Action = "extended"  // expiry moved
	Destroyed Action = "destroyed" // the key is gone
	Reported  Action = "reported"  // a delivery report came; reason holds its state and host
	Unlocked  Action = "unlocked"  // an account's counters were cleared
	Activated Action = "activated" // an account began
	Changed   Action = "changed"   // a password was replaced, a passkey or provider added or taken off; reason says which
	Asked     Action = "asked"     // the sender for something; reason says for what
	LetIn     Action = "let in"    // another address of a recipient, by the sender
	Declined  Action = "declined"  // a request to be let in
	SignedIn  Action = "signed in" // by a provider or a passkey; reason says which
	Deleted   Action = "deleted"   // an account, by its owner
	Reset     Action = "reset"     // an account, by an operator
	Looked    Action = "looked at" // by an operator, the service desk or a manager: people, times and states
	Searched  Action = "searched"  // for messages, by an operator, the service desk or a manager; objects are whose
	Agreed    Action = "agreed"    // to the terms of the organisation; reason holds their version
	Blocked   Action = "blocked"   // somebody from writing on the pages; reason says why
	Unblocked Action = "unblocked" // likewise, let write again
	Shared    Action = "shared"    // who may read at a desk, or manage a unit, changed; reason says how
)

// MAC is one link of the chain. The zero MAC stands before the first entry.
type MAC [sha256.Size]byte

// String gives 64 hexadecimal digits.
func (m MAC) String() string { return hex.EncodeToString(m[:]) }

// ParseMAC reads what String writes; the error is ErrSyntax.
func ParseMAC(s string) (MAC, error) {
	var m MAC
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(m) {
		return m, ErrSyntax
	}
	copy(m[:], b)
	return m, nil
}

// Entry is one act. Times are kept to the millisecond, in UTC.
type Entry struct {
	Seq      uint64 // 1 for the first
	Time     time.Time
	Actor    Actor
	Action   Action
	Objects  []string // addresses or other things acted upon; may be empty
	Reason   string
	Nonce    [8]byte // random: tells two like acts of one moment apart
	Previous MAC
	MAC      MAC
}

// Bounds of one encoded entry: an act on an envelope names at most its
// recipients, of which a mail server takes some thousands.
const (
	maxText    = 64 << 10
	maxObjects = 100_000
	maxEncoded = 32 << 20
)

// version is the first byte of the canonical encoding.
const version = 1

// Next makes the entry that follows previous: it sets Previous and MAC and
// gives the entry with its canonical encoding. The caller sets all else.
func Next(key []byte, previous MAC, e Entry) (Entry, []byte) {
	e.Time = e.Time.UTC().Truncate(time.Millisecond)
	e.Previous = previous
	body := e.body()
	e.MAC = sum(key, body)
	return e, append(body, e.MAC[:]...)
}

// Verify recomputes a whole chain from its first entry and compares its end
// with head, the newest MAC as it is known from elsewhere. An empty chain has
// the zero head. The error wraps ErrBroken and names the first bad entry.
func Verify(key []byte, entries []Entry, head MAC) error {
	var previous MAC
	for i, e := range entries {
		seq := uint64(i) + 1
		switch {
		case e.Seq != seq:
			return fmt.Errorf("%w: entry %d says it is number %d", ErrBroken, seq, e.Seq)
		case e.Previous != previous:
			return fmt.Errorf("%w: entry %d does not follow the one before", ErrBroken, seq)
		}
		if want := sum(key, e.body()); !hmac.Equal(want[:], e.MAC[:]) {
			return fmt.Errorf("%w: entry %d was changed", ErrBroken, seq)
		}
		previous = e.MAC
	}
	if previous != head {
		return fmt.Errorf("%w: the last entry (%d) is not the recorded head", ErrBroken, len(entries))
	}
	return nil
}

func sum(key, body []byte) (m MAC) {
	h := hmac.New(sha256.New, key)
	h.Write(body)
	h.Sum(m[:0])
	return m
}

// body is the canonical encoding without the MAC: version, seq, milliseconds,
// nonce, previous MAC, then length-prefixed texts. Lengths come first, so no two
// entries share an encoding.
func (e Entry) body() []byte {
	b := []byte{version}
	b = binary.BigEndian.AppendUint64(b, e.Seq)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Time.UnixMilli()))
	b = append(b, e.Nonce[:]...)
	b = append(b, e.Previous[:]...)
	for _, s := range []string{string(e.Actor), string(e.Action), e.Reason} {
		b = appendText(b, s)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(e.Objects)))
	for _, s := range e.Objects {
		b = appendText(b, s)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
	return append(b, s...)
}
