package policy

import (
	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/addr"
)

var markedKind = conditionKind{name: "marked", example: "true", parse: func(n *yaml.Node) (condition, error) {
	return markedCondition{}, onlyTrue(n)
}}

// markedCondition holds when the sender asked for sealing in any way that the
// file knows (BOP-9, BOP-13).
type markedCondition struct{}

func (markedCondition) match(v *view, _ addr.Address) []Finding { return v.markFindings() }

// marks gives the marks of the file: what its rules name, or the usual ones when
// they name none.
func (f *File) marks() []*stated {
	var all []*stated
	for _, r := range f.Rules {
		for i := range r.If.all {
			if _, ok := r.If.all[i].is.(mark); ok {
				all = append(all, &r.If.all[i])
			}
		}
	}
	if len(all) == 0 {
		return []*stated{
			{&subjectTagKind, subjectTag{tags: []string{"SECURE", "encrypt"}}},
			{&sensitivityKind, sensitivity{values: []string{"company-confidential"}}},
			{&labelKind, newLabelCondition([]string{"OFFICIAL-SENSITIVE"})},
		}
	}
	return all
}

// Marks tells whether a message asks for sealing in a way that the file knows.
func (f *File) Marks(m *Message) bool { return len((&view{f: f, m: m}).markFindings()) > 0 }

// markFindings gives what the marks find, once for a message.
func (v *view) markFindings() []Finding {
	if !v.marksRead {
		v.marksRead = true
		for _, m := range v.f.marks() {
			for _, finding := range v.once(m, addr.Address{}) {
				v.marksFound = appendFinding(v.marksFound, finding)
			}
		}
	}
	return v.marksFound
}
