package tnef_test

import (
	"strings"
	"testing"
	"time"

	tt "github.com/postseal/postseal/tnef/tneftest"
)

// A meeting says what, when and where, and is given to calendars when simple.
func TestMeetings(t *testing.T) {
	start := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	props := [][]byte{
		tt.Unicode(0x001a, "IPM.Schedule.Meeting.Request"), tt.Unicode(0x0037, "Case conference; part 1"), tt.Unicode(0x5d02, "jane@council.example"),
		tt.Named(tt.Appointment, 0x820d, tt.Time(0x8000, start)), tt.Named(tt.Appointment, 0x820e, tt.Time(0x8001, start.Add(90*time.Minute))),
		tt.Named(tt.Appointment, 0x8208, tt.Unicode(0x8002, "Room 7, Town Hall")), tt.Named(tt.Meeting, 3, tt.Binary(0x8003, []byte{4, 0, 0xab})),
		tt.Time(0x0039, start.Add(-time.Hour)),
	}
	out, _ := unpack(t, mixed(plainText, tt.Part(tt.New().Message(props...).Bytes())))
	got := leaves(t, out)
	if len(got) != 3 || got[2].kind != "text/calendar" {
		t.Fatalf("got\n%s", show(got))
	}
	if want := "Meeting request\r\n\r\nWhat: Case conference; part 1\r\nWhen: Monday 30 November 2026, 10:00 to 11:30 UTC\r\nWhere: Room 7, Town Hall\r\n"; got[1].text != want {
		t.Errorf("got %q, want %q", got[1].text, want)
	}
	want := "BEGIN:VCALENDAR\r\nPRODID:-//postseal//EN\r\nVERSION:2.0\r\nMETHOD:PUBLISH\r\nBEGIN:VEVENT\r\nUID:0400AB\r\nDTSTAMP:20261130T090000Z\r\nDTSTART:20261130T100000Z\r\nDTEND:20261130T113000Z\r\n" +
		"SUMMARY:Case conference\\; part 1\r\nLOCATION:Room 7\\, Town Hall\r\nORGANIZER:mailto:jane@council.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	if got[2].text != want {
		t.Errorf("got %q, want %q", got[2].text, want)
	}

	repeated := append(props, tt.Named(tt.Appointment, 0x8232, tt.Unicode(0x8004, "every Monday")))
	out, _ = unpack(t, mixed(plainText, tt.Part(tt.New().Message(repeated...).Bytes())))
	if got := leaves(t, out); len(got) != 2 || !strings.HasSuffix(got[1].text, "Repeats: every Monday\r\n") {
		t.Errorf("a series has to be told in words only; got\n%s", show(got))
	}

	old := tt.New().Class("IPM.Microsoft Schedule.MtgCncl").Attribute(tt.OfMessage, 0x00038006, []byte{0xea, 7, 11, 0, 30, 0, 10, 0, 0, 0, 0, 0, 1, 0})
	out, _ = unpack(t, head+tt.Part(old.Bytes()))
	if got, want := leaves(t, out)[0].text, "Meeting cancelled\r\n\r\nWhen: Monday 30 November 2026, 10:00 (the sender's time)"; strings.TrimSpace(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
