package e2e_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// With scripts switched off the file posts itself to the website, and everything
// can be done there: sign in, read, save, answer, sign out.
func noScript(t *testing.T, w *world) {
	const from, to, subject = "ivy@example.gov.uk", "xena@home.example", "[SECURE] Tenancy"
	pdf := append([]byte("%PDF-1.4\n"), noise(40_000)...)
	l := w.send(t, from, []string{to}, withFiles(from, to, subject, "Please sign.", e2etest.File{Name: "Tenancy.pdf", Type: "application/pdf", Body: pdf}))
	b := w.person(t, e2etest.TabOptions{NoScript: true})
	b.Open(l.file)
	b.Heading("You have a secure message")
	if html := b.HTML(); strings.Contains(html, "<script") && strings.Contains(html, `id="password"`) {
		t.Fatal("the script ran: this test shows nothing")
	}
	b.Press("Open message")
	b.Heading("Sign in to read your message")
	b.Press("Send me a code")
	b.Heading("Type the code")
	b.Type("#code", w.code(t, w.Outside, to, 1))
	b.Press("Continue")
	b.Heading(subject)
	b.Says("Please sign.")
	b.Press("Tenancy.pdf")
	equal(t, "Tenancy.pdf", b.Saved("Tenancy.pdf"), pdf)
	b.Press("Reply")
	b.Heading("Reply")
	b.Type("#text", "Signed.")
	b.Press("Send")
	b.Heading("Message sent")
	if got := plainText(t, w.answer(t, from).Raw); !strings.Contains(got, "Signed.") {
		t.Errorf("the answer says %q", got)
	}
	b.Press("Sign out")
	b.Heading("You are signed out")
	b.Open(w.seal.PortalURL + "/m/" + l.sealed.Page.ID.String())
	if html := b.HTML(); strings.Contains(html, "Please sign.") {
		t.Error("the message still opens after signing out")
	}
}

var takeBackInMail = regexp.MustCompile(`https://[^\s]+/sent/[a-z2-7]+`)

// confirmation waits for the mail that tells a sender what was sealed.
func (w *world) confirmation(t *testing.T, from, subject string) e2etest.Delivery {
	t.Helper()
	return mail(t, w.Inside, "the confirmation for "+subject, 1, func(d e2etest.Delivery) bool {
		return d.Has(from) && e2etest.Header(t, d.Raw, "Subject") == "Sent securely: "+subject
	})
}

// recallWithin is how soon after the click a key is refused (CYC-17).
const recallWithin = time.Second

// The sender follows the confirmation, shows by a code who she is, and takes the
// message back. Within a second no key is given any more, and file and link say
// what happened and why. CYC-14, CYC-15, CYC-17
func senderTakesBack(t *testing.T, w *world) {
	const from, to, subject, reason = "jo@example.gov.uk", "yan@home.example", "[SECURE] Wrong file", "It was meant for another Yan"
	l := w.send(t, from, []string{to}, note(from, to, subject, "Somebody else's data."))
	password := w.password(to)
	recipient := w.person(t, e2etest.TabOptions{})
	w.register(t, recipient, l, to, password, subject)
	reader := e2etest.NewReader(t, w.seal, w.Outside, to)
	key, err := reader.KeyByPassword(l.sealed, password)
	if err != nil {
		t.Fatal(err)
	}
	w.keep("key", string(key.Bytes()))

	text := plainText(t, w.confirmation(t, from, subject).Raw)
	link := takeBackInMail.FindString(text)
	if link == "" {
		t.Fatalf("the confirmation does not say how to take the message back:\n%s", text)
	}
	sender := w.person(t, e2etest.TabOptions{})
	sender.Open(link)
	sender.Heading("See or take back a message you sent")
	sender.Type("#address", from+"\r")
	sender.Heading("Sign in")
	sender.Press("Send me a code")
	sender.Heading("Type the code")
	sender.Type("#code", w.code(t, w.Inside, from, 1))
	sender.Press("Continue")
	sender.Heading("A message you sent")
	sender.Says("Opened today")
	sender.Type("#reason", reason)

	asked := time.Now()
	if _, err := reader.KeyByPassword(l.sealed, password); err != nil {
		t.Fatal(err)
	}
	asking := time.Since(asked) // one question, password and all, on this machine
	clicked := time.Now()
	sender.Press("Take it back")
	var refused *e2etest.Refused
	e2etest.Eventually(t, "the key to be refused", func() bool {
		_, err := reader.KeyByPassword(l.sealed, password)
		return errors.As(err, &refused)
	})
	// The last question that was answered with the key, and the one that was refused.
	if took := time.Since(clicked); took > recallWithin+2*asking {
		t.Errorf("the key was refused %v after the click, want at most %v and two questions of %v", took, recallWithin, asking)
	}
	// The first refusal may fall between the reading of the record and the gate; it
	// has no reason yet.
	if _, err := reader.KeyByPassword(l.sealed, password); !errors.As(err, &refused) || refused.Code != "recalled" || !strings.Contains(refused.Text, reason) {
		t.Errorf("got %v, want the words for a message that was taken back", refused)
	}
	sender.Says("Taken back today")
	sender.Says(reason)

	recipient.Open(l.link)
	recipient.Heading("This message was taken back")
	recipient.Says(reason)
	file := w.person(t, e2etest.TabOptions{})
	file.Open(l.file)
	file.Type("#password", password+"\r")
	file.Says("This message was taken back")
	file.Says(reason)
	for where, html := range map[string]string{"the file": file.HTML(), "the website": recipient.HTML()} {
		if strings.Contains(html, "Somebody else") {
			t.Errorf("%s still shows the message", where)
		}
	}
}

