package e2e_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"

	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// wrong asks the key server with a wrong password and wants a refusal of a kind.
func (w *world) wrong(t *testing.T, l letter, address, password, kind string) {
	t.Helper()
	_, err := e2etest.NewReader(t, w.seal, w.Outside, address).KeyByPassword(l.sealed, password)
	var refused *e2etest.Refused
	if !errors.As(err, &refused) || refused.Code != kind {
		t.Fatalf("a wrong password: got %v, want %q", err, kind)
	}
}

var clockTime = regexp.MustCompile(`closed until \d\d:\d\d (GMT|BST)`)

// Twenty wrong passwords, typed in the file, on the website and by a program,
// close the address for an hour: then even the right one is refused, with the
// time. Somebody else goes on as before. BCC-27
func wrongPassword20Times(t *testing.T, w *world) {
	const from, to, other, subject = "emil@example.gov.uk", "target@home.example", "bystander@home.example", "[SECURE] Rent arrears"
	l := w.send(t, from, []string{to, other}, note(from, to+", "+other, subject, "Please call."))
	right, others := w.password(to), w.password(other)
	w.registerTyped(t, l, to, right)
	w.registerTyped(t, l, other, others)

	file := w.person(t, e2etest.TabOptions{})
	file.Open(l.file)
	file.Choose("#choose", to)
	file.Type("#password", "wrong number 1\r")
	file.Do(cdp.WaitVisible(cdp.CSS("[role=alert] p")))
	if got := file.Text("[role=alert]"); !strings.Contains(got, "does not match this address") {
		t.Errorf("a wrong password says %q", got)
	}
	for range 18 {
		w.wrong(t, l, to, "wrong again and again", "wrong")
	}
	site := w.person(t, e2etest.TabOptions{})
	site.Open(l.link)
	site.Heading("Read a secure message")
	site.Type("#address", to+"\r")
	site.Heading("Sign in to read your message")
	site.Type("#password", "wrong number 20\r")
	site.Heading("Please wait before you try again")

	site.Open(w.seal.PortalURL + "/signin")
	site.Type("#password", right+"\r")
	site.Heading("Please wait before you try again")
	if got := site.Text("main"); !clockTime.MatchString(got) {
		t.Errorf("the page does not say until when: %q", got)
	}
	file.Type("#password", right+"\r")
	file.Says("closed until")
	if got := file.Text("[role=alert]"); !clockTime.MatchString(got) {
		t.Errorf("the file does not say until when: %q", got)
	}
	if html := file.HTML() + site.HTML(); strings.Contains(html, "Please call.") {
		t.Error("a locked address opened the message")
	}
	w.wrong(t, l, to, right, "locked")
	site.Open(w.seal.PortalURL + "/forgot")
	site.Press("Send me the link")
	site.Heading("Please wait before you try again")
	if _, err := e2etest.NewReader(t, w.seal, w.Outside, other).KeyByPassword(l.sealed, others); err != nil {
		t.Errorf("somebody else is locked out too: %v", err)
	}
	// The operator can end it before, which stands in the record.
	before := w.postseal(t, 0, "account", "show", to)
	out := w.postseal(t, 0, "account", "unlock", to)
	if !strings.Contains(before, "by wrong passwords") || !strings.Contains(out, "locked    no") || entries(t, out) <= entries(t, before) {
		t.Errorf("the command says\n%sand then\n%s", before, out)
	}
	if _, err := e2etest.NewReader(t, w.seal, w.Outside, to).KeyByPassword(l.sealed, right); err != nil {
		t.Errorf("after it was unlocked: %v", err)
	}
}

// registerTyped sets a password for one of several recipients of a message, who
// types her address first.
func (w *world) registerTyped(t *testing.T, l letter, address, password string) {
	t.Helper()
	b := w.person(t, e2etest.TabOptions{})
	b.Open(l.link)
	b.Heading("Read a secure message")
	b.Type("#address", address+"\r")
	b.Heading("Sign in to read your message")
	b.Press("Set up a password")
	b.Heading("Set up a password")
	w.fill(b, password, "Tomasina of "+address)
	b.Press("Continue")
	b.Heading("Check your email")
	b.Open(w.activation(t, address))
	b.Press("Activate my account")
	b.Heading("Your password works now")
}

