package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/store"
)

// told takes the one mail that tells of a change.
func (h *house) told(to addr.Address, what string) notice.AccountChangedData {
	h.t.Helper()
	var d notice.AccountChangedData
	h.mail(to, notice.AccountChanged, &d)
	if d.What != what || d.Page == "" {
		h.t.Fatalf("got %+v, want %s", d, what)
	}
	return d
}

const good = "correct horse battery"

// signInAt is a new browser signed in by password.
func (h *house) signInAt(a addr.Address, password string) *browser {
	h.t.Helper()
	b := h.browser().open("/").press("Continue", map[string]string{"address": a.String()})
	return b.press("Sign in", map[string]string{"password": password})
}

// Issue 5, item 1: the name is changed, and the page says so.
func TestChangeName(t *testing.T) {
	h := newHouse(t)
	b := h.account(carer, good).open("/account").reads(200, "/account", "Carla Carer").follow("Change your name")
	b.press("Save", map[string]string{"first": " ", "last": "Nurse"}).reads(422, "/account/name", "Enter your first name")
	if !strings.Contains(b.body, `value="Nurse"`) {
		t.Error("what was typed is lost")
	}
	b.press("Save", map[string]string{"first": "Karla", "last": "Nurse"}).reads(200, "/account", "Your name has been changed", "Karla Nurse")
}

// Issue 5, item 1; ASVS 5.0 6.2.3, 7.2.4, 7.4.3, 7.5.1: a password is changed with the
// old one or a fresh code; everything else is signed out, and a mail tells of it.
func TestChangePassword(t *testing.T) {
	for name, confirm := range map[string]func(*house, *browser){
		"old password": func(h *house, b *browser) {
			b.press("Continue", map[string]string{"password": "not the old one"}).reads(422, "/account/confirm", "does not match")
			b.press("Continue", map[string]string{"password": good})
		},
		"code": func(h *house, b *browser) {
			b.press("Send me a code instead", nil).reads(200, "/account/confirm")
			code := h.code(carer)
			b.press("Continue with the code", map[string]string{"code": "1"}).reads(422, "/account/confirm", "not the digits")
			b.press("Continue with the code", map[string]string{"code": code})
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.account(carer, good)
			b, other := h.signInAt(carer, good), h.signInAt(carer, good)
			b.open("/account").follow("Change your password").reads(200, "/account/confirm", "show once more that it is you")
			before := b.session()
			confirm(h, b)
			b.reads(200, "/account/password")
			if b.session() == before {
				t.Error("the session has its old value after the person was asked again")
			}
			b.press("Set this password", map[string]string{"password": "carla-carer-2026", "again": "carla-carer-2026"}).reads(422, "/account/password", "the first that people guess")
			b.press("Set this password", map[string]string{"password": "a whole new start", "again": "a whole new start"})
			b.reads(200, "/account", "Your password has been changed")
			h.told(carer, notice.PasswordChanged)
			other.open("/account").reads(200, "/signin")
			h.signInAt(carer, good).reads(422, "/signin/password")
			h.signInAt(carer, "a whole new start").reads(200, "/")
			// It asks anew: the minutes are over.
			h.clock = h.clock.Add(store.FreshLife + time.Second)
			b.open("/account/password").reads(200, "/account/confirm")
		})
	}
}

// session is the value of the session's cookie.
func (b *browser) session() string {
	for _, c := range b.client.Jar.Cookies(b.at) {
		if strings.HasSuffix(c.Name, "-s") {
			return c.Value
		}
	}
	return ""
}

// Issue 5, item 1; BOP-16: question and answer are changed or done without.
func TestChangeQuestion(t *testing.T) {
	h := newHouse(t)
	b := h.account(carer, good)
	b.open("/account").follow("Change your question").press("Save", map[string]string{"question": "pet", "answer": " "}).reads(422, "/account/question", "Enter an answer")
	b.press("Save", map[string]string{"question": "pet", "answer": "Tibbles"}).reads(200, "/account", "Your question has been changed")
	h.told(carer, notice.QuestionChanged)
	r := h.browser().open("/").press("Continue", map[string]string{"address": carer.String()})
	r.open("/forgot").press("Send me the link", nil)
	r.open(h.reset(carer).Link).reads(200, "/reset", "first pet").press("Continue", map[string]string{"answer": "TIBBLES"}).reads(200, "/reset", "Choose a password")
	h.clock = h.clock.Add(store.FreshLife + time.Second)
	b.open("/account/question").reads(200, "/account/confirm").press("Continue", map[string]string{"password": good}).reads(200, "/account/question")
	b.press("Do without a question", nil).reads(200, "/account")
	h.told(carer, notice.QuestionChanged)
	r.open("/forgot").press("Send me the link", nil)
	r.open(h.reset(carer).Link).reads(200, "/reset", "Choose a password").silent("Please answer")
}

