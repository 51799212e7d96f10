package config

import (
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/policy"
)

// source knows where each value of a file stands.
type source struct {
	name   string
	root   *yaml.Node
	broken bool // the tree itself is not fit to be read on

	read  func(path string) ([]byte, error) // reads list files; nil: there are none
	files map[string]string                 // of lists that stand in files, by name: where they were read from
}

// line gives the line of a path of keys and indexes ("rules.2.profile"); of a
// path that is not there, that of the longest part that is.
func (s *source) line(path string) int {
	n := s.root
	if n == nil {
		return 0
	}
	line := 1
	for path != "" && n != nil {
		var key *yaml.Node
		key, n, path = step(n, path)
		if key != nil {
			line = key.Line
		}
	}
	return line
}

// step goes one key or index down. Keys may hold dots, so that the longest key
// that fits is taken.
func step(n *yaml.Node, path string) (key, value *yaml.Node, rest string) {
	switch n.Kind {
	case yaml.SequenceNode:
		head, rest, _ := strings.Cut(path, ".")
		if i, err := strconv.Atoi(head); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], n.Content[i], rest
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if path == k.Value {
				return k, n.Content[i+1], ""
			}
			if strings.HasPrefix(path, k.Value+".") && k.Value != "" {
				return k, n.Content[i+1], path[len(k.Value)+1:]
			}
		}
	case yaml.AliasNode:
		return step(n.Alias, path)
	}
	return nil, nil, ""
}

// checkTree refuses what YAML allows and people never mean: keys without value
// (an empty "to:" would be for everybody) and keys that stand there twice.
func (s *source) checkTree(n *yaml.Node) error {
	var all []error
	switch n.Kind {
	case yaml.MappingNode:
		seen := map[string]int{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			if first, ok := seen[key.Value]; ok {
				all = append(all, &Problem{s.name, key.Line, fmt.Sprintf("%q stands here a second time; first on line %d", shorten(key.Value), first)})
			}
			seen[key.Value] = key.Line
			if value.Kind == yaml.ScalarNode && value.Tag == "!!null" {
				all = append(all, &Problem{s.name, key.Line, fmt.Sprintf("%q has no value; leave the line out or give one", shorten(key.Value))})
			}
			all = append(all, s.checkTree(value))
		}
	case yaml.SequenceNode:
		for _, item := range n.Content {
			if item.Kind == yaml.ScalarNode && item.Tag == "!!null" {
				all = append(all, &Problem{s.name, item.Line, "an item of the list has no value"})
			}
			all = append(all, s.checkTree(item))
		}
	case yaml.AliasNode:
		all = append(all, &Problem{s.name, n.Line, "aliases (*name) are not used here; write the value out"})
	}
	return errors.Join(all...)
}

// locate turns the problems of Validate into lines of the file.
func (s *source) locate(err error) error {
	var all []error
	for _, e := range flatten(err) {
		var p *policy.Problem
		if !errors.As(e, &p) {
			all = append(all, e)
			continue
		}
		what := p.What
		if last := p.Path[strings.LastIndexByte(p.Path, '.')+1:]; !strings.HasPrefix(what, "rule ") && !isIndex(last) {
			what = last + " " + what
		}
		all = append(all, &Problem{s.name, s.line(p.Path), what})
	}
	sort.SliceStable(all, func(i, j int) bool { return lineOf(all[i]) < lineOf(all[j]) })
	return errors.Join(all...)
}

func lineOf(err error) int {
	if p, ok := err.(*Problem); ok {
		return p.Line
	}
	return 0
}

func isIndex(s string) bool { _, err := strconv.Atoi(s); return err == nil }

func flatten(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, flatten(e)...)
	}
	return all
}

var (
	atLine     = regexp.MustCompile(`^(?:yaml: )?line (\d+): (?s:(.*))$`)
	unknownKey = regexp.MustCompile(`^field (.*) not found in type .*$`)
	wrongType  = regexp.MustCompile(`^cannot unmarshal (!!\w+)(?s:.*) into (\S+)$`)
)

// typed turns the decoder's errors into ours. They never repeat a value: a
// secret may have been pasted there.
func (s *source) typed(t *yaml.TypeError) error {
	var all []error
	for _, e := range t.Errors {
		p := &Problem{File: s.name, What: e}
		if m := atLine.FindStringSubmatch(e); m != nil {
			p.Line, _ = strconv.Atoi(m[1])
			p.What = m[2]
		}
		if m := unknownKey.FindStringSubmatch(p.What); m != nil {
			p.What = fmt.Sprintf("unknown key %q", shorten(m[1]))
		} else if m := wrongType.FindStringSubmatch(p.What); m != nil {
			p.What = "wants " + typeWords(m[2]) + ", has " + tagWords(m[1])
		}
		all = append(all, p)
	}
	return errors.Join(all...)
}

// syntax turns a YAML syntax error into ours.
func (s *source) syntax(err error) error {
	words := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := atLine.FindStringSubmatch(words); m != nil {
		line, _ := strconv.Atoi(m[1])
		return &Problem{s.name, line, "not YAML: " + m[2]}
	}
	return &Problem{s.name, 0, "not YAML: " + words}
}

func shorten(key string) string {
	const longest = 40
	if len(key) > longest {
		return strings.ToValidUTF8(key[:longest], "") + "..."
	}
	return key
}

func typeWords(t string) string {
	switch {
	case strings.HasPrefix(t, "[]"):
		return "a list"
	case strings.HasPrefix(t, "int"):
		return "a whole number"
	case t == "bool":
		return "true or false"
	case t == "string", t == "policy.Mode":
		return "a text"
	}
	return "keys with values"
}

func tagWords(tag string) string {
	switch tag {
	case "!!seq":
		return "a list"
	case "!!map":
		return "keys with values"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	}
	return "a text"
}
