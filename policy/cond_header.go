package policy

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/addr"
)

var headerKind = conditionKind{name: "header", example: "{name: X-Secure, equals: \"yes\"}", parse: parseHeaderCondition}

// headerCondition holds when a header field contains or equals a text, in any
// case and any reading of the field.
type headerCondition struct {
	name string
	want string
	part bool // contains, not equals
}

func parseHeaderCondition(n *yaml.Node) (condition, error) {
	keys, err := textMap(n, "name", "contains", "equals")
	if err != nil {
		return nil, err
	}
	value := keys["equals"]
	if keys["contains"] != nil {
		value = keys["contains"]
	}
	if keys["name"] == nil || value == nil || len(keys) != 2 {
		return nil, yamlError(n, "wants a name and either contains or equals")
	}
	name, err := textList(keys["name"], "the name of a header field")
	if err != nil || len(name) != 1 || !isFieldName(name[0]) {
		return nil, yamlError(n, "wants the name of a header field, without colon")
	}
	want, err := textList(value, "a text")
	if err != nil || len(want) != 1 {
		return nil, yamlError(n, "wants one text")
	}
	return headerCondition{name[0], strings.ToLower(want[0]), keys["contains"] != nil}, nil
}

// isFieldName tells whether s can name a header field (RFC 5322 section 2.2).
func isFieldName(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }) < 0
}

func (c headerCondition) match(v *view, _ addr.Address) []Finding {
	for _, s := range v.values(c.name) {
		s = strings.ToLower(s)
		switch {
		case c.part && strings.Contains(s, c.want):
			return []Finding{{Where: "header " + c.name, What: "contains the text of the rule"}}
		case !c.part && s == c.want:
			return []Finding{{Where: "header " + c.name, What: "equals the text of the rule"}}
		}
	}
	return nil
}
