package demo_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/postseal/postseal/internal/demo"
	"github.com/postseal/postseal/internal/testport"
)

func newCatcher() *demo.Catcher {
	return demo.NewCatcher(func() time.Time { return arrival }, slog.New(slog.DiscardHandler))
}

func TestCatcherKeepsMailPerRecipientAndAnswersLikePostfix(t *testing.T) {
	c := newCatcher()
	l := testport.Listener(t)
	go func() { _ = c.Serve(l, demo.Reentry) }()
	t.Cleanup(func() { _ = c.Close() })
	client, err := smtp.Dial(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	// What the relay asks for: DSN on both commands, SMTPUTF8, the null sender.
	if err := client.Mail("", &smtp.MailOptions{UTF8: true, Body: smtp.Body8BitMIME, Return: smtp.DSNReturnHeaders, EnvelopeID: "abc"}); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"Jane@y.example", "jörg@bücher.example"} {
		if err := client.Rcpt(to, &smtp.RcptOptions{Notify: []smtp.DSNNotify{smtp.DSNNotifyFailure}, OriginalRecipientType: smtp.DSNAddressTypeUTF8, OriginalRecipient: to}); err != nil {
			t.Fatal(err)
		}
	}
	data, err := client.Data()
	if err != nil {
		t.Fatal(err)
	}
	raw := "From: a@x.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n.\r\n"
	if _, err := data.Write([]byte(raw)); err != nil {
		t.Fatal(err)
	}
	response, err := data.CloseWithResponse()
	if err != nil || !strings.Contains(response.StatusText, "queued as") {
		t.Errorf("got %+v, %v, want a queue id", response, err)
	}
	for _, address := range []string{"jane@y.example", "JÖRG@bücher.example"} {
		inbox := c.Inbox(address)
		if len(inbox) != 1 || string(inbox[0].Raw) != raw || inbox[0].Parsed.Subject != "Grüße" || inbox[0].Way != demo.Reentry || inbox[0].From != "" {
			t.Errorf("%s: got %+v", address, inbox)
		}
	}
	if got, want := c.Addresses(), []string{"jane@y.example", "jörg@bücher.example"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCatcherForgetsTheOldestFirst(t *testing.T) {
	c := newCatcher()
	for i := range demo.MaxKept + 3 {
		if _, err := c.Deliver(demo.Clear, "a@x.example", []string{"b@y.example"}, fmt.Appendf(nil, "Subject: %d\r\n\r\n", i)); err != nil {
			t.Fatal(err)
		}
	}
	inbox := c.Inbox("b@y.example")
	if got := len(inbox); got != demo.MaxKept {
		t.Errorf("got %d mails, want %d", got, demo.MaxKept)
	}
	if got, want := inbox[0].Parsed.Subject, fmt.Sprint(demo.MaxKept+2); got != want {
		t.Errorf("newest: got %q, want %q", got, want)
	}
	if _, kept := c.Mail(3); kept {
		t.Error("the third mail is still kept")
	}
	if _, kept := c.Mail(4); !kept {
		t.Error("the fourth mail is gone")
	}
}

func TestCatcherBoundsItsMemory(t *testing.T) {
	c := newCatcher()
	large := make([]byte, demo.MaxMailBytes)
	if _, err := c.Deliver(demo.Clear, "", []string{"b@y.example"}, append(large, 'x')); !errors.Is(err, demo.ErrFull) {
		t.Errorf("one too large: got %v, want ErrFull", err)
	}
	for range 6 {
		if _, err := c.Deliver(demo.Clear, "", []string{"b@y.example"}, large); err != nil {
			t.Fatal(err)
		}
	}
	kept := 0
	for _, m := range c.Inbox("b@y.example") {
		kept += len(m.Raw)
	}
	if kept > demo.MaxKeptBytes {
		t.Errorf("keeps %d octets, want at most %d", kept, demo.MaxKeptBytes)
	}
}

func TestWaitGivesWhatComesAndEndsWithItsContext(t *testing.T) {
	c := newCatcher()
	ctx, cancel := context.WithCancel(context.Background())
	bySubject := func(s string) func(*demo.Mail) bool {
		return func(m *demo.Mail) bool { return m.Parsed.Subject == s }
	}
	deliver := func(subject string) {
		if _, err := c.Deliver(demo.Clear, "", []string{"b@y.example"}, []byte("Subject: "+subject+"\r\n\r\n")); err != nil {
			t.Error(err)
		}
	}
	deliver("first")
	if m, err := c.Wait(ctx, 0, bySubject("first")); err != nil || m.Number != 1 {
		t.Errorf("already there: got %v, %v", m, err)
	}
	got := make(chan *demo.Mail)
	go func() { m, _ := c.Wait(ctx, 1, bySubject("third")); got <- m }()
	deliver("second")
	deliver("third")
	if m := <-got; m == nil || m.Number != 3 {
		t.Errorf("comes later: got %v, want mail 3", m)
	}
	cancel()
	if _, err := c.Wait(ctx, 3, bySubject("fourth")); !errors.Is(err, context.Canceled) {
		t.Errorf("never comes: got %v, want context.Canceled", err)
	}
}
