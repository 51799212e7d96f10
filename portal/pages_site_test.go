package portal_test

import (
	"strings"
	"time"

	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/store"
)

// The walks past the pages of the site; pageWalks lists them.

func lookAtStart(s *sight) {
	s.goTo("/")
	s.look("page")
	s.press("main form button")
	s.look("problem")
	s.h.shape = many
	l := s.h.send(plainMail, carer, other)
	s.goTo(l.link)
	s.look("choices")
	s.click(`input[name=choice][value=""]`)
	s.enter("#address", "no address")
	s.press("main form button")
	s.look("choices-problem")
}

func lookAtSignIn(s *sight) {
	l := s.h.send(plainMail, carer)
	s.goTo(l.link)
	s.look("all-ways")
	s.enter("#password", "not the right one")
	s.press(`form[action="/signin/password"] button`)
	s.look("wrong-password")
	s.press(`form[action="/signin/oidc"] button`)
	s.look("leaving")
	s.goTo("/signin")
	s.press(`form[action="/signin/code"] button`)
	s.look("code")
	s.enter("#code", "1")
	s.press(`main form[action="/signin/code"] button`)
	s.look("wrong-code")
	s.enter("#code", s.h.code(carer))
	s.press(`main form[action="/signin/code"] button`)
	s.look("message-plain")
	s.press(`header form[action="/signout"] button`)
	s.look("signed-out")
}

func lookAtForgotten(s *sight) {
	s.h.account(carer, "correct horse battery")
	l := s.h.send(plainMail, carer)
	s.goTo(l.link)
	s.goTo("/forgot")
	s.look("page")
	s.press(`form[action="/forgot"] button`)
	s.look("sent")
	s.goTo(s.h.reset(carer).Link)
	s.look("question")
	s.enter("#answer", "Harry")
	s.press("main form button")
	s.look("wrong-answer")
	s.enter("#answer", "Tom")
	s.press("main form button")
	s.look("new-password")
	s.press("main form button")
	s.look("new-password-problem")
	s.enter("#password", "a whole new start")
	s.enter("#again", "a whole new start")
	s.press("main form button")
	s.look("set")
}

func lookAtRegister(s *sight) {
	l := s.h.send(plainMail, carer)
	s.goTo(l.link)
	s.goTo("/register")
	s.look("page")
	s.press("main form button")
	s.look("problems")
	for field, text := range person("correct horse battery") {
		s.enter("#"+field, text)
	}
	s.press("main form button")
	s.look("sent")
	link := s.h.activation(carer).Link
	s.goTo(link)
	s.look("activate")
	first := s.Tab
	s.newPerson()
	s.goTo(link)
	s.look("activate-elsewhere")
	s.Tab = first
	s.press(`form[action="/activate"] button`)
	s.look("activated")
}

func lookAtMessage(s *sight) {
	l := s.h.send(viewerMail("jane.doe@example.gov.uk"), carer)
	s.signIn(l, carer)
	s.look("with-everything")
	s.goTo(l.page + "?in=8")
	s.look("inside")
	s.goTo(l.page)
	s.press(`button[value="accepted"]`)
	s.look("answered")
	s.goTo("/signedout?from=" + l.id.String())
	s.look("put-away")
	s.h.shape = func(r *store.Record) { many(r); r.LinkUntil = r.ExpiresAt } // too big for its mail: the file is offered
	long := "X-Odd: yes\nContent-Type: text/plain; charset=utf-8\n\n" + strings.Repeat("https://www.example.gov.uk/"+strings.Repeat("a-very-long-path/", 12)+" ", 3) + "\n\n" + strings.Repeat("word ", 200)
	l = s.h.send(long, carer, other)
	s.goTo(l.link)
	s.look("long")
	s.h.shape = nil
	s.goTo(s.h.send(hostileMail, carer).link)
	s.look("long-names")
}

func lookAtReply(s *sight) {
	s.h.shape = many
	l := s.h.send(plainMail, carer, other)
	s.signIn(l, carer)
	s.look("message-to-many")
	s.goTo(l.page + "/reply?all=1")
	s.look("form")
	s.press("main form button")
	s.look("empty")
	s.enter("#text", "Thank you.")
	s.Attach("#file", s.saved("big.bin", 64<<10+1))
	s.press("main form button")
	s.look("too-big")
	s.press("main form button")
	s.look("sent")
	s.press(`main form[action="/signout"] button`)
	s.look("signed-out")
}

