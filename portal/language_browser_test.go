package portal_test

import (
	"fmt"
	"os"
	"testing"

	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/notice"
)

// TestBrowserWelsh walks the main way in Welsh: nothing is wider than the screen,
// though Welsh sentences are longer.
func TestBrowserWelsh(t *testing.T) {
	widths := []int64{320, 360, 1280}
	if os.Getenv("POSTSEAL_SCREENSHOTS") == "" {
		widths = widths[:1]
	}
	for _, w := range widths {
		t.Run(fmt.Sprint(w), func(t *testing.T) {
			h := newHouse(t, bilingual)
			l := h.send(plainMail, carer)
			b := newTab(t, w, 800)
			b.name = "welsh-" + b.name
			b.do(cdp.Navigate(h.web.URL + l.link))
			b.heading("Sign in to read your message", "english")
			b.press("Cymraeg")
			b.heading("Mewngofnodwch i ddarllen eich neges", "signin")
			b.press("Anfon cod ataf")
			b.heading("Teipiwch y cod", "code")
			b.typed("#code", "12345678\r")
			b.do(cdp.WaitVisible(cdp.CSS(".summary")))
			b.heading("Teipiwch y cod", "code-wrong")
			var mail notice.CodeData
			h.mail(carer, notice.Code, &mail)
			b.do(cdp.Clear(cdp.CSS("#code")))
			b.typed("#code", mail.Code+"\r")
			b.heading("Care plan", "message")
			b.press("Ateb")
			b.heading("Ateb", "reply")
			b.do(cdp.Navigate(h.web.URL + "/register"))
			b.heading("Gosod cyfrinair", "register")
			b.do(cdp.Navigate(h.web.URL + "/help"))
			b.heading("Cymorth", "help")
			b.do(cdp.Navigate(h.web.URL + "/m/aaaaaaaaaaaaaaaaaaaaaaaaaa"))
			b.heading("Nid yw'r neges hon yma eto", "refusal")
		})
	}
}
