package config

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/postseal/postseal/addr"
)

// SignIn says how people may show who they are beside code and password.
type SignIn struct {
	Passkeys *bool      `yaml:"passkeys"` // false: none. Default true; the portal's url must have a name, not a number
	OIDC     []Provider `yaml:"oidc"`     // accounts elsewhere, in the order of their buttons; empty: none
}

// UsesPasskeys tells whether passkeys are wanted.
func (s SignIn) UsesPasskeys() bool { return s.Passkeys == nil || *s.Passkeys }

// Provider is an OpenID provider that people sign in with.
type Provider struct {
	Name             string   `yaml:"name"`               // in addresses and logs; the provider is told portal.url/signin/oidc/NAME
	Label            string   `yaml:"label"`              // on the button; empty: Google, Microsoft, or the name
	Kind             string   `yaml:"kind"`               // google, microsoft or other; empty: other
	Issuer           string   `yaml:"issuer"`             // its https address; may be left out for google and microsoft
	ClientID         string   `yaml:"client_id"`          // how it knows us
	ClientSecretFile string   `yaml:"client_secret_file"` // file or credential:NAME; empty: a public client
	Domains          []string `yaml:"domains"`            // for which it is believed; empty: what the kind hosts itself
	Tenants          []Tenant `yaml:"tenants"`            // microsoft: organisations that are believed for their own domains
}

// Tenant is an organisation at Microsoft.
type Tenant struct {
	ID      string   `yaml:"id"`      // its tenant id
	Domains []string `yaml:"domains"` // its own mail domains
}

var (
	providerForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,30}$`)
	tenantForm   = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

func (c *Config) checkSignIn(p *problems) {
	seen := map[string]bool{}
	for i, o := range c.SignIn.OIDC {
		path := fmt.Sprintf("signin.oidc.%d", i)
		switch {
		case !providerForm.MatchString(o.Name):
			p.add(path+".name", "wants small letters, digits and hyphens, such as google")
		case seen[o.Name]:
			p.add(path+".name", "stands there twice")
		}
		seen[o.Name] = true
		if !oneOf(o.Kind, "", "google", "microsoft", "other") {
			p.add(path+".kind", "is google, microsoft or other")
		}
		known := oneOf(o.Kind, "google", "microsoft")
		if !(known && o.Issuer == "") && !isWebURL(o.Issuer) {
			p.add(path+".issuer", "wants the provider's https address")
		}
		if o.ClientID == "" {
			p.add(path+".client_id", "is missing: how the provider knows us")
		}
		if f := o.ClientSecretFile; f != "" && !filepath.IsAbs(f) && !isCredential(f) {
			p.add(path+".client_secret_file", "wants an absolute path, or credential:NAME (never the secret itself)")
		}
		if !known && len(o.Domains) == 0 {
			p.add(path+".domains", "is missing: without it this provider would be believed for nobody")
		}
		checkDomains(p, path+".domains", o.Domains)
		c.checkTenants(p, path, o)
	}
}

func (c *Config) checkTenants(p *problems, path string, o Provider) {
	if len(o.Tenants) > 0 && o.Kind != "microsoft" {
		p.add(path+".tenants", "are for kind: microsoft")
	}
	for i, t := range o.Tenants {
		at := fmt.Sprintf("%s.tenants.%d", path, i)
		if !tenantForm.MatchString(t.ID) {
			p.add(at+".id", "wants a tenant id, such as 01234567-89ab-cdef-0123-456789abcdef")
		}
		if len(t.Domains) == 0 {
			p.add(at+".domains", "is missing: the organisation's own mail domains")
		}
		checkDomains(p, at+".domains", t.Domains)
	}
}

// checkDomains wants domains, or "*." and a domain for all below it.
func checkDomains(p *problems, path string, domains []string) {
	for i, d := range domains {
		if len(d) > 2 && d[:2] == "*." {
			d = d[2:]
		}
		if key, err := addr.DomainKey(d); err != nil || !strings.Contains(key, ".") {
			p.add(fmt.Sprintf("%s.%d", path, i), "wants a domain, or *. and a domain for all below it")
		}
	}
}
