package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// TestBrowserScreenshots writes a picture of each page, as a telephone and as a
// desk shows it, for people to look at; without a directory in
// POSTSEAL_SCREENSHOTS it only walks the pages on a telephone.
func TestBrowserScreenshots(t *testing.T) {
	w := newWorld(t)
	sizes := []e2etest.TabOptions{{Width: 360, Height: 740}, {Width: 1280, Height: 900}}
	if os.Getenv(e2etest.ShotsTo) == "" {
		sizes = sizes[:1]
	}
	for i, size := range sizes {
		t.Run(fmt.Sprint(size.Width), func(t *testing.T) { w.pictures(t, size, i) })
	}
}

func (w *world) pictures(t *testing.T, size e2etest.TabOptions, n int) {
	from, to, third := fmt.Sprintf("mia%d@example.gov.uk", n), fmt.Sprintf("nina%d@home.example", n), fmt.Sprintf("owen%d@home.example", n)
	const subject = "OFFICIAL-SENSITIVE Care plan for your mother"
	raw := withFiles("Mia Osei <"+from+">", to, subject, "Dear Nina,\r\n\r\nplease find the plan attached. The visits start on Monday at half past nine; the number to call is on page two.\r\n\r\nKind regards\r\nMia",
		e2etest.File{Name: "Care plan July.pdf", Type: "application/pdf", Body: noise(210_000)},
		e2etest.File{Name: "House.jpg", Type: "image/jpeg", Body: noise(90_000)})
	l := w.send(t, from, []string{to}, raw)
	password := w.password(to)
	b := w.person(t, size)
	shot := func(b *e2etest.Tab, name, heading string) {
		t.Helper()
		b.Heading(heading)
		if wide := b.Wide(); wide {
			t.Errorf("%s at %d: sticks out to the side", name, size.Width) // WCAG 2.2, 1.4.10
		}
		b.Shot(name)
	}
	b.Open(w.seal.PortalURL)
	shot(b, "site 1 start", "Read a secure message")
	b.Open(l.link)
	shot(b, "site 2 sign in", "Sign in to read your message")
	b.Press("Set up a password")
	shot(b, "site 3 register", "Set up a password")
	b.Press("Continue")
	shot(b, "site 4 register with problems", "There is a problem")
	w.fill(b, password, "Tomasina")
	b.Press("Continue")
	shot(b, "site 5 check your email", "Check your email")
	b.Open(w.activation(t, to))
	shot(b, "site 6 activate", "Activate your account")
	b.Press("Activate my account")
	shot(b, "site 7 activated", "Your password works now")
	b.Press("Continue")
	shot(b, "site 8 message", subject)
	b.Press("Reply")
	shot(b, "site 9 reply", "Reply")
	b.Type("#text", "Thank you, Mia.")
	b.Press("Send")
	shot(b, "site 10 reply sent", "Message sent")
	w.picturesOfFile(t, size, l, password, subject, shot)

	other := w.person(t, size)
	other.Open(l.file)
	other.Retype("#address", third)
	other.Press("Send me a code")
	shot(other, "file 6 code", "Check your email")
	other.Type("#code", w.code(t, w.Outside, third, 1)+"\r")
	other.Says("This message was sent to another address")
	other.Shot("file 7 refused")
	other.Open(l.link)
	other.Press("Change the email address")
	other.Type("#address", third+"\r")
	other.Press("Send me a code")
	shot(other, "site 11 code", "Type the code")
	other.Type("#code", w.code(t, w.Outside, third, 2)+"\r")
	shot(other, "site 12 another address", "This message was sent to another address")
	w.picturesOfSender(t, size, l, from, subject, shot)
	b.Open(l.link)
	shot(b, "site 15 taken back", "This message was taken back")
}

func (w *world) picturesOfFile(t *testing.T, size e2etest.TabOptions, l letter, password, subject string, shot func(*e2etest.Tab, string, string)) {
	t.Helper()
	file := w.person(t, size)
	file.Open(l.file)
	shot(file, "file 1 sign in", "Show that this message is for you")
	file.Type("#password", "not the right one\r")
	file.Says("does not match")
	file.Shot("file 2 wrong password")
	file.Type("#password", password+"\r")
	shot(file, "file 3 opened", subject)
	file.Press("Reply")
	file.Heading("Your reply")
	scan := filepath.Join(t.TempDir(), "signed form.pdf")
	if err := os.WriteFile(scan, noise(20_000), 0o600); err != nil {
		t.Fatal(err)
	}
	file.Type("#reply-text", "Thank you.")
	file.Attach("#reply-files", scan)
	file.Shot("file 4 reply")
	file.Press("Send reply")
	shot(file, "file 5 reply sent", "Your reply has been sent.")
}

func (w *world) picturesOfSender(t *testing.T, size e2etest.TabOptions, l letter, from, subject string, shot func(*e2etest.Tab, string, string)) {
	t.Helper()
	sender := w.person(t, size)
	sender.Open(takeBackInMail.FindString(plainText(t, w.confirmation(t, from, subject).Raw)))
	sender.Type("#address", from+"\r")
	sender.Press("Send me a code")
	sender.Type("#code", w.code(t, w.Inside, from, 1)+"\r")
	shot(sender, "site 13 sent message", "A message you sent")
	sender.Type("#reason", "It was meant for another Nina, I am sorry")
	sender.Press("Take it back")
	sender.Says("Taken back today")
	shot(sender, "site 14 taken back by sender", "A message you sent")
}
