package e2e_test

import (
	"strings"
	"testing"
	"time"

	cdp "github.com/chromedp/chromedp"
	"github.com/emersion/go-smtp"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/redistest"
)

// senderRules seal like Rules; what is flagged in Outlook is held back for an hour.
const senderRules = `
rules:
  - {name: Outlook flag, if: {sensitivity: [company-confidential]}, do: seal, profile: held}
  - {name: subject tag, if: {subject_tag: [SECURE, encrypt]}, do: seal}
profiles:
  default: {expires: 90d, link: 14d, sign_in: [code, password], attach_up_to: 60MB}
  held: {undo_window: 1h}
`

const senderDesk = "helen@example.gov.uk"

// TestSenders walks what staff see of their messages, and what the service desk
// does for them, with real delivery reports of a real Postfix.
func TestSenders(t *testing.T) {
	t.Parallel()
	e2etest.NeedRoot(t)
	s := &site{t: t, Postfix: e2etest.NewPostfix(t, e2etest.PostfixOptions{Robot: true}), redis: redistest.StartRedis(t)}
	s.seal = e2etest.StartPostseal(t, e2etest.PostsealOptions{Postfix: s.Postfix, Redis: s.redis.Addr, Robot: true, Rules: senderRules,
		More: "service_desk: {people: [" + senderDesk + "]}\n"})
	s.Start()
	s.Outside.SetAnswer(func(_, to string) *smtp.SMTPError {
		if strings.HasPrefix(to, "nobody@") {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user here"}
		}
		return nil
	})
	w := &world{site: s, web: e2etest.StartBrowser(t)}
	for _, way := range []struct {
		name string
		walk func(*testing.T, *world)
	}{
		{"Journey4_OneShortMail", journey4},
		{"Journey5_WrongAddress_CYC-15", journey5},
		{"Journey8_ServiceDesk_CYC-13_BCC-28", journey8},
		{"StatesFromRealReports_CYC-15", statesFromReports},
		{"UnitSeesWhatItSent_CYC-14_CYC-16", unitSeesWhatItSent},
		{"TakenBackInTime", takenBackInTime},
	} {
		t.Run(way.name, func(t *testing.T) { way.walk(t, w) })
	}
}

// counted is a person whose actions are counted: taps, clicks and fields filled.
type counted struct {
	*e2etest.Tab
	actions int
}

func (c *counted) press(words string) { c.actions++; c.Press(words) }

func (c *counted) fill(css, text string) { c.actions++; c.Type(css, text) }

func (c *counted) choose(css string) { c.actions++; c.Do(cdp.Click(cdp.CSS(css), cdp.NodeVisible)) }

// signedInAt is a member of staff in front of a page, signed in by a code.
func (w *world) signedInAt(t *testing.T, path, who string, nth int) *counted {
	t.Helper()
	b := &counted{Tab: w.person(t, e2etest.TabOptions{})}
	b.Open(w.seal.PortalURL + path)
	b.Type("#address", who+"\r")
	b.Heading("Sign in")
	b.Press("Send me a code")
	b.Heading("Type the code")
	b.Type("#code", w.code(t, w.Inside, who, nth))
	b.Press("Continue")
	return b
}

// opens reads a message by a code, as its recipient.
func (w *world) opens(t *testing.T, l letter, who, subject string) {
	t.Helper()
	b := w.person(t, e2etest.TabOptions{})
	b.Open(l.link)
	b.Do(cdp.Click(cdp.CSS(`input[name=choice][value="`+who+`"]`), cdp.NodeVisible))
	b.Press("Continue")
	b.Heading("Sign in to read your message")
	b.Press("Send me a code")
	b.Heading("Type the code")
	b.Type("#code", w.code(t, w.Outside, who, 1))
	b.Press("Continue")
	b.Heading(subject)
}

// takeBackOf gives the link of a confirmation.
func takeBackOf(t *testing.T, text string) string {
	t.Helper()
	link := takeBackInMail.FindString(text)
	if link == "" {
		t.Fatalf("the confirmation does not say how to take the message back:\n%s", text)
	}
	return link
}