// Issue 5, item 1: several addresses on one account. Each is proved by its code, in
// this browser; messages to each open; it is taken off again.
func TestSeveralAddresses(t *testing.T) {
	h := newHouse(t)
	b := h.account(carer, good)
	l := h.send(plainMail, other)
	b.open(l.link).reads(403, l.page, "another address")
	b.open("/account").follow("Add or take off an address").reads(200, "/account/addresses", carer.String())
	b.press("Send the code", map[string]string{"address": carer.String()}).reads(422, "/account/addresses", "another email address of yours")
	b.press("Send the code", map[string]string{"address": other.String()}).reads(200, "/account/addresses/code", other.String())
	code := h.code(other)
	b.press("Add this address", map[string]string{"code": "11111111"}).reads(422, "/account/addresses/code", "not the digits")
	b.press("Add this address", map[string]string{"code": code}).reads(200, "/account/addresses", other.String())
	if d := h.told(carer, notice.AddressAdded); d.Name != other.String() {
		t.Errorf("the mail names %q", d.Name)
	}
	b.open(l.link).reads(200, l.page, "the plan")
	b.open(h.send(plainMail, carer).link).reads(200, "", "the plan")
	// The password is the account's, typed with either address.
	h.browser().open(l.link).press("Sign in", map[string]string{"password": good}).reads(200, l.page, "the plan")
	// A code at the further address opens its messages, and nothing of the account.
	byCode := h.browser().open(l.link).byCode(other).reads(200, l.page)
	byCode.open(h.send(plainMail, carer).link).reads(403, "", "another address")
	byCode.open("/account").reads(200, "/account", "This address is on another account").silent(carer.String(), "Carla")

	b.open("/account/addresses").press("Take off "+other.String(), nil).reads(200, "/account/addresses").silent(other.String())
	h.told(carer, notice.AddressRemoved)
	b.open(l.link).reads(403, l.page, "another address")
	h.signInAt(other, good).reads(422, "/signin/password", "does not match")
}

// Issue 5, item 1: an address with its own account is not taken by its code alone;
// whoever has a mailbox can take it off an account.
func TestAddressOfAnotherAccount(t *testing.T) {
	h := newHouse(t)
	h.account(other, "the others password")
	b := h.account(carer, good)
	add := func() *browser {
		b.open("/account/addresses").press("Send the code", map[string]string{"address": other.String()})
		return b.press("Add this address", map[string]string{"code": h.code(other)})
	}
	add().reads(422, "/account/addresses/code", "has an account of its own")
	code := h.code(other)
	b.press("Add this address", map[string]string{"code": code, "password": good}).reads(422, "/account/addresses/code", "does not match")
	h.signInAt(other, "the others password").reads(200, "/")
	b.press("Add this address", map[string]string{"code": code, "password": "the others password"}).reads(200, "/account/addresses", other.String())
	h.told(carer, notice.AddressAdded)
	h.signInAt(other, "the others password").reads(422, "/signin/password")

	owner := h.browser().open("/").press("Continue", map[string]string{"address": other.String()}).byCode(other)
	owner.open("/account/addresses").press("Take this address off that account", nil).reads(200, "/signin")
	h.told(carer, notice.AddressRemoved)
	l := h.send(plainMail, other)
	b.open(l.link).reads(403, l.page)
}

// Issue 5, item 1; ASVS 5.0 7.4.1, 7.5.2: where one is signed in, and signing out there.
func TestSessionList(t *testing.T) {
	h := newHouse(t)
	h.account(carer, good)
	b := h.browser()
	b.agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
	b.open("/").press("Continue", map[string]string{"address": carer.String()}).press("Sign in", map[string]string{"password": good})
	phone := h.browser()
	phone.agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"
	phone.open("/").press("Continue", map[string]string{"address": carer.String()}).press("Sign in", map[string]string{"password": good})
	third := h.signInAt(carer, good)
	b.open("/account/sessions").reads(200, "", "Firefox, Windows (this one)", "Safari, iPhone", "A browser that we do not know", "Since today, 10:30 BST")
	b.press("Sign out Safari, iPhone, today, 10:30 BST", nil).reads(200, "/account/sessions").silent("iPhone")
	phone.open("/account").reads(200, "/signin")
	third.open("/account").reads(200, "/account")
	b.press("Sign out everywhere else", nil).reads(200, "/account/sessions", "Firefox, Windows (this one)").silent("A browser that we")
	third.open("/account").reads(200, "/signin")
	b.open("/account").reads(200, "/account")
}

