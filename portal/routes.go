package portal

import "net/http"

// routes is the whole surface. GET changes nothing; each POST but staging and
// the API carries the form secret of its browser.
func (s *Server) routes() {
	s.mux = http.NewServeMux()
	handle := func(pattern string, h http.Handler) {
		s.surface = append(s.surface, pattern)
		s.mux.Handle(pattern, h)
	}
	get := func(path string, a action) { handle("GET "+path, s.page(a)) }
	post := func(path string, a action) { handle("POST "+path, s.form(a)) }

	get("/{$}", start)
	post("/start", typeAddress)
	get("/signin", signin)
	s.signinPages(handle)
	s.accountPages(handle)
	s.roomPages(handle, get, post)
	s.inboxPages(get)
	s.letterPages(handle, get, post)
	post("/signout", signout)
	get("/signedout", signedOut)

	get("/register", register)
	post("/register", submitRegister)
	get("/register/sent", registerSent)
	get("/activate", activationPage)
	post("/activate", submitActivation)
	get("/activated", activated)
	get("/forgot", forgot)
	post("/forgot", submitForgot)
	get("/forgot/sent", forgotSent)
	get("/reset", resetPage)
	post("/reset", submitAnswer)
	get("/reset/password", resetPage)
	post("/reset/password", submitNewPassword)

	get("/m/{id}", read)
	get("/m/{id}/body", body)
	get("/m/{id}/part/{n}", part)
	get("/m/{id}/print", printed)
	get("/m/{id}/attachments.zip", saveAll)
	get("/m/{id}/message.eml", save)
	post("/m/{id}/answer", answerInvite)
	get("/m/{id}/answered", answered)
	get("/m/{id}/reply", replyForm)
	handle("POST /m/{id}/reply", s.stream(s.replyBound(), submitReply))
	get("/m/{id}/replied", replied)
	get("/m/{id}/securedoc.html", keepFile)
	s.askPages(get, post)
	handle("POST /open", s.stream(maxStagedForm, stage))
	s.sentPages(get, post)
	s.servicePages(get, post)

	handle("POST /language", s.stream(maxTyped, speak))
	get("/help", help)
	get("/privacy", privacy)
	handle("GET "+s.pages.path, http.HandlerFunc(s.style))
	if s.pages.logo != "" {
		handle("GET "+s.pages.logo, http.HandlerFunc(s.logo))
	}
	s.apiRoutes(handle)
	// Reloading an address that only takes forms leads to the start.
	for _, path := range []string{"/start", "/signout", "/open", "/language"} {
		get(path, func(v *visit) error { v.see("/"); return nil })
	}
	handle("/", s.page(func(*visit) error { return errPage }))
}

// replyBound is how much of a reply is read at all: well over the limit of its
// files, so that who sends somewhat too much gets words and not a dead line.
func (s *Server) replyBound() int64 { return 4*s.AttachLimit + MaxReplyText + MaxForm + 64<<20 }
