package e2e_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"mime"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// TestBrowser walks what people do through the real Postfix, Redis, daemon and
// Chromium. All ways share one site, since starting it is what takes long; each
// has senders and recipients of its own. The last looks whether any secret of
// those before it lies open somewhere.
func TestBrowser(t *testing.T) {
	w := newWorld(t)
	for _, way := range []struct {
		name string
		walk func(*testing.T, *world)
	}{
		{"OpenedFromFileByPassword", openedFromFileByPassword},
		{"OpenedFromFileByCode", openedFromFileByCode},
		{"OpenedByLinkWithCode", openedByLinkWithCode},
		{"RepliedFromFileAndAnswered", repliedFromFileAndAnswered},
		{"WrongPassword20Times", wrongPassword20Times},
		{"ForwardedToThirdParty", forwardedToThirdParty},
		{"StrangerRegistersFirst", strangerRegistersFirst},
		{"ChangedCiphertext", changedCiphertext},
		{"NoScript", noScript},
		{"SenderTakesBack", senderTakesBack},
		{"NonASCII", nonASCII},
		{"CalendarInvitation", calendarInvitation},
		{"SecretsNowhere", secretsNowhere},
	} {
		t.Run(way.name, func(t *testing.T) { way.walk(t, w) })
	}
}

// world is the site with people in front of browsers.
type world struct {
	*site
	web *e2etest.Browser

	mu      sync.Mutex
	secrets []secret
}

// secret is something that may stand nowhere but where it was typed or sent.
type secret struct{ what, value string }

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{site: newSite(t, e2etest.PostfixOptions{}), web: e2etest.StartBrowser(t)}
}

// person puts somebody in front of a browser of her own; what its cookies held
// becomes a secret.
func (w *world) person(t *testing.T, o e2etest.TabOptions) *e2etest.Tab {
	t.Helper()
	b := w.web.Person(t, o)
	t.Cleanup(func() { w.keepCookies(b) })
	return b
}

func (w *world) keepCookies(b *e2etest.Tab) {
	for _, value := range b.Cookies() {
		w.keep("cookie", value)
	}
}

// keep remembers a secret for secretsNowhere and gives it back.
func (w *world) keep(what, value string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets = append(w.secrets, secret{what, value})
	return value
}

// password gives one for a person, remembered as a secret.
func (w *world) password(of string) string {
	return w.keep("password", "three words for "+strings.ToUpper(of))
}

// mail waits for the nth mail (from 1) in a box that match accepts.
func mail(t *testing.T, box *e2etest.Sink, what string, n int, match func(e2etest.Delivery) bool) e2etest.Delivery {
	t.Helper()
	var found e2etest.Delivery
	e2etest.Eventually(t, what, func() bool {
		seen := 0
		for _, d := range box.All() {
			if match(d) {
				if seen++; seen == n {
					found = d
					return true
				}
			}
		}
		return false
	})
	return found
}

// letter is a sealed message as its recipient has it.
type letter struct {
	mail   []byte // what arrived
	sealed e2etest.Sealed
	link   string // of the mail's button
	file   string // file:// address of the saved attachment
}

// send sends a message from inside and waits for what the outside people get.
func (w *world) send(t *testing.T, from string, to []string, raw []byte) letter {
	t.Helper()
	e2etest.MustSend(t, w.Submission, from, to, raw, e2etest.SendOptions{})
	id := e2etest.Header(t, raw, "Subject")
	d := mail(t, w.Outside, "the sealed message "+id, 1, func(d e2etest.Delivery) bool {
		return d.Has(to[0]) && e2etest.IsSealed(t, d.Raw) && e2etest.Header(t, d.Raw, "Subject") == id
	})
	return w.received(t, d)
}

var linkInMail = regexp.MustCompile(`https://[^\s]+/m/[^\s]+`)

// received takes the mail of a sealed message apart as a recipient does.
func (w *world) received(t *testing.T, d e2etest.Delivery) letter {
	t.Helper()
	l := letter{mail: d.Raw, sealed: e2etest.ReadSealed(t, d.Raw), link: linkInMail.FindString(plainText(t, d.Raw))}
	if l.link == "" {
		t.Fatalf("no link in the mail:\n%s", plainText(t, d.Raw))
	}
	w.keep("link", l.sealed.Page.Secret.Encode())
	l.file = saveFile(t, l.sealed.HTML)
	return l
}

