package e2e_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/redistest"
)

// TestPeople walks what people do beside reading and writing, on one site where
// staff switch the service on for themselves: each way has people of its own.
func TestPeople(t *testing.T) {
	w := newPeopleWorld(t)
	for _, way := range []struct {
		name string
		walk func(*testing.T, *world)
	}{
		{"StaffSwitchOn", staffSwitchOn},
	} {
		t.Run(way.name, func(t *testing.T) { way.walk(t, w) })
	}
}

// peopleSettings are the site's, with a gap for a folder.
const peopleSettings = `
senders: {enable: true, only: [desk.sender@example.gov.uk]}
terms: {file: DIR/terms.txt, version: "2026-04"}
`

func newPeopleWorld(t *testing.T) *world {
	t.Helper()
	e2etest.NeedRoot(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "terms.txt"), []byte("Use it for work.\n\nKeep your password\nto yourself.\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, Postfix: e2etest.NewPostfix(t, e2etest.PostfixOptions{}), redis: redistest.StartRedis(t)}
	s.seal = e2etest.StartPostseal(t, e2etest.PostsealOptions{Postfix: s.Postfix, Redis: s.redis.Addr, More: strings.ReplaceAll(peopleSettings, "DIR", dir)})
	s.Start()
	return &world{site: s, web: e2etest.StartBrowser(t)}
}

// signInByCode goes from the page that asks for the address to what waited for it.
func (w *world) signInByCode(t *testing.T, b *e2etest.Tab, box *e2etest.Sink, address string, nth int) {
	t.Helper()
	b.Type("#address", address+"\r")
	b.Heading("Sign in")
	b.Press("Send me a code")
	b.Heading("Type the code")
	b.Type("#code", w.code(t, box, address, nth))
	b.Press("Continue")
}

var enableInReply = regexp.MustCompile(`https://[^\s]+/enable\b`)

// A marked message of somebody who has not switched the service on is refused, with
// the page to go to; there the address, the mail, a code, the terms; then the same
// message goes out sealed. CYC-3, CYC-4, CYC-5
func staffSwitchOn(t *testing.T, w *world) {
	const from, to, subject = "nell@example.gov.uk", "olive@home.example", "[SECURE] First try"
	_, err := e2etest.Send(t, w.Submission, from, []string{to}, note(from, to, subject, "Private."), e2etest.SendOptions{})
	refused, ok := err.(*e2etest.Refusal)
	if !ok || refused.Code != 550 {
		t.Fatalf("got %v, want 550", err)
	}
	page := enableInReply.FindString(refused.Error())
	if page != w.seal.PortalURL+"/enable" {
		t.Fatalf("the refusal leads to %q: %v", page, refused)
	}
	b := w.person(t, e2etest.TabOptions{})
	b.Open(page)
	b.Heading("Switch on secure mail")
	b.Type("#address", from)
	b.Press("Send me the instructions")
	b.Heading("Check your email")
	d := mail(t, w.Inside, "the instructions", 1, func(d e2etest.Delivery) bool {
		return d.Has(from) && e2etest.Header(t, d.Raw, "Subject") == "Switching on secure mail"
	})
	link := regexp.MustCompile(`https://[^\s]+/enable/terms`).FindString(plainText(t, d.Raw))
	b = w.person(t, e2etest.TabOptions{}) // another machine: the link needs no more than the mailbox
	b.Open(link)
	w.signInByCode(t, b, w.Inside, from, 1)
	b.Heading("Switch on secure mail: the terms")
	b.Says("Keep your password to yourself.")
	b.Type("#agree", " ")
	b.Press("Switch on secure mail")
	b.Heading("Secure mail is switched on")
	w.send(t, from, []string{to}, note(from, to, subject, "Private."))
}
