package house

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every test that docs/security.md names exists, and each promise has some: what a
// test no longer keeps must not be said to be kept.
func TestSecurityNamesItsTests(t *testing.T) {
	b, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	text, known := string(b), testNames(t)
	named := regexp.MustCompile(`\b((?:Test|Fuzz)[A-Z][A-Za-z0-9]+)\b`).FindAllString(text, -1)
	for _, name := range named {
		if !known[name] {
			t.Errorf("there is no %s", name)
		}
	}
	if len(named) < 100 {
		t.Errorf("read only %d names", len(named))
	}
	_, promises, _ := strings.Cut(text, "\n## How each promise is kept\n")
	promises, _, _ = strings.Cut(promises, "\n## ")
	rows := 0
	for line := range strings.Lines(promises) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| promise") {
			continue
		}
		if rows++; len(cells) != 3 || !strings.Contains(cells[2], "`Test") {
			t.Errorf("no test in the third column: %s", cells[0])
		}
	}
	if rows != 5 {
		t.Errorf("got %d promises, want the five of docs/design.md", rows)
	}
}
