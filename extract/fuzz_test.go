package extract_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/postseal/postseal/extract"
)

// fuzzLimits keep one try short, so that many are made.
var fuzzLimits = extract.Limits{Text: 1 << 20, Expanded: 4 << 20, Work: 8 << 20, Held: 8 << 20, Objects: 5000, Entries: 200, Files: 50}

// try reads one file under the promises of the package: no panic, text that is
// UTF-8, places in order, an end.
func try(t *testing.T, name string, data []byte) {
	x := extract.New(fuzzLimits)
	x.Message = func(string, []byte) error { return nil }
	start := time.Now()
	docs := x.Read(context.Background(), extract.File{Name: name, Data: data})
	if took := time.Since(start); took > longest {
		t.Errorf("took %v", took)
	}
	if len(docs) == 0 {
		t.Error("no document")
	}
	for _, d := range docs {
		if d.Err != nil && strings.Contains(d.Err.Error(), "confuses") {
			t.Errorf("a panic in a file of kind %s", d.Kind)
		}
		if !utf8.ValidString(d.Text) {
			t.Error("the text is no UTF-8")
		}
		at := 0
		for _, p := range d.Places {
			if p.At < at || p.At > len(d.Text) {
				t.Errorf("place %v is out of order or of the text", p)
			}
			at = p.At
		}
	}
}

// fuzz begins with the corpus's documents of some kinds and seeds of its own.
func fuzz(f *testing.F, name string, folders string, seeds ...[]byte) {
	const biggest = 26 << 10 // of a seed; larger ones are slow to vary
	count := len(seeds)
	for _, folder := range strings.Fields(folders) {
		files, _ := filepath.Glob(corpus + "/" + folder + "/*." + folder)
		for _, file := range files {
			if b, err := os.ReadFile(file); err == nil && len(b) <= biggest {
				f.Add(b)
				count++
			}
		}
	}
	for _, s := range seeds {
		f.Add(s)
	}
	if count == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, data []byte) { try(t, name, data) })
}

func FuzzText(f *testing.F) {
	fuzz(f, "a.txt", "txt csv html", utf16le("\ufeffwords"), []byte("BEGIN:VCARD\r\n x"), []byte("From a\nSubject: x\n\nFrom b\n\n"))
}

func FuzzXML(f *testing.F) {
	fuzz(f, "a.xml", "", []byte(`<?xml version="1.0" encoding="utf-16"?><a b="c>d"><![CDATA[x]]><!-- - --></a>`), utf16le("<a>x</a>"), []byte(`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`))
}

// FuzzWordXML, FuzzSheetXML and FuzzODF reach the readers of parts, which
// nothing finds through the compression.
func FuzzWordXML(f *testing.F) {
	f.Add([]byte(`<w:p><w:r><w:t>x</w:t><w:tab/></w:r></w:p>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		try(t, "a.docx", zipOf(t, "[Content_Types].xml", "", "word/document.xml", data, "docProps/custom.xml", data, "docMetadata/LabelInfo.xml", data))
	})
}

func FuzzSheetXML(f *testing.F) {
	f.Add([]byte(`<row><c t="s" s="1"><v>0</v></c></row>`), []byte(`<sst><si><t>x</t></si></sst>`), []byte(`<numFmt numFmtId="164" formatCode="d"/><cellXfs><xf numFmtId="164"/></cellXfs>`))
	f.Fuzz(func(t *testing.T, sheet, shared, styles []byte) {
		try(t, "a.xlsx", zipOf(t, "[Content_Types].xml", "", "xl/workbook.xml", sheet, "xl/_rels/workbook.xml.rels", shared, "xl/worksheets/sheet1.xml", sheet, "xl/sharedStrings.xml", shared, "xl/styles.xml", styles))
	})
}

func FuzzODF(f *testing.F) {
	f.Add([]byte(`<text:p>x<text:s text:c="3"/></text:p><table:table table:name="a"/>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		try(t, "a.odt", zipOf(t, "mimetype", "application/vnd.oasis.opendocument.text", "content.xml", data, "meta.xml", data, "META-INF/manifest.xml", data))
	})
}

func FuzzZip(f *testing.F) {
	fuzz(f, "a.zip", "docx odt ods xlsx", zipOf(f, "a.txt", "x", "b.zip", zipOf(f, "c.txt", "y")), gzipped(f, strings.NewReader("x")))
}

func FuzzRTF(f *testing.F) {
	fuzz(f, "a.rtf", "rtf", []byte(`{\rtf1\ansi\uc2\u8364ab\'e9{\*\objdata 0105}{\object{\*\objdata 01050000020000000800000050`+`6163}}\bin3 abc}`))
}

func FuzzCompound(f *testing.F) { fuzz(f, "a.doc", "doc xls msg", ringOLE()) }

func FuzzTNEF(f *testing.F) { fuzz(f, "winmail.dat", "", winmail()) }

func FuzzPDF(f *testing.F) {
	fuzz(f, "a.pdf", "pdf", page("BT /F 10 Tf 1 0 0 1 50 700 Tm (Na) Tj [(k)20(ern)-400(ed)] TJ ET q Q BI ID x EI"), rc4PDF(""), rc4PDF("x"),
		pdfOf("<</Type/Catalog/Pages 2 0 R>>", onePage, "<</Type/Page/Contents 4 0 R/Resources<</XObject<</X 4 0 R>>>>>>", stream("/Subtype/Form/Filter[/A85/LZW/RL/AHx]", "/X Do")))
}

// FuzzPDFContent, FuzzPDFFont and FuzzPDFFilter reach what stands in streams.
func FuzzPDFContent(f *testing.F) {
	f.Add("BT /F 9 Tf 1 0 0 1 0 0 Tm (a) Tj T* [(a)1(b)] TJ (c) ' 1 2 (d) \" ET q 1 0 0 1 0 0 cm Q /X Do BI ID EI")
	f.Fuzz(func(t *testing.T, content string) { try(t, "a.pdf", page(content)) })
}

func FuzzPDFFont(f *testing.F) {
	f.Add("/Subtype/Type0/DescendantFonts[<</W[1[2 3]4 5 6]>>]", "1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfrange <00> <ff> <0041> endbfrange 1 beginbfchar <01> <0041> endbfchar", "abc")
	f.Fuzz(func(t *testing.T, font, unicode, text string) {
		try(t, "a.pdf", pdfOf("<</Type/Catalog/Pages 2 0 R>>", onePage, "<</Type/Page/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
			stream("", "BT /F 9 Tf ("+text+") Tj ET"), "<</Type/Font/ToUnicode 6 0 R"+font+">>", stream("", unicode)))
	})
}

func FuzzPDFFilter(f *testing.F) {
	f.Add("/LZWDecode", "\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01", 15, 4)
	f.Add("/ASCII85Decode", "<~87cURD]~>", 2, 3)
	f.Add("/RunLengthDecode", "\x02abc\xffz\x80", 12, 2)
	f.Fuzz(func(t *testing.T, filter, data string, predictor, columns int) {
		dict := fmtFilter(filter, predictor, columns)
		try(t, "a.pdf", pdfOf("<</Type/Catalog/Pages 2 0 R>>", onePage, "<</Type/Page/Contents 4 0 R>>", stream(dict, data)))
	})
}
