package portal_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// elsewhere are addresses of other places as browsers read them, in the forms that
// careless checks let through.
var elsewhere = []string{"https://evil.example/", "//evil.example/", `/\evil.example/`, `\\evil.example`, "/%5cevil.example", "/%2fevil.example", "/%2e%2e//evil.example", "///evil.example",
	"/\t/evil.example", "/\r\n/evil.example", "javascript:alert('evil')", "JaVaScRiPt:alert('evil')", "data:text/html,evil", "/m/../..//evil.example", "http:evil.example", "/.evil.example/..//evil.example",
	"https:/evil.example", "%68ttps://evil.example", "/messages@evil.example", "/messages\u2028//evil.example", "/\u0009/evil.example", "//evil.example/m/" + "aaaaaaaaaaaaaaaaaaaaaaaaaa"}

// leadsOut finds what a browser would follow to the other place.
var leadsOut = regexp.MustCompile(`(?i)(?:href|src|action|formaction|content)="\s*(?:[a-z]+:|//|/\\|\\)[^"]*evil`)

// followed says where an answer leads a browser that is not of this site.
func followed(r *http.Response) string {
	if to := r.Header.Get("Location"); to != "" && !ownPath.MatchString(to) {
		return to
	}
	if _, to, ok := strings.Cut(r.Header.Get("Refresh"), "url="); ok && strings.Contains(to, "evil") {
		return to
	}
	body, _ := io.ReadAll(r.Body)
	return string(leadsOut.Find(body))
}

// Open redirects: whatever address a request names, by whatever parameter, no page,
// header or form leads there.
func TestNothingLeadsElsewhere(t *testing.T) {
	h, l := besieged(t)
	in := h.browser().open(l.link).byCode(carer)
	out := h.browser()
	secret := out.formOf()
	names := []string{"next", "to", "back", "from", "url", "return", "redirect", "then", "of", "in", "ref", "t", "page", "provider", "own", "id", "do"}
	for i, at := range h.surface(l) {
		for _, evil := range []string{elsewhere[i%len(elsewhere)]} { // one each; all at what takes one, below
			v := url.Values{}
			for _, name := range names {
				v.Set(name, evil)
			}
			r := h.knock(in, http.MethodGet, at[1]+"?"+v.Encode(), "", "")
			if to := followed(r); to != "" {
				t.Errorf("GET %s with %q leads to %q", at[1], evil, to)
			}
			if at[0] != http.MethodPost {
				continue
			}
			v.Set("form", secret)
			v.Set("lang", "cy")
			r = h.knock(out, http.MethodPost, at[1], "application/x-www-form-urlencoded", v.Encode())
			if to := followed(r); to != "" {
				t.Errorf("POST %s with %q leads to %q", at[1], evil, to)
			}
		}
	}
	for _, evil := range elsewhere {
		for path, field := range map[string]string{"/signedout": "from", "/account/confirm": "to", "/signin": "next", "/help": "back", l.page: "in", "/messages": "from"} {
			r := h.knock(in, http.MethodGet, path+"?"+url.Values{field: {evil}}.Encode(), "", "")
			if to := followed(r); to != "" {
				t.Errorf("%s with %s=%q leads to %q", path, field, evil, to)
			}
		}
		path := "/" + strings.TrimLeft(strings.NewReplacer("\t", "%09", "\r", "%0d", "\n", "%0a", `\`, "%5c", "\u2028", "%e2%80%a8").Replace(evil), "/")
		for _, p := range []string{"/" + path, "/help/.." + path} {
			r, err := http.NewRequest(http.MethodGet, h.web.URL, nil)
			must(t, err)
			r.URL.Opaque = p // as it is
			c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			resp, err := c.Do(r)
			if err != nil {
				continue // no request can be made of it
			}
			if to := followed(resp); to != "" {
				t.Errorf("path %q leads to %q", p, to)
			}
			_ = resp.Body.Close()
		}
	}
}

// Who signs in is led on to a page of ours or to the first, by every way in.
func TestSignInLeadsNowhereElse(t *testing.T) {
	h := newHouse(t)
	h.account(carer, good)
	for _, evil := range elsewhere {
		b := h.browser().open("/").press("Continue", map[string]string{"address": carer.String(), "next": evil})
		b.press("Sign in", map[string]string{"password": good}).reads(200, "/", "You are signed in")
		if b.at.Host != strings.TrimPrefix(h.web.URL, "http://") {
			t.Fatalf("%q leads to %s", evil, b.at)
		}
	}
}
