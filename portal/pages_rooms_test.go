package portal_test

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
