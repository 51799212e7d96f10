package portal_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// Replay: everything that opens a door does so once, for whom it was made, where it
// was asked for, and not after its time. The store's own cases are CodeLife,
// CodesAtOnce, CodeBelongsToItsBrowser, Ceremony and Session of storetest.

// stolen is another browser with the cookies that one had.
func (b *browser) stolen() *browser {
	b.h.t.Helper()
	jar, err := cookiejar.New(nil)
	must(b.h.t, err)
	home, err := url.Parse(b.h.web.URL)
	must(b.h.t, err)
	jar.SetCookies(home, b.client.Jar.Cookies(home))
	return &browser{h: b.h, client: &http.Client{Jar: jar}}
}

// tokenOf is what a link carries.
func tokenOf(t *testing.T, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	must(t, err)
	if u.Query().Get("t") == "" {
		t.Fatalf("no token in %q", link)
	}
	return u.Query().Get("t")
}

// ends are the ways in which somebody's sessions end.
var ends = map[string]func(h *house, b *browser){
	"signed out": func(_ *house, b *browser) { b.open("/help").press("Sign out", nil) },
	"signed out everywhere else": func(h *house, _ *browser) {
		h.signInAt(carer, good).open("/account/sessions").press("Sign out everywhere else", nil)
	},
	"password changed": func(h *house, _ *browser) {
		b := h.signInAt(carer, good).open("/account").follow("Change your password").press("Continue", map[string]string{"password": good})
		b.press("Set this password", map[string]string{"password": "a whole new start", "again": "a whole new start"}).reads(200, "/account")
	},
	"account deleted": func(h *house, _ *browser) {
		b := h.signInAt(carer, good).open("/account").follow("Delete your account").press("Continue", map[string]string{"password": good})
		b.press("Delete my account", map[string]string{"agree": "yes"}).reads(200, "/account/deleted")
	},
	"reset by the operator": func(h *house, _ *browser) {
		must(h.t, h.store.ResetAccount(h.t.Context(), carer, "operator:pat", h.clock))
	},
	"unused": func(h *house, _ *browser) { h.clock = h.clock.Add(store.SessionIdle) },
}

// The cookie of a session, and the session of an opened file, are worth nothing once
// it has ended, in whatever way; nor are the forms of a page from before.
func TestSessionIsNotReplayed(t *testing.T) {
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.account(carer, good)
			l := h.send(plainMail, carer)
			b := h.signInAt(carer, good).open(l.link).reads(200, l.page, "the plan")
			_, opened := h.call("open", l.call("address", carer.String(), "password", good)...)
			session := opened["session"].(string)
			action, form := b.open("/account/name").form("Save")
			stale := b.stolen()
			stale.open(l.page).reads(200, l.page, "the plan")
			end(h, b)
			for _, path := range []string{l.page, l.page + "/body", l.page + "/part/1", l.page + "/print", l.page + "/message.eml", "/account", "/messages", "/"} {
				for _, who := range []*browser{b, stale} {
					who.open(path).silent("the plan", "Care plan", "You are signed in")
				}
			}
			v := url.Values{"form": {form["form"]}, "first": {"Mallory"}, "last": {"Mallory"}}
			stale.post(action, "application/x-www-form-urlencoded", strings.NewReader(v.Encode()))
			stale.silent("Mallory")
			if own, err := h.store.Account(t.Context(), carer); err == nil && own.FirstName == "Mallory" {
				t.Error("a form from before changed the name")
			}
			if name == "signed out" { // of the site; the file's session is its own
				h.call("signout", "session", session)
			}
			if status, got := h.apiReplyWith(session, l, field{name: "text", value: "x"}); status != 401 && status != 404 {
				t.Errorf("the file's session answers: %d %v", status, got)
			}
			if got := len(h.staff.Sent()); got != 0 {
				t.Errorf("%d answers were sent", got)
			}
		})
	}
}

