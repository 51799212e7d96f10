package e2e_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// Postfix deletes a recipient by name and does not say whether it found her. In
// whatever way a client writes a sealed recipient beside one who gets the
// original, she never gets it in clear (promise 1).
func TestSealedRecipientIsFoundInEverySpelling(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{Tables: map[string]string{
		"virtual": "root@" + e2etest.LocalDomain + " root@" + e2etest.LocalDomain + ", bob@firm.example\n",
	}})
	marked := func(i int) []byte {
		return crlf(fmt.Sprintf("From: jane.doe@example.gov.uk\nTo: list\nSubject: [SECURE] x\nMessage-ID: <n%d@x>\nDate: Sat, 21 Nov 2026 10:00:00 +0000\n\npelargonium\n", i))
	}
	kept := 0
	for i, c := range []struct {
		rcpt    string
		refused bool
	}{
		{"bob@firm.example.", false}, {"BOB@Firm.Example", false}, {`"bob"@firm.example`, false}, {`"a,b"@firm.example`, false}, {"root", false},
		{"@relay.example:bob@firm.example", true}, {"bob@firm.example,", true}, {"Bob <bob@firm.example>", true}, {"group:bob@firm.example;", true},
	} {
		_, err := e2etest.Send(t, s.Submission, staff, []string{mate, c.rcpt}, marked(i), e2etest.SendOptions{})
		var no *e2etest.Refusal
		if c.refused != errors.As(err, &no) || no != nil && !strings.HasPrefix(no.Text, "5.1.3") {
			t.Errorf("%s: got %v, refused wanted: %v", c.rcpt, err, c.refused)
		}
		if err == nil {
			kept++
		}
	}
	for i, rcpt := range []string{"bob@firm.example.", "root", "bob@firm.example", "@relay.example:bob@firm.example"} {
		if err := s.Sendmail(staff, []string{mate, rcpt}, marked(100+i)); err != nil {
			t.Error(err)
		}
		kept++
	}
	e2etest.Eventually(t, "the originals inside", func() bool { return countClear(s.Inside) >= kept })
	s.WaitIdle()
	if n := countClear(s.Outside); n != 0 {
		t.Errorf("%d messages left in clear", n)
	}
	if n := countClear(s.Inside); n != kept {
		t.Errorf("%d originals inside, want %d", n, kept)
	}
}

// countClear counts the deliveries with the text of TestSealedRecipientIsFoundInEverySpelling.
func countClear(s *e2etest.Sink) (n int) {
	for _, d := range s.All() {
		if bytes.Contains(d.Raw, []byte("pelargonium")) {
			n++
		}
	}
	return n
}
