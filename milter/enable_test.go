package milter_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/milter"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/store"
)

const enableRules = `
organisation: {name: Borough of Example, domains: [council.example]}
senders: {enable: true, refusal: "Switch it on at https://secure.council.example/enable."}
rules:
  - {name: marked, if: {subject_tag: [SECURE]}, do: seal}
`

// CYC-3: marked mail of a sender who has not switched the service on is refused
// with the words that lead to the page; while nobody can say whether she has, it
// is neither refused for good nor sent; unmarked mail asks nobody.
func TestSwitchedOn(t *testing.T) {
	for name, c := range map[string]struct {
		subject string
		on      bool
		err     error
		action  milter.Action
		code    int
		words   string
	}{
		"off":      {"[SECURE] x", false, nil, milter.Answer, 550, "https://secure.council.example/enable"},
		"on":       {"[SECURE] x", true, nil, milter.Discard, 0, ""},
		"unknown":  {"[SECURE] x", false, fmt.Errorf("x: %w", store.ErrUnavailable), milter.Answer, 451, "does not answer"},
		"unmarked": {"x", false, store.ErrUnavailable, milter.Accept, 0, ""},
	} {
		w := newWorld(t)
		w.rules = &policy.File{}
		if err := yaml.Unmarshal([]byte(enableRules), w.rules); err != nil {
			t.Fatal(err)
		}
		w.f.SwitchedOn = func(context.Context, addr.Address) (bool, error) { return c.on, c.err }
		got := w.decide(mailFor(message(c.subject, outside), outside))
		if got.Action != c.action || got.Reply.Code != c.code || !strings.Contains(got.Reply.Text, c.words) {
			t.Errorf("%s: got %v %d %q, want %v %d with %q", name, got.Action, got.Reply.Code, got.Reply.Text, c.action, c.code, c.words)
		}
	}
}
