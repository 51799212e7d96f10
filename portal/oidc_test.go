package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/internal/oidctest"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/store"
)

// withLiar is a house whose one provider says what a test wants.
func withLiar(t *testing.T, email string, change func(*portal.Provider)) (*house, *oidctest.Liar) {
	t.Helper()
	var h *house
	l := oidctest.StartLiar(t, email, func() time.Time { return h.now() })
	p := portal.Provider{Name: "acme", Label: "Acme", Issuer: l.Issuer, ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret, Domains: []string{"home.example"}}
	if change != nil {
		change(&p)
	}
	h = newHouse(t, func(c *portal.Config) { c.Providers = []portal.Provider{p} })
	return h, l
}

// byProvider signs in at a provider from the sign-in page, and comes back.
func (b *browser) byProvider(label string) *browser {
	b.h.t.Helper()
	b.press("Sign in with "+label, nil).reads(200, "/signin/oidc", "On to "+label)
	if to := b.head.Get("Refresh"); !strings.HasPrefix(to, "0; url=http") {
		b.h.t.Fatalf("the page does not lead on by itself: %q", to)
	}
	return b.follow("Continue to " + label)
}

// SCC-6: the provider alone opens the message; the deep link survives. BCC-20
func TestProviderOpensTheMessage(t *testing.T) {
	h, l := withLiar(t, carer.String(), nil)
	m := h.send(plainMail, carer)
	b := h.browser().open(m.link).reads(200, "/signin", "Sign in with Acme")
	b.byProvider("Acme").reads(200, m.page, "Dear Carla")
	b.open("/account").reads(200, "/account", "Accounts elsewhere", "Acme")
	again := h.browser().open(m.link)
	again.byProvider("Acme").reads(200, m.page, "Dear Carla")
	if got := l.Fetched("/.well-known/openid-configuration"); got != 1 {
		t.Errorf("the document was fetched %d times", got)
	}
	if got := l.Fetched("/keys"); got != 1 {
		t.Errorf("the keys were fetched %d times", got)
	}
	h.clock = h.clock.Add(25 * time.Hour)
	h.browser().open(m.link).byProvider("Acme").reads(200, m.page)
	if got := l.Fetched("/.well-known/openid-configuration"); got != 2 {
		t.Errorf("after a day the document was fetched %d times", got)
	}
}

// The real provider: its address comes by userinfo.
func TestRealProvider(t *testing.T) {
	var issuer string
	h := newHouse(t, func(c *portal.Config) {
		issuer = oidctest.Start(t, c.BaseURL+"/signin/oidc/real",
			oidctest.User{Subject: "1", Name: "carla", Password: "pw", Email: carer.String(), Verified: true},
			oidctest.User{Subject: "2", Name: "olaf", Password: "pw", Email: "olaf@home.example", Verified: true},
			oidctest.User{Subject: "3", Name: "ute", Password: "pw", Email: carer.String()})
		c.Providers = []portal.Provider{{Name: "real", Label: "Real", Issuer: issuer, ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret, Domains: []string{"home.example"}}}
	})
	h.clock = time.Now() // the provider's own
	m := h.send(plainMail, carer)
	for _, c := range []struct {
		user, title string
		status      int
	}{{"carla", "Dear Carla", 200}, {"olaf", "That is another address", 403}, {"ute", "Real has not checked your address", 403}} {
		b := h.browser().open(m.link).byProvider("Real")
		id := b.at.Query().Get("authRequestID")
		b.post(issuer+"/login/username", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"id": {id}, "username": {c.user}, "password": {"pw"}}.Encode()))
		b.reads(c.status, "", c.title)
	}
}

