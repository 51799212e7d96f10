package portal_test

// The walks past the directory; pageWalks lists them.

func lookAtDirectory(s *sight) {
	s.h.entry(helen, map[string]string{"name": "Helen of a Name-with-several-Hyphens ap Llywelyn", "organisation": "Borough of Example", "unit": "Adult social care, referrals and reviews", "phone": "+44 1632 960001", "listed": "yes"})
	s.goTo("/directory")
	s.look("sign-in")
	s.typeAddress(officer)
	s.byCode(officer)
	s.look("page")
	s.press("main form button")
	s.look("problem")
	s.enter("#words", "he")
	s.press("main form button")
	s.look("found")
	s.enter("#words", "nobody like it")
	s.press("main form button")
	s.look("none")
	s.goTo("/directory/me")
	s.look("me")
	s.click("#listed")
	s.press("main form button")
	s.look("me-problem")
	s.enter("#name", "Jane Officer")
	s.press("main form button")
	s.look("saved")
}
