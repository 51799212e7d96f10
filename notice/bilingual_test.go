package notice_test

import (
	"strings"
	"testing"

	"github.com/postseal/postseal/notice"
)

func welsh(bilingual bool, languages ...string) *notice.Notices {
	b := full()
	b.Languages, b.Bilingual = languages, bilingual
	b.Local = map[string]notice.Local{"cy": {Organisation: "Bwrdeistref Enghraifft", Disclaimer: "I'r derbynwyr yn unig."}}
	return notice.New(b, london)
}

// A bilingual organisation writes both texts in one mail, in its own order; what
// somebody asked for in one language comes in that one alone.
func TestBilingual(t *testing.T) {
	data := filled()
	for _, c := range []struct {
		name       string
		n          *notice.Notices
		kind       notice.Kind
		data       any
		subject    string
		first, not string // what the text begins with, and what it must not hold
		then       string // what comes after it; empty: nothing
	}{
		{"both", welsh(true, "cy", "en"), notice.Message, data[notice.Message], "OFFICIAL-SENSITIVE Your assessment",
			"This mail is in English below.", "", "has sent you a private message"},
		{"subjects", welsh(true, "en", "cy"), notice.Bounce, data[notice.Bounce], "Not delivered: Your assessment / Heb gyrraedd: Your assessment",
			"Mae'r e-bost hwn yn Gymraeg isod.", "", "Ni chyrhaeddodd eich neges"},
		{"asked for", welsh(true, "en", "cy"), notice.Code, notice.CodeData{Code: "50407952", AskedAt: noon, Lang: "cy"}, "Eich cod untro i ddarllen y neges",
			"50407952 yw eich cod untro.", "one-time", ""},
		{"own", welsh(false, "cy", "en"), notice.Reset, data[notice.Reset], "Gosod cyfrinair newydd", "Gosod cyfrinair newydd.", "password", ""},
		{"unknown", welsh(false, "en", "cy"), notice.Code, notice.CodeData{Code: "50407952", AskedAt: noon, Lang: "xx"}, "Your one-time code to read the message",
			"50407952 is your", "cod untro", ""},
	} {
		m, err := c.n.Render(c.kind, carer, c.data, noon)
		if err != nil {
			t.Fatal(err)
		}
		if m.Subject != c.subject {
			t.Errorf("%s: subject %q, want %q", c.name, m.Subject, c.subject)
		}
		if !strings.HasPrefix(m.Text, c.first) || !strings.Contains(m.Text, c.then) || c.not != "" && strings.Contains(m.Text, c.not) {
			t.Errorf("%s: text\n%s", c.name, m.Text)
		}
		if both := strings.Contains(m.HTML, `lang="cy"`) && strings.Contains(m.HTML, `lang="en-GB"`); both != (c.then != "") {
			t.Errorf("%s: languages of the HTML\n%s", c.name, m.HTML)
		}
	}
	m, err := welsh(true, "cy", "en").Render(notice.Message, carer, data[notice.Message], noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Defnyddiwch y ddolen hon erbyn dydd Sul 21 Awst 2016, 12:21 BST.", "Use this link by Sunday 21 August 2016, 12:21 BST.", "Bwrdeistref Enghraifft", "Borough of Example", "I'r derbynwyr yn unig."} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("the text lacks %q:\n%s", want, m.Text)
		}
	}
	if m.From.Name != "Bwrdeistref Enghraifft" {
		t.Errorf("From is %q", m.From.Name)
	}
}

// Every notice can be written in every language.
func TestEveryKindInWelsh(t *testing.T) {
	for _, data := range []map[notice.Kind]any{filled(), least()} {
		for kind, d := range data {
			m, err := welsh(false, "cy").Render(kind, carer, d, noon)
			if err != nil {
				t.Fatal(err)
			}
			if m.HTML == "" || m.Text == "" || strings.Contains(m.Text, "{") || strings.Contains(m.HTML, "ZgotmplZ") || !strings.Contains(m.HTML, `<html lang="cy">`) {
				t.Errorf("%s:\n%s\n%s", kind, m.Text, m.HTML)
			}
		}
	}
}