// A provider that vouches for what is not its own, or breaks the protocol, lets
// nobody in; the next step is a code, and nothing counts against the account.
func TestLyingProvider(t *testing.T) {
	h, l := withLiar(t, carer.String(), nil)
	m := h.send(plainMail, carer)
	far := func(d time.Duration) int64 { return h.clock.Add(d).Unix() }
	const broken = "We could not sign you in with Acme"
	for name, c := range map[string]struct {
		status int
		says   string
		lie    func(head, claims map[string]any)
	}{
		"foreign domain":   {403, "Acme cannot speak for this address", func(_, c map[string]any) { c["email"] = "carer@work.example" }},
		"below the domain": {403, "Acme cannot speak for this address", func(_, c map[string]any) { c["email"] = "carer@x.home.example" }},
		"another person":   {403, "You signed in with Acme as eve@home.example", func(_, c map[string]any) { c["email"] = "eve@home.example" }},
		"a tag":            {403, "That is another address", func(_, c map[string]any) { c["email"] = "carer+x@home.example" }},
		"not verified":     {403, "Acme has not checked your address", func(_, c map[string]any) { c["email_verified"] = false }},
		"verified as text": {403, "Acme has not checked your address", func(_, c map[string]any) { c["email_verified"] = "yes, surely" }},
		"nothing verified": {403, "Acme has not checked your address", func(_, c map[string]any) { delete(c, "email_verified") }},
		"upn for an email": {403, "Acme has not checked your address", func(_, c map[string]any) {
			c["upn"] = c["email"]
			c["preferred_username"] = c["email"]
			delete(c, "email")
		}},
		"two addresses":     {403, "Acme has not checked your address", func(_, c map[string]any) { c["email"] = "eve@work.example, carer@home.example" }},
		"wrong nonce":       {502, broken, func(_, c map[string]any) { c["nonce"] = "another" }},
		"no nonce":          {502, broken, func(_, c map[string]any) { delete(c, "nonce") }},
		"wrong audience":    {502, broken, func(_, c map[string]any) { c["aud"] = "somebody else" }},
		"audience of two":   {502, broken, func(_, c map[string]any) { c["aud"] = []string{oidctest.ClientID, "x"} }},
		"made for another":  {502, broken, func(_, c map[string]any) { c["azp"] = "x" }},
		"expired":           {502, broken, func(_, c map[string]any) { c["exp"] = far(-time.Second) }},
		"made long ago":     {502, broken, func(_, c map[string]any) { c["iat"] = far(-time.Hour) }},
		"made tomorrow":     {502, broken, func(_, c map[string]any) { c["iat"] = far(24 * time.Hour) }},
		"alg none":          {502, broken, func(h, _ map[string]any) { h["alg"], h["sign"] = "none", "none" }},
		"no signature":      {502, broken, func(h, _ map[string]any) { h["sign"] = "none" }},
		"shared secret":     {502, broken, func(h, _ map[string]any) { h["alg"], h["sign"] = "HS256", "hmac" }},
		"unpublished key":   {502, broken, func(h, _ map[string]any) { h["sign"] = "other" }},
		"swapped issuer":    {502, broken, func(_, c map[string]any) { c["iss"] = "https://accounts.google.com" }},
		"nobody":            {502, broken, func(_, c map[string]any) { delete(c, "sub") }},
		"claims of numbers": {502, broken, func(_, c map[string]any) { c["email"] = 7 }},
	} {
		t.Run(name, func(t *testing.T) {
			l.Say(c.lie)
			b := h.browser().open(m.link).byProvider("Acme").reads(c.status, "/signin/oidc/acme", c.says)
			if !strings.Contains(strings.ToLower(b.words()), "code sent") {
				t.Errorf("no next step: %s", b.words())
			}
			b.open(m.page).silent("Dear Carla")
		})
	}
	l.Say(nil)
	if log := h.log.String(); strings.Contains(log, "carer@") || strings.Contains(log, "a code") {
		t.Errorf("the log names somebody: %s", log)
	}
	h.browser().open(m.link).byProvider("Acme").reads(200, m.page, "Dear Carla") // no lie is held against her
	h.browser().open(m.link).byCode(carer).reads(200, m.page, "Dear Carla")
}

