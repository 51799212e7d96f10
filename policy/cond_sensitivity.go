package policy

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/addr"
)

var sensitivityKind = conditionKind{name: "sensitivity", example: "[company-confidential]", parse: parseSensitivity}

// sensitivity holds when the header field that Outlook's Sensitivity writes has
// one of the values, in any case (BOP-1; RFC 4021 section 2.1.55).
type sensitivity struct{ values []string }

func (sensitivity) isMark() {}

func parseSensitivity(n *yaml.Node) (condition, error) {
	const words = "personal, private or company-confidential"
	values, err := textList(n, words)
	for i, s := range values {
		switch values[i] = sensitivityValue(s); values[i] {
		case "personal", "private", "company-confidential":
		default:
			return nil, yamlError(n, "wants "+words)
		}
	}
	return sensitivity{values}, err
}

// sensitivityValue reads Company-Confidential in all its spellings; Outlook
// calls it Confidential.
func sensitivityValue(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !isWordRune(r) }), "-")
	if s == "confidential" || s == "companyconfidential" {
		return "company-confidential"
	}
	return s
}

func (c sensitivity) match(v *view, _ addr.Address) []Finding {
	for _, s := range v.values("Sensitivity") {
		s, _, _ = strings.Cut(s, "(") // a comment, RFC 5322 section 3.2.2
		if value := sensitivityValue(s); contains(c.values, value) {
			return []Finding{{Where: "header Sensitivity", What: "flag " + value}}
		}
	}
	return nil
}
