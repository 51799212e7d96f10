package portal_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/store"
)

var nurse = addr.MustParse("nurse@surgery.example")

// withDirectory makes the surgery a partner, and gives the rules a secure suffix.
func withDirectory(c *portal.Config) {
	c.Partner = func(a addr.Address) bool { return c.Inside(a) || a.DomainKey() == "surgery.example" }
	c.Rooms.Suffix = func() string { return ".secure.example" }
}

// entry puts somebody in the directory.
func (h *house) entry(a addr.Address, typed map[string]string) *browser {
	h.t.Helper()
	return h.signedIn(a, "/directory/me").press("Save", typed).reads(200, "/directory/me", "Your entry is saved")
}

// CJSM-5, CJSM-6: members change their own entries and find each other, with the
// address that mail is sealed for; who does not want it is not found.
func TestDirectory(t *testing.T) {
	h := newHouse(t, withDirectory)
	b := h.signedIn(nurse, "/directory/me").reads(200, "/directory/me", "only if you tick this", "nurse@surgery.example.secure.example")
	b.press("Save", map[string]string{"name": "", "listed": "yes"}).reads(422, "/directory/me", "Enter the name by which")
	b.press("Save", map[string]string{"name": strings.Repeat("x", 101)}).reads(422, "/directory/me", "at most 100 characters")
	b.press("Save", map[string]string{"name": "Nora Nurse", "organisation": "Surgery", "unit": "Ward <b>7</b>", "phone": "01632 960001", "listed": ""}).reads(200, "/directory/me", "Your entry is saved")

	o := h.signedIn(officer, "/directory").reads(200, "/directory", "Others do not find you here")
	o.press("Find", map[string]string{"words": "nurse"}).reads(200, "/directory", "Nobody with these words")
	b.press("Save", map[string]string{"listed": "yes"}).reads(200, "/directory/me")
	o.press("Find", map[string]string{"words": "nora SURG"}).reads(200, "/directory", "Nora Nurse", "nurse@surgery.example.secure.example", "Ward <b>7</b>", "01632 960001", "Practitioner")
	if strings.Contains(o.at.String(), "nora") || strings.Contains(o.body, "<b>7") {
		t.Errorf("the search stands in %s, or an entry makes markup", o.at)
	}
	for _, words := range []string{"", "n", " n ", strings.Repeat("n", 201)} {
		o.press("Find", map[string]string{"words": words}).reads(422, "/directory", "at least two letters").silent("Nora")
	}
	h.entry(officer, map[string]string{"name": "Jane Officer", "listed": "yes"})
	b.open("/directory").press("Find", map[string]string{"words": "jane"}).reads(200, "/directory", officer.String(), "Borough of Example", "Organisation").silent("secure.example ")
	h.entry(officer, map[string]string{"listed": ""})
	b.press("Find", map[string]string{"words": "jane"}).reads(200, "/directory", "Nobody with these words")
}

// CJSM-3: the class follows from the address; an operator makes exceptions.
func TestDirectoryClass(t *testing.T) {
	h := newHouse(t, withDirectory)
	h.entry(officer, map[string]string{"name": "Jane", "listed": "yes"})
	find := func() *browser {
		return h.signedIn(nurse, "/directory").press("Find", map[string]string{"words": "jane"})
	}
	find().reads(200, "", "Jane Organisation")
	_, err := h.store.SetClass(t.Context(), officer, store.ClassPractitioner, audit.Operator("op"), h.clock)
	must(t, err)
	find().reads(200, "", "Jane Practitioner")
}

// An outsider of no partner, and who is not signed in, see and take nothing.
func TestDirectoryIsForMembers(t *testing.T) {
	h := newHouse(t, withDirectory)
	h.entry(officer, map[string]string{"name": "Jane Officer", "listed": "yes"})
	b := h.signedIn(carer, "/directory").reads(404, "/directory")
	if strings.Contains(b.body, `href="/directory"`) {
		t.Error("an outsider's head leads to the directory")
	}
	b.open("/directory/me").reads(404, "")
	h.browser().open("/directory").silent("Jane Officer")
	m := h.signedIn(nurse, "/directory").press("Find", map[string]string{"words": "jane"}).reads(200, "", "Jane Officer")
	n := h.signedIn(nurse, "/directory").reads(200, "/directory")
	must(t, h.store.EndSession(t.Context(), m.session()))
	must(t, h.store.EndSession(t.Context(), n.session()))
	m.press("Find", map[string]string{"words": "jane"}).silent("Jane Officer")
	n.press("Spreadsheet (CSV)", map[string]string{"format": "csv"}).silent("Jane Officer")
}

// At most fifty are shown of one search, and the page says that there are more.
func TestDirectoryHits(t *testing.T) {
	h := newHouse(t, withDirectory)
	for i := range 51 {
		a := addr.MustParse(fmt.Sprintf("p%02d@example.gov.uk", i))
		code, _, err := h.store.NewCode(t.Context(), a, "b", h.clock)
		must(t, err)
		p, err := h.store.CheckCode(t.Context(), a, "b", code, h.clock)
		must(t, err)
		must(t, h.store.SetCard(t.Context(), p, store.Card{Name: fmt.Sprintf("Person %02d", i), Listed: true}, h.clock))
	}
	h.signedIn(nurse, "/directory").press("Find", map[string]string{"words": "person"}).reads(200, "", "Person 00", "Person 49", "more than 50").silent("Person 50")
}

// CJSM-7: members take the whole directory, or one card, in each form.
func TestDirectoryExport(t *testing.T) {
	h := newHouse(t, withDirectory)
	h.entry(nurse, map[string]string{"name": "=1+1", "listed": "yes"})
	h.entry(officer, map[string]string{"name": "Jane", "listed": ""})
	b := h.signedIn(officer, "/directory")
	take := func(format, who string) string {
		b.open("/directory").press("Spreadsheet (CSV)", map[string]string{"format": format, "who": who})
		return b.body
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(take("csv", ""), "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != "nurse@surgery.example.secure.example" || rows[1][1] != "'=1+1" {
		t.Errorf("got %q %v", rows, err)
	}
	if got := take("vcard", ""); strings.Count(got, "BEGIN:VCARD") != 1 || !strings.Contains(got, "FN:=1+1\r\n") {
		t.Errorf("got %q", got)
	}
	if got := take("ldif", ""); !strings.HasPrefix(got, "version: 1\n\ndn: mail=nurse@surgery.example.secure.example,") {
		t.Errorf("got %q", got)
	}
	if got := take("vcard", nurse.String()); strings.Count(got, "BEGIN:VCARD") != 1 {
		t.Errorf("one card: got %q", got)
	}
	take("vcard", officer.String())
	b.reads(404, "")
	take("xls", "")
	b.silent("nurse@")
}

// Who switches secure mail on is in the directory under the name of her account,
// unless she said before that she does not want it.
func TestSwitchingOnShowsInDirectory(t *testing.T) {
	h := newHouse(t, switches, withDirectory)
	h.account(officer, "correct horse battery")
	h.signedIn(officer, "/enable/terms").press("Switch on secure mail", map[string]string{"agree": "yes"}).reads(200, "", "Secure mail is switched on")
	c, err := h.store.Card(t.Context(), officer)
	must(t, err)
	if !c.Listed || c.Name == "" || c.Chosen {
		t.Errorf("got %+v", c)
	}
}
