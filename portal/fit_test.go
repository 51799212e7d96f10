package portal_test

import (
	"fmt"
	"strings"
	"testing"

	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/portal"
)

// A short message has a low frame; one that is long, or whose height its words do
// not tell, has the frame as it was.
func TestFit(t *testing.T) {
	lines := func(n int) string { return strings.Repeat("<p>The visits start on Monday.</p>", n) }
	for page, want := range map[string]string{
		"": "low-1 wide-low-1", "<p>Yes.</p>": "low-2 wide-low-2", lines(2): "low-2 wide-low-2", lines(4): "low-4 wide-low-4",
		"<style>" + strings.Repeat("p.MsoNormal{margin:0}", 99) + "</style><div>" + strings.Repeat("word ", 30) + "</div>": "low-3 wide-low-2",
		"<div>" + strings.Repeat("word ", 90) + "</div>":                                                                   "wide-low-3",
		lines(20): "", "<p>Yes.<img src=https://x/y height=900></p>": "low-2 wide-low-2", "<p>Yes.<img src=data:image/png;base64,AA></p>": "", `<div style="height:900px">x</div>`: "", `<td height=9>`: "", "<p>" + strings.Repeat("<b></b>", 40_000): "",
	} {
		if got := portal.Fit(page); got != want {
			t.Errorf("%.60q: got %q, want %q", page, got, want)
		}
	}
}

// In Chromium a short message neither leaves half an empty window below it nor has
// to be scrolled.
func TestBrowserShortMessageFits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mail := "MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n<p>Dear Carla,</p><p>the plan starts on Monday, please bring the letter that you were sent last week.</p><p>Kind regards<br>Jane</p>"
	l := h.send(mail, carer)
	for _, width := range []int64{320, 1280} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			b := newTab(t, width, 900)
			b.do(cdp.Navigate(h.web.URL + l.link))
			b.signIn(h, carer, "Care plan", "short-message")
			frame := b.get(`String(document.querySelector("iframe").getBoundingClientRect().height)`)
			b.do(cdp.Navigate(h.web.URL + l.page + "/body"))
			words := b.get(`String(document.documentElement.getBoundingClientRect().height + 16)`)
			var high, needs float64
			_, err := fmt.Sscan(frame+" "+words, &high, &needs)
			must(t, err)
			if high < needs || high > needs+160 {
				t.Errorf("the frame is %v high, its words %v", high, needs)
			}
		})
	}
}
