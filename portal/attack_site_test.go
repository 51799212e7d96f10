package portal_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/portal"
)

// Attacks on every route there is, by the router's own list of them.

// besieged is a house with everything that can be switched on, and a message to carer.
func besieged(t *testing.T) (*house, letter) {
	h, _ := furnished(t)
	return h, h.send(viewerMail(officer.String()), carer)
}

func (h *house) server() *portal.Server { return h.web.Config.Handler.(*portal.Server) }

// surface gives method and a path for each route: names in it are filled in.
func (h *house) surface(l letter) (out [][2]string) {
	fill := strings.NewReplacer("{$}", "", "{id}", l.id.String(), "{n}", "1", "{unit}", h.store.UnitID(officer), "{kind}", "person",
		"{draft}", strings.Repeat("a", 43), "{number}", "1", "{secret}", strings.Repeat("a", 43), "{provider}", "google")
	for _, pattern := range h.server().Surface() {
		method, path, ok := strings.Cut(pattern, " ")
		if !ok {
			method, path = http.MethodPut, "/nothing/here"
		}
		if path = fill.Replace(path); strings.ContainsAny(path, "{}") {
			h.t.Fatalf("%s: what stands in it?", pattern)
		}
		out = append(out, [2]string{method, path})
	}
	return out
}

// knock makes one request as it comes, with a person's cookies.
func (h *house) knock(b *browser, method, path, kind, body string, head ...string) *http.Response {
	h.t.Helper()
	r := httptest.NewRequest(method, h.full(path), strings.NewReader(body))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for i := 0; i < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	if b != nil {
		home, err := url.Parse(h.web.URL)
		must(h.t, err)
		for _, c := range b.client.Jar.Cookies(home) {
			r.AddCookie(c)
		}
	}
	w := httptest.NewRecorder()
	h.server().ServeHTTP(w, r)
	return w.Result()
}

// people are the sorts of people that come, each with what she has.
func (h *house) people(l letter) map[string]*browser {
	return map[string]*browser{"a stranger": nil, "a recipient": h.browser().open(l.link).byCode(carer), "a sender at the service desk": h.signedIn(helen, "/servicedesk")}
}

var (
	ownScript   = regexp.MustCompile(`; script-src http://[^ ;']+/assets/[0-9a-f]{16}\.js; connect-src http://[^ ;']+/(passkey/|write)$`)
	inlineThing = regexp.MustCompile(`<script(?: [^>]*)?>[^<]|<[a-z]+ [^>]*\bon[a-z]+=|<[a-z]+ [^>]*\bstyle=|javascript:`)
	ownPath     = regexp.MustCompile(`^/($|[^/\\])`)
)

// guarded says what an answer lacks that keeps others from framing, sniffing,
// keeping, scripting or reading it.
func guarded(r *http.Response, path string) (faults []string) {
	say := func(format string, a ...any) { faults = append(faults, fmt.Sprintf(format, a...)) }
	csp := r.Header.Get("Content-Security-Policy")
	sandbox := strings.HasPrefix(csp, "sandbox")
	asset, frame := strings.HasPrefix(path, "/assets/") && r.StatusCode == http.StatusOK, sandbox && strings.Contains(csp, "frame-ancestors 'self'")
	want := map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
		"Cache-Control": "no-store", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin", "Access-Control-Allow-Origin": "", "Access-Control-Allow-Credentials": ""}
	if asset {
		want["Cache-Control"] = "public, max-age=31536000, immutable"
	}
	if sandbox { // a browser shows no page of both
		want["Cross-Origin-Opener-Policy"] = ""
	}
	if frame {
		want["X-Frame-Options"] = "SAMEORIGIN"
	}
	if strings.HasPrefix(path, "/api/") && (r.Request == nil || r.Request.Method != http.MethodGet) && sandbox {
		want["Access-Control-Allow-Origin"] = "*"
	}
	for name, value := range want {
		if got := r.Header.Get(name); got != value {
			say("%s is %q, want %q", name, got, value)
		}
	}
	if !strings.Contains(csp, "default-src 'none'") || !frame && !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "allow-scripts") || strings.Contains(csp, "allow-same-origin") ||
		strings.Contains(csp, "unsafe") && !sandbox || strings.Contains(csp, "script-src") && !ownScript.MatchString(csp) {
		say("policy %q", csp)
	}
	for _, c := range r.Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Domain != "" {
			say("cookie %s", c.Name)
		}
	}
	if to := r.Header.Get("Location"); to != "" && !ownPath.MatchString(to) {
		say("leads to %q", to)
	}
	body, _ := io.ReadAll(r.Body)
	if found := inlineThing.Find(body); found != nil && strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") && !sandbox {
		say("has %q", found)
	}
	if len(body) > 0 && r.Header.Get("Content-Type") == "" {
		say("no type")
	}
	return faults
}

