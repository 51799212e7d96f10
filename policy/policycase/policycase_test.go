package policycase_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/policy/policycase"
)

const text = "Expect: seal pass\nBecause: tag | tag [SECURE] | subject\nRecipients: a@x.example, b@ours.example\n\nSubject: [SECURE]\n\nHello\n"

func rules(t *testing.T) *policy.File {
	t.Helper()
	f, err := config.ParsePolicy("rules.yaml", []byte("organisation: {name: X, domains: [\"*.ours.example\", ours.example]}\nrules:\n"+
		"- {name: closed, to: closed.example, do: {refuse: Please telephone.}}\n- {name: tag, if: {subject_tag: SECURE}, do: seal}\n"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTry(t *testing.T) {
	f := rules(t)
	for _, c := range []struct{ old, new, want string }{
		{"", "", ""},
		{"\n", "\r\n", ""},
		{" | tag [SECURE] | subject", "", ""},
		{"Because: tag |", "Because: ta |", "reason"},
		{"tag [SECURE] | subject", "tag [SECUR", "reason"},
		{"tag [SECURE] | subject", "tag [SECURE]", ""},
		{"tag [SECURE] | subject", "tag [SECURE] | sub", "reason"},
		{"Expect: seal", "Expect: pass", "verdict"},
		{"Subject: [SECURE]", "Subject: [SECRUE]", "reason"},
		{"Recipients:", "Tells: [SECRUE]\nRecipients:", "note"},
		{"Recipients: a@x", "Client: 203.0.113.9\nRecipients: a@x", "verdict reason"},
		{"Expect: seal", "Expect: refuse", "verdict"},
		{"a@x.example", "a@closed.example", "verdict reason"},
		{"a@x.example", "a@closed.example\nSays: write", "refusal verdict reason"},
	} {
		s := text
		if c.old != "" {
			s = strings.ReplaceAll(s, c.old, c.new)
		}
		if strings.Contains(c.new, "\nSays") {
			s = strings.Replace(text, "Recipients: a@x.example, b@ours.example", "Says: write\nRecipients: a@closed.example, b@ours.example", 1)
		}
		k, err := policycase.Parse([]byte(s))
		if err != nil {
			t.Errorf("%q: %v", c.new, err)
			continue
		}
		var got []string
		for _, m := range k.Try(f) {
			got = append(got, m.What)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q for %q: got %q, want %q", c.new, c.old, got, c.want)
		}
	}
}

// TestNullSender holds that "Sender: <>" is another thing than no line.
func TestNullSender(t *testing.T) {
	for line, want := range map[string]string{"": "jane@ours.example", "Sender: <>\n": "", "Sender: a@b.example\n": "a@b.example"} {
		k, err := policycase.Parse([]byte(line + text))
		if err != nil {
			t.Fatal(err)
		}
		if got := k.Transaction(rules(t)).Sender.String(); got != want {
			t.Errorf("%q: got sender %q, want %q", line, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"":                                  "line 1: there is no message",
		"Expect: seal\nBecause: x\n":        "line 3: there is no message",
		"Expect: seal\n\n \n":               "no message",
		"Because: x\n\nSubject: y\n\n":      "Expect is missing",
		"Expect: sealed\n\nSubject: y\n\n":  "line 1: Expect is seal, pass, tls or refuse",
		"Expect: seal pass\n\nSubject: y\n": "2 verdicts for 1 recipients",
		"Expect: seal\nExpect: seal\n\nx\n": "line 2: Expect stands here a second time",
		"Expect: seal\nBecuase: x\n\nx\n":   `line 2: unknown line "Becuase"`,
		"Expect: seal\nSays\n\nx\n":         "line 2: wants a word, a colon",
		"Expect: seal\nSender: x\n\nx\n":    "line 2: Sender wants",
		"Expect: seal\nRecipients: x\n\nx":  "line 2: Recipients wants",
		"Expect: seal\nClient: home\n\nx":   "line 2: Client wants",
	} {
		if _, err := policycase.Parse([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", in, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	paths, _ := filepath.Glob("../../testdata/mail/*.eml")
	if len(paths) == 0 {
		f.Fatal("no seeds")
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[:min(len(b), 2000)])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := policycase.Parse(b)
		if (c == nil) == (err == nil) {
			t.Fatalf("got %v and %v, want one of both", c, err)
		}
		if err == nil && (len(c.Expect) != len(c.Recipients) || len(c.Message) == 0) {
			t.Fatalf("half a case was taken: %+v", c)
		}
	})
}
