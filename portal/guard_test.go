package portal_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/store"
)

// flowOrSessionUse are lines of a dump that say when a browser's visit or a
// session was last used: GET has to note that, since both end when unused. They
// grant nothing and are kept per browser.
var flowOrSessionUse = regexp.MustCompile(`(?m)^   t: [0-9]+$`)

func (h *house) dump() string { return flowOrSessionUse.ReplaceAllString(h.redis.Dump(), "") }

// C13: whatever looks at addresses (scanners, previews, prefetch) changes nothing.
func TestLookingChangesNothing(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	b := h.browser().open(l.link)
	b.follow("Set up a password").press("Continue", person("correct horse battery"))
	activation := h.activation(carer).Link
	h.account(other, "correct horse battery")
	r := h.browser().open("/").press("Continue", map[string]string{"address": other.String()})
	r.open("/forgot").press("Send me the link", nil)
	reset := h.reset(other).Link

	paths := []string{"/", "/start", "/signin", "/signin?change=1", "/signin/password", "/signin/code", "/signin/code?ref=AB", "/signout", "/signedout", "/register", "/register/sent",
		activation, "/activate?t=x", "/activated", "/forgot", "/forgot/sent", reset, reset + "&answered=1", "/reset/password?t=x", l.page, l.page + "/body", l.page + "/part/1", l.page + "/part/x",
		l.page + "/message.eml", l.page + "/reply", l.page + "/replied", "/open", "/sent/" + l.id.String(), "/help", "/privacy", "/api/v1/open", "/nothing", "/m/x", "/sent/x",
		l.page + "?t=wrong", "/activate?t=" + strings.Repeat("A", 43)}
	before := h.dump()
	for _, method := range []string{http.MethodHead, http.MethodGet, http.MethodOptions} {
		for _, path := range paths {
			for _, client := range []*http.Client{b.client, {}} { // the browser that began, and a scanner
				req, err := http.NewRequest(method, h.full(path), nil)
				must(t, err)
				resp, err := client.Do(req)
				must(t, err)
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				if after := h.dump(); after != before {
					t.Fatalf("%s %s changed the store:\n%s\n---\n%s", method, path, before, after)
				}
			}
		}
	}
	if got := len(h.mails()); got != 0 {
		t.Errorf("%d mails were sent", got)
	}

	// The link itself notes only what this one browser brought, in a key of its own.
	keys := h.redis.Keys()
	h.browser().open(l.link)
	for _, k := range h.redis.Keys() {
		if !strings.Contains(strings.Join(keys, "\n"), k) && !strings.HasPrefix(k, "f:") {
			t.Errorf("the link made %s", k)
		}
	}
	// HEAD of the message does not count as opening it, signed in or not.
	b.open(activation).press("Activate my account", nil)
	before = h.dump()
	for _, path := range []string{"", "/body", "/part/1", "/message.eml"} {
		req, err := http.NewRequest(http.MethodHead, h.full(l.page+path), nil)
		must(t, err)
		b.do(req)
	}
	if h.dump() != before {
		t.Error("HEAD counts as opening")
	}
	// The links still work after all the looking.
	r.open(reset).reads(200, "/reset", "Your childhood best friend")
	b.open(l.page).reads(200, l.page, "the plan")
}

