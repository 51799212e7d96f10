// Command plot puts the figures of a run of make bench into docs/performance.md,
// between its two marks, and draws them as docs/performance.svg: one bar for each
// limit, as a part of what is allowed.
//
//	go run ./bench/plot bench/results/TIME.json [LATER.json ...]
//
// Goals that a later file has too are taken from it.
package main

import (
	"encoding/json"
	"fmt"
	"html"
	"log"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

type results struct {
	Time, Model, Go string
	CPUs            int
	Load            string `json:"load_before"`
	Goals           []goal
}

type goal struct {
	Number  int
	What    string
	Limits  []limit
	Samples map[string][]float64
}

// read gives the first file with the goals of the later ones.
func read(names []string) (r results) {
	for i, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			log.Fatal(err)
		}
		var one results
		if err := json.Unmarshal(raw, &one); err != nil {
			log.Fatalf("%s: %v", name, err)
		}
		if i == 0 {
			r = one
			continue
		}
		for _, g := range one.Goals {
			r.Goals = append(slices.DeleteFunc(r.Goals, func(old goal) bool { return old.Number == g.Number }), g)
		}
	}
	slices.SortFunc(r.Goals, func(a, b goal) int { return a.Number - b.Number })
	return r
}

type limit struct {
	What    string
	Figure  float64
	Bound   float64
	AtLeast bool `json:"at_least"`
	Unit    string
}

// part is how much of what is allowed the figure takes: at most 1 is met.
func (l limit) part() float64 {
	switch {
	case l.AtLeast && l.Figure > 0:
		return l.Bound / l.Figure
	case l.AtLeast:
		return math.Inf(1)
	case l.Bound > 0:
		return max(0, l.Figure/l.Bound)
	case l.Figure <= l.Bound: // nothing, or less, was allowed
		return 0
	}
	return math.Inf(1)
}

func (l limit) met() bool { return l.part() <= 1 }

func number(f float64) string {
	if math.Abs(f) >= 1000 {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return strconv.FormatFloat(f, 'g', 3, 64)
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("plot: wants names of files of bench/results")
	}
	r := read(os.Args[1:])
	if err := os.WriteFile("docs/performance.svg", []byte(drawing(r)), 0o644); err != nil {
		log.Fatal(err)
	}
	const page = "docs/performance.md"
	text, err := os.ReadFile(page)
	if err != nil {
		log.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		log.Fatalf("%s: the marks are missing", page)
	}
	if err := os.WriteFile(page, []byte(head+begin+table(r)+end+tail), 0o644); err != nil {
		log.Fatal(err)
	}
}

const begin, end = "<!-- figures -->\n", "<!-- end of figures -->\n"

// table gives the figures as rows of Markdown.
func table(r results) string {
	var b strings.Builder
	met := 0
	fmt.Fprintf(&b, "\nRun of %s on %d processors (%s), %s, load before %s:\n\n| # | figure | allowed | |\n|---|---|---|---|\n", r.Time, r.CPUs, r.Model, r.Go, r.Load)
	for _, g := range r.Goals {
		all := true
		for _, l := range g.Limits {
			sign, word := "at most", "met"
			if l.AtLeast {
				sign = "at least"
			}
			if !l.met() {
				word, all = "**missed**", false
			}
			fmt.Fprintf(&b, "| %d | %s: %s | %s %s | %s |\n", g.Number, l.What, strings.TrimSpace(number(l.Figure)+" "+l.Unit), sign, strings.TrimSpace(number(l.Bound)+" "+l.Unit), word)
		}
		if f := g.Samples["Postfix alone"]; len(f) == 1 {
			fmt.Fprintf(&b, "| %d | Postfix alone, were filter and Redis to take no time: %s | | |\n", g.Number, number(f[0]))
		}
		if all {
			met++
		}
	}
	fmt.Fprintf(&b, "\nGoals met: %d of %d.\n\n![each figure as a part of what is allowed](performance.svg)\n\n", met, len(r.Goals))
	return b.String()
}

// Sizes of the drawing, in its own units; a bar ends at three times what is allowed.
const (
	row, left, one, most = 22, 430, 150, 3.0
)

// drawing gives one bar for each limit, and a line where what is allowed ends.
func drawing(r results) string {
	var b strings.Builder
	n := 0
	for _, g := range r.Goals {
		for _, l := range g.Limits {
			y := 30 + n*row
			n++
			colour := "#00703c"
			if !l.met() {
				colour = "#d4351c"
			}
			width := min(l.part(), most) * one
			fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%d  %s</text>`+"\n", left-8, y+12, g.Number, html.EscapeString(l.What))
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.1f" height="14" fill="%s"/>`+"\n", left, y, max(width, 1), colour)
			fmt.Fprintf(&b, `<text x="%.1f" y="%d">%s</text>`+"\n", left+width+6, y+12, html.EscapeString(strings.TrimSpace(number(l.Figure)+" "+l.Unit)))
		}
	}
	height := 30 + n*row + 10
	whole := left + int(most*one) + 110
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" role="img" aria-label="Figures of make bench as parts of what is allowed">
<rect width="%d" height="%d" fill="#fff"/>
<text x="%d" y="18">as much as is allowed</text>
%s<line x1="%d" y1="22" x2="%d" y2="%d" stroke="#0b0c0c" stroke-dasharray="3 3"/>
</svg>
`, whole, height, whole, height, left+one-50, b.String(), left+one, left+one, height-6)
}
