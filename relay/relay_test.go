package relay_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/relay/relaytest"
)

func send(t *testing.T, s *script, smtp *relay.SMTP, m relay.Mail) error {
	t.Helper()
	smtp.Dial = s.dial
	_, err := smtp.Send(t.Context(), m)
	select {
	case <-s.done:
	default:
		if err == nil || len(s.heard) > 0 {
			<-s.done
		}
	}
	return err
}

func TestCommands(t *testing.T) {
	s := newScript(nil)
	m := letter()
	m.EnvelopeID, m.Return, m.Size, m.EightBit = "id+1=x y", "HDRS", 4711, true
	m.Recipients[0].Notify, m.Recipients[0].Orcpt = "SUCCESS,FAILURE", "rfc822;jane+a@out.example"
	m.Recipients[1].Notify = "NEVER"
	m.Client = relay.XForward{Name: "pc.example", Addr: "2001:db8::1", Helo: "pc=1", Ident: "4XYZ"}
	if err := send(t, s, &relay.SMTP{Hello: "mail.example"}, m); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"EHLO mail.example",
		"XFORWARD NAME=pc.example", "XFORWARD ADDR=IPV6:2001:db8::1", "XFORWARD HELO=pc+3D1", "XFORWARD IDENT=4XYZ",
		"MAIL FROM:<b+id@secure.example.gov.uk> SIZE=4711 BODY=8BITMIME RET=HDRS ENVID=id+2B1+3Dx+20y",
		"RCPT TO:<first@out.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;jane+2Ba@out.example",
		"RCPT TO:<second@out.example> NOTIFY=NEVER",
		"DATA", "QUIT",
	}
	if !slices.Equal(s.heard, want) {
		t.Errorf("commands:\n got %q\nwant %q", s.heard, want)
	}
	if got, want := s.accepted[0], strings.ReplaceAll(content, "\r\n.", "\r\n.."); got != want {
		t.Errorf("data = %q, want %q", got, want)
	}
}

// What the server does not offer is not said.
func TestNothingOffered(t *testing.T) {
	s := newScript(map[string]string{"EHLO": "250 mx.example\r\n"})
	m := letter()
	m.EnvelopeID, m.Return, m.Size, m.EightBit = "x", "FULL", 4711, true
	m.Recipients[0].Notify, m.Recipients[0].Orcpt = "NEVER", "rfc822;a@b.example"
	m.Client = relay.XForward{Name: "pc.example"}
	m.From = addr.Address{}
	m.Recipients[1].Address = addr.MustParse("second@münchen.example") // needs no SMTPUTF8: A-label
	if err := send(t, s, &relay.SMTP{}, m); err != nil {
		t.Fatal(err)
	}
	want := []string{"EHLO localhost", "MAIL FROM:<>", "RCPT TO:<first@out.example>", "RCPT TO:<second@xn--mnchen-3ya.example>", "DATA", "QUIT"}
	if !slices.Equal(s.heard, want) {
		t.Errorf("commands:\n got %q\nwant %q", s.heard, want)
	}
}

func TestUTF8(t *testing.T) {
	m := letter()
	m.Recipients = []relay.Recipient{{Address: addr.MustParse("jörg@münchen.example"), Orcpt: "rfc822;jörg+a@x.example"}}
	s := newScript(nil)
	if err := send(t, s, &relay.SMTP{}, m); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"MAIL FROM:<b+id@secure.example.gov.uk> BODY=8BITMIME SMTPUTF8",
		`RCPT TO:<jörg@münchen.example> ORCPT=utf-8;j\x{F6}rg\x{2B}a@x.example`,
	}
	if got := s.heard[1:3]; !slices.Equal(got, want) {
		t.Errorf("commands:\n got %q\nwant %q", got, want)
	}
	s = newScript(map[string]string{"EHLO": "250 mx.example\r\n"})
	if err := send(t, s, &relay.SMTP{}, m); class(t, err) != relay.ErrPermanent {
		t.Errorf("without SMTPUTF8: %v, want ErrPermanent", err)
	}
}

