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

// forgottenPasswords walks a recipient and somebody of staff through all ways to a new
// password; what one cannot do, the operator does for her.
func forgottenPasswords(t *testing.T, w *world) {
	r := &forgetful{world: w, box: w.Outside, who: "fred@home.example"}
	s := &forgetful{world: w, box: w.Inside, who: "fiona@example.gov.uk"}
	t.Run("ByRecipient_BCC-26_BOP-15", r.byRecipient)
	t.Run("FiveWrongAnswers_BOP-17", r.fiveWrongAnswers)
	t.Run("WithoutQuestion_BOP-16", r.withoutQuestion)
	t.Run("ByStaff_CYC-6", s.byStaff)
	t.Run("BothLost_BOP-18", r.bothLost)
	t.Run("OnlyTheOperator_BOP-19", s.onlyTheOperator)
}

// forgetful is somebody with an account who forgets its password again and again.
type forgetful struct {
	*world
	box      *e2etest.Sink
	who      string
	password string // that works now
	mails    int    // about a new password so far
}

// asks asks for a new password and opens the link that comes.
func (f *forgetful) asks(t *testing.T) (b *e2etest.Tab, text string) {
	t.Helper()
	f.mails++
	b, text = f.forgets(t, f.box, f.who, f.mails)
	b.Open(resetInMail.FindString(text))
	b.Heading("Set a new password")
	return b, text
}

// sets types a new password, presses the button, and is signed in with it.
func (f *forgetful) sets(t *testing.T, b *e2etest.Tab) {
	t.Helper()
	f.password = f.keep("password", fmt.Sprintf("sentence number %d of %s", f.mails, f.who))
	b.Do(cdp.WaitVisible(cdp.CSS("#again")))
	b.Type("#password", f.password)
	b.Type("#again", f.password)
	b.Press("Set this password")
	b.Heading("Your password works now")
}

// wholeWay is that of who has a question: the mail, the question that she chose, a
// wrong answer, the right one, a new password, with which she is signed in; from then
// on it works, the old one does not, and elsewhere she is signed out. A mail tells her.
func (f *forgetful) wholeWay(t *testing.T) {
	t.Helper()
	other, old := f.joins(t, f.box, f.who)
	b, text := f.asks(t)
	if !strings.Contains(text, "Your old one still works until you set another.") {
		t.Errorf("the mail does not say that nothing has changed yet:\n%s", text)
	}
	b.Says("Your childhood best friend")
	f.answers(b, "somebody else")
	b.Says("This is not the answer that you chose.")
	f.answers(b, strings.ToUpper(answerOf(f.who)))
	f.sets(t, b)
	b.Press("Continue")
	b.Heading("You are signed in")
	f.signedOut(t, other)
	mail(t, f.box, "the mail about it", 1, func(d e2etest.Delivery) bool {
		return d.Has(f.who) && e2etest.Header(t, d.Raw, "Subject") == "Your password has been changed"
	})
	b = f.typesAddress(t, f.who)
	b.Type("#password", old+"\r")
	b.Says("This password does not match the address.")
	b.Type("#password", f.password+"\r")
	b.Heading("You are signed in")
	b.Open(resetInMail.FindString(text))
	b.Heading("This code or link no longer works")
}

// A recipient sets a new password by the link and her own question. BCC-26, BOP-15
func (f *forgetful) byRecipient(t *testing.T) { f.wholeWay(t) }

// Staff have the same way for their own. CYC-6
func (f *forgetful) byStaff(t *testing.T) { f.wholeWay(t) }

