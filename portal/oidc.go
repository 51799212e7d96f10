package portal

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/store"
)

// oidcMethod is the sign-in at a provider such as Google or Microsoft (SCC-5,
// SCC-6): authorization code flow with PKCE. State, nonce and verifier are bound
// to the browser; each provider has an address of its own to come back to, so
// that one cannot pass its codes off as another's (RFC 9700 section 4.4). The
// address that the provider vouches for must be the one that was typed.
type oidcMethod struct{}

func (oidcMethod) name() string { return "oidc" }

func (oidcMethod) ask(v *visit, a addr.Address) error { return v.choose(a) }

var (
	errProvider = errors.New("portal: the provider does not answer")
	errAnswer   = errors.New("portal: the provider's answer cannot be relied on")
	errReturn   = errors.New("portal: came back too late, or not from here")
	errSource   = errors.New("portal: too many sign-ins from one place")

	errSourceMails = errors.New("portal: too many codes and links asked for from one place")
)

// ceremonyOIDC names what is kept while somebody is away; it goes by its state.
const ceremonyOIDC = "oidc"

// away is what a browser left behind when it went to a provider.
type sentOff struct {
	Provider, Nonce, Verifier string
	Address                   string
	At                        time.Time
}

func (s *Server) provider(name string) *provider {
	for _, p := range s.providers {
		if p.Name == name {
			return p
		}
	}
	return nil
}

func (s *Server) backFrom(p *provider) string { return s.BaseURL + "/signin/oidc/" + p.Name }

// answer sends the person to a provider. It is a page that leads on and not a
// redirect, since browsers hold the redirects of a form against form-action.
func (m oidcMethod) answer(v *visit, a addr.Address) error {
	p := v.s.provider(v.field("provider"))
	if p == nil {
		return errPage
	}
	if err := v.spend(quotaBegin); err != nil {
		return v.unsigned(m, p, a, err)
	}
	ctx, cancel := context.WithTimeout(v.ctx(), 2*fetchTimeout)
	defer cancel()
	d, err := p.discover(ctx)
	if err != nil {
		return v.unsigned(m, p, a, err)
	}
	state := random()
	off := sentOff{Provider: p.Name, Nonce: random(), Verifier: oauth2.GenerateVerifier(), Address: a.String(), At: v.now}
	kept, err := json.Marshal(off)
	if err != nil {
		return err
	}
	if err := v.s.Store.BeginCeremony(v.ctx(), v.browser(), ceremonyOIDC, state, kept, v.now); err != nil {
		return err
	}
	to := p.oauth(d, v.s.backFrom(p)).AuthCodeURL(state, oidc.Nonce(off.Nonce), oauth2.S256ChallengeOption(off.Verifier),
		oauth2.SetAuthURLParam("login_hint", a.String()))
	v.w.Header().Set("Refresh", "0; url="+to)
	return v.show("leaving", v.t("leaving.title", "provider", p.Label), map[string]any{"Provider": p.Label, "To": to})
}

// comeBack answers GET /signin/oidc/{provider}. It is the one GET that signs in:
// the protocol has it so, and it needs what this very browser was given before.
func comeBack(v *visit) error {
	m := oidcMethod{}
	p := v.s.provider(v.r.PathValue("provider"))
	if p == nil {
		return errPage
	}
	q := v.r.URL.Query()
	state, code := q.Get("state"), q.Get("code")
	if state == "" || len(state) > maxBrowserName || len(code) > maxProviderText {
		return v.unsigned(m, p, addr.Address{}, errReturn)
	}
	if err := v.spend(quotaEnd); err != nil {
		return v.unsigned(m, p, addr.Address{}, err)
	}
	kept, err := v.s.Store.EndCeremony(v.ctx(), store.Browser(v.s.cookie(v.r, browserCookie)), ceremonyOIDC, state, v.now)
	if errors.Is(err, store.ErrCodeExpired) {
		return v.unsigned(m, p, addr.Address{}, errReturn)
	}
	if err != nil {
		return err
	}
	var off sentOff
	if err := json.Unmarshal(kept, &off); err != nil || off.Provider != p.Name {
		return v.unsigned(m, p, addr.Address{}, errReturn)
	}
	a, err := addr.Parse(off.Address)
	if err != nil {
		return v.unsigned(m, p, addr.Address{}, errReturn)
	}
	if q.Get("error") != "" || code == "" { // she changed her mind there, or was not let in
		v.s.Metrics.signins.WithLabelValues(m.name(), "given_up").Inc()
		return v.choose(a, problem{"provider", v.t("signin.provider-given-up", "provider", p.Label)})
	}
	id, err := v.vouchedFor(p, code, off, a)
	if err != nil {
		return v.unsigned(m, p, a, err)
	}
	proof, err := v.s.Store.SignInVouched(v.ctx(), a, id, v.browser(), v.now)
	if err != nil {
		return v.unsigned(m, p, a, err)
	}
	return v.passed(m, proof)
}

