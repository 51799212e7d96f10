package policy

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/addr"
)

// condition is one thing that a rule asks of a message.
type condition interface {
	// match gives what was found; nothing found means that the condition does
	// not hold. Rule is filled in by the caller. To is the recipient judged.
	match(v *view, to addr.Address) []Finding
}

// mark is a condition by which a sender asks for sealing (marked: true).
type mark interface {
	condition
	isMark()
}

// listed is a condition that names lists, which Validate looks up.
type listed interface{ patterns() Patterns }

// conditionKind is one word that may stand under if:.
type conditionKind struct {
	name         string
	example      string // value in flow style, for the annotated configuration
	perRecipient bool   // the answer may differ between recipients of a message
	parse        func(*yaml.Node) (condition, error)
}

// conditionKinds is the list of all conditions that are built. A further one is
// a file cond_NAME.go, a line here and a case in testdata/mail.
var conditionKinds = []conditionKind{
	markedKind, subjectTagKind, sensitivityKind, labelKind, headerKind, toKind, fromKind,
	sizeKind, attachmentKind, calendarKind, mailingListKind, encryptedKind, unreadableKind, pidKind,
}

// ConditionExamples gives each condition's name with an example of its value, in
// the order in which they are documented.
func ConditionExamples() [][2]string {
	var all [][2]string
	for _, k := range conditionKinds {
		all = append(all, [2]string{k.name, k.example})
	}
	return all
}

// Conditions are what stands under if: in a rule; all must hold.
type Conditions struct{ all []stated }

// stated is a condition of a rule.
type stated struct {
	kind *conditionKind
	is   condition
}

// IsEmpty tells whether there is no condition, so that the rule always holds.
func (c Conditions) IsEmpty() bool { return len(c.all) == 0 }

// UnmarshalYAML reads the conditions; an unknown or doubled one is an error.
func (c *Conditions) UnmarshalYAML(n *yaml.Node) error {
	*c = Conditions{}
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		return yamlError(n, "wants conditions, such as {subject_tag: [SECURE]}")
	}
	var problems []string
	for i := 0; i < len(n.Content); i += 2 {
		if err := c.add(n.Content[i], n.Content[i+1]); err != nil {
			problems = append(problems, yamlProblems(n.Content[i], err)...)
		}
	}
	if len(problems) > 0 {
		return &yaml.TypeError{Errors: problems}
	}
	return nil
}

func (c *Conditions) add(key, value *yaml.Node) error {
	for _, s := range c.all {
		if s.kind.name == key.Value {
			return yamlError(key, fmt.Sprintf("condition %q stands here twice", key.Value))
		}
	}
	for i := range conditionKinds {
		kind := &conditionKinds[i]
		if kind.name != key.Value {
			continue
		}
		is, err := kind.parse(value)
		if err == nil {
			c.all = append(c.all, stated{kind, is})
		}
		return err
	}
	var known []string
	for _, k := range conditionKinds {
		known = append(known, k.name)
	}
	return yamlError(key, fmt.Sprintf("unknown condition %q; there are %s", key.Value, strings.Join(known, ", ")))
}

// yamlProblems gives the lines of an error; one without a line gets that of n.
func yamlProblems(n *yaml.Node, err error) []string {
	if t, ok := err.(*yaml.TypeError); ok {
		return t.Errors
	}
	return yamlError(n, err.Error()).(*yaml.TypeError).Errors
}

// Do is what a rule does: an action, and for refuse the words for the sender.
type Do struct {
	Action Action
	Text   string // words for the sender when Action is Refuse
	given  bool
}

// UnmarshalYAML reads seal, pass, tls or {refuse: words}.
func (d *Do) UnmarshalYAML(n *yaml.Node) error {
	*d = Do{given: true}
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 && n.Content[0].Value == "refuse" &&
		n.Content[1].Kind == yaml.ScalarNode && strings.TrimSpace(n.Content[1].Value) != "" {
		d.Action, d.Text = Refuse, strings.TrimSpace(n.Content[1].Value)
		return nil
	}
	for _, a := range []Action{Seal, Pass, TLS} {
		if n.Kind == yaml.ScalarNode && n.Value == a.String() {
			d.Action = a
			return nil
		}
	}
	if n.Kind == yaml.ScalarNode && n.Value == "refuse" {
		return yamlError(n, `refuse wants words for the sender: do: {refuse: "..."}`)
	}
	return yamlError(n, `do is seal, pass, tls or {refuse: "words for the sender"}`)
}

// onlyTrue reads a condition that has no value but true.
func onlyTrue(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode || n.Value != "true" {
		return yamlError(n, "can only be true; leave it out otherwise")
	}
	return nil
}

// textList reads one text or a list of them, none empty or longer than people
// write.
func textList(n *yaml.Node, what string) ([]string, error) {
	const longest = 200
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	var all []string
	for _, item := range items {
		s := strings.TrimSpace(item.Value)
		if item.Kind != yaml.ScalarNode || s == "" || len(s) > longest {
			return nil, yamlError(item, "wants "+what)
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		return nil, yamlError(n, "wants "+what)
	}
	return all, nil
}

// textMap reads a mapping whose keys are among known.
func textMap(n *yaml.Node, known ...string) (map[string]*yaml.Node, error) {
	if n.Kind != yaml.MappingNode {
		return nil, yamlError(n, "wants "+strings.Join(known, ", ")+" in braces")
	}
	all := map[string]*yaml.Node{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		if all[key.Value] != nil {
			return nil, yamlError(key, fmt.Sprintf("%q stands here twice", key.Value))
		}
		if !contains(known, key.Value) {
			return nil, yamlError(key, fmt.Sprintf("unknown key %q; there are %s", key.Value, strings.Join(known, ", ")))
		}
		all[key.Value] = n.Content[i+1]
	}
	return all, nil
}

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}
