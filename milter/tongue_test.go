package milter_test

import (
	"context"
	"errors"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/milter"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/relay/relaytest"
)

// welsh is a world in which outside reads Welsh and nobody else has an account.
func welsh(t *testing.T) *world {
	w := newWorld(t)
	brand := w.f.Notices.Brand()
	brand.Languages = []string{"en", "cy"}
	w.f.Notices = notice.New(brand, time.UTC)
	w.f.Language = func(_ context.Context, a addr.Address) (string, error) {
		switch a.String() {
		case outside:
			return "cy", nil
		case other:
			return "", errors.New("not known just now")
		}
		return "", nil
	}
	return w
}

// said gives a mail's headers apart, and the page's first language.
func said(t *testing.T, s relaytest.Sent) (mail.Header, string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(string(s.Bytes)))
	if err != nil {
		t.Fatal(err)
	}
	page := string(securedoc(t, s.Bytes))
	_, rest, _ := strings.Cut(page, `<html lang="`)
	lang, _, _ := strings.Cut(rest, `"`)
	return m.Header, lang
}

const third = "third@elsewhere.example"

// Issue 5, item 5: the mail about a message, and its file, are in the language of the
// reader's account when there is one; the others' mails are as ever, the envelope is
// the same, and the sender is told once, as if nobody had an account.
func TestNotificationInTheReadersLanguage(t *testing.T) {
	w := welsh(t)
	m := mailFor(message("[SECURE] greenhouse", outside+", "+other+", "+third), outside, other, third)
	if got := w.decide(m); got.Action != milter.Discard {
		t.Fatalf("got %+v", got)
	}
	sent := w.out.Sent()
	if len(sent) != 2 || len(sent[0].Recipients) != 1 || len(sent[1].Recipients) != 2 || sent[0].Recipients[0].Address.String() != outside {
		t.Fatalf("got %d mails: %v", len(sent), w.envelopes())
	}
	head, lang := said(t, sent[0])
	theirs, theirLang := said(t, sent[1])
	if lang != "cy" || theirLang != "en-GB" {
		t.Errorf("the pages are in %q and %q", lang, theirLang)
	}
	for _, field := range []string{"From", "To", "Cc", "Subject", "Date", "Message-Id", "Reply-To"} {
		if head.Get(field) != theirs.Get(field) {
			t.Errorf("%s differs: %q and %q", field, head.Get(field), theirs.Get(field))
		}
	}
	one, page := w.opened(sent[0])
	two, other := w.opened(sent[1])
	if string(one) != string(two) || page.ID != other.ID {
		t.Error("not the same envelope")
	}
	for i, want := range []bool{true, false} {
		if got := strings.Contains(string(sent[i].Bytes), "neges breifat atoch"); got != want {
			t.Errorf("mail %d: Welsh %v, want %v", i, got, want)
		}
	}
	got := w.confirmations()
	if len(got) != 1 || len(got[0].Recipients) != 3 || got[0].Lang != "" {
		t.Errorf("the sender is told %+v", got)
	}
}

// Fail and crash between the two languages: who was served is served once, and each
// has a confirmation, once (promises 2 and 5).
func TestLanguagesAreServedApart(t *testing.T) {
	w := welsh(t)
	second := &nthRelay{Sender: w.f.Relay, fail: 2}
	w.f.Relay = second
	m := mailFor(message("[SECURE] greenhouse", outside+", "+third), outside, third)
	if got := w.decide(m); got.Action != milter.Answer || got.Reply.Code/100 != 4 {
		t.Fatalf("got %+v, want to be asked again", got)
	}
	if got := w.confirmations(); len(got) != 1 || !slices.Equal(got[0].Recipients, []string{outside}) {
		t.Errorf("after the first: %+v", got)
	}
	m.QueueID = "4QUEUE2"
	w.pass(11 * time.Minute)
	if got := w.decide(m); got.Action != milter.Discard {
		t.Fatalf("again: got %+v", got)
	}
	if got := w.envelopes(); got[outside] != 1 || got[third] != 1 {
		t.Errorf("got %v", got)
	}
	if got := w.confirmations(); len(got) != 1 || !slices.Equal(got[0].Recipients, []string{third}) {
		t.Errorf("after the second: %+v", got)
	}
}

// nthRelay fails one call.
type nthRelay struct {
	milter.Sender
	n, fail int
}

func (r *nthRelay) Send(ctx context.Context, m relay.Mail) (string, error) {
	if r.n++; r.n == r.fail {
		return "", relay.ErrTemporary
	}
	return r.Sender.Send(ctx, m)
}
