package robot_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-smtp"

	"github.com/postseal/postseal/robot"
)

// serve starts the LMTP server on a unix socket and gives a client of it.
func (w *world) serve() *smtp.Client {
	w.Helper()
	dir, err := os.MkdirTemp("", "ps")
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "robot.sock"))
	if err != nil {
		w.Fatal(err)
	}
	server, done := robot.NewServer(w.robot), make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	conn, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		w.Fatal(err)
	}
	client := smtp.NewClientLMTP(conn)
	w.Cleanup(func() {
		client.Close()
		if err := server.Shutdown(context.Background()); err != nil {
			w.Errorf("shutdown: %v", err)
		}
		if err := <-done; err != nil {
			w.Errorf("serve: got %v, want nil after Shutdown", err)
		}
	})
	return client
}

// Each recipient has an answer of her own, and a stranger's address is refused.
func TestLMTP(t *testing.T) {
	w := newWorld(t)
	c := w.serve()
	if err := c.Mail("bob@firm.example", nil); err != nil {
		t.Fatal(err)
	}
	var refused *smtp.SMTPError
	if err := c.Rcpt("other@secure.example.gov.uk", nil); !errors.As(err, &refused) || refused.Code != 550 || refused.EnhancedCode != (smtp.EnhancedCode{5, 1, 1}) {
		t.Fatalf("got %v, want 550 5.1.1", err)
	}
	for _, to := range []string{to.String(), w.own("reply").String()} {
		if err := c.Rcpt(to, nil); err != nil {
			t.Fatal(err)
		}
	}
	data, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	_, _ = data.Write([]byte(w.fill(answer)))
	answers, err := data.CloseWithLMTPResponse()
	if err != nil {
		t.Fatal(err)
	}
	if len(answers) != 2 || len(w.inbound.Sent()) != 1 {
		t.Errorf("got %v and %d mails passed on", answers, len(w.inbound.Sent()))
	}
	left, err := os.ReadDir(w.robot.Spool)
	if err != nil || len(left) != 0 {
		t.Errorf("left in the spool: %v, %v", left, err)
	}
}

// A DKIM signature of the author's domain proves a stranger's mail; one of
// another domain does not, nor one over a mail that was changed.
func TestDKIMAlignment(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	record := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
	const mail = "From: eve@mail.evil.example\r\nTo: mobile@secure.example.gov.uk\r\nSubject: x\r\nMessage-ID: <e@evil.example>\r\n\r\nhello\r\n"
	for _, c := range []struct {
		name, domain, dmarc string
		change              func(string) string
		want                bool
	}{
		{"of the very domain", "mail.evil.example", "", nil, true},
		{"of the organisation", "evil.example", "", nil, true},
		{"of the organisation, strict", "evil.example", "v=DMARC1; p=none; adkim=s", nil, false},
		{"of another", "other.example", "", nil, false},
		{"of the suffix", "example", "", nil, false},
		{"changed", "mail.evil.example", "", func(s string) string { return strings.Replace(s, "hello", "hallo", 1) }, false},
		{"second From", "mail.evil.example", "", func(s string) string { return "From: ceo@bank.example\r\n" + s }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.dns["s._domainkey."+c.domain] = []string{record}
			if c.dmarc != "" {
				w.dns["_dmarc.evil.example"] = []string{c.dmarc}
			}
			var signed bytes.Buffer
			if err := dkim.Sign(&signed, strings.NewReader(mail), &dkim.SignOptions{Domain: c.domain, Selector: "s", Signer: private}); err != nil {
				t.Fatal(err)
			}
			raw := signed.String()
			if c.change != nil {
				raw = c.change(raw)
			}
			w.must(w.deliver(to, "eve@mail.evil.example", raw))
			got, _ := w.sent()
			if slices.Contains(got, "rescue-told eve@mail.evil.example") != c.want {
				t.Errorf("got %v, want an answer: %v", got, c.want)
			}
		})
	}
}
