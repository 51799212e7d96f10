package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/oidctest"
	"github.com/postseal/postseal/internal/redistest"
)

// sensitiveBanner is what Suffolk's recipients read above a message.
const sensitiveBanner = "OFFICIAL SENSITIVE - Personal data on health, care and finances of customers, employee data or any other information where loss of confidentiality would significantly impact safety or corporate reputation."

const rowRules = `
rules:
  - {name: label, if: {label: [OFFICIAL-SENSITIVE]}, do: seal, profile: official-sensitive}
  - {name: subject tag, if: {subject_tag: [SECURE, encrypt]}, do: seal}
profiles:
  default: {expires: 90d, link: 14d, reply: sender, form: classic, attach_up_to: 60MB}
  official-sensitive: {marking: OFFICIAL-SENSITIVE, banner: "` + sensitiveBanner + `", subject: keep}
`

// TestBrowserRows walks, through the real Postfix, Redis, daemon and Chromium, the
// ways of requirement rows that need more of the site: a provider to sign in with,
// passkeys, a marking. It has a name, which passkeys want.
func TestBrowserRows(t *testing.T) {
	t.Parallel()
	e2etest.NeedRoot(t)
	s := &site{t: t, Postfix: e2etest.NewPostfix(t, e2etest.PostfixOptions{}), redis: redistest.StartRedis(t)}
	s.seal = e2etest.StartPostseal(t, e2etest.PostsealOptions{Postfix: s.Postfix, Redis: s.redis.Addr, Host: "localhost", Rules: rowRules, MoreFor: func(portal string) string {
		issuer := oidctest.Start(t, portal+"/signin/oidc/google",
			oidctest.User{Subject: "1", Name: "gina", Password: "pw", Email: "gina@home.example", Verified: true},
			oidctest.User{Subject: "2", Name: "mallory", Password: "pw", Email: "mallory@home.example", Verified: true})
		secret := filepath.Join(t.TempDir(), "client.secret")
		if err := os.WriteFile(secret, []byte(oidctest.ClientSecret), 0o600); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("signin:\n  oidc:\n    - {name: google, label: Google, kind: other, issuer: %q, client_id: %s, client_secret_file: %q, domains: [home.example]}\n",
			issuer, oidctest.ClientID, secret)
	}})
	s.Start()
	w := &world{site: s, web: e2etest.StartBrowser(t)}
	for _, way := range []struct {
		name string
		walk func(*testing.T, *world)
	}{
		{"ProviderByLink", providerByLink},
		{"ProviderFromFile", providerFromFile},
		{"PasskeyFromFile", passkeyFromFile},
		{"MarkedAndAnswered", markedAndAnswered},
		{"WhatMailsSay", whatMailsSay},
		{"HelpFromEverywhere", helpFromEverywhere},
		{"FirstReadActions", firstReadActions},
	} {
		t.Run(way.name, func(t *testing.T) { way.walk(t, w) })
	}
}

// atProvider signs in on the provider's own page.
func atProvider(b *e2etest.Tab, name string) {
	b.Do(cdp.WaitVisible(cdp.CSS("#username")))
	b.Type("#username", name)
	b.Type("#password", "pw\r")
}

// The page says who has sent a message, offers the account elsewhere beside the
// code, help and privacy; the account alone opens the message, and only that of the
// address it was sent to. SCC-5, SCC-6, BCC-20, CJSM-1
func providerByLink(t *testing.T, w *world) {
	const from, to, subject = "lena@example.gov.uk", "gina@home.example", "[SECURE] Grant"
	l := w.send(t, from, []string{to}, note("Lena <"+from+">", to, subject, "You have the grant."))
	wrong := w.person(t, e2etest.TabOptions{})
	wrong.Open(l.link)
	wrong.Heading("Sign in to read your message")
	for _, says := range []string{"A private message from Lena (" + from + ") is waiting for you", "Sign in with Google", "Send me a code"} {
		wrong.Says(says)
	}
	if html := wrong.HTML(); !strings.Contains(html, `href="/help"`) || !strings.Contains(html, `href="/privacy"`) {
		t.Error("the page leads to no help, or says nothing of privacy")
	}
	wrong.Press("Sign in with Google")
	atProvider(wrong, "mallory")
	wrong.Heading("That is another address")
	wrong.Open(l.link)
	if html := wrong.HTML(); strings.Contains(html, "the grant") {
		t.Error("somebody else's account opens the message")
	}

	b := w.person(t, e2etest.TabOptions{})
	b.Open(l.link)
	b.Press("Sign in with Google")
	atProvider(b, "gina")
	b.Heading(subject)
	b.Says("You have the grant.")
}

