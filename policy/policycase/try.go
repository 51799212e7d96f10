package policycase

import (
	"bytes"
	"strings"

	"github.com/postseal/postseal/policy"
)

// Miss is one thing that a verdict has otherwise than the case wants.
type Miss struct {
	What string // "verdict", "reason", "refusal", "note", "message"
	Got  string
	Want string
}

// Try judges the message under a rule file and gives what is otherwise than the
// case wants; nothing when all is as it should be.
func (c *Case) Try(f *policy.File) []Miss {
	header, body, err := policy.SplitHeader(bytes.NewReader(c.Message))
	if err != nil {
		return []Miss{{"message", err.Error(), "a message that can be read"}}
	}
	m, err := policy.Read(c.Transaction(f), header, body, policy.DefaultLimits)
	if err != nil {
		return []Miss{{"message", err.Error(), "a message that can be read"}}
	}
	return c.compare(f.Classify(m))
}

func (c *Case) compare(v policy.Verdict) []Miss {
	var misses []Miss
	add := func(what, got, want string, ok bool) {
		if !ok {
			misses = append(misses, Miss{what, got, want})
		}
	}
	var actions []string
	last := -1
	for i, d := range v.Recipients {
		actions = append(actions, d.Action.String())
		if d.Action != policy.Pass {
			last = i
		}
		if d.Action == policy.Refuse {
			add("refusal", d.Refusal, c.Says, strings.Contains(d.Refusal, c.Says))
		}
	}
	got, want := strings.Join(actions, " "), strings.Join(c.Expect, " ")
	add("verdict", got, want, got == want)
	notes := strings.Join(v.Notes, "; ")
	add("note", notes, c.Tells, strings.Contains(notes, c.Tells))
	if last >= 0 && c.Because != "" {
		because, ok := reasons(v.Recipients[last], c.Because)
		add("reason", because, c.Because, ok)
	}
	return misses
}

// reasons gives what a decision is founded on, and whether one of that is, or
// begins with, what is wanted: the rule alone is enough.
func reasons(d policy.Decision, want string) (all string, ok bool) {
	var lines []string
	for _, f := range d.Findings {
		line := f.Rule + " | " + f.What + " | " + f.Where
		lines = append(lines, line)
		ok = ok || line == want
		for _, border := range []string{" | ", " (", ", "} { // counts and weights may be left out
			ok = ok || strings.HasPrefix(line, want+border)
		}
	}
	return strings.Join(lines, "; "), ok
}
