package policy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPIDPlaces: a finding in an attached file names the page or sheet, never the
// value. BOP-6
func TestPIDPlaces(t *testing.T) {
	const page = `<w:p><w:r><w:lastRenderedPageBreak/><w:t>NI number QQ 20 31 56 C</w:t></w:r></w:p>`
	const word = `<w:document><w:p><w:t>Monday</w:t></w:p>`
	real := func(name string) string {
		b, err := os.ReadFile(filepath.Join("../testdata/pid/places", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	f := rules(t, pidRules)
	for _, c := range []struct{ name, data, want string }{
		{"letter.pdf", real("two-pages.pdf"), "NI number, weight 10 | attachment letter.pdf, page 2"},
		{"letter.docx", real("two-pages.docx"), "NI number, weight 10 | attachment letter.docx, page 2"},
		{"costs.xlsx", real("two-sheets.xlsx"), "NI number, weight 10 | attachment costs.xlsx, sheet People"},
		{"costs.ods", real("two-sheets.ods"), "NI number, weight 10 | attachment costs.ods, sheet People"},
		{"talk.pptx", real("two-slides.pptx"), "NI number, weight 10 | attachment talk.pptx, slide 2"},
		{"shown.docx", packed(t, "word/document.xml", word+page+"</w:document>", "[Content_Types].xml", "<Types/>"), "NI number, weight 10 | attachment shown.docx, page 2"},
		{"break.docx", packed(t, "word/document.xml", word+`<w:p><w:r><w:br w:type="page"/></w:r></w:p>`+page+"</w:document>", "[Content_Types].xml", "<Types/>"), "NI number, weight 10 | attachment break.docx, page 2"},
		{"one.docx", docx(t, "NI number QQ 20 31 56 C", ""), "NI number, weight 10 | attachment one.docx"},
		{"pages.txt", "one\ftwo: NI number QQ 20 31 56 C", "NI number, weight 10 | attachment pages.txt, page 2"},
	} {
		d := f.Classify(read(t, attach(c.name, c.data))).Recipients[0]
		var got []string
		for _, found := range d.Findings {
			got = append(got, found.What+" | "+found.Where)
		}
		if all := strings.Join(got, "\n"); len(got) == 0 || got[0] != c.want || strings.Contains(all, "31 56") {
			t.Errorf("%s: got %q, want first %q", c.name, all, c.want)
		}
	}
}

// TestPIDAcrossPages: words on one page give meaning to a number on the next.
func TestPIDAcrossPages(t *testing.T) {
	text := "The patient's NHS number is on the next page.\f943 476 5919"
	if d := rules(t, pidRules).Classify(read(t, attach("a.txt", text))).Recipients[0]; d.Rule != "scan" {
		t.Errorf("got %v by %q, want scan", d.Action, d.Rule)
	}
}

// TestPIDOfOnesOwn: what an operator may say about the scan in her rules: words,
// patterns, weights, kinds, values that never count. BOP-6
func TestPIDOfOnesOwn(t *testing.T) {
	const letter = "Project Lighthouse: HR-204417 for the patient, NHS number 943 476 5919, mobile 07700 900123"
	for _, c := range []struct {
		pid, want string
	}{
		{"{score: 10}", "seal"},
		{"{score: 10, kinds: [nino]}", "pass"},
		{"{score: 10, weights: {nhs: 0}}", "pass"},
		{"{score: 10, weights: {nhs: 9, together: 0, phone: 0}}", "pass"},
		{"{score: 10, allow: [943 476 5919]}", "pass"},
		{"{score: 2, kinds: [phone]}", "seal"},
		{`{score: 2, kinds: [phone], allow: ["+44 7700 900123"]}`, "pass"},
		{"{score: 4, kinds: [words], words: [project lighthouse]}", "seal"},
		{"{score: 5, kinds: [words], words: [project lighthouse]}", "pass"},
		{"{score: 5, kinds: [words], words: [project lighthouse], weights: {words: 6}}", "seal"},
		{`{score: 5, kinds: [housing], patterns: {housing: "hr-[0-9]{6}"}}`, "seal"},
		{`{score: 8, kinds: [housing], weights: {housing: 8}, patterns: {housing: "hr-[0-9]{6}"}}`, "seal"},
		{`{score: 8, kinds: [housing], patterns: {housing: "hr-[0-9]{6}"}}`, "pass"},
	} {
		f := rules(t, "organisation: {name: X, domains: [example.gov.uk]}\nrules:\n- {name: scan, do: seal, if: {pid: "+c.pid+"}}\n")
		d := f.Classify(read(t, []byte("Subject: x\n\n"+letter+"\n"))).Recipients[0]
		if got := d.Action.String(); got != c.want {
			t.Errorf("%s: got %s, want %s", c.pid, got, c.want)
		}
	}
}
