package extract_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/md5"
	"crypto/rc4"
	"encoding/ascii85"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/postseal/postseal/extract"
)

// TestFormats reads what the corpus does not hold (BOP-4, BOP-6).
func TestFormats(t *testing.T) {
	types := "[Content_Types].xml"
	for _, c := range []struct {
		name string
		file string
		data []byte
		want []string
	}{
		{"UTF-16 with mark", "a.txt", utf16le("\ufeffNational Insurance"), []string{"National Insurance"}},
		{"UTF-16 without mark", "a.txt", utf16le("National Insurance")[0:36], []string{"National Insurance"}},
		{"Windows-1252", "a.txt", []byte("caf\xe9 \x93quoted\x94"), []string{"café “quoted”"}},
		{"calendar, folded", "a.ics", []byte("BEGIN:VCALENDAR\r\nSUMMARY:Care con\r\n ference\\, Jane\r\n"), []string{"Care conference, Jane"}},
		{"HTML, hidden and in attributes", "a.html", []byte(`<html><title>Top</title><style>no</style><p hidden>secret<img alt="plan"></p><!-- no -->`), []string{"secret", "plan", "title=Top"}},
		{"HTML for Outlook alone", "a.html", []byte(`<html>one<!--[if gte mso 9]><xml>no</xml><![endif]--><!--[if mso]><p>two</p><![endif]--><!--[if no-->three`), []string{"one", "two", "three"}},
		{"HTML that hides text behind an empty style", "a.html", []byte(`<html><svg><style/></svg>shown`), []string{"shown"}},
		{"docx with header, notes, comments, deletions and text in two runs", "a.docx", zipOf(t, types, "<Types/>",
			"word/document.xml", `<w:document><w:body><w:p><w:r><w:t>Na</w:t></w:r><w:r><w:t>me</w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p><w:p><w:r><w:t>A &amp; B&#x20ac;</w:t></w:r></w:p></w:body></w:document>`,
			"word/header1.xml", `<w:hdr><w:p><w:r><w:t>OFFICIAL-SENSITIVE</w:t></w:r></w:p></w:hdr>`, "word/comments.xml", `<w:comments><w:p><w:t>remark</w:t></w:p></w:comments>`,
			"word/footnotes.xml", `<w:footnotes><w:t>foot</w:t></w:footnotes>`,
			"docProps/core.xml", `<cp:coreProperties><dc:title>Care plan</dc:title><cp:keywords>k1</cp:keywords><cp:category>Secret</cp:category></cp:coreProperties>`,
			"docProps/custom.xml", `<Properties><property name="MSIP_Label_1_Name"><vt:lpwstr>OFFICIAL</vt:lpwstr></property></Properties>`,
			"docMetadata/LabelInfo.xml", `<clbl:labelList><clbl:label id="{ab-c}" enabled="1"/></clbl:labelList>`),
			[]string{"Namegone\n", "A & B€", "OFFICIAL-SENSITIVE", "remark", "foot", "title=Care plan", "keywords=k1", "category=Secret", "MSIP_Label_1_Name=OFFICIAL", "MSIP_Label_ab-c_Enabled=true", "@header"}},
		{"docx in UTF-16", "a.docx", zipOf(t, types, "<Types/>", "word/document.xml", utf16le("\ufeff<w:document><w:t>wide words</w:t></w:document>")), []string{"wide words"}},
		{"docx with an embedded sheet", "a.docx", zipOf(t, types, "<Types/>", "word/document.xml", `<w:t>x</w:t>`,
			"word/embeddings/sheet.xlsx", zipOf(t, types, "<Types/>", "xl/worksheets/sheet1.xml", `<row><c t="inlineStr"><is><t>inner</t></is></c></row>`)), []string{"inner", "@sheet.xlsx in a.docx"}},
		{"xlsx with dates, big numbers and names of sheets", "a.xlsx", zipOf(t, types, "<Types/>",
			"xl/workbook.xml", `<workbook><sheets><sheet name="Costs" sheetId="1" r:id="rId1"/></sheets></workbook>`,
			"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>`,
			"xl/styles.xml", `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>`,
			"xl/sharedStrings.xml", `<sst><si><t>born</t></si></sst>`,
			"xl/worksheets/sheet1.xml", `<worksheet><sheetData><row><c t="s"><v>0</v></c><c s="1"><v>29221</v></c><c><v>7.700900123E9</v></c></row></sheetData><headerFooter><oddHeader>&amp;C&amp;"Arial"RESTRICTED</oddHeader></headerFooter></worksheet>`),
			[]string{"born\t01/01/1980\t7700900123", "RESTRICTED", "@sheet Costs"}},
		{"pptx in the order of its slides", "a.pptx", zipOf(t, types, "<Types/>", "ppt/slides/slide10.xml", `<a:p><a:t>last</a:t></a:p>`, "ppt/slides/slide2.xml", `<a:p><a:t>first</a:t></a:p>`,
			"ppt/notesSlides/notesSlide1.xml", `<a:t>spoken</a:t>`), []string{"first\nlast", "spoken", "@slide 10", "@notes of slide 1"}},
		{"odp", "a.odp", zipOf(t, "mimetype", "application/vnd.oasis.opendocument.presentation", "content.xml", `<draw:page draw:name="one"><text:p>slide<text:s text:c="2"/>words</text:p></draw:page>`,
			"meta.xml", `<meta:user-defined meta:name="Classification">Secret</meta:user-defined>`), []string{"slide  words", "Classification=Secret", "@slide one"}},
		{"RTF with codepages, unicode and properties", "a.doc", []byte(`{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}}{\info{\title Care}{\author No}}{\*\generator no;}\f0 caf\'e9 \u8364?\uc2\u8211ab{\f1 \'e4\'e0}\par next}`),
			[]string{"café €–да\nnext", "title=Care"}},
		{"RTF made of HTML", "a.rtf", []byte(`{\rtf1\ansi\fromhtml1 {\*\htmltag64 <p>}Dear Jane{\*\htmltag84 &nbsp;}\htmlrtf \~\htmlrtf0 Doe}`), []string{"Dear Jane", "Doe"}},
		{"zip in zip", "files.zip", zipOf(t, "a/inner.zip", zipOf(t, "letter.txt", "dear")), []string{"dear", "@letter.txt in inner.zip in files.zip"}},
		{"gzip", "a.txt.gz", gzipped(t, strings.NewReader("packed words")), []string{"packed words", "@a.txt in a.txt.gz"}},
		{"Word 2003 XML", "a.xml", []byte(`<?xml version="1.0"?><w:wordDocument><w:p><w:t>Na</w:t><w:t>me</w:t></w:p></w:wordDocument>`), []string{"Name"}},
		{"winmail.dat", "winmail.dat", winmail(), []string{"the body", "the subject", "attached words", "@note.txt in winmail.dat"}},
		{"PDF with words set apart by position", "a.pdf", page("BT /F 10 Tf 1 0 0 1 50 700 Tm (Na) Tj (me) Tj 40 0 Td (apart) Tj 0 -12 Td [(k)20(ern)-400(ed)] TJ ET"), []string{"Name apart\nkern ed", "@page 1"}},
		{"PDF with ToUnicode", "a.pdf", pdfOf("<</Type/Catalog/Pages 2 0 R>>", onePage, "<</Type/Page/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>", stream("", "BT /F 9 Tf <00010002> Tj ET"),
			"<</Type/Font/Subtype/Type0/Encoding/Identity-H/ToUnicode 6 0 R>>", stream("", "1 begincodespacerange <0000><ffff> endcodespacerange 1 beginbfchar <0001> <00480069> endbfchar 1 beginbfrange <0002> <0003> <0021> endbfrange")), []string{"Hi!"}},
		{"PDF with differences", "a.pdf", pdfOf("<</Type/Catalog/Pages 2 0 R>>", onePage, "<</Type/Page/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>", stream("", "BT /F 9 Tf (ab\\003) Tj ET"),
			"<</Type/Font/Subtype/Type1/Encoding<</Differences[3/eacute 97/uni0041/f_i]>>>>"), []string{"Afié"}},
		{"PDF in a form, ASCII85 and LZW", "a.pdf", pdfOf("<</Type/Catalog/Pages 2 0 R>>", onePage, "<</Type/Page/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>", stream("", "/X Do"),
			stream("/Subtype/Form/Filter/ASCII85Decode/Resources<</Font<</F<</Type/Font/Subtype/Type1>>>>>>", a85("BT /F 9 Tf (in a form) Tj ET"))), []string{"in a form"}},
		{"PDF with objects in a stream, no table", "a.pdf", []byte("%PDF-1.5\n" + "7 0 obj\n" + stream("/Type/ObjStm/N 3/First 20/Filter/FlateDecode", deflate("1 0 2 31 3 69        <</Type/Catalog/Pages 2 0 R>>   <</Type/Pages/Kids[3 0 R]/Count 1>> <</Type/Page/Contents 8 0 R>>")) + "\nendobj\n8 0 obj\n" + stream("", "BT (packed) Tj ET") + "\nendobj\n"), []string{"packed"}},
		{"PDF with notes, fields, properties and a file", "a.pdf", pdfOf("<</Type/Catalog/Pages 2 0 R>>", onePage, "<</Type/Page/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>", stream("", "BT /F 9 Tf (x) Tj ET"),
			"<</Type/Font>>", "<</Subtype/Text/Contents(a note)/Rect[0 0 1 1]>>", "<</FT/Tx/T(name)/V<feff004a0061006e0065>>>", "<</Type/Filespec/UF(in.txt)/EF<</F 9 0 R>>>>", stream("", "file words")), []string{"a note", "Jane", "file words", "@in.txt in a.pdf"}},
		{"PDF that opens without its password", "a.pdf", rc4PDF(""), []string{"locked words"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := shown(t, c.file, c.data, nil)
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("got %q, want %q in it", got, want)
				}
			}
		})
	}
}

