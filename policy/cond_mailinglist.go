package policy

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/addr"
)

var mailingListKind = conditionKind{name: "mailing_list", example: "true", perRecipient: true, parse: parseMailingList}

// mailingList holds when the recipient is a mailing list: nobody can sign in as a
// list, so that a sealed message to one opens for none of its members. Told by
// where and how lists are usually addressed, by the message's own List-* fields
// naming the recipient, and by addresses that the file gives.
type mailingList struct{ more Patterns }

func (c mailingList) patterns() Patterns { return c.more }

// parseMailingList reads true, or further addresses and domains of lists.
func parseMailingList(n *yaml.Node) (condition, error) {
	var c mailingList
	if n.Kind == yaml.ScalarNode && (n.Value == "true" || n.Value == "false") {
		return c, onlyTrue(n)
	}
	err := c.more.UnmarshalYAML(n)
	return c, err
}

// listHosts are services that hold nothing but lists and groups.
var listHosts = []string{"googlegroups.com", "groups.io", "jiscmail.ac.uk", "freelists.org", "simplelists.com", "yahoogroups.com", "yahoogroups.co.uk"}

// listLabels are what the domain of a list server begins with.
var listLabels = []string{"lists", "list", "listserv", "listserver", "mailman", "mailinglists", "groups"}

// listNames and listEnds are local parts of a list's own addresses (RFC 2142
// section 6, and what list servers add).
var (
	listNames = []string{"listserv", "majordomo", "mailman", "listmaster", "listproc"}
	listEnds  = []string{"-request", "-owner", "-list", "-bounces", "-subscribe", "-unsubscribe", "-join", "-leave"}
)

func (c mailingList) match(v *view, to addr.Address) []Finding {
	switch {
	case c.more.covers(v.f, to):
		return []Finding{{Where: "recipient", What: "is a mailing list named in the rule"}}
	case looksLikeList(to):
		return []Finding{{Where: "recipient", What: "has the address of a mailing list"}}
	}
	for _, name := range []string{"List-Post", "List-Id", "Mailing-List", "X-Mailing-List"} {
		for _, value := range v.values(name) {
			if namesList(value, to) {
				return []Finding{{Where: "header " + name, What: "names the recipient as a mailing list"}}
			}
		}
	}
	return nil
}

func looksLikeList(to addr.Address) bool {
	local, domain := strings.ToLower(to.Local()), to.DomainKey()
	for _, h := range listHosts {
		if domain == h || strings.HasSuffix(domain, "."+h) {
			return true
		}
	}
	first, rest, _ := strings.Cut(domain, ".")
	if contains(listLabels, first) && strings.Contains(rest, ".") || contains(listNames, local) || strings.HasPrefix(local, "owner-") {
		return true
	}
	for _, end := range listEnds {
		if name := strings.TrimSuffix(local, end); name != local && name != "" {
			return true
		}
	}
	return false
}

// namesList tells whether a List-* field names an address: <mailto:a@b> (RFC
// 2369 section 3.4), <a.b> (RFC 2919), or the address as it is.
func namesList(value string, to addr.Address) bool {
	key := strings.ToLower(to.Key())
	dotted := strings.Replace(key, "@", ".", 1)
	for _, word := range strings.FieldsFunc(strings.ToLower(value), func(r rune) bool { return strings.ContainsRune("<>,; \t\"()", r) }) {
		word, _, _ = strings.Cut(strings.TrimPrefix(word, "mailto:"), "?")
		if word == key || word == dotted {
			return true
		}
	}
	return false
}
