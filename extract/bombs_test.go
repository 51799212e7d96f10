package extract_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/extract"
	"github.com/postseal/postseal/extract/extracttest"
)

// The bounds of the definition of done: any one file within five seconds and
// 256 MB of memory.
const (
	longest    = 5 * time.Second * raceFactor
	mostMemory = 256 << 20
)

// The writers of hostile documents, in short.
type deflated = extracttest.Deflated

func zipOf(t testing.TB, entries ...any) []byte { t.Helper(); return extracttest.Zip(t, entries...) }
func pdfOf(objects ...string) []byte            { return extracttest.PDF(objects...) }
func stream(dict, content string) string        { return extracttest.Stream(dict, content) }
func flated(t testing.TB, r io.Reader) string   { t.Helper(); return extracttest.Flated(t, r) }
func gzipped(t testing.TB, r io.Reader) []byte  { t.Helper(); return extracttest.Gzipped(t, r) }
func ringOLE() []byte                           { return extracttest.RingOLE() }

const onePage = "<</Type/Pages/Kids[3 0 R]/Count 1>>"

func TestBombs(t *testing.T) {
	types := "[Content_Types].xml"
	for _, c := range []struct {
		name string
		make func() []byte
		fine bool // small in the end
	}{
		{"zip of 1 GB", func() []byte {
			return zipOf(t, "a.txt", deflated{Unit: strings.Repeat("\x00", 1<<20), N: 1 << 10 / shrink})
		}, false},
		{"zip of 100 times 20 MB", func() []byte {
			var all []any
			for i := range 100 {
				all = append(all, fmt.Sprintf("%d.bin", i), deflated{Unit: strings.Repeat("x", 1<<20), N: 20 / shrink})
			}
			return zipOf(t, all...)
		}, false},
		{"zip 20 deep", func() []byte {
			b := zipOf(t, "a.txt", "hello")
			for i := range 20 {
				b = zipOf(t, fmt.Sprintf("%d.zip", i), b)
			}
			return b
		}, false},
		{"zip of a million empty files", func() []byte { return extracttest.ManyEntries(1000000) }, false},
		{"gzip in gzip of 1 GB", func() []byte {
			return gzipped(t, bytes.NewReader([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"+deflated{Unit: strings.Repeat("\x00", 1<<20), N: 1 << 10 / shrink}.Raw(t))))
		}, false},
		{"1 GB sheet in 1 MB xlsx", func() []byte {
			row := `<row><c t="n"><v>1</v></c></row>`
			return zipOf(t, types, "<Types/>", "xl/workbook.xml", "<workbook/>",
				"xl/worksheets/sheet1.xml", deflated{Unit: strings.Repeat(row, 10000), N: 1 << 30 / shrink / (10000 * len(row))})
		}, false},
		{"sheet of one shared text of 1 MB, 5000 times", func() []byte {
			return zipOf(t, types, "<Types/>", "xl/sharedStrings.xml", "<sst><si><t>"+strings.Repeat("word ", 200000)+"</t></si></sst>",
				"xl/worksheets/sheet1.xml", "<worksheet><sheetData><row>"+strings.Repeat(`<c t="s"><v>0</v></c>`, 5000)+"</row></sheetData></worksheet>")
		}, false},
		{"docx of a billion laughs", func() []byte {
			laughs := `<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>`
			return zipOf(t, types, "<Types/>", "word/document.xml", `<?xml version="1.0"?>`+laughs+`<w:document><w:t>&b;</w:t></w:document>`)
		}, false},
		{"docx with a tag of 100 MB", func() []byte {
			return zipOf(t, types, "<Types/>", "word/document.xml", deflated{Before: "<w:document a='", Unit: strings.Repeat("x", 1<<20), N: 100 / shrink})
		}, false},
		{"odt with spaces that stand for many", func() []byte {
			return zipOf(t, "mimetype", "application/vnd.oasis.opendocument.text", "content.xml", deflated{Unit: strings.Repeat(`<text:s text:c="1000000"/>`, 1<<10), N: 1 << 10})
		}, false},
		{"PDF whose pages are their own kids", func() []byte {
			return pdfOf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R 2 0 R]>>")
		}, false},
		{"PDF of references in a ring", func() []byte {
			return pdfOf("<</Type/Catalog/Pages 2 0 R>>", "3 0 R", "4 0 R", "2 0 R")
		}, false},
		{"PDF page tree that doubles 50 times", func() []byte {
			all := []string{"<</Type/Catalog/Pages 2 0 R>>"}
			for i := range 50 {
				all = append(all, fmt.Sprintf("<</Type/Pages/Kids[<</Kids[%d 0 R]>><</Kids[%d 0 R]>>]>>", i+3, i+3))
			}
			return pdfOf(all...)
		}, false},
		{"PDF forms that double 60 times", func() []byte {
			all := []string{"<</Type/Catalog/Pages 2 0 R>>", onePage, "<</Type/Page/Contents 4 0 R/Resources<</XObject<</A 5 0 R/B 5 0 R>>>>>>", stream("", "/A Do /B Do")}
			for i := range 60 {
				content := "BT (text) Tj ET " + strings.Repeat("/A Do /B Do ", 50)
				all = append(all, stream(fmt.Sprintf("/Subtype/Form/Resources<</XObject<</A %d 0 R/B %d 0 R>>>>", i+6, i+6), content))
			}
			return pdfOf(all...)
		}, false},
		{"PDF of 1 GB of text", func() []byte {
			return pdfOf("<</Type/Catalog/Pages 2 0 R>>", onePage, "<</Type/Page/Contents 4 0 R>>",
				stream("/Filter/FlateDecode", "\x78\x9c"+deflated{Unit: strings.Repeat("(some words) Tj ", 1<<16), N: 1 << 10 / shrink}.Raw(t)))
		}, false},
		{"PDF deflated ten times", func() []byte {
			content := "\x78\x9c" + deflated{Unit: strings.Repeat("\x00", 1<<20), N: 100}.Raw(t)
			for range 4 {
				content = flated(t, strings.NewReader(content))
			}
			return pdfOf("<</Type/Catalog/Pages 2 0 R>>", onePage, "<</Type/Page/Contents 4 0 R>>",
				stream("/Filter[/FlateDecode/FlateDecode/FlateDecode/FlateDecode/FlateDecode]", content))
		}, false},
		{"PDF of nested arrays", func() []byte {
			return pdfOf("<</Type/Catalog/Pages 2 0 R>>", onePage, "<</Type/Page/Contents 4 0 R>>", strings.Repeat("[", 5<<20))
		}, true},
		{"PDF of nested dictionaries in its content", func() []byte {
			return pdfOf("<</Type/Catalog/Pages 2 0 R>>", onePage, "<</Type/Page/Contents 4 0 R>>", stream("", strings.Repeat("<<", 5<<20)))
		}, true},
		{"PDF of 1,000,000 objects", func() []byte {
			return append(pdfOf("<</Type/Catalog/Pages 9 0 R>>"), strings.Repeat("7 0 obj<<>>endobj ", 1000000/shrink)...)
		}, false},
		{"RTF of a million braces", func() []byte { return []byte(`{\rtf1 ` + strings.Repeat("{", 1<<20)) }, false},
		{"RTF of 30 MB of unicode", func() []byte { return []byte(`{\rtf1 ` + strings.Repeat(`\u20000?`, 30<<20/8/shrink)) }, true},
		{"text of 40 MB", func() []byte { return bytes.Repeat([]byte("some words "), 40<<20/11) }, false},
		{"HTML of 20 MB of tags", func() []byte { return bytes.Repeat([]byte("<html><p title=x>a"), 20<<20/18/shrink) }, true},
		{"compound file in a ring", ringOLE, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := c.make()
			took, memory, err := measured(data)
			t.Logf("%v, %d MB for %d KB: %v", took.Round(time.Millisecond), memory>>20, len(data)>>10, err)
			if took > longest {
				t.Errorf("took %v, want at most %v", took, longest)
			}
			if memory > mostMemory {
				t.Errorf("took %d MB, want at most %d", memory>>20, mostMemory>>20)
			}
			if !(c.fine && err == nil) && !errors.Is(err, extract.ErrTooBig) && !errors.Is(err, extract.ErrUnreadable) {
				t.Errorf("got %v, want one of ours", err)
			}
		})
	}
}

// measured reads data and gives the time and the highest heap above that before.
func measured(data []byte) (took time.Duration, memory uint64, err error) {
	took, memory = extracttest.Measured(func() {
		_, err = extract.Text(context.Background(), extract.File{Name: "bomb", Data: data}, extract.Limits{Work: extract.DefaultLimits.Work / shrink})
	})
	return took, memory, err
}

// TestTruncated cuts every document of the corpus short: no panic (it would be
// told), no hang.
func TestTruncated(t *testing.T) {
	files, err := filepath.Glob(corpus + "/*/*")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d documents, %v", len(files), err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, share := range []float64{0.01, 0.1, 0.3, 0.5, 0.77, 0.9, 0.999} {
			cut := data[:int(share*float64(len(data)))]
			if _, err := wholeText(filepath.Base(name), cut); err != nil && strings.Contains(err.Error(), "confuses") {
				t.Errorf("%s at %d: a panic", name, len(cut))
			}
		}
	}
}

// TestContext reads nothing more when the time is over.
func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := extract.Text(ctx, extract.File{Name: "a.txt", Data: []byte("hello")}, extract.Limits{})
	if !errors.Is(err, extract.ErrTooBig) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v and %v", err, extract.ErrTooBig, context.Canceled)
	}
}

// TestLimitsHoldForAMessage counts all files of one message together.
func TestLimitsHoldForAMessage(t *testing.T) {
	x := extract.New(extract.Limits{Files: 2, Text: 1000})
	for i, want := range []error{nil, nil, extract.ErrTooBig} {
		docs := x.Read(context.Background(), extract.File{Name: "a.txt", Data: []byte("hello")})
		if len(docs) != 1 || !errors.Is(docs[0].Err, want) {
			t.Errorf("file %d: got %v, want %v", i, docs, want)
		}
	}
}
