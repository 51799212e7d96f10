package policy

import (
	"path"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/addr"
)

var attachmentKind = conditionKind{name: "attachment", example: `{name: ["*.xlsx", "*.csv"], type: "application/pdf"}`, parse: parseAttachment}

// attachmentCondition holds when a part's file name or media type fits one of
// the patterns ("*" and "?" as in a shell, any case). With both, either is
// enough.
type attachmentCondition struct{ names, types []string }

func parseAttachment(n *yaml.Node) (condition, error) {
	keys, err := textMap(n, "name", "type")
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, yamlError(n, "wants name, type or both")
	}
	var c attachmentCondition
	if c.names, err = globs(keys["name"]); err != nil {
		return nil, err
	}
	if c.types, err = globs(keys["type"]); err != nil {
		return nil, err
	}
	return c, nil
}

func globs(n *yaml.Node) ([]string, error) {
	if n == nil {
		return nil, nil
	}
	all, err := textList(n, "a pattern such as *.xlsx")
	for i, p := range all {
		all[i] = strings.ToLower(p)
		if _, err := path.Match(all[i], ""); err != nil {
			return nil, yamlError(n, "wants a pattern such as *.xlsx")
		}
	}
	return all, err
}

func (c attachmentCondition) match(v *view, _ addr.Address) []Finding {
	var found []Finding
	for _, p := range v.m.Parts {
		fits := fitsAny(c.types, p.Type)
		for _, name := range append([]string{p.Name}, p.names...) {
			// A slash is part of the name here, not a border that "*" stops at.
			name = strings.ReplaceAll(name, "/", "_")
			fits = fits || name != "" && (fitsAny(c.names, name) || fitsAny(c.names, storedName(name)))
		}
		if fits {
			found = appendFinding(found, Finding{Where: p.Where, What: "file name or type of the rule"})
		}
	}
	return found
}

// storedName gives the name under which a computer keeps a file: without the
// dots and spaces at its end, which Windows leaves out, without quotes and what
// cannot be seen, and with letters of full width as ordinary ones.
func storedName(name string) string {
	return strings.Trim(string(fold(strings.ReplaceAll(name, "\x00", "")).runes), ". \"'")
}

func fitsAny(patterns []string, s string) bool {
	const longest = 1000 // octets of a name; "*" costs time with each
	s = strings.ToLower(s)
	if len(s) > longest {
		s = s[len(s)-longest:]
	}
	for _, p := range patterns {
		if ok, _ := path.Match(p, s); ok {
			return true
		}
	}
	return false
}
