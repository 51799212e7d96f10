package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each row of the table "When something fails" in docs/design.md names the tests
// that keep it, and they exist: functions of test files, or sessions (.txtar).
func TestFailureTableNamesItsTests(t *testing.T) {
	text, err := os.ReadFile("../../docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "\n## When something fails\n")
	if !ok {
		t.Fatal("docs/design.md has no such table")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	known := testNames(t)
	name := regexp.MustCompile("`(Test[A-Za-z0-9]+|[a-z-]+\\.txtar)`")
	rows := 0
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| what fails") {
			continue
		}
		rows++
		named := name.FindAllStringSubmatch(cells[len(cells)-1], -1)
		if len(cells) != 4 || len(named) == 0 {
			t.Errorf("no test in the fourth column: %s", strings.TrimSpace(cells[0]))
		}
		for _, n := range named {
			if !known[n[1]] {
				t.Errorf("%s: there is no %s", strings.TrimSpace(cells[0]), n[1])
			}
		}
	}
	if rows < 15 {
		t.Errorf("read only %d rows", rows)
	}
}

// testNames are the tests and sessions of the tree.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "*_test.go", "*.txtar")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	known := map[string]bool{}
	for _, path := range strings.Fields(string(out)) {
		known[filepath.Base(path)] = true
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../..", path), nil, parser.SkipObjectResolution)
		if err != nil {
			continue // a session, or what go vet says better
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				known[f.Name.Name] = true
			}
		}
	}
	return known
}