// Issue 5, item 1; ASVS 5.0 7.4.2: deleting an account asks again and says what goes;
// messages to the address open by a code as before.
func TestDeleteAccount(t *testing.T) {
	h := newHouse(t)
	h.account(carer, good)
	l := h.send(plainMail, carer)
	b, other := h.signInAt(carer, good), h.signInAt(carer, good)
	b.open(l.link).reads(200, l.page)
	b.open("/account").follow("Delete your account").reads(200, "/account/confirm")
	b.press("Continue", map[string]string{"password": good}).reads(200, "/account/delete", "your name, your password", "passkeys", "answers that you have begun", "with a code")
	b.press("Delete my account", map[string]string{"agree": ""}).reads(422, "/account/delete", "Tick the box")
	b.press("Delete my account", map[string]string{"agree": "yes"}).reads(200, "/account/deleted", "signed out everywhere")
	h.told(carer, notice.AccountDeleted)
	for _, gone := range []*browser{b, other} {
		gone.open("/account").reads(200, "/signin")
	}
	h.signInAt(carer, good).reads(422, "/signin/password", "does not match")
	h.browser().open(l.link).byCode(carer).reads(200, l.page, "the plan")
	h.account(carer, "a whole new start")
}

// Issue 5, items 1 and 7: the last owner of a shared mailbox is told to hand it over
// before her account goes; then the page says that her place ends too.
func TestDeleteAccountOfTheLastOwner(t *testing.T) {
	h := newHouse(t)
	h.account(carer, good)
	_, err := h.store.OpenDesk(t.Context(), surgery, []addr.Address{carer}, "operator:pat", h.clock)
	must(t, err)
	b := h.signInAt(carer, good)
	asks := func() *browser {
		b.open("/account").follow("Delete your account")
		return b.press("Continue", map[string]string{"password": good})
	}
	asks().reads(409, "/account/delete", "Somebody has to look after the mailbox")
	_, err = h.store.OpenDesk(t.Context(), surgery, []addr.Address{other}, "operator:pat", h.clock)
	must(t, err)
	b.open("/account/delete").reads(200, "/account/delete", "your place at these shared mailboxes: "+surgery.String())
	b.press("Delete my account", map[string]string{"agree": "yes"}).reads(200, "/account/deleted")
	if d, _, err := h.store.Desk(t.Context(), surgery); err != nil || len(d.Seats) != 1 || !d.Seats[0].Address.Equal(other) {
		t.Errorf("at the desk: %v, %v", d.Seats, err)
	}
}

// Issue 5, item 1: the account keeps the language that was chosen.
func TestAccountKeepsLanguage(t *testing.T) {
	h := newHouse(t, bilingual)
	b := h.account(carer, good)
	if got, err := h.store.Language(t.Context(), carer); err != nil || got != "en" {
		t.Errorf("as registered: got %q %v", got, err)
	}
	b.open("/account").press("Cymraeg", nil).reads(200, "/account", "Eich cyfrif")
	if got, err := h.store.Language(t.Context(), carer); err != nil || got != "cy" {
		t.Errorf("as chosen: got %q %v", got, err)
	}
}

// BCC-12: the session's cookie ends with the browser, is Secure, HttpOnly and
// SameSite; another tab has it; Log out ends it on the server.
func TestBCC12Session(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	b := h.browser().open(l.link).byCode(carer)
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	again := h.browser().open(l.link)
	again.press("Send me a code", nil)
	code := h.code(carer)
	again.client.CheckRedirect = b.client.CheckRedirect
	again.press("Continue", map[string]string{"code": code})
	found := false
	for _, line := range again.head.Values("Set-Cookie") {
		c, err := http.ParseSetCookie(line)
		must(t, err)
		if !strings.HasSuffix(c.Name, "-s") {
			continue
		}
		found = true
		if c.MaxAge != 0 || !c.Expires.IsZero() || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("got %+v", c)
		}
	}
	if !found {
		t.Error("no session was set")
	}
	b.client.CheckRedirect = nil
	tab := &browser{h: h, client: &http.Client{Jar: b.client.Jar}} // the first is closed
	tab.open(l.page).reads(200, l.page, "the plan")
	kept := tab.client.Jar.Cookies(tab.at)
	tab.press("Sign out", nil).reads(200, "/signedout")
	stale := h.browser()
	stale.client.Jar.SetCookies(tab.at, kept)
	stale.open(l.page).silent("the plan")
}

// A production cookie is Secure and bound to the host.
func TestBCC12SessionIsSecure(t *testing.T) {
	if got := portal.SessionCookie(false); !got.Secure || !strings.HasPrefix(got.Name, "__Host-") || got.MaxAge != 0 || !got.Expires.IsZero() || !got.HttpOnly || got.SameSite == 0 {
		t.Errorf("got %+v", got)
	}
}

// ASVS 5.0 7.2.4: signing in again, as anybody, ends the session that was there.
func TestSignInEndsTheSessionBefore(t *testing.T) {
	h := newHouse(t)
	h.account(carer, good)
	b := h.signInAt(carer, good)
	before, kept := b.session(), b.client.Jar.Cookies(b.at)
	b.open("/signin?change=1").press("Continue", map[string]string{"address": other.String()}).byCode(other)
	if b.session() == before {
		t.Error("the session has its old value")
	}
	stale := h.browser()
	stale.client.Jar.SetCookies(b.at, kept)
	stale.open("/account").reads(200, "/signin")
}
