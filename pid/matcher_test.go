package pid

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// slow finds what scan must find, by trying every start and end.
func slow(t testing.TB, patterns []pattern, text string) []string {
	t.Helper()
	var all []string
	for i, p := range patterns {
		flags := "(?i)"
		if p.exact {
			flags = ""
		}
		re, err := regexp.Compile(flags + `\A(?:` + p.text + `)\z`)
		if err != nil {
			t.Fatal(err)
		}
		for end := 1; end <= len(text); end++ {
			if end < len(text) && isWord[text[end]] {
				continue
			}
			for start := max(0, end-maxLookBack); start < end; start++ {
				if (start == 0 || !isWord[text[start-1]]) && re.MatchString(text[start:end]) {
					all = append(all, fmt.Sprint(i, start, end))
					break
				}
			}
		}
	}
	slices.Sort(all)
	return all
}

func quick(m *matcher, text string) []string {
	var all []string
	r := m.begin()
	defer m.giveBack(r.t)
	for _, h := range r.scan(text) {
		all = append(all, fmt.Sprint(h.pattern, r.startOf(h.pattern, text, int(h.end)), h.end))
	}
	slices.Sort(all)
	return all
}

func checkEqual(t *testing.T, patterns []pattern, text string) {
	t.Helper()
	m, err := newMatcher(patterns)
	if err != nil {
		return // not for us: borders, nothing at all
	}
	for i := range 4 { // with a cold table and a warm one, in one piece and in two
		if m.halves = usualHalves; i%2 > 0 {
			m.halves = 2
		}
		if got, want := quick(m, text), slow(t, patterns, text); !slices.Equal(got, want) {
			t.Errorf("%+v in %q: got %q, want %q", patterns, text, got, want)
		}
	}
}

func TestScanFindsWhatRegexpFinds(t *testing.T) {
	for _, c := range []struct {
		patterns []string
		text     string
	}{
		{[]string{"a", "ab", "b"}, "a ab b abc b"},
		{[]string{"ab c", "c", "b c d"}, "ab c d"},
		{[]string{"[0-9]{2}(?: ?[0-9]{2})*"}, "12 34 56 7 89"},
		{[]string{`\(?0[1-9]+\)? ?[0-9]+`}, "(0123) 456 (0)"},
		{[]string{"x+y?", "x"}, "xx XXY xyx_x"},
		{[]string{"a.c", "a[^b]c"}, "abc a-c a c"},
		{[]string{`[a-z]+@[a-z]+`}, "a.b@c d@e@f"},
		{[]string{"k", "s"}, "k K \u212a s \u017f"}, // the Kelvin sign is no k
	} {
		var patterns []pattern
		for _, p := range c.patterns {
			patterns = append(patterns, pattern{text: p})
		}
		if strings.Contains(c.text, "\u212a") {
			m, err := newMatcher(patterns)
			if got := quick(m, c.text); err != nil || len(got) != 3 {
				t.Errorf("%q: got %q, %v", c.text, got, err)
			}
			continue
		}
		checkEqual(t, patterns, c.text)
	}
}

// TestScanSurvivesFullTables scans a text that needs more states than are kept.
func TestScanSurvivesFullTables(t *testing.T) {
	patterns := []pattern{{text: `[a-d]*a[a-d]{14}`}, {text: "dad"}}
	m, err := newMatcher(patterns)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for b.Len() < 60_000 {
		b.WriteByte("abcd abcd"[r.IntN(4)])
		if r.IntN(40) == 0 {
			b.WriteString(" dad ")
		}
	}
	text, got := b.String(), 0
	run := m.begin()
	for _, h := range run.scan(text) {
		if h.pattern == 1 {
			got++
		}
	}
	m.giveBack(run.t)
	want := 0
	for _, word := range strings.Fields(text) {
		if word == "dad" {
			want++
		}
	}
	if got != want {
		t.Errorf("got %d, want %d", got, want)
	}
	table := m.borrow()
	if len(table.states) > maxStates || len(table.rows)+len(table.rare) > maxEntries+256 {
		t.Errorf("the table grew to %d states", len(table.states))
	}
}

