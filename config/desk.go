package config

import (
	"fmt"
	"slices"

	"github.com/postseal/postseal/addr"
)

// ServiceDesk says who helps our own staff on the pages of the service desk: sees
// people, times and states of messages, takes them back and keeps them open. It
// can start nothing that reads mail.
type ServiceDesk struct {
	People      []string `yaml:"people"`       // addresses of ours; they sign in as anybody does
	ShowSubject bool     `yaml:"show_subject"` // true: they see subjects too: false
}

// Has tells whether an address is one of the service desk's.
func (d ServiceDesk) Has(a addr.Address) bool {
	return slices.ContainsFunc(d.People, func(text string) bool {
		b, err := addr.Parse(text)
		return err == nil && !a.IsZero() && a.Equal(b)
	})
}

func (c *Config) checkDesk(p *problems) {
	for i, text := range c.Desk.People {
		a, err := addr.Parse(text)
		if path := fmt.Sprintf("service_desk.people.%d", i); err != nil {
			p.add(path, "wants an address, such as helen@example.gov.uk")
		} else if !c.Inside(a) {
			p.add(path, "is not in one of organisation.domains: only our own staff help there")
		}
	}
	if c.Desk.ShowSubject && len(c.Desk.People) == 0 {
		p.add("service_desk.show_subject", "does nothing without people")
	}
}
