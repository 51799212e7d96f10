package portal

import (
	"errors"
	"slices"
	"strings"

	"github.com/postseal/postseal/addr"
)

// Why a provider's word for an address is not taken.
var (
	errUnverified = errors.New("portal: the provider has not checked the address")
	errForeign    = errors.New("portal: the provider is not believed for this domain")
	errOther      = errors.New("portal: the provider knows the person by another address")
)

// claims are what a provider says, as far as it is looked at. There is no upn and
// no preferred_username: nobody checks those.
type claims struct {
	Subject         string `json:"sub"`
	Email           string `json:"email"`
	Verified        yes    `json:"email_verified"`
	Hosted          string `json:"hd"`  // Google: the organisation's domain
	Tenant          string `json:"tid"` // Microsoft: the organisation
	DomainOwner     yes    `json:"xms_edov"`
	AuthorizedParty string `json:"azp"`
}

// yes is true, "true", 1 or "1": providers write it in all four ways.
type yes bool

// UnmarshalJSON never fails: whatever else stands there is no yes.
func (y *yes) UnmarshalJSON(b []byte) error {
	*y = yes(slices.Contains([]string{"true", "1"}, strings.ToLower(strings.Trim(string(b), `"`))))
	return nil
}

// microsoftTenant is that of personal accounts.
const microsoftTenant = "9188040d-6c67-4c5b-b112-36a304b66dad"

// microsoftDomains are those of Microsoft's own mail for the public; a personal
// account can also have an address anywhere else.
var microsoftDomains = []string{"outlook.com", "outlook.fr", "outlook.de", "outlook.es", "outlook.it", "outlook.ie", "outlook.be", "outlook.dk", "outlook.pt",
	"outlook.at", "outlook.cz", "outlook.hu", "outlook.jp", "outlook.kr", "outlook.sa", "outlook.com.au", "outlook.com.br", "outlook.in", "outlook.co.id",
	"hotmail.com", "hotmail.co.uk", "hotmail.fr", "hotmail.de", "hotmail.it", "hotmail.es", "hotmail.be", "hotmail.nl", "hotmail.ca", "hotmail.se", "hotmail.no", "hotmail.dk",
	"live.com", "live.co.uk", "live.ie", "live.fr", "live.de", "live.it", "live.nl", "live.be", "live.ca", "live.com.au", "live.se", "live.dk", "live.no", "live.at",
	"msn.com", "windowslive.com"}

// googleDomains are those of Google's own mail for the public.
var googleDomains = []string{"gmail.com", "googlemail.com"}

// vouches gives the address for which the provider's word is taken. A provider is
// believed for what it hosts: who opens an account there under an address at
// another house was checked once, long ago, or never.
func (p *Provider) vouches(c claims) (addr.Address, error) {
	a, err := addr.Parse(c.Email)
	if err != nil {
		return addr.Address{}, errUnverified
	}
	domain := a.DomainKey()
	if p.Kind == Microsoft {
		return a, p.microsoftVouches(c, domain)
	}
	switch {
	case !bool(c.Verified):
		return a, errUnverified
	case len(p.Domains) > 0 && !covers(p.Domains, domain):
		return a, errForeign
	case p.Kind == Google && !slices.Contains(googleDomains, domain) && !sameDomain(c.Hosted, domain):
		return a, errForeign // Google: an address is its own word only at gmail.com, or where hd names the domain
	case p.Kind == AnyProvider && len(p.Domains) == 0:
		return a, errForeign
	}
	return a, nil
}

// microsoftVouches: email is what an administrator typed, of whatever tenant,
// unless the tenant is listed, the address is Microsoft's own, or xms_edov says
// that the domain's owner was checked.
func (p *Provider) microsoftVouches(c claims, domain string) error {
	for _, t := range p.Tenants {
		if strings.EqualFold(t.ID, c.Tenant) && covers(t.Domains, domain) {
			return nil
		}
	}
	switch {
	case len(p.Domains) > 0 && !covers(p.Domains, domain):
		return errForeign
	case c.Tenant == microsoftTenant && slices.Contains(microsoftDomains, domain):
		return nil
	case slices.Contains(microsoftDomains, domain), len(p.Domains) == 0:
		return errForeign // nobody but Microsoft's own tenant has those
	case !bool(c.DomainOwner):
		return errUnverified
	}
	return nil
}

// covers tells whether a domain is listed; "*.x.example" lists all below it.
func covers(list []string, domain string) bool {
	for _, entry := range list {
		if above, ok := strings.CutPrefix(entry, "*."); ok {
			key, err := addr.DomainKey(above)
			if err == nil && strings.HasSuffix(domain, "."+key) {
				return true
			}
			continue
		}
		if sameDomain(entry, domain) {
			return true
		}
	}
	return false
}

func sameDomain(text, domain string) bool {
	key, err := addr.DomainKey(text)
	return err == nil && key == domain
}
