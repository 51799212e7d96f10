package extract_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/postseal/postseal/extract"
)

const corpus = "../testdata/docs"

// TestCorpus reads documents that other people's programs wrote: at least 95 %
// of the words that are expected are there (BOP-6).
func TestCorpus(t *testing.T) {
	const least = 0.95
	files, err := filepath.Glob(corpus + "/*/raw_text.*")
	if more, _ := filepath.Glob(corpus + "/*/[pt]a*.*"); true {
		files = append(files, more...)
	}
	if err != nil || len(files) < 20 {
		t.Fatalf("%d documents, %v", len(files), err)
	}
	for _, name := range files {
		want, err := os.ReadFile(strings.TrimSuffix(name, filepath.Ext(name)) + ".txt")
		if err != nil || filepath.Ext(name) == ".txt" && filepath.Base(filepath.Dir(name)) != "txt" {
			continue
		}
		t.Run(filepath.Base(filepath.Dir(name))+"/"+filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got, err := wholeText(filepath.Base(name), data)
			if err != nil {
				t.Fatal(err)
			}
			share, missing := covered(string(want), got)
			t.Logf("%.1f %% of the words", 100*share)
			if share < least {
				t.Errorf("%.1f %% of the words, want %.0f %%; missing %q", 100*share, 100*least, missing[:min(len(missing), 20)])
			}
		})
	}
}

// TestStandardized reads the same sentence out of every format.
func TestStandardized(t *testing.T) {
	files, err := filepath.Glob(corpus + "/*/standardized_text*.*")
	if err != nil || len(files) < 14 {
		t.Fatalf("%d documents, %v", len(files), err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := wholeText(filepath.Base(name), data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if share, missing := covered("the quick brown fox jumps over the lazy dog", strings.ToLower(got)); share < 1 {
			t.Errorf("%s: %q, missing %q", name, got[:min(len(got), 300)], missing)
		}
	}
}

func TestScannedPDFIsUnreadable(t *testing.T) {
	data, err := os.ReadFile(corpus + "/pdf/ocr_text.pdf")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wholeText("ocr_text.pdf", data); !errors.Is(err, extract.ErrUnreadable) {
		t.Errorf("got %v, want %v", err, extract.ErrUnreadable)
	}
}

// wholeText gives the text of a file and of all in it; mails as they stand.
func wholeText(name string, data []byte) (string, error) {
	var b strings.Builder
	x := extract.New(extract.Limits{})
	x.Message = func(_ string, mail []byte) error { b.Write(mail); return nil }
	var err error
	for _, d := range x.Read(context.Background(), extract.File{Name: name, Data: data}) {
		b.WriteString(d.Text)
		if d.Err != nil && err == nil {
			err = d.Err
		}
	}
	return b.String(), err
}

// covered gives the share of the words of want that got holds as often, and
// those that it lacks.
func covered(want, got string) (float64, []string) {
	have := map[string]int{}
	for _, word := range words(got) {
		have[word]++
	}
	var missing []string
	all := words(want)
	for _, word := range all {
		if have[word]--; have[word] < 0 {
			missing = append(missing, word)
		}
	}
	return 1 - float64(len(missing))/float64(max(1, len(all))), missing
}

// words are runs of letters and digits; how programs draw rules and bullets is
// their own taste.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
