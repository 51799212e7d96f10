package policy

import (
	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/addr"
)

var unreadableKind = conditionKind{name: "unreadable", example: "true", parse: func(n *yaml.Node) (condition, error) {
	return unreadable{}, onlyTrue(n)
}}

// unreadable holds when a part could be read by a recipient and not by us: an
// unknown transfer encoding, message/partial, message/external-body, signed
// content that is wrapped up, or anything over a limit of Read. Without a rule
// such a message is sealed.
type unreadable struct{}

func (unreadable) match(v *view, _ addr.Address) []Finding {
	var found []Finding
	for _, p := range v.m.Parts {
		if p.Err != nil {
			found = appendFinding(found, Finding{Where: p.Where, What: p.Err.Error()})
		}
	}
	return found
}

// unreadableDefault stands behind all rules of a file.
var unreadableDefault = Rule{Name: "unreadable", Do: Do{Action: Seal},
	If: Conditions{[]stated{{&unreadableKind, unreadable{}}}}}
