package portal_test

import (
	"bytes"
	"strings"
	"time"

	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// The walks past the states of securedoc.html; pageWalks lists them.

// alert waits for the page to say what went wrong.
func (s *sight) alert() {
	s.t.Helper()
	s.await(`(e => e && e.checkVisibility())(document.querySelector("[role=alert]"))`)
}

// shows waits until something is there to be seen.
func (s *sight) shows(css string) { s.t.Helper(); s.Do(cdp.WaitVisible(cdp.CSS(css))) }

func lookAtFile(s *sight) {
	l := s.h.send(plainMail, carer)
	s.goTo(s.pageFile(l, envelope.Classic, func(p *envelope.Page) {
		p.To = append(p.To, "Somebody With A Very Long Name <somebody-with-a-very-long-name.and-a-department@a-rather-long-subdomain.example.gov.uk>", other.String())
	}))
	s.shows("#choose")
	s.look("choose")
	s.enter("#choose", "")
	e2etest.Get(s.Tab, cdp.Evaluate[bool](`document.querySelector("#choose").dispatchEvent(new Event("change"))`))
	s.look("another-address")
	s.goTo(s.pageFile(l, envelope.Classic, nil))
	s.shows("#password")
	s.look("sign-in")
	s.Type("#password", "not the right one\r")
	s.alert()
	s.look("wrong-password")
	s.click("#app form ~ .other button")
	s.shows("#code")
	s.look("code")
	s.Type("#code", "1234\r")
	s.alert()
	s.look("wrong-code")
	s.Type("#code", s.h.code(carer)+"\r")
	s.shows("h1.subject")
	s.look("opened-plain")
	s.click(".actions button:last-child")
	s.await(`document.querySelector("h1.subject") === null`)
	s.look("signed-out")
}

// openFile opens a message in its file by a code.
func (s *sight) openFile(l letter) {
	s.t.Helper()
	s.goTo(s.pageFile(l, envelope.Classic, nil))
	s.shows("#password")
	s.click("#app form ~ .other button")
	s.shows("#code")
	s.Type("#code", s.h.code(carer)+"\r")
	s.shows("h1.subject")
}

func lookAtOpenedFile(s *sight) {
	s.h.shape = many
	l := s.h.send(viewerMail("jane.doe@example.gov.uk"), carer, other)
	s.openFile(l)
	s.shows(".invite h2")
	s.look("everything")
	for i := range e2etest.Get(s.Tab, cdp.Evaluate[int](`document.querySelectorAll("button[aria-expanded]").length`)) {
		e2etest.Get(s.Tab, cdp.Evaluate[bool]("(document.querySelectorAll('button[aria-expanded]')["+string(rune('0'+i))+"].click(), true)"))
	}
	s.look("files-in-place")
	s.click(".invite .row button")
	s.await(`document.querySelector(".invite [role=status]").innerText !== ""`)
	s.look("answered")
	s.click(".actions button:nth-child(2)")
	s.shows("#reply-text")
	s.look("reply")
	s.Attach("#reply-files", s.saved("big.bin", 64<<10+1))
	s.alert()
	s.look("reply-too-big")
	s.Attach("#reply-files", s.saved("signed form.pdf", 1000))
	s.Type("#reply-text", "Thank you.")
	s.click(".reply form button:not([type])")
	s.shows("h2.done")
	s.look("replied")
	e2etest.Get(s.Tab, cdp.Evaluate[bool](`([...document.querySelectorAll(".attachments button")].at(-1).click(), true)`))
	s.shows(".note")
	s.look("inside")
}

func lookAtTrouble(s *sight) {
	l := s.h.send(plainMail, carer)
	changed := l
	changed.container = bytes.Clone(l.container)
	changed.container[len(changed.container)/2] ^= 1
	s.goTo(s.pageFile(changed, envelope.Classic, nil))
	s.shows("#password")
	s.click("#app form ~ .other button")
	s.shows("#code")
	s.Type("#code", s.h.code(carer)+"\r")
	s.alert()
	s.look("changed")
	s.goTo(s.pageFile(l, envelope.Classic, nil))
	s.shows("#password")
	e2etest.Get(s.Tab, cdp.Evaluate[bool](`(window.fetch = () => Promise.reject(new TypeError("blocked")), true)`))
	s.Type("#password", "right\r")
	s.alert()
	s.look("unreachable")
	s.goTo(s.pageFile(l, envelope.Classic, func(p *envelope.Page) { p.To = []string{other.String()} }))
	s.shows("#password")
	s.click("#app form ~ .other button")
	s.shows("#code")
	s.Type("#code", s.h.code(addr.MustParse(other.String()))+"\r")
	s.alert()
	s.look("not-recipient")
	s.h.clock = s.h.clock.Add(91 * 24 * time.Hour)
	s.goTo(s.pageFile(l, envelope.Classic, nil))
	s.shows("#password")
	s.click("#app form ~ .other button")
	s.shows("#code")
	s.Type("#code", s.h.code(carer)+"\r")
	s.alert()
	s.look("expired")
}

func lookAtPassive(s *sight) {
	l := s.h.send(plainMail, carer)
	several := func(p *envelope.Page) {
		p.Servers = append(p.Servers, "https://secure.old-name-of-the-council.example.gov.uk")
		p.To = append(p.To, strings.Repeat("long-", 12)+"address@example.gov.uk")
	}
	s.goTo(s.pageFile(l, envelope.Passive, nil))
	s.look("page")
	s.goTo(s.pageFile(l, envelope.Passive, several))
	s.look("several-servers")
	s.scripts(false)
	s.bare = true
	s.goTo(s.pageFile(l, envelope.Classic, several))
	s.look("classic-without-script")
}