// vouchedFor asks the provider who came back, and makes sure that it is who was
// sent off: the address typed before.
func (v *visit) vouchedFor(p *provider, code string, off sentOff, typed addr.Address) (store.Identity, error) {
	ctx, cancel := context.WithTimeout(v.ctx(), 3*fetchTimeout)
	defer cancel()
	issuer, c, err := p.exchange(ctx, v.s.backFrom(p), code, off)
	if err != nil {
		return store.Identity{}, err
	}
	a, err := p.vouches(c)
	switch {
	case err != nil:
		return store.Identity{}, vouched{err, p.Label, a, typed}
	case !a.Equal(typed):
		return store.Identity{}, vouched{errOther, p.Label, a, typed}
	}
	return store.Identity{Name: p.Name, Issuer: issuer, Subject: c.Subject}, nil
}

// algorithms that may sign: public keys only, whatever the provider offers.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}

// exchange gives the claims behind a code, once everything about them was checked
// (OpenID Connect Core section 3.1.3.7).
func (p *provider) exchange(ctx context.Context, back, code string, off sentOff) (issuer string, c claims, err error) {
	d, err := p.discover(ctx)
	if err != nil {
		return "", c, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := p.oauth(d, back).Exchange(ctx, code, oauth2.VerifierOption(off.Verifier))
	if err != nil {
		return "", c, p.fault("code", err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return "", c, p.doubt("no ID token")
	}
	config := &oidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: algorithms, Now: p.now, SkipIssuerCheck: p.common() != ""}
	id, err := d.Verifier(config).Verify(ctx, raw)
	if err != nil {
		return "", c, p.doubt(brief(err).Error())
	}
	if err := id.Claims(&c); err != nil {
		return "", c, p.doubt("claims do not read")
	}
	if err := p.judge(id, c, off); err != nil {
		return "", c, err
	}
	if c.Email == "" && p.Kind == AnyProvider && d.UserInfoEndpoint() != "" {
		info, err := d.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return "", c, p.fault("userinfo", err)
		}
		if info.Subject != id.Subject { // OpenID Connect Core section 5.3.2
			return "", c, p.doubt("userinfo is about somebody else")
		}
		c.Email, c.Verified = info.Email, yes(info.EmailVerified)
	}
	return id.Issuer, c, nil
}

// judge looks at what the library leaves to its caller.
func (p *provider) judge(id *oidc.IDToken, c claims, off sentOff) error {
	base := p.common()
	switch {
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(off.Nonce)) != 1:
		return p.doubt("another nonce")
	case id.Subject == "":
		return p.doubt("no subject")
	case c.AuthorizedParty != "" && c.AuthorizedParty != p.ClientID, len(id.Audience) > 1 && c.AuthorizedParty == "":
		return p.doubt("made for another party")
	case id.IssuedAt.After(p.now().Add(providerLeeway)), id.IssuedAt.Before(off.At.Add(-providerLeeway)):
		return p.doubt("made at another time")
	case base != "" && (!guid.MatchString(c.Tenant) || id.Issuer != base+"/"+c.Tenant+"/v2.0"):
		return p.doubt("issuer and tenant do not agree")
	}
	return nil
}

// doubt is an answer that breaks the protocol: a fault there, or an attack.
func (p *provider) doubt(what string) error {
	return doubtful{&providerFault{p.Name, "ID token", errors.New(what)}}
}

type doubtful struct{ *providerFault }

func (doubtful) Unwrap() error { return errAnswer }

// vouched is a refusal with what its words may name: they are shown to nobody
// but who signed in there.
type vouched struct {
	error
	provider     string
	known, typed addr.Address
}

func (e vouched) Unwrap() error { return e.error }

// unsigned counts a sign-in at a provider that did not work out and gives its
// error with the names for its words.
func (v *visit) unsigned(m oidcMethod, p *provider, typed addr.Address, err error) error {
	outcome := "unavailable"
	for _, row := range []struct {
		err  error
		name string
	}{{errUnverified, "unverified"}, {errForeign, "foreign"}, {errOther, "other_address"}, {errAnswer, "doubtful"}, {errReturn, "expired"},
		{errSource, "too_many"}, {store.ErrOtherPerson, "other_person"}} {
		if errors.Is(err, row.err) {
			outcome = row.name
			break
		}
	}
	v.s.Metrics.signins.WithLabelValues(m.name(), outcome).Inc()
	var named vouched
	if errors.As(err, &named) {
		return err
	}
	return vouched{err, p.Label, addr.Address{}, typed}
}

// withVouched names provider and addresses in the words of a refusal.
func (v *visit) withVouched(what refusal, e vouched) refusal {
	values := []any{"provider", e.provider, "address", e.known, "typed", e.typed, "domain", ""}
	if !e.known.IsZero() {
		values[len(values)-1] = e.known.DomainKey()
	}
	what.title, what.cause, what.next = what.say(v, "title", values...), what.say(v, "cause", values...), what.say(v, "next", values...)
	return what
}

// offered are the providers whose buttons an address sees. It hangs on the domain
// alone, so that the page tells nothing about an address.
func (s *Server) offered(a addr.Address) []*provider {
	return slices.DeleteFunc(slices.Clone(s.providers), func(p *provider) bool { return !p.speaks(a) })
}

// oidcPages adds where providers send people back to.
func (s *Server) oidcPages(handle func(pattern string, h http.Handler)) {
	if len(s.providers) > 0 {
		handle("GET /signin/oidc/{provider}", s.page(comeBack))
	}
}