// saveFile saves securedoc.html as a mail program does and gives its address.
func saveFile(t *testing.T, page []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "securedoc.html")
	if err := os.WriteFile(name, page, 0o600); err != nil {
		t.Fatal(err)
	}
	return "file://" + name
}

// plainText gives the first text/plain part of a mail.
func plainText(t *testing.T, raw []byte) string {
	t.Helper()
	for _, f := range e2etest.Leaves(t, raw) {
		if f.Type == "text/plain" {
			return string(f.Body)
		}
	}
	return ""
}

var codeInMail = regexp.MustCompile(`(?m)^(\d{8}) is your one-time code`)

// isCode tells whether a mail brings a code to somebody.
func isCode(t *testing.T, to string) func(e2etest.Delivery) bool {
	return func(d e2etest.Delivery) bool {
		return d.Has(to) && strings.Contains(e2etest.Header(t, d.Raw, "Subject"), "one-time code") && codeInMail.MatchString(plainText(t, d.Raw))
	}
}

// code waits for the nth code mail to somebody (from 1).
func (w *world) code(t *testing.T, box *e2etest.Sink, to string, n int) string {
	t.Helper()
	d := mail(t, box, fmt.Sprintf("code %d for %s", n, to), n, isCode(t, to))
	return w.keep("code", codeInMail.FindStringSubmatch(plainText(t, d.Raw))[1])
}

var activationInMail = regexp.MustCompile(`https://[^\s]+/activate\?t=[^\s]+`)

// activation waits for the link that switches a password on.
func (w *world) activation(t *testing.T, to string) string {
	t.Helper()
	d := mail(t, w.Outside, "the activation mail to "+to, 1, func(d e2etest.Delivery) bool {
		return d.Has(to) && activationInMail.MatchString(plainText(t, d.Raw))
	})
	link := activationInMail.FindString(plainText(t, d.Raw))
	w.keep("activation", link[strings.Index(link, "?t=")+3:])
	return link
}

// fill fills the form of a new account.
func (w *world) fill(b *e2etest.Tab, password, answer string) {
	b.Type("#first", "Carla")
	b.Type("#last", "Carer")
	b.Type("#password", password)
	b.Type("#again", password)
	b.Choose("#question", "Your childhood best friend")
	b.Type("#answer", w.keep("answer", answer))
}

// register sets a password by the link of a message, and ends on that message.
func (w *world) register(t *testing.T, b *e2etest.Tab, l letter, address, password, subject string) {
	t.Helper()
	w.registerTo(t, b, l, address, password)
	b.Press("Continue")
	b.Heading(subject)
}

// registerTo is register up to the page that says that the password works.
func (w *world) registerTo(t *testing.T, b *e2etest.Tab, l letter, address, password string) {
	t.Helper()
	b.Open(l.link)
	b.Heading("Sign in to read your message")
	b.Press("Set up a password")
	b.Heading("Set up a password")
	w.fill(b, password, "Tomasina of "+address)
	b.Press("Continue")
	b.Heading("Check your email")
	b.Open(w.activation(t, address))
	b.Heading("Activate your account")
	b.Press("Activate my account")
	b.Heading("Your password works now")
	w.keepCookies(b)
}

// note makes a short message; more are further header lines.
func note(from, to, subject, body string, more ...string) []byte {
	head := append([]string{"From: " + from, "To: " + to, "Subject: " + mime.QEncoding.Encode("utf-8", subject),
		"Date: Sat, 21 Nov 2026 10:00:00 +0000", fmt.Sprintf("Message-ID: <%x@client.example.gov.uk>", sha256.Sum256([]byte(to+subject)))}, more...)
	return crlf(strings.Join(head, "\n") + "\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n" + body + "\n")
}

// withFiles makes a message with attachments, each of them base64.
func withFiles(from, to, subject, body string, files ...e2etest.File) []byte {
	var b bytes.Buffer
	raw := note(from, to, subject, "")
	head, _, _ := bytes.Cut(raw, []byte("\r\nMIME-Version"))
	b.Write(head)
	b.WriteString("\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=_b1\"\r\n\r\nThis is MIME.\r\n--=_b1\r\n")
	b.WriteString("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + body + "\r\n")
	for _, f := range files {
		fmt.Fprintf(&b, "--=_b1\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: %s\r\n\r\n%s\r\n",
			f.Type, mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}), base64Lines(f.Body))
	}
	b.WriteString("--=_b1--\r\n")
	return b.Bytes()
}
