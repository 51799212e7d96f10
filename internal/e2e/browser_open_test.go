package e2e_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// base64Lines writes bytes in lines of 76, as mail programs do.
func base64Lines(b []byte) string {
	text := base64.StdEncoding.EncodeToString(b)
	var lines []string
	for len(text) > 76 {
		lines, text = append(lines, text[:76]), text[76:]
	}
	return strings.Join(append(lines, text), "\r\n")
}

// noise gives bytes that look like no text and do not compress, the same each time.
func noise(n int) []byte {
	out := make([]byte, 0, n+sha256.Size)
	for sum := sha256.Sum256(nil); len(out) < n; sum = sha256.Sum256(sum[:]) {
		out = append(out, sum[:]...)
	}
	return out[:n]
}

// equal compares by SHA-256, as the requirement says it.
func equal(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if g, w := sha256.Sum256(got), sha256.Sum256(want); g != w {
		t.Errorf("%s: got %d bytes with SHA-256 %x, want %d with %x", what, len(got), g, len(want), w)
	}
}

// controlRun gives what a site without postseal makes of a message, without the
// Received field that Postfix adds.
func controlRun(t *testing.T, from, to string, raw []byte) []byte {
	t.Helper()
	p := e2etest.StartPostfix(t, e2etest.PostfixOptions{Plain: true})
	e2etest.MustSend(t, p.Submission, from, []string{to}, raw, e2etest.SendOptions{Body: "8BITMIME"})
	return withoutReceived(p.Outside.WaitTo(to).Raw)
}

