package portal_test

import (
	"testing"

	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// Issue 4: in Chromium, with the editor of the page, a change of language keeps the
// words and their look, and Enter in a line still means the form's own button and
// not the switch that stands before it.
func TestBrowserLanguageWhileWriting(t *testing.T) {
	t.Parallel()
	h, _ := writing(t, bilingual)
	b := newTab(t, 800, 900)
	b.do(cdp.Navigate(h.web.URL + "/write"))
	b.typed("#address", carer.String()+"\r")
	b.heading("Sign in", "")
	b.press("Send me a code")
	b.heading("Type the code", "")
	b.typed("#code", h.code(carer)+"\r") // a form with the switch before it
	b.heading("Write a message", "")
	b.typed("#subject", "Boiler")
	b.do(cdp.WaitVisible(cdp.CSS(".tools")))
	b.get(`document.querySelector("#text").innerHTML = "The boiler <b>is broken.</b>"`)
	b.press("Cymraeg")
	b.heading("Ysgrifennu neges", "")
	if got, want := b.get(`document.querySelector("#subject").value + "|" + document.querySelector("#text").innerHTML`), "Boiler|The boiler <b>is broken.</b>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	b.typed("#subject", " again\r")
	b.do(cdp.WaitVisible(cdp.CSS(".summary"))) // sent to nobody: refused in Welsh
	b.heading("Ysgrifennu neges", "")
	b.press("English")
	b.heading("Write a message", "")
	b.typed("#to", officer.String()+"\r")
	b.heading("Message sent", "")
}

func (b *tab) get(js string) string {
	b.t.Helper()
	got, err := cdp.Run(b.ctx, cdp.Evaluate[string](js))
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

// The same in Firefox, which has an Enter of its own.
func TestFirefoxLanguageWhileWriting(t *testing.T) {
	t.Parallel()
	h, _ := writing(t, bilingual)
	f := e2etest.StartFirefox(t, true)
	f.Open(h.web.URL + "/")
	f.Heading("Read a secure message")
	f.Type("address", carer.String())
	f.Press("Cymraeg")
	f.Heading("Darllen neges ddiogel")
	f.Press("English")
	f.Heading("Read a secure message")
	f.Type("address", "\ue007") // Enter (WebDriver, 17.4.2)
	f.Heading("Sign in")
}
