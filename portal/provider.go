package portal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/postseal/postseal/addr"
)

// Secret is a client's password at a provider; it prints as "redacted".
type Secret string

func (Secret) String() string               { return "redacted" }
func (Secret) GoString() string             { return "redacted" }
func (Secret) LogValue() slog.Value         { return slog.StringValue("redacted") }
func (Secret) MarshalText() ([]byte, error) { return []byte("redacted"), nil }

// Kinds of Provider that have rules of their own (see vouch.go).
const (
	AnyProvider = ""
	Google      = "google"
	Microsoft   = "microsoft"
)

// Issuers of the kinds that have one.
const (
	GoogleIssuer    = "https://accounts.google.com"
	MicrosoftIssuer = "https://login.microsoftonline.com/common/v2.0"
)

// Provider is an OpenID provider that people may sign in with.
type Provider struct {
	Name         string   // in addresses, metrics and the audit: small letters, digits and hyphens; must be set
	Label        string   // on the button, such as "Google"; empty: that of the kind, or Name
	Kind         string   // AnyProvider, Google or Microsoft
	Issuer       string   // https address; empty: that of the kind. http on loopback only
	ClientID     string   // must be set
	ClientSecret Secret   // empty: a public client, PKCE alone
	Domains      []string // for which it is believed, "*.x.example" for all below; empty: as the kind says, and for AnyProvider nothing
	Tenants      []Tenant // Microsoft: whose administrators are believed for which domains
}

// Tenant is an organisation at Microsoft.
type Tenant struct {
	ID      string   // a GUID
	Domains []string // its own; must be set
}

// What a provider may take and send. Discovery documents have some 5 kB, key sets
// some 20, answers with tokens some 10.
const (
	maxFetch        = 512 << 10
	fetchTimeout    = 8 * time.Second
	providerLife    = 24 * time.Hour   // of a discovery document; keys are fetched anew whenever an unknown one signs
	providerPause   = 20 * time.Second // after a failure, so that nobody waits for the same one again
	providerLeeway  = 5 * time.Minute  // between clocks
	maxProviderText = 2048             // of a code or state in an address
)

