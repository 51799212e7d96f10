package policy_test

import (
	"bytes"
	"net/mail"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/policy"
)

// mailCase is one file of testdata/mail; its README says what the lines mean.
type mailCase struct {
	head mail.Header
	raw  []byte
}

func readCase(t testing.TB, path string) mailCase {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, raw, ok := bytes.Cut(b, []byte("\n\n"))
	m, err := mail.ReadMessage(bytes.NewReader(append(head, "\n\n"...)))
	if !ok || err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for key := range m.Header {
		if !strings.Contains("Expect Because Sender Recipients Client Tells Says", key) {
			t.Fatalf("%s: unknown line %s", path, key)
		}
	}
	return mailCase{m.Header, raw}
}

func (c mailCase) transaction() policy.Transaction {
	tr := staff()
	if to := c.head.Get("Recipients"); to != "" {
		tr = staff(strings.Split(to, ", ")...)
	}
	switch s := c.head.Get("Sender"); s {
	case "":
	case "<>":
		tr.Sender = addr.Address{}
	default:
		tr.Sender = addr.MustParse(s)
	}
	if ip := c.head.Get("Client"); ip != "" {
		tr.Client = policy.Client{IP: netip.MustParseAddr(ip)}
	}
	return tr
}

func TestMailCases(t *testing.T) {
	paths, _ := filepath.Glob("../testdata/mail/*.eml")
	if len(paths) < 80 {
		t.Fatalf("only %d cases", len(paths))
	}
	f := rules(t, councilRules)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".eml"), func(t *testing.T) {
			c := readCase(t, path)
			m := readAs(t, c.transaction(), c.raw)
			checkCase(t, c, f.Classify(m))
			if t.Failed() {
				t.Logf("subject %q, doubts %q", m.Subject(), m.Doubts)
			}
		})
	}
}

func checkCase(t *testing.T, c mailCase, v policy.Verdict) {
	t.Helper()
	if got, want := actions(v), c.head.Get("Expect"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	because := c.head.Get("Because")
	if because == "" {
		t.Error("the case has no reason")
	}
	var got []string
	for _, d := range v.Recipients {
		if d.Action == policy.Pass {
			continue
		}
		got = nil
		for _, f := range d.Findings {
			got = append(got, f.Rule+" | "+f.What+" | "+f.Where)
		}
		if d.Action == policy.Refuse && !strings.Contains(d.Refusal, c.head.Get("Says")) {
			t.Errorf("refusal %q does not say %q", d.Refusal, c.head.Get("Says"))
		}
	}
	if got != nil && !strings.Contains("\n"+strings.Join(got, "\n")+"\n", "\n"+because+"\n") {
		t.Errorf("got %q, want because %q", got, because)
	}
	if want := c.head.Get("Tells"); want != "" && !strings.Contains(strings.Join(v.Notes, "\n"), want) {
		t.Errorf("got notes %q, want %q", v.Notes, want)
	}
	if !strings.Contains(strings.Join(got, "\n"), "near miss") && len(v.Notes) > 0 {
		t.Errorf("got notes %q, want none", v.Notes)
	}
}

// TestNearMisses is the border between a slip and an ordinary subject.
func TestNearMisses(t *testing.T) {
	f := rules(t, councilRules)
	for subject, want := range map[string]bool{
		"[SECRUE]": true, "(secure)": true, "[ENCRYPT ]": true, "[secure": true, "{secure}": true, "[ secure ] x": true, "[encrpyt] x": true,
		"[Secrue]x": true, "x[secuer": false, "【secure】": true, "[secure report (draft)": true, "[Secure, please": true, "re: secure ]": true,
		"<SECURE> a": true, "[secure}": true, "(secure]": true, "[[SECRUE]]": true, "[secure  ]": true, "[\u200bsecure]": true, "[ѕесurе]": true,
		"secure": false, "SECURE": false, "Secure parking (unsecured)": false, "[security] bulletin": false, "security": false, "[secure parking (north)] news": false,
		"(secured)": false, "(secures)": false, "[secret]": false, "[procure]": false, "(more secure)": false, "secure) x": false, "a) secure b) not": false,
		"Re: secure [draft]": false, "secure: [draft]": false, "[draft] secure": false, "[draft] secure [final]": false, "[insecure]": false, "[decrypt]": false,
		"{security}": false, "encrypt": false, "encryption [training]": false, "[secretary]": false, "[sure]": false, "[cure]": false, "Sécurité": false,
		"[secure@firm.example]": false, "<https://secure.example/>": false, "[]": false, "[": false, "": false, "] secure": false, "[obscure]": false,
	} {
		m := &policy.Message{Transaction: staff(), Fields: []policy.Field{{Name: "Subject", Value: " " + subject}}}
		if got := f.Classify(m).Marked; got != want {
			t.Errorf("%q: got %v, want %v", subject, got, want)
		}
	}
}
