package policy_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/extract"
	"github.com/postseal/postseal/extract/extracttest"
	"github.com/postseal/postseal/policy"
)

// attached is a mail with one file of a name.
func attached(name string, data []byte) ([]policy.Field, io.Reader) {
	coded := base64.StdEncoding.EncodeToString(data)
	var b bytes.Buffer
	for ; len(coded) > 76; coded = coded[76:] {
		b.WriteString(coded[:76] + "\r\n")
	}
	b.WriteString(coded + "\r\n")
	return []policy.Field{field("Content-Type", "application/octet-stream; name="+name), field("Content-Transfer-Encoding", "base64")}, &b
}

// The bombs that the definition of done names, each through Read and Classify:
// decided within five seconds and 256 MB, and sealed as unreadable.
// ../shared/requirements.md BCC-15.
func TestBombsOfTheDefinitionOfDone(t *testing.T) {
	f := rules(t, councilRules)
	mail := func(header []policy.Field, body io.Reader) func() ([]policy.Field, io.Reader) {
		return func() ([]policy.Field, io.Reader) { return header, body }
	}
	file := func(name string, data func() []byte) func() ([]policy.Field, io.Reader) {
		return func() ([]policy.Field, io.Reader) { return attached(name, data()) }
	}
	reading := policy.Reading{Files: extract.Limits{Work: extract.DefaultLimits.Work / shrink}}
	mixed := []policy.Field{field("Content-Type", "multipart/mixed; boundary=b0")}
	types := "[Content_Types].xml"
	laughs := `<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><w:document><w:t>&c;</w:t></w:document>`
	for _, c := range []struct {
		name string
		make func() ([]policy.Field, io.Reader)
	}{
		{"zip bomb", file("a.zip", func() []byte {
			return extracttest.Zip(t, "a.txt", extracttest.Deflated{Unit: strings.Repeat("\x00", 1<<20), N: 1 << 10 / shrink})
		})},
		{"20-deep zip", file("a.zip", func() []byte {
			b := extracttest.Zip(t, "a.txt", "hello")
			for i := range 20 {
				b = extracttest.Zip(t, fmt.Sprintf("%d.zip", i), b)
			}
			return b
		})},
		{"8000-deep MIME", func() ([]policy.Field, io.Reader) {
			var b strings.Builder
			for i := range 8000 {
				b.WriteString("--b" + strconv.Itoa(i) + "\r\nContent-Type: multipart/mixed; boundary=b" + strconv.Itoa(i+1) + "\r\n\r\n")
			}
			return mixed, strings.NewReader(b.String())
		}},
		{"200,000 parts", mail(mixed, &repeat{text: "--b0\r\nContent-Type: text/plain\r\n\r\nx\r\n", n: 200000})},
		{"1 GB sheet in a 1 MB xlsx", file("a.xlsx", func() []byte {
			row := strings.Repeat(`<row><c t="n"><v>1</v></c></row>`, 10000)
			b := extracttest.Zip(t, types, "<Types/>", "xl/workbook.xml", "<workbook/>",
				"xl/worksheets/sheet1.xml", extracttest.Deflated{Unit: row, N: 1 << 30 / shrink / len(row)})
			if len(b) > 4<<20 {
				t.Errorf("the sheet has %d KB", len(b)>>10)
			}
			return b
		})},
		{"XML entity bomb in docx", file("a.docx", func() []byte { return extracttest.Zip(t, types, "<Types/>", "word/document.xml", laughs) })},
		{"XML entity bomb in odt", file("a.odt", func() []byte {
			return extracttest.Zip(t, "mimetype", "application/vnd.oasis.opendocument.text", "content.xml", laughs)
		})},
		{"XML entity bomb", file("a.xml", func() []byte { return []byte(laughs) })},
		{"PDF with a loop of pages", file("a.pdf", func() []byte {
			return extracttest.PDF("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R 2 0 R]>>")
		})},
		{"PDF with a loop of references", file("a.pdf", func() []byte {
			return extracttest.PDF("<</Type/Catalog/Pages 2 0 R>>", "3 0 R", "4 0 R", "2 0 R")
		})},
	} {
		t.Run(c.name, func(t *testing.T) {
			header, body := c.make()
			var v policy.Verdict
			var m *policy.Message
			took, memory := extracttest.Measured(func() {
				var err error
				if m, err = reading.Read(context.Background(), staff(), header, body); err != nil {
					t.Fatal(err)
				}
				v = f.Classify(m)
			})
			t.Logf("%v, %d MB, doubts %.120q", took.Round(time.Millisecond), memory>>20, m.Doubts)
			if took > longest {
				t.Errorf("took %v, want at most %v", took, longest)
			}
			if memory > mostMemory {
				t.Errorf("took %d MB, want at most %d", memory>>20, mostMemory>>20)
			}
			if v.Recipients[0].Action != policy.Seal || !hasErr(m, policy.ErrTooBig) && !hasErr(m, policy.ErrUnreadable) {
				t.Errorf("got %v with doubts %q, want seal as unreadable", v.Recipients[0].Action, m.Doubts)
			}
			for _, p := range m.Parts {
				if p.Err != nil && !errors.Is(p.Err, policy.ErrTooBig) && !errors.Is(p.Err, policy.ErrUnreadable) {
					t.Errorf("got %v, want one of ours", p.Err)
				}
			}
		})
	}
}
