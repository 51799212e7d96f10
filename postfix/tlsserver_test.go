package postfix_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/postseal/postseal/postfix"
)

func TestReadNetstring(t *testing.T) {
	for in, want := range map[string]string{
		"0:,":                    "",
		"5:hello,":               "hello",
		"12:tls-policy a,rest":   "tls-policy a",
		"20:" + dots(20) + ",":   dots(20),
		"":                       "EOF",
		"5":                      "cut",
		"5:":                     "cut",
		"5:hel":                  "cut",
		"5:hello":                "cut",
		"5:hello.":               "not",
		":hello,":                "not",
		"05:hello,":              "not",
		"00:,":                   "not",
		"-1:,":                   "not",
		"+5:hello,":              "not",
		" 5:hello,":              "not",
		"5 :hello,":              "not",
		"x":                      "not",
		"21:" + dots(21) + ",":   "not",
		"99999999999999999999:x": "not",
		"GET / HTTP/1.0\r\n\r\n": "not",
	} {
		for how, r := range map[string]io.Reader{"at once": strings.NewReader(in), "byte by byte": iotest.OneByteReader(strings.NewReader(in))} {
			b, err := postfix.ReadNetstring(r, 20)
			got := string(b)
			switch {
			case err == io.EOF:
				got = "EOF"
			case errors.Is(err, io.ErrUnexpectedEOF):
				got = "cut"
			case errors.Is(err, postfix.ErrNetstring):
				got = "not"
			case err != nil:
				got = err.Error()
			}
			if got != want {
				t.Errorf("%q %s: got %q, want %q", in, how, got, want)
			}
		}
	}
}

func dots(n int) string { return strings.Repeat(".", n) }

func FuzzNetstring(f *testing.F) {
	for _, seed := range []string{"0:,", "5:hello,", "05:hello,", "1024:", "99999999999:x", "23:tls-policy firm.example,", ",", "-1:"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		b, err := postfix.ReadNetstring(bytes.NewReader(in), postfix.MaxRequest)
		if err != nil {
			return
		}
		if len(b) > postfix.MaxRequest {
			t.Fatalf("read %d octets", len(b))
		}
		if again := postfix.AppendNetstring(nil, string(b)); !bytes.HasPrefix(in, again) {
			t.Fatalf("%q was read as %q", in, b)
		}
	})
}

// policyMap is a running map with a client that asks it.
type policyMap struct {
	t        *testing.T
	server   *postfix.TLSServer
	partners *postfix.Partners
	address  string
}

func startMap(t *testing.T, partners *postfix.Partners, set func(*postfix.TLSServer)) *policyMap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &policyMap{t: t, server: &postfix.TLSServer{Partners: partners}, partners: partners, address: l.Addr().String()}
	if set != nil {
		set(m.server)
	}
	served := make(chan error, 1)
	go func() { served <- m.server.Serve(l) }()
	t.Cleanup(func() {
		if err := m.server.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return m
}

func (m *policyMap) dial() net.Conn {
	m.t.Helper()
	c, err := net.Dial("tcp", m.address)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(time.Minute))
	return c
}

