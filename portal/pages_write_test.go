package portal_test

import (
	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
)

// The walks past the inbox and writing; pageWalks lists them.

func lookAtInbox(s *sight) {
	s.goTo("/messages")
	s.typeAddress(carer)
	s.byCode(carer)
	s.look("empty")
	s.h.shape = many
	s.h.send(plainMail, carer)
	s.h.shape = nil
	back := s.h.send(plainMail, carer)
	_, err := s.h.store.Recall(s.t.Context(), back.id, audit.Sender(officer), []addr.Address{carer}, "", s.h.clock)
	must(s.t, err)
	for range 20 {
		s.h.send(plainMail, carer)
	}
	s.goTo("/messages")
	s.look("page")
	s.press("main .actions a")
	s.look("older")
	s.goTo("/")
	s.look("home")
	s.h.shape = func(r *store.Record) { r.SignIn = []string{"password"} }
	s.h.send(plainMail, carer)
	s.goTo("/messages")
	s.look("other-way")
}