// Clickjacking, sniffing, caches, windows and scripts of others: every route, for
// every sort of person, carries what keeps them off, whatever its status.
func TestEveryAnswerIsGuarded(t *testing.T) {
	h, l := besieged(t)
	people := h.people(l)
	statuses := map[int]int{}
	look := func(who, method, path string, b *browser) {
		t.Helper()
		r := h.knock(b, method, path, "application/x-www-form-urlencoded", "")
		statuses[r.StatusCode]++
		for _, fault := range guarded(r, path) {
			t.Errorf("%s, %s %s (%d): %s", who, method, path, r.StatusCode, fault)
		}
	}
	odd := []string{"//evil.example/", "/m/../signin", "/m//x", "/./help", "/m/%2e%2e/help", "/help/", "/assets/", "/assets/x.css", "/api/v1/", "/m/" + l.id.String() + "/body/x", "/%00", "/a;b", `/\evil.example`}
	for who, b := range people {
		for _, at := range h.surface(l) {
			look(who, at[0], at[1], b)
		}
	}
	for _, at := range h.surface(l) {
		look("looking", http.MethodHead, at[1], nil)
	}
	for _, path := range odd {
		look("lost", http.MethodGet, path, people["a recipient"])
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodTrace, http.MethodConnect, http.MethodOptions, "PROPFIND"} {
		look("with "+method, method, "/signin", nil)
	}
	for _, name := range h.server().ServeRefusals() {
		look("refused "+name, http.MethodGet, "/refusal/"+name, people["a recipient"])
	}
	for _, status := range []int{200, 303, 307, 400, 401, 403, 404, 409, 410, 413, 429, 500, 502, 503} {
		if statuses[status] == 0 {
			t.Errorf("nothing answered %d: %v", status, statuses)
		}
	}
}

// With Redis broken the same holds.
func TestEveryAnswerIsGuardedWithRedisAway(t *testing.T) {
	h, l := besieged(t)
	b := h.people(l)["a recipient"]
	h.redis.SetError("ERR broken")
	away := 0
	for _, at := range h.surface(l) {
		r := h.knock(b, at[0], at[1], "application/x-www-form-urlencoded", "")
		if r.StatusCode == http.StatusServiceUnavailable {
			away++
		}
		for _, fault := range guarded(r, at[1]) {
			t.Errorf("%s %s (%d): %s", at[0], at[1], r.StatusCode, fault)
		}
	}
	if away < 20 {
		t.Errorf("%d routes noticed", away)
	}
}

