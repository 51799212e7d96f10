package e2e_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// composed makes a mail with the fields that every mail needs, so that Postfix
// adds none: what the milter sees is what was sent. Its words are planted: they
// may be seen in no sealed mail.
func composed(subject, more, body string) []byte {
	return crlf(fmt.Sprintf(`From: Jane Doe <jane.doe@example.gov.uk>
To: Bob <bob@firm.example>
Subject: %s
Date: Sat, 21 Nov 2026 10:00:00 +0000
Message-ID: <%d.composed@client.example.gov.uk>
%sMIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii

%s
`, subject, composedSoFar.Add(1), more, body))
}

var composedSoFar atomic.Int64

// planted stands in every body and may not be seen outside.
const planted = "xylophone-quartz QQ 12 34 56 C"

// accepted sends with the site's submission listener.
func (s *site) accepted(from string, rcpts []string, raw []byte) {
	s.t.Helper()
	e2etest.MustSend(s.t, s.Submission, from, rcpts, raw, e2etest.SendOptions{})
}

// refused sends and wants the code.
func (s *site) refused(code int, from string, rcpts []string, raw []byte) *e2etest.Refusal {
	s.t.Helper()
	_, err := e2etest.Send(s.t, s.Submission, from, rcpts, raw, e2etest.SendOptions{})
	r, ok := err.(*e2etest.Refusal)
	if !ok || r.Code != code {
		s.t.Fatalf("got %v, want %d", err, code)
	}
	return r
}

// envelopeFor waits for the sealed mail of one recipient, checks that it shows
// nothing of the planted words, and that he can open it to exactly the original.
func (s *site) envelopeFor(box *e2etest.Sink, rcpt string, original []byte) e2etest.Delivery {
	s.t.Helper()
	d := s.sealedFor(box, rcpt)
	if got := e2etest.NewReader(s.t, s.seal, box, rcpt).Open(d.Raw); !bytes.Equal(got, original) {
		s.t.Errorf("%s opens\n%.3000q\nwant\n%.3000q", rcpt, got, original)
	}
	return d
}

func (s *site) sealedFor(box *e2etest.Sink, rcpt string) e2etest.Delivery {
	s.t.Helper()
	d := box.WaitFor("a message for "+rcpt, func(d e2etest.Delivery) bool { return d.Has(rcpt) && !notice(d) })
	if !e2etest.IsSealed(s.t, d.Raw) {
		s.t.Fatalf("%s got a mail in clear:\n%.2000s", rcpt, d.Raw)
	}
	unseen(s.t, d.Raw)
	return d
}

// unseen fails when a planted word stands in a mail as it went over the wire, or
// in any decoded part of it.
func unseen(t *testing.T, raw []byte) {
	t.Helper()
	all := bytes.Clone(raw)
	for _, f := range e2etest.Leaves(t, raw) {
		all = append(append(all, f.Body...), f.Name...)
	}
	for _, word := range strings.Fields(planted)[:1] {
		if bytes.Contains(all, []byte(word)) {
			t.Errorf("the sealed mail shows %q", word)
		}
	}
	if bytes.Contains(bytes.ReplaceAll(all, []byte(" "), nil), []byte("QQ123456C")) {
		t.Error("the sealed mail shows the National Insurance number")
	}
}

func notice(d e2etest.Delivery) bool {
	head, _, _ := bytes.Cut(d.Raw, []byte("\r\n\r\n"))
	return bytes.Contains(head, []byte("X-Postseal: notice"))
}

func confirmation(d e2etest.Delivery) bool {
	head, _, _ := bytes.Cut(d.Raw, []byte("\r\n\r\n"))
	return bytes.Contains(head, []byte("kind=confirmation"))
}

// messages gives the deliveries to one address that are no notices of ours.
func messages(box *e2etest.Sink, rcpt string) []e2etest.Delivery {
	var out []e2etest.Delivery
	for _, d := range box.All() {
		if d.Has(rcpt) && !notice(d) {
			out = append(out, d)
		}
	}
	return out
}

// once fails unless the address got exactly one message.
func once(t *testing.T, box *e2etest.Sink, rcpts ...string) {
	t.Helper()
	for _, r := range rcpts {
		if got := len(messages(box, r)); got != 1 {
			t.Errorf("%s got %d messages, want 1", r, got)
		}
	}
}

// never fails when the address got any message.
func never(t *testing.T, box *e2etest.Sink, rcpts ...string) {
	t.Helper()
	for _, r := range rcpts {
		if got := len(messages(box, r)); got != 0 {
			t.Errorf("%s got %d messages, want none", r, got)
		}
	}
}
