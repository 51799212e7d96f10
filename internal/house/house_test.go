// Package house holds the tests that keep the house in order: who may import
// whom (docs/design.md, "Packages").
package house

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/postseal/postseal/"

// allowed reads the table of docs/design.md: package -> packages it may import.
// A nil list means all.
func allowed(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("^\\| `([a-z0-9/]+)` \\|.*\\| ([^|]+) \\|$")
	name := regexp.MustCompile("`([a-z0-9/]+)`")
	table := map[string][]string{}
	s := bufio.NewScanner(strings.NewReader(string(text)))
	for s.Scan() {
		m := row.FindStringSubmatch(s.Text())
		switch {
		case m == nil:
		case strings.TrimSpace(m[2]) == "all":
			table[m[1]] = nil
		default:
			table[m[1]] = []string{}
			for _, n := range name.FindAllStringSubmatch(m[2], -1) {
				table[m[1]] = append(table[m[1]], n[1])
			}
		}
	}
	if len(table) < 10 {
		t.Fatalf("read only %d rows from docs/design.md", len(table))
	}
	return table
}

type listed struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p listed
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func TestImportsFollowTheTable(t *testing.T) {
	table := allowed(t)
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		may, known := table[name]
		if !known {
			t.Errorf("package %s has no row in docs/design.md", name)
			continue
		}
		for _, imp := range p.Imports {
			of, ours := strings.CutPrefix(imp, module)
			if ours && may != nil && !slices.Contains(may, of) {
				t.Errorf("%s imports %s; docs/design.md does not allow it", name, of)
			}
		}
	}
}

// Core packages stay pure: nothing of the clock's, network's or disk's comes in.
func TestCorePackagesArePure(t *testing.T) {
	core := []string{"addr", "audit", "extract", "pid", "policy", "envelope", "notice"}
	banned := []string{"net/http", "net", "os", "os/exec", "log", "database/sql", "github.com/redis/go-redis/v9"}
	for _, p := range packages(t) {
		if !slices.Contains(core, strings.TrimPrefix(p.ImportPath, module)) {
			continue
		}
		for _, imp := range p.Imports {
			if slices.Contains(banned, imp) {
				t.Errorf("%s is a core package and imports %s", p.ImportPath, imp)
			}
		}
	}
}