// Journey 4: a tag misspelt in a hurry; one short mail says that it was sealed, for
// whom, why, until when, what was made of the tag, and where to take it back. There
// is nothing to do: 0 actions.
func journey4(t *testing.T, w *world) {
	const from, to, subject = "amy@example.gov.uk", "cara@home.example", "[SECRUE] Visit on Monday"
	w.send(t, from, []string{to}, note(from, to, subject, "At ten."))
	text := plainText(t, w.confirmation(t, from, subject).Raw)
	for _, want := range []string{to, "You wrote [SECRUE] in the subject; we treated it as [SECURE]", "Can be read until", "Take it back", "Why"} {
		if !strings.Contains(text, want) {
			t.Errorf("the confirmation does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "At ten.") || len(strings.Fields(text)) > 120 {
		t.Errorf("not a short mail without a word of the message: %d words\n%s", len(strings.Fields(text)), text)
	}
	takeBackOf(t, text)
}

// Journey 5: wrong address. From the confirmation it takes three actions: choose the
// person, say why, press. The page says at once for each whether it was opened; who
// comes later reads that it was withdrawn, why, and nothing more.
func journey5(t *testing.T, w *world) {
	const from, to, wrong, subject = "ben@example.gov.uk", "smyth@home.example", "smith@home.example", "[SECURE] Plan for Mr Smyth"
	l := w.send(t, from, []string{to, wrong}, note(from, to+", "+wrong, subject, "Private to Mr Smyth."))
	w.opens(t, l, to, subject)
	b := w.signedInAt(t, "/sent", from, 1) // she has her messages open all day
	b.Heading("Messages you sent")
	b.Says("Opened by 1 of 2")
	b.Open(takeBackOf(t, plainText(t, w.confirmation(t, from, subject).Raw)))
	b.Heading("A message you sent")
	b.actions = 0
	b.choose(`input[name=who][value="` + wrong + `"]`)
	b.fill("#reason", "Meant for another person")
	b.press("Take it back")
	b.Says(wrong + ": never opened")
	if b.actions > 3 {
		t.Errorf("taking it back took %d actions, want at most 3", b.actions)
	}
	b.Says("Opened today")
	b.choose(`input[name=who][value="` + to + `"]`)
	b.press("Take it back")
	b.Says(to + ": opened today")

	r := w.person(t, e2etest.TabOptions{})
	r.Open(l.link)
	r.Do(cdp.Click(cdp.CSS(`input[name=choice][value="`+wrong+`"]`), cdp.NodeVisible))
	r.Press("Continue")
	r.Heading("Sign in to read your message")
	r.Press("Send me a code")
	r.Heading("Type the code")
	r.Type("#code", w.code(t, w.Outside, wrong, 1))
	r.Press("Continue")
	r.Heading("This message was taken back")
	r.Says("Meant for another person")
	if strings.Contains(r.HTML(), "Private to") || strings.Contains(r.HTML(), "Plan for") {
		t.Error("more than the reason is shown")
	}
}

// Journey 8: "I sent something to jones instead of joanes, just now." Found by the
// person and the time, taken back, and what happened read back; neither content nor
// subject is seen. The commands say the same.
// CYC-13, BCC-28
func journey8(t *testing.T, w *world) {
	const from, to, subject = "col@example.gov.uk", "jones@home.example", "[SECURE] Report on a child"
	l := w.send(t, from, []string{to}, note(from, to, subject, "A family's history."))
	b := w.signedInAt(t, "/servicedesk", senderDesk, 1)
	b.Heading("Find a message")
	b.fill("#to", to)
	b.fill("#time", time.Now().In(londonTime(t)).Format("15:04"))
	b.press("Find")
	b.Says("From " + from)
	b.choose(`ul.people a`)
	b.Heading("A message of a colleague")
	b.fill("#reason", "Wrong person")
	b.press("Take it back")
	b.Says(to + ": never opened")
	b.Says(senderDesk + " (service desk)")
	if b.actions > 6 {
		t.Errorf("%d actions on the telephone, want at most 6", b.actions)
	}
	mail(t, w.Inside, "that the service desk took it back", 1, func(d e2etest.Delivery) bool {
		return d.Has(from) && strings.Contains(plainText(t, d.Raw), "The service desk has taken back a message you sent") && strings.Contains(plainText(t, d.Raw), "Wrong person")
	})
	if html := b.HTML(); strings.Contains(html, "history") || strings.Contains(html, "Report on") || strings.Contains(html, "/m/") {
		t.Error("the service desk sees more than people, times and states")
	}
	id := l.sealed.Page.ID.String()
	out, err := w.seal.Command("envelope", "list", "--to", to, "--window", "10m", "--around", time.Now().In(londonTime(t)).Format("2006-01-02 15:04"))
	if err != nil || !strings.Contains(out, id) || !strings.Contains(out, "taken back") || strings.Contains(out, "Report") {
		t.Errorf("by command: %v\n%s", err, out)
	}
	x := w.signedInAt(t, "/servicedesk", from, 1)
	x.Heading("There is no such page")
}

func londonTime(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// CYC-15, BCC-28: of one person the host that took it, of another why it failed, in
// plain words and in the other system's own; both from Postfix's reports.
func statesFromReports(t *testing.T, w *world) {
	const from, to, gone, subject = "dee@example.gov.uk", "there@home.example", "nobody@home.example", "[SECURE] Two people"
	w.send(t, from, []string{to, gone}, note(from, to+", "+gone, subject, "Hello."))
	d, text := noticeTo(t, w.Inside, from, "bounce")
	if !strings.Contains(text, "There is no such mailbox") || !strings.Contains(text, "no such user here") {
		t.Errorf("the sender is not told in plain words (%v):\n%s", d.To(), text)
	}
	b := w.signedInAt(t, "/sent", from, 1)
	b.Says("Not delivered to 1")
	b.Press("[SECURE] Two people")
	b.Says("There is no such mailbox")
	b.Says("no such user here")
	e2etest.Eventually(t, "the report of who took it", func() bool {
		b.Open(b.URL())
		return strings.Contains(b.HTML(), "Handed to 127.0.0.1")
	})
	b.Press("Keep it open longer")
	b.Says(time.Now().Add(120 * 24 * time.Hour).In(londonTime(t)).Format("2 January 2006"))
}

// CYC-14, CYC-16: sent from a unit's address; its mailbox signs in by a code and
// finds the message by a word. Journey: Sent, message, take back.
func unitSeesWhatItSent(t *testing.T, w *world) {
	const unit, to, subject = "housing.office@example.gov.uk", "tenant@home.example", "[SECURE] Your tenancy"
	w.send(t, unit, []string{to}, note(unit, to, subject, "Signed."))
	b := w.signedInAt(t, "/", unit, 1)
	b.Press("Sent")
	b.Heading("Messages you sent")
	b.Says(unit)
	b.Type("#words", "tenancy\r")
	b.Press(subject)
	b.Heading("A message you sent")
	b.Press("Take it back")
	b.Says(to + ": never opened")
}

// Issue 5, undo window: the confirmation says until when nobody can read, who comes
// early reads from when, and taken back inside it is "never readable".
func takenBackInTime(t *testing.T, w *world) {
	const from, to, subject = "eve@example.gov.uk", "early@home.example", "Minutes"
	l := w.send(t, from, []string{to}, note(from, to, subject, "Strictly private.", "Sensitivity: company-confidential"))
	text := plainText(t, w.confirmation(t, from, subject).Raw)
	if !strings.Contains(text, "Nobody can read it before") {
		t.Errorf("the confirmation does not say from when:\n%s", text)
	}
	r := w.person(t, e2etest.TabOptions{})
	r.Open(l.link)
	r.Press("Send me a code")
	r.Type("#code", w.code(t, w.Outside, to, 1))
	r.Press("Continue")
	r.Heading("This message opens in a few minutes")
	r.Says("It can be read from")
	b := w.signedInAt(t, "/sent", from, 1)
	b.Heading("Messages you sent")
	b.Open(takeBackOf(t, text))
	b.Says("Nobody can read this message before")
	b.Press("Take it back")
	b.Says("never opened, it could not be read yet")
	r.Open(l.link)
	r.Heading("This message was taken back")
	if strings.Contains(r.HTML(), "Strictly") {
		t.Error("the message is shown")
	}
}
