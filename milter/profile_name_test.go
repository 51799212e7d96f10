package milter_test

import (
	"strings"
	"testing"
)

// Issue 4, 10: mail of a profile comes under the names that the profile gives, in
// the mail, in securedoc.html and in the record, from which the site and the
// answers take them. The address stays the sender's own (DKIM). Who writes on
// behalf of somebody else is named all the same.
func TestProfileNamesOrganisationAndSender(t *testing.T) {
	const department, team = "Children's Services, Borough of Example", "Duty team"
	w := newWorld(t)
	p := w.rules.Profiles["official"]
	p.Organisation, p.SenderName = department, team
	w.rules.Profiles["official"] = p

	w.decide(mailFor("Sensitivity: Company-Confidential\r\n"+message("plan", outside), outside))
	sent := w.out.Sent()[0]
	_, page := w.opened(sent)
	if got := header(t, sent.Bytes, "From"); !strings.Contains(got, team) || !strings.Contains(got, "jane@council.example") {
		t.Errorf("From %q, want %q and her own address", got, team)
	}
	if page.Organisation != department || !strings.HasPrefix(page.From, team+" <jane@") {
		t.Errorf("the page is of %q from %q", page.Organisation, page.From)
	}
	rec, err := w.store.EnvelopeForOperator(t.Context(), page.ID)
	if err != nil || rec.SenderName != team || rec.Sender.String() != "jane@council.example" {
		t.Errorf("the record is of %q <%s>, %v", rec.SenderName, rec.Sender, err)
	}
	if text := strings.ReplaceAll(strings.ReplaceAll(string(sent.Bytes), "=\r\n", ""), "=E2=80=99", "'"); !strings.Contains(text, department) || !strings.Contains(text, team+" (jane@council.example)") {
		t.Errorf("the mail names neither %q nor %q:\n%.3000s", department, team, text)
	}

	w.decide(mailFor(message("[SECURE] plan", outside), outside)) // another profile
	_, page = w.opened(w.out.Sent()[1])
	if page.Organisation != "Borough of Example" || strings.Contains(page.From, team) {
		t.Errorf("another profile's page is of %q from %q", page.Organisation, page.From)
	}
}