// The address belongs to issuer and subject: who gets it at the provider later is
// somebody else. A code and the account page put it right.
func TestAddressGoneToAnother(t *testing.T) {
	h, l := withLiar(t, carer.String(), nil)
	m := h.send(plainMail, carer)
	h.browser().open(m.link).byProvider("Acme").reads(200, m.page)
	l.Say(func(_, c map[string]any) { c["sub"] = "liar-2" })
	b := h.browser().open(m.link).byProvider("Acme").reads(403, "", "Acme knows this address by another account")
	b.open("/signin").byCode(carer).reads(200, m.page)
	b.open("/account").press("Take off Acme", nil).reads(200, "/account").silent("Accounts elsewhere")
	h.browser().open(m.link).byProvider("Acme").reads(200, m.page)
}

// State, code and browser belong together, and serve once.
func TestComingBack(t *testing.T) {
	h, _ := withLiar(t, carer.String(), nil)
	m := h.send(plainMail, carer)
	off := func() (*browser, string) {
		b := h.browser().open(m.link).press("Sign in with Acme", nil)
		u, err := url.Parse(strings.TrimPrefix(b.head.Get("Refresh"), "0; url="))
		must(t, err)
		q := u.Query()
		if q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) < 43 || len(q.Get("nonce")) < 22 || q.Get("response_type") != "code" {
			t.Errorf("asked for: %v", q)
		}
		return b, "/signin/oidc/acme?code=x&state=" + q.Get("state")
	}
	_, back := off()
	h.browser().open("/").open(back).reads(403, "", "Please begin again") // somebody else's browser
	b, back := off()
	h.clock = h.clock.Add(store.CeremonyLife)
	b.open(back).reads(403, "", "Please begin again", "more than 10 minutes")
	b, back = off()
	b.open(back+"&error=access_denied").reads(422, "", "You came back from Acme without signing in there").press("Send me a code", nil).reads(200, "/signin/code")
	b.open(back).reads(403, "", "Please begin again") // used
	b.open("/signin/oidc/acme").reads(403, "", "Please begin again")
	b.open("/signin/oidc/acme?state="+strings.Repeat("x", 5000)).reads(403, "", "Please begin again")
	b.open("/signin/oidc/other?state=x").reads(404, "")
}

// A provider that is away, slow of foot or endless is told as what it is.
func TestProviderAway(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"error": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", 500) },
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:9/", http.StatusFound)
		},
		"endless": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) },
		"no JSON": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
	} {
		t.Run(name, func(t *testing.T) {
			h, l := withLiar(t, carer.String(), nil)
			m := h.send(plainMail, carer)
			l.Answer(answer)
			b := h.browser().open(m.link).press("Sign in with Acme", nil).reads(503, "", "Acme does not answer just now", "Have a code sent to you instead")
			n := l.Fetched("/.well-known/openid-configuration")
			b.open("/signin").press("Sign in with Acme", nil).reads(503, "")
			if got := l.Fetched("/.well-known/openid-configuration"); got != n {
				t.Error("it was asked again at once")
			}
			l.Answer(nil)
			h.clock = h.clock.Add(time.Minute)
			b.open("/signin").byProvider("Acme").reads(200, m.page)
		})
	}
	h, l := withLiar(t, carer.String(), nil)
	m := h.send(plainMail, carer)
	for what, f := range map[string]func(map[string]any){
		"issuer":   func(d map[string]any) { d["issuer"] = "https://accounts.google.com" },
		"no https": func(d map[string]any) { d["token_endpoint"] = "http://provider.example/token" },
		"keys":     func(d map[string]any) { d["jwks_uri"] = "file:///etc/passwd" },
	} {
		l.Document(f)
		h.clock = h.clock.Add(time.Hour)
		h.browser().open(m.link).press("Sign in with Acme", nil).reads(503, "", "Acme does not answer just now")
		if !strings.Contains(h.log.String(), "discovery") {
			t.Errorf("%s: the log does not say so", what)
		}
	}
}

