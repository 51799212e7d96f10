package e2e_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

var announcedID = regexp.MustCompile(`(?m)^(\S+) (now|later), from`)

// covered tells whether the announcement of a page lies over anything else.
const covered = `(() => {
	const a = document.querySelector("main .announced"), r = a.getBoundingClientRect();
	return [...document.querySelectorAll("body *")].filter(e => !a.contains(e) && !e.contains(a) && e.checkVisibility() && !e.closest(".skip, .hide")).some(e => {
		const q = e.getBoundingClientRect();
		return q.width > 0 && q.height > 0 && q.left < r.right - 1 && r.left < q.right - 1 && q.top < r.bottom - 1 && r.top < q.bottom - 1;
	});
})()`

// What the operator announces stands on the first page, on help, and on every page of
// who is signed in, above what the page is for and over nothing; it says until when.
// What begins later is not there yet; what was taken off is gone. CJSM-12
func announcements(t *testing.T, w *world) {
	const text, later = "On Sunday from 8am to noon no messages can be read.", "At Christmas nobody answers the telephone."
	until := time.Now().Add(48 * time.Hour).Format("2006-01-02 15:04")
	out := w.postseal(t, 0, "notice", "add", "--until", until, text)
	ids := announcedID.FindStringSubmatch(out)
	if ids == nil || ids[2] != "now" {
		t.Fatalf("the command says %q", out)
	}
	out = w.postseal(t, 0, "notice", "add", "--from", time.Now().Add(24*time.Hour).Format("2006-01-02 15:04"), "--until", until, later)
	if !strings.Contains(out, " later, from ") {
		t.Errorf("the command says %q", out)
	}

	const to, subject = "walt@home.example", "[SECURE] On a Sunday"
	l := w.send(t, anton, []string{to}, note(anton, to, subject, "Read me."))
	narrow, wide := w.person(t, e2etest.TabOptions{}), w.person(t, e2etest.TabOptions{Width: 1280, Height: 800})
	shown := func(b *e2etest.Tab, path, heading string) {
		t.Helper()
		b.Open(w.seal.PortalURL + path)
		b.Heading(heading)
		b.Says(text + " Until ")
		if e2etest.Get(b, cdp.Evaluate[bool](covered)) {
			t.Errorf("%s: the announcement lies over something", path)
		}
		if b.Wide() || strings.Contains(b.HTML(), later) {
			t.Errorf("%s: it sticks out, or says what begins later", path)
		}
	}
	for _, b := range []*e2etest.Tab{narrow, wide} {
		shown(b, "/", "Read a secure message")
		shown(b, "/help", "Help")
		shown(b, "/help/recipients", "Reading and answering a secure message")
	}
	narrow.Open(l.link) // nothing stands between her and the message
	narrow.Heading("Sign in to read your message")
	if strings.Contains(narrow.HTML(), text) {
		t.Error("the page that asks who somebody is tells of something else")
	}
	w.signInByLink(t, narrow, l, to, 1)
	narrow.Heading(subject)
	narrow.Says("Read me.")
	shown(narrow, "/messages", "Messages")
	narrow.Shot("announced")
	const floats = `(document.querySelector("main .announced").style.position = "absolute")`
	if e2etest.Get(narrow, cdp.Evaluate[string](floats)); !e2etest.Get(narrow, cdp.Evaluate[bool](covered)) {
		t.Error("what lies over other things is not found: this test shows nothing")
	}

	w.postseal(t, 0, "notice", "remove", ids[1])
	for _, path := range []string{"/", "/help", "/messages"} {
		narrow.Open(w.seal.PortalURL + path)
		if strings.Contains(narrow.HTML(), text) {
			t.Errorf("%s: it stands there after it was taken off", path)
		}
	}
	out = w.postseal(t, 0, "notice", "list")
	if strings.Contains(out, text) || !strings.Contains(out, later) {
		t.Errorf("the list is now %q", out)
	}
	w.postseal(t, 0, "notice", "remove", announcedID.FindStringSubmatch(out)[1])
}

// When and how the help desk is reached stands on the page of help, which asks people
// at work to go to their own first and leads to a guide for recipients and one for
// staff. CJSM-14, BOP-26
func helpDesk(t *testing.T, w *world) {
	b := w.person(t, e2etest.TabOptions{})
	b.Open(w.seal.PortalURL + "/help")
	b.Heading("Help desk")
	b.Says("please ask your own help desk first")
	b.Says("Open: weekdays, 8am to 7pm")
	for _, want := range []string{`href="tel:+441632960123"`, `href="mailto:help@example.gov.uk"`} {
		if !strings.Contains(strings.ReplaceAll(b.HTML(), "&#43;", "+"), want) {
			t.Errorf("the page has no link %s", want)
		}
	}
	b.Press("Reading and answering a secure message")
	b.Heading("The code does not come")
	b.Press("All questions and answers")
	b.Press("Sending a secure message, for staff")
	b.Heading("Take a message back")
	b.Says("Put [SECURE] in the subject")
	b.Press("switch on secure mail")
	b.Heading("Switch on secure mail")
}
