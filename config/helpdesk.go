package config

import (
	"strings"
	"unicode/utf8"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/words"
)

// HelpDesk says where people are helped; the page of help shows it (CJSM-14).
type HelpDesk struct {
	Hours        string            `yaml:"hours"`        // as people say it: weekdays, 8am to 7pm
	Phone        string            `yaml:"phone"`        // with area code
	Email        string            `yaml:"email"`        // an ordinary address
	Translations map[string]string `yaml:"translations"` // by language: the hours in it
}

// Joining says who reads requests to join, and what becomes of those that are
// approved (SCC-18).
type Joining struct {
	Address string `yaml:"address"` // where they go; empty: nobody can ask on the pages
	List    string `yaml:"list"`    // name of a list in a file, to which an approved domain is added; empty: the line is shown only
}

// maxHelpLine bounds hours and number in octets: a line on a telephone.
const maxHelpLine = 200

func (c *Config) checkHelp(p *problems) {
	d := c.HelpDesk
	lines := map[string]string{"help_desk.hours": d.Hours, "help_desk.phone": d.Phone}
	for tag, hours := range d.Translations {
		lines["help_desk.translations."+tag] = hours
		if !words.Known(tag) {
			p.add("help_desk.translations", "%q is no language of the service", tag)
		}
	}
	for path, line := range lines {
		if len(line) > maxHelpLine || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n") {
			p.add(path, "wants one line of at most %d characters", maxHelpLine)
		}
	}
	if len(d.Translations) > 0 && d.Hours == "" {
		p.add("help_desk.translations", "wants hours too")
	}
	if _, err := addr.Parse(d.Email); d.Email != "" && err != nil {
		p.add("help_desk.email", "wants an address, such as help@example.gov.uk")
	}
	c.checkJoining(p)
}

func (c *Config) checkJoining(p *problems) {
	j := c.Joining
	if a, err := addr.Parse(j.Address); j.Address != "" && err != nil {
		p.add("joining.address", "wants an address, such as information@example.gov.uk")
	} else if j.Address != "" && !c.Inside(a) {
		p.add("joining.address", "is not in one of organisation.domains: requests hold names and telephone numbers")
	}
	if j.List == "" {
		return
	}
	if c.JoiningFile() == "" {
		p.add("joining.list", "wants the name of one of lists that stands in a file")
	}
	if j.Address == "" {
		p.add("joining.list", "does nothing without address")
	}
}

// JoiningFile is the file of joining.list, as it was read; empty: there is none.
func (c *Config) JoiningFile() string {
	if c.source == nil || c.Joining.List == "" {
		return ""
	}
	return c.source.files[c.Joining.List]
}
