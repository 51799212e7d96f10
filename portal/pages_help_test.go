package portal_test

// The walks past help, the guides, inviting and asking to join; pageWalks lists them.

func lookAtHelp(s *sight) {
	s.h.announces()
	s.goTo("/")
	s.look("announced")
	s.goTo("/help")
	s.look("page")
	s.goTo("/help/recipients")
	s.look("recipients")
	s.goTo("/help/staff")
	s.look("staff")
}

func lookAtColleague(s *sight) {
	s.goTo("/colleague")
	s.typeAddress(officer)
	s.byCode(officer)
	s.look("page")
	s.press("main form button")
	s.look("problem")
	s.enter("#address", other.String())
	s.press("main form button")
	s.look("sent")
	s.newPerson()
	s.goTo("/colleague")
	s.typeAddress(other)
	s.h.mails()
	s.byCode(other)
	s.look("no-member")
}

func lookAtJoin(s *sight) {
	s.goTo("/join")
	s.look("page")
	s.press(`main a[href="/join/server"]`)
	s.look("server")
	s.press("main form button")
	s.look("server-problems")
	s.goTo("/join/mailbox")
	s.look("mailbox")
	for field, value := range mailboxForm {
		if field != "agree" {
			s.enter("#"+field, value)
		}
	}
	s.click("#agree")
	s.press("main form button")
	s.look("sent")
	all, err := s.h.store.Requests(s.t.Context(), s.h.clock)
	must(s.t, err)
	for _, state := range []string{"waiting", "approved"} {
		s.goTo("/join/status/" + all[0].Number + "/" + all[0].Secret)
		s.look(state)
		if state == "waiting" {
			_, err = s.h.store.AnswerRequest(s.t.Context(), all[0].Number, "approved", "Welcome. Please set up a password first.", "op", s.h.clock)
			must(s.t, err)
		}
	}
}
