package milter

import (
	"errors"
	"time"
)

// Limits bound what one message may cost. A zero field means its default. What
// is over a limit is refused with words, never cut short.
type Limits struct {
	Fields      int           // header fields; 0: DefaultFields
	HeaderBytes int64         // octets of all header fields; 0: DefaultHeaderBytes
	BodyBytes   int64         // octets of the body; 0: DefaultBodyBytes
	Recipients  int           // RCPT TO of one message; 0: DefaultRecipients
	Concurrent  int           // messages decided at one time; 0: DefaultConcurrent
	Turn        time.Duration // how long a message waits for its turn when Concurrent are decided; 0: DefaultTurn
	Deadline    time.Duration // from end of message to the answer; 0: DefaultDeadline
	// Sealed is the size in octets that the re-entry port takes (Postfix's
	// message_size_limit there). A sealed mail that would pass it carries the link
	// only, or is refused with the size; 0: no bound known.
	Sealed int64
}

// The defaults, with their reasons.
const (
	// DefaultFields is ten times the longest headers of real mail.
	DefaultFields = 4096
	// DefaultHeaderBytes is ten of Postfix's longest header fields (header_size_limit).
	DefaultHeaderBytes = 1 << 20
	// DefaultBodyBytes takes an attachment of 90 MB; Postfix's own
	// message_size_limit is to be lower and answers first.
	DefaultBodyBytes = 128 << 20
	// DefaultRecipients is Postfix's smtpd_recipient_limit.
	DefaultRecipients = 1000
	// DefaultConcurrent is below Postfix's default_process_limit of 100; each
	// holds a container on disk and some hundred KiB of memory.
	DefaultConcurrent = 64
	// DefaultTurn lets a burst through instead of sending half of it back to clients
	// of which some would try again after an hour; who has waited so long finds a
	// site that needs more than patience.
	DefaultTurn = 30 * time.Second
	// DefaultDeadline ends well before a client gives up after its data (RFC 5321
	// section 4.5.3.2.6: 10 minutes) and before Postfix does (milter_content_timeout: 300 s).
	DefaultDeadline = 4 * time.Minute
)

const (
	// maxJudged bounds the addresses that the recipients of one message expand to.
	// It is what one record of the store holds.
	maxJudged = 10_000
	// memoryBody is how much of a body or container stays in memory; most mail is smaller.
	memoryBody = 256 << 10
	// progressEvery is how often Postfix hears that we still work; its patience
	// between two packets is 300 s (milter_content_timeout).
	progressEvery = 10 * time.Second
	// graceAfterDeadline is given to code that was told to stop.
	graceAfterDeadline = 5 * time.Second
	// maxPage is what securedoc.html may be without its container.
	maxPage = 80 << 10
)

// What was over a limit.
var (
	errFields     = errors.New("milter: too many header fields")
	errHeader     = errors.New("milter: header too big")
	errBody       = errors.New("milter: body too big")
	errRecipients = errors.New("milter: too many recipients")
	errExpanded   = errors.New("milter: recipients expand to too many addresses")
)

func (l Limits) orDefaults() Limits {
	l.Fields = or(l.Fields, DefaultFields)
	l.HeaderBytes = or(l.HeaderBytes, DefaultHeaderBytes)
	l.BodyBytes = or(l.BodyBytes, DefaultBodyBytes)
	l.Recipients = or(l.Recipients, DefaultRecipients)
	l.Concurrent = or(l.Concurrent, DefaultConcurrent)
	l.Turn = or(l.Turn, DefaultTurn)
	l.Deadline = or(l.Deadline, DefaultDeadline)
	return l
}

func or[T int | int64 | time.Duration](value, fallback T) T {
	if value <= 0 {
		return fallback
	}
	return value
}