// Names, subject, text and file names in Welsh, German, Chinese and with emoji
// arrive as they were written, in the page, on the website and in saved files.
func nonASCII(t *testing.T, w *world) {
	const from, to, subject = "sian@example.gov.uk", "zhang@home.example", "[SECURE] Cyfarfod gyda Siân Ŵyn – Größe, 护理计划 😀"
	const body = "Annwyl Zhang,\r\n\r\nŵŷâêîôû, äöüß, 您好 🏴󠁧󠁢󠁷󠁬󠁳󠁿 👩‍⚕️.\r\n"
	files := []e2etest.File{
		{Name: "Cynllun ŵŷ.pdf", Type: "application/pdf", Body: noise(3000)},
		{Name: "Prüfung für Größe.docx", Type: "application/octet-stream", Body: noise(4000)},
		{Name: "护理计划 😀.txt", Type: "text/plain; charset=utf-8", Body: []byte("您好 ŵ ß 😀\r\n")},
	}
	sender := "=?utf-8?q?Si=C3=A2n_=C5=B4yn?= <" + from + ">"
	raw := withFiles(sender, "=?utf-8?b?5byg?= <"+to+">", subject, body, files...)
	e2etest.MustSend(t, w.Submission, from, []string{to}, raw, e2etest.SendOptions{Body: "8BITMIME"})
	l := w.received(t, mail(t, w.Outside, "the sealed message", 1, func(d e2etest.Delivery) bool { return d.Has(to) && e2etest.IsSealed(t, d.Raw) }))
	if got := e2etest.Header(t, l.mail, "Subject"); got != subject {
		t.Errorf("subject of the notification: got %q, want %q", got, subject)
	}
	password := w.keep("password", "cyfrinair ŵŷ 您好 😀")
	site := w.person(t, e2etest.TabOptions{})
	w.registerPasted(t, site, l, to, password)
	file := w.person(t, e2etest.TabOptions{})
	file.Open(l.file)
	file.Paste("#password", password)
	file.Press("Open message")
	for where, b := range map[string]*e2etest.Tab{"file": file, "website": site} {
		b.Heading(subject)
		b.Says("Siân Ŵyn")
		b.Says("ŵŷâêîôû, äöüß, 您好 🏴󠁧󠁢󠁷󠁬󠁳󠁿 👩‍⚕️.")
		for _, f := range files {
			b.Press(f.Name)
			equal(t, where+": "+f.Name, b.Saved(f.Name), f.Body)
		}
	}
	file.Press("Save whole message")
	equal(t, "the .eml", withoutReceived(file.Saved(subject+".eml")), raw)

	file.Press("Reply")
	file.Paste("#reply-text", "Diolch! 谢谢 😀 ß")
	scan := filepath.Join(t.TempDir(), "ateb ŵ 护 😀.txt")
	if err := os.WriteFile(scan, []byte("ŵ"), 0o600); err != nil {
		t.Fatal(err)
	}
	file.Attach("#reply-files", scan)
	file.Press("Send reply")
	file.Heading("Your reply has been sent.")
	d := w.answer(t, from)
	if got, want := e2etest.Header(t, d.Raw, "Subject"), "[SECURE] Re: "+strings.TrimPrefix(subject, "[SECURE] "); got != want {
		t.Errorf("subject of the answer: got %q, want %q", got, want)
	}
	if got := plainText(t, d.Raw); !strings.Contains(got, "Diolch! 谢谢 😀 ß") {
		t.Errorf("text of the answer: got %q", got)
	}
	leaves := e2etest.Leaves(t, d.Raw)
	if got := leaves[len(leaves)-1].Name; got != "ateb ŵ 护 😀.txt" {
		t.Errorf("file of the answer: got %q", got)
	}
}