func (m *policyMap) ask(c net.Conn, question string) string {
	m.t.Helper()
	if _, err := c.Write(postfix.AppendNetstring(nil, question)); err != nil {
		m.t.Fatal(err)
	}
	b, err := postfix.ReadNetstring(&unbuffered{c}, 1000)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// unbuffered lets one answer be read and no more.
type unbuffered struct{ c net.Conn }

func (u *unbuffered) Read(b []byte) (int, error) { return u.c.Read(b[:1]) }

func partnersOf(t *testing.T, domains ...string) *postfix.Partners {
	t.Helper()
	p := postfix.NewPartners(filepath.Join(t.TempDir(), "partners.json"), nil)
	if err := p.Update(domains); err != nil {
		t.Fatal(err)
	}
	return p
}

const secure = "OK secure match=nexthop"

func TestMapAnswers(t *testing.T) {
	m := startMap(t, partnersOf(t, "partner.example", ".nhs.example", "xn--bcher-kva.example"), nil)
	c := m.dial()
	for question, want := range map[string]string{
		"tls-policy partner.example":       secure,
		"tls-policy PARTNER.Example":       secure,
		"tls-policy partner.example.":      secure,
		"tls-policy bücher.example":        secure,
		"tls-policy trust.nhs.example":     secure,
		"tls-policy a.trust.nhs.example":   secure,
		"tls-policy .nhs.example":          secure,
		"tls-policy .trust.nhs.example":    secure,
		"tls-policy nhs.example":           "NOTFOUND ",
		"tls-policy xnhs.example":          "NOTFOUND ",
		"tls-policy .partner.example":      "NOTFOUND ",
		"tls-policy sub.partner.example":   "NOTFOUND ",
		"tls-policy .example":              "NOTFOUND ",
		"tls-policy example":               "NOTFOUND ",
		"tls-policy [partner.example]:25":  "NOTFOUND ",
		"tls-policy [127.0.0.1]":           "NOTFOUND ",
		"tls-policy partner.example:25":    "NOTFOUND ",
		"tls-policy ":                      "NOTFOUND ",
		"tls-policy .":                     "NOTFOUND ",
		"tls-policy ..":                    "NOTFOUND ",
		"tls-policy a b\x00":               "NOTFOUND ",
		"tls-policy " + dots(900):          "NOTFOUND ",
		"other partner.example":            "PERM there is no such map here",
		"tls-policy":                       "PERM there is no such map here",
		"":                                 "PERM there is no such map here",
		"tls-policy  partner.example":      secure, // a blank too many does not take the policy off
		"tls-policy \tpartner.example\r\n": secure,
	} {
		if got := m.ask(c, question); got != want {
			t.Errorf("%q: got %q, want %q", question, got, want)
		}
	}
}

// What is no question ends the connection and nothing else; a connection above
// the bound, one that waits too long and one that stops within a question end too.
func TestMapBounds(t *testing.T) {
	for name, c := range map[string]struct {
		say string
		set func(*postfix.TLSServer)
	}{
		"malformed": {say: "x"},
		"too long":  {say: "1025:"},
		"idle":      {set: func(s *postfix.TLSServer) { s.SetLimits(0, time.Millisecond, 0) }},
		"slow":      {say: "20:tls", set: func(s *postfix.TLSServer) { s.SetLimits(0, 0, time.Millisecond) }},
	} {
		m := startMap(t, partnersOf(t), c.set)
		conn := m.dial()
		if _, err := io.WriteString(conn, c.say); err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(conn); err != nil || len(b) > 0 {
			t.Errorf("%s: got %q, %v, want the end", name, b, err)
		}
	}
	m := startMap(t, partnersOf(t, "partner.example"), func(s *postfix.TLSServer) { s.SetLimits(1, 0, 0) })
	one, two := m.dial(), (net.Conn)(nil)
	if got := m.ask(one, "tls-policy partner.example"); got != secure {
		t.Errorf("the first: got %q", got)
	}
	two = m.dial()
	if b, err := io.ReadAll(two); len(b) > 0 {
		t.Errorf("one above the bound: got %q, %v, want the end", b, err)
	}
	if got := m.ask(one, "tls-policy partner.example"); got != secure {
		t.Errorf("the first afterwards: got %q", got)
	}
}

// A state that cannot be read keeps mail waiting, but for those who are partners
// anyhow.
func TestMapFailsClosed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "partners.json")
	for name, text := range map[string]string{"cut": `{"version":1,"partners":{"a.ex`, "empty": "", "other version": `{"version":2,"partners":{}}`, "no partners": `{"version":1}`} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := postfix.CheckPartners(file); !errors.Is(err, postfix.ErrPartners) {
			t.Errorf("%s: CheckPartners: %v", name, err)
		}
		p := postfix.NewPartners(file, nil)
		m := startMap(t, p, nil)
		c := m.dial()
		if got := m.ask(c, "tls-policy firm.example"); got != "TEMP the TLS partners are not known" {
			t.Errorf("%s, before the rules: got %q", name, got)
		}
		if err := p.Update([]string{"partner.example"}); !errors.Is(err, postfix.ErrPartners) {
			t.Errorf("%s: Update: %v", name, err)
		}
		for question, want := range map[string]string{"tls-policy partner.example": secure, "tls-policy firm.example": "TEMP the TLS partners are not known"} {
			if got := m.ask(c, question); got != want {
				t.Errorf("%s: %s: got %q, want %q", name, question, got, want)
			}
		}
		if p.Current("partner.example") {
			t.Errorf("%s: a partner counts although nothing is kept", name)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if err := p.Update([]string{"partner.example"}); err != nil || !p.Current("partner.example") {
			t.Errorf("%s, mended: %v, current %v", name, err, p.Current("partner.example"))
		}
		if got := m.ask(c, "tls-policy firm.example"); got != "NOTFOUND " {
			t.Errorf("%s, mended: got %q", name, got)
		}
		os.Remove(file)
	}
}