// The file names what the website has beside it, and posts itself there: the
// message opens in that tab. SCC-5, SCC-6
func providerFromFile(t *testing.T, w *world) {
	const from, to, subject = "lena@example.gov.uk", "gina@home.example", "[SECURE] Second grant"
	l := w.send(t, from, []string{to}, note(from, to, subject, "You have the second grant."))
	b := w.person(t, e2etest.TabOptions{})
	b.Open(l.file)
	b.Heading("Show that this message is for you")
	b.Says("There you can also use Google or a passkey.")
	b.Press("Open on the website")
	b.Heading("Sign in to read your message")
	b.Press("Sign in with Google")
	atProvider(b, "gina")
	b.Heading(subject)
	b.Says("You have the second grant.")
	if !strings.HasPrefix(b.URL(), w.seal.PortalURL) {
		t.Errorf("the message opened at %s", b.URL())
	}
}

// After a first reading by code, which needs no account, a passkey is set up; from
// then on it alone opens messages, also from the file. BOP-2, CYC-7, CYC-8
func passkeyFromFile(t *testing.T, w *world) {
	const from, to, subject = "mona@example.gov.uk", "petra@home.example", "[SECURE] Clinic"
	l := w.send(t, from, []string{to}, note(from, to, subject, "On Tuesday."))
	if text := plainText(t, l.mail); !strings.Contains(text, w.seal.PortalURL+"/help") {
		t.Errorf("the notification leads to no guide:\n%s", text) // CYC-7
	}
	b := w.person(t, e2etest.TabOptions{})
	b.Device()
	b.Open(l.link)
	b.Press("Send me a code")
	b.Heading("Type the code")
	b.Type("#code", w.code(t, w.Outside, to, 1)+"\r")
	b.Heading(subject)
	b.Press("Set up a passkey")
	b.Heading("Your account")
	b.Press("Add a passkey on this device")
	b.Says("You can use your passkey from now on.")
	b.Press("Sign out")
	b.Heading("You are signed out")

	const again = "[SECURE] Clinic again"
	second := w.send(t, from, []string{to}, note(from, to, again, "On Wednesday."))
	b.Open(second.file)
	b.Heading("Show that this message is for you")
	b.Press("Open on the website")
	b.Heading("Sign in to read your message")
	b.Press("Sign in with a passkey")
	b.Heading(again)
	b.Says("On Wednesday.")
}

