package portal_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// Journey 1, SCC-7, SCC-9, SCC-11, BCC-19, BCC-23, BOP-2: a carer reads by a code
// in three actions, without an account, and is then offered a password.
func TestFirstReadByCode(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	b := h.browser().open(l.link)
	b.reads(200, "/signin", "A private message from Jane Doe (jane.doe@example.gov.uk)", carer.String())
	if b.at.RawQuery != "" {
		t.Errorf("the secret stays in the address: %s", b.at)
	}
	b.press("Send me a code", nil) // 1
	code := h.code(carer)          // 2 and 3: type and press
	b.press("Continue", map[string]string{"code": code[:4] + " " + code[4:]})
	b.reads(200, l.page, "Care plan", "Jane Doe (jane.doe@example.gov.uk)", "Today, 10:30 BST", "OFFICIAL-SENSITIVE: Personal data",
		"the plan <b>starts</b> on Monday & costs £5.", "Would you like to set a password?", "sign out")

	// A choice, not a gate; who has shown her mailbox needs no second mail.
	b.follow("Set a password").reads(200, "/register", carer.String())
	b.press("Continue", person("correct horse battery")).reads(200, "/activated", "Your password works now")
	if got := len(h.mails()); got != 0 {
		t.Errorf("got %d mails, want none", got)
	}
	b.follow("Continue").reads(200, l.page, "starts").silent("Would you like to set a password?")

	// BCC-12: signing out ends it on the server too.
	cookies := b.client.Jar.Cookies(b.at)
	b.press("Sign out", nil).reads(200, "/signedout", "Nothing that you read is left here")
	r, err := http.NewRequest(http.MethodGet, h.full(l.page), nil)
	must(t, err)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	b.client.Jar = nil
	b.do(r)
	b.silent("starts")
}

// BCC-2 to 8, BCC-20, BOP-2: address, registration, activation, and on to the very message.
func TestRegisterActivateRead(t *testing.T) {
	h := newHouse(t)
	h.shape = func(r *store.Record) {
		r.To = []string{"Carla <" + carer.String() + ">"}
		r.Cc = []string{other.String()}
	}
	l := h.send(plainMail, carer, other) // two recipients: to choose from
	h.shape = nil
	b := h.browser().open(l.link).reads(200, "/signin", "Please enter your email address", carer.String(), other.String())
	b.press("Continue", nil).reads(422, "/start", "Enter an email address")
	b.press("Continue", map[string]string{"choice": carer.String()}).reads(200, "/signin", carer.String())
	b.follow("Set up a password").reads(200, "/register", carer.String())

	bad := person("correct horse battery")
	bad["again"], bad["answer"] = "something else", " "
	b.press("Continue", bad).reads(422, "/register", "There is a problem", "Type the same password in both places", "Enter an answer")
	if !strings.Contains(b.body, `href="#again"`) || !strings.Contains(b.body, `value="Carla"`) || strings.Contains(b.body, "correct horse") {
		t.Error("the summary does not lead to the field, the draft is lost, or a password comes back")
	}
	b.press("Continue", person("correct horse battery")).reads(200, "/register/sent", "Check your email", "spam folder", "30 minutes")
	mail := h.activation(carer)
	if mail.Known {
		t.Error("the mail takes the address for known")
	}

	// BCC-7: not before the link was pressed, and this browser is told why.
	b.open("/signin").press("Sign in", map[string]string{"password": "correct horse battery"}).reads(403, "", "not switched on yet")
	b.open(mail.Link).reads(200, "/activate", "Press the button")
	b.press("Activate my account", nil).reads(200, "/activated", "You are signed in")
	b.follow("Continue").reads(200, l.page, "the plan")

	// One use, BCC-6.
	b.open(mail.Link).reads(403, "", "This code or link no longer works")
	// Afterwards the password is enough, for this and every other message.
	l2 := h.send(plainMail, carer)
	h.browser().open(l2.link).press("Sign in", map[string]string{"password": "correct horse battery"}).reads(200, l2.page, "the plan")
}

// BCC-6: 30:00 works, 30:01 does not, and the page offers a new link.
func TestActivationLinkEnds(t *testing.T) {
	for after, want := range map[time.Duration]int{29*time.Minute + 59*time.Second: 200, 30*time.Minute + time.Second: 403} {
		h := newHouse(t)
		b := h.browser().open("/").press("Continue", map[string]string{"address": carer.String()})
		b.follow("Set up a password").press("Continue", person("correct horse battery"))
		link := h.activation(carer).Link
		h.clock = h.clock.Add(after)
		b.open(link)
		if b.status != want {
			t.Errorf("after %v: got %d, want %d", after, b.status, want)
		}
	}
}