// TestStatesStay: what one scan learnt serves the next, whatever was collected
// in between.
func TestStatesStay(t *testing.T) {
	m, err := newMatcher([]pattern{{text: "dad"}, {text: "[0-9]{4}"}})
	if err != nil {
		t.Fatal(err)
	}
	run := m.begin()
	run.scan("dad 1234")
	m.giveBack(run.t)
	runtime.GC()
	runtime.GC() // a sync.Pool is empty after two
	if got := len(m.borrow().states); got < 8 {
		t.Errorf("got %d states, want those of the scan", got)
	}
}

// TestHalvesAreOneText: what a scan finds does not depend on where the second half
// begins, be it within a match or in a word without an end.
func TestHalvesAreOneText(t *testing.T) {
	texts := messagesOf(t, "../testdata/pid/messages/dev-pid.txt")[:20]
	long := "the patient was admitted to hospital " + strings.Repeat("x", 300) + "'s diagnosis, 943 476 5919 jane.doe" + strings.Repeat(".doe", 100) + "@example.org"
	for pad := range 60 {
		texts = append(texts, strings.Repeat("- ", pad)+long, long+strings.Repeat(" a", pad))
	}
	s, err := build(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*matcher{s.words, s.forms} {
		for _, text := range texts {
			var hits [2][]hit
			for i, halves := range []int{2, 1 << 30} {
				m.halves = halves
				r := m.begin()
				hits[i] = slices.Clone(r.scan(text))
				m.giveBack(r.t)
			}
			if got, want := hits[0], hits[1]; !slices.Equal(got, want) {
				t.Fatalf("%q: got %v, want %v", text, got, want)
			}
		}
	}
}

// TestCellsEndBeforeSeparators: what is only looked for in cells is found nowhere
// else.
func TestCellsEndBeforeSeparators(t *testing.T) {
	m, err := newMatcher([]pattern{{text: "[a-z]+ [a-z]+", cell: true}, {text: "d"}})
	if err != nil {
		t.Fatal(err)
	}
	got, want := quick(m, "a b c, d e. f g"), []string{"0 12 15", "0 2 5", "1 7 8"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestScanByMany(t *testing.T) {
	s := usual()
	text := "Mrs Edith Pargeter, DOB 04/11/1937, NHS number 943 476 5919"
	want := fmt.Sprint(s.Find(text))
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 50 {
				if got := fmt.Sprint(s.Find(text)); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			}
		})
	}
	wait.Wait()
}

func FuzzScan(f *testing.F) {
	f.Add("a|bc", "[0-9]{2} ?[0-9]", "bc 12 3 a")
	f.Add("(?:x y)+", "y", "x yx y y")
	f.Add(`[^a]b?`, `\d+-\d+`, "1-2 ab cb")
	f.Fuzz(func(t *testing.T, a, b, text string) {
		if len(a)+len(b)+len(text) > 120 || firstBeyondASCII(a+b+text) >= 0 {
			return // beyond ASCII a character is several octets here
		}
		for _, p := range []string{a, b} {
			if _, err := regexp.Compile(`(?i)\A(?:` + p + `)\z`); err != nil || strings.Contains(p, "(?") {
				return
			}
			if re, err := parsePattern(p, syntax.FoldCase); err != nil || len(re.String()) > 400 {
				return
			}
		}
		checkEqual(t, []pattern{{text: a}, {text: b}}, text)
	})
}

// TestLookBackSurvivesFullTables looks for starts with more states than are kept.
func TestLookBackSurvivesFullTables(t *testing.T) {
	m, err := newMatcher([]pattern{{text: `x[a-d]{14}a[a-d]*`}})
	if err != nil {
		t.Fatal(err)
	}
	m.back[0].states = 50
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		word := []byte("x")
		for len(word) < 60 {
			word = append(word, "abcd"[r.IntN(4)])
		}
		word[15] = 'a'
		text := "ab " + string(word)
		run := m.begin()
		hits := run.scan(text)
		if len(hits) != 1 {
			t.Fatalf("%s: %d hits", text, len(hits))
		}
		if got, want := run.startOf(0, text, len(text)), len("ab "); got != want {
			t.Errorf("%s: begins at %d, want %d", text, got, want)
		}
		m.giveBack(run.t)
	}
	run := m.begin()
	if got := len(run.t.back[0].states); got > 50 {
		t.Errorf("the table grew to %d states", got)
	}
}
