package e2e_test

import (
	"strings"
	"testing"

	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/redistest"
)

// TestWriteFirst walks journey 6 through the real Postfix, Redis, daemon and
// Chromium: somebody outside writes first, is answered, is refused, is stopped.
func TestWriteFirst(t *testing.T) {
	e2etest.NeedRoot(t)
	s := &site{t: t, Postfix: e2etest.NewPostfix(t, e2etest.PostfixOptions{Main: map[string]string{
		"smtpd_recipient_restrictions": "check_recipient_access inline:{ {closed@example.gov.uk=550 5.1.1 Nobody of this name} }, permit"}}), redis: redistest.StartRedis(t)}
	s.seal = e2etest.StartPostseal(t, e2etest.PostsealOptions{Postfix: s.Postfix, Redis: s.redis.Addr})
	s.Start()
	w := &world{site: s, web: e2etest.StartBrowser(t)}
	t.Run("WithoutScript", func(t *testing.T) { writesWithoutScript(t, w) })
	b := residentWrites(t, w) // one person in one tab, from here to the end
	officerAnswers(t, w, b)
	residentReadsHerCopy(t, b)
	residentIsRefused(t, w, b)
	residentIsBlocked(t, w, b)
}

const (
	resident   = "rosa@home.example"
	caseworker = "officer@example.gov.uk"
)

// From the first page: address, code, a message with a photo that is at first too
// big, a copy. The officer has an ordinary mail with the tag in front.
// Journey 6; BCC-1, BCC-2, BCC-4, BCC-9, BCC-10, BCC-11, BCC-13, BCC-14, BCC-15, CJSM-15
func residentWrites(t *testing.T, w *world) *e2etest.Tab {
	b := w.person(t, e2etest.TabOptions{})
	b.Open(w.seal.PortalURL + "/")
	w.signInByCode(t, b, w.Outside, resident, 1)
	b.Heading("You are signed in")
	b.Press("Write a message")
	b.Heading("Write a message")
	b.Says("You can write to addresses at example.gov.uk")
	b.Type("#to", caseworker)
	b.Type("#subject", "Broken boiler")
	b.Type("#text", "Please send ")
	b.Press("Bold")
	b.Type("#text", "somebody")
	big, _ := file(t, "film.mp4", 11*megabyte)
	photo, bytes4 := file(t, "photo.jpg", 4*megabyte)
	b.Attach("#file", big)
	b.Says("Your files have 11.0 MB together. That is more than 10 MB")
	b.Shot("write 1 too big")
	b.Attach("#file", photo)
	b.Says("4.0 MB of 10 MB chosen")
	b.Do(cdp.Click(cdp.CSS("#copy")))
	b.Press("Send")
	b.Heading("Message sent")
	b.Says("New message")
	b.Shot("write 2 sent")
	if b.Wide() {
		t.Error("the page sticks out to the side")
	}
	d := mail(t, w.Inside, "what the resident wrote", 1, func(d e2etest.Delivery) bool {
		return d.Has(caseworker) && strings.Contains(e2etest.Header(t, d.Raw, "Subject"), "Broken boiler")
	})
	if got := e2etest.Header(t, d.Raw, "Subject"); got != "[SECURE] Broken boiler" {
		t.Errorf("got subject %q", got)
	}
	if got := e2etest.Header(t, d.Raw, "Reply-To"); !strings.Contains(got, resident) {
		t.Errorf("got Reply-To %q", got)
	}
	if got := plainText(t, d.Raw); !strings.Contains(got, "Please send somebody") {
		t.Errorf("got text %q", got)
	}
	has(t, caseworker, d.Raw, "photo.jpg", bytes4)
	for _, f := range e2etest.Leaves(t, d.Raw) {
		if f.Type == "text/html" && !strings.Contains(string(f.Body), "<b>somebody</b>") {
			t.Errorf("the look of the words is lost: %s", f.Body)
		}
	}
	return b
}

