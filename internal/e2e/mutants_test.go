package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/storm"
)

// mutant is the program with one guard turned off.
type mutant struct {
	guard string // what is turned off; empty: nothing
	finds string // the count of the verdict that must object
	under string // the weather in which it shows, see weathers
	edits []edit
}

// edit is one change of the source: old stands exactly once in the file.
type edit struct{ file, old, new string }

// The lines of testdata/mutants.txt that say something; all others are source.
const (
	guardLine = "== "
	findsLine = "finds: "
	underLine = "under: "
	fileLine  = "file: "
	oldLine   = "--- old"
	newLine   = "--- new"
)

// readMutants reads testdata/mutants.txt: for each guard its name, the count, the
// weather, and files with old and new text.
func readMutants(t *testing.T) []mutant {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "mutants.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var out []mutant
	var into *string
	for line := range strings.Lines(string(b)) {
		text := strings.TrimRight(line, "\n")
		if name, ok := strings.CutPrefix(text, guardLine); ok {
			out, into = append(out, mutant{guard: name}), nil
			continue
		}
		if len(out) == 0 || strings.HasPrefix(text, "#") {
			continue
		}
		m := &out[len(out)-1]
		if name, ok := strings.CutPrefix(text, fileLine); ok {
			m.edits, into = append(m.edits, edit{file: name}), nil
			continue
		}
		switch {
		case strings.HasPrefix(text, findsLine):
			m.finds = text[len(findsLine):]
		case strings.HasPrefix(text, underLine):
			m.under = text[len(underLine):]
		case text == oldLine:
			into = &m.edits[len(m.edits)-1].old
		case text == newLine:
			into = &m.edits[len(m.edits)-1].new
		case into != nil:
			*into += line
		}
	}
	return out
}

// overlay writes the changed files into a directory and gives the file that tells
// go build of them. An old text that is not there exactly once is an error: the
// guard has moved, and the list has to follow.
func (m *mutant) overlay(root, dir string) (string, error) {
	changed := map[string]string{}
	for _, e := range m.edits {
		path := filepath.Join(root, e.file)
		text, ok := changed[path]
		if !ok {
			b, err := os.ReadFile(path)
			if err != nil {
				return "", err
			}
			text = string(b)
		}
		if n := strings.Count(text, e.old); n != 1 || e.old == "" {
			return "", fmt.Errorf("%s: the old text stands in it %d times, want once:\n%s", e.file, n, e.old)
		}
		changed[path] = strings.Replace(text, e.old, e.new, 1)
	}
	replace := map[string]string{}
	for path, text := range changed {
		copied := filepath.Join(dir, fmt.Sprintf("%d.go", len(replace)))
		if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[path] = copied
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, b, 0o600)
}

// weathers are what a mutant is tried in, the cheapest first.
var weathers = map[string]func(*stepWalk){
	"fine": func(w *stepWalk) { w.blow(130, 0) },
	"relay": func(w *stepWalk) {
		w.walk("relay", w.toRelay, true, false)
		w.walk("relay", w.toRelay, false, false)
		w.walk("relay", w.toRelay, false, true)
	},
	"confirmation": func(w *stepWalk) {
		w.walk("mail to inside", w.toStaff, false, false)
		w.walk("mail to inside", w.toStaff, false, true)
	},
	"Redis": func(w *stepWalk) { w.without() },
	"late":  func(w *stepWalk) { w.late() },
}

// mutantPatience bounds what a mutant that takes nothing any more can cost.
const mutantPatience = 2 * time.Minute

// counts of a verdict by their names.
func counts(v *storm.Verdict) map[string]int {
	return map[string]int{
		"lost": v.Lost, "leaked": v.Leaked, "unopenable": v.Unopenable, "doubled": v.Doubled,
		"unconfirmed": v.Unconfirmed, "unexplained": v.Unexplained,
	}
}

// judged runs one weather on a program and gives the verdict.
func judged(t *testing.T, under, binary string) *storm.Verdict {
	t.Helper()
	const most = 200 // messages, for the size of the disk
	w := &stepWalk{tempest: newTempest(t, 1, most, binary), stride: 1}
	w.patience = mutantPatience
	weathers[under](w)
	w.calm()
	return storm.Judge(w.evidence())
}

// Each guard of testdata/mutants.txt is where the list says, and the list is
// complete in itself. This much is part of make test. Issue 6.
func TestMutantsAreCurrent(t *testing.T) {
	t.Parallel()
	mutants := readMutants(t)
	if len(mutants) < 10 {
		t.Fatalf("got %d guards, want all of them", len(mutants))
	}
	for _, m := range mutants {
		_, known := counts(&storm.Verdict{})[m.finds]
		if !known || weathers[m.under] == nil || len(m.edits) == 0 {
			t.Errorf("%s: finds %q under %q with %d edits", m.guard, m.finds, m.under, len(m.edits))
		}
		if _, err := m.overlay(e2etest.Root(t), t.TempDir()); err != nil {
			t.Errorf("%s: %v", m.guard, err)
		}
	}
}

// TestMutants checks the checker: with each guard of testdata/mutants.txt turned
// off, alone, the verdict of the storm must object, and with none it must not. It
// takes a quarter of an hour and says nothing about the program itself, so it runs
// only with POSTSEAL_MUTANTS=1, which make mutants sets, and is quietly done
// otherwise. Issue 6, "It is done when".
func TestMutants(t *testing.T) {
	if os.Getenv("POSTSEAL_MUTANTS") != "1" {
		return
	}
	mutants := readMutants(t)
	for under := range weathers {
		mutants = append([]mutant{{under: under, finds: "nothing"}}, mutants...)
	}
	table := make([]string, len(mutants))
	t.Cleanup(func() { t.Log("\nguard | found as | verdict\n" + strings.Join(table, "\n")) })
	for i, m := range mutants {
		name := m.guard
		if name == "" {
			name = "nothing turned off, " + m.under
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			binary := ""
			if m.guard != "" {
				binary = m.build(t)
			}
			v, found := judged(t, m.under, binary), m.finds
			switch {
			case m.guard == "" && !v.OK():
				t.Errorf("got %v, unexplained %d, never acknowledged %d, want a clean verdict:\n%s", v, v.Unexplained, v.Patience, strings.Join(v.Said, "\n"))
			case m.guard != "" && counts(v)[m.finds] == 0:
				t.Errorf("the verdict does not object with %s: %v, unexplained %d, never acknowledged %d", m.finds, v, v.Unexplained, v.Patience)
				found = "NOT FOUND"
			}
			table[i] = fmt.Sprintf("%s | %s | %v, unexplained %d, never acknowledged %d", name, found, v, v.Unexplained, v.Patience)
		})
	}
}

// build makes the program with the guard turned off.
func (m *mutant) build(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	overlay, err := m.overlay(e2etest.Root(t), dir)
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "postseal")
	cmd := exec.Command("go", "build", "-overlay", overlay, "-o", binary, "./cmd/postseal")
	cmd.Dir = e2etest.Root(t)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}
