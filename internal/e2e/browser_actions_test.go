package e2e_test

import (
	"testing"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// maxFirstRead is what a first reading may cost after the file or link is open
// (issue 4; journeys 1 and 2).
const maxFirstRead = 3

// What people do until they read, counted by the browser's own harness: what is
// pressed, each field that is filled, and Enter. Journeys 1, 2; BOP-2, SCC-7
func firstReadActions(t *testing.T, w *world) {
	const from, to, first = "paul@example.gov.uk", "tess@home.example", "[SECURE] Counted"
	l := w.send(t, from, []string{to}, note(from, to, first, "One, two, three."))
	phone, desk := w.person(t, e2etest.TabOptions{}), w.person(t, e2etest.TabOptions{Width: 1280, Height: 800})
	count := func(way string, b *e2etest.Tab, most int) {
		t.Helper()
		b.Says("One, two, three.")
		if got := b.Actions(); got > most || way != "link with a session" && got == 0 {
			t.Errorf("%s: %d actions, want at most %d", way, got, most)
		} else {
			t.Logf("%s: %d actions", way, got)
		}
	}

	phone.Open(l.link)
	phone.Press("Send me a code")
	phone.Heading("Type the code")
	phone.Type("#code", w.code(t, w.Outside, to, 1))
	phone.Press("Continue")
	phone.Heading(first)
	count("link and code", phone, maxFirstRead)

	desk.Open(l.file)
	desk.Heading("Show that this message is for you")
	desk.Press("Send me a code")
	desk.Heading("Check your email")
	desk.Type("#code", w.code(t, w.Outside, to, 2))
	desk.Press("Open message")
	desk.Heading(first)
	count("file and code", desk, maxFirstRead)

	phone.Open(l.link) // the session of before
	phone.Heading(first)
	count("link with a session", phone, 1)

	const other, second = "ugo@home.example", "[SECURE] Counted again"
	m := w.send(t, from, []string{other}, note(from, other, second, "One, two, three."))
	password := w.password(other)
	w.register(t, w.person(t, e2etest.TabOptions{}), m, other, password, second)
	b := w.person(t, e2etest.TabOptions{})
	b.Open(m.file)
	b.Heading("Show that this message is for you")
	b.Type("#password", password)
	b.Press("Open message")
	b.Heading(second)
	count("file and password", b, 2)
}