// No field can end a command line early; what tries is refused before MAIL.
func TestInjection(t *testing.T) {
	const evil = "x\r\nRCPT TO:<evil@out.example>"
	for name, change := range map[string]func(*relay.SMTP, *relay.Mail){
		"hello":  func(s *relay.SMTP, _ *relay.Mail) { s.Hello = evil },
		"return": func(_ *relay.SMTP, m *relay.Mail) { m.Return = evil },
		"notify": func(_ *relay.SMTP, m *relay.Mail) { m.Recipients[0].Notify = "NEVER\r\nRSET" },
		"twice":  func(_ *relay.SMTP, m *relay.Mail) { m.Recipients[0].Notify = "DELAY,DELAY" },
		"orcpt":  func(_ *relay.SMTP, m *relay.Mail) { m.Recipients[0].Orcpt = "rfc822\r\nRSET;x" },
		"no ;":   func(_ *relay.SMTP, m *relay.Mail) { m.Recipients[0].Orcpt = "jane@x" },
		"long":   func(_ *relay.SMTP, m *relay.Mail) { m.EnvelopeID = strings.Repeat("=", 34) },
		"nobody": func(_ *relay.SMTP, m *relay.Mail) { m.Recipients = nil },
		"null":   func(_ *relay.SMTP, m *relay.Mail) { m.Recipients[0].Address = addr.Address{} },
	} {
		t.Run(name, func(t *testing.T) {
			s, smtp, m := newScript(nil), &relay.SMTP{}, letter()
			change(smtp, &m)
			smtp.Dial = s.dial
			_, err := smtp.Send(t.Context(), m)
			if class(t, err) != relay.ErrPermanent {
				t.Errorf("err = %v, want ErrPermanent", err)
			}
			for _, line := range s.heard {
				if strings.Contains(line, "evil") || strings.HasPrefix(line, "DATA") {
					t.Errorf("said %q", line)
				}
			}
		})
	}
	// Encoded, the same text is harmless.
	s, m := newScript(nil), letter()
	m.EnvelopeID, m.Recipients[0].Orcpt, m.Client = "a\r\nRSET", "rfc822;a\r\nRSET", relay.XForward{Name: "a\r\nRSET", Helo: "é\x00"}
	if err := send(t, s, &relay.SMTP{}, m); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(s.heard, "RSET") || !strings.Contains(s.heard[3], "ENVID=a+0D+0ARSET") || s.heard[2] != "XFORWARD HELO=+C3+A9+00" {
		t.Errorf("commands = %q", s.heard)
	}
}

// What some server takes for the end of a mail, and what follows it for commands, stays
// a line of the one mail, or is refused before its end: the server has one mail or none.
func TestSmuggling(t *testing.T) {
	const second = "MAIL FROM:<evil@out.example>"
	for name, c := range map[string]struct{ text, want string }{
		"CR LF . CR LF":    {"a\r\n.\r\n" + second, "a\r\n..\r\n" + second + "\r\n"},
		"LF . LF":          {"a\n.\n" + second, "a\r\n..\r\n" + second + "\r\n"},
		"LF . CR LF":       {"a\n.\r\n" + second, "a\r\n..\r\n" + second + "\r\n"},
		"CR LF . LF":       {"a\r\n.\n" + second, "a\r\n..\r\n" + second + "\r\n"},
		"CR . CR":          {"a\r.\r" + second, ""},
		"CR LF . CR":       {"a\r\n.\r" + second, ""},
		"CR . LF":          {"a\r.\n" + second, ""},
		"CR CR LF . CR":    {"a\r\r\n.\r\r\n" + second, ""},
		"dots":             {"a\n..\n...\n" + second, "a\r\n...\r\n....\r\n" + second + "\r\n"},
		"CR at the end":    {"a\r", ""},
		"a dot at the end": {"a\r\n.", "a\r\n..\r\n"},
	} {
		for _, size := range []int{1, 2, 3, 1 << 20} { // where the writes fall makes no difference
			s, m := newScript(nil), letter()
			m.Write = func(w io.Writer) error {
				for piece := range slices.Chunk([]byte("X-Postseal: envelope\r\n\r\n"+c.text), size) {
					if _, err := w.Write(piece); err != nil {
						return err
					}
				}
				return nil
			}
			err := send(t, s, &relay.SMTP{}, m)
			if c.want == "" {
				if class(t, err) != relay.ErrPermanent || len(s.accepted) > 0 {
					t.Errorf("%s in writes of %d: got %v and %q", name, size, err, s.accepted)
				}
			} else if err != nil || len(s.accepted) != 1 || s.accepted[0] != "X-Postseal: envelope\r\n\r\n"+c.want {
				t.Errorf("%s in writes of %d: got %v and %q, want %q", name, size, err, s.accepted, c.want)
			}
			for _, line := range s.heard {
				if line == second {
					t.Errorf("%s in writes of %d: the second mail was begun", name, size)
				}
			}
		}
	}
}

