package policy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/policy/policycase"
)

// readCase reads one file of testdata/mail; its README says what the lines mean.
func readCase(t testing.TB, path string) *policycase.Case {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := policycase.Parse(b)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return c
}

// TestMailCases is, by its cases, also BOP-8 (mark or scan, either is enough),
// BOP-11 (an attached message says nothing about this one), BOP-12 (appointments),
// BOP-1, BOP-22, BCC-16, CYC-1, CYC-11, SCC-1, CJSM-2 and CJSM-5.
func TestMailCases(t *testing.T) {
	paths, _ := filepath.Glob("../testdata/mail/*.eml")
	if len(paths) < 80 {
		t.Fatalf("only %d cases", len(paths))
	}
	f := rules(t, councilRules)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".eml"), func(t *testing.T) {
			c := readCase(t, path)
			for _, miss := range c.Try(f) {
				t.Errorf("%s: got %q, want %q", miss.What, miss.Got, miss.Want)
			}
			checkReason(t, c, f.Classify(readAs(t, c.Transaction(f), c.Message)))
		})
	}
}

// checkReason wants of our cases more than of an operator's: each has its whole
// reason, and nothing is told to the sender without one.
func checkReason(t *testing.T, c *policycase.Case, v policy.Verdict) {
	t.Helper()
	passes := strings.TrimSpace(strings.ReplaceAll(actions(v), "pass", "")) == ""
	scanned := strings.HasPrefix(c.Because, "PID scan | ") // its weights may change
	if c.Because == "" || !passes && !scanned && strings.Count(c.Because, " | ") < 2 {
		t.Errorf("the case has no reason, or half of one: %q", c.Because)
	}
	if !strings.Contains(c.Because, "near miss") && c.Tells == "" && len(v.Notes) > 0 {
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
