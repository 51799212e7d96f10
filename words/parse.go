package words

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	sectionLine = regexp.MustCompile(`^\[([a-z][a-z0-9.-]*)\]$`)
	textLine    = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9._-]*(?:@[0-9]+)?) = (.*\S)$`)
)

// parse reads one file into to, and gives its keys in order. Its errors have the
// form "FILE:LINE: words".
func parse(name, content string, to map[string]string) (keys []string, err error) {
	section, last := "", ""
	for i, line := range strings.Split(strings.TrimRight(content, "\n"), "\n") {
		fault := func(what string) error { return fmt.Errorf("words: %s:%d: %s", name, i+1, what) }
		switch {
		case strings.HasPrefix(line, "#"), strings.TrimSpace(line) == "":
			last = ""
			continue
		case line[0] == ' ' || line[0] == '\t':
			if last == "" {
				return nil, fault("continues nothing")
			}
			to[last] += " " + strings.TrimSpace(line)
			continue
		}
		if m := sectionLine.FindStringSubmatch(line); m != nil {
			section, last = m[1], ""
			continue
		}
		m := textLine.FindStringSubmatch(line)
		if m == nil || section == "" {
			return nil, fault(`wants [section] or "key = text"`)
		}
		last = section + "." + m[1]
		if _, twice := to[last]; twice {
			return nil, fault(last + " stands twice")
		}
		to[last] = m[2]
		if !strings.Contains(m[1], "@") {
			keys = append(keys, last)
		}
	}
	return keys, nil
}
