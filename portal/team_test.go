package portal_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/notice"
)

var (
	mona  = addr.MustParse("mona@example.gov.uk")
	rents = addr.MustParse("rents@example.gov.uk")
)

// CYC-12: the service desk gives a manager a unit; she finds what it sent, keeps it
// open and takes it back, reads none of it, and the record names her; when the unit
// is taken away the pages are gone.
func TestTeam(t *testing.T) {
	h := newHouse(t, withServiceDesk)
	h.from(rents, "Rent of May")
	l := h.send(plainMail, carer, other)
	h.from(officer, "Secret of Jane")
	foreign := h.send(plainMail, carer)
	path := "/team/" + h.store.UnitID(rents)
	m := h.signedIn(mona, "/team").reads(200, "/team", "No unit has been given to you")
	m.open(path).reads(404, path)
	m.open(path+"/"+l.id.String()).reads(404, "").silent("Rent of May")
	m.open("/servicedesk/team").reads(404, "")

	desk := h.signedIn(helen, "/servicedesk/team").reads(200, "/servicedesk/team", "Managers of units")
	desk.press("Give them the unit", map[string]string{"unit": "rents@elsewhere.example", "manager": mona.String()}).reads(422, "", "of our organisation that a unit sends from")
	desk.press("Give them the unit", map[string]string{"unit": rents.String(), "manager": carer.String()}).reads(422, "", "manager's own address at our organisation")
	desk.press("Give them the unit", map[string]string{"unit": rents.String(), "manager": rents.String()}).reads(422, "", "manager's own address at our organisation")
	desk.press("Show who manages it", map[string]string{"do": "show", "unit": rents.String(), "manager": ""}).reads(200, "", "Nobody manages this unit")
	desk.press("Give them the unit", map[string]string{"unit": rents.String(), "manager": mona.String()}).reads(200, "", "Who manages "+rents.String(), mona.String(), "Since today")

	m.open("/sent").reads(200, "/sent", "Units you look after", rents.String())
	m.follow(rents.String()).reads(200, path, "Rent of May", "and 1 more", "Not opened yet").silent("Secret of Jane")
	m.press("Search", map[string]string{"words": "nothing like it"}).reads(200, path, "No message with these words")
	m.press("Search", map[string]string{"words": "may"}).reads(200, path, "Rent of May")
	m.open(path+"/"+foreign.id.String()).reads(404, "").silent("Secret of Jane")
	m.open(path+"/"+l.id.String()).reads(200, "", "Rent of May", carer.String(), "written down with your name")
	if strings.Contains(m.body, "/m/") || strings.Contains(m.body, l.secret.Encode()) {
		t.Error("the page leads to what the message says")
	}
	m.press("Keep it open longer", map[string]string{"days": "30"}).reads(200, path+"/"+l.id.String())
	m.press("Take it back", map[string]string{"who": carer.String(), "reason": "wrong Smith"}).reads(200, "", "Taken back", carer.String()+": never opened")
	var told notice.TakenBackData
	h.mail(rents, notice.TakenBack, &told)
	if told.By != "mona@example.gov.uk" || told.Reason != "wrong Smith" {
		t.Errorf("the unit is told %+v", told)
	}
	h.browser().open(l.link).press("Continue", map[string]string{"address": carer.String()}).byCode(carer).silent("Dear")
	got := h.trail(l)
	for _, want := range []string{"manager:mona@example.gov.uk looked at", "manager:mona@example.gov.uk extended", "manager:mona@example.gov.uk recalled"} {
		if !slices.Contains(got, want) {
			t.Errorf("the record has no %q: %v", want, got)
		}
	}
	h.signedIn(helen, "/servicedesk/"+l.id.String()).reads(200, "", "looked at", "mona@example.gov.uk (manager of the unit)", "helen@example.gov.uk (service desk)").
		silent("mona@example.gov.uk (service desk)", "by the service desk")
	if slices.ContainsFunc(h.trail(foreign), func(s string) bool { return strings.HasPrefix(s, "manager:") }) {
		t.Error("she got at another's message")
	}
	own, err := h.store.AccountTrail(t.Context(), mona)
	must(t, err)
	if !slices.ContainsFunc(own.Entries, func(e audit.Entry) bool {
		return e.Action == audit.Searched && slices.Equal(e.Objects, []string{rents.Key()})
	}) {
		t.Error("her own record does not say that she looked")
	}
	form := m.open(path + "/" + l.id.String())
	desk.press("Take away "+mona.String(), map[string]string{"do": "take"}).reads(200, "", "Nobody manages this unit")
	form.press("Take it back", map[string]string{"who": other.String()}).reads(404, "")
	m.open(path).reads(404, path)
	m.open("/sent").reads(200, "/sent").silent("Units you look after")
	unit := h.signedIn(rents, "/servicedesk").reads(404, "")
	unit.open("/servicedesk/team").reads(404, "")
}
