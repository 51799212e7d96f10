package relay_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/relay"
)

// script is an SMTP server on one end of a pipe. It answers each command by the
// longest matching prefix of replies; "cut" closes the connection instead of an
// answer, and a reply without final line feed is sent and then cut. The stages
// beside command names are "greeting", "line" (a line of the mail) and "." (the
// final dot).
type script struct {
	replies map[string]string

	mu       sync.Mutex
	heard    []string // commands
	accepted []string // mails that were answered 250
	done     chan struct{}
}

var usual = map[string]string{
	"greeting":        "220 mx.example ESMTP\r\n",
	"EHLO":            "250-mx.example\r\n250-SIZE 1000000\r\n250-XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT\r\n250-8BITMIME\r\n250-DSN\r\n250 SMTPUTF8\r\n",
	"XFORWARD":        "250 2.0.0 Ok\r\n",
	"MAIL":            "250 2.1.0 Ok\r\n",
	"RCPT":            "250 2.1.5 Ok\r\n",
	"DATA":            "354 go on\r\n",
	".":               "250 2.0.0 Ok: queued as ABC123\r\n",
	"RSET":            "250 2.0.0 Ok\r\n",
	"QUIT":            "221 2.0.0 Bye\r\n",
	"line":            "",
	"RCPT TO:<second": "250-2.1.5 two\r\n250 2.1.5 lines\r\n",
}

func newScript(changes map[string]string) *script {
	s := &script{replies: map[string]string{}, done: make(chan struct{})}
	for _, m := range []map[string]string{usual, changes} {
		for k, v := range m {
			s.replies[k] = v
		}
	}
	return s
}

// dial starts the server; one connection per script.
func (s *script) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	go func() {
		defer close(s.done)
		defer server.Close()
		s.serve(server)
	}()
	return client, nil
}

func (s *script) serve(conn net.Conn) {
	in := bufio.NewReaderSize(conn, 16) // reads little ahead: what was not read is seen as not taken
	var mail strings.Builder
	data := false
	for stage := "greeting"; ; {
		reply := s.reply(stage)
		if reply == "cut" {
			return
		}
		if reply != "" { // a pipe waits for a reader even of nothing
			if _, err := io.WriteString(conn, reply); err != nil || !strings.HasSuffix(reply, "\n") {
				return
			}
		}
		if stage == "." && strings.HasPrefix(reply, "250") {
			s.note(&s.accepted, mail.String())
			mail.Reset()
		}
		data = strings.HasPrefix(stage, "DATA") && strings.HasPrefix(reply, "354") || data && stage == "line"
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch {
		case data && line == ".\r\n":
			stage = "."
		case data:
			mail.WriteString(line)
			stage = "line"
		default:
			s.note(&s.heard, strings.TrimSuffix(line, "\r\n"))
			stage = line
		}
	}
}

func (s *script) reply(stage string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	best := ""
	for k := range s.replies {
		if strings.HasPrefix(stage, k) && len(k) > len(best) {
			best = k
		}
	}
	return s.replies[best]
}

func (s *script) note(list *[]string, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*list = append(*list, text)
}

// class gives the one class that err wraps, and fails when it is not exactly one.
func class(t *testing.T, err error) error {
	t.Helper()
	if err == nil {
		return nil
	}
	var found error
	n := 0
	for _, c := range []error{relay.ErrTemporary, relay.ErrPermanent, relay.ErrUnknown, relay.ErrClear} {
		if errors.Is(err, c) {
			found, n = c, n+1
		}
	}
	if n != 1 {
		t.Fatalf("error %q wraps %d classes, want 1", err, n)
	}
	return found
}

const content = "X-Postseal: envelope; v=1\r\nSubject: hello\r\n\r\nfirst\r\n.dot\r\n..\r\nlast\r\n"

func letter() relay.Mail {
	return relay.Mail{
		Kind: relay.KindEnvelope,
		From: addr.MustParse("b+id@secure.example.gov.uk"),
		Recipients: []relay.Recipient{
			{Address: addr.MustParse("first@out.example")},
			{Address: addr.MustParse("second@out.example")},
		},
		Write: func(w io.Writer) error { _, err := io.WriteString(w, content); return err },
	}
}
