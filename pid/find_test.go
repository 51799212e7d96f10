package pid_test

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/postseal/postseal/pid"
)

func count(all []pid.Candidate, kind pid.Kind) int {
	n := 0
	for _, c := range all {
		if c.Kind == kind {
			n++
		}
	}
	return n
}

// TestFindPresidio holds Find against the cases of Microsoft Presidio
// (testdata/pid/LICENSE). BOP-7
func TestFindPresidio(t *testing.T) {
	f, err := os.Open("../testdata/pid/presidio-uk.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := 0
	for s := bufio.NewScanner(f); s.Scan(); rows++ {
		row := strings.Split(s.Text(), "\t")
		text, err := strconv.Unquote(row[2])
		want, err2 := strconv.Atoi(row[1])
		if err != nil || err2 != nil {
			t.Fatalf("row %q", row)
		}
		if got := count(pid.Find(text), pid.Kind(row[0])); got != want {
			t.Errorf("%s in %q: got %d, want %d", row[0], text, got, want)
		}
	}
	if rows < 80 {
		t.Errorf("only %d rows", rows)
	}
}