// Codes and links serve once, in their own browser, for their own purpose.
func TestTokenServesOnce(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)

	b := h.browser().open(l.link).press("Send me a code", nil)
	code := h.code(carer)
	b.press("Continue", map[string]string{"code": code}).reads(200, l.page)
	b.open("/signin/code").press("Continue", map[string]string{"code": code}).reads(422, "", "no longer works")
	h.browser().open(l.link).open("/signin/code").press("Continue", map[string]string{"code": code}).reads(422, "")
	if status, _ := h.call("open", l.call("address", carer.String(), "code", code)...); status != 403 {
		t.Errorf("the site's code in the file: got %d", status)
	}
	h.call("code", l.call("address", carer.String())...)
	code = h.code(carer)
	h.browser().open(l.link).open("/signin/code").press("Continue", map[string]string{"code": code}).reads(422, "")
	if status, _ := h.call("open", l.call("address", carer.String(), "code", code)...); status != 200 {
		t.Errorf("the file's own code: got %d", status)
	}
	if status, _ := h.call("open", l.call("address", carer.String(), "code", code)...); status != 403 {
		t.Errorf("the file's code again: got %d", status)
	}

	b = h.browser().open(l.link).follow("Set up a password").press("Continue", person(good))
	link := h.activation(carer).Link
	h.browser().open("/reset?t="+tokenOf(t, link)).reads(403, "") // the door of another kind
	b.open(link)
	action, form := b.form("Activate my account")
	thief := h.browser().open(link)
	b.press("Activate my account", nil).reads(200, "/activated")
	v := url.Values{}
	for k, value := range form {
		v.Set(k, value)
	}
	b.post(action, "application/x-www-form-urlencoded", strings.NewReader(v.Encode()))
	if b.status < 400 {
		t.Errorf("activated twice: got %d", b.status)
	}
	thief.press("Activate my account", person("the thiefs password")).silent("You are signed in")
	if thief.status < 400 || thief.session() != "" {
		t.Errorf("a link that was used registers anew: got %d", thief.status)
	}
	h.signInAt(carer, good).reads(200, "/")

	b = h.browser().open(l.link).follow("I have forgotten my password").press("Send me the link", nil)
	link = h.reset(carer).Link
	h.browser().open("/activate?t="+tokenOf(t, link)).reads(403, "")
	b.open(link).press("Continue", map[string]string{"answer": "tom"})
	_, form = b.form("Set this password")
	b.press("Set this password", map[string]string{"password": "a whole new start", "again": "a whole new start"}).reads(200, "/activated")
	h.told(carer, notice.PasswordChanged)
	v = url.Values{"password": {"the thiefs password"}, "again": {"the thiefs password"}}
	for k, value := range form {
		if k != "password" && k != "again" {
			v.Set(k, value)
		}
	}
	b.post("/reset/password", "application/x-www-form-urlencoded", strings.NewReader(v.Encode()))
	if b.status < 400 {
		t.Errorf("reset twice: got %d", b.status)
	}
	h.browser().open(link).reads(403, "", "no longer works")
	h.signInAt(carer, "a whole new start").reads(200, "/")

	for _, door := range []string{"/activate?t=", "/reset?t="} { // a message's secret is for nothing else
		h.browser().open(door+l.secret.Encode()).reads(403, "")
	}
}

// What comes back from a provider serves once, also after it worked, and nowhere else.
func TestProvidersAnswerServesOnce(t *testing.T) {
	h, _ := withLiar(t, carer.String(), nil)
	m := h.send(plainMail, carer)
	b := h.browser().open(m.link)
	var back string
	b.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.Path, "/signin/oidc/") {
			back = r.URL.RequestURI()
		}
		return nil
	}
	b.byProvider("Acme").reads(200, m.page, "the plan")
	if back == "" {
		t.Fatal("nothing came back")
	}
	thief := b.stolen()
	b.open("/help").press("Sign out", nil)
	for who, x := range map[string]*browser{"the same browser": b, "another": h.browser().open("/"), "one with its cookies": thief} {
		x.open(back).reads(403, "", "Please begin again").silent("the plan")
		if who == "one with its cookies" {
			continue
		}
		if x.session() != "" {
			t.Errorf("%s is signed in", who)
		}
	}
}

// A message that was taken back or has closed stays shut to everything that was
// brought before: link, session, file, and the secret that a file posts.
func TestClosedMessageIsNotReplayed(t *testing.T) {
	for name, end := range map[string]func(h *house, l letter){
		"taken back": func(h *house, l letter) {
			_, err := h.store.Recall(h.t.Context(), l.id, "sender:jane", []addr.Address{carer}, "wrong Smith", h.clock)
			must(h.t, err)
		},
		"closed": func(h *house, _ letter) { h.clock = h.clock.Add(90 * 24 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.account(carer, good)
			l := h.send(plainMail, carer)
			b := h.signInAt(carer, good).open(l.link).reads(200, l.page, "the plan")
			_, opened := h.call("open", l.call("address", carer.String(), "password", good)...)
			end(h, l)
			if name == "closed" { // sessions end long before
				b = h.signInAt(carer, good).open(l.link)
			}
			for _, path := range []string{"", "/body", "/part/1", "/print", "/message.eml", "/attachments.zip", "/reply", "/securedoc.html"} {
				if b.open(l.page + path).silent("the plan"); b.status < 400 {
					t.Errorf("%s: got %d", path, b.status)
				}
			}
			if status, got := h.call("open", l.call("address", carer.String(), "password", good)...); status != 410 || got["key"] != nil {
				t.Errorf("the file: got %d %v", status, got)
			}
			if status, _ := h.apiReplyWith(opened["session"].(string), l, field{name: "text", value: "x"}); status < 400 {
				t.Errorf("an answer from the file that was open: got %d", status)
			}
			for range 2 {
				if s := h.browser().stage(l.fields()...); s.status != 410 {
					t.Errorf("posted again: got %d", s.status)
				}
			}
		})
	}
}

// Posting the file twice puts nothing twice, gives no right, and ends when it is too often.
func TestPostedFileTwice(t *testing.T) {
	h := newHouse(t)
	l := h.seal(plainMail, carer)
	for range 3 {
		h.browser().stage(l.fields()...).reads(200, "/signin").silent("the plan")
	}
	if got := h.shelf.Used(); got != int64(len(l.container)) {
		t.Errorf("%d octets on the shelf, want %d", got, len(l.container))
	}
}