// A handler that panics answers in words and with all that guards, says nothing of
// what it was about, and the next request is answered.
func TestPanicIsAnswered(t *testing.T) {
	boom := false
	h := newHouse(t, func(c *portal.Config) {
		now := c.Now
		c.Now = func() time.Time {
			if boom {
				panic("the plan starts on Monday")
			}
			return now()
		}
	})
	l := h.send(plainMail, carer)
	b := h.browser().open(l.link).byCode(carer)
	boom = true
	for _, at := range h.surface(l) {
		if at[0] == http.MethodOptions || strings.HasPrefix(at[1], "/assets/") { // no handler of those looks at the clock
			continue
		}
		r := h.knock(b, at[0], at[1], "application/x-www-form-urlencoded", "")
		words, err := io.ReadAll(r.Body)
		must(t, err)
		r.Body = io.NopCloser(strings.NewReader(string(words)))
		if r.StatusCode != http.StatusInternalServerError || !strings.Contains(string(words), "We cannot do this just now") || len(r.Cookies()) > 0 {
			t.Fatalf("%s %s: got %d %.300s", at[0], at[1], r.StatusCode, words)
		}
		for _, fault := range guarded(r, at[1]) {
			t.Errorf("%s %s: %s", at[0], at[1], fault)
		}
	}
	boom = false
	b.open(l.page).reads(200, l.page, "the plan")
	if log := h.log.String(); strings.Contains(log, "on Monday") || !strings.Contains(log, "a handler panicked") {
		t.Errorf("the log says %.600s", log)
	}
}

// noForm are the POST routes that carry no form secret, and why; what they ask for
// instead is tested by the names here.
var noForm = map[string]string{
	"/open":              "has no authority: TestStagingNeedsTheSecretFirst",
	"/language":          "has no authority without a form: TestLanguageLeadsNowhereElse",
	"/api/v1/code":       "takes no cookie: TestAPITakesNoCookie",
	"/api/v1/open":       "takes no cookie: TestAPITakesNoCookie",
	"/api/v1/signout":    "takes no cookie: TestAPITakesNoCookie",
	"/api/v1/invitation": "takes no cookie: TestAPITakesNoCookie",
	"/api/v1/answer":     "takes no cookie: TestAPITakesNoCookie",
	"/api/v1/reply":      "takes no cookie: TestAPITakesNoCookie",
}

// forgeries are forms as another site, or somebody with an old page, can send them.
// right is the secret of the browser that sends.
func forgeries(right, anothers, old string) map[string]struct {
	kind, body string
	head       []string
} {
	type forged = struct {
		kind, body string
		head       []string
	}
	const plain = "application/x-www-form-urlencoded"
	rest := url.Values{"address": {other.String()}, "do": {"send"}, "who": {"all"}, "days": {"3"}, "reason": {"x"}, "text": {"x"}, "to": {officer.String()}, "name": {"x"}}
	form := func(secret string) string {
		v := url.Values{"form": {secret}}
		for k := range rest {
			v.Set(k, rest.Get(k))
		}
		return v.Encode()
	}
	multi := func(secret string) (kind, body string) {
		return "multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data; name=\"form\"\r\n\r\n" + secret + "\r\n--B\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nx\r\n--B--\r\n"
	}
	out := map[string]forged{
		"no form":                {plain, rest.Encode(), nil},
		"an empty secret":        {plain, form(""), nil},
		"another's secret":       {plain, form(anothers), nil},
		"an old secret":          {plain, form(old), nil},
		"half a secret":          {plain, form(right[:20]), nil},
		"two secrets":            {plain, "form=x&" + form(right), nil},
		"as JSON":                {"application/json", `{"form":"` + right + `"}`, nil},
		"as text":                {"text/plain", form(right), nil},
		"without a type":         {"", form(right), nil},
		"of another site":        {plain, form(right), []string{"Sec-Fetch-Site", "cross-site"}},
		"of a neighbour":         {plain, form(right), []string{"Sec-Fetch-Site", "same-site", "Origin", "null"}},
		"by its Origin":          {plain, form(right), []string{"Origin", "https://evil.example"}},
		"by an Origin like ours": {plain, form(right), []string{"Origin", "http://localhost.evil.example"}},
	}
	kind, body := multi(anothers)
	out["another's secret, in parts"] = forged{kind, body, nil}
	kind, body = multi(right)
	out["of another site, in parts"] = forged{kind, body, []string{"Sec-Fetch-Site", "cross-site"}}
	return out
}

// formOf gives the secret of a browser's forms.
func (b *browser) formOf() string {
	b.h.t.Helper()
	m := secretField.FindStringSubmatch(b.open("/help").body)
	if m == nil {
		m = secretField.FindStringSubmatch(b.open("/register").body)
	}
	if m == nil {
		b.h.t.Fatal("no page has a form")
	}
	return m[1]
}

