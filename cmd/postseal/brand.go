package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/notice"
)

// helped is a brand as mails and files have it: where the organisation has no help
// or privacy notice of its own they lead to ours (BOP-26, SCC-4), which the pages do
// anyway.
func helped(b notice.Brand) notice.Brand {
	base := strings.TrimSuffix(b.PortalURL, "/")
	if b.HelpURL == "" {
		b.HelpURL = base + "/help"
	}
	if b.PrivacyURL == "" {
		b.PrivacyURL = base + "/privacy"
	}
	return b
}

// brandOf gives what people see of the organisation, with the logo read from its
// file. The error names the setting.
func brandOf(cfg *config.Config) (notice.Brand, error) {
	s := cfg.Service
	b := notice.Brand{
		Organisation: cfg.Organisation.Name, Service: addr.MustParse(s.Address), ServiceDomain: s.Domain,
		PortalURL: cfg.Portal.URL, Colour: s.Colour, HelpURL: s.HelpURL, PrivacyURL: s.PrivacyURL,
		Address: lines(s.AddressLines), Disclaimer: s.Disclaimer, Explanation: s.Explanation,
		Languages: cfg.Organisation.Languages, Bilingual: cfg.Organisation.Bilingual, Local: map[string]notice.Local{},
	}
	for tag, t := range s.Translations {
		b.Local[tag] = notice.Local{Organisation: t.Name, HelpURL: t.HelpURL, PrivacyURL: t.PrivacyURL,
			Address: lines(t.AddressLines), Disclaimer: t.Disclaimer, Explanation: t.Explanation}
	}
	if s.Logo == "" {
		return b, nil
	}
	raw, err := readLogo(s.Logo)
	if err == nil {
		b.Logo, err = notice.NewPicture(raw)
	}
	if err != nil {
		return b, fmt.Errorf("service.logo: %w", err)
	}
	return b, nil
}

func lines(list []string) string { return strings.Join(list, "\n") }

// readLogo reads no more than a picture may have, and one byte to tell that it has more.
func readLogo(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, notice.MaxPicture+1))
}
