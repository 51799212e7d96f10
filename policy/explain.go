package policy

import (
	"fmt"
	"strings"

	"github.com/postseal/postseal/addr"
)

// Tried is one rule as it was tried for a recipient.
type Tried struct {
	Rule     string
	Action   Action
	Holds    bool
	Missing  string    // why it does not hold, in words
	Findings []Finding // what was found, also where it is not enough; never the value
}

// Explain gives the rules that Classify tries for a recipient, up to the one that
// decides. For an inside recipient none is tried.
func (f *File) Explain(m *Message, to addr.Address) []Tried {
	if f.Inside(to) {
		return nil
	}
	if short, ok := f.withoutSuffix(to); ok {
		to = short
	}
	v := &view{f: f, m: m, shown: f.senderShown(m)}
	if !f.mayGoOut(v) {
		return []Tried{{Rule: "who may send", Action: Refuse, Holds: true}}
	}
	var all []Tried
	if !v.mayUse(v.shown.Address) {
		marks := v.markFindings()
		all = append(all, Tried{Rule: "who may use the service", Action: Refuse, Holds: len(marks) > 0, Missing: "the message is not marked", Findings: marks})
		if len(marks) > 0 {
			all[0].Missing = ""
			return all
		}
	}
	for r := range v.inOrder() {
		t := Tried{Rule: r.Name, Action: r.Do.Action}
		var missing string
		t.Findings, missing = v.try(r, to)
		if t.Holds = missing == ""; !t.Holds {
			t.Missing = missingWords(missing)
			t.Findings = append(t.Findings, v.almost(r, missing, to)...)
		}
		if all = append(all, t); t.Holds {
			break
		}
	}
	return all
}

func missingWords(name string) string {
	switch name {
	case "to":
		return "it is for other recipients"
	case "from":
		return "it is for other senders"
	}
	return fmt.Sprintf("%s does not hold", strings.ReplaceAll(name, "_", " "))
}

// partial is a condition that can tell what it found where that is not enough.
type partial interface {
	almost(v *view, to addr.Address) []Finding
}

func (v *view) almost(r *Rule, missing string, to addr.Address) []Finding {
	for _, s := range r.If.all {
		if p, ok := s.is.(partial); ok && s.kind.name == missing {
			return p.almost(v, to)
		}
	}
	return nil
}

// almost gives the personal data that weighs less than the rule asks for.
func (c pidCondition) almost(v *view, _ addr.Address) []Finding {
	report := c.scanner.Score(v.sections())
	var found []Finding
	for _, f := range report.Findings {
		found = append(found, Finding{Where: or(f.Where, "message"), What: pidWords(f)})
	}
	return append(found, Finding{Where: "message", What: fmt.Sprintf("personal data: %g of %g", report.Total, c.score)})
}