// The whole sentence of the marking stands above the message, in the file and on the
// website; the answer reaches the council without leaving anything outside, and
// staff's answer to it is sealed again. SCC-2, SCC-11, SCC-12, SCC-13, SCC-14
func markedAndAnswered(t *testing.T, w *world) {
	const from, to, subject = "nell@example.gov.uk", "rosa@home.example", "OFFICIAL-SENSITIVE Assessment"
	l := w.send(t, from, []string{to}, note(from, to, subject, "Please confirm."))
	file, b := w.person(t, e2etest.TabOptions{}), w.person(t, e2etest.TabOptions{})
	file.Open(l.file)
	file.Press("Send me a code")
	file.Heading("Check your email")
	file.Type("#code", w.code(t, w.Outside, to, 1)+"\r")
	b.Open(l.link)
	b.Press("Send me a code")
	b.Heading("Type the code")
	b.Type("#code", w.code(t, w.Outside, to, 2)+"\r")
	for where, tab := range map[string]*e2etest.Tab{"file": file, "website": b} {
		tab.Heading(subject)
		css := map[string]string{"file": ".marking", "website": ".banner"}[where]
		if got := strings.TrimSpace(tab.Text(css)); got != sensitiveBanner {
			t.Errorf("%s: the banner says %q", where, got)
		}
	}
	b.Press("Reply")
	b.Heading("Reply")
	if got := strings.TrimSpace(b.Text(".banner")); got != sensitiveBanner {
		t.Errorf("the banner above the answer says %q", got)
	}
	const confirmed = "I confirm the assessment of the pelargoniums."
	b.Type("#text", confirmed)
	b.Press("Send")
	b.Heading("Message sent")
	d := w.answer(t, from)
	got := e2etest.Header(t, d.Raw, "Subject")
	if !strings.Contains(got, "Re: OFFICIAL-SENSITIVE") || !strings.Contains(plainText(t, d.Raw), confirmed) {
		t.Errorf("the answer arrives as %q: %q", got, plainText(t, d.Raw))
	}
	for _, out := range w.Outside.All() {
		if strings.Contains(string(out.Raw), "pelargoniums") {
			t.Errorf("the answer left to %v", out.To())
		}
	}
	e2etest.MustSend(t, w.Submission, from, []string{to}, note(from, to, got, "Thank you."), e2etest.SendOptions{})
	next := mail(t, w.Outside, "staff's answer, sealed", 2, func(d e2etest.Delivery) bool { return d.Has(to) && e2etest.IsSealed(t, d.Raw) })
	if subject := e2etest.Header(t, next.Raw, "Subject"); !strings.HasPrefix(subject, "OFFICIAL-SENSITIVE ") || strings.Count(subject, "OFFICIAL-SENSITIVE") != 1 {
		t.Errorf("staff's answer leaves as %q", subject) // SCC-2
	}
}

// The mail says who sent the message, has one button, tells until when it works and
// what to do then, whose mail it is, and what to do when it is not meant for one; the
// mail with the code says what it is for and how long it lives. Mails have the
// organisation's name in its colour and no picture, which mail programs would hide.
// BCC-18, SCC-3, SCC-4, SCC-8
func whatMailsSay(t *testing.T, w *world) {
	const from, to, subject = "lena@example.gov.uk", "mo@home.example", "[SECURE] Your visit"
	l := w.send(t, from, []string{to}, note("Lena Holt <"+from+">", to, subject, "On Monday."))
	b := w.person(t, e2etest.TabOptions{})
	b.Open(htmlOf(t, l.mail))
	b.Heading("Lena Holt (lena@example.gov.uk) has sent you a private message")
	for _, says := range []string{"Borough of Example", "After that, open the attachment, securedoc.html.", "The message can be read until", "Is this genuine?", "Not meant for you?",
		"Please tell the person who sent it, then delete this mail.", "An ordinary reply to it is not protected", "Help with secure messages", "How we use personal data"} {
		mailSays(t, b, says)
	}
	if text := e2etest.Get(b, cdp.Evaluate[string](`document.body.innerText`)); !regexp.MustCompile(`Use this button by [A-Z][a-z]+ \d+ [A-Z][a-z]+ \d{4}, \d\d:\d\d (BST|GMT)\.`).MatchString(text) {
		t.Errorf("the mail does not say until when its button works:\n%s", text)
	}
	if got := e2etest.Get(b, cdp.Evaluate[[]string](`[...document.links].filter(a => a.pathname.startsWith("/m/")).map(a => a.innerText)`)); !slices.Equal(got, []string{"Read the message"}) {
		t.Errorf("buttons to the message: %q", got)
	}
	b.Press("Read the message")
	b.Heading("Sign in to read your message")
	b.Press("Send me a code")
	b.Heading("Type the code")
	code := w.code(t, w.Outside, to, 1)
	d := mail(t, w.Outside, "the code", 1, isCode(t, to))
	if got := e2etest.Header(t, d.Raw, "From"); !strings.Contains(got, "<secure@example.gov.uk>") {
		t.Errorf("the code comes from %q", got)
	}
	if got := e2etest.Header(t, d.Raw, "Subject"); got != "Your one-time code to read the message" {
		t.Errorf("the subject of the code is %q", got)
	}
	m := w.person(t, e2etest.TabOptions{})
	m.Open(htmlOf(t, d.Raw))
	for _, says := range []string{"Borough of Example", code[:4], code[4:], "type the code into the page where you asked for it", "The code works for 15 minutes from when you asked for it", "Please don't reply to it."} {
		mailSays(t, m, says)
	}
	b.Type("#code", code+"\r")
	b.Heading(subject)
}