// A stranger registers somebody else's address; nothing he typed is taken over
// when the owner presses the link in her own browser.
func TestStrangerRegistersFirst(t *testing.T) {
	h := newHouse(t)
	stranger := h.browser().open("/").press("Continue", map[string]string{"address": carer.String()})
	stranger.follow("Set up a password").press("Continue", person("strangers password"))
	link := h.activation(carer).Link

	owner := h.browser().open(link)
	owner.reads(200, "/activate", "another browser").silent("Carla", "strangers")
	owner.press("Activate my account", nil).reads(422, "/activate", "Enter your first name")
	owner.press("Activate my account", person("the owners password")).reads(200, "/activated")

	fresh := h.browser().open("/").press("Continue", map[string]string{"address": carer.String()})
	fresh.press("Sign in", map[string]string{"password": "strangers password"}).reads(422, "/signin/password", "does not match")
	fresh.press("Sign in", map[string]string{"password": "the owners password"}).reads(200, "/", "You are signed in")
	stranger.open("/").silent("You are signed in")
}

// BCC-20: the deep link leads on in the browser where the mail was opened.
func TestActivationInAnotherBrowserLeadsToTheMessage(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	h.browser().open(l.link).follow("Set up a password").press("Continue", person("correct horse battery"))
	b := h.browser().open(h.activation(carer).Link).press("Activate my account", person("another good password"))
	// What was typed elsewhere is not taken over, its deep link neither: the mail's button is.
	b.reads(200, "/activated").open(l.link).reads(200, l.page, "the plan")
}

// BCC-27: 20 wrong passwords close the way by password for an hour; the code way stays open.
func TestTwentyWrongPasswords(t *testing.T) {
	h := newHouse(t)
	h.account(carer, "correct horse battery")
	l := h.send(plainMail, carer)
	b := h.browser().open(l.link)
	for i := range 20 {
		b.press("Sign in", map[string]string{"password": fmt.Sprint("wrong number ", i)})
		if i < 18 && b.status != 422 {
			t.Fatalf("try %d: got %d", i, b.status)
		}
		b.open("/signin")
	}
	b.press("Sign in", map[string]string{"password": "correct horse battery"}).reads(429, "", "Please wait before you try again", "closed until 11:30 BST")
	if b.head.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	b.open("/signin").byCode(carer).reads(200, l.page, "the plan")
	h.clock = h.clock.Add(time.Hour)
	h.browser().open(l.link).press("Sign in", map[string]string{"password": "correct horse battery"}).reads(200, l.page)
}

// BOP-3, journey 7: a third party with an account who got the mail forwarded.
func TestForwardedMessage(t *testing.T) {
	h := newHouse(t)
	third := h.account(other, "correct horse battery")
	l := h.send(plainMail, carer)
	third.open(l.link).reads(403, l.page, "This message was sent to another address", "You are signed in as "+other.String()).silent("the plan", "Care plan")
	if !strings.Contains(third.body, "mailto:jane.doe@example.gov.uk") {
		t.Error("no way to tell the sender")
	}
	for _, path := range []string{"/body", "/part/1", "/message.eml", "/reply"} {
		if third.open(l.page + path); third.status != 403 {
			t.Errorf("%s: got %d, want 403", path, third.status)
		}
	}
	third.open(l.page).press("Use another address", nil).reads(200, "/signin", "Please enter your email address")
}

// SCC-9, SCC-10: a code ends 15 minutes after the request, is used once, and
// belongs to the browser that asked; the page and the mail show one reference.
func TestCodeEndsAndBelongsToItsBrowser(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	b := h.browser().open(l.link).press("Send me a code", nil)
	var mail notice.CodeData
	h.mail(carer, notice.Code, &mail)
	b.reads(200, "/signin/code", "8 digits", "junk or spam folder", "Its reference is "+mail.Reference, "secure@example.gov.uk")
	b.press("Continue", map[string]string{"code": ""}).reads(422, "", "Type the 8 digits")
	b.press("Continue", map[string]string{"code": "1234 5678"}).reads(422, "", "not the digits", mail.Reference)

	thief := h.browser().open(l.link)
	thief.press("Send me a code", nil)
	h.mails()
	thief.press("Continue", map[string]string{"code": mail.Code}).reads(422, "", "not the digits")

	h.clock = mail.AskedAt.Add(15*time.Minute + time.Second)
	b.press("Continue", map[string]string{"code": mail.Code}).reads(422, "", "older than 15 minutes")
	b.press("Send another code", nil)
	code := h.code(carer)
	b.press("Continue", map[string]string{"code": code}).reads(200, l.page)
	b.press("Sign out", nil).open(l.link)
	b.open("/signin/code").press("Continue", map[string]string{"code": code}).reads(422, "", "no longer works")
}

