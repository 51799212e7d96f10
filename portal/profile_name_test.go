package portal_test

import (
	"io"
	"strings"
	"testing"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/store"
)

// Issue 4, 10: the pages of a message stand under the name by which its mail came;
// pages about nothing in particular under the organisation's own. The file that the
// site gives out again names it too.
func TestPagesUnderTheProfilesName(t *testing.T) {
	const department = "Adult Services, Borough of Example"
	h := newHouse(t, func(c *portal.Config) {
		c.Profile = func(name string) policy.Profile {
			if name == "adults" {
				return policy.Profile{Organisation: department}
			}
			return policy.Profile{}
		}
	})
	h.shape = func(r *store.Record) { r.Profile, r.SenderName, r.LinkUntil = "adults", "Duty team", r.ExpiresAt }
	l := h.send(plainMail, carer)
	h.shape = nil
	title := func(b *browser, want string) {
		t.Helper()
		if !strings.Contains(b.body, " - "+want+"</title>") || !strings.Contains(b.body, `<a href="/">`+want+"</a>") {
			t.Errorf("%s is not under the name of %q: %.400s", b.at.Path, want, b.words())
		}
	}
	b := h.browser().open(l.link).reads(200, "/signin", "Duty team")
	title(b, department)
	title(b.byCode(carer).reads(200, l.page, "Duty team (jane.doe@example.gov.uk)"), department)
	title(b.open(l.page+"/reply"), department)
	resp, err := b.client.Get(h.full(l.page + "/securedoc.html"))
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	file, err := envelope.ReadPage(resp.Body, io.Discard, 0)
	if err != nil || file.Organisation != department {
		t.Errorf("the file is under the name of %q, %v", file.Organisation, err)
	}
	_, err = h.store.Recall(t.Context(), l.id, "sender:jane", nil, "", h.clock)
	must(t, err)
	title(b.open(l.page).reads(410, l.page, "Duty team has withdrawn it"), department)
	title(b.open("/help"), "Borough of Example")
	other := h.send(plainMail, carer)
	title(b.open(other.link).reads(200, other.page), "Borough of Example")
}