// Somebody to whom the mail was forwarded, with an account of her own that works,
// opens neither the file nor the link; nothing of the message reaches her
// browser. BOP-3, CJSM-1
func forwardedToThirdParty(t *testing.T, w *world) {
	const from, to, third, subject = "fay@example.gov.uk", "una@home.example", "curious@home.example", "[SECURE] Court date"
	own := w.send(t, from, []string{third}, note(from, third, "[SECURE] Your own", "For the third."))
	l := w.send(t, from, []string{to}, note(from, to, subject, "The hearing is on Monday."))
	password := w.password(third)
	b := w.person(t, e2etest.TabOptions{})
	w.register(t, b, own, third, password, "[SECURE] Your own")

	b.Open(l.link) // signed in as herself
	b.Heading("This message was sent to another address")
	b.Says("You are signed in as " + third)
	b.Press("Use another address")
	b.Heading("Read a secure message")

	file := b.Another()
	file.Open(l.file)
	file.Retype("#address", third)
	file.Type("#password", password+"\r")
	file.Says("This message was sent to another address")
	for where, html := range map[string]string{"the file": file.HTML(), "the website": b.HTML()} {
		if strings.Contains(html, "The hearing is on Monday.") || strings.Contains(html, "<iframe") {
			t.Errorf("%s shows something of the message to a third party", where)
		}
	}
	for _, path := range []string{"/body", "/message.eml", "/part/1", "/reply"} {
		id := l.sealed.Page.ID.String()
		b.Open(w.seal.PortalURL + "/m/" + id + path)
		if html := b.HTML(); strings.Contains(html, "The hearing") {
			t.Errorf("%s gives the message to a third party", path)
		}
	}
	// The same file still opens for whom it was sent to.
	owner := w.person(t, e2etest.TabOptions{})
	owner.Open(l.file)
	owner.Press("Send me a code")
	owner.Heading("Check your email")
	owner.Type("#code", w.code(t, w.Outside, to, 1)+"\r")
	owner.Heading(subject)
	owner.Says("The hearing is on Monday.")
}

// A stranger types a victim's address and a password of his own before she ever
// registers. The link in her mailbox opens the form anew in her browser; what he
// typed never opens anything.
func strangerRegistersFirst(t *testing.T, w *world) {
	const from, to, subject = "gus@example.gov.uk", "victim@home.example", "[SECURE] Benefits"
	l := w.send(t, from, []string{to}, note(from, to, subject, "Your claim."))
	his, hers := w.keep("password", "the strangers own words"), w.password(to)

	stranger := w.person(t, e2etest.TabOptions{})
	stranger.Open(l.link) // even with the mail in hand
	stranger.Heading("Sign in to read your message")
	stranger.Press("Set up a password")
	w.fill(stranger, his, "nobody knows")
	stranger.Press("Continue")
	stranger.Heading("Check your email")
	w.wrong(t, l, to, his, "wrong")

	owner := w.person(t, e2etest.TabOptions{})
	owner.Open(w.activation(t, to))
	owner.Heading("Activate your account")
	owner.Says("You have opened the link in another browser")
	owner.Press("Activate my account") // nothing typed: asked for everything
	owner.Heading("There is a problem")
	w.fill(owner, hers, "her own answer")
	owner.Press("Activate my account")
	owner.Heading("Your password works now")
	owner.Press("Continue") // where he wanted to go is not taken over either
	owner.Heading("You are signed in")
	owner.Open(l.link)
	owner.Heading(subject)

	w.wrong(t, l, to, his, "wrong")
	stranger.Open(w.seal.PortalURL + "/signin")
	stranger.Type("#password", his+"\r")
	stranger.Do(cdp.WaitVisible(cdp.CSS(".summary, .lead")))
	if html := stranger.HTML(); strings.Contains(html, "Your claim.") {
		t.Error("the stranger's password opened the message")
	}
	if _, err := e2etest.NewReader(t, w.seal, w.Outside, to).KeyByPassword(l.sealed, hers); err != nil {
		t.Errorf("the owner's password: %v", err)
	}
}

// Somebody who once had the key makes another ciphertext under it. Neither the
// file nor the website opens it: both say that it was changed.
func changedCiphertext(t *testing.T, w *world) {
	const from, to, subject = "hana@example.gov.uk", "wes@home.example", "[SECURE] Bank details"
	l := w.send(t, from, []string{to}, note(from, to, subject, "Pay as agreed."))
	w.ask(t, l, to, "code", url.Values{})
	key, err := envelope.KeyFromBytes(w.ask(t, l, to, "open", url.Values{"code": {w.code(t, w.Outside, to, 1)}}))
	if err != nil {
		t.Fatal(err)
	}
	var forged bytes.Buffer
	if _, err := envelope.Seal(&forged, bytes.NewReader(note(from, to, subject, "Pay to another account.")), envelope.SealOptions{Key: key, SaltSeed: [32]byte{1}}); err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := envelope.WritePage(&page, l.sealed.Page, &forged); err != nil {
		t.Fatal(err)
	}
	b := w.person(t, e2etest.TabOptions{})
	b.Open(saveFile(t, page.Bytes()))
	b.Press("Send me a code")
	b.Heading("Check your email")
	b.Type("#code", w.code(t, w.Outside, to, 2)+"\r")
	b.Says("This message has changed since it was sent, so it was not opened")
	b.Press("Open on the website")
	b.Heading("This file has been changed since it was sent")
	if html := b.HTML(); strings.Contains(html, "another account") {
		t.Error("the forged message is shown")
	}

	b.Open(l.file) // the genuine one
	b.Press("Send me a code")
	b.Heading("Check your email")
	b.Type("#code", w.code(t, w.Outside, to, 3)+"\r")
	b.Heading(subject)
	if html := b.HTML(); strings.Contains(html, base64.StdEncoding.EncodeToString(key.Bytes())) {
		t.Error("the page shows its key")
	}
}