// TestUnreadable tells what a recipient could read and we cannot.
func TestUnreadable(t *testing.T) {
	for _, c := range []struct {
		name string
		file string
		data []byte
	}{
		{"locked zip", "a.zip", lockedZip(t)},
		{"locked docx", "a.docx", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 1000))},
		{"locked odt", "a.odt", zipOf(t, "mimetype", "application/vnd.oasis.opendocument.text", "META-INF/manifest.xml", `<manifest:encryption-data/>`, "content.xml", "xxx")},
		{"7z", "a.7z", []byte("7z\xbc\xaf\x27\x1c\x00\x04")},
		{"rar", "a.rar", []byte("Rar!\x1a\x07\x01\x00")},
		{"winmail.dat that is cut", "winmail.dat", []byte("\x78\x9f\x3e\x22\x01\x00garbage")},
		{"unknown", "a.one", []byte("\xe4\x52\x5c\x7b\x00\x01\x02\x03")},
		{"binary workbook", "a.xlsb", zipOf(t, "[Content_Types].xml", "", "xl/workbook.bin", "x")},
		{"docx of a scan", "a.docx", zipOf(t, "[Content_Types].xml", "", "word/document.xml", "<w:document/>", "word/media/image1.png", "x")},
		{"PDF with a password", "a.pdf", rc4PDF("secret")},
		{"PDF with a font that says nothing", "a.pdf", pdfOf("<</Type/Catalog/Pages 2 0 R>>", onePage, "<</Type/Page/Contents 4 0 R/Resources<</Font<</F<</Subtype/Type0/Encoding/Identity-H>>>>>>>>",
			stream("", "BT /F 9 Tf ("+strings.Repeat("ab", 50)+") Tj ET"))},
		{"PDF of nothing", "a.pdf", []byte("%PDF-1.4")},
		{"mail and nobody to read it", "a.eml", []byte("Subject: x\r\n\r\nbody")},
	} {
		t.Run(c.name, func(t *testing.T) {
			docs, err := extract.Text(context.Background(), extract.File{Name: c.file, Data: c.data}, extract.Limits{})
			if !errors.Is(err, extract.ErrUnreadable) {
				t.Errorf("got %v, want %v; %v", err, extract.ErrUnreadable, docs)
			}
		})
	}
}

