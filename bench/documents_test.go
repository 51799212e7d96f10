package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/postseal/postseal/bench/cputime"
	"github.com/postseal/postseal/extract"
	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// documents measures the text of PDF files beside pdftotext, whose figures hold
// the start of its process.
func documents(t *testing.T) []goal {
	theirs := e2etest.Need(t, "pdftotext")
	var ratios []float64
	found, wanted := 0, 0
	_ = filepath.WalkDir(filepath.Join("..", "testdata"), func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".pdf") {
			return err
		}
		octets, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var text []byte
		var their, our []float64
		var mine string
		for range 5 {
			cmd := exec.Command(theirs, path, "-")
			if text, err = cmd.Output(); err != nil {
				return nil // locked or damaged: nothing to compare
			}
			their = append(their, float64(cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()))
			before := cputime.Used()
			docs, _ := extract.Text(context.Background(), extract.File{Name: filepath.Base(path), Data: octets}, extract.Limits{})
			our = append(our, float64(cputime.Used()-before))
			mine = ""
			for _, d := range docs {
				mine += d.Text + "\n"
			}
		}
		have, want := inBoth(mine, string(text))
		found, wanted = found+have, wanted+want
		ratios = append(ratios, median(our)/median(their))
		if have*100 < want*97 {
			fmt.Printf("    %s: %d of %d words\n", path, have, want)
		}
		return nil
	})
	words := float64(found) / float64(wanted)
	t.Logf("%d documents, %d words; worst %.2f of pdftotext's time", len(ratios), wanted, slices.Max(ratios))
	return []goal{{10, "text of PDF files", []limit{
		{"CPU of pdftotext's, the median document", median(ratios), 1.5, false, ""}, {"of its words", words, 0.99, true, ""},
	}, map[string][]float64{"cpu": ratios}}}
}

// inBoth counts the words of want that text has too, each as often.
func inBoth(text, want string) (have, all int) {
	count := map[string]int{}
	for _, w := range wordsOf(text) {
		count[w]++
	}
	for _, w := range wordsOf(want) {
		all++
		if count[w] > 0 {
			count[w]--
			have++
		}
	}
	return have, all
}

func wordsOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
