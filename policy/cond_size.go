package policy

import (
	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/addr"
)

var sizeKind = conditionKind{name: "size", example: "{over: 20MB}", parse: func(n *yaml.Node) (condition, error) {
	keys, err := textMap(n, "over")
	if err != nil {
		return nil, err
	}
	if keys["over"] == nil {
		return nil, yamlError(n, "wants {over: SIZE}")
	}
	var c sizeCondition
	err = c.over.UnmarshalYAML(keys["over"])
	return c, err
}}

// sizeCondition holds when header and body together are larger.
type sizeCondition struct{ over Size }

func (c sizeCondition) match(v *view, _ addr.Address) []Finding {
	if v.m.Size <= int64(c.over) {
		return nil
	}
	return []Finding{{Where: "message", What: "larger than " + c.over.String()}}
}