// Many tries from one source are stopped; a code still works from there.
func TestProviderSourceIsLimited(t *testing.T) {
	h, l := withLiar(t, carer.String(), nil)
	m := h.send(plainMail, carer)
	l.Say(func(_, c map[string]any) { c["nonce"] = "x" })
	b := h.browser().open(m.link)
	_, fields := b.form("Sign in with Acme")
	v := url.Values{"form": {fields["form"]}, "provider": {"acme"}}
	for range 300 {
		b.post("/signin/oidc", "application/x-www-form-urlencoded", strings.NewReader(v.Encode()))
	}
	b.open("/signin").press("Sign in with Acme", nil).reads(429, "", "Please wait a little")
	b.open("/signin").byCode(carer).reads(200, m.page)
	h.clock = h.clock.Add(10 * time.Minute)
	l.Say(nil)
	h.browser().open(m.link).byProvider("Acme").reads(200, m.page)
}

// The button is there for domains that the provider may speak for, and where the
// message takes it.
func TestProviderIsOfferedWhereItCanHelp(t *testing.T) {
	h, _ := withLiar(t, carer.String(), nil)
	m := h.send(plainMail, other)
	h.browser().open(m.link).reads(200, "/signin").silent("Sign in with Acme")
	h.shape = func(r *store.Record) { r.SignIn = []string{"code", "password"} }
	m = h.send(plainMail, carer)
	b := h.browser().open(m.link).reads(200, "/signin").silent("Sign in with Acme")
	b.open("/signin?change=1").press("Continue", map[string]string{"address": carer.String()})
	h.browser().open("/").press("Continue", map[string]string{"address": carer.String()}).reads(200, "/signin", "Sign in with Acme")
}

func TestProviderSettings(t *testing.T) {
	good := portal.Provider{Name: "a", Issuer: "https://a.example", ClientID: "c", Domains: []string{"a.example"}}
	for name, change := range map[string]func(*portal.Provider){
		"name":       func(p *portal.Provider) { p.Name = "A b" },
		"client":     func(p *portal.Provider) { p.ClientID = "" },
		"issuer":     func(p *portal.Provider) { p.Issuer = "http://a.example" },
		"no domains": func(p *portal.Provider) { p.Domains = nil },
		"kind":       func(p *portal.Provider) { p.Kind = "facebook" },
	} {
		p := good
		change(&p)
		if err := portal.CheckProvider(t.Context(), p); err == nil || strings.Contains(err.Error(), "discovery") {
			t.Errorf("%s is taken: %v", name, err)
		}
	}
	if got := portal.Secret("x").String(); got != "redacted" {
		t.Errorf("a secret prints as %q", got)
	}
}

// Microsoft's address for all tenants: the issuer of each token must be that of
// its tenant, and a personal account's outlook.com address is taken.
func TestMicrosoftForAllTenants(t *testing.T) {
	const person = "someone@outlook.com"
	var h *house
	l := oidctest.StartLiar(t, person, func() time.Time { return h.now() })
	l.Document(func(d map[string]any) { d["issuer"] = l.Issuer + "/{tenantid}/v2.0" })
	h = newHouse(t, func(c *portal.Config) {
		c.Providers = []portal.Provider{{Name: "ms", Kind: portal.Microsoft, Issuer: l.Issuer + "/common/v2.0", ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret}}
	})
	m := h.send(plainMail, addr.MustParse(person))
	for name, c := range map[string]struct {
		issuer, tenant string
		status         int
	}{
		"personal":           {personal, personal, 200},
		"an organisation":    {firm, firm, 403},
		"two tenants":        {firm, personal, 502},
		"the other way":      {personal, firm, 502},
		"no tenant":          {personal, "", 502},
		"the template":       {"{tenantid}", "{tenantid}", 502},
		"the common address": {"common", "common", 502},
	} {
		t.Run(name, func(t *testing.T) {
			l.Say(func(_, claims map[string]any) {
				claims["iss"], claims["tid"] = l.Issuer+"/"+c.issuer+"/v2.0", c.tenant
				delete(claims, "email_verified")
			})
			h.browser().open(m.link).byProvider("Microsoft").reads(c.status, "")
		})
	}
}
