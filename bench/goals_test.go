package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A limit is one figure that has to hold.
type limit struct {
	What    string  `json:"what"`
	Figure  float64 `json:"figure"`
	Bound   float64 `json:"bound"`
	AtLeast bool    `json:"at_least,omitempty"` // else at most
	Unit    string  `json:"unit,omitempty"`     // empty: a ratio
}

func (l limit) met() bool {
	if l.AtLeast {
		return l.Figure >= l.Bound
	}
	return l.Figure <= l.Bound
}

func (l limit) String() string {
	sign := "<="
	if l.AtLeast {
		sign = ">="
	}
	return fmt.Sprintf("%s %s (%s %s%s)", l.What, number(l.Figure), sign, number(l.Bound), unit(l.Unit))
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', 3, 64) }

func unit(u string) string {
	if u == "" {
		return ""
	}
	return " " + u
}

// A goal is a row of the table in docs/performance.md.
type goal struct {
	Number  int                  `json:"number"`
	What    string               `json:"what"`
	Limits  []limit              `json:"limits"`
	Samples map[string][]float64 `json:"samples,omitempty"` // what the figures were taken from
}

func (g goal) met() bool {
	for _, l := range g.Limits {
		if !l.met() {
			return false
		}
	}
	return len(g.Limits) > 0
}

func (g goal) String() string {
	word := "missed"
	if g.met() {
		word = "met"
	}
	parts := make([]string, len(g.Limits))
	for i, l := range g.Limits {
		parts[i] = l.String()
	}
	if f := g.Samples[alone]; len(f) == 1 {
		parts = append(parts, alone+" "+number(f[0]))
	}
	return fmt.Sprintf("%2d  %-6s  %s: %s", g.Number, word, g.What, strings.Join(parts, "; "))
}

// A measurement finds the figures of one or more goals.
type measurement struct {
	goals string // numbers, for BENCH
	run   func(*testing.T) []goal
}

var measurements = []measurement{
	{"1 2", passing},
	{"3", sealing},
	{"4", oneSession},
	{"5", bigMessages},
	{"6 8 9", parts},
	{"7", sizes},
	{"10", documents},
	{"11", memory},
	{"12", guessing},
	{"13", stored},
	{"14", opening},
}

// TestGoals measures all goals, or those that BENCH names ("1 4 14"), writes what
// it found to bench/results and says how many were met. It asserts nothing: what
// a machine can do is a finding, no defect of a commit.
func TestGoals(t *testing.T) {
	if os.Getenv("POSTSEAL_BENCH") != "1" {
		t.Skip("measured by make bench only: it takes minutes and wants a quiet machine")
	}
	wanted := regexp.MustCompile(`\d+`).FindAllString(os.Getenv("BENCH"), -1)
	var all []goal
	for _, m := range measurements {
		if !named(wanted, m.goals) {
			continue
		}
		t.Run("goals "+m.goals, func(t *testing.T) {
			for _, g := range m.run(t) {
				fmt.Println(g)
				all = append(all, g)
			}
		})
	}
	met := 0
	for _, g := range all {
		if g.met() {
			met++
		}
	}
	write(t, all)
	fmt.Printf("goals met: %d of %d\n", met, len(all))
}

func named(wanted []string, goals string) bool {
	if len(wanted) == 0 {
		return true
	}
	for _, n := range strings.Fields(goals) {
		for _, w := range wanted {
			if w == n {
				return true
			}
		}
	}
	return false
}

// results is what a run leaves for docs/performance.md.
type results struct {
	Time  time.Time `json:"time"`
	CPUs  int       `json:"cpus"`
	Model string    `json:"model"`
	Go    string    `json:"go"`
	Load  string    `json:"load_before"` // of the machine: figures of a busy one are worth less
	Goals []goal    `json:"goals"`
}

var loadBefore = loadAverage()

func write(t *testing.T, all []goal) {
	t.Helper()
	r := results{Time: time.Now().UTC().Truncate(time.Second), CPUs: runtime.NumCPU(), Model: model(), Go: runtime.Version(), Load: loadBefore, Goals: all}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join("results", r.Time.Format("2006-01-02T150405Z")+".json")
	if err := os.MkdirAll("results", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	fmt.Println("written to bench/" + name)
}

func loadAverage() string {
	b, _ := os.ReadFile("/proc/loadavg")
	return strings.Join(strings.Fields(string(b))[:min(3, len(strings.Fields(string(b))))], " ")
}

func model() string {
	b, _ := os.ReadFile("/proc/cpuinfo")
	m := regexp.MustCompile(`(?m)^model name\s*: (.*)$`).FindSubmatch(b)
	if m == nil {
		return ""
	}
	return string(m[1])
}
