package policy

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/addr"
)

var subjectTagKind = conditionKind{name: "subject_tag", example: "[SECURE, encrypt]", parse: parseSubjectTag}

// subjectTag holds when "[TAG]" stands anywhere in the decoded subject, in any
// case (CYC-1, BCC-16), or what was meant as one.
type subjectTag struct{ tags []string }

func (subjectTag) isMark() {}

func parseSubjectTag(n *yaml.Node) (condition, error) {
	const words = "a tag of letters, digits and spaces, such as SECURE; the brackets are added"
	tags, err := textList(n, words)
	for i, tag := range tags {
		tag = strings.Join(strings.Fields(strings.TrimSuffix(strings.TrimPrefix(tag, "["), "]")), " ")
		if len(tag) < 2 || strings.IndexFunc(tag, func(r rune) bool { return !isWordRune(r) && r != ' ' && r != '-' }) >= 0 {
			return nil, yamlError(n, "wants "+words)
		}
		tags[i] = tag
	}
	return subjectTag{tags}, err
}

func (c subjectTag) match(v *view, _ addr.Address) []Finding {
	var found []Finding
	for _, tag := range c.tags {
		var best *tagHit
		for _, subject := range v.values("Subject") {
			if hit, ok := findTag(subject, tag); ok && (best == nil || best.near && !hit.near) {
				best = &hit
			}
		}
		if best != nil {
			found = append(found, best.finding())
		}
	}
	return found
}

func (h tagHit) finding() Finding {
	if !h.near {
		return Finding{Where: "subject", What: "tag [" + h.tag + "]"}
	}
	return Finding{Where: "subject", What: "near miss of [" + h.tag + "]",
		note: fmt.Sprintf("You wrote %s in the subject; we treated it as [%s].", shown(h.wrote), h.tag)}
}
