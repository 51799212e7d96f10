package calendar

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
)

// Bounds of an invitation. Outlook's are some 5 KB, with long descriptions 100.
const (
	MaxBytes     = 512 << 10 // bytes of an invitation that is read at all
	maxLines     = 20000     // unfolded lines
	maxText      = 20000     // bytes of a summary, place or description
	maxUID       = 1000      // bytes; RFC 7986 section 5.3 speaks of less than 255
	maxAttendees = 500
)

// ErrNone says that there is no appointment in what was given.
var ErrNone = errors.New("calendar: no appointment that can be read")

// Event is the appointment of an invitation: its series, or the one occurrence
// that the invitation is about.
type Event struct {
	Method      string // upper case; empty: none was said
	UID         string // as it stands, unescaped
	Sequence    int
	Summary     string
	Location    string
	Description string
	Status      string // upper case, as "CANCELLED"; may be empty
	Organiser   Person
	Attendees   []Person
	Start, End  Moment // End is zero where nothing was said; of an all-day event it is the first day after (RFC 5545 section 3.6.1)
	Rule        *Rule  // nil: happens once
	Occurrence  Moment // RECURRENCE-ID; zero for a series or a single event
}

// Person is an organiser or attendee.
type Person struct {
	Address addr.Address // zero where the value is no mailto address
	Name    string
	Answer  string // PARTSTAT, upper case
}

// Moment is a date, or a date with a time.
type Moment struct {
	Time     time.Time // of a date: midnight UTC
	AllDay   bool
	Floating bool // the same clock everywhere, or in a zone that nobody knows: Time is the clock in UTC
}

// IsZero tells whether nothing was said.
func (m Moment) IsZero() bool { return m.Time.IsZero() }

// Parse reads an invitation in UTF-8. zone knows time zones by their name, for
// files that use one without saying what it is; nil, or a nil answer, leaves such
// times Floating. Its only error is ErrNone.
func Parse(text string, zone func(name string) *time.Location) (Event, error) {
	if len(text) > MaxBytes {
		return Event{}, ErrNone
	}
	c := components(lines(text))
	var best *component
	for i := range c.inner {
		if e := &c.inner[i]; e.name == "VEVENT" && (best == nil || best.has("RECURRENCE-ID") && !e.has("RECURRENCE-ID")) {
			best = e
		}
	}
	if best == nil {
		return Event{}, ErrNone
	}
	r := reader{zones: map[string]observances{}, zone: zone}
	for _, in := range c.inner {
		if in.name == "VTIMEZONE" {
			r.zones[in.first("TZID").value] = observancesOf(in)
		}
	}
	e := r.event(best)
	e.Method = strings.ToUpper(c.first("METHOD").value)
	if e.Start.IsZero() {
		return Event{}, ErrNone
	}
	return e, nil
}

// reader knows the file's time zones.
type reader struct {
	zones map[string]observances
	zone  func(string) *time.Location
}

func (r reader) event(c *component) Event {
	e := Event{UID: cut(unescape(c.first("UID").value), maxUID), Summary: text(c, "SUMMARY"), Location: text(c, "LOCATION"),
		Description: text(c, "DESCRIPTION"), Status: strings.ToUpper(c.first("STATUS").value),
		Start: r.moment(c.first("DTSTART")), End: r.moment(c.first("DTEND")), Occurrence: r.moment(c.first("RECURRENCE-ID"))}
	e.Sequence, _ = strconv.Atoi(c.first("SEQUENCE").value)
	if e.Sequence < 0 || e.Sequence > 1<<30 {
		e.Sequence = 0
	}
	if e.End.IsZero() && !e.Start.IsZero() {
		e.End = e.Start.after(c.first("DURATION").value)
	}
	if e.End.Time.Before(e.Start.Time) {
		e.End = Moment{}
	}
	e.Organiser = person(c.first("ORGANIZER"))
	for _, l := range c.lines {
		if l.name == "ATTENDEE" && len(e.Attendees) < maxAttendees {
			e.Attendees = append(e.Attendees, person(l))
		}
	}
	if rule := c.first("RRULE"); rule.value != "" {
		e.Rule = r.rule(rule.value, c.has("RDATE"))
	} else if c.has("RDATE") {
		e.Rule = &Rule{}
	}
	return e
}

// person reads a calendar user (RFC 5545 section 3.3.3).
func person(l line) Person {
	p := Person{Name: cut(printable(l.params["CN"]), 200), Answer: strings.ToUpper(l.params["PARTSTAT"])}
	if value := l.value; len(value) > 7 && strings.EqualFold(value[:7], "mailto:") {
		p.Address, _ = addr.Parse(strings.TrimSpace(value[7:]))
	}
	return p
}

// Attendee gives the attendee with an address.
func (e Event) Attendee(a addr.Address) (Person, bool) {
	for _, p := range e.Attendees {
		if !p.Address.IsZero() && p.Address.Equal(a) {
			return p, true
		}
	}
	return Person{}, false
}

func text(c *component, name string) string {
	return cut(strings.TrimSpace(printable(unescape(c.first(name).value))), maxText)
}

// unescape undoes RFC 5545 section 3.3.11.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 'n', 'N':
			b.WriteByte('\n')
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// printable takes out what is not shown: control characters but line ends.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r == '\u061c' || r == '\u200e' || r == '\u200f' ||
			r >= '\u2028' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

func cut(s string, n int) string {
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}
