package calendar_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/calendar"
)

// readCase gives the words wanted and the invitation of a file of testdata/calendar.
func readCase(t testing.TB, name string) (want map[string]string, text string) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	head, text, _ := strings.Cut(string(b), "\n\n")
	want = map[string]string{}
	for l := range strings.SplitSeq(head, "\n") {
		k, v, _ := strings.Cut(l, ":")
		want[k] = strings.TrimSpace(v)
	}
	return want, strings.ReplaceAll(text, "\n", "\r\n")
}

func cases(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("../testdata/calendar/*.txt")
	if err != nil || len(names) < 30 {
		t.Fatalf("%d cases, %v", len(names), err)
	}
	return names
}

func zone(name string) *time.Location {
	l, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return l
}

// BOP-12: what, where and whether it can be answered; the words for when stand in
// package portal, which reads the same cases.
func TestParse(t *testing.T) {
	for _, name := range cases(t) {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			want, text := readCase(t, name)
			e, err := calendar.Parse(text, zone)
			if err != nil {
				t.Fatal(err)
			}
			if e.Summary != want["What"] || e.Location != want["Where"] || e.Answerable() != (want["Answer"] == "yes") {
				t.Errorf("got %q at %q, answerable %v", e.Summary, e.Location, e.Answerable())
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "no event": "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "no start": "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR",
		"a task": "BEGIN:VCALENDAR\nBEGIN:VTODO\nDTSTART:20260703T090000Z\nEND:VTODO\nEND:VCALENDAR", "too long": strings.Repeat("x", calendar.MaxBytes+1),
		"deep": strings.Repeat("BEGIN:VEVENT\n", 1000),
	} {
		if _, err := calendar.Parse(text, nil); !errors.Is(err, calendar.ErrNone) {
			t.Errorf("%s: got %v, want ErrNone", name, err)
		}
	}
}

// The series counts, not an exception that stands before it.
func TestSeriesBeforeOccurrence(t *testing.T) {
	const text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nRECURRENCE-ID:20260703T090000Z\nDTSTART:20260704T090000Z\nEND:VEVENT\n" +
		"BEGIN:VEVENT\nUID:1\nDTSTART:20260703T090000Z\nRRULE:FREQ=DAILY\nEND:VEVENT\nEND:VCALENDAR"
	e, err := calendar.Parse(text, nil)
	if err != nil || !e.Occurrence.IsZero() || e.Rule == nil {
		t.Errorf("got %+v %v", e, err)
	}
}

// RFC 5546 section 3.2.3: one attendee, the organiser, UID, SEQUENCE and
// RECURRENCE-ID as they came; nothing of the invitation breaks out of its line.
func TestReply(t *testing.T) {
	now := time.Date(2026, 7, 3, 9, 30, 0, 0, time.UTC)
	carer := addr.MustParse("carer@home.example")
	_, text := readCase(t, "../testdata/calendar/one-occurrence.txt")
	text = strings.Replace(text, "SUMMARY;LANGUAGE=en-GB:Visit (moved)", `SUMMARY:Visit\nATTENDEE:mailto:x@evil.example\, `+strings.Repeat("é", 60), 1)
	e, err := calendar.Parse(text, zone)
	if err != nil {
		t.Fatal(err)
	}
	got := e.Reply(carer, "Carla \"C\" Carer\nX:y", calendar.Tentative, now)
	for _, l := range strings.Split(strings.TrimSuffix(got, "\r\n"), "\r\n") {
		if len(l) > 75 {
			t.Errorf("a line of %d octets: %q", len(l), l)
		}
	}
	whole := strings.ReplaceAll(got, "\r\n ", "")
	want := "BEGIN:VCALENDAR\r\nPRODID:-//postseal//EN\r\nVERSION:2.0\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:one-occurrence@example.gov.uk\r\nSEQUENCE:2\r\n" +
		"DTSTAMP:20260703T093000Z\r\nRECURRENCE-ID:20260706T130000Z\r\nDTSTART:20260707T130000Z\r\nDTEND:20260707T140000Z\r\n" +
		`SUMMARY:Visit\nATTENDEE:mailto:x@evil.example\, ` + strings.Repeat("é", 60) + "\r\n" +
		"ORGANIZER;CN=\"Jane Doe\":mailto:jane.doe@example.gov.uk\r\nATTENDEE;PARTSTAT=TENTATIVE;CN=\"Carla C Carer X:y\":mailto:carer@home.example\r\n" +
		"END:VEVENT\r\nEND:VCALENDAR\r\n"
	if whole != want {
		t.Errorf("got\n%s\nwant\n%s", whole, want)
	}
}

func TestReplyKeepsDates(t *testing.T) {
	_, text := readCase(t, "../testdata/calendar/all-days.txt")
	e, err := calendar.Parse(text, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := e.Reply(addr.MustParse("else@home.example"), "", calendar.Declined, time.Now())
	for _, want := range []string{"DTSTART;VALUE=DATE:20260803\r\nDTEND;VALUE=DATE:20260808\r\n", "ATTENDEE;PARTSTAT=DECLINED:mailto:else@home.example\r\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

// FuzzParse: no invitation stops the page, and no answer has a line that the
// invitation wrote.
func FuzzParse(f *testing.F) {
	for _, name := range cases(f) {
		_, text := readCase(f, name)
		f.Add(text)
	}
	f.Add("BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:x\nBEGIN:STANDARD\nDTSTART:00010101T000000\nTZOFFSETTO:+9999\nRRULE:FREQ=YEARLY;BYMONTH=2;BYDAY=-1SU;BYMONTHDAY=31\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nDTSTART;TZID=x:99991231T235959\nDURATION:P9999W")
	me := addr.MustParse("carer@home.example")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := calendar.Parse(text, zone)
		if err != nil {
			return
		}
		got := strings.ReplaceAll(e.Reply(me, "C", calendar.Accepted, time.Unix(0, 0)), "\r\n ", "")
		if n := strings.Count(got, "\nATTENDEE"); n != 1 || strings.Count(got, "\n") != strings.Count(got, "\r\n") {
			t.Errorf("%d attendees: %q", n, got)
		}
		again, err := calendar.Parse(got, nil)
		if e.Start.Time.Year() <= 9999 && e.Start.Time.Year() > 0 && (err != nil || again.Method != "REPLY") {
			t.Errorf("the answer cannot be read: %v\n%q", err, got)
		}
	})
}