// C7, C29: each refusal is a page of its own, with cause, time and next step.
func TestExpiredAndRecalled(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer, other)
	b := h.browser().open(l.link).byCode(carer).reads(200, l.page)

	_, err := h.store.Recall(t.Context(), l.id, "sender:jane", []addr.Address{carer}, "wrong Smith", h.clock)
	must(t, err)
	b.open(l.page).reads(410, l.page, "This message was taken back", "Jane Doe has withdrawn it (today, 10:30 BST)", "Reason given: wrong Smith").silent("the plan", "Care plan")
	b.open(l.page+"/reply").reads(410, "", "taken back")

	h.clock = h.clock.Add(91 * 24 * time.Hour)
	o := h.browser().open(l.link).follow("Change the email address").press("Continue", map[string]string{"address": other.String()}).byCode(other)
	o.reads(410, l.page, "This message has closed", "It was open until Thursday 1 October 2026", "We can ask Jane Doe").silent("the plan")
}

// Unknown id, wrong secret and no id at all answer the same bytes.
func TestWrongIDAndWrongSecretAreOne(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	var unknown envelope.ID
	unknown[3] = 9
	wrong, err := envelope.SecretFromBytes(bytes.Repeat([]byte{7}, 32))
	must(t, err)
	paths := []string{
		"/m/" + unknown.String() + "?t=" + l.secret.Encode(), l.page + "?t=" + wrong.Encode(), l.page + "?t=", l.page, "/m/" + unknown.String(),
		"/m/nothing", l.page + "/body", "/m/" + unknown.String() + "/message.eml", l.page + "/part/1",
	}
	var first string
	for i, p := range paths {
		b := h.browser().open(p)
		got := fmt.Sprint(b.status, b.head.Values("Set-Cookie"), b.body)
		if i == 0 {
			first = got
			b.reads(404, "", "This message is not here yet", "Try again") // BCC-24
		}
		if got != first {
			t.Errorf("%s differs:\n%s\n%s", p, got, first)
		}
	}
}

// The pages are the same whether an address has an account or not.
func TestAddressesAreNotTold(t *testing.T) {
	h := newHouse(t)
	h.account(carer, "correct horse battery")
	h.shape = func(r *store.Record) { r.To = []string{carer.String(), other.String()} }
	l := h.send(plainMail, carer, other)
	walk := func(a addr.Address) (pages []string) {
		b := h.browser()
		take := func() {
			body := formSecret.ReplaceAllString(strings.ReplaceAll(b.body, a.String(), "ADDRESS"), "")
			pages = append(pages, fmt.Sprint(b.status, " ", b.at.Path, "\n", body))
		}
		b.open(l.link).press("Continue", map[string]string{"address": a.String()})
		take()
		b.press("Sign in", map[string]string{"password": "not the password"})
		take()
		b.follow("Set up a password").press("Continue", person("some new password"))
		take()
		b.open("/forgot")
		take()
		b.press("Send me the link", nil)
		take()
		b.open("/signin").press("Send me a code", nil)
		return pages
	}
	known, unknown := walk(carer), walk(other)
	for i := range known {
		if known[i] != unknown[i] {
			t.Errorf("page %d tells:\n%s\n---\n%s", i, known[i], unknown[i])
		}
	}
	byAddress := map[string]int{}
	for _, m := range h.mails() {
		byAddress[m.To.String()]++
	}
	if byAddress[carer.String()] != 3 || byAddress[other.String()] != 3 {
		t.Errorf("got mails %v, want 3 each", byAddress)
	}
}

