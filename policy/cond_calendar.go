package policy

import (
	"path"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/extract"
)

var calendarKind = conditionKind{name: "calendar", example: "{class: [confidential, private]}", parse: parseCalendar}

// calendarCondition holds when the message brings an invitation, or another
// calendar file, of one of the classes and of one of the methods (BOP-12). A
// calendar in an attached message says nothing about this one (BOP-11).
type calendarCondition struct {
	classes []string // public, private, confidential; empty: any
	methods []string // request, reply, cancel and so on; empty: any
}

// calendarMark is one that asks for a class, which the sender chose: a mark.
type calendarMark struct{ calendarCondition }

func (calendarMark) isMark() {}

// calendarMethods are those of RFC 5546 section 1.4.
var calendarMethods = []string{"publish", "request", "reply", "add", "cancel", "refresh", "counter", "declinecounter"}

func parseCalendar(n *yaml.Node) (condition, error) {
	if n.Kind == yaml.ScalarNode {
		return calendarCondition{}, onlyTrue(n)
	}
	keys, err := textMap(n, "class", "method")
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, yamlError(n, "wants class, method or both; true for any calendar")
	}
	var c calendarCondition
	if c.classes, err = wordsAmong(keys["class"], "public", "private", "confidential"); err != nil {
		return nil, err
	}
	if c.methods, err = wordsAmong(keys["method"], calendarMethods...); err != nil {
		return nil, err
	}
	if len(c.classes) > 0 && !contains(c.classes, "public") {
		return calendarMark{c}, nil
	}
	return c, nil
}

// wordsAmong reads one or several of the words known, in any case.
func wordsAmong(n *yaml.Node, known ...string) ([]string, error) {
	if n == nil {
		return nil, nil
	}
	what := "one or more of " + strings.Join(known, ", ")
	all, err := textList(n, what)
	for i := range all {
		if all[i] = strings.ToLower(all[i]); !contains(known, all[i]) {
			return nil, yamlError(n, "wants "+what)
		}
	}
	return all, err
}

func (c calendarCondition) match(v *view, _ addr.Address) []Finding {
	var found []Finding
	for _, p := range v.m.Parts {
		if p.nested || !isCalendar(p) {
			continue
		}
		classes, methods := readCalendar(p)
		method, ok := firstAmong(methods, c.methods)
		if !ok {
			continue
		}
		class, ok := firstAmong(classes, c.classes)
		if !ok {
			continue
		}
		what := "calendar"
		if class != "" {
			what += " of class " + class
		}
		if method != "" {
			what += ", method " + method
		}
		found = appendFinding(found, Finding{Where: p.Where, What: what})
	}
	return found
}

// firstAmong gives the first that is wanted; nothing wanted is fulfilled by
// anything.
func firstAmong(all, wanted []string) (string, bool) {
	if len(wanted) == 0 {
		return "", true
	}
	for _, s := range all {
		if contains(wanted, s) {
			return s, true
		}
	}
	return "", false
}

func isCalendar(p Part) bool {
	switch p.Type {
	case "text/calendar", "text/x-vcalendar", "application/ics":
		return true
	}
	switch strings.ToLower(path.Ext(strings.TrimRight(p.Name, ". "))) {
	case ".ics", ".ical", ".vcs":
		return true
	}
	const begin = "BEGIN:VCALENDAR" // a gateway may have made plain text of it
	text := strings.TrimLeft(p.Text, " \t\r\n\ufeff")
	return len(text) >= len(begin) && strings.EqualFold(text[:len(begin)], begin)
}

// readCalendar gives what CLASS and METHOD say anywhere in a calendar (RFC 5545
// sections 3.8.1.3 and 3.7.2). A component without CLASS is public; a class that
// is not known counts as private, as the RFC wants it.
func readCalendar(p Part) (classes, methods []string) {
	method := func(s string) {
		if s = strings.ToLower(s); contains(calendarMethods, s) {
			methods = appendNew(methods, s)
		}
	}
	for _, m := range values(p.params, "method") {
		method(m)
	}
	text := p.Text
	if p.Type != "text/calendar" {
		text = extract.Unfold(text) // of text/calendar this is done already
	}
	for line := range strings.SplitSeq(text, "\n") {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		name, _, _ = strings.Cut(name, ";") // CLASS;X-NOTE=why:PRIVATE
		name, value = strings.TrimSpace(name), strings.ToLower(strings.TrimSpace(value))
		switch {
		case !ok || value == "":
		case strings.EqualFold(name, "METHOD"):
			method(value)
		case strings.EqualFold(name, "CLASS"):
			if value != "public" && value != "confidential" {
				value = "private"
			}
			classes = appendNew(classes, value)
		}
	}
	if len(classes) == 0 {
		classes = []string{"public"}
	}
	return classes, methods
}
