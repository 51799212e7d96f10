package config

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/postseal/postseal/words"
)

// Terms are what staff agree to before they switch the service on (CYC-4). With
// another version they are asked again.
type Terms struct {
	File         string            `yaml:"file"`         // plain text in UTF-8; an empty line parts paragraphs; empty: none are asked
	Version      string            `yaml:"version"`      // such as 2026-04; a new one asks everybody again
	Translations map[string]string `yaml:"translations"` // by language: the file in it
}

// maxTermsVersion bounds a version in octets: a date or a number.
const maxTermsVersion = 40

func (c *Config) checkTerms(p *problems) {
	t := c.Terms
	if (t.File == "") != (t.Version == "") {
		p.add("terms", "wants file and version, or neither")
	}
	if len(t.Version) > maxTermsVersion || !utf8.ValidString(t.Version) || strings.ContainsAny(t.Version, "\r\n\t") {
		p.add("terms.version", "wants a short name, such as 2026-04")
	}
	files := map[string]string{"terms.file": t.File}
	for tag, name := range t.Translations {
		files["terms.translations."+tag] = name
		if !words.Known(tag) {
			p.add("terms.translations", "%q is no language of the service", tag)
		}
	}
	for path, name := range files {
		if name != "" && !filepath.IsAbs(name) {
			p.add(path, "wants an absolute path")
		}
	}
}

// enableWords are what a sender reads who has not switched the service on, unless
// the file has words of its own (CYC-3): they lead to the page that does it.
func (c *Config) enableWords() string {
	return fmt.Sprintf("Secure mail is not switched on for you yet, so this marked message was not sent. Switch it on at %s/enable (it takes two minutes), then send the message again.", c.Portal.URL)
}