// BCC-26, BOP-15, BOP-17: link, own question, new password.
func TestForgottenPassword(t *testing.T) {
	h := newHouse(t)
	h.account(carer, "correct horse battery")
	l := h.send(plainMail, carer)
	b := h.browser().open(l.link).follow("I have forgotten my password").press("Send me the link", nil).reads(200, "/forgot/sent", "Check your email")
	link := h.reset(carer).Link
	b.open(link).reads(200, "/reset", "Your childhood best friend").silent("Choose a password")
	b.press("Continue", map[string]string{"answer": "Harry"}).reads(422, "/reset", "This is not the answer")
	b.press("Continue", map[string]string{"answer": "tom"}).reads(200, "/reset", "Choose a password")
	b.press("Set this password", map[string]string{"password": "a whole new start", "again": "a whole new start"}).reads(200, "/activated")
	h.told(carer, notice.PasswordChanged)
	b.follow("Continue").reads(200, l.page, "the plan")
	h.browser().open(l.link).press("Sign in", map[string]string{"password": "a whole new start"}).reads(200, l.page)
	h.browser().open(link).reads(403, "", "no longer works")

	// Without the answer there is no new password, whatever is posted.
	c := h.browser().open(l.link)
	c.follow("I have forgotten my password").press("Send me the link", nil)
	c.open(h.reset(carer).Link+"&answered=1").press("Set this password", map[string]string{"password": "never to be used", "again": "never to be used"})
	c.reads(403, "", "That did not match")
	h.browser().open(l.link).press("Sign in", map[string]string{"password": "a whole new start"}).reads(200, l.page)
}

// Journey 5, CYC-14, CYC-15: the sender sees who opened, and takes back.
func TestTakeBack(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer, other)
	reader := h.browser().open(l.link).byCode(carer).reads(200, l.page)
	h.clock = h.clock.Add(11 * time.Minute)

	path := "/sent/" + l.id.String()
	b := h.browser().open(path).reads(200, path, "Please enter your email address")
	b.press("Continue", map[string]string{"address": officer.String()}).byCode(officer)
	b.reads(200, path, "Care plan", carer.String()+" Opened today, 10:30 BST", other.String()+" Handed over today, 10:30 BST, not opened yet")
	b.press("Take it back", nil).reads(422, path, "Choose from whom")
	b.press("Take it back", map[string]string{"who": other.String(), "reason": "wrong  person"})
	b.reads(200, path, "Taken back today, 10:41 BST, never opened", "Reason given: wrong person")
	reader.open(l.page).reads(200, l.page)
	b.press("Take it back", map[string]string{"who": "all"}).reads(200, path, "Taken back today, 10:41 BST, opened today, 10:30 BST")
	reader.open(l.page).reads(410, l.page, "taken back")

	// Nobody else sees that there is such a message.
	x := h.account(other, "correct horse battery")
	one := x.open(path).body
	if two := x.open("/sent/" + strings.Repeat("a", 25) + "a").body; x.status != 404 || one != two {
		t.Errorf("got %d; an unknown message and somebody else's differ", x.status)
	}
}

// A profile's sign_in list holds on pages and for the API.
func TestSignInAsTheProfileAsks(t *testing.T) {
	h := newHouse(t)
	b := h.account(carer, "correct horse battery")
	h.shape = func(r *store.Record) { r.SignIn = []string{"code"} }
	l := h.send(plainMail, carer)
	b.open(l.link).reads(403, l.page, "Please sign in another way").silent("the plan")
	b.open(l.page+"/reply").reads(403, "", "Please sign in another way")
	b.open("/signin").silent(`name="password"`)
	b.byCode(carer).reads(200, l.page, "the plan")
	if status, got := h.call("open", l.call("address", carer.String(), "password", "correct horse battery")...); status != 403 || got["error"] != "method" || got["key"] != nil {
		t.Errorf("got %d %v", status, got)
	}
	h.shape = func(r *store.Record) { r.SignIn = []string{"password"} }
	l = h.send(plainMail, carer)
	h.browser().open(l.link).silent("Send me a code").press("Sign in", map[string]string{"password": "correct horse battery"}).reads(200, l.page, "the plan")
}

// C8: the page and the mail of a code say the same reference, so that somebody who
// finds several in her mailbox knows which is meant; each code has one of its own.
func TestCodeHasItsReference(t *testing.T) {
	h := newHouse(t)
	b := h.browser().open(h.send(plainMail, carer).link).press("Send me a code", nil)
	var first, second notice.CodeData
	h.mail(carer, notice.Code, &first)
	b.reads(200, "/signin/code", "Its reference is "+first.Reference+".")
	b.press("Send another code", nil)
	h.mail(carer, notice.Code, &second)
	b.reads(200, "/signin/code", "Its reference is "+second.Reference+".")
	if first.Reference == "" || first.Reference == second.Reference {
		t.Errorf("references %q and %q", first.Reference, second.Reference)
	}
}
