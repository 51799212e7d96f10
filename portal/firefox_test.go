package portal_test

import (
	"testing"
	"time"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// Both forms of the file open in Firefox ESR, from disk: the classic one in the
// page by a code and by a password, both on the website without script. BOP-14, C5
func TestFirefoxOpensBothForms(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.account(carer, "correct horse battery")
	h.clock = time.Now()
	classic, passive := h.seal(plainMail, carer), h.seal(plainMail, carer)

	f := e2etest.StartFirefox(t, false)
	f.Open(h.asFile(h.web.URL, classic, envelope.Classic))
	f.Heading("Show that this message is for you")
	f.Type("password", "correct horse battery")
	f.Press("Open message")
	f.Heading("Care plan")
	f.Says("starts")
	f.Shot("classic-password")
	f.Open(h.asFile(h.web.URL, classic, envelope.Classic))
	f.Press("Send me a code")
	f.Heading("Check your email")
	f.Type("code", h.code(carer))
	f.Press("Open message")
	f.Heading("Care plan")

	f.Open(h.asFile(h.web.URL, passive, envelope.Passive))
	f.Press("Open message")
	f.Heading("Sign in to read your message")
	f.Press("Send me a code")
	f.Heading("Type the code")
	f.Type("code", h.code(carer))
	f.Press("Continue")
	f.Heading("Care plan")
	f.Says("the plan")
	f.Shot("passive-code")
}

// The classic form behaves like the passive one where Firefox runs no script.
func TestFirefoxWithoutScript(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.clock = time.Now()
	l := h.seal(plainMail, carer)
	f := e2etest.StartFirefox(t, true)
	f.Open(h.asFile(h.web.URL, l, envelope.Classic))
	f.Heading("You have a secure message")
	f.Press("Open message")
	f.Heading("Sign in to read your message")
	f.Press("Send me a code")
	f.Type("code", h.code(carer))
	f.Press("Continue")
	f.Heading("Care plan")
	f.Says("the plan")
}