// Promise 1: nobody outside gets what is neither envelope nor notice.
func TestClear(t *testing.T) {
	inside := func(a addr.Address) bool { return a.DomainKey() == "in.example" }
	for _, c := range []struct {
		name   string
		kind   relay.Kind
		header string
		to     string
		inside func(addr.Address) bool
		want   error
	}{
		{"envelope", relay.KindEnvelope, "X-Postseal: envelope; v=1", "a@out.example", inside, nil},
		{"envelope, name in other case, line feeds only", relay.KindEnvelope, "x-postseal : envelope\nA: b", "a@out.example", inside, nil},
		{"notice", relay.KindNotice, "X-Postseal: notice; kind=code", "a@out.example", inside, nil},
		{"no field", relay.KindEnvelope, "Subject: hello", "a@out.example", inside, relay.ErrClear},
		{"field in the body only", relay.KindEnvelope, "Subject: hello\r\n\r\nX-Postseal: envelope", "a@out.example", inside, relay.ErrClear},
		{"field in a fold only", relay.KindEnvelope, "Subject: hello\r\n X-Postseal: envelope", "a@out.example", inside, relay.ErrClear},
		{"another word", relay.KindEnvelope, "X-Postseal: envelopes", "a@out.example", inside, relay.ErrClear},
		{"another kind", relay.KindEnvelope, "X-Postseal: notice", "a@out.example", inside, relay.ErrClear},
		{"two fields", relay.KindNotice, "X-Postseal: notice\r\nX-Postseal: notice", "a@out.example", inside, relay.ErrClear},
		{"inside needs none", relay.KindInside, "Subject: hello", "a@in.example", inside, nil},
		{"inside with an outside recipient", relay.KindInside, "X-Postseal: envelope", "a@out.example", inside, relay.ErrClear},
		{"nobody says who is inside", relay.KindInside, "Subject: hello", "a@in.example", nil, relay.ErrClear},
		{"percent form", relay.KindInside, "Subject: hello", "a%out.example@in.example", inside, relay.ErrClear},
		{"no kind", 0, "X-Postseal: envelope", "a@in.example", inside, relay.ErrClear},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScript(nil)
			m := letter()
			m.Kind, m.Recipients = c.kind, []relay.Recipient{{Address: addr.MustParse(c.to)}}
			m.Write = func(w io.Writer) error {
				for _, b := range []byte(c.header + "\r\n\r\nhello") { // the smallest writes there are
					if _, err := w.Write([]byte{b}); err != nil {
						return err
					}
				}
				return nil
			}
			err := send(t, s, &relay.SMTP{Inside: c.inside}, m)
			if got := class(t, err); got != c.want {
				t.Fatalf("class = %v (%v), want %v", got, err, c.want)
			}
			if c.want != nil && (slices.Contains(s.heard, "DATA") || len(s.accepted) > 0) {
				t.Errorf("data was offered: %q", s.heard)
			}
		})
	}
}

// One refused recipient refuses all, and the server is told so.
func TestAllOrNone(t *testing.T) {
	s := newScript(map[string]string{"RCPT TO:<second": "550-5.1.1 no\r\n550 5.1.1 such user\r\n"})
	err := send(t, s, &relay.SMTP{}, letter())
	var r *relay.Reply
	if !errors.As(err, &r) || r.Enhanced != "5.1.1" || r.Text != "no such user" {
		t.Errorf("reply = %+v, want 5.1.1 no such user", r)
	}
	if got := s.heard[len(s.heard)-2:]; !slices.Equal(got, []string{"RSET", "QUIT"}) {
		t.Errorf("last commands = %q, want RSET, QUIT", got)
	}
}

// backend records what a full SMTP server understood.
type backend struct {
	from string
	mail *smtp.MailOptions
	to   []string
	rcpt []*smtp.RcptOptions
	data string
}

func (b *backend) NewSession(*smtp.Conn) (smtp.Session, error) { return b, nil }
func (b *backend) Reset()                                      {}
func (b *backend) Logout() error                               { return nil }
func (b *backend) Mail(from string, o *smtp.MailOptions) error { b.from, b.mail = from, o; return nil }
func (b *backend) Rcpt(to string, o *smtp.RcptOptions) error {
	b.to, b.rcpt = append(b.to, to), append(b.rcpt, o)
	return nil
}
func (b *backend) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	b.data = string(data)
	return err
}

