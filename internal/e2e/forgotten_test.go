package e2e_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

var resetInMail = regexp.MustCompile(`https://[^\s]+/reset\?t=[^\s]+`)

// forgets asks for a new password, as who has forgotten hers, and gives the nth mail
// about it that came.
func (w *world) forgets(t *testing.T, box *e2etest.Sink, who string, nth int) (b *e2etest.Tab, text string) {
	t.Helper()
	b = w.typesAddress(t, who)
	b.Press("I have forgotten my password")
	b.Heading("Set a new password")
	b.Press("Send me the link")
	b.Heading("Check your email")
	b.Says("We have sent an email to " + who)
	d := mail(t, box, fmt.Sprintf("reset mail %d to %s", nth, who), nth, func(d e2etest.Delivery) bool {
		return d.Has(who) && notice(d) && strings.Contains(plainText(t, d.Raw), "asked at") && strings.Contains(plainText(t, d.Raw), "for a new password")
	})
	return b, plainText(t, d.Raw)
}

// answers gives an answer to the question on the page of a reset link.
func (w *world) answers(b *e2etest.Tab, answer string) {
	b.Heading("Set a new password")
	b.Type("#answer", answer)
	b.Submit("Continue")
}

// sets types a new password and presses the button.
func (w *world) sets(b *e2etest.Tab, password string) {
	b.Do(cdp.WaitVisible(cdp.CSS("#again")))
	b.Type("#password", password)
	b.Type("#again", password)
	b.Press("Set this password")
}

// forgotten is the whole way of who has a question: the mail, the question that she
// chose, a wrong answer, the right one, a new password, with which she is signed in;
// from then on it works and the old one does not. A mail tells her.
func forgotten(t *testing.T, w *world, box *e2etest.Sink, who string) {
	t.Helper()
	other, old := w.joins(t, box, who)
	b, text := w.forgets(t, box, who, 1)
	if !strings.Contains(text, "Your old one still works until you set another.") {
		t.Errorf("the mail does not say that nothing has changed yet:\n%s", text)
	}
	b.Open(resetInMail.FindString(text))
	b.Says("Your childhood best friend")
	w.answers(b, "somebody else")
	b.Says("This is not the answer that you chose.")
	w.answers(b, strings.ToUpper(answerOf(who)))
	fresh := w.keep("password", "quite another sentence of "+who)
	w.sets(b, fresh)
	b.Heading("Your password works now")
	b.Press("Continue")
	b.Heading("You are signed in")
	w.signedOut(t, other) // elsewhere the old password had signed her in
	mail(t, box, "the mail about it", 1, func(d e2etest.Delivery) bool {
		return d.Has(who) && e2etest.Header(t, d.Raw, "Subject") == "Your password has been changed"
	})
	w.byPassword(t, who, fresh, "You are signed in")
	b = w.typesAddress(t, who)
	b.Type("#password", old+"\r")
	b.Says("This password does not match the address.")
	b.Open(resetInMail.FindString(text))
	b.Heading("This code or link no longer works")
}

// A recipient sets a new password by the link and her own question. BCC-26, BOP-15
func forgottenByRecipient(t *testing.T, w *world) { forgotten(t, w, w.Outside, "fred@home.example") }

// Staff have the same way for their own. CYC-6
func forgottenByStaff(t *testing.T, w *world) { forgotten(t, w, w.Inside, "fiona@example.gov.uk") }

// Who has no question on file comes from the mail straight to the new password. Who
// has no account at all is told on the page the same, and in the mail how to set a
// first one. BOP-16
func forgottenWithoutQuestion(t *testing.T, w *world) {
	const who = "nora@home.example"
	b, _ := w.joins(t, w.Outside, who)
	b.Open(w.seal.PortalURL + "/account/question")
	b.Press("Do without a question")
	b.Says("You have chosen no question")
	b, text := w.forgets(t, w.Outside, who, 1)
	b.Open(resetInMail.FindString(text))
	b.Heading("Set a new password")
	if strings.Contains(b.HTML(), `id="answer"`) {
		t.Error("a question is asked, although there is none")
	}
	fresh := w.keep("password", "a second sentence of nora")
	w.sets(b, fresh)
	b.Heading("Your password works now")
	w.byPassword(t, who, fresh, "You are signed in")

	_, text = w.forgets(t, w.Outside, "nobody.yet@home.example", 1)
	if !strings.Contains(text, "There is none so far.") || !strings.Contains(text, w.seal.PortalURL+"/register") {
		t.Errorf("without an account the mail says\n%s", text)
	}
}

