package policy

import (
	"time"

	"go.yaml.in/yaml/v3"
)

// Lead is a Duration that a profile can also switch off: "off". The zero value says
// nothing, so that another profile's word counts.
type Lead struct {
	span time.Duration
	said bool
}

// LeadOf gives a Lead of a span; 0 is off.
func LeadOf(d time.Duration) Lead { return Lead{span: d, said: true} }

// Std gives the span; 0 for off.
func (l Lead) Std() time.Duration { return l.span }

// UnmarshalYAML reads ParseDuration's form, "off" and "0d".
func (l *Lead) UnmarshalYAML(n *yaml.Node) error {
	switch {
	case n.Kind == yaml.ScalarNode && (n.Value == "off" || n.Value == "false" || n.Value == "0" || n.Value == "0d"):
		*l = LeadOf(0)
		return nil
	case n.Kind != yaml.ScalarNode:
		return yamlError(n, "wants a time span, such as 7d, or off")
	}
	d, err := ParseDuration(n.Value)
	if err != nil {
		return yamlError(n, err.Error()+`, or "off"`)
	}
	*l = LeadOf(d.Std())
	return nil
}

// Defaults of what a profile tells its senders, and the longest time that it may
// keep a message shut after sending: who recalls within it has noticed at once.
const (
	DefaultRemindUnopened = 3 * 24 * time.Hour
	DefaultRemindExpiring = 7 * 24 * time.Hour
	longestUndo           = 24 * time.Hour
)
