package envelope_test

import (
	"fmt"
	"strings"
	"testing"

	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/envelope"
)

// says waits for words in the page as it shows.
func (b *tab) says(words string) {
	b.t.Helper()
	b.do(cdp.WaitVisible(cdp.Search(fmt.Sprintf(`//main//*[not(ancestor-or-self::*[@hidden])][normalize-space(text())=%q]`, words))))
}

// leadsTo waits until the tab is at an address that begins so; the tab's own end
// of time ends the wait.
func (b *tab) leadsTo(start string) {
	b.t.Helper()
	for !strings.HasPrefix(get(b, cdp.Location()), start) {
	}
}

// TestBrowserLanguages: the page changes its language at every step, whatever the
// browser's own is, and what was typed stays.
func TestBrowserLanguages(t *testing.T) {
	for _, size := range widths {
		t.Run(fmt.Sprint(size.w), func(t *testing.T) {
			s := newStandIn(t)
			_, _, container := sealedLetter(t, s)
			p := page(envelope.Classic)
			p.Servers, p.Languages = []string{s.URL}, []string{"en", "cy"}
			b := newTab(t, size.w, size.h)
			b.do(cdp.Navigate(asFile(t, p, container)))
			b.says("Show that this message is for you")
			b.shot("1 english")
			b.press("Cymraeg")
			b.says("Mae gennych neges ddiogel")
			b.says("Dangoswch mai i chi y mae'r neges hon")
			if lang := get(b, cdp.Evaluate[string]("document.documentElement.lang")); lang != "cy" {
				t.Errorf("the page says it is in %q", lang)
			}
			b.shot("2 welsh")
			b.do(cdp.SendKeys(cdp.CSS("#password"), "right\r"), cdp.WaitVisible(cdp.CSS("h1.subject")))
			facts := b.text("#app dl")
			if !strings.Contains(facts, "Oddi wrth") || !strings.Contains(facts, "Heddiw, ") {
				t.Errorf("facts %q", facts)
			}
			b.press("Ateb")
			b.do(cdp.WaitVisible(cdp.CSS("#reply-text")), cdp.SendKeys(cdp.CSS("#reply-text"), "Diolch"))
			b.shot("3 message")
			b.press("English")
			b.says("Your reply")
			if got := get(b, cdp.Value(cdp.CSS("#reply-text"))); got != "Diolch" {
				t.Errorf("what was typed is now %q", got)
			}
			b.press("Cymraeg")
			b.press("Allgofnodi")
			b.says("Rydych wedi allgofnodi")
			if wide := get(b, cdp.Evaluate[bool]("document.documentElement.scrollWidth > innerWidth")); wide {
				t.Error("sticks out to the side")
			}
		})
	}
}

// TestBrowserPassiveLanguages: without script, the second language stands below,
// with a link to it at the top and a button that posts the same form.
func TestBrowserPassiveLanguages(t *testing.T) {
	for _, size := range pictured() {
		t.Run(fmt.Sprint(size.w), func(t *testing.T) {
			s := newStandIn(t)
			_, _, container := sealedLetter(t, s)
			p := page(envelope.Passive)
			p.Servers, p.Languages = []string{s.URL}, []string{"en", "cy"}
			b := newTab(t, size.w, size.h)
			b.do(cdp.Navigate(asFile(t, p, container)))
			b.says("You have a secure message")
			b.shot("1 english")
			b.press("Cymraeg")
			b.says("Mae gennych neges ddiogel")
			b.shot("2 welsh")
			b.press("Agor y neges")
			b.leadsTo(s.URL + "/open")
		})
	}
}
