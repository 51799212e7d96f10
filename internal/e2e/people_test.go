package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/redistest"
	"github.com/postseal/postseal/store"
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
		{"SharedMailbox", sharedMailbox},
	} {
		t.Run(way.name, func(t *testing.T) { way.walk(t, w) })
	}
}

// peopleSettings are the site's, with a gap for a folder.
const peopleSettings = `
senders: {enable: true, only: [desk.sender@example.gov.uk]}
terms: {file: DIR/terms.txt, version: "2026-04"}
service_desk: {people: [` + senderDesk + `]}
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
	b.Press("Send me a code")
	b.Heading("Type the code")
	b.Type("#code", w.code(t, box, address, nth))
	b.Submit("Continue")
}

var enableInReply = regexp.MustCompile(`https://[^\s]+/enable\b`)

// A marked message of somebody who has not switched the service on is refused, with
// the page to go to; there the address, the mail, a code, the terms; then the same
// message goes out sealed, until there are new terms to agree to. CYC-3, CYC-4, CYC-5
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

	// A new version of the terms asks again, and until then nothing marked leaves.
	config := strings.Replace(string(read(t, w.seal.Config)), `version: "2026-04"`, `version: "2027-04"`, 1)
	if err := os.WriteFile(w.seal.Config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	w.seal.Stop()
	w.seal.Start()
	w.seal.WaitReady()
	const again = "[SECURE] After the new terms"
	if _, err := e2etest.Send(t, w.Submission, from, []string{to}, note(from, to, again, "Private."), e2etest.SendOptions{}); err == nil || !strings.Contains(err.Error(), page) {
		t.Errorf("under terms that nobody has agreed to: got %v, want a refusal that leads to %s", err, page)
	}
	b.Open(page + "/terms")
	b.Says("The terms have changed since you agreed to them.")
	b.Says("Version 2027-04")
	b.Type("#agree", " ")
	b.Press("Switch on secure mail")
	b.Heading("Secure mail is switched on")
	w.send(t, from, []string{to}, note(from, to, again, "Private."))
}

// deskSender has the service by the rules.
const deskSender = "desk.sender@example.gov.uk"

// begins is one person's step to make the surgery's address a shared mailbox, from
// her own sign-in to the code that came there.
func (w *world) begins(t *testing.T, person, desk string, nth int) *e2etest.Tab {
	t.Helper()
	b := w.person(t, e2etest.TabOptions{})
	b.Open(w.seal.PortalURL + "/desk/new")
	w.signInByCode(t, b, w.Outside, person, 1)
	b.Heading("Make an address a shared mailbox")
	b.Type("#address", desk)
	b.Press("Send a code to the shared mailbox")
	b.Heading("Type the code")
	b.Type("#code", w.code(t, w.Outside, desk, nth))
	b.Press("Continue")
	b.Heading("A shared mailbox")
	return b
}

// postseal runs a command beside the daemon and wants its exit status.
func (w *world) postseal(t *testing.T, status int, args ...string) string {
	t.Helper()
	cmd := exec.Command(e2etest.Binary(t), append(args[:2:2], append([]string{"--config", w.seal.Config}, args[2:]...)...)...)
	out, err := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != status {
		t.Fatalf("postseal %v: exit %d (%v), want %d\n%s", args, got, err, status, out)
	}
	return string(out)
}

// openDesk makes an address a shared mailbox whose 48 hours are over.
func (w *world) openDesk(t *testing.T, desk string, owners ...string) {
	t.Helper()
	key, err := os.Open(w.seal.MasterKey)
	if err != nil {
		t.Fatal(err)
	}
	defer key.Close()
	keys, err := store.LoadKeyring(key)
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(store.Options{Addresses: []string{w.redis.Addr}, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var people []addr.Address
	for _, o := range owners {
		people = append(people, addr.MustParse(o))
	}
	if _, err := st.OpenDesk(t.Context(), addr.MustParse(desk), people, "operator:test", time.Now()); err != nil {
		t.Fatal(err)
	}
}

// Journey 3. Two people of a surgery make its address a shared mailbox; the address
// is told. (The 48 hours pass by an injected clock in the store's and the portal's
// tests; for our own addresses the service desk does it at once, as here for the
// rest of the way.) Then each reads as herself, the address alone nothing, by link
// and by file; a leaver is removed in two clicks; the record names who read. BOP-23
func sharedMailbox(t *testing.T, w *world) {
	w.begins(t, "ada@surgery.example", "gp@surgery.example", 1).Says("A second person has to confirm it")
	w.begins(t, "ben@surgery.example", "gp@surgery.example", 2).Says("It begins")
	told := mail(t, w.Outside, "the notice to the shared address", 1, func(d e2etest.Delivery) bool {
		return d.Has("gp@surgery.example") && strings.Contains(plainText(t, d.Raw), "ada@surgery.example, ben@surgery.example made this address a shared mailbox")
	})
	if text := plainText(t, told.Raw); !strings.Contains(text, "stop it before it begins") {
		t.Errorf("the notice does not say how to stop it:\n%s", text)
	}

	// The record of a message that was opened before: everything is as it was.
	const desk, cat, dan, subject = "duty@partner.example", "cat@partner.example", "dan@partner.example", "[SECURE] Referral"
	l := w.send(t, deskSender, []string{desk}, note(deskSender, desk, subject, "Please see Mrs Ŵyn."))
	if out := w.postseal(t, 1, "desk", "open", desk, cat); !strings.Contains(out, "none of our own addresses") {
		t.Errorf("a shared mailbox of others by command: %s", out)
	}
	if out := w.postseal(t, 0, "desk", "open", "team@example.gov.uk", "nell@example.gov.uk"); !strings.Contains(out, "owner nell@example.gov.uk") {
		t.Errorf("one of ours by command: %s", out)
	}
	w.openDesk(t, desk, cat, dan)
	b := w.person(t, e2etest.TabOptions{})
	b.Open(l.link)
	b.Says("Sign in with your own address, not with the shared one")
	w.signInByCode(t, b, w.Outside, desk, 1)
	b.Heading("Sign in with your own address")
	readers := map[string]*e2etest.Tab{}
	for _, who := range []string{cat, dan} {
		b := w.person(t, e2etest.TabOptions{})
		b.Open(l.link)
		w.signInByCode(t, b, w.Outside, who, 1)
		b.Heading(subject)
		b.Says("Please see Mrs Ŵyn.")
		readers[who] = b
	}
	record := w.enters(t, "/servicedesk/"+l.sealed.Page.ID.String(), w.Inside, senderDesk, 1)
	for _, who := range []string{cat, dan} {
		record.Says("opened " + who)
	}
	if strings.Contains(record.HTML(), "opened "+desk) {
		t.Error("the record says that the shared address has read it")
	}
	// Two clicks from the list of shared mailboxes.
	readers[cat].Open(w.seal.PortalURL + "/desk")
	readers[cat].Press(desk)
	readers[cat].Press("Remove " + dan)
	readers[cat].Says(dan + " was taken off the list")
	readers[dan].Open(w.seal.PortalURL + "/m/" + l.sealed.Page.ID.String())
	readers[dan].Heading("This message was sent to another address")
	if html := readers[dan].HTML(); strings.Contains(html, "Mrs") {
		t.Error("the message still opens for who was removed")
	}
}