func TestRealServer(t *testing.T) {
	dir, err := os.MkdirTemp("", "ps")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			address := "127.0.0.1:0"
			if network == "unix" {
				address = filepath.Join(dir, "s")
			}
			l, err := net.Listen(network, address)
			if err != nil {
				t.Fatal(err)
			}
			b := &backend{}
			server := smtp.NewServer(b)
			server.Domain, server.EnableSMTPUTF8, server.EnableDSN = "mx.example", true, true
			server.ErrorLog = log.New(io.Discard, "", 0)
			done := make(chan struct{})
			go func() { defer close(done); _ = server.Serve(l) }()
			address = l.Addr().String()
			if network == "unix" {
				address = "unix:" + address
			}
			m := letter()
			m.EnvelopeID, m.Recipients[0].Orcpt, m.Recipients[0].Notify = "a b", "rfc822;j=x@out.example", "FAILURE,DELAY"
			m.Recipients = append(m.Recipients, relay.Recipient{Address: addr.MustParse("jörg@out.example")})
			_, err = (&relay.SMTP{Addr: address}).Send(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			server.Close()
			<-done
			if b.data != content {
				t.Errorf("data = %q, want %q", b.data, content)
			}
			if b.mail.EnvelopeID != "a b" || !b.mail.UTF8 || b.from != "b+id@secure.example.gov.uk" {
				t.Errorf("mail = %q %+v", b.from, b.mail)
			}
			if b.rcpt[0].OriginalRecipient != "j=x@out.example" || len(b.rcpt[0].Notify) != 2 || len(b.to) != 3 || b.to[2] != "jörg@out.example" {
				t.Errorf("rcpt = %q %+v", b.to, b.rcpt[0])
			}
		})
	}
	if _, err := (&relay.SMTP{Addr: "unix:" + filepath.Join(dir, "nobody")}).Send(t.Context(), letter()); class(t, err) != relay.ErrTemporary {
		t.Errorf("nobody listens: %v, want ErrTemporary", err)
	}
}

func TestOutbox(t *testing.T) {
	lost := errors.New("lost")
	o := &relaytest.Outbox{}
	if reply, err := o.Send(t.Context(), letter()); err != nil || !strings.Contains(reply, "queued as") {
		t.Errorf("Send = %q, %v", reply, err)
	}
	o.After = func(relay.Mail) error { return lost }
	if _, err := o.Send(t.Context(), letter()); !errors.Is(err, lost) {
		t.Errorf("After: %v, want lost", err)
	}
	o.Fail = func(relay.Mail) error { return lost }
	if _, err := o.Send(t.Context(), letter()); !errors.Is(err, lost) {
		t.Errorf("Fail: %v, want lost", err)
	}
	if got := o.Sent(); len(got) != 2 || string(got[1].Bytes) != content {
		t.Errorf("recorded %d mails, want 2 with content", len(got))
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := o.Send(gone, letter()); class(t, err) != relay.ErrTemporary {
		t.Errorf("cancelled: %v, want ErrTemporary", err)
	}
	if o.Reset(); len(o.Sent()) != 0 {
		t.Error("Reset left mails")
	}
}

// FuzzBody: whatever is written, the server sees the same lines or nothing, and
// never a second mail.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{content, "\r\n.\r\nMAIL FROM:<x@y>\r\n", "A: b\n\n.\n.\n", "A: b\r\n\r\n\r.\r\n", ".", "\n.", ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s := newScript(nil)
		m := letter()
		m.Kind, m.Recipients = relay.KindInside, m.Recipients[:1]
		m.Write = func(w io.Writer) error { _, err := w.Write(text); return err }
		err := send(t, s, &relay.SMTP{Inside: func(addr.Address) bool { return true }}, m)
		if len(s.heard) != 5 && err == nil {
			t.Fatalf("commands = %q", s.heard)
		}
		if err != nil {
			if len(s.accepted) != 0 {
				t.Fatalf("queued %q with %v", s.accepted, err)
			}
			return
		}
		want := strings.ReplaceAll(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n", "\r\n")
		if want != "" && !strings.HasSuffix(want, "\r\n") {
			want += "\r\n"
		}
		var got strings.Builder
		for _, line := range strings.SplitAfter(s.accepted[0], "\r\n") {
			got.WriteString(strings.TrimPrefix(line, "."))
		}
		if got.String() != want {
			t.Fatalf("server saw %q, want %q", got.String(), want)
		}
	})
}