// Four wrong answers and the right one change the password; five close this way for
// an hour, with the time, for the right answer and by a new link too, while the
// password itself goes on. BOP-17
func fiveWrongAnswers(t *testing.T, w *world) {
	const who = "five@home.example"
	w.joins(t, w.Outside, who)
	wrong := func(b *e2etest.Tab, n int) {
		for range n {
			w.answers(b, "a wrong one")
			b.Says("This is not the answer that you chose.")
		}
	}
	b, text := w.forgets(t, w.Outside, who, 1)
	b.Open(resetInMail.FindString(text))
	wrong(b, 4)
	w.answers(b, answerOf(who))
	password := w.keep("password", "the sentence after four")
	w.sets(b, password)
	b.Heading("Your password works now")

	b, text = w.forgets(t, w.Outside, who, 2)
	b.Open(resetInMail.FindString(text))
	wrong(b, 4)
	w.answers(b, "the fifth")
	b.Heading("Please wait before you try again")
	if got := b.Text("main"); !clockTime.MatchString(got) {
		t.Errorf("the page does not say until when: %q", got)
	}
	b.Open(resetInMail.FindString(text))
	w.answers(b, answerOf(who))
	b.Heading("Please wait before you try again")
	w.byPassword(t, who, password, "You are signed in")
	out := w.postseal(t, 0, "account", "show", who)
	if !regexp.MustCompile(`(?m)^locked    until .* by wrong answers$`).MatchString(out) || strings.Contains(out, "by wrong passwords") {
		t.Errorf("the command says\n%s", out)
	}
}

// Who has lost password and answer both is told to write to the service; only its
// operator resets the account, by command, whether of a recipient or of staff; then
// she begins anew. The pages of the service desk have nothing of the kind, for
// anybody. BOP-18, BOP-19
func bothLost(t *testing.T, w *world) {
	for _, p := range []struct {
		box *e2etest.Sink
		who string
	}{{w.Outside, "bella@home.example"}, {w.Inside, "bruno@example.gov.uk"}} {
		b, old := w.joins(t, p.box, p.who)
		r, text := w.forgets(t, p.box, p.who, 1)
		r.Open(resetInMail.FindString(text))
		r.Says("For a new password, write to secure@example.gov.uk from this address, and we reset your account.")
		before := entries(t, w.postseal(t, 0, "account", "show", p.who))
		out := w.postseal(t, 0, "account", "reset", p.who)
		if !strings.Contains(out, p.who+" has no account any more") || entries(t, out) <= before {
			t.Errorf("the command says\n%s", out)
		}
		w.signedOut(t, b)
		r.Open(resetInMail.FindString(text))
		r.Heading("This code or link no longer works")
		b = w.typesAddress(t, p.who)
		b.Type("#password", old+"\r")
		b.Says("This password does not match the address.")
		b.Press("Set up a password")
		w.fill(b, old, answerOf(p.who))
		b.Press("Continue")
		d := mail(t, p.box, "another activation mail", 2, func(d e2etest.Delivery) bool {
			return d.Has(p.who) && activationInMail.MatchString(plainText(t, d.Raw))
		})
		b.Open(activationInMail.FindString(plainText(t, d.Raw)))
		b.Press("Activate my account")
		b.Heading("Your password works now")
	}

	desk := w.enters(t, "/servicedesk", w.Inside, senderDesk, 1)
	desk.Heading("Find a message")
	for _, path := range []string{"/servicedesk", "/servicedesk/team"} {
		desk.Open(w.seal.PortalURL + path)
		acts := e2etest.Get(desk, cdp.Evaluate[[]string](`[...document.querySelectorAll("main form, main a")].map(e => new URL(e.action || e.href).pathname)`))
		for _, act := range acts {
			if !strings.HasPrefix(act, "/servicedesk") {
				t.Errorf("%s leads to %s", path, act)
			}
		}
	}
}

var auditEntries = regexp.MustCompile(`(?m)^audit     (\d+) entries$`)

// entries counts the audit chain of an account as the command shows it.
func entries(t *testing.T, out string) (n int) {
	t.Helper()
	m := auditEntries.FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("the command does not count the record:\n%s", out)
	}
	fmt.Sscan(m[1], &n)
	return n
}

// After 20 wrong passwords neither the right one nor the way of who has forgotten it
// works; the operator ends that by command, which stands in the record, and the right
// one works at once. BCC-27
func unlockedByOperator(t *testing.T, w *world) {
	const who, subject = "ulla@home.example", "[SECURE] Locked out"
	_, password := w.joins(t, w.Outside, who)
	l := w.send(t, anton, []string{who}, note(anton, who, subject, "Let me in."))
	for range 19 {
		w.wrong(t, l, who, "wrong again and again", "wrong")
	}
	b := w.typesAddress(t, who)
	b.Type("#password", "wrong number 20\r")
	b.Heading("Please wait before you try again")
	w.wrong(t, l, who, password, "locked")
	b.Open(w.seal.PortalURL + "/forgot")
	b.Press("Send me the link")
	b.Heading("Please wait before you try again")
	before := w.postseal(t, 0, "account", "show", who)
	if !strings.Contains(before, "by wrong passwords") {
		t.Errorf("the command says\n%s", before)
	}
	out := w.postseal(t, 0, "account", "unlock", who)
	if !strings.Contains(out, "locked    no") || entries(t, out) <= entries(t, before) {
		t.Errorf("the command says\n%s", out)
	}
	w.byPassword(t, who, password, "You are signed in")
}
