package pid

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/postseal/postseal/bench/cputime"
)

// ordinaryMails are texts of mails as a benchmark: those of testdata/bench, what
// has no personal data of the detection set, and of what has some every tenth
// message. Each is a text of its own, of 20 to 3,000 octets.
func ordinaryMails(tb testing.TB) []string {
	tb.Helper()
	all := messagesOf(tb, "../testdata/bench/mails.txt")
	for i, m := range messagesOf(tb, "../testdata/pid/messages/dev-*.txt") {
		head, _, _ := strings.Cut(m, "\n")
		if !strings.Contains(head, "| pid") || i%10 == 0 {
			all = append(all, m)
		}
	}
	return all
}

// messagesOf cuts files of messages at the lines that begin them.
func messagesOf(tb testing.TB, glob string) []string {
	tb.Helper()
	paths, _ := filepath.Glob(glob)
	var all []string
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, strings.Split("\n"+string(raw), "\n=== ")[1:]...)
	}
	if len(all) == 0 {
		tb.Fatalf("%s: no messages", glob)
	}
	return all
}

func octetsIn(texts []string) int {
	n := 0
	for _, t := range texts {
		n += len(t)
	}
	return n
}

// eachMail is a benchmark over all of them.
func eachMail(b *testing.B, f func(text string)) {
	mails := ordinaryMails(b)
	octets := make([]int, len(mails))
	for i, m := range mails {
		octets[i] = len(m)
	}
	cputime.Pieces(b, octets, func(i int) { f(mails[i]) })
}

// BenchmarkScan is the passes over a text alone, of which nothing is kept.
func BenchmarkScan(b *testing.B) {
	s := usual()
	for name, m := range map[string]*matcher{"words": s.words, "forms": s.forms} {
		b.Run(name, func(b *testing.B) {
			eachMail(b, func(text string) {
				run := m.begin()
				run.scan(text)
				m.giveBack(run.t)
			})
		})
	}
}

// BenchmarkFind is the scan that is asked for: keywords and detectors, with
// offsets and check digits.
func BenchmarkFind(b *testing.B) {
	s := usual()
	eachMail(b, func(m string) { s.read(m) })
}

// BenchmarkScore is all that package pid does for a message.
func BenchmarkScore(b *testing.B) {
	eachMail(b, func(m string) { Score([]Section{{Where: "text", Text: m}}) })
}

// BenchmarkZones is the division of a mail's text by what its lines are.
func BenchmarkZones(b *testing.B) {
	eachMail(b, func(m string) { zonesOf(m) })
}

// BenchmarkFindBesideRegexp is BenchmarkFind beside one alternation of the same
// words and forms in Go's regexp, which needs a second for a thousand octets.
func BenchmarkFindBesideRegexp(b *testing.B) {
	var all []string
	for _, p := range new(Scanner).builtIn() {
		all = append(all, "(?:"+p.text+")")
	}
	re := regexp.MustCompile(`(?i)\b(?:` + strings.Join(all, "|") + `)\b`)
	mails, s := ordinaryMails(b), usual()
	const enough = 1500
	few := mails[0][:enough]
	cputime.Beside(b, octetsIn(mails), func() {
		for _, m := range mails {
			s.read(m)
		}
	}, len(few), func() { re.FindAllStringIndex(few, -1) })
}