func TestNoText(t *testing.T) {
	for name, data := range map[string]string{"a.png": "\x89PNG\r\n\x1a\n...", "b.jpg": "\xff\xd8\xff\xe0", "smime.p7s": "0\x80\x06\x09", "empty.pdf": " \r\n"} {
		docs, err := extract.Text(context.Background(), extract.File{Name: name, Data: []byte(data)}, extract.Limits{})
		if err != nil || len(docs) != 1 || !docs[0].NoText {
			t.Errorf("%s: got %v, %v; want no text and no error", name, docs, err)
		}
	}
}

// TestMessage hands mails on, wherever they are.
func TestMessage(t *testing.T) {
	mail := "Subject: x\r\n\r\nbody"
	var got []string
	_ = shown(t, "files.zip", zipOf(t, "a.eml", mail), func(where string, b []byte) error {
		got = append(got, where+": "+string(b))
		return nil
	})
	if want := "a.eml in files.zip: " + mail; len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestMsgAttachments reads a message with attachments that Outlook wrote.
func TestMsgAttachments(t *testing.T) {
	data, err := os.ReadFile(corpus + "/msg/raw_text.msg")
	if err != nil {
		t.Fatal(err)
	}
	docs := extract.New(extract.Limits{}).Read(context.Background(), extract.File{Name: "raw_text.msg", Data: data})
	if len(docs) < 2 {
		t.Fatalf("got %d documents, want the attachments too", len(docs))
	}
	if got, want := docs[0].WhereAt(0), "subject"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// shown gives text, properties and places of a file as one text.
func shown(t *testing.T, name string, data []byte, message func(string, []byte) error) string {
	t.Helper()
	x := extract.New(extract.Limits{})
	x.Message = message
	var b strings.Builder
	for _, d := range x.Read(context.Background(), extract.File{Name: name, Data: data}) {
		if d.Err != nil {
			t.Errorf("%s: %v", d.Where(), d.Err)
		}
		fmt.Fprintf(&b, "@%s\n%s\n", d.Where(), d.Text)
		for _, p := range d.Properties {
			fmt.Fprintf(&b, "%s=%s\n", p.Name, p.Value)
		}
		for _, p := range d.Places {
			fmt.Fprintf(&b, "@%s\n", p.Where)
		}
	}
	return b.String()
}

func utf16le(s string) []byte {
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, utf16.Encode([]rune(s)))
	return b.Bytes()
}

func page(content string) []byte {
	return pdfOf("<</Type/Catalog/Pages 2 0 R>>", onePage, "<</Type/Page/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>", stream("", content), "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
}

func a85(s string) string {
	var b bytes.Buffer
	w := ascii85.NewEncoder(&b)
	_, _ = w.Write([]byte(s))
	w.Close()
	return b.String() + "~>"
}

func deflate(s string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	w.Close()
	return b.String()
}

func lockedZip(t *testing.T) []byte {
	b := zipOf(t, "a.txt", "hello")
	b[6] |= 1
	at := bytes.Index(b, []byte("PK\x01\x02"))
	b[at+8] |= 1
	return b
}

// rc4PDF makes a PDF encrypted with 40 bits (revision 2) for a user password.
func rc4PDF(password string) []byte {
	pad := "\x28\xbf\x4e\x5e\x4e\x75\x8a\x41\x64\x00\x4e\x56\xff\xfa\x01\x08\x2e\x2e\x00\xb6\xd0\x68\x3e\x80\x2f\x0c\xa9\xfe\x64\x53\x69\x7a"
	owner := strings.Repeat("o", 32)
	sum := md5.Sum([]byte((password + pad)[:32] + owner + "\xfc\xff\xff\xff" + "id"))
	key := sum[:5]
	crypt := func(key []byte, s string) string {
		c, _ := rc4.NewCipher(key)
		out := make([]byte, len(s))
		c.XORKeyStream(out, []byte(s))
		return string(out)
	}
	objectKey := md5.Sum([]byte(string(key) + "\x04\x00\x00\x00\x00"))
	content := crypt(objectKey[:10], "BT (locked words) Tj ET")
	b := pdfOf("<</Type/Catalog/Pages 2 0 R>>", onePage, "<</Type/Page/Contents 4 0 R>>", stream("", content),
		fmt.Sprintf("<</Filter/Standard/V 1/R 2/P -4/O<%x>/U<%x>>>", owner, crypt(key, pad)))
	return bytes.Replace(b, []byte("trailer<<"), []byte("trailer<</Encrypt 5 0 R/ID[(id)(id)]"), 1)
}

// winmail makes a TNEF stream with subject, body and one file.
func winmail() []byte {
	var b bytes.Buffer
	b.WriteString("\x78\x9f\x3e\x22\x01\x00")
	add := func(level byte, id, kind uint16, data string) {
		b.WriteByte(level)
		_ = binary.Write(&b, binary.LittleEndian, []uint16{id, kind})
		_ = binary.Write(&b, binary.LittleEndian, uint32(len(data)))
		b.WriteString(data + "\x00\x00")
	}
	add(1, 0x8004, 1, "the subject\x00")
	add(1, 0x800c, 2, "the body\x00")
	add(2, 0x9002, 6, strings.Repeat("\x00", 14))
	add(2, 0x8010, 1, "note.txt\x00")
	add(2, 0x800f, 6, "attached words")
	return b.Bytes()
}

func fmtFilter(filter string, predictor, columns int) string {
	return fmt.Sprintf("/Filter[%s]/DecodeParms[<</Predictor %d/Columns %d>>]", filter, predictor, columns)
}
