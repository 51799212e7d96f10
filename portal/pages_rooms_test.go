package portal_test

import "time"

// The walks past the rooms beside reading and writing; pageWalks lists them.

func lookAtEnable(s *sight) {
	s.goTo("/enable")
	s.look("page")
	s.press("main form button")
	s.look("problem")
	s.enter("#address", officer.String())
	s.press("main form button")
	s.h.mails()
	s.look("sent")
	s.press(`main a.button`)
	s.byCode(officer)
	s.look("terms")
	s.press("main form button")
	s.look("terms-problem")
	s.click("#agree")
	s.press("main form button")
	s.look("on")
}

func lookAtDesk(s *sight) {
	s.goTo("/desk")
	s.look("sign-in")
	s.typeAddress(anna)
	s.byCode(anna)
	s.look("none")
	s.goTo("/desk/new")
	s.look("new")
	s.press("main form button")
	s.look("new-problem")
	s.enter("#address", surgery.String())
	s.press("main form button")
	s.look("code")
	s.enter("#code", s.h.code(surgery))
	s.press("main form button")
	s.h.mails()
	s.look("begun")
	b := s.h.person(ben)
	b.begins(surgery)
	s.h.mails()
	s.goTo("/desk")
	s.look("waiting")
	first := s.Tab
	s.newPerson()
	s.goTo("/desk")
	s.typeAddress(surgery)
	s.byCode(surgery)
	s.look("stop")
	s.Tab = first
	s.h.clock = s.h.clock.Add(49 * time.Hour)
	s.h.shape = toSurgery
	l := s.h.send(plainMail, surgery)
	s.newPerson()
	s.goTo(l.link)
	s.look("own-address")
	s.enter("#address", anna.String())
	s.press("main form button")
	s.byCode(anna)
	s.goTo("/desk")
	s.press(".people a")
	s.look("one")
	s.enter("#address", surgery.String())
	s.press(`form[action$="/add"] button`)
	s.look("one-problem")
	s.press(`.people li:last-child form[action$="/remove"] button`)
	s.look("removed")
}