func lookAtAccount(s *sight) {
	s.device()
	s.signIn(s.h.send(plainMail, carer), carer)
	s.goTo("/account")
	s.await(`document.querySelector("form[data-passkey]").checkVisibility()`)
	s.look("page")
	s.press(`form[data-passkey] button`)
	s.look("passkey-added")
	s.click(`form[data-passkey] button`)
	s.await(`document.querySelector("form[data-passkey] [role=alert]").innerText !== ""`)
	s.look("passkey-known")
	s.goTo("/")
	s.look("home")
	s.press(`header form[action="/signout"] button`)
	s.goTo("/")
	s.await(`document.querySelector("form[data-passkey]").checkVisibility()`)
	s.look("start-with-passkey")
}

func lookAtSender(s *sight) {
	s.h.shape = many
	l := s.h.send(plainMail, carer, other)
	s.h.shape = nil
	for _, a := range []addr.Address{carer, other} { // by the pages without script, in English
		b := s.h.browser().open(l.link).as(a)
		b.reads(200, l.page)
	}
	stranger := addr.MustParse("stranger.with.a.long.address@a-rather-long-subdomain.else.example")
	b := s.h.browser().open(l.link).as(stranger)
	b.follow("I got this message at another address").press("Send me a code", map[string]string{"choice": carer.String()})
	b.press("Continue", map[string]string{"code": s.h.code(carer)})
	s.h.mails()
	s.goTo("/sent/" + l.id.String())
	s.typeAddress(officer)
	s.byCode(officer)
	s.look("asked")
	s.press("button.warn")
	s.look("take-back-problem")
	s.enter("#reason", "It was meant for another Carla, I am sorry")
	s.click(`input[name=who][value="` + carer.String() + `"]`)
	s.press("button.warn")
	s.look("taken-back")
	s.h.clock = s.h.clock.Add(91 * 24 * time.Hour)
	s.goTo("/sent/" + l.id.String())
	if e2etest.Get(s.Tab, cdp.Evaluate[bool](`document.querySelector("#address, form[action='/signin/code']") !== null`)) {
		s.goTo("/signin?change=1")
		s.typeAddress(officer)
		s.byCode(officer)
		s.goTo("/sent/" + l.id.String())
	}
	s.look("closed")
}

func lookAtElsewhere(s *sight) {
	l := s.h.send(plainMail, carer)
	s.goTo(l.link)
	s.goTo("/signin?change=1")
	s.typeAddress(other)
	s.byCode(other)
	s.look("not-recipient")
	s.goTo(l.page + "/elsewhere")
	s.look("page")
	s.press(`form[action$="/elsewhere"] button`)
	s.look("problem")
	s.click(`input[name=choice][value="` + carer.String() + `"]`)
	s.press(`form[action$="/elsewhere"] button`)
	s.look("code")
	s.enter("#code", s.h.code(carer))
	s.press(`main form button`)
	s.look("asked")
}

func lookAtClosed(s *sight) {
	l, back := s.h.send(plainMail, carer), s.h.send(plainMail, carer)
	s.signIn(l, carer)
	_, err := s.h.store.Recall(s.t.Context(), back.id, "sender:jane", []addr.Address{carer}, "wrong Smith, I am sorry", s.h.clock)
	must(s.t, err)
	s.goTo(back.link)
	s.look("taken-back")
	s.goTo("/m/aaaaaaaaaaaaaaaaaaaaaaaaaa?t=" + l.secret.Encode())
	s.look("not-here-yet")
	s.goTo("/")
	s.Attach("#page", s.saved("holiday.html", 100))
	s.press(`form[action="/open"] button`)
	s.look("wrong-file")
	s.h.clock = s.h.clock.Add(15 * 24 * time.Hour)
	s.signIn(l, carer)
	s.look("link-over")
	s.h.clock = s.h.clock.Add(91 * 24 * time.Hour)
	s.signIn(l, carer)
	s.look("expired")
	s.press(`form[action$="/ask"] button`)
	s.look("sender-asked")
}

func lookAtFixed(s *sight) {
	for _, page := range []string{"help", "privacy"} {
		s.goTo("/" + page)
		s.look(page)
	}
}

// lookAtRefusals sees every row of the one table of what people are told.
func lookAtRefusals(s *sight) {
	for _, name := range s.h.web.Config.Handler.(*portal.Server).ServeRefusals() {
		s.goTo("/refusal/" + name)
		s.look(name)
	}
}
