package e2e_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

const (
	staff   = "jane.doe@" + e2etest.InsideDomain
	mate    = "mate@" + e2etest.InsideDomain
	outside = "bob@firm.example"
)

func crlf(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }

const plainMail = `From: Jane Doe <jane.doe@example.gov.uk>
To: bob@firm.example
Subject: hello
Date: Sat, 21 Nov 2026 10:00:00 +0000
Message-ID: <1@client.example.gov.uk>
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii

.dots
..stay
 spaces at the end stay  
`

// A site without postseal delivers to both sinks, and the bytes arrive but for
// the Received field that Postfix adds: what "byte for byte" is compared with.
func TestControlRunWithoutMilter(t *testing.T) {
	t.Parallel()
	p := e2etest.StartPostfix(t, e2etest.PostfixOptions{Plain: true})
	raw := crlf(plainMail)
	e2etest.MustSend(t, p.Submission, staff, []string{outside, mate}, raw, e2etest.SendOptions{})
	for _, d := range []e2etest.Delivery{p.Outside.WaitTo(outside), p.Inside.WaitTo(mate)} {
		got, want := withoutReceived(d.Raw), raw
		if !bytes.Equal(got, want) {
			t.Errorf("Postfix changed the message for %v\ngot  %q\nwant %q", d.To(), got, want)
		}
	}
	p.WaitIdle()
	if got := len(p.Outside.All()) + len(p.Inside.All()); got != 2 {
		t.Errorf("got %d deliveries, want 2", got)
	}
}

// withoutReceived cuts the Received field that the private Postfix put on top.
func withoutReceived(raw []byte) []byte {
	if !bytes.HasPrefix(raw, []byte("Received:")) {
		return raw
	}
	for {
		_, rest, ok := bytes.Cut(raw, []byte("\r\n"))
		if !ok {
			return nil
		}
		raw = rest
		if !bytes.HasPrefix(raw, []byte(" ")) && !bytes.HasPrefix(raw, []byte("\t")) {
			return raw
		}
	}
}

// With contrib's files applied and no daemon at the socket, Postfix itself says
// 451 and delivers nothing; the listener for the internet goes on.
func TestNoDaemonIsTempfail(t *testing.T) {
	t.Parallel()
	p := e2etest.StartPostfix(t, e2etest.PostfixOptions{})
	_, err := e2etest.Send(t, p.Submission, staff, []string{outside}, crlf(plainMail), e2etest.SendOptions{})
	var refused *e2etest.Refusal
	if !errors.As(err, &refused) || refused.Code != 451 {
		t.Fatalf("got %v, want 451 from Postfix while the daemon is down", err)
	}
	e2etest.MustSend(t, p.MX, outside, []string{mate}, crlf(plainMail), e2etest.SendOptions{ClientIP: ""})
	p.Inside.WaitTo(mate)
	p.WaitIdle()
	if got := p.Outside.All(); len(got) != 0 {
		t.Errorf("something left although the daemon was down: %v", got[0].To())
	}
}

// forward writes a .forward file as forward_path of TestForwardFile names it.
func forward(t *testing.T, p *e2etest.Postfix, user, text string) {
	t.Helper()
	name := filepath.Join(p.ConfigDir, "forward-"+user)
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
