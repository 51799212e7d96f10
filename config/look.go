package config

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/words"
)

// leastContrast is what WCAG 2.2 AA (1.4.11) asks between a button, or the bar
// with the name, and the white page around it. The writing on them is black or
// white, whichever is easier to read, and so always has the 4.5 of 1.4.3.
const leastContrast = 3.0

var colour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// checkLook looks at the colour and at the languages.
func (c *Config) checkLook(p *problems) {
	if s := c.Service.Colour; s != "" && !colour.MatchString(s) {
		p.add("service.colour", `wants six hexadecimal digits in quotes, such as "#1d70b8"`)
	} else if s != "" {
		if got := contrastWithWhite(s); got < leastContrast {
			p.add("service.colour", "is too light to be seen on a white page: its contrast is %.1f to 1, and WCAG 2.2 AA wants %.0f to 1; a darker shade of it would be %q", got, leastContrast, darker(s))
		}
	}
	seen := map[string]bool{}
	for i, tag := range c.Organisation.Languages {
		path := fmt.Sprintf("organisation.languages.%d", i)
		switch {
		case !words.Known(tag):
			p.add(path, "is not a language we have; there are %v", words.Tags())
		case seen[tag]:
			p.add(path, "stands twice")
		}
		seen[tag] = true
	}
	if c.Organisation.Bilingual && len(seen) < 2 {
		p.add("organisation.bilingual", "wants two or more languages in organisation.languages, such as [en, cy]")
	}
	for tag, t := range c.Service.Translations {
		if !slices.Contains(c.Organisation.Languages, tag) {
			p.add("service.translations."+tag, "is not one of organisation.languages")
		}
		for name, value := range map[string]string{"help_url": t.HelpURL, "privacy_url": t.PrivacyURL} {
			if value != "" && !isWebURL(value) {
				p.add("service.translations."+tag+"."+name, "wants an https address")
			}
		}
	}
}

// untranslated names what the organisation says in its first language alone, where
// its pages and mails are to be had in others too: there it stays as it is.
func (c *Config) untranslated() (all []policy.Problem) {
	for i, tag := range c.Organisation.Languages {
		if i == 0 {
			continue
		}
		t, s := c.Service.Translations[tag], c.Service
		var missing []string
		for _, part := range []struct {
			name string
			is   bool
		}{
			{"name", t.Name == ""},
			{"address_lines", len(s.AddressLines) > 0 && len(t.AddressLines) == 0},
			{"disclaimer", s.Disclaimer != "" && t.Disclaimer == ""},
			{"explanation", s.Explanation != "" && t.Explanation == ""},
		} {
			if part.is {
				missing = append(missing, part.name)
			}
		}
		if len(missing) > 0 {
			all = append(all, policy.Problem{Path: fmt.Sprintf("organisation.languages.%d", i),
				What: fmt.Sprintf("pages and mails in %s (%s) show these in %s: service.translations.%[2]s has no %[4]s", words.In(tag).Name(), tag, words.In(c.Organisation.Languages[0]).Name(), strings.Join(missing, ", "))})
		}
	}
	return all
}

// contrastWithWhite is WCAG's contrast ratio of "#rrggbb" and white.
func contrastWithWhite(s string) float64 {
	n, _ := strconv.ParseUint(s[1:], 16, 32)
	sum := 0.0
	for shift, weight := range map[int]float64{16: 0.2126, 8: 0.7152, 0: 0.0722} {
		v := float64(n>>shift&255) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return 1.05 / (sum + 0.05)
}

// darker gives the lightest shade of a colour that can be seen on white.
func darker(s string) string {
	n, _ := strconv.ParseUint(s[1:], 16, 32)
	for percent := uint64(99); percent > 0; percent-- {
		shade := fmt.Sprintf("#%02x%02x%02x", (n>>16&255)*percent/100, (n>>8&255)*percent/100, (n&255)*percent/100)
		if contrastWithWhite(shade) >= leastContrast {
			return shade
		}
	}
	return "#000000"
}