// Every form but staging needs the secret of the browser that got the page.
func TestFormsOfOthersAreRefused(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	b := h.browser().open(l.link).byCode(carer).reads(200, l.page)
	stolen := h.browser().open("/") // another browser's form secret
	_, theirs := stolen.form("Continue")
	before := h.dump()
	for _, path := range []string{"/start", "/signin/password", "/signin/code", "/register", "/activate", "/forgot", "/reset", "/reset/password", "/sent/" + l.id.String(), "/signout"} {
		for name, secret := range map[string]string{"none": "", "another browser's": theirs["form"]} {
			v := url.Values{"form": {secret}, "address": {other.String()}, "do": {"send"}, "who": {"all"}}
			b.post(path, "application/x-www-form-urlencoded", strings.NewReader(v.Encode()))
			if b.status != 403 || !strings.Contains(b.words(), "Please do that once more") {
				t.Errorf("%s with %s: got %d", path, name, b.status)
			}
		}
	}
	kind, body := multipartForm(t, field{name: "form", value: theirs["form"]}, field{name: "text", value: "x"})
	b.post(l.page+"/reply", kind, body)
	b.reads(403, "", "Please do that once more")
	_, mine := b.open(l.page + "/reply").form("Send")
	kind, body = multipartForm(t, field{name: "text", value: "x"}, field{name: "file", file: "f", value: "x"}, field{name: "form", value: mine["form"]})
	b.post(l.page+"/reply", kind, body)
	b.reads(403, "") // files before the secret
	if h.dump() != before || len(h.staff.Sent()) > 0 {
		t.Error("something was done all the same")
	}

	// Even with the secret, a browser that says another site sent it is believed.
	req, err := http.NewRequest(http.MethodPost, h.full("/signout"), strings.NewReader(url.Values{"form": {mine["form"]}}.Encode()))
	must(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	if b.do(req); b.status != 403 {
		t.Errorf("got %d, want 403", b.status)
	}
	b.open(l.page).reads(200, l.page, "the plan")
}

func TestHeaders(t *testing.T) {
	h := newHouse(t)
	l := h.send(relatedAsLF(), carer)
	b := h.browser().open(l.link).byCode(carer).reads(200, l.page, "Grüße", "2 attachments", "notes.txt", "6 bytes", "€ plan.pdf").silent("logo.png")
	csp := b.head.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("page policy lacks %q: %s", want, csp)
		}
	}
	if strings.Contains(csp, "script") || strings.Contains(csp, "unsafe") || strings.Contains(b.body, "<script") || strings.Contains(b.body, "style=") {
		t.Errorf("page allows or has script or inline style: %s", csp)
	}
	for _, path := range []string{l.page, "/signin", "/nothing", "/api/v1/x", "/help", "/static"} {
		b.open(path)
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"} {
			if got := b.head.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
	}
	b.open(l.page + "/body")
	csp = b.head.Get("Content-Security-Policy")
	if !strings.HasPrefix(csp, "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:") || !strings.Contains(csp, "frame-ancestors 'self'") || strings.Contains(csp, "allow-scripts") {
		t.Errorf("frame policy: %s", csp)
	}
}

func relatedAsLF() string { return strings.ReplaceAll(relatedMail, "\r\n", "\n") }

// BOP-24, C30: what is saved has the bytes that were attached, and the whole
// message the bytes that were sealed; none of it can run here.
func TestDownloads(t *testing.T) {
	h := newHouse(t)
	l := h.send(relatedAsLF(), carer)
	b := h.browser().open(l.link).byCode(carer)
	b.follow("notes.txt")
	if b.body != "\xff\xfeh\x00i\x00" || b.head.Get("Content-Type") != "text/plain" || b.head.Get("Content-Length") != "6" {
		t.Errorf("got %q as %s", b.body, b.head.Get("Content-Type"))
	}
	if got := b.head.Get("Content-Disposition"); !strings.HasPrefix(got, `attachment; filename="notes.txt"`) {
		t.Errorf("disposition %s", got)
	}
	if got := b.head.Get("Content-Security-Policy"); !strings.HasPrefix(got, "sandbox; default-src 'none'") || b.head.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("policy %s", got)
	}
	if b.open(l.page + "/part/2"); b.head.Get("Content-Type") != "application/octet-stream" { // text/html
		t.Errorf("HTML is sent as %s", b.head.Get("Content-Type"))
	}
	b.open(l.page+"/part/9").reads(404, "", "There is no such attachment")
	b.open(l.page).follow("Save the whole message")
	if b.body != string(l.original) || b.head.Get("Content-Type") != "message/rfc822" || !strings.Contains(b.head.Get("Content-Disposition"), `"Care plan.eml"`) {
		t.Errorf("got %d bytes of %d as %s", len(b.body), len(l.original), b.head.Get("Content-Disposition"))
	}
	// Each of them is a release with its purpose.
	rec, err := h.store.EnvelopeForOperator(t.Context(), l.id)
	must(t, err)
	trail, err := h.store.Trail(t.Context(), l.id)
	must(t, err)
	seen := fmt.Sprint(trail.Entries)
	for _, purpose := range []string{"open by code", "attachment by code", "save by code"} {
		if !strings.Contains(seen, purpose) {
			t.Errorf("the audit chain lacks %q: %s", purpose, seen)
		}
	}
	if rec.Recipients[0].Opens != 6 {
		t.Errorf("got %d releases, want 6", rec.Recipients[0].Opens)
	}
	if files, err := os.ReadDir(h.spool); err != nil || len(files) > 0 {
		t.Errorf("left in the spool: %v %v", files, err)
	}
}