// mailSays looks for words in a mail that a browser shows.
func mailSays(t *testing.T, b *e2etest.Tab, words string) {
	t.Helper()
	if text := e2etest.Get(b, cdp.Evaluate[string](`document.body.innerText`)); !strings.Contains(text, words) {
		t.Errorf("the mail does not say %q:\n%s", words, text)
	}
}

// htmlOf saves the HTML of a mail as a file and gives its address.
func htmlOf(t *testing.T, raw []byte) string {
	t.Helper()
	for _, f := range e2etest.Leaves(t, raw) {
		if f.Type == "text/html" && f.Name == "" {
			name := filepath.Join(t.TempDir(), "mail.html")
			if err := os.WriteFile(name, f.Body, 0o600); err != nil {
				t.Fatal(err)
			}
			return "file://" + name
		}
	}
	t.Fatal("the mail has no HTML")
	return ""
}

// Help is one press away from the mail, from the file in both forms of its opening,
// and from each page of a first reading; it tells what to do when no secure messages
// come, whom to ask, and how somebody else gets to see a message. A link that comes
// before its message is told as that. BCC-24, SCC-10, BOP-21, BOP-26, BOP-28
func helpFromEverywhere(t *testing.T, w *world) {
	const from, to, subject = "olga@example.gov.uk", "sara@home.example", "[SECURE] Helped"
	l := w.send(t, from, []string{to}, note(from, to, subject, "Hello."))
	help := w.seal.PortalURL + "/help"
	for _, f := range e2etest.Leaves(t, l.mail)[:2] { // text and HTML of the notification
		if !strings.Contains(string(f.Body), help) {
			t.Errorf("the mail's %s leads to no help", f.Type)
		}
	}
	led := func(b *e2etest.Tab, where string) {
		t.Helper()
		if got := e2etest.Get(b, cdp.Evaluate[int](fmt.Sprintf(`[...document.links].filter(a => a.href === %q && a.checkVisibility()).length`, help))); got == 0 {
			t.Errorf("%s leads to no help", where)
		}
	}
	plain := w.person(t, e2etest.TabOptions{NoScript: true})
	plain.Open(l.file)
	plain.Heading("You have a secure message")
	led(plain, "the file without script")
	file := w.person(t, e2etest.TabOptions{})
	file.Open(l.file)
	file.Heading("Show that this message is for you")
	led(file, "the file")
	b := w.person(t, e2etest.TabOptions{})
	b.Open(l.link)
	b.Heading("Sign in to read your message")
	led(b, "the sign-in page")
	b.Press("Send me a code")
	b.Heading("Type the code")
	led(b, "the page for the code")
	b.Type("#code", w.code(t, w.Outside, to, 1)+"\r")
	b.Heading(subject)
	led(b, "the message")
	b.Press("Reply")
	b.Heading("Reply")
	led(b, "the answer")
	b.Open(w.seal.PortalURL + "/m/" + strings.Repeat("a", 26))
	b.Heading("This message is not here yet")
	led(b, "a refusal")
	b.Press("Help")
	b.Heading("Help")
	for _, says := range []string{"I get ordinary email but no secure messages", "Look in your spam folder", "You need not switch off a pop-up blocker",
		"If somebody else needs to read it, ask the sender to send it to them.", "Whom can I ask?", "The person who wrote to you."} {
		b.Says(says)
	}
}