// A first-time recipient registers by the link of the notification and is led to
// her message; from then on the saved file opens with her password in two
// actions. What she saves is, byte for byte, what was sent.
// BOP-2, BOP-4, BOP-14, BOP-24, BCC-3, BCC-5, BCC-8, BCC-19, BCC-20
func openedFromFileByPassword(t *testing.T, w *world) {
	const from, to, subject = "anna@example.gov.uk", "pat@home.example", "[SECURE] Care plan"
	pdf := append([]byte("%PDF-1.7\n"), noise(200_000)...)
	docx := append([]byte("PK\x03\x04"), noise(30_000)...)
	raw := withFiles("Anna Officer <"+from+">", "Pat <"+to+">", subject, "Dear Pat,\r\n\r\n.a line with a dot\r\n  spaces  \r\n",
		e2etest.File{Name: "Care plan.pdf", Type: "application/pdf", Body: pdf},
		e2etest.File{Name: "Notes.docx", Type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document", Body: docx})
	l := w.send(t, from, []string{to}, raw)
	if plain := plainText(t, l.mail); !strings.Contains(plain, "Anna Officer ("+from+") has sent you a private message") {
		t.Errorf("the notification names nobody:\n%s", plain)
	}

	b := w.person(t, e2etest.TabOptions{})
	password := w.password(to)
	w.register(t, b, l, to, password, subject)

	file := w.person(t, e2etest.TabOptions{}) // another day, another computer
	file.Open(l.file)
	file.Heading("Show that this message is for you")
	if got := file.Value("#address"); got != to {
		t.Errorf("the address field holds %q, want %q", got, to)
	}
	if html := file.HTML(); !strings.Contains(html, "Forgotten your password?") {
		t.Error("no way for a lost password")
	}
	file.Type("#password", password)
	file.Press("Open message")
	file.Heading(subject)
	if got := file.Text(".plain"); !strings.Contains(got, "Dear Pat,\r\n\r\n.a line with a dot\r\n  spaces  \r\n") && !strings.Contains(got, "Dear Pat,\n\n.a line with a dot\n  spaces") {
		t.Errorf("text: got %q", got)
	}
	file.Press("Care plan.pdf")
	equal(t, "Care plan.pdf", file.Saved("Care plan.pdf"), pdf)
	file.Press("Notes.docx")
	equal(t, "Notes.docx", file.Saved("Notes.docx"), docx)
	file.Press("Save whole message")
	saved := withoutReceived(file.Saved(subject + ".eml"))
	equal(t, "the .eml", saved, controlRun(t, from, to, raw))
	equal(t, "what was sent", saved, raw)

	b.Press("Save the whole message")
	equal(t, "the website's .eml", withoutReceived(b.Saved(subject+".eml")), raw)
	b.Press("Care plan.pdf")
	equal(t, "the website's attachment", b.Saved("Care plan.pdf"), pdf)
}

// The saved file with a code: press, type it as the mail wraps it, press. The
// code works once. SCC-7, SCC-9
func openedFromFileByCode(t *testing.T, w *world) {
	const from, to, subject = "ben@example.gov.uk", "quinn@home.example", "[SECURE] Your appointment"
	l := w.send(t, from, []string{to}, note(from, to, subject, "At three o'clock."))
	b := w.person(t, e2etest.TabOptions{})
	b.Open(l.file)
	b.Heading("Show that this message is for you")
	b.Press("Send me a code")
	b.Heading("Check your email")
	code := w.code(t, w.Outside, to, 1)
	b.Type("#code", code[:4]+" "+code[4:])
	b.Press("Open message")
	b.Heading(subject)
	if got := strings.TrimSpace(b.Text(".plain")); got != "At three o'clock." {
		t.Errorf("got %q", got)
	}
	b.Press("Sign out")
	b.Heading("You have signed out")
	if html := b.HTML(); strings.Contains(html, "three o'clock") {
		t.Error("the text is still in the page after signing out")
	}

	again := w.person(t, e2etest.TabOptions{})
	again.Open(l.file)
	again.Press("Send me a code")
	again.Heading("Check your email")
	again.Type("#code", code)
	again.Press("Open message")
	again.Do(cdp.WaitVisible(cdp.CSS("[role=alert] p")))
	if html := again.HTML(); strings.Contains(html, "three o'clock") {
		t.Error("a code that was used, in another browser, opened the message")
	}
}

// By the link, with a code and no account; an answer with a file goes from the
// website to the sender's ordinary mailbox, its subject tagged once.
// BCC-15, BCC-17, BCC-21, BCC-22, BCC-23, CYC-9, CYC-10
func openedByLinkWithCode(t *testing.T, w *world) {
	const from, to, subject = "carol@example.gov.uk", "robin@home.example", "Housing benefit"
	raw := note("Carol <"+from+">", to, subject, "Please send us the form.", "Sensitivity: Company-Confidential")
	l := w.send(t, from, []string{to}, raw)
	b := w.person(t, e2etest.TabOptions{})
	b.Open(l.link)
	b.Heading("Sign in to read your message")
	if got := b.Text(".fixed strong"); got != to {
		t.Errorf("the page asks %q, want %q", got, to) // BCC-19
	}
	b.Press("Send me a code")
	b.Heading("Type the code")
	code := w.code(t, w.Outside, to, 1)
	b.Type("#code", code[:4]+" "+code[4:])
	b.Press("Continue")
	b.Heading(subject)
	b.Says("Please send us the form.")

	form := filepath.Join(t.TempDir(), "form.pdf")
	filled := append([]byte("%PDF"), noise(50_000)...)
	if err := os.WriteFile(form, filled, 0o600); err != nil {
		t.Fatal(err)
	}
	b.Press("Reply")
	b.Heading("Reply")
	b.Type("#text", "Here it is.\nRobin")
	b.Attach("#file", form)
	b.Press("Send")
	b.Heading("Message sent")
	b.Press("Back to the message")
	b.Heading(subject)

	d := w.answer(t, from)
	if got, want := e2etest.Header(t, d.Raw, "Subject"), "[SECURE] Re: "+subject; got != want {
		t.Errorf("subject of the answer: got %q, want %q", got, want)
	}
	if got := e2etest.Header(t, d.Raw, "Reply-To"); !strings.Contains(got, to) {
		t.Errorf("Reply-To: got %q, want %q", got, to)
	}
	if got := plainText(t, d.Raw); !strings.Contains(strings.ReplaceAll(got, "\r\n", "\n"), "Here it is.\nRobin") {
		t.Errorf("text of the answer: %q", got)
	}
	for _, f := range e2etest.Leaves(t, d.Raw) {
		if f.Name == "form.pdf" {
			equal(t, "form.pdf", f.Body, filled)
			return
		}
	}
	t.Error("the answer has lost its file")
}

// answer waits for what an outsider wrote to somebody inside.
func (w *world) answer(t *testing.T, to string) e2etest.Delivery {
	t.Helper()
	return mail(t, w.Inside, "an answer to "+to, 1, func(d e2etest.Delivery) bool {
		return d.Has(to) && strings.Contains(e2etest.Header(t, d.Raw, "From"), "(secure mail)")
	})
}

// An answer from the saved file, then staff answer it from their usual program:
// the tag in the subject seals that again; without the tag it goes as it is.
// BCC-16, BCC-22, CYC-10, CYC-11, BCC-25
func repliedFromFileAndAnswered(t *testing.T, w *world) {
	const from, to, subject = "dora@example.gov.uk", "sam@home.example", "[SECURE] School place"
	l := w.send(t, from, []string{to}, note(from, to, subject, "Which school?"))
	b := w.person(t, e2etest.TabOptions{})
	b.Open(l.file)
	b.Press("Send me a code")
	b.Heading("Check your email")
	b.Type("#code", w.code(t, w.Outside, to, 1)+"\r")
	b.Heading(subject)
	scan := filepath.Join(t.TempDir(), "scan.png")
	if err := os.WriteFile(scan, noise(20_000), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Press("Reply")
	b.Heading("Your reply")
	b.Type("#reply-text", "The one at the park.")
	b.Attach("#reply-files", scan)
	b.Press("Send reply")
	b.Heading("Your reply has been sent.")

	d := w.answer(t, from)
	got := e2etest.Header(t, d.Raw, "Subject")
	if want := "[SECURE] Re: School place"; got != want {
		t.Errorf("subject of the answer: got %q, want %q with the tag once", got, want)
	}
	files := e2etest.Leaves(t, d.Raw)
	if last := files[len(files)-1]; last.Name != "scan.png" || !bytes.Equal(last.Body, noise(20_000)) {
		t.Errorf("the file of the answer: %q with %d bytes", last.Name, len(last.Body))
	}

	second := w.send(t, from, []string{to}, note(from, to, got, "You have it."))
	b.Open(second.file)
	b.Press("Send me a code")
	b.Heading("Check your email")
	b.Type("#code", w.code(t, w.Outside, to, 2)+"\r")
	b.Heading(got)

	e2etest.MustSend(t, w.Submission, from, []string{to}, note(from, to, "Re: School place", "Not secret."), e2etest.SendOptions{})
	mail(t, w.Outside, "the answer without the tag", 1, func(d e2etest.Delivery) bool {
		return d.Has(to) && !e2etest.IsSealed(t, d.Raw) && strings.Contains(string(d.Raw), "Not secret.")
	})
}
