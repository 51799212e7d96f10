package portal_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/portal"
)

func bilingual(c *portal.Config) {
	c.Brand.Languages = []string{"en", "cy"}
	c.Brand.Local = map[string]notice.Local{"cy": {Organisation: "Bwrdeistref Enghraifft", HelpURL: "https://www.example.gov.uk/cymorth"}}
}

// A visitor changes the language on any page, without script, and comes back to
// the page; the mail with the code comes in it too.
func TestLanguageSwitch(t *testing.T) {
	h := newHouse(t, bilingual)
	l := h.send(plainMail, carer)
	b := h.browser().open(l.link).reads(200, "/signin", "Sign in to read your message", "Cymraeg")
	b.holds(`<html lang="en-GB">`, `lang="cy">Cymraeg</button>`)
	b.press("Cymraeg", nil).reads(200, "/signin", "Mewngofnodwch i ddarllen eich neges", "Bwrdeistref Enghraifft")
	b.holds(`<html lang="cy">`, `lang="en-GB">English</button>`, "https://www.example.gov.uk/cymorth")
	b.press("Anfon cod ataf", nil).reads(200, "/signin/code", "Teipiwch y cod")
	var d notice.CodeData
	h.mail(carer, notice.Code, &d)
	if d.Lang != "cy" {
		t.Errorf("the code's mail is in %q", d.Lang)
	}
	b.press("Parhau", map[string]string{"code": "1"}).reads(422, "/signin/code", "Gwall:", "Mae problem")
	b.press("Parhau", map[string]string{"code": d.Code}).reads(200, l.page, "Care plan", "Oddi wrth", "Darllenwch hi erbyn", "dydd Iau 1 Hydref 2026")
	b.press("English", nil).reads(200, l.page, "Read it by", "Borough of Example")
	b.press("Cymraeg", nil)
	b.open("/no/such/page").reads(404, "/no/such/page", "Nid oes tudalen o'r fath")
	b.press("English", nil).reads(404, "/no/such/page", "There is no such page")
}

// holds looks at the page as it was sent.
func (b *browser) holds(parts ...string) {
	b.h.t.Helper()
	for _, part := range parts {
		if !strings.Contains(b.body, part) {
			b.h.t.Errorf("%s does not hold %s", b.at, part)
		}
	}
}

// Accept-Language speaks for who has chosen nothing; what it names that we do not
// have is passed over, and the organisation's own language stands for the rest.
func TestAcceptLanguage(t *testing.T) {
	h := newHouse(t, func(c *portal.Config) { c.Brand.Languages = []string{"cy", "en"} })
	plain := newHouse(t)
	for field, want := range map[string]string{
		"": "cy", "en-GB,en;q=0.9": "en-GB", "fr, cy;q=0.3, en;q=0.2": "cy", "en;q=0.2,cy;q=0.8": "cy", "cy;q=x,en": "en-GB",
		"de": "cy", "en;q=0": "cy", "*": "cy", strings.Repeat("a,", 4000) + "en": "cy",
	} {
		if got := pageLanguage(t, h, field); got != want {
			t.Errorf("%.40q: got %s, want %s", field, got, want)
		}
	}
	if got := pageLanguage(t, plain, "cy"); got != "en-GB" {
		t.Errorf("a house with English alone answers in %s", got)
	}
}

func pageLanguage(t *testing.T, h *house, field string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", h.web.URL+"/help", nil)
	must(t, err)
	r.Header.Set("Accept-Language", field)
	answer, err := http.DefaultClient.Do(r)
	must(t, err)
	defer func() { _ = answer.Body.Close() }()
	head := make([]byte, 60)
	_, err = answer.Body.Read(head)
	must(t, err)
	_, rest, _ := strings.Cut(string(head), `<html lang="`)
	lang, _, _ := strings.Cut(rest, `"`)
	return lang
}

// The switch leads nowhere but to pages of this site, takes no language that is
// not ours, and no form of another site.
func TestLanguageLeadsNowhereElse(t *testing.T) {
	h := newHouse(t, bilingual)
	post := func(fields url.Values, site string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "POST", h.web.URL+"/language", strings.NewReader(fields.Encode()))
		must(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", site)
		w := httptest.NewRecorder()
		h.web.Config.Handler.ServeHTTP(w, r)
		return w.Result()
	}
	for back, want := range map[string]string{
		"": "/", "/signin?change=1": "/signin?change=1", "//evil.example/": "/", "https://evil.example": "/", `/\evil.example`: "/", "/%5cevil.example": "/",
		"/a/../b": "/", "/.//evil.example": "/", "evil": "/", "/%2f/evil.example": "/", "/\r\nSet-Cookie: a=b": "/", "javascript:alert(1)": "/", "?x=//evil": "/", "/help#x": "/",
	} {
		got := post(url.Values{"lang": {"cy"}, "back": {back}}, "same-origin")
		if got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != want {
			t.Errorf("%q: got %d %q, want %q", back, got.StatusCode, got.Header.Get("Location"), want)
		}
		if c := got.Header.Get("Set-Cookie"); !strings.HasPrefix(c, "postseal-l=cy; ") || !strings.Contains(c, "HttpOnly") {
			t.Errorf("%q: cookie %q", back, c)
		}
	}
	for _, c := range []struct{ lang, site string }{{"de", "same-origin"}, {"", "same-origin"}, {"cy", "cross-site"}} {
		if got := post(url.Values{"lang": {c.lang}}, c.site); got.StatusCode != http.StatusForbidden || strings.Contains(got.Header.Get("Set-Cookie"), "postseal-l=") {
			t.Errorf("%v: got %d, cookie %q", c, got.StatusCode, got.Header.Get("Set-Cookie"))
		}
	}
}

// What securedoc.html is told comes in the language that it speaks.
func TestAPILanguage(t *testing.T) {
	h := newHouse(t, bilingual)
	l := h.send(plainMail, carer)
	for lang, want := range map[string]string{"": "did not match", "en": "did not match", "cy": "Nid oedd hynny'n cyfateb", "xx": "did not match"} {
		answer, err := http.PostForm(h.web.URL+"/api/v1/open", url.Values{"id": {l.id.String()}, "t": {l.secret.Encode()}, "address": {carer.String()},
			"browser": {strings.Repeat("a", 32)}, "password": {"wrong"}, "lang": {lang}})
		must(t, err)
		body := make([]byte, 600)
		n, _ := answer.Body.Read(body)
		_ = answer.Body.Close()
		if !strings.Contains(string(body[:n]), want) {
			t.Errorf("%q: got %s", lang, body[:n])
		}
	}
}

// The logo is a file of this site, served so that it can run nothing.
func TestLogo(t *testing.T) {
	svg, err := notice.NewPicture([]byte(`<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9v9z"/></svg>`))
	must(t, err)
	h := newHouse(t, func(c *portal.Config) { c.Brand.Logo = svg })
	b := h.browser().open("/help")
	b.holds(`<img src="/assets/`, `.svg" alt="">`)
	_, rest, _ := strings.Cut(b.body, `<img src="`)
	path, _, _ := strings.Cut(rest, `"`)
	answer, err := http.Get(h.web.URL + path)
	must(t, err)
	_ = answer.Body.Close()
	if got := answer.Header; answer.StatusCode != 200 || got.Get("Content-Type") != "image/svg+xml" || !strings.HasPrefix(got.Get("Content-Security-Policy"), "sandbox; default-src 'none'") || got.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("got %d %v", answer.StatusCode, got)
	}
}
