package e2e_test

import (
	"encoding/base64"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// The people of the directory: who looks, who is found, and a partner's.
const (
	dirk   = "dirk@example.gov.uk"
	delia  = "delia@example.gov.uk"
	paula  = "paula@partner.example"
	secure = paula + ".safe.example" // by which mail to her is sealed
)

// walkDirectory: each keeps her own entry, finds the others', writes to the secure
// address, takes the whole as a file, and leaves; who is neither ours nor a
// partner's finds no directory.
func walkDirectory(t *testing.T, w *world) {
	d := &directoryWalk{world: w, t: t, looks: w.enters(t, "/directory", w.Inside, dirk, 1)}
	d.looks.Heading("Directory")
	for _, row := range []struct {
		name string
		walk func(*directoryWalk, *testing.T)
	}{
		{"OwnEntryAndSearch_CJSM-6", (*directoryWalk).ownEntry},
		{"SecureAddressOfAPartner_CJSM-5", (*directoryWalk).secureAddress},
		{"ClassOfAMember_CJSM-3", (*directoryWalk).class},
		{"Export_CJSM-7", (*directoryWalk).export},
		{"ExDirectory", (*directoryWalk).exDirectory},
		{"Outsiders", (*directoryWalk).outsiders},
	} {
		t.Run(row.name, func(t *testing.T) { row.walk(d, t) })
	}
}

type directoryWalk struct {
	*world
	t            *testing.T   // of the whole walk, whose people stay
	looks        *e2etest.Tab // dirk's, on /directory
	delia, paula *e2etest.Tab
}

// find searches for words and waits for what the page then says.
func (d *directoryWalk) find(t *testing.T, words string, says ...string) *e2etest.Tab {
	t.Helper()
	b := d.looks.In(t)
	b.Open(d.seal.PortalURL + "/directory")
	b.Heading("Directory")
	b.Type("#words", words)
	b.Press("Find")
	b.Heading("Found")
	for _, s := range says {
		b.Says(s)
	}
	return b
}

// enter puts somebody into the directory, by her own hand.
func (d *directoryWalk) enter(t *testing.T, box *e2etest.Sink, who, name, unit, phone string) *e2etest.Tab {
	t.Helper()
	b := d.enters(d.t, "/directory", box, who, 1).In(t)
	b.Heading("Directory")
	b.Says("Others do not find you here.")
	b.Press("Change your entry")
	b.Heading("Your entry in the directory")
	b.Type("#name", name)
	b.Type("#unit", unit)
	b.Type("#phone", phone)
	b.Do(cdp.Click(cdp.CSS("#listed")))
	b.Press("Save")
	b.Says("Your entry is saved.")
	return b
}

// Each puts in what others are to find, and is found by any word of it. CJSM-6
func (d *directoryWalk) ownEntry(t *testing.T) {
	d.delia = d.enter(t, d.Inside, delia, "Delia Wyn, Dr", "Adult social care", "+44 1632 960001")
	for _, words := range []string{"delia", "social care", "960001"} {
		d.find(t, words, "Delia Wyn, Dr Organisation "+delia, "Borough of Example", "Adult social care", "+44 1632 960001")
	}
	b := d.find(t, "delia") // narrow, and nothing sticks out
	if b.Wide() {
		t.Error("the page sticks out to the side")
	}
	b.Shot("found")
	d.find(t, "nobody like that", "Nobody with these words.")
}

// The directory gives the address of somebody outside by which mail is secure:
// written there from Outlook without any mark it is sealed for her, and her answer
// comes back by itself, such that the next is sealed too. CJSM-5, BCC-1
func (d *directoryWalk) secureAddress(t *testing.T) {
	d.paula = d.enter(t, d.Outside, paula, "Paula Partner", "Referrals", "01632 960002")
	d.find(t, "paula", "Paula Partner Practitioner "+secure)
	const subject = "A referral"
	e2etest.MustSend(t, d.Submission, dirk, []string{secure}, note(dirk, secure, subject, "Please see Mr Jones."), e2etest.SendOptions{})
	l := d.received(t, mail(t, d.Outside, "the sealed referral", 1, func(m e2etest.Delivery) bool { return m.Has(paula) && e2etest.IsSealed(t, m.Raw) }))
	for _, m := range d.Outside.All() {
		if strings.Contains(string(m.Raw), "Mr Jones") {
			t.Fatalf("it left in clear to %v", m.To())
		}
	}
	b := d.paula.In(t)
	b.Open(l.link)
	b.Heading(subject)
	b.Says("Please see Mr Jones.")
	b.Press("Reply")
	b.Heading("Reply")
	b.Type("#text", "On Monday.")
	b.Press("Send")
	b.Heading("Message sent")
	answer := e2etest.Header(t, d.answer(t, dirk).Raw, "Subject")
	d.send(t, dirk, []string{paula}, note(dirk, paula, answer, "Thank you."))
}

// Ours count as organisation, others as practitioner; an operator makes exceptions,
// which everybody sees. CJSM-3
func (d *directoryWalk) class(t *testing.T) {
	says := func(want string, args ...string) {
		t.Helper()
		if out := d.postseal(t, 0, append([]string{"directory", "class"}, args...)...); !strings.Contains(out, want) {
			t.Errorf("%v: got %q, want %q", args, out, want)
		}
	}
	says(paula+" counts as practitioner, by its address; shown", paula)
	says(paula+" counts as organisation, by an operator; shown", paula, "organisation")
	d.find(t, "paula", "Paula Partner Organisation "+secure)
	says(paula+" counts as practitioner, by its address; shown", paula, "default")
	d.find(t, "paula", "Paula Partner Practitioner "+secure)
}

// The whole directory is saved in three forms, each of which other programs read;
// the command gives the same bytes; and one card goes to somebody's contacts. CJSM-7
func (d *directoryWalk) export(t *testing.T) {
	b := d.looks.In(t)
	b.Open(d.seal.PortalURL + "/directory")
	files := map[string]string{}
	for _, f := range []struct{ button, format, name string }{
		{"Spreadsheet (CSV)", "csv", "directory.csv"}, {"Contacts (vCard)", "vcard", "directory.vcf"}, {"Address list (LDIF)", "ldif", "directory.ldif"},
	} {
		b.Press(f.button)
		files[f.format] = string(b.Saved(f.name))
		if out := d.postseal(t, 0, "directory", "export", "--format", f.format); out != files[f.format] {
			t.Errorf("by command, %s: got %q, want %q", f.format, out, files[f.format])
		}
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(files["csv"], "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{delia, "Delia Wyn, Dr", "Borough of Example", "Adult social care", "'+44 1632 960001", "organisation"}
	if !slices.ContainsFunc(rows, func(row []string) bool { return slices.Equal(row, want) }) {
		t.Errorf("the table has no row %q: %q", want, rows)
	}
	cards := lineSets(t, files["vcard"], "END:VCARD", "\r\n ")
	if !slices.ContainsFunc(cards, hasLines(`FN:Delia Wyn\, Dr`, "EMAIL:"+delia, "ORG:Borough of Example;Adult social care", "VERSION:4.0")) {
		t.Errorf("the contacts lack her card: %q", cards)
	}
	entries := lineSets(t, files["ldif"], "\n\n", "\n ")
	if !slices.ContainsFunc(entries, hasLines("cn: Paula Partner", "mail: "+secure, "ou: Referrals", "businessCategory: practitioner")) {
		t.Errorf("the address list lacks her entry: %q", entries)
	}
	b = d.delia.In(t) // whose browser has saved nothing of that name yet
	b.Open(d.seal.PortalURL + "/directory")
	b.Type("#words", "delia")
	b.Press("Find")
	b.Press("Save to contacts Delia Wyn, Dr")
	one := lineSets(t, string(b.Saved("directory.vcf")), "END:VCARD", "\r\n ")
	if len(one) != 1 || !hasLines("EMAIL:"+delia)(one[0]) {
		t.Errorf("one card: %q", one)
	}
}

// lineSets reads sets of "name: value" lines, each set behind the last one's end;
// lines that go on after fold are put together, base64 is read (RFC 2849, RFC 6350).
func lineSets(t *testing.T, text, end, fold string) (sets [][]string) {
	t.Helper()
	for _, part := range strings.Split(strings.ReplaceAll(text, fold, ""), end) {
		var set []string
		for line := range strings.Lines(part) {
			line = strings.TrimRight(line, "\r\n")
			if name, value, ok := strings.Cut(line, ":: "); ok {
				b, err := base64.StdEncoding.DecodeString(value)
				if err != nil {
					t.Fatal(err)
				}
				line = name + ": " + string(b)
			}
			if line != "" {
				set = append(set, line)
			}
		}
		if len(set) > 1 {
			sets = append(sets, set)
		}
	}
	return sets
}

// hasLines tells whether a set holds all of these.
func hasLines(want ...string) func([]string) bool {
	return func(set []string) bool {
		return !slices.ContainsFunc(want, func(line string) bool { return !slices.Contains(set, line) })
	}
}

// Who takes the tick away is found by nobody and stands in no file; for herself the
// entry is still there. CJSM-6
func (d *directoryWalk) exDirectory(t *testing.T) {
	b := d.delia.In(t)
	b.Open(d.seal.PortalURL + "/directory/me")
	b.Heading("Your entry in the directory")
	b.Do(cdp.Click(cdp.CSS("#listed")))
	b.Press("Save")
	b.Says("Your entry is saved.")
	d.find(t, "delia", "Nobody with these words.")
	if out := d.postseal(t, 0, "directory", "export", "--format", "csv"); strings.Contains(out, "Delia") || !strings.Contains(out, "Paula") {
		t.Errorf("the table now: %s", out)
	}
	b.Press("Back to the directory")
	b.Says("Others do not find you here.")
	b.Press("Change your entry")
	if got := b.Value("#name"); got != "Delia Wyn, Dr" {
		t.Errorf("her own entry is called %q", got)
	}
}

// To others the directory is not there, signed in or not.
func (d *directoryWalk) outsiders(t *testing.T) {
	b := d.enters(t, "/directory", d.Outside, "otto@home.example", 1)
	b.Heading("There is no such page")
	b.Open(d.seal.PortalURL + "/directory/me")
	b.Heading("There is no such page")
}

// A member invites a colleague, who has a mail that explains it and leads to where
// she switches it on; somebody of another organisation is led to where it can ask.
// CJSM-10, CJSM-11
func inviteColleague(t *testing.T, w *world) {
	const inviter, colleague, other = "ines@example.gov.uk", "kurt@example.gov.uk", "pia@partner.example"
	b := w.enters(t, "/", w.Inside, inviter, 1)
	b.Heading("You are signed in")
	invite := func(who string) {
		b.Heading("Invite a colleague")
		b.Type("#address", who)
		b.Press("Send the invitation")
		b.Heading("The invitation is on its way")
	}
	b.Press("Invite a colleague")
	invite(colleague)
	b.Press("Invite somebody else")
	invite(other)

	d, _ := noticeTo(t, w.Inside, colleague, "colleague")
	text := plainText(t, d.Raw)
	if !strings.Contains(text, inviter) || !strings.Contains(text, "only the people they are meant for can read") {
		t.Errorf("the invitation does not say by whom and to what:\n%s", text)
	}
	k := w.person(t, e2etest.TabOptions{})
	k.Open(linkTo(t, w, text, "/enable"))
	k.Heading("Switch on secure mail")
	k.Type("#address", colleague)
	k.Press("Send me the instructions")
	k.Heading("Check your email")
	k.Press("Go on here")
	k.Press("Send me a code")
	k.Heading("Type the code")
	k.Type("#code", w.code(t, w.Inside, colleague, 1))
	k.Press("Continue")
	k.Says("There are no terms to agree to.")
	k.Press("Switch on secure mail")
	k.Heading("Secure mail is switched on")
	const to = "vera@home.example"
	w.send(t, colleague, []string{to}, note(colleague, to, "[SECURE] My first", "Hello."))

	d, _ = noticeTo(t, w.Outside, other, "colleague")
	o := w.person(t, e2etest.TabOptions{})
	o.Open(linkTo(t, w, plainText(t, d.Raw), "/join"))
	o.Heading("Ask to join")
}

// linkTo gives the link in a mail to a page of ours.
func linkTo(t *testing.T, w *world, text, path string) string {
	t.Helper()
	i := strings.Index(text, w.seal.PortalURL+path)
	if i < 0 {
		t.Fatalf("no link to %s in the mail:\n%s", path, text)
	}
	return strings.Fields(text[i:])[0]
}
