package milter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/milter"
	"github.com/postseal/postseal/notice"
)

// A mailbox of ours that sends everything on to an address outside sends its
// confirmations on too: they bear the subject with its tag, so that they are sealed
// like any mail, but nobody is told of that, else each confirmation would bring the
// next for ever.
func TestConfirmationSentOnOutsideEndsThere(t *testing.T) {
	for _, from := range []string{"jane@council.example", "b+none@secure.council.example", ""} {
		w := newWorld(t)
		if out := w.decide(mailFor(message("[SECURE] the report", outside), outside)); out.Action != milter.Discard {
			t.Fatalf("got %+v", out)
		}
		mails := 0
		for ; mails < 10; mails++ {
			w.pass(time.Minute)
			told, err := w.store.Claim(context.Background(), 10, time.Hour, w.clock())
			if err != nil {
				t.Fatal(err)
			}
			if len(told) == 0 {
				break
			}
			mail, err := w.f.Notices.Render(notice.Kind(told[0].Kind), told[0].To, json.RawMessage(told[0].Data), w.clock())
			if err != nil {
				t.Fatal(err)
			}
			var raw bytes.Buffer
			if err := mail.Encode(&raw); err != nil {
				t.Fatal(err)
			}
			on := mailFor(raw.String(), outside)
			on.Sender = addr.Address{}
			if from != "" {
				on.Sender = addr.MustParse(from)
			}
			if out := w.decide(on); out.Action != milter.Discard {
				t.Fatalf("sent on from <%s>: got %+v, want it sealed", from, out)
			}
		}
		if mails != 1 {
			t.Errorf("sent on from <%s>: %d confirmations, want the one", from, mails)
		}
	}
}

// What a rule forwards is a new mail of the program, which names the one it came of.
// What a person forwards, or a program writes about something else, is confirmed.
func TestForwardedNoticeIsNotConfirmed(t *testing.T) {
	const ours, other = "In-Reply-To: <0123456789abcdef@secure.council.example>\r\n", "In-Reply-To: <0123456789abcdef@council.example>\r\n"
	for _, c := range []struct {
		name, fields string
		want         int // confirmations
	}{
		{"by a rule of Exchange", ours + "X-MS-Exchange-Inbox-Rules-Loop: jane@council.example\r\n", 0},
		{"by a mailbox's setting", "References: <x@council.example>\r\n <0123456789abcdef@Secure.Council.example>\r\nX-MS-Exchange-ForwardingLoop: jane@council.example;1\r\n", 0},
		{"by Sieve", ours + "Auto-Submitted: auto-generated\r\n", 0},
		{"as it was", "X-Postseal: notice; kind=bounce\r\n", 0},
		{"by a person", ours, 1},
		{"by a person, with a field that says so", ours + "Auto-Submitted: no\r\n", 1},
		{"a program's mail about something else", other + "Auto-Submitted: auto-generated\r\n", 1},
		{"an envelope sent on", "X-Postseal: envelope; v=1\r\n", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			if out := w.decide(mailFor(c.fields+message("[SECURE] FW: Sent securely: report", outside), outside)); out.Action != milter.Discard {
				t.Fatalf("got %+v, want it sealed", out)
			}
			if got := len(w.confirmations()); got != c.want {
				t.Errorf("got %d confirmations, want %d", got, c.want)
			}
		})
	}
}
