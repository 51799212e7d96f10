package extract_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postseal/postseal/extract"
)

// The bounds of the definition of done: any one file within five seconds and
// 256 MB of memory.
const (
	longest    = 5 * time.Second * raceFactor
	mostMemory = 256 << 20
)

// many gives a text n times over without holding it.
type many struct {
	text string
	n    int
	rest string
}

func (m *many) Read(p []byte) (int, error) {
	if m.rest == "" {
		if m.n == 0 {
			return 0, io.EOF
		}
		m.n--
		m.rest = m.text
	}
	n := copy(p, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

func times(n int, text string) io.Reader { return &many{text: text, n: n} }

// deflated stands for a text n times over, deflated without looking at it all.
type deflated struct {
	unit string
	n    int
}

func (d deflated) raw(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(z, d.unit); err != nil {
		t.Fatal(err)
	}
	z.Flush() // ends at an octet, so that it can be repeated
	once := b.String()
	b.Reset()
	z.Reset(&b)
	z.Close()
	return strings.Repeat(once, d.n) + b.String()
}

func (d deflated) sum() uint32 {
	h := crc32.NewIEEE()
	for range d.n {
		_, _ = io.WriteString(h, d.unit)
	}
	return h.Sum32()
}

// zipOf makes a zip file of names and contents.
func zipOf(t testing.TB, entries ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		if d, ok := entries[i+1].(deflated); ok {
			raw := d.raw(t)
			size := uint64(d.n * len(d.unit))
			f, err := z.CreateRaw(&zip.FileHeader{Name: entries[i].(string), Method: zip.Deflate, CompressedSize64: uint64(len(raw)), UncompressedSize64: size,
				CRC32: d.sum()})
			if err == nil {
				_, err = io.WriteString(f, raw)
			}
			if err != nil {
				t.Fatal(err)
			}
			continue
		}
		f, err := z.Create(entries[i].(string))
		if err != nil {
			t.Fatal(err)
		}
		switch c := entries[i+1].(type) {
		case string:
			_, err = io.WriteString(f, c)
		case []byte:
			_, err = f.Write(c)
		case io.Reader:
			_, err = io.Copy(f, c)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pdfOf makes a PDF of objects; the first is the catalogue.
func pdfOf(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	var at []int
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, xref)
	return b.Bytes()
}

func stream(dict, content string) string {
	return fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", dict, len(content), content)
}

func flated(t testing.TB, r io.Reader) string {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := io.Copy(z, r); err != nil {
		t.Fatal(err)
	}
	z.Close()
	return b.String()
}

const onePage = "<</Type/Pages/Kids[3 0 R]/Count 1>>"

func TestBombs(t *testing.T) {
	types := "[Content_Types].xml"
	for _, c := range []struct {
		name string
		make func() []byte
		fine bool // small in the end
	}{
		{"zip of 1 GB", func() []byte { return zipOf(t, "a.txt", deflated{strings.Repeat("\x00", 1<<20), 1 << 10}) }, false},
		{"zip of 100 times 20 MB", func() []byte {
			var all []any
			for i := range 100 {
				all = append(all, fmt.Sprintf("%d.bin", i), deflated{strings.Repeat("x", 1<<20), 20})
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
		{"zip of a million empty files", func() []byte { return manyEntries(1000000) }, false},
		{"gzip in gzip of 1 GB", func() []byte {
			return gzipped(t, bytes.NewReader([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"+deflated{strings.Repeat("\x00", 1<<20), 1 << 10}.raw(t))))
		}, false},
		{"1 GB sheet in 1 MB xlsx", func() []byte {
			row := `<row><c t="n"><v>1</v></c></row>`
			return zipOf(t, types, "<Types/>", "xl/workbook.xml", "<workbook/>",
				"xl/worksheets/sheet1.xml", deflated{strings.Repeat(row, 10000), 1 << 30 / (10000 * len(row))})
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
			return zipOf(t, types, "<Types/>", "word/document.xml", io.MultiReader(strings.NewReader("<w:document a='"), times(100, strings.Repeat("x", 1<<20))))
		}, false},
		{"odt with spaces that stand for many", func() []byte {
			return zipOf(t, "mimetype", "application/vnd.oasis.opendocument.text", "content.xml", times(1<<20, `<text:s text:c="1000000"/>`))
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
				stream("/Filter/FlateDecode", "\x78\x9c"+deflated{strings.Repeat("(some words) Tj ", 1<<16), 1 << 10}.raw(t)))
		}, false},
		{"PDF deflated ten times", func() []byte {
			content := flated(t, times(100, strings.Repeat("\x00", 1<<20)))
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
			return append(pdfOf("<</Type/Catalog/Pages 9 0 R>>"), strings.Repeat("7 0 obj<<>>endobj ", 1000000)...)
		}, false},
		{"RTF of a million braces", func() []byte { return []byte(`{\rtf1 ` + strings.Repeat("{", 1<<20)) }, false},
		{"RTF of 30 MB of unicode", func() []byte { return []byte(`{\rtf1 ` + strings.Repeat(`\u20000?`, 30<<20/8)) }, true},
		{"text of 40 MB", func() []byte { return bytes.Repeat([]byte("some words "), 40<<20/11) }, false},
		{"HTML of 20 MB of tags", func() []byte { return bytes.Repeat([]byte("<html><p title=x>a"), 20<<20/18) }, true},
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
func measured(data []byte) (time.Duration, uint64, error) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before := m.HeapInuse
	var highest atomic.Uint64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			highest.Store(max(highest.Load(), m.HeapInuse))
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	start := time.Now()
	_, err := extract.Text(context.Background(), extract.File{Name: "bomb", Data: data}, extract.Limits{})
	took := time.Since(start)
	close(stop)
	<-stopped
	if h := highest.Load(); h > before {
		return took, h - before, err
	}
	return took, 0, err
}

func gzipped(t testing.TB, r io.Reader) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.Copy(z, r); err != nil {
		t.Fatal(err)
	}
	z.Close()
	return b.Bytes()
}

// manyEntries makes a zip directory of n entries that all share one file.
func manyEntries(n int) []byte {
	var b bytes.Buffer
	b.WriteString("PK\x03\x04" + strings.Repeat("\x00", 26))
	at := b.Len()
	b.WriteString(strings.Repeat("PK\x01\x02"+strings.Repeat("\x00", 42), n))
	size := b.Len() - at
	b.WriteString("PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff")
	_ = binary.Write(&b, binary.LittleEndian, []uint32{uint32(size), uint32(at)})
	b.WriteString("\x00\x00")
	return b.Bytes()
}

// ringOLE makes a compound file whose directory is a ring of sectors.
func ringOLE() []byte {
	b := make([]byte, 512*4)
	copy(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	b[30] = 9
	for i := 76; i < 512; i += 4 {
		binary.LittleEndian.PutUint32(b[i:], 0xffffffff)
	}
	binary.LittleEndian.PutUint32(b[76:], 0) // the table is sector 0
	binary.LittleEndian.PutUint32(b[48:], 1) // the directory begins in sector 1
	binary.LittleEndian.PutUint32(b[60:], 0xfffffffe)
	binary.LittleEndian.PutUint32(b[68:], 0xfffffffe)
	binary.LittleEndian.PutUint32(b[512+4:], 2) // 1 goes on in 2
	binary.LittleEndian.PutUint32(b[512+8:], 1) // and 2 in 1
	return b
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
