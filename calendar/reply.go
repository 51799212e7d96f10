package calendar

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postseal/postseal/addr"
)

// Answer is what an attendee says.
type Answer string

// The answers (PARTSTAT, RFC 5545 section 3.2.12).
const (
	Accepted  Answer = "ACCEPTED"
	Tentative Answer = "TENTATIVE"
	Declined  Answer = "DECLINED"
)

// Answerable tells whether an invitation asks for an answer that Reply can write.
func (e Event) Answerable() bool {
	return e.Method == "REQUEST" && e.UID != "" && !e.Organiser.Address.IsZero()
}

// Reply writes the answer of one attendee with CRLF line ends, lines of at most 75
// octets (RFC 5545 section 3.1), and times in UTC, so that it needs no VTIMEZONE.
// Ask Answerable first.
func (e Event) Reply(from addr.Address, name string, a Answer, now time.Time) string {
	var b strings.Builder
	put := func(format string, values ...any) { fold(&b, fmt.Sprintf(format, values...)) }
	if p, ok := e.Attendee(from); ok {
		from = p.Address // as the organiser wrote it
		if name == "" {
			name = p.Name
		}
	}
	put("BEGIN:VCALENDAR")
	put("PRODID:-//postseal//EN")
	put("VERSION:2.0")
	put("METHOD:REPLY")
	put("BEGIN:VEVENT")
	put("UID:%s", escape(e.UID))
	put("SEQUENCE:%d", e.Sequence)
	put("DTSTAMP:%s", now.UTC().Format(clockForm+"Z"))
	if !e.Occurrence.IsZero() {
		put("RECURRENCE-ID%s", e.Occurrence.written())
	}
	put("DTSTART%s", e.Start.written())
	if !e.End.IsZero() {
		put("DTEND%s", e.End.written())
	}
	put("SUMMARY:%s", escape(e.Summary))
	put("ORGANIZER%s:mailto:%s", common(e.Organiser.Name), e.Organiser.Address)
	put("ATTENDEE;PARTSTAT=%s%s:mailto:%s", a, common(name), from)
	put("END:VEVENT")
	put("END:VCALENDAR")
	return b.String()
}

// written is the end of a property that holds a moment.
func (m Moment) written() string {
	switch {
	case m.AllDay:
		return ";VALUE=DATE:" + m.Time.Format(dateForm)
	case m.Floating:
		return ":" + m.Time.Format(clockForm)
	}
	return ":" + m.Time.UTC().Format(clockForm+"Z")
}

// common is the CN parameter; quotes cannot stand in one (RFC 5545 section 3.1).
func common(name string) string {
	name = strings.TrimSpace(strings.NewReplacer(`"`, "", "\n", " ", "\t", " ").Replace(printable(name)))
	if name == "" {
		return ""
	}
	return `;CN="` + name + `"`
}

func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`, "\t", " ").Replace(printable(s))
}

// fold writes a line in pieces of at most 75 octets that never cut a character.
func fold(b *strings.Builder, s string) {
	const limit = 75
	for room := limit; len(s) > room; room = limit - 1 {
		cut := room
		for cut > 1 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		b.WriteString(s[:cut] + "\r\n ")
		s = s[cut:]
	}
	b.WriteString(s + "\r\n")
}
