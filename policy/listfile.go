package policy

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// LineError is one line of a list file that cannot be used. It does not repeat
// the line.
type LineError struct {
	Line int
	What string
}

// Error gives "line 3: wants ...".
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.What) }

// unmarshalFile reads {file: PATH}.
func (l *List) unmarshalFile(n *yaml.Node) error {
	keys, err := textMap(n, "file")
	if err != nil {
		return err
	}
	path := keys["file"]
	if path == nil || path.Kind != yaml.ScalarNode || strings.TrimSpace(path.Value) == "" {
		return yamlError(n, "wants a list, or {file: PATH}")
	}
	l.file = path.Value
	return nil
}

// File gives the path of a list that stands in a file of its own and has not been
// read yet; empty for any other. Whoever reads the configuration puts the list
// from ParseList in its place; as long as nobody does, Validate finds it empty.
func (l List) File() string { return l.file }

// ParseList reads a list file: one address, domain or "*.domain" on each line,
// with comments from "#" on and empty lines. The error joins all lines that
// cannot be used, each a *LineError.
func ParseList(b []byte) (List, error) {
	var l List
	var all []error
	line := 0
	for text := range strings.SplitSeq(strings.TrimPrefix(string(b), "\ufeff"), "\n") {
		line++
		words := strings.Fields(text)
		for i, w := range words {
			if strings.HasPrefix(w, "#") {
				words = words[:i]
				break
			}
		}
		switch len(words) {
		case 0:
			continue
		case 1:
			if err := l.put(words[0]); err != nil {
				all = append(all, &LineError{line, err.Error()})
			}
		default:
			all = append(all, &LineError{line, "wants one address or domain, and comments behind #"})
		}
	}
	return l, errors.Join(all...)
}
