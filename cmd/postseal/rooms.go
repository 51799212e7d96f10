package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/portal"
)

// roomsOf gives what the portal's pages beside reading and writing work with.
func (d *daemon) roomsOf() (portal.Rooms, error) {
	terms, err := termsOf(d.cfg)
	if err != nil {
		return portal.Rooms{}, err
	}
	return portal.Rooms{
		Ours:     func(a addr.Address) bool { return d.policy.Load().Inside(a) },
		Switches: func() bool { return d.policy.Load().Senders.Enable },
		Terms:    terms,
		Suffix:   func() string { return d.policy.Load().SecureSuffix },
		HelpDesk: helpDeskOf(d.cfg),
		Join:     addressOr(d.cfg.Joining.Address),
	}, nil
}

// maxTerms bounds a file of terms in octets: some hundred pages.
const maxTerms = 256 << 10

// termsOf reads what staff agree to, in all languages that there are. The error
// names the setting.
func termsOf(cfg *config.Config) (portal.Terms, error) {
	t := portal.Terms{Version: cfg.Terms.Version, Text: map[string][]string{}}
	if cfg.Terms.File == "" {
		return t, nil
	}
	files := map[string]string{firstLanguage(cfg): cfg.Terms.File}
	for tag, name := range cfg.Terms.Translations {
		files[tag] = name
	}
	for tag, name := range files {
		text, err := paragraphsOf(name)
		if err != nil {
			return t, fmt.Errorf("terms: %w", err)
		}
		t.Text[tag] = text
	}
	return t, nil
}

// paragraphsOf reads a text file as paragraphs, which an empty line parts.
func paragraphsOf(name string) ([]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxTerms+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxTerms || !utf8.Valid(b) {
		return nil, fmt.Errorf("%s: wants plain text in UTF-8 of at most %d KB", name, maxTerms>>10)
	}
	var out []string
	for p := range strings.SplitSeq(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n\n") {
		if p = strings.Join(strings.Fields(p), " "); p != "" {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s holds no text", name)
	}
	return out, nil
}

// helpDeskOf gives where people are helped, with the hours in all languages.
func helpDeskOf(cfg *config.Config) portal.HelpDesk {
	d := portal.HelpDesk{Hours: map[string]string{}, Phone: cfg.HelpDesk.Phone, Email: addressOr(cfg.HelpDesk.Email)}
	if cfg.HelpDesk.Hours != "" {
		d.Hours[firstLanguage(cfg)] = cfg.HelpDesk.Hours
	}
	maps.Copy(d.Hours, cfg.HelpDesk.Translations)
	return d
}

// firstLanguage is what texts of the configuration are in that say no language.
func firstLanguage(cfg *config.Config) string {
	if tags := cfg.Organisation.Languages; len(tags) > 0 {
		return tags[0]
	}
	return "en"
}

// addressOr gives an address that config has checked; the zero address for none.
func addressOr(text string) addr.Address {
	a, err := addr.Parse(text)
	if err != nil {
		return addr.Address{}
	}
	return a
}
