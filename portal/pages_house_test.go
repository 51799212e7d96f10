package portal_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/oidctest"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/store"
)

// furnished is a house that offers all there is, under a name, in two languages.
func furnished(t *testing.T) (h *house, base string) {
	s := &sealer{}
	h = newHouse(t, bilingual, withServiceDesk, func(c *portal.Config) {
		c.BaseURL = strings.Replace(c.BaseURL, "127.0.0.1", "localhost", 1)
		base = c.BaseURL
		c.Passkeys, c.Seal = true, s.seal
		switches(c)
		helped(c)
		c.Brand.Colour, c.Brand.Address, c.Brand.HelpURL = "#00437b", "Civic Centre\nExample EX1 1AA", "https://www.example.gov.uk/help"
		c.Providers = []portal.Provider{{Name: "google", Label: "Google", Issuer: standingStill(t), ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret, Domains: []string{"home.example"}}}
	})
	must(t, h.web.Config.Handler.(*portal.Server).MarkPages())
	h.web.URL = base // what walks without script open
	return h, base
}

// standingStill is a provider whose page never comes: the browser stays on ours,
// which else is there for a moment only.
func standingStill(t *testing.T) string {
	var web *httptest.Server
	web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/openid-configuration" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":"%[1]s/authorize","token_endpoint":"%[1]s/token","jwks_uri":"%[1]s/keys",
			"response_types_supported":["code"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["RS256"]}`, web.URL)
	}))
	t.Cleanup(web.Close)
	return web.URL
}

// many is what a message to many people has in its record, with a long subject and
// long addresses.
func many(r *store.Record) {
	r.To = []string{carer.String(), "Bob, the Boss <bob@example.gov.uk>", other.String()}
	r.Cc = []string{"Somebody With A Very Long Name <somebody-with-a-very-long-name.and-a-department.of-some-length@a-rather-long-subdomain.example.gov.uk>"}
	r.Reply = "all"
	r.Subject = "Care plan for Mrs Featherstonehaugh-Cholmondeley: Lebensmittelunverträglichkeitsbescheinigung_2026_final_version_2"
}

// goTo opens a path of the site, or an address that a mail named.
func (s *sight) goTo(address string) {
	s.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = s.base + address
	}
	s.Open(address)
}

// enter fills a field at once, whatever it held.
func (s *sight) enter(css, text string) {
	s.t.Helper()
	s.Do(cdp.SetValue(cdp.CSS(css), text))
}

// byCode goes from the sign-in page by a code, to what the person came for.
func (s *sight) byCode(a addr.Address) {
	s.t.Helper()
	s.press(`form[action="/signin/code"] button`)
	s.enter("#code", s.h.code(a))
	s.press(`main form[action="/signin/code"] button`)
}

// signIn is a link's whole way by a code.
func (s *sight) signIn(l letter, a addr.Address) {
	s.t.Helper()
	s.goTo(l.link)
	if e2etest.Get(s.Tab, cdp.Evaluate[bool](`document.querySelector('form[action="/signin/code"]') === null`)) {
		s.typeAddress(a)
	}
	s.byCode(a)
}

// typeAddress tells who one is, where the page asks.
func (s *sight) typeAddress(a addr.Address) {
	s.t.Helper()
	if e2etest.Get(s.Tab, cdp.Evaluate[bool](`document.querySelector('input[name=choice][value=""]') !== null`)) {
		s.click(`input[name=choice][value=""]`)
	}
	s.enter("#address", a.String())
	s.press("main form button")
}

// device gives the person a telephone that keeps passkeys.
func (s *sight) device() {
	s.t.Helper()
	s.Do(cdp.Func(func(ctx context.Context, _ *cdp.Target) error {
		if _, err := cdp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
			HasUserVerification: true, AutomaticPresenceSimulation: true, IsUserVerified: true}})
		return err
	}))
}

// saved writes a file to send.
func (s *sight) saved(name string, size int) string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), name)
	must(s.t, os.WriteFile(path, make([]byte, size), 0o600))
	return path
}

// pageFile is securedoc.html as its recipient saved it, in the walk's language.
func (s *sight) pageFile(l letter, form envelope.Form, change func(*envelope.Page)) string {
	s.t.Helper()
	p := envelope.Page{ID: l.id, Secret: l.secret, Servers: []string{s.base}, Organisation: "Borough of Example", Colour: "#00437b",
		From: "Jane Doe <jane.doe@example.gov.uk>", To: []string{carer.String()}, Form: form, Languages: []string{"en", "cy"}, Ways: []string{"Google", "Microsoft", envelope.ByPasskey}, HelpURL: "https://www.example.gov.uk/help",
		Date: s.h.clock.In(london(s.t)), Expires: s.h.clock.Add(90 * 24 * time.Hour).In(london(s.t))}
	if s.lang == "cy" {
		p.Languages = []string{"cy", "en"}
	}
	if change != nil {
		change(&p)
	}
	var page bytes.Buffer
	must(s.t, envelope.WritePage(&page, p, bytes.NewReader(l.container)))
	name := filepath.Join(s.t.TempDir(), "securedoc.html")
	must(s.t, os.WriteFile(name, page.Bytes(), 0o600))
	return "file://" + name
}