// CSRF: no POST route but those of noForm takes a form that did not come from a
// page of this very browser, whoever is signed in; and nothing changes by it.
func TestForgedFormsAreRefusedEverywhere(t *testing.T) {
	h, l := besieged(t)
	posts := slices.DeleteFunc(h.surface(l), func(at [2]string) bool { return at[0] != http.MethodPost || noForm[at[1]] != "" })
	b := h.browser().open(l.link).byCode(carer)
	right := b.formOf()
	forged := forgeries(right, h.browser().formOf(), h.signedIn(addr.MustParse("earlier@home.example"), "/").formOf())
	before := h.dump()
	for _, at := range posts {
		thorough := at[1] == "/start" || at[1] == "/write" || at[1] == l.page+"/reply" // one of each kind
		for name, c := range forged {
			if !thorough && name != "no form" && name != "another's secret" && name != "of another site" {
				continue
			}
			r := h.knock(b, at[0], at[1], c.kind, c.body, c.head...)
			if words, _ := io.ReadAll(r.Body); r.StatusCode != http.StatusForbidden || !strings.Contains(string(words), "Please do that once more") {
				t.Errorf("%s %s: got %d", at[1], name, r.StatusCode)
			}
		}
	}
	if h.dump() != before {
		t.Error("something was done all the same")
	}
	// What is asked for is this and nothing else: with the secret nobody is told so.
	for _, at := range posts {
		if strings.HasSuffix(at[1], "/reply") || at[1] == "/write" || strings.HasSuffix(at[1], "/answer") { // these want more, and say the same without it
			continue
		}
		r := h.knock(b, at[0], at[1], "application/x-www-form-urlencoded", url.Values{"form": {right}}.Encode(), "Sec-Fetch-Site", "same-origin")
		if words, _ := io.ReadAll(r.Body); strings.Contains(string(words), "Please do that once more") {
			t.Errorf("%s with its own secret: got %d", at[1], r.StatusCode)
		}
	}
	for path := range noForm {
		if !slices.ContainsFunc(h.surface(l), func(at [2]string) bool { return at == [2]string{http.MethodPost, path} }) {
			t.Errorf("noForm names %s, which is no route", path)
		}
	}
}

// quotaCounts are what a dump says of how often something was tried.
var quotaCounts = regexp.MustCompile(`(?m)^- n:\{.*\n(?:   .*\n)*`)

// The door of securedoc.html takes no cookie: who is signed in on the site is
// nobody there, any origin may ask and none may with credentials, and nothing but a
// form is read.
func TestAPITakesNoCookie(t *testing.T) {
	h, l := besieged(t)
	b := h.browser().open(l.link).byCode(carer)
	fields := url.Values{"id": {l.id.String()}, "t": {l.secret.Encode()}, "address": {carer.String()}, "browser": {nonce}, "answer": {"accepted"}, "form": {b.formOf()}}
	before := quotaCounts.ReplaceAllString(h.dump(), "")
	for _, at := range h.surface(l) {
		if at[0] != http.MethodPost || !strings.HasPrefix(at[1], "/api/") || at[1] == "/api/v1/code" {
			continue
		}
		for kind, body := range map[string]string{"application/x-www-form-urlencoded": fields.Encode(), "application/json": `{"id":"` + l.id.String() + `"}`, "text/plain": fields.Encode()} {
			r := h.knock(b, at[0], at[1], kind, body, "Origin", "https://evil.example")
			if at[1] == "/api/v1/signout" { // of a session that is not named: nothing to end
				continue
			}
			if r.StatusCode < 400 || len(r.Cookies()) > 0 || r.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s as %s: got %d %v", at[1], kind, r.StatusCode, r.Header)
			}
		}
	}
	if quotaCounts.ReplaceAllString(h.dump(), "") != before {
		t.Error("something was done with the cookie")
	}
	b.open(l.page).reads(200, l.page)
}
