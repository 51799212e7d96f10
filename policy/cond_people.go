package policy

import (
	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/addr"
)

var (
	toKind   = conditionKind{name: "to", example: `["*.example.org", jane@example.net, {list: partners}]`, perRecipient: true, parse: parseTo}
	fromKind = conditionKind{name: "from", example: "[adult.care@example.gov.uk, {list: partners}]", parse: parseFrom}
)

// toCondition holds for recipients in the set; of a recipient with the secure
// suffix it looks at where the mail goes.
type toCondition struct{ set Patterns }

// fromCondition holds for senders in the set. It looks at the sender shown: the
// header From where it is proved, else the envelope sender or login.
type fromCondition struct{ set Patterns }

func (c toCondition) patterns() Patterns   { return c.set }
func (c fromCondition) patterns() Patterns { return c.set }

func parseTo(n *yaml.Node) (condition, error) {
	var c toCondition
	err := c.set.UnmarshalYAML(n)
	return c, err
}

func parseFrom(n *yaml.Node) (condition, error) {
	var c fromCondition
	err := c.set.UnmarshalYAML(n)
	return c, err
}

func (c toCondition) match(v *view, to addr.Address) []Finding {
	if !c.set.covers(v.f, to) {
		return nil
	}
	return []Finding{{Where: "recipient", What: "is listed in the rule"}}
}

func (c fromCondition) match(v *view, _ addr.Address) []Finding {
	if !c.set.covers(v.f, v.shown.Address) {
		return nil
	}
	return []Finding{{Where: "sender", What: "is listed in the rule"}}
}
