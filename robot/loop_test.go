package robot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/robot"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// A notice that a mailbox of ours sends on outside is sealed, and where that cannot
// be delivered either nobody is told: the news would be sent on in turn.
func TestBounceOfANoticeSentOnEndsThere(t *testing.T) {
	w := newWorld(t)
	p := storetest.Message(w.keys, "m2", w.Now(), bob)
	p.Record.Sender, p.Record.EnvelopeFrom, p.Record.Unannounced = jane, jane, true
	w.must(w.store.Prepare(context.Background(), p))
	w.must(w.store.Queued(context.Background(), p.Record.ID, p.Recipients, nil, "Q2", w.Now()))
	own := addr.MustParse("b+" + p.Record.ID.String() + "@secure.example.gov.uk")
	w.must(w.deliver(own, "", w.fill(fmt.Sprintf(dsnMail, "Undelivered", "", refused))))
	w.must(w.deliver(own, "", "From: MAILER-DAEMON@mx.firm.example\r\nSubject: Returned mail\r\n\r\nSomething went wrong.\r\n"))
	if got, _ := w.sent(); len(got) != 0 {
		t.Errorf("got %v, want nobody told", got)
	}
	r, err := w.store.EnvelopeForOperator(context.Background(), p.Record.ID)
	if s, _ := r.Recipient(bob); err != nil || s.Delivery.State != store.Failed {
		t.Errorf("got %+v, %v, want it recorded", s.Delivery, err)
	}
}

// Every mail that we write comes back to each of our addresses, as a redirect, a
// vacation program and a mailing list send it: what comes of it is bounded, and
// nothing of ours is ever answered.
func TestOwnMailThatComesBackIsNeverAnswered(t *testing.T) {
	now := storetest.NewClock().Now()
	kinds := map[notice.Kind]any{
		notice.Rescue:         notice.RescueData{SenderLine: "Jane", Link: "https://secure.example.gov.uk/m/x", Rescue: "mobile@secure.example.gov.uk"},
		notice.RescueTold:     notice.RescueToldData{},
		notice.PlainReplyTold: notice.PlainReplyToldData{Subject: "x"},
		notice.PlainReply:     notice.PlainReplyData{FromName: "Bob", From: bob, Subject: "x", Text: "x"},
		notice.Bounce:         notice.BounceData{Subject: "x", Recipients: []string{bob.String()}},
		notice.Confirmation:   notice.ConfirmationData{Subject: "x", Recipients: []string{bob.String()}, TakeBack: "https://secure.example.gov.uk/sent/x", SealedAt: now, Expires: now.AddDate(0, 1, 0)},
		notice.Code:           notice.CodeData{Code: "12345678", AskedAt: now},
	}
	for kind, data := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t)
			if d, ok := data.(notice.PlainReplyData); ok {
				d.EnvelopeID = w.record.ID.String()
				data = d
			}
			m, err := w.robot.Notices.Render(kind, bob, data, w.Now())
			w.must(err)
			var raw bytes.Buffer
			w.must(m.Encode(&raw))
			for _, from := range []string{"", "bob@firm.example", "jane.doe@example.gov.uk", w.own("b").String(), "secure@example.gov.uk"} {
				for _, own := range []addr.Address{to, w.own("b"), w.own("reply"), addr.MustParse("b+none@secure.example.gov.uk")} {
					_ = w.deliver(own, from, "Delivered-To: "+bob.String()+"\r\n"+raw.String())
				}
			}
			if got, _ := w.sent(); len(got) != 0 || len(w.inbound.Sent()) != 0 {
				t.Errorf("got %v and %d mails passed on, want nothing", got, len(w.inbound.Sent()))
			}
		})
	}
}

// A vacation program that answers each of our mails, and whose own answers are
// answered by whatever we write, comes to an end within a few mails; so does one
// that bears no sign of being a program.
func TestLoopWithAVacationProgramEnds(t *testing.T) {
	for _, c := range []struct {
		name, fields, from string
		most               int // mails that come of sixty answers, ours and those passed on
	}{
		{"as RFC 3834 says", "Auto-Submitted: auto-replied\r\n", "", 1},
		{"with a sender", "Auto-Submitted: auto-replied (vacation)\r\n", "bob@firm.example", 1},
		{"Precedence only", "Precedence: bulk\r\n", "bob@firm.example", 1},
		{"Outlook", "X-Auto-Response-Suppress: All\r\n", "bob@firm.example", 1},
		{"no sign of it", "", "bob@firm.example", robot.AnswerQuota.Max + 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			told := 0
			for i := range 60 {
				answer := strings.Replace(w.fill(answer), "<answer@firm.example>", fmt.Sprintf("<answer%d@firm.example>", i), 1)
				for _, own := range []addr.Address{w.own("reply"), w.own("b"), to} {
					_ = w.deliver(own, c.from, c.fields+answer)
				}
				w.Add(time.Minute)
				_, all := w.sent()
				for _, o := range all {
					m, err := w.robot.Notices.Render(notice.Kind(o.Kind), o.To, json.RawMessage(o.Data), w.Now())
					if err != nil || m.Auto == "" {
						t.Fatalf("got %v, Auto-Submitted %q: it asks to be answered", err, m.Auto)
					}
					told++
				}
			}
			rescue := 2 * robot.RescueQuota.Max // answers at mobile@ are forwards without the file
			if got := len(w.inbound.Sent()) + told; got > c.most+rescue {
				t.Errorf("got %d mails, want at most %d", got, c.most+rescue)
			}
		})
	}
}