func TestCookies(t *testing.T) {
	h := newHouse(t, func(c *portal.Config) { c.BaseURL, c.Insecure = "https://secure.example.gov.uk", false })
	l := h.send(plainMail, carer)
	req := httptest.NewRequest(http.MethodGet, "https://secure.example.gov.uk"+l.link, nil)
	req.TLS = &tls.ConnectionState{}
	w := httptest.NewRecorder()
	h.web.Config.Handler.ServeHTTP(w, req)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != l.page || w.Header().Get("Strict-Transport-Security") == "" {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
	c := w.Result().Cookies()
	if len(c) != 1 || !strings.HasPrefix(c[0].Name, "__Host-") || !c[0].HttpOnly || !c[0].Secure || c[0].SameSite != http.SameSiteLaxMode || c[0].Path != "/" || c[0].Domain != "" ||
		c[0].MaxAge != 0 || !c[0].Expires.IsZero() || len(c[0].Value) < 22 { // BCC-12: ends with the browser
		t.Errorf("got %+v", c)
	}
}

// Redis away: words, 503 and Retry-After on every page that needs it; the rest goes on.
func TestRedisAway(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	b := h.browser().open(l.link).byCode(carer).reads(200, l.page)
	h.redis.SetError("LOADING Redis is loading the dataset in memory")
	for _, path := range []string{l.page, l.link, "/signin", l.page + "/message.eml", "/sent/" + l.id.String()} {
		b.open(path).reads(503, "", "We cannot do this just now", "Try again in a few minutes").silent("LOADING", "redis", "Redis")
		if b.head.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", path)
		}
	}
	b.open("/help").reads(200, "/help")
	h.redis.SetError("")
	b.open(l.page).reads(200, l.page, "the plan")
}

// Promise 4: what people type and read stands in no log line.
func TestLogKeepsSecrets(t *testing.T) {
	h := newHouse(t)
	h.account(carer, "correct horse battery")
	l := h.send(plainMail, carer)
	b := h.browser().open(l.link)
	b.press("Sign in", map[string]string{"password": "my wrong secret"})
	b.open("/signin").press("Send me a code", nil)
	code := h.code(carer)
	b.press("Continue", map[string]string{"code": code}).reads(200, l.page)
	h.swap(l, []byte("damaged"))
	b.open(l.page)
	b.open(l.page+"/reply").upload("Send", field{name: "text", value: "what I write"})
	h.redis.SetError("LOADING")
	b.open(l.page)
	h.redis.SetError("")
	log := h.log.String()
	if !strings.Contains(log, "code=unavailable") {
		t.Errorf("the log lacks the failure: %s", log)
	}
	for _, secret := range []string{"my wrong secret", "correct horse", code, l.secret.Encode(), "what I write", "the plan", "Care plan", carer.String()} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q:\n%s", secret, log)
		}
	}
	for _, c := range b.client.Jar.Cookies(b.at) {
		if strings.Contains(log, c.Value) {
			t.Error("the log has a cookie")
		}
	}
}