// Four wrong answers and the right one change the password; five close this way for
// an hour, with the time, for the right answer too, while the password itself goes
// on. The operator ends it before, by command. BOP-17
func (f *forgetful) fiveWrongAnswers(t *testing.T) {
	b, _ := f.asks(t)
	wrong := func() {
		for range 4 {
			f.answers(b, "a wrong one")
			b.Says("This is not the answer that you chose.")
		}
	}
	wrong()
	f.answers(b, answerOf(f.who))
	f.sets(t, b)

	b, text := f.asks(t)
	wrong()
	f.answers(b, "the fifth")
	b.Heading("Please wait before you try again")
	if got := b.Text("main"); !clockTime.MatchString(got) {
		t.Errorf("the page does not say until when: %q", got)
	}
	b.Open(resetInMail.FindString(text))
	f.answers(b, answerOf(f.who))
	b.Heading("Please wait before you try again")
	f.byPassword(t, f.who, f.password, "You are signed in")
	out := f.postseal(t, 0, "account", "show", f.who)
	if !regexp.MustCompile(`(?m)^locked    until .* by wrong answers$`).MatchString(out) || strings.Contains(out, "by wrong passwords") {
		t.Errorf("the command says\n%s", out)
	}
	before := entries(t, out)
	if out = f.postseal(t, 0, "account", "unlock", f.who); !strings.Contains(out, "locked    no") || entries(t, out) <= before {
		t.Errorf("the command says\n%s", out)
	}
	b.Open(resetInMail.FindString(text))
	f.answers(b, answerOf(f.who))
	f.sets(t, b)
}

// Who has no question on file comes from the mail straight to the new password. Who
// has no account at all is told on the page the same, and in the mail how to set a
// first one. BOP-16
func (f *forgetful) withoutQuestion(t *testing.T) {
	b := f.byPassword(t, f.who, f.password, "You are signed in")
	b.Open(f.seal.PortalURL + "/account/question")
	b.Press("Do without a question")
	b.Says("You have chosen no question")
	b, _ = f.asks(t)
	if strings.Contains(b.HTML(), `id="answer"`) {
		t.Error("a question is asked, although there is none")
	}
	f.sets(t, b)
	b.Open(f.seal.PortalURL + "/account/question") // for those who come after
	b.Choose("#question", "Your childhood best friend")
	b.Type("#answer", answerOf(f.who))
	b.Press("Save")
	b.Says("Your question has been changed.")

	_, text := f.forgets(t, f.box, "nobody.yet@home.example", 1)
	if !strings.Contains(text, "There is none so far.") || !strings.Contains(text, f.seal.PortalURL+"/register") {
		t.Errorf("without an account the mail says\n%s", text)
	}
}

// reset has the operator reset the account, by command: it stands in the record, all
// is over for who was signed in, and neither link nor password works any more.
func (f *forgetful) reset(t *testing.T) {
	t.Helper()
	b := f.byPassword(t, f.who, f.password, "You are signed in")
	before := entries(t, f.postseal(t, 0, "account", "show", f.who))
	out := f.postseal(t, 0, "account", "reset", f.who)
	if !strings.Contains(out, f.who+" has no account any more") || entries(t, out) <= before {
		t.Errorf("the command says\n%s", out)
	}
	f.signedOut(t, b)
}

// Who has lost password and answer both is told to write to the service; its operator
// resets the account, and she begins anew by her mailbox. BOP-18
func (f *forgetful) bothLost(t *testing.T) {
	b, text := f.asks(t)
	b.Says("For a new password, write to secure@example.gov.uk from this address, and we reset your account.")
	f.reset(t)
	b.Open(resetInMail.FindString(text))
	b.Heading("This code or link no longer works")
	b = f.typesAddress(t, f.who)
	b.Type("#password", f.password+"\r")
	b.Says("This password does not match the address.")
	b.Press("Set up a password")
	f.fill(b, f.password, answerOf(f.who))
	b.Press("Continue")
	d := mail(t, f.box, "another activation mail", 2, func(d e2etest.Delivery) bool {
		return d.Has(f.who) && activationInMail.MatchString(plainText(t, d.Raw))
	})
	b.Open(activationInMail.FindString(plainText(t, d.Raw)))
	b.Press("Activate my account")
	b.Heading("Your password works now")
}

// The operator resets staff likewise; the service desk can only ask for it: its pages
// lead to nothing that changes anybody's account. BOP-19
func (f *forgetful) onlyTheOperator(t *testing.T) {
	f.reset(t)
	desk := f.enters(t, "/servicedesk", f.Inside, senderDesk, 1)
	desk.Heading("Find a message")
	for _, path := range []string{"/servicedesk", "/servicedesk/team"} {
		desk.Open(f.seal.PortalURL + path)
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