var providerName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,30}$`)

// orDefault fills in what the kind knows.
func (p Provider) orDefault() Provider {
	switch p.Kind {
	case Google:
		p.Issuer, p.Label = or(p.Issuer, GoogleIssuer), or(p.Label, "Google")
	case Microsoft:
		p.Issuer, p.Label = or(p.Issuer, MicrosoftIssuer), or(p.Label, "Microsoft")
	}
	p.Label = or(p.Label, p.Name)
	return p
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func (p Provider) validate() error {
	switch {
	case !providerName.MatchString(p.Name):
		return errors.New("portal: a provider's name is small letters, digits and hyphens")
	case p.ClientID == "":
		return fmt.Errorf("portal: provider %s: no client id", p.Name)
	case !fetchable(p.Issuer):
		return fmt.Errorf("portal: provider %s: the issuer must be an https address", p.Name)
	case p.Kind == AnyProvider && len(p.Domains) == 0:
		return fmt.Errorf("portal: provider %s: no domains for which it is believed", p.Name)
	case !slices.Contains([]string{AnyProvider, Google, Microsoft}, p.Kind):
		return fmt.Errorf("portal: provider %s: unknown kind", p.Name)
	}
	return nil
}

// fetchable wants https, or http on loopback for trials.
func fetchable(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// provider is a Provider at work.
type provider struct {
	Provider
	client *http.Client
	now    func() time.Time
	turn   chan struct{} // one discovery at a time; holds what follows
	found  *discovered
	at     time.Time // of found
	failed time.Time // of the last failure
}

type discovered struct {
	*oidc.Provider
	style oauth2.AuthStyle
}

func newProviders(c Config) ([]*provider, error) {
	var all []*provider
	seen := map[string]bool{}
	for _, p := range c.Providers {
		p = p.orDefault()
		if err := p.validate(); err != nil {
			return nil, err
		}
		if seen[p.Name] {
			return nil, fmt.Errorf("portal: two providers are called %s", p.Name)
		}
		seen[p.Name] = true
		all = append(all, &provider{Provider: p, client: providerClient(), now: c.Now, turn: make(chan struct{}, 1)})
	}
	return all, nil
}

// CheckProvider fetches what serve would: the provider's discovery document.
func CheckProvider(ctx context.Context, p Provider) error {
	p = p.orDefault()
	if err := p.validate(); err != nil {
		return err
	}
	one := &provider{Provider: p, client: providerClient(), now: time.Now, turn: make(chan struct{}, 1)}
	_, err := one.discover(ctx)
	return err
}

// providerClient fetches little, soon, and from nowhere else than it was told.
func providerClient() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxResponseHeaderBytes = 64 << 10
	t.ResponseHeaderTimeout = fetchTimeout
	return &http.Client{Transport: bounded{t}, Timeout: fetchTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// bounded ends an answer that is longer than any provider's.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(r)
	if err == nil {
		resp.Body = &boundedBody{ReadCloser: resp.Body, left: maxFetch}
	}
	return resp, err
}

type boundedBody struct {
	io.ReadCloser
	left int
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errors.New("the answer is too long")
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// discover gives the provider's addresses and keys, fetched when they are old.
// What is old goes on being used while the provider does not answer.
func (p *provider) discover(ctx context.Context) (*discovered, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, p.fault("discovery", ctx.Err())
	}
	now := p.now()
	if p.found != nil && now.Sub(p.at) < providerLife {
		return p.found, nil
	}
	if since := now.Sub(p.failed); since >= 0 && since < providerPause {
		if p.found != nil {
			return p.found, nil
		}
		return nil, p.fault("discovery", errors.New("did not answer a moment ago"))
	}
	found, err := p.fetch(ctx)
	if err != nil {
		p.failed = now
		if p.found != nil {
			return p.found, nil
		}
		return nil, p.fault("discovery", err)
	}
	p.found, p.at, p.failed = found, now, time.Time{}
	return found, nil
}

func (p *provider) fetch(ctx context.Context) (*discovered, error) {
	ctx = oidc.ClientContext(ctx, p.client)
	if p.common() != "" {
		ctx = oidc.InsecureIssuerURLContext(ctx, p.Issuer) // compared here instead, and in each token
	}
	op, err := oidc.NewProvider(ctx, p.Issuer)
	if err != nil {
		return nil, brief(err)
	}
	var doc struct {
		Issuer  string   `json:"issuer"`
		JWKS    string   `json:"jwks_uri"`
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := op.Claims(&doc); err != nil {
		return nil, errors.New("no discovery document")
	}
	if base := p.common(); base != "" && !p.ofTenant(doc.Issuer, base) {
		return nil, errors.New("the document names another issuer")
	}
	for _, address := range []string{op.Endpoint().AuthURL, op.Endpoint().TokenURL, doc.JWKS} {
		if !fetchable(address) {
			return nil, errors.New("the document names an address without https")
		}
	}
	if address := op.UserInfoEndpoint(); address != "" && !fetchable(address) {
		return nil, errors.New("the document names an address without https")
	}
	d := &discovered{Provider: op, style: oauth2.AuthStyleInHeader}
	if p.ClientSecret == "" || len(doc.Methods) > 0 && !slices.Contains(doc.Methods, "client_secret_basic") {
		d.style = oauth2.AuthStyleInParams
	}
	return d, nil
}

// common gives what stands before the tenant where one address of Microsoft's
// serves all tenants; "" elsewhere.
func (p *provider) common() string {
	if p.Kind != Microsoft {
		return ""
	}
	for _, all := range []string{"common", "organizations", "consumers"} {
		if base, ok := strings.CutSuffix(p.Issuer, "/"+all+"/v2.0"); ok {
			return base
		}
	}
	return ""
}

var guid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// ofTenant tells whether an issuer is that of all tenants, or of one.
func (p *provider) ofTenant(issuer, base string) bool {
	rest, ok := strings.CutPrefix(issuer, base+"/")
	tenant, version, _ := strings.Cut(rest, "/")
	return ok && version == "v2.0" && (tenant == "{tenantid}" || guid.MatchString(tenant))
}

// oauth gives the client's side of the code flow.
func (p *provider) oauth(d *discovered, back string) *oauth2.Config {
	endpoint := d.Endpoint()
	endpoint.AuthStyle = d.style
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: string(p.ClientSecret), Endpoint: endpoint, RedirectURL: back,
		Scopes: []string{oidc.ScopeOpenID, "email"}}
}

// speaks tells whether the provider has anything to do with an address at all, so
// that nobody is sent there in vain. It does not decide: vouches does.
func (p *provider) speaks(a addr.Address) bool {
	switch {
	case len(p.Domains) > 0:
		return covers(p.Domains, a.DomainKey()) || p.Kind == Microsoft && p.tenantFor(a.DomainKey())
	case p.Kind == Microsoft:
		return slices.Contains(microsoftDomains, a.DomainKey()) || p.tenantFor(a.DomainKey())
	}
	return true
}

func (p *provider) tenantFor(domain string) bool {
	return slices.ContainsFunc(p.Tenants, func(t Tenant) bool { return covers(t.Domains, domain) })
}

// providerFault says at which step a provider failed, without words of its own.
type providerFault struct {
	provider, step string
	cause          error
}

func (f *providerFault) Error() string {
	return "portal: provider " + f.provider + ": " + f.step + ": " + f.cause.Error()
}
func (f *providerFault) Unwrap() error { return errProvider }

func (p *provider) fault(step string, err error) error {
	return &providerFault{p.Name, step, brief(err)}
}

// brief keeps what went wrong and leaves out bodies and addresses, in which codes
// and names stand.
func brief(err error) error {
	var refused *oauth2.RetrieveError
	var network net.Error
	var mismatch *oidc.IssuerMismatchError
	switch {
	case errors.As(err, &refused) && refused.Response != nil:
		return fmt.Errorf("status %d", refused.Response.StatusCode)
	case errors.As(err, &mismatch):
		return errors.New("the document names another issuer")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return errors.New("no answer in time")
	case errors.As(err, &network):
		return errors.New("cannot be reached")
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	if len(text) > 200 {
		text = text[:200]
	}
	return errors.New(strings.ToValidUTF8(text, ""))
}
