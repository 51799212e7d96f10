package e2e_test

import (
	"strings"
	"testing"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// TestStaffAreRecipients: another organisation runs the service too, and writes to our
// staff, who have the envelope in their ordinary mailboxes. They make accounts there,
// read, and answer, by the rules of everybody else: no code to a colleague, no account
// and no address at our own organisation opens it. BOP-27, BCC-1
func TestStaffAreRecipients(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, e2etest.PostfixOptions{Main: map[string]string{"relay_domains": "example.gov.uk partner.example"}}, e2etest.PostsealOptions{}, "example.gov.uk", "partner.example")
	const from, subject = "nurse@partner.example", "[SECURE] Discharge"
	e2etest.MustSend(t, w.Submission, from, []string{staff}, note(from, staff, subject, "She goes home on Friday."), e2etest.SendOptions{})
	l := w.received(t, mail(t, w.Inside, "the envelope in the council's mailbox", 1, func(d e2etest.Delivery) bool { return d.Has(staff) && e2etest.IsSealed(t, d.Raw) }))

	b := w.person(t, e2etest.TabOptions{})
	password := w.password(staff)
	b.Open(l.link)
	b.Heading("Sign in to read your message")
	b.Press("Set up a password")
	w.fill(b, password, answerOf(staff))
	b.Press("Continue")
	b.Heading("Check your email")
	d, _ := noticeTo(t, w.Inside, staff, "activation")
	b.Open(activationInMail.FindString(plainText(t, d.Raw)))
	b.Press("Activate my account")
	b.Press("Continue")
	b.Heading(subject)
	b.Says("She goes home on Friday.")
	b.Press("Reply")
	b.Type("#text", "We are ready.")
	b.Press("Send")
	b.Heading("Message sent")
	d = mail(t, w.Inside, "the answer", 1, func(d e2etest.Delivery) bool {
		return d.Has(from) && strings.Contains(plainText(t, d.Raw), "We are ready.")
	})
	if got := e2etest.Header(t, d.Raw, "Subject"); !strings.HasPrefix(got, "[SECURE] ") {
		t.Errorf("the answer is called %q", got)
	}

	file := w.person(t, e2etest.TabOptions{})
	file.Open(l.file)
	file.Type("#password", password+"\r")
	file.Heading(subject)
	colleague := w.enters(t, "/", w.Inside, mate, 1)
	colleague.Open(l.link)
	colleague.Heading("This message was sent to another address")
	colleague.Open(w.seal.PortalURL + "/sent")
	if strings.Contains(colleague.HTML(), "Discharge") {
		t.Error("our staff see what others sent")
	}
}
