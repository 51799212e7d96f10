package portal_test

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// forbidden words are ours, not those of the people who read (journeys: "Words").
var forbidden = regexp.MustCompile(`(?i)\b(envelope|token|portal|invalid|illegal|key|CSRF)\b`)

// lint looks at every page of ours that a test meets, as somebody would who does
// not see it: language, one heading, labels, links of the error summary, hints
// and errors tied to their fields (WCAG 2.2: 3.1.1, 1.3.1, 3.3.1, 3.3.2, 2.4.1).
func (b *browser) lint() {
	b.h.t.Helper()
	doc, err := html.Parse(strings.NewReader(b.body))
	must(b.h.t, err)
	ids, labels, headings := map[string]int{}, map[string]bool{}, 0
	for n := range doc.Descendants() {
		if id := attr(n, "id"); id != "" {
			ids[id]++
		}
		if n.Data == "label" {
			labels[attr(n, "for")] = true
		}
		if n.Data == "h1" {
			headings++
		}
	}
	for n := range doc.Descendants() {
		kind := attr(n, "type")
		switch {
		case n.Type == html.ElementNode && n.Data == "html" && attr(n, "lang") == "":
			b.h.t.Errorf("%s: no language", b.at)
		case (n.Data == "input" && kind != "hidden" && kind != "radio" || n.Data == "select" || n.Data == "textarea") && attr(n, "aria-hidden") == "" && !labels[attr(n, "id")]:
			b.h.t.Errorf("%s: %s has no label", b.at, attr(n, "name"))
		case n.Data == "a" && strings.HasPrefix(attr(n, "href"), "#") && ids[attr(n, "href")[1:]] != 1:
			b.h.t.Errorf("%s: a link leads to %s, which is not there once", b.at, attr(n, "href"))
		case n.Data == "iframe" && attr(n, "title") == "":
			b.h.t.Errorf("%s: the frame has no title", b.at)
		}
		for _, id := range strings.Fields(attr(n, "aria-describedby") + " " + attr(n, "aria-labelledby")) {
			if ids[id] != 1 {
				b.h.t.Errorf("%s: %s is described by %s, which is not there once", b.at, attr(n, "id"), id)
			}
		}
	}
	if headings != 1 {
		b.h.t.Errorf("%s: %d headings", b.at, headings)
	}
	if word := forbidden.FindString(b.words()); word != "" {
		b.h.t.Errorf("%s says %q", b.at, word)
	}
}
