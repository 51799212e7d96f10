package portal_test

import (
	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
)

// The walks past what managers of units see; pageWalks lists them.

func lookAtTeam(s *sight) {
	s.h.from(rents, "Rent of May")
	l := s.h.send(plainMail, carer, other)
	s.goTo("/servicedesk/team")
	s.typeAddress(helen)
	s.byCode(helen)
	s.look("give")
	s.press("main form button")
	s.look("give-problem")
	s.enter("#unit", rents.String())
	s.press(`main button[value="show"]`)
	s.look("nobody")
	s.enter("#manager", "a-manager-with-a-long-name.and-a-department@example.gov.uk")
	s.press(`main button[value="give"]`)
	s.look("given")
	s.newPerson()
	s.goTo("/team")
	s.typeAddress(mona)
	s.byCode(mona)
	s.look("none")
	for _, unit := range []addr.Address{rents, addr.MustParse("adult-social-care.referrals-and-reviews@example.gov.uk")} {
		_, err := s.h.store.GiveUnit(s.t.Context(), unit, mona, audit.Operator("helen"), s.h.clock)
		must(s.t, err)
	}
	s.goTo("/sent")
	s.look("sent")
	s.goTo("/team")
	s.look("units")
	s.goTo("/team/" + s.h.store.UnitID(rents))
	s.look("list")
	s.goTo("/team/" + s.h.store.UnitID(rents) + "/" + l.id.String())
	s.look("message")
	s.click(`input[name=who][value="all"]`)
	s.press("button.warn")
	s.look("taken-back")
}
