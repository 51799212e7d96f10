package pid_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postseal/postseal/pid"
)

var held = flag.Bool("held", false, "judge the half of testdata/pid/messages that is held back, not the one to work with")

// enough is the score of the usual rule, {pid: {score: 10}}.
const enough = 10

// labelled is a message of testdata/pid/messages with what people say of it.
type labelled struct {
	id       string
	pid      bool
	kinds    []string
	sections []pid.Section
}

func messages(t testing.TB, half string) []labelled {
	t.Helper()
	paths, _ := filepath.Glob("../testdata/pid/messages/" + half + "-*.txt")
	var all []labelled
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range strings.Split("\n"+string(b), "\n=== ")[1:] {
			head, text, _ := strings.Cut(one, "\n")
			f := strings.Split(head, "|")
			if len(f) != 3 {
				t.Fatalf("%s: bad line %q", path, head)
			}
			m := labelled{id: strings.TrimSpace(f[0]), pid: strings.TrimSpace(f[1]) == "pid"}
			if k := strings.TrimSpace(f[2]); k != "" {
				m.kinds = strings.Split(k, ",")
			}
			m.sections = sections(text)
			all = append(all, m)
		}
	}
	return all
}

func sections(text string) []pid.Section {
	body, attached, ok := strings.Cut(text, "\n--- attachment ")
	subject, body, _ := strings.Cut(body, "\n")
	all := []pid.Section{{Where: "subject", Text: strings.TrimPrefix(subject, "Subject: ")}, {Where: "text", Text: body}}
	if ok {
		name, content, _ := strings.Cut(attached, "\n")
		all = append(all, pid.Section{Where: "attachment " + name, Text: content})
	}
	return all
}

// counts is how often something was rightly found, wrongly found, missed.
type counts struct{ hit, wrong, missed int }

func ratio(a, b int) float64 {
	if a+b == 0 {
		return 1
	}
	return float64(a) / float64(a+b)
}

func (c counts) String() string {
	return fmt.Sprintf("precision %.3f, recall %.3f (%d right, %d false alarms, %d missed)",
		ratio(c.hit, c.wrong), ratio(c.hit, c.missed), c.hit, c.wrong, c.missed)
}

// TestDetection is the detection report: messages rightly sealed, then each kind
// and each place. BOP-6, BOP-7
func TestDetection(t *testing.T) {
	half := "dev"
	if *held {
		half = "held"
	}
	var whole counts
	kinds, places := map[string]*counts{}, map[string]*counts{}
	at := func(m map[string]*counts, key string) *counts {
		if m[key] == nil {
			m[key] = &counts{}
		}
		return m[key]
	}
	for _, m := range messages(t, half) {
		r := pid.Score(m.sections)
		sealed := r.Total >= enough
		place, _, _ := strings.Cut(m.sections[len(m.sections)-1].Where, " ")
		tell(&whole, sealed, m.pid)
		tell(at(places, place), sealed, m.pid)
		if sealed != m.pid {
			t.Logf("%s: want pid %v, got %g: %+v", m.id, m.pid, r.Total, r.Findings)
		}
		var got []string
		for _, f := range r.Findings {
			got = append(got, string(f.Kind))
		}
		for _, k := range m.kinds {
			if !slices.Contains(got, k) {
				t.Logf("%s: %s not reported", m.id, k)
			}
			tell(at(kinds, k), slices.Contains(got, k), true)
		}
		for _, k := range got {
			if !m.pid && strong(k) {
				tell(at(kinds, k), true, false)
			}
		}
	}
	t.Logf("%s half: %v", half, whole)
	for _, m := range []map[string]*counts{kinds, places} {
		for _, k := range pidKeys(m) {
			t.Logf("  %-16s %v", k, *m[k])
		}
	}
	if whole.hit+whole.missed < 30 || whole.hit == 0 {
		t.Fatalf("too few messages: %v", whole)
	}
	if ratio(whole.hit, whole.wrong) < 0.97 || ratio(whole.hit, whole.missed) < 0.97 {
		t.Errorf("want precision and recall of 0.97, got %v", whole)
	}
}

// strong tells which kinds are wrong by themselves in a message without personal
// data; names and places are not.
func strong(kind string) bool {
	return !slices.Contains([]string{"name", "phone", "address", "postcode", "email", "together"}, kind)
}

func tell(c *counts, got, want bool) {
	switch {
	case got && want:
		c.hit++
	case got:
		c.wrong++
	case want:
		c.missed++
	}
}

func pidKeys(m map[string]*counts) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}
