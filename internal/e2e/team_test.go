package e2e_test

import (
	"strings"
	"testing"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// The service desk gives one unit to a manager by command and another to somebody
// else by its page. Each finds under Sent what her unit sent, takes back what a
// member of it sent wrongly, cannot read it even with the mail in hand, and has no
// way to the other unit. All of it stands in the record; the right ends at once when
// it is taken away. CYC-12, CYC-16
func team(t *testing.T, w *world) {
	const unit, other, mona, max = "housing.office@example.gov.uk", "school.office@example.gov.uk", "mona@example.gov.uk", "max@example.gov.uk"
	const tenant, parent, subject, reason = "tina@home.example", "pete@home.example", "[SECURE] Rent arrears", "Meant for another tenant"
	l := w.send(t, unit, []string{tenant}, note(unit, tenant, subject, "Strictly between us."))
	w.send(t, other, []string{parent}, note(other, parent, "[SECURE] School place", "Not for housing."))
	if out := w.postseal(t, 0, "team", "add", unit, mona); !strings.Contains(out, mona+" manages "+unit) {
		t.Errorf("the command says %q", out)
	}
	desk := w.enters(t, "/servicedesk/team", w.Inside, senderDesk, 1)
	desk.Heading("Managers of units")
	desk.Type("#unit", other)
	desk.Type("#manager", max)
	desk.Press("Give them the unit")
	desk.Heading("Who manages " + other)
	desk.Says(max + " Since ")

	b := w.enters(t, "/sent", w.Inside, mona, 1)
	b.Heading("Units you look after")
	b.Press(unit)
	b.Heading("Messages a unit sent")
	own := b.URL()
	b.Says("To " + tenant)
	if strings.Contains(b.HTML(), "School place") {
		t.Error("the list shows what another unit sent")
	}
	b.Press(subject)
	b.Heading("A message a unit sent")
	b.Says("That you looked, and what you change, is written down with your name.")
	if html := b.HTML(); strings.Contains(html, "Strictly") || strings.Contains(html, "/m/") {
		t.Error("the page shows what the message says, or leads there")
	}
	b.Open(l.link) // as if the mail had been forwarded to her
	b.Heading("This message was sent to another address")
	if strings.Contains(b.HTML(), "Strictly") {
		t.Error("the manager is shown what the message says")
	}
	b.Open(own)
	b.Press(subject)
	b.Type("#reason", reason)
	b.Press("Take it back")
	b.Says(tenant + ": never opened")
	r := w.person(t, e2etest.TabOptions{})
	w.signInByLink(t, r, l, tenant, 1)
	r.Heading("This message was taken back")
	r.Says(reason)

	m := w.enters(t, "/team", w.Inside, max, 1)
	m.Heading("Units you look after")
	m.Press(other)
	m.Heading("Messages a unit sent")
	theirs := []string{m.URL()}
	m.Press("[SECURE] School place")
	m.Heading("A message a unit sent")
	theirs = append(theirs, m.URL(), own+"/"+m.URL()[strings.LastIndex(m.URL(), "/")+1:])
	for _, page := range theirs { // the last: their message below her unit
		b.Open(page)
		b.Heading("There is no such page")
	}

	desk.Open(w.seal.PortalURL + "/servicedesk/" + l.sealed.Page.ID.String())
	desk.Heading("A message of a colleague")
	desk.Says("Reason given: " + reason + " " + mona + " (manager of the unit)")
	if out := w.postseal(t, 0, "team", "remove", unit, mona); !strings.Contains(out, "nobody manages "+unit) {
		t.Errorf("the command says %q", out)
	}
	b.Open(own)
	b.Heading("There is no such page")
	b.Open(w.seal.PortalURL + "/team")
	b.Says("No unit has been given to you.")
}