// What Postfix says of a refused reply may name an address; the log does not.
func TestLogNamesNobodyOfARefusedReply(t *testing.T) {
	h := newHouse(t)
	l := h.seal(plainMail, carer)
	h.account(carer, "correct horse battery")
	_, opened := h.call("open", l.call("address", carer.String(), "password", "correct horse battery")...)
	h.staff.Fail = func(relay.Mail) error {
		return fmt.Errorf("%w: %w", relay.ErrPermanent, &relay.Reply{Code: 550, Enhanced: "5.1.1", Text: "<" + officer.String() + ">: Recipient address rejected"})
	}
	kind, body := multipartForm(t, field{name: "session", value: opened["session"].(string)}, field{name: "id", value: l.id.String()}, field{name: "text", value: "hello"})
	if status, got := h.callBody("reply", kind, body.String()); status != 502 {
		t.Fatalf("got %d %v", status, got)
	}
	if log := h.log.String(); strings.Contains(log, officer.String()) || !strings.Contains(log, "550 5.1.1") {
		t.Errorf("the log says: %s", log)
	}
}

// A form over its bound is refused, whatever it is.
func TestFormsAreBounded(t *testing.T) {
	h := newHouse(t)
	b := h.browser().open("/")
	_, fields := b.form("Continue")
	v := url.Values{"form": {fields["form"]}, "address": {strings.Repeat("a", portal.MaxForm)}}
	b.post("/start", "application/x-www-form-urlencoded", strings.NewReader(v.Encode()))
	b.reads(413, "", "That is too big")
	b.open("/").press("Continue", map[string]string{"address": "not an address"}).reads(422, "/start", "There is a problem", "Enter an email address")
}

// Only pages of ours are followed after a sign-in.
func TestNextStaysHere(t *testing.T) {
	h := newHouse(t)
	for _, next := range []string{"https://evil.example/", "//evil.example", "/m/../signout", "/sent/" + strings.Repeat("a", 26) + "/x", "javascript:alert(1)"} {
		b := h.browser().open("/").press("Continue", map[string]string{"address": carer.String(), "next": next})
		b.byCode(carer).reads(200, "/", "You are signed in")
	}
}

func TestNewRefusesSettings(t *testing.T) {
	h := newHouse(t)
	good := portal.Config{BaseURL: "https://secure.example.gov.uk", Store: h.store, Shelf: h.shelf, Spool: h.spool,
		Brand: notice.Brand{Organisation: "O", Service: carer, ServiceDomain: "x.example"}}
	if _, err := portal.New(good); err != nil {
		t.Fatalf("got %v", err)
	}
	for name, change := range map[string]func(*portal.Config){
		"plain http":      func(c *portal.Config) { c.BaseURL = "http://secure.example.gov.uk" },
		"final slash":     func(c *portal.Config) { c.BaseURL += "/" },
		"no host":         func(c *portal.Config) { c.BaseURL = "https://" },
		"no store":        func(c *portal.Config) { c.Store = nil },
		"no shelf":        func(c *portal.Config) { c.Shelf = nil },
		"no spool":        func(c *portal.Config) { c.Spool = "" },
		"no organisation": func(c *portal.Config) { c.Brand.Organisation = "" },
	} {
		c := good
		change(&c)
		if _, err := portal.New(c); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// A session ends by itself when nothing is done, and the page says how to go on.
func TestSessionEnds(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	b := h.browser().open(l.link).byCode(carer).reads(200, l.page)
	h.clock = h.clock.Add(store.SessionIdle)
	b.open(l.page).silent("the plan")
	b.open(l.link).reads(200, "/signin", carer.String())
}
