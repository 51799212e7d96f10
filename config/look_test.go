package config_test

import (
	"strings"
	"testing"

	"github.com/postseal/postseal/config"
)

// What a page shows is checked when the file is read, and the words say what to change.
func TestLook(t *testing.T) {
	for _, c := range []struct{ name, from, to, want string }{
		{"light", `colour: "#1d70b8"`, `colour: "#ffdd00"`, `contrast is 1.3 to 1, and WCAG 2.2 AA wants 3 to 1; a darker shade of it would be "#aa9400"`},
		{"form", `colour: "#1d70b8"`, `colour: "blue"`, "wants six hexadecimal digits"},
		{"language", "languages: [en, cy]", "languages: [en, xx]", "is not a language we have; there are [en cy]"},
		{"twice", "languages: [en, cy]", "languages: [cy, cy]", "stands twice"},
		{"bilingual", "languages: [en, cy]\n", "languages: [cy]\n", ""},
		{"alone", "bilingual: false", "bilingual: true", ""},
		{"translation", "languages: [en, cy]", "languages: [en]", "is not one of organisation.languages"},
		{"link", "help_url: https://www.example.gov.uk/cy/post-diogel", "help_url: javascript:alert(1)", "wants an https address"},
		{"logo", "# logo: /etc/postseal/logo.png", "logo: logo.png", "wants an absolute path"},
	} {
		file := string(config.Example())
		if !strings.Contains(file, c.from) {
			t.Fatalf("%s: the example has no %q", c.name, c.from)
		}
		_, err := config.Parse("x.yaml", []byte(strings.Replace(file, c.from, c.to, 1)))
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
	only := strings.Replace(string(config.Example()), "languages: [en, cy]", "languages: [cy]", 1)
	if _, err := config.Parse("x.yaml", []byte(strings.Replace(only, "bilingual: false", "bilingual: true", 1))); err == nil || !strings.Contains(err.Error(), "two or more languages") {
		t.Errorf("bilingual with one language: got %v", err)
	}
}

// A language that is switched on and not spoken by the organisation itself is a
// note for the operator, with its line, and no mistake.
func TestUntranslated(t *testing.T) {
	file := string(config.Example())
	from := strings.Index(file, "  translations:\n    # Language.")
	to := from + strings.Index(file[from:], "\n\n")
	for name, c := range map[string]struct{ file, want string }{
		"all there": {file, ""},
		"name":      {strings.Replace(file, "      name: Bwrdeistref Enghraifft\n", "", 1), "pages and mails in Cymraeg (cy) show these in English: service.translations.cy has no name"},
		"nothing":   {file[:from] + file[to:], "service.translations.cy has no name, address_lines, disclaimer, explanation"},
		"one":       {strings.Replace(file[:from]+file[to:], "languages: [en, cy]", "languages: [cy]", 1), ""},
		"turned":    {strings.Replace(file[:from]+file[to:], "languages: [en, cy]", "languages: [cy, en]", 1), "pages and mails in English (en) show these in Cymraeg"},
	} {
		cfg, err := config.Parse("x.yaml", []byte(c.file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := ""
		for _, w := range cfg.Warnings() {
			got += w.Error()
		}
		if c.want == "" && got != "" || !strings.Contains(got, c.want) || c.want != "" && !strings.HasPrefix(got, "x.yaml:") {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
