package tnef

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// meeting is what a recipient is to know of an appointment.
type meeting struct {
	kind       string // "Meeting request"
	method     string // of iCalendar, RFC 5546; "" when no calendar can take it
	what       string
	where      string
	start, end time.Time
	utc        bool // else as the sender's clock showed it
	allDay     bool
	repeats    bool
	pattern    string // "every Monday", in the sender's language
	id         []byte // PidLidGlobalObjectId
}

// meetingKinds are the classes of messages about meetings, with the ends of
// their older names.
var meetingKinds = []struct{ class, old, kind, method string }{
	{"ipm.schedule.meeting.request", "mtgreq", "Meeting request", "PUBLISH"},
	{"ipm.schedule.meeting.canceled", "mtgcncl", "Meeting cancelled", "CANCEL"},
	{"ipm.schedule.meeting.resp.pos", "mtgrespp", "Meeting accepted", ""},
	{"ipm.schedule.meeting.resp.neg", "mtgrespn", "Meeting declined", ""},
	{"ipm.schedule.meeting.resp.tent", "mtgrespa", "Meeting tentatively accepted", ""},
	{"ipm.schedule.meeting", "mtg", "Meeting", ""},
	{"ipm.appointment", "appointment", "Appointment", "PUBLISH"},
}

// readMeeting gives nil for what is no meeting.
func readMeeting(i *item, m *stream) (*meeting, error) {
	class := strings.ToLower(i.class)
	var b *meeting
	for _, k := range meetingKinds {
		if strings.HasPrefix(class, k.class) || strings.HasPrefix(class, "ipm.microsoft schedule."+k.old) {
			b = &meeting{kind: k.kind, method: k.method}
			break
		}
	}
	if b == nil {
		return nil, nil
	}
	p := &m.props
	var failed error
	get := func(ids ...uint32) string {
		for _, id := range ids {
			text, err := p.text(id, m.page, maxShort)
			failed = or(failed, err)
			if text = clean(text, maxHeaderText); text != "" {
				return text
			}
		}
		return ""
	}
	b.what, b.where, b.pattern = i.subject, get(propLocation, propWhere), get(propPattern)
	b.start, b.end, b.utc = p.time(propStart), p.time(propEnd), true
	if b.start.IsZero() {
		b.start, b.end, b.utc = m.start, m.end, false
	}
	b.allDay = p.numbers[propAllDay] != 0
	b.repeats = b.pattern != "" || p.numbers[propRecurring] != 0 || p.numbers[propIsRecurring] != 0
	if id := p.values[propGlobalID]; id.n > 0 {
		octets, err := id.bytes(maxShort)
		failed = or(failed, err)
		b.id = octets
	}
	return b, failed
}

// text says what, when and where.
func (m *meeting) text() string {
	var b strings.Builder
	line := func(label, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\r\n", label, value)
		}
	}
	fmt.Fprintf(&b, "%s\r\n\r\n", m.kind)
	line("What", m.what)
	line("When", m.when())
	line("Where", m.where)
	if m.pattern != "" {
		line("Repeats", m.pattern)
	} else if m.repeats {
		line("Repeats", "yes; the dates stand in the message or have to be asked for")
	}
	return b.String()
}

func (m *meeting) when() string {
	const day, clock = "Monday 2 January 2006", "15:04"
	if m.start.IsZero() {
		return ""
	}
	zone := " UTC"
	if !m.utc {
		zone = " (the sender's time)"
	}
	out := m.start.Format(day + ", " + clock)
	switch {
	case m.end.IsZero() || m.end.Equal(m.start):
	case m.end.Format(day) == m.start.Format(day):
		out += " to " + m.end.Format(clock)
	default:
		out += " to " + m.end.Format(day+", "+clock)
	}
	if m.allDay {
		return out + zone + ", all day"
	}
	return out + zone
}

// calendar gives the meeting for a calendar program (RFC 5545), when it is
// simple: once, with a start in UTC. A request becomes PUBLISH, since an answer
// could not find its way through the envelope; nil when it is not simple.
func (m *meeting) calendar(i *item, digest [32]byte) []byte {
	if m.method == "" || m.repeats || !m.utc || m.start.IsZero() || m.end.Before(m.start) {
		return nil
	}
	const stamp = "20060102T150405Z"
	made := i.sent
	if made.IsZero() {
		made = m.start
	}
	var b bytes.Buffer
	line := func(text string) { fold(&b, text) }
	line("BEGIN:VCALENDAR")
	line("PRODID:-//postseal//EN")
	line("VERSION:2.0")
	line("METHOD:" + m.method)
	line("BEGIN:VEVENT")
	line("UID:" + m.uid(digest))
	line("DTSTAMP:" + made.Format(stamp))
	line("DTSTART:" + m.start.Format(stamp))
	line("DTEND:" + m.end.Format(stamp))
	line("SUMMARY:" + escaped(m.what))
	if m.where != "" {
		line("LOCATION:" + escaped(m.where))
	}
	if strings.Contains(i.address, "@") && idForm.MatchString(i.address) {
		line("ORGANIZER:mailto:" + i.address)
	}
	if m.method == "CANCEL" {
		line("STATUS:CANCELLED")
	}
	line("END:VEVENT")
	line("END:VCALENDAR")
	return b.Bytes()
}

// uid names the meeting as other calendars do ([MS-OXCICAL] section
// 2.1.3.1.1.20.26): what another program called it, or the id in hexadecimal.
func (m *meeting) uid(digest [32]byte) string {
	if _, foreign, found := bytes.Cut(m.id, []byte("vCal-Uid\x01\x00\x00\x00")); found {
		if uid := strings.TrimRight(string(foreign), "\x00"); idForm.MatchString(uid) {
			return uid
		}
	}
	if len(m.id) > 0 && len(m.id) <= 200 {
		return strings.ToUpper(hex.EncodeToString(m.id))
	}
	sum := sha256.Sum256(append(digest[:], m.what...))
	return hex.EncodeToString(sum[:16])
}

var escapes = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`)

func escaped(s string) string { return escapes.Replace(s) }

// fold writes a line of at most 75 octets, and what is more behind a space on
// the next.
func fold(b *bytes.Buffer, s string) {
	const longest = 74
	for n := 0; n < len(s); {
		size := 0
		for _, r := range s[n:] {
			if size+len(string(r)) > longest {
				break
			}
			size += len(string(r))
		}
		if n > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s[n : n+size])
		b.WriteString("\r\n")
		n += size
	}
}