// registerPasted is register with signs that no keyboard has.
func (w *world) registerPasted(t *testing.T, b *e2etest.Tab, l letter, address, password string) {
	t.Helper()
	b.Open(l.link)
	b.Heading("Sign in to read your message")
	b.Press("Set up a password")
	b.Heading("Set up a password")
	b.Paste("#first", "张")
	b.Paste("#last", "Ŵyn-Größe 😀")
	b.Paste("#password", password)
	b.Paste("#again", password)
	b.Choose("#question", "Your childhood best friend")
	b.Paste("#answer", "Siôn")
	b.Press("Continue")
	b.Heading("Check your email")
	b.Open(w.activation(t, address))
	b.Press("Activate my account")
	b.Heading("Your password works now")
	b.Press("Continue")
}

const meeting = `From: Kay <kay@example.gov.uk>
To: vic@home.example
Subject: [SECURE] Review meeting
Date: Sat, 21 Nov 2026 10:00:00 +0000
Message-ID: <invite@client.example.gov.uk>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=alt

--alt
Content-Type: text/plain; charset=utf-8

Review meeting, Monday at ten.
--alt
Content-Type: text/html; charset=utf-8

<p>Review meeting, <b>Monday</b> at ten.</p>
--alt
Content-Type: text/calendar; charset=utf-8; method=REQUEST
Content-Transfer-Encoding: 8bit

`

const calendar = `BEGIN:VCALENDAR
PRODID:-//test//EN
VERSION:2.0
METHOD:REQUEST
BEGIN:VEVENT
UID:1@example.gov.uk
DTSTAMP:20261121T100000Z
DTSTART:20261123T100000Z
SUMMARY:Review – Mrs Ŵyn
ORGANIZER:mailto:kay@example.gov.uk
ATTENDEE;RSVP=TRUE:mailto:vic@home.example
END:VEVENT
END:VCALENDAR
`

// An meeting can be answered after opening: its calendar part is offered as a
// file that calendar programs take, byte for byte. BOP-12
func calendarInvitation(t *testing.T, w *world) {
	const from, to, subject = "kay@example.gov.uk", "vic@home.example", "[SECURE] Review meeting"
	l := w.send(t, from, []string{to}, append(crlf(meeting+calendar), "--alt--\r\n"...))
	file, site := w.person(t, e2etest.TabOptions{}), w.person(t, e2etest.TabOptions{})
	file.Open(l.file)
	file.Press("Send me a code")
	file.Heading("Check your email")
	file.Type("#code", w.code(t, w.Outside, to, 1)+"\r")
	site.Open(l.link)
	site.Press("Send me a code")
	site.Heading("Type the code")
	site.Type("#code", w.code(t, w.Outside, to, 2)+"\r")
	for where, b := range map[string]*e2etest.Tab{"file": file, "website": site} {
		b.Heading(subject)
		offers := b.Offers()
		i := slices.IndexFunc(offers, func(name string) bool { return strings.Contains(name, ".ics") })
		if i < 0 {
			t.Errorf("%s: no calendar file among %q", where, offers)
			continue
		}
		b.Press(offers[i])
		got := b.Saved("invitation.ics")
		// The line end before a boundary belongs to the boundary (RFC 2046 section 5.1.1).
		equal(t, where+": the calendar", got, []byte(strings.TrimSuffix(string(crlf(calendar)), "\r\n")))
	}
}
