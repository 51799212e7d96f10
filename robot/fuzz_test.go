package robot_test

import (
	"context"
	"strings"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/robot"
)

// FuzzMail: no mail makes the robot panic, and whatever it holds, links go to
// recorded recipients only and nothing goes to anybody inside but the sender.
func FuzzMail(f *testing.F) {
	for _, c := range cases(f) {
		f.Add(c[1], uint8(0))
	}
	f.Add(answer, uint8(1))
	f.Add(strings.Replace(dsnMail, "%s\n\n--", refused+"\n\n--", 1), uint8(2))
	f.Add("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: message/rfc822\n\n--a\n\n--a--", uint8(1))
	f.Fuzz(func(t *testing.T, mail string, where uint8) {
		w := newWorld(t)
		if !strings.Contains(mail, "{{") || len(mail) < 1<<16 {
			mail = strings.NewReplacer("{{.ID}}", w.record.ID.String(), "{{.OuterID}}", w.record.OuterID, "{{.Link}}", w.link(), "{{.Mark}}", w.keys.ReportMark(w.record.ID)).Replace(mail)
		}
		m, err := robot.ReadMail(w.robot.Spool, addr.MustParse("bob@firm.example"), strings.NewReader(mail))
		if err != nil {
			t.Fatalf("reading: %v", err)
		}
		defer m.Close()
		_ = w.robot.Deliver(context.Background(), []addr.Address{to, w.own("reply"), w.own("b")}[where%3], m)
		names, _ := w.sent()
		for _, n := range names {
			switch n {
			case "rescue bob@firm.example", "rescue carol@clinic.example", "bounce jane.doe@example.gov.uk", "plain-reply-told bob@firm.example", "plain-reply-told carol@clinic.example":
			default:
				t.Errorf("something went to somebody else: %s", n)
			}
		}
		for _, s := range w.inbound.Sent() {
			if len(s.Recipients) != 1 || s.Recipients[0].Address.Key() != jane.Key() {
				t.Errorf("an answer went to %v", s.Recipients)
			}
		}
	})
}

// FuzzRead: every reader of a mail ends, within its bounds.
func FuzzRead(f *testing.F) {
	for _, c := range cases(f) {
		f.Add(c[1])
	}
	f.Add(answer)
	f.Add(dsnMail)
	f.Add(strings.Repeat("Content-Type: message/rfc822\n\n", 40) + "x")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, mail string) {
		m, err := robot.ReadMail(dir, addr.Address{}, strings.NewReader(mail))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if n := m.ReadAll(); n > 12 {
			t.Errorf("got %d envelopes to look up, want at most 12", n)
		}
	})
}
