package policy

import (
	"errors"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/addr"
)

// Patterns is a set of addresses and domains: "jane@example.org" (one address),
// "example.org" or "@example.org" (one domain), "*.example.org" or
// ".example.org" (what is below a domain), and {list: NAME}. In the file it is
// one of these or a list of them. The zero value is empty and covers nothing.
type Patterns struct {
	set   List
	lists []namedList
}

// namedList is {list: NAME} and where it stands, for errors.
type namedList struct {
	name string
	line int
}

// List is what a name under lists: stands for: addresses and domains, without
// further names.
type List struct {
	addresses map[string]bool // addr.Address.Key
	domains   map[string]bool // addr.DomainKey
	suffixes  map[string]bool // addr.DomainKey of what is above
	file      string          // {file: PATH}, until the file is read
}

// IsEmpty tells whether nothing was given.
func (p Patterns) IsEmpty() bool { return p.set.isEmpty() && len(p.lists) == 0 }

func (l List) isEmpty() bool { return len(l.addresses)+len(l.domains)+len(l.suffixes) == 0 }

// Covers tells whether an address is in the list. The null sender never is.
func (l List) Covers(a addr.Address) bool {
	if a.IsZero() {
		return false
	}
	domain := a.DomainKey()
	if l.addresses[a.Key()] || l.domains[domain] {
		return true
	}
	for len(l.suffixes) > 0 {
		dot := strings.IndexByte(domain, '.')
		if dot < 0 {
			return false
		}
		domain = domain[dot+1:]
		if l.suffixes[domain] {
			return true
		}
	}
	return false
}

// covers resolves named lists in f. A name that f does not hold covers nothing;
// Validate reports it.
func (p Patterns) covers(f *File, a addr.Address) bool {
	if p.set.Covers(a) {
		return true
	}
	for _, n := range p.lists {
		if f.Lists[n.name].Covers(a) {
			return true
		}
	}
	return false
}

// UnmarshalYAML reads one pattern, {list: NAME}, or a list of both.
func (p *Patterns) UnmarshalYAML(n *yaml.Node) error {
	*p = Patterns{}
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		if items = n.Content; len(items) == 0 {
			return yamlError(n, "the list is empty, so that it would cover nobody; leave the line out")
		}
	}
	for _, item := range items {
		if item.Kind == yaml.MappingNode {
			if len(item.Content) != 2 || item.Content[0].Value != "list" || item.Content[1].Kind != yaml.ScalarNode {
				return yamlError(item, "wants an address, a domain or {list: NAME}")
			}
			p.lists = append(p.lists, namedList{item.Content[1].Value, item.Line})
			continue
		}
		if err := p.set.add(item); err != nil {
			return err
		}
	}
	return nil
}

// UnmarshalYAML reads a list of patterns, or {file: PATH}.
func (l *List) UnmarshalYAML(n *yaml.Node) error {
	*l = List{}
	if n.Kind == yaml.MappingNode {
		return l.unmarshalFile(n)
	}
	if n.Kind != yaml.SequenceNode {
		return yamlError(n, "wants a list, such as [example.org, \"*.example.net\"]")
	}
	for _, item := range n.Content {
		if err := l.add(item); err != nil {
			return err
		}
	}
	return nil
}

func (l *List) add(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return yamlError(n, "wants an address or a domain")
	}
	if err := l.put(n.Value); err != nil {
		return yamlError(n, err.Error())
	}
	return nil
}

var (
	errNoAddress = errors.New("wants an address such as jane@example.org")
	errNoDomain  = errors.New("wants a domain such as example.org, or *.example.org for all below it")
)

// put adds one pattern.
func (l *List) put(pattern string) error {
	s := strings.TrimPrefix(pattern, "*@")
	kind := &l.domains
	switch {
	case strings.HasPrefix(s, "*."):
		s, kind = s[2:], &l.suffixes
	case strings.HasPrefix(s, "."):
		s, kind = s[1:], &l.suffixes
	case strings.Contains(strings.TrimPrefix(s, "@"), "@"):
		a, err := addr.Parse(s)
		if err != nil {
			return errNoAddress
		}
		put(&l.addresses, a.Key())
		return nil
	}
	key, err := addr.DomainKey(strings.TrimPrefix(s, "@"))
	if err != nil || strings.ContainsAny(key, "*/ ") || strings.Contains("."+key+".", "..") {
		return errNoDomain
	}
	put(kind, key)
	return nil
}

func put(m *map[string]bool, key string) {
	if *m == nil {
		*m = map[string]bool{}
	}
	(*m)[key] = true
}
