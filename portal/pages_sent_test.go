package portal_test

import (
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/store"
)

// The walks past what senders and the service desk see; pageWalks lists them.

func lookAtSent(s *sight) {
	s.goTo("/sent")
	s.typeAddress(officer)
	s.byCode(officer)
	s.look("none")
	s.h.shape = many
	l := s.h.send(plainMail, carer, other)
	s.h.reports(l, other, store.Failed, "mx", "550 5.1.1 <other@work.example>: a-very-long-word-that-a-mail-system-says-without-any-blank-in-between-or-after-it")
	for i := range 22 {
		s.h.from(officer, []string{"Rent", "Care plan for the summer", ""}[i%3])
		s.h.send(plainMail, carer)
		s.h.clock = s.h.clock.Add(time.Minute)
	}
	s.h.shape = func(r *store.Record) {
		r.ReadyAt, r.OriginalID = s.h.clock.Add(5*time.Minute), "<ready@example.gov.uk>"
	}
	ready := s.h.send(plainMail, carer)
	s.goTo("/sent")
	s.look("list")
	s.press(`a.quiet`)
	s.look("older")
	s.enter("#words", "nothing like it")
	s.press(`form[role=search] button`)
	s.look("not-found")
	s.goTo("/sent/" + l.id.String())
	s.look("failed")
	s.goTo("/sent/" + ready.id.String())
	s.look("not-yet")
	s.goTo("/sent/" + ready.id.String())
	s.press("button.warn")
	s.look("never-readable")
}

func lookAtServiceDesk(s *sight) {
	s.h.shape = many
	l := s.h.send(plainMail, carer, other, addr.MustParse("somebody-with-a-very-long-name.and-a-department.of-some-length@a-rather-long-subdomain.example.com"))
	s.goTo("/servicedesk")
	s.typeAddress(helen)
	s.byCode(helen)
	s.look("page")
	s.press("main form button")
	s.look("problem")
	s.enter("#to", carer.String())
	s.enter("#time", "10:30")
	s.press("main form button")
	s.look("found")
	s.enter("#to", "nobody@home.example")
	s.press("main form button")
	s.look("not-found")
	s.goTo("/servicedesk/" + l.id.String())
	s.look("message")
	s.click(`input[name=who][value="all"]`)
	s.enter("#reason", "wrong Smith")
	s.press("button.warn")
	s.look("taken-back")
}
