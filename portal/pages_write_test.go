package portal_test

import (
	cdp "github.com/chromedp/chromedp"

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

func lookAtWriting(s *sight) {
	s.goTo("/write")
	s.typeAddress(carer)
	s.byCode(carer)
	s.await(`document.querySelector(".tools").checkVisibility()`)
	s.look("form")
	s.enter("#to", "jane.doe@example.gov.uk, somebody.else@another-organisation-with-a-long-name.example")
	s.enter("#subject", "Boiler")
	s.click("#text")
	s.Do(cdp.KeyEvent("The boiler"))
	s.click(`[data-do=bold]`)
	s.Do(cdp.KeyEvent(" is broken."))
	s.Attach("#file", s.saved("big.bin", 64<<10+1))
	s.await(`document.querySelector("#sum").className === "error"`)
	s.look("files-over")
	s.Attach("#file", s.saved("photo.jpg", 60<<10))
	s.await(`document.querySelector("#sum").className === "small"`)
	s.click(`main button[value=send]`)
	s.await(`document.querySelector(".summary") !== null`)
	s.look("refused-with-files")
	s.enter("#to", "jane.doe@example.gov.uk")
	s.click("#copy")
	s.press(`main button[value=save]`)
	s.look("saved")
	s.press(`main p a[href="/drafts"]`)
	s.look("drafts")
	s.press(`main .people a`)
	s.press(`main button[value=send]`)
	s.look("sent")
	s.press(`main p a`)
	s.look("written")
	must(s.t, s.h.store.BlockWriter(s.t.Context(), carer, audit.Operator("op"), "", s.h.clock))
	s.goTo("/write")
	s.look("blocked")
}