// SCC-16: a domain taken off the rules is enforced until the queue's lifetime is
// over, over restarts too; one put back is a partner again.
func TestRemovedPartnerStaysEnforced(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state", "partners.json")
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	const lifetime = 5 * 24 * time.Hour
	open := func(domains ...string) *postfix.Partners {
		t.Helper()
		p := postfix.NewPartners(file, func() time.Time { return now })
		p.SetLifetime(lifetime)
		if err := p.Update(domains); err != nil {
			t.Fatal(err)
		}
		return p
	}
	want := func(p *postfix.Partners, domain string, enforced, current bool) {
		t.Helper()
		policy, err := p.Policy(domain)
		if err != nil || (policy != "") != enforced || p.Current(domain) != current {
			t.Errorf("%v, %s: got %q, %v, current %v; want enforced %v, current %v", now, domain, policy, err, p.Current(domain), enforced, current)
		}
	}
	p := open("a.example", ".b.example")
	want(p, "a.example", true, true)
	if err := p.Update([]string{".b.example"}); err != nil { // by a reload
		t.Fatal(err)
	}
	want(p, "a.example", true, false)
	want(p, "x.b.example", true, true)
	now = now.Add(24 * time.Hour)
	p = open() // while the daemon was away
	want(p, "x.b.example", true, false)
	now = now.Add(lifetime + postfix.LifetimeMargin - 24*time.Hour)
	want(p, "a.example", true, false)
	now = now.Add(time.Second)
	want(p, "a.example", false, false)
	want(p, "x.b.example", true, false)
	p = open("a.example")
	want(p, "a.example", true, true)
	now = now.Add(24 * time.Hour)
	p = open("a.example")
	want(p, "x.b.example", false, false)
	if b, err := os.ReadFile(file); err != nil || strings.Contains(string(b), "b.example") {
		t.Errorf("what is over is still kept: %s, %v", b, err)
	}
	// As long as the lifetime is not known nothing is forgotten.
	p = postfix.NewPartners(file, func() time.Time { return now })
	if err := p.Update(nil); err != nil {
		t.Fatal(err)
	}
	now = now.Add(10000 * time.Hour)
	want(p, "a.example", true, false)
}

func TestUnkeptPartnerIsNone(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "f", "partners.json")
	if err := os.WriteFile(filepath.Join(dir, "f"), nil, 0o600); err != nil { // a file where the directory should be
		t.Fatal(err)
	}
	p := postfix.NewPartners(file, nil)
	if err := p.Update([]string{"a.example"}); !errors.Is(err, postfix.ErrPartners) {
		t.Errorf("Update: %v", err)
	}
	if p.Current("a.example") {
		t.Error("a partner counts although it could not be kept")
	}
	if got, _ := p.Policy("a.example"); got == "" {
		t.Error("a partner that could not be kept is not enforced")
	}
}

func TestPostfixTime(t *testing.T) {
	for text, want := range map[string]time.Duration{"5d": 120 * time.Hour, "5": 120 * time.Hour, "1w": 168 * time.Hour, "30s": 30 * time.Second, "2h": 2 * time.Hour, "10m": 10 * time.Minute, "": 0, "x": 0, "d": 0, "-1d": 0, "99999999999d": 0} {
		if got := postfix.PostfixTime(text, 24*time.Hour); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}
