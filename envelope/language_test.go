package envelope_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/envelope"
)

// A page in two languages has both, the organisation's own first, in either form;
// the size of what is not container stays within its bound.
func TestPageLanguages(t *testing.T) {
	logo := append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{7}, 8<<10-8)...)
	for _, form := range []envelope.Form{envelope.Classic, envelope.Passive} {
		p := page(envelope.Classic)
		p.Form, p.Languages, p.Logo = form, []string{"cy", "en"}, logo
		p.Date = time.Date(2016, 8, 21, 11, 21, 0, 0, time.UTC)
		var b bytes.Buffer
		if err := envelope.WritePage(&b, p, strings.NewReader("container")); err != nil {
			t.Fatal(err)
		}
		shown := b.String()
		for _, want := range []string{`<html lang="cy">`, "<title>Neges ddiogel gan ", "Mae gennych neges ddiogel", "dydd Sul 21 Awst 2016, 11:21 UTC",
			`<a href="#en" lang="en-GB">English</a>`, `<section id="en" data-l="en" lang="en-GB">`, "You have a secure message", "Sunday 21 August 2016, 11:21 UTC",
			`<button class="noscript" form="site">Open message</button>`, "src=\"data:image/png;base64,\n", "img-src data:"} {
			if !strings.Contains(shown, want) {
				t.Errorf("%s: the page lacks %q", form, want)
			}
		}
		if got := strings.Contains(shown, `"signIn":"Dangoswch mai i chi`); got != (form == envelope.Classic) {
			t.Errorf("%s: words of the script: %v", form, got)
		}
		if len(shown) > maxPage+len(logo)*3/2 { // the logo is the organisation's own weight
			t.Errorf("%s: the page has %d bytes beside its container", form, len(shown))
		}
		for _, line := range strings.Split(shown, "\n") {
			if len(line) > 998 {
				t.Errorf("%s: a line of %d octets: %.60s", form, len(line), line)
			}
		}
	}
	p := page(envelope.Classic)
	p.Logo = append(logo, 7)
	var b bytes.Buffer
	if err := envelope.WritePage(&b, p, strings.NewReader("container")); err != nil || strings.Contains(b.String(), "<img src=\"data:image") {
		t.Errorf("a logo over the bound is in the page (%v)", err)
	}
}
