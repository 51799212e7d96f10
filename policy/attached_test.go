package policy_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/postseal/postseal/policy"
)

// attach makes a message with files.
func attach(files ...string) []byte {
	var b strings.Builder
	b.WriteString("Subject: Monday\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nAttached.\r\n")
	for i := 0; i < len(files); i += 2 {
		b.WriteString("--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"" + files[i] + "\"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
		b.WriteString(base64.StdEncoding.EncodeToString([]byte(files[i+1])) + "\r\n")
	}
	b.WriteString("--b--\r\n")
	return []byte(b.String())
}

func packed(t *testing.T, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err == nil {
			_, err = io.WriteString(w, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	z.Close()
	return b.String()
}

func docx(t *testing.T, text, properties string) string {
	return packed(t, "[Content_Types].xml", "<Types/>", "word/document.xml", "<w:document><w:p><w:t>"+text+"</w:t></w:p></w:document>",
		"docProps/custom.xml", "<Properties>"+properties+"</Properties>")
}

func property(name, value string) string {
	return `<property name="` + name + `"><vt:lpwstr>` + value + `</vt:lpwstr></property>`
}

// TestAttachedDocuments decides by what attached documents hold (BOP-6, CJSM-2).
func TestAttachedDocuments(t *testing.T) {
	f := rules(t, councilRules+"\n")
	nested := "Subject: x\r\n\r\n" + strings.Repeat("words ", 10)
	for _, c := range []struct {
		name    string
		file    string
		data    string
		action  policy.Action
		because string // "what | where"; empty when nothing is found
	}{
		{"ordinary", "a.docx", docx(t, "Agenda", ""), policy.Pass, ""},
		{"label by name", "a.docx", docx(t, "x", property("MSIP_Label_1-2_Name", "OFFICIAL-SENSITIVE")), policy.Seal, "label OFFICIAL-SENSITIVE | properties of attachment a.docx"},
		{"label switched off", "a.docx", docx(t, "x", property("MSIP_Label_1-2_Name", "OFFICIAL-SENSITIVE")+property("MSIP_Label_1-2_Enabled", "false")), policy.Pass, ""},
		{"label of another kind", "a.docx", docx(t, "x", property("Classification", "OFFICIAL-SENSITIVE")), policy.Seal, "label OFFICIAL-SENSITIVE | properties of attachment a.docx"},
		{"UNOFFICIAL is no label", "a.docx", docx(t, "x", property("Classification", "UNOFFICIAL-SENSITIVE")), policy.Pass, ""},
		{"first line", "a.docx", docx(t, "OFFICIAL-SENSITIVE", ""), policy.Seal, "label OFFICIAL-SENSITIVE | first line of attachment a.docx, text"},
		{"below the letterhead", "a.docx", docx(t, "Borough of Example</w:t></w:p><w:p><w:t>OFFICIAL-SENSITIVE: PERSONAL", ""), policy.Seal, "label OFFICIAL-SENSITIVE | first lines of attachment a.docx, text"},
		{"UNOFFICIAL below the letterhead", "a.docx", docx(t, "Borough of Example</w:t></w:p><w:p><w:t>UNOFFICIAL-SENSITIVE", ""), policy.Pass, ""},
		{"by id, as newer Office writes it", "a.docx", packed(t, "[Content_Types].xml", "<Types/>", "word/document.xml", "<w:document/>", "docMetadata/LabelInfo.xml",
			`<clbl:labelList><clbl:label id="{89abcdef-0123-4567-89ab-cdef01234567}" enabled="1" removed="0"/></clbl:labelList>`), policy.Seal, "label OFFICIAL-SENSITIVE | properties of attachment a.docx"},
		{"switched off, as newer Office writes it", "a.docx", packed(t, "[Content_Types].xml", "<Types/>", "word/document.xml", "<w:document><w:t>x</w:t></w:document>", "docMetadata/LabelInfo.xml",
			`<clbl:labelList><clbl:label id="{89abcdef-0123-4567-89ab-cdef01234567}" enabled="0" removed="1"/></clbl:labelList>`), policy.Pass, ""},
		{"subject of an attached mail", "m.eml", "Subject: National Insurance number AB123456C\r\n\r\nHello\r\n", policy.Seal, "NI number, weight 10 | attached message: subject"},
		{"in a zip", "b.zip", packed(t, "in/a.docx", docx(t, "OFFICIAL-SENSITIVE", "")), policy.Seal, "label OFFICIAL-SENSITIVE | first line of attachment a.docx in b.zip, text"},
		{"broken", "a.docx", docx(t, "x", "")[:300], policy.Seal, "cannot be read: the file is damaged | attachment a.docx"},
		{"archive of another form", "c.7z", "7z\xbc\xaf\x27\x1c....", policy.Seal, "cannot be read: an archive of a form that we do not read | attachment c.7z"},
		{"in an attached mail no label of ours", "m.eml", nested, policy.Pass, ""},
		{"mail in a zip in a mail, too deep", "m.zip", deepMail(t, 25), policy.Seal, ""},
		{"picture", "photo.jpg", "\xff\xd8\xff\xe0" + strings.Repeat("\x00", 9000), policy.Pass, ""},
		{"document called text", "a.txt", docx(t, "OFFICIAL-SENSITIVE", ""), policy.Seal, "label OFFICIAL-SENSITIVE | first line of attachment a.txt, text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := read(t, attach(c.file, c.data))
			d := f.Classify(m).Recipients[0]
			var got []string
			for _, f := range d.Findings {
				got = append(got, f.What+" | "+f.Where)
			}
			if d.Action != c.action || c.because != "" && !strings.Contains(strings.Join(got, "\n"), c.because) {
				t.Errorf("got %v because %q, want %v because %q; doubts %q", d.Action, got, c.action, c.because, m.Doubts)
			}
		})
	}
}

// deepMail packs mails and zip files into each other.
func deepMail(t *testing.T, n int) string {
	t.Helper()
	inner := packed(t, "a.txt", "x")
	for range n {
		inner = packed(t, "m.eml", string(attach("m.zip", inner)))
	}
	return inner
}

func TestPieces(t *testing.T) {
	m := read(t, attach("a.docx", packed(t, "[Content_Types].xml", "", "word/document.xml", "<w:t>body</w:t>", "word/footer1.xml", "<w:t>foot</w:t>")))
	p := m.Parts[1]
	got := p.Pieces()
	want := []policy.Piece{{Where: "attachment a.docx, text", Text: "body\n"}, {Where: "attachment a.docx, footer", Text: "foot"}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestBigFile is a file over the bound: unreadable by name, and nothing of it is
// kept.
func TestBigFile(t *testing.T) {
	body := io.MultiReader(strings.NewReader("JVBERi0xLjQK\r\n"), &repeat{text: strings.Repeat(strings.Repeat("QUFB", 19)+"\r\n", 1000), n: 60 << 20 / 78000})
	m, err := policy.Read(staff(), []policy.Field{field("Content-Type", "application/pdf; name=big.pdf"), field("Content-Transfer-Encoding", "base64")}, body, policy.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Parts) != 1 || !errors.Is(m.Parts[0].Err, policy.ErrTooBig) || m.Parts[0].Where != "attachment big.pdf" {
		t.Errorf("got %v, want attachment big.pdf with %v", m.Parts, policy.ErrTooBig)
	}
}

func TestReadContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	header, body, err := policy.SplitHeader(bytes.NewReader(attach("a.docx", docx(t, "x", ""))))
	if err != nil {
		t.Fatal(err)
	}
	m, err := policy.ReadContext(ctx, staff(), header, body, policy.Limits{})
	if err != nil || !hasErr(m, policy.ErrTooBig) {
		t.Errorf("got %v, %v; want a part with %v", m.Parts, err, policy.ErrTooBig)
	}
}
