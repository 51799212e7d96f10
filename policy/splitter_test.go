package policy

import (
	"strings"
	"testing"
)

// runs records what a sink gets.
type runs struct{ all []string }

func (r *runs) run(b []byte, start bool) {
	s := string(b)
	if !start {
		s = "+" + s
	}
	r.all = append(r.all, s)
}
func (r *runs) close() {}

func TestSplitterGivesTheSameForEveryCut(t *testing.T) {
	const body = "pre\r\n--b\r\nA: b\r\n\r\ntext - -- --\r\n-\r\n--\r\n--b--\rx\r--b\ry\n--long " + "\r\r\n--b"
	lines := func(all []string) string { // joins runs of text, keeps lines of dashes apart
		var b strings.Builder
		for _, s := range all {
			if strings.HasPrefix(s, "--") {
				b.WriteString("|")
			}
			b.WriteString(strings.TrimPrefix(s, "+"))
			if strings.HasPrefix(s, "--") {
				b.WriteString("|")
			}
		}
		return b.String()
	}
	const want = "pre\r\n|--b\r\n|A: b\r\n\r\ntext - -- --\r\n-\r\n|--\r\n||--b--\r|x\r|--b\r|y\n|--long \r\r\n||--b|"
	for size := 1; size <= len(body); size++ {
		got := &runs{}
		s := newSplitter(got)
		for i := 0; i < len(body); i += size {
			s.write([]byte(body[i:min(i+size, len(body))]))
		}
		s.close()
		if g := lines(got.all); g != want {
			t.Fatalf("pieces of %d:\n got %q\nwant %q", size, g, want)
		}
	}
}
