package house

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/requirements.md anew")

const listing = "../../docs/requirements.md"

// families are the requirement rows: five guides, numbered from 1.
var families = []struct {
	name, guide string
	rows        int
}{
	{"BCC", "Bristol City Council, external users", 28},
	{"CYC", "City of York Council, staff", 17},
	{"SCC", "Suffolk County Council, recipients", 19},
	{"BOP", "Borough of Poole, staff", 28},
	{"CJSM", "CJS Secure eMail, common questions", 15},
}

var rowID = regexp.MustCompile(`\b(BCC|CYC|SCC|BOP|CJSM)-[0-9]+\b`)

// rowsInTests maps each row to the tests whose comments name it.
func rowsInTests(t *testing.T) map[string][]string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "*_test.go", "*/storetest/*.go")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	rows := map[string][]string{}
	for _, name := range strings.Fields(string(out)) {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../..", name), nil, parser.ParseComments)
		if err != nil {
			continue // go vet says it better
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			test := fmt.Sprintf("%s: %s", filepath.Dir(name), f.Name.Name)
			for _, id := range rowID.FindAllString(commentsOf(file, f), -1) {
				if !slices.Contains(rows[id], test) {
					rows[id] = append(rows[id], test)
				}
			}
		}
	}
	return rows
}

func commentsOf(file *ast.File, f *ast.FuncDecl) string {
	var b strings.Builder
	if f.Doc != nil {
		b.WriteString(f.Doc.Text())
	}
	for _, c := range file.Comments {
		if c.Pos() >= f.Pos() && c.End() <= f.End() {
			b.WriteString(c.Text())
		}
	}
	return b.String()
}

func renderRows(rows map[string][]string) string {
	var b strings.Builder
	b.WriteString("# Requirement rows and the tests that name them\n\nWritten by `go test ./internal/house -run Requirements -update` from the comments of the tests. A test that names a row\nshows it in part or whole; what is missing of a row is said in the issue that it belongs to.\n")
	for _, fam := range families {
		fmt.Fprintf(&b, "\n## %s: %s\n\n| row | tests |\n|---|---|\n", fam.name, fam.guide)
		var open []string
		for i := 1; i <= fam.rows; i++ {
			id := fmt.Sprintf("%s-%d", fam.name, i)
			tests := rows[id]
			if len(tests) == 0 {
				open = append(open, id)
				continue
			}
			slices.Sort(tests)
			fmt.Fprintf(&b, "| %s | `%s` |\n", id, strings.Join(tests, "` `"))
		}
		if len(open) > 0 {
			fmt.Fprintf(&b, "\nNamed by no test yet: %s.\n", strings.Join(open, ", "))
		}
	}
	return b.String()
}

// The list of rows and tests is what the tests themselves say.
func TestRequirementsAreListed(t *testing.T) {
	got := renderRows(rowsInTests(t))
	if *update {
		if err := os.WriteFile(listing, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(listing)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("docs/requirements.md is out of date; run: go test ./internal/house -run Requirements -update")
	}
}
