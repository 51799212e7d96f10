package calendar

import "strings"

// line is one content line (RFC 5545 section 3.1).
type line struct {
	name   string // upper case
	params map[string]string
	value  string
}

// component is what stands between BEGIN and END.
type component struct {
	name  string
	lines []line
	inner []component
}

func (c *component) first(name string) line {
	for _, l := range c.lines {
		if l.name == name {
			return l
		}
	}
	return line{}
}

func (c *component) has(name string) bool { return c.first(name).name != "" }

// lines unfolds: a line that begins with a blank goes on with the one above it.
func lines(text string) []string {
	text = strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "").Replace(strings.TrimPrefix(text, "\uFEFF"))
	all := strings.Split(text, "\n")
	if len(all) > maxLines {
		all = all[:maxLines]
	}
	return all
}

// components reads the first VCALENDAR with its components; what lies deeper than
// those of a component (a VTIMEZONE's STANDARD) is not looked at.
func components(all []string) component {
	var stack []component
	for _, raw := range all {
		l, ok := parseLine(strings.TrimRight(raw, "\r"))
		switch {
		case !ok:
		case l.name == "BEGIN":
			stack = append(stack, component{name: strings.ToUpper(l.value)})
			if len(stack) > 10 {
				return stack[0]
			}
		case len(stack) == 0:
		case l.name == "END":
			done := stack[len(stack)-1]
			if stack = stack[:len(stack)-1]; len(stack) == 0 {
				return done
			}
			up := &stack[len(stack)-1]
			up.inner = append(up.inner, done)
		default:
			top := &stack[len(stack)-1]
			top.lines = append(top.lines, l)
		}
	}
	// No END: what has come counts.
	for len(stack) > 1 {
		up := &stack[len(stack)-2]
		up.inner = append(up.inner, stack[len(stack)-1])
		stack = stack[:len(stack)-1]
	}
	if len(stack) == 0 {
		return component{}
	}
	return stack[0]
}

// parseLine cuts "NAME;PARAM=value;PARAM="quoted":value".
func parseLine(s string) (line, bool) {
	l := line{params: map[string]string{}}
	quoted, start := false, 0
	take := func(piece string) {
		if l.name == "" {
			l.name = strings.ToUpper(strings.TrimSpace(piece))
			return
		}
		if k, v, ok := strings.Cut(piece, "="); ok {
			l.params[strings.ToUpper(k)] = strings.Trim(v, `"`)
		}
	}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case quoted:
		case s[i] == ';':
			take(s[start:i])
			start = i + 1
		case s[i] == ':':
			take(s[start:i])
			l.value = strings.TrimSpace(s[i+1:])
			return l, l.name != ""
		}
	}
	return l, false
}