// She answers in Outlook, and the answer is sealed by its tag; the resident finds
// it under Messages without the mail. BCC-16, CYC-16, SCC-14, CJSM-15, C6
func officerAnswers(t *testing.T, w *world, b *e2etest.Tab) {
	w.send(t, caseworker, []string{resident}, note(caseworker, resident, "RE: [SECURE] Broken boiler", "Somebody comes at nine."))
	b.Press("Messages")
	b.Heading("Messages")
	b.Says("New")
	b.Shot("write 3 messages")
	b.Press("RE: [SECURE] Broken boiler")
	b.Heading("RE: [SECURE] Broken boiler")
	b.Says("Somebody comes at nine.")
}

// The copy that she asked for is sealed, and opens from Sent.
func residentReadsHerCopy(t *testing.T, b *e2etest.Tab) {
	b.Press("Sent")
	b.Heading("What you have sent")
	b.Says("To " + caseworker)
	b.Press("Open your copy Broken boiler")
	b.Heading("Broken boiler")
	if !strings.Contains(b.HTML(), "photo.jpg") {
		t.Error("the copy lacks the file")
	}
}

// What a rule of ours or Postfix's listener refuses is said at once, with text and
// files still there. BCC-13, BCC-14
func residentIsRefused(t *testing.T, w *world, b *e2etest.Tab) {
	photo, bytes1 := file(t, "small.jpg", megabyte)
	b.Press("Write")
	b.Heading("Write a message")
	b.Type("#to", "friend@elsewhere.example")
	b.Type("#subject", "Second try")
	b.Type("#text", "keep me")
	b.Attach("#file", photo)
	b.Press("Send")
	b.Says("You cannot write to friend@elsewhere.example here.")
	b.Retype("#to", "closed@example.gov.uk")
	b.Press("Send")
	b.Says("does not know one of these addresses")
	b.Says("550 5.1.1")
	b.Shot("write 4 refused")
	if got := b.Text("#text"); got != "keep me" {
		t.Errorf("the text became %q", got)
	}
	b.Retype("#to", "second.officer@example.gov.uk")
	b.Press("Send")
	b.Heading("Message sent")
	d := mail(t, w.Inside, "the second try", 1, func(d e2etest.Delivery) bool { return d.Has("second.officer@example.gov.uk") })
	has(t, "the second officer", d.Raw, "small.jpg", bytes1)
}

// Without script the form is plain: a draft is kept, and a refusal keeps the text.
func writesWithoutScript(t *testing.T, w *world) {
	const who = "sam.plain@home.example"
	b := w.person(t, e2etest.TabOptions{NoScript: true})
	b.Open(w.seal.PortalURL + "/write")
	w.signInByCode(t, b, w.Outside, who, 1)
	b.Heading("Write a message")
	b.Type("#to", caseworker)
	b.Type("#subject", "Plain words")
	b.Type("#text", "one\ntwo")
	big, _ := file(t, "film.mp4", 11*megabyte)
	b.Attach("#file", big)
	b.Press("Send")
	b.Heading("There is a problem")
	b.Says("bigger than 10 MB")
	b.Press("Save for later")
	b.Says("Saved. We keep it until")
	b.Press("Your saved messages")
	b.Press("Plain words")
	b.Heading("Write a message")
	if got := b.Value("#text"); got != "one\ntwo" {
		t.Errorf("the draft became %q", got)
	}
	b.Press("Send")
	b.Heading("Message sent")
	mail(t, w.Inside, "the plain message", 1, func(d e2etest.Delivery) bool {
		return d.Has(caseworker) && e2etest.Header(t, d.Raw, "Subject") == "[SECURE] Plain words"
	})
}

// The operator keeps her from writing; she reads on.
func residentIsBlocked(t *testing.T, w *world, b *e2etest.Tab) {
	w.postseal(t, 0, "account", "block", resident)
	b.Press("New message")
	b.Heading("You cannot write messages here")
	b.Press("Your messages")
	b.Press("RE: [SECURE] Broken boiler")
	b.Says("Somebody comes at nine.")
}
