package milter_test

import (
	"bytes"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/milter"
	"github.com/postseal/postseal/policy"
)

func fp(t *testing.T, queueID, from, body string, fields ...string) string {
	t.Helper()
	m := &milter.Mail{QueueID: queueID, Body: bytes.NewReader([]byte(body)), BodySize: int64(len(body))}
	m.Sender = addr.MustParse(from)
	for i := 0; i < len(fields); i += 2 {
		m.Fields = append(m.Fields, policy.Field{Name: fields[i], Value: fields[i+1]})
	}
	sum, err := milter.Fingerprint(sha256.New(), m, start)
	if err != nil {
		t.Fatal(err)
	}
	return string(sum)
}

// The same message has one fingerprint at every try; two messages never share one.
func TestFingerprint(t *testing.T) {
	const (
		from  = "jane@council.example"
		mid   = "Message-ID"
		ours  = " <20261121091500.4QUEUE1@mail.council.example>"
		later = " <20261121092500.4QUEUE2@mail.council.example>"
		date1 = " Sat, 21 Nov 2026 09:15:00 +0000 (GMT)"
		date2 = " Sat, 21 Nov 2026 09:25:00 +0000 (GMT)"
		date3 = " Sat, 21 Nov 2026 09:15:00 +0000"
	)
	same := func(name, a, b string) {
		if a != b {
			t.Errorf("%s: a retry has another fingerprint", name)
		}
	}
	differ := func(name, a, b string) {
		if a == b {
			t.Errorf("%s: two messages have one fingerprint", name)
		}
	}
	same("client's own id and date", fp(t, "4QUEUE1", from, "x", mid, " <a@b>", "Date", date3), fp(t, "4QUEUE2", from, "x", mid, " <a@b>", "Date", date3))
	same("trace does not count", fp(t, "1", from, "x", mid, " <a@b>"), fp(t, "2", from, "x", "Received", " by y", "DKIM-Signature", " t=2", mid, " <a@b>", "X-Hop", " 2"))
	differ("the subject tells", fp(t, "1", from, "x", mid, " <a@b>", "Subject", " one"), fp(t, "1", from, "x", mid, " <a@b>", "Subject", " two"))
	differ("sent on again (RFC 5322 section 3.6.6)", fp(t, "1", from, "x", mid, " <a@b>"), fp(t, "1", from, "x", "Resent-Message-ID", " <c@d>", mid, " <a@b>"))
	differ("the form tells", fp(t, "1", from, "x", mid, " <a@b>", "Content-Type", " text/plain"), fp(t, "1", from, "x", mid, " <a@b>", "Content-Type", " text/html"))
	same("sender's case", fp(t, "1", "Jane@Council.example", "x", mid, " <a@b>"), fp(t, "2", "jane@council.example", "x", mid, " <a@b>"))
	same("Postfix added the date only", fp(t, "4QUEUE1", from, "x", mid, " <a@b>", "Date", date1), fp(t, "4QUEUE2", from, "x", mid, " <a@b>", "Date", date2))
	same("Postfix added the id only", fp(t, "4QUEUE1", from, "x", "Date", date3, "Subject", " s", mid, ours), fp(t, "4QUEUE2", from, "x", "Date", date3, "Subject", " s", mid, later))
	differ("neither given: never one", fp(t, "4QUEUE1", from, "x", mid, ours, "Date", date1), fp(t, "4QUEUE2", from, "x", mid, later, "Date", date1))
	differ("no id: the subject tells", fp(t, "1", from, "x", "Date", date3, "Subject", " one"), fp(t, "1", from, "x", "Date", date3, "Subject", " two"))
	differ("body", fp(t, "1", from, "x", mid, " <a@b>"), fp(t, "1", from, "y", mid, " <a@b>"))
	differ("sender", fp(t, "1", from, "x", mid, " <a@b>"), fp(t, "1", "joe@council.example", "x", mid, " <a@b>"))
	differ("id", fp(t, "1", from, "x", mid, " <a@b>"), fp(t, "1", from, "x", mid, " <a@c>"))
	differ("client's date", fp(t, "1", from, "x", "Date", date3, mid, " <a@b>", "To", " a@b"), fp(t, "1", from, "x", "Date", date1, mid, " <a@b>", "To", " a@b"))
	differ("a field cannot pass for the body", fp(t, "1", from, "", mid, " <a@b>", mid, "x"), fp(t, "1", from, "x", mid, " <a@b>"))
}

func TestFoldCRLF(t *testing.T) {
	for _, c := range []struct {
		value, want string
		ok          bool
	}{
		{" a", " a", true}, {"", "", true}, {" a\n b", " a\r\n b", true}, {" a\r\n\tb", " a\r\n\tb", true},
		{"\n x", "\r\n x", true}, {" a\rb", " a\rb", true},
		{" a\nb", "", false}, {" a\n\n b", "", false}, {" a\n", "", false},
	} {
		if got, ok := milter.FoldCRLF(c.value); got != c.want || ok != c.ok {
			t.Errorf("%q: got %q %v, want %q %v", c.value, got, ok, c.want, c.ok)
		}
	}
}

// Postfix's short queue ids come again. The same text sent the next day by a
// program that stamps nothing is another message and is not dropped as served
// (promise 2).
func TestQueueIDThatComesAgainLosesNothing(t *testing.T) {
	w := newWorld(t)
	raw := "From: Jane Doe <jane@council.example>\r\nTo: " + outside + "\r\nSubject: [SECURE] nightly report\r\n\r\nall is well\r\n"
	for range 2 {
		if got := w.decide(mailFor(raw, outside)); got.Action != milter.Discard {
			t.Fatalf("got %+v", got)
		}
		w.pass(24 * time.Hour)
	}
	if n := w.envelopes()[outside]; n != 2 {
		t.Errorf("%d messages left, want 2", n)
	}
}
