package policy_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/postseal/postseal/pid"
	"github.com/postseal/postseal/policy"
)

var refit = flag.Bool("fit", false, "fit the odds of pid anew to the messages to work with, and write pid/odds.txt")

// fitRow is one message as a regression sees it: what is not zero of it.
type fitRow struct {
	at    []int
	value []float64
	pid   float64 // 1 or 0
	group string  // messages of one writer
}

// regression is a logistic regression, the last coefficient the constant.
type regression []float64

func (w regression) odds(r fitRow) float64 {
	sum := w[len(w)-1]
	for i, at := range r.at {
		sum += w[at] * r.value[i]
	}
	return sum
}

// fit minimises the log loss of the rows and half of penalty times the squares of
// the coefficients but the constant, by Nesterov's accelerated gradient.
func fit(rows []fitRow, columns int, penalty float64) regression {
	const steps = 3000
	// The steepest the gradient can get: a quarter of the largest eigenvalue.
	v, steep := make([]float64, columns+1), 0.0
	for i := range v {
		v[i] = 1
	}
	for range 50 {
		next := make([]float64, columns+1)
		for _, r := range rows {
			dot := regression(v).odds(r)
			for i, at := range r.at {
				next[at] += dot * r.value[i]
			}
			next[columns] += dot
		}
		norm := 0.0
		for _, x := range next {
			norm += x * x
		}
		steep = math.Sqrt(norm)
		for i := range next {
			v[i] = next[i] / steep
		}
	}
	step := 1 / (steep/4 + penalty)
	w, ahead := make(regression, columns+1), make(regression, columns+1)
	for k := range steps {
		gradient := make([]float64, columns+1)
		for i := range columns {
			gradient[i] = penalty * ahead[i]
		}
		for _, r := range rows {
			wrong := 1/(1+math.Exp(-ahead.odds(r))) - r.pid
			for i, at := range r.at {
				gradient[at] += wrong * r.value[i]
			}
			gradient[columns] += wrong
		}
		for i := range w {
			now := ahead[i] - step*gradient[i]
			ahead[i] = now + float64(k)/float64(k+3)*(now-w[i])
			w[i] = now
		}
	}
	return w
}

// fitSet is the messages that depend on odds, in both shapes.
type fitSet struct {
	measures, words []fitRow
	vocabulary      []string
}

var writerOf = regexp.MustCompile(`(-more|-none|-pid|-case|-office)*\.txt$`)

// fitMessages reads the half to work with. A word must stand in several messages
// by several writers, and be nobody's name.
func fitMessages(t *testing.T) fitSet {
	const messages, writers = 5, 3
	f := rules(t, "organisation: {name: X, domains: [example.gov.uk]}\nrules:\n- {name: scan, do: seal, if: {pid: {score: 10}}}\n")
	in, by := map[string]int{}, map[string]map[string]bool{}
	var all []pid.Measures
	var set fitSet
	for _, m := range labelledMessages(t, "dev") {
		x := pid.Measure(policy.Sections(f, readAs(t, staff(), m.mail(t))))
		group := writerOf.ReplaceAllString(m.file, "")
		for _, w := range x.Words {
			if by[w] == nil {
				by[w] = map[string]bool{}
			}
			in[w]++
			by[w][group] = true
		}
		if x.Sure >= 10 || !x.Topic {
			continue
		}
		row := fitRow{group: group}
		if m.pid {
			row.pid = 1
		}
		for i, v := range x.Values {
			row.at, row.value = append(row.at, i), append(row.value, v)
		}
		all, set.measures = append(all, x), append(set.measures, row)
	}
	column := map[string]int{}
	for w, n := range in {
		if n >= messages && len(by[w]) >= writers && !pid.IsFirstName(w) {
			set.vocabulary = append(set.vocabulary, w)
		}
	}
	slices.Sort(set.vocabulary)
	for i, w := range set.vocabulary {
		column[w] = i
	}
	for i, x := range all {
		row := fitRow{pid: set.measures[i].pid, group: set.measures[i].group}
		for _, w := range x.Words {
			if c, ok := column[w]; ok {
				row.at, row.value = append(row.at, c), append(row.value, 1)
			}
		}
		set.words = append(set.words, row)
	}
	return set
}

const (
	measurePenalty = 0.3
	wordPenalty    = 10.0
	// towardsSealing is what the odds get on top: a message missed is worse than
	// one sealed in vain.
	towardsSealing = 0.15
)

// fitBoth fits the two regressions.
func (s fitSet) fitBoth(without string) (measures, words regression) {
	var a, b []fitRow
	for i, r := range s.measures {
		if r.group != without {
			a, b = append(a, r), append(b, s.words[i])
		}
	}
	return fit(a, len(a[0].at), measurePenalty), fit(b, len(s.vocabulary), wordPenalty)
}

// TestFit fits the odds when asked to, and tells what they would have said of the
// messages of each writer without having seen any of his.
func TestFit(t *testing.T) {
	if !*refit {
		table, err := os.ReadFile("../pid/odds.txt")
		if err != nil || !strings.Contains(string(table), "\n=none ") {
			t.Errorf("pid/odds.txt has no constant: %v", err)
		}
		return
	}
	set := fitMessages(t)
	var groups []string
	for _, r := range set.measures {
		if !slices.Contains(groups, r.group) {
			groups = append(groups, r.group)
		}
	}
	var whole [3]counts
	for _, g := range groups {
		measures, words := set.fitBoth(g)
		var own [3]counts
		for i, r := range set.measures {
			if r.group == g {
				a, b := measures.odds(r), words.odds(set.words[i])
				for k, odds := range []float64{a, b, a + b + towardsSealing} {
					own[k].tell(odds >= 0, r.pid == 1)
					whole[k].tell(odds >= 0, r.pid == 1)
				}
			}
		}
		t.Logf("%-12s %v", g, own[2])
	}
	for k, name := range []string{"measures", "words", "both"} {
		t.Logf("%-12s %v", name, whole[k])
	}
	measures, words := set.fitBoth("")
	if err := os.WriteFile("../pid/odds.txt", []byte(oddsTable(measures, words, set.vocabulary)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func oddsTable(measures, words regression, vocabulary []string) string {
	const little = 0.005 // rounds to nothing
	var b strings.Builder
	b.WriteString("# Written by go test ./policy -run TestFit -fit; pid/odds.go says what it is.\n")
	fmt.Fprintf(&b, "=none %.2f\n", measures[len(measures)-1]+words[len(words)-1]+towardsSealing)
	for i, name := range pid.MeasureNames() {
		fmt.Fprintf(&b, "=%s %.2f\n", name, measures[i])
	}
	for i, w := range vocabulary {
		if math.Abs(words[i]) >= little {
			fmt.Fprintf(&b, "%s %.2f\n", w, words[i])
		}
	}
	return b.String()
}
