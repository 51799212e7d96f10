package milter_test

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	"slices"
	"strings"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/milter"
)

// Non-ASCII everywhere: subject, names, addresses, raw UTF-8 header (RFC 6532).
func TestNonASCII(t *testing.T) {
	w := newWorld(t)
	m := mailFor(message("[SECURE] Gewächshaus", "Dörte Groß <dörte@häuser.example>, ann@bücher.example"), "dörte@häuser.example", "ann@bücher.example")
	m.Args.UTF8 = true
	if got := w.decide(m); got.Action != milter.Discard {
		t.Fatalf("got %+v: %s", got, w.log)
	}
	sent := w.out.Sent()[0]
	if !sent.UTF8 {
		t.Error("SMTPUTF8 is not asked for")
	}
	got, page := w.opened(sent)
	if !bytes.Equal(got, original(t, m)) {
		t.Error("the original changed")
	}
	if len(page.To) != 2 {
		t.Errorf("the page offers %v", page.To)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(header(t, sent.Bytes, "Subject"))
	if want := "[SECURE] Gewächshaus"; err != nil || subject != want {
		t.Errorf("got %q, want %q", subject, want)
	}
}

// To and Cc that no parser likes still name nobody who is not in them.
func TestStrangeTo(t *testing.T) {
	w := newWorld(t)
	if got := w.decide(mailFor(message("[SECURE] x", "Ann <ann@home.example, ; tim@firm.example>>"), outside, "hidden@secret.example")); got.Action != milter.Discard {
		t.Fatalf("got %+v", got)
	}
	sent := w.out.Sent()[0]
	_, page := w.opened(sent)
	if want := []string{outside}; !slices.Equal(page.To, want) {
		t.Errorf("the page offers %v, want %v", page.To, want)
	}
	if to := header(t, sent.Bytes, "To"); !strings.Contains(to, outside) || strings.Contains(to, "hidden") {
		t.Errorf("To: %q", to)
	}
}

// Redirected mail of an outsider: our own address in From, nobody outside is
// told what we sealed or may take it back.
func TestRedirectedMail(t *testing.T) {
	w := newWorld(t)
	m := mailFor(strings.Replace(message("[SECURE] x", inside), "Jane Doe <jane@council.example>", "Stranger <s@else.example>", 1), outside)
	m.Sender = addr.MustParse("s@else.example")
	if got := w.decide(m); got.Action != milter.Discard {
		t.Fatalf("got %+v", got)
	}
	sent := w.out.Sent()[0]
	if from := header(t, sent.Bytes, "From"); !strings.Contains(from, "secure@council.example") {
		t.Errorf("From: %s", from)
	}
	_, page := w.opened(sent)
	known, err := w.store.Lookup(context.Background(), page.ID)
	if err != nil || known.Record.Sender.String() != "secure@council.example" {
		t.Errorf("record's sender %v, error %v", known.Record.Sender, err)
	}
	if n := len(w.confirmations()); n != 0 {
		t.Errorf("%d confirmations to an outsider", n)
	}
}

// Thousands of recipients and names cost no more than a moment each.
func TestManyRecipients(t *testing.T) {
	w := newWorld(t)
	var to []string
	for i := range 1000 {
		to = append(to, fmt.Sprintf("r%d@home.example", i))
	}
	if got := w.decide(mailFor(message("[SECURE] x", strings.Join(to, ",\r\n ")), to...)); got.Action != milter.Discard {
		t.Fatalf("got %+v", got)
	}
	if n := len(w.out.Sent()[0].Recipients); n != 1000 {
		t.Errorf("%d recipients", n)
	}
}
