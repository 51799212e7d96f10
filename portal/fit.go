package portal

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A frame whose content may not be looked at, since nothing may run in it or reach
// it, does not grow or shrink by itself. How high a short message stands is
// estimated from its words instead, so that no empty space follows it; what is
// estimated too low is scrolled to, as all long messages are.

const (
	// Signs in a line of 16px, at the narrowest (320px) and in the widest frame.
	narrowSigns, wideSigns = 32, 84
	// fitStep and fitSteps are the heights that style.css has: so many lines each.
	fitStep, fitSteps = 3, 5
	// fitSlack is what is added in lines: margins, larger headings.
	fitSlack = 2
	// maxFitPage bounds the HTML of a short message, in bytes; mail programs write
	// 40 KB of styles before the first word.
	maxFitPage = 128 << 10
)

// blocks are the elements that begin a new line; those of true leave one free.
var blocks = map[atom.Atom]bool{atom.P: true, atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Ul: true, atom.Ol: true,
	atom.Blockquote: true, atom.Pre: true, atom.Tr: true, atom.Hr: true, atom.Dl: true, atom.Div: false, atom.Br: false, atom.Li: false, atom.Table: false, atom.Dt: false,
	atom.Dd: false, atom.Section: false, atom.Article: false, atom.Header: false, atom.Footer: false, atom.Center: false, atom.Address: false}

// sized are elements whose height the words do not tell.
var sized = map[atom.Atom]bool{atom.Img: true, atom.Svg: true, atom.Video: true, atom.Audio: true, atom.Canvas: true, atom.Textarea: true, atom.Select: true,
	atom.Picture: true, atom.Math: true, atom.Details: true}

// fit gives the classes of the frame for a short message, narrow and wide; empty
// for any other, and where its height cannot be told.
func fit(page string) string {
	if len(page) > maxFitPage {
		return ""
	}
	narrow, wide, signs := fitSlack, fitSlack, 0
	end := func(free bool) {
		if signs > 0 {
			narrow, wide = narrow+1+(signs-1)/narrowSigns, wide+1+(signs-1)/wideSigns
			if free {
				narrow, wide = narrow+1, wide+1
			}
		}
		signs = 0
	}
	skip := atom.Atom(0)
	for z := html.NewTokenizer(strings.NewReader(page)); z.Next() != html.ErrorToken; {
		t := z.Token()
		switch free, block := blocks[t.DataAtom]; {
		case t.Type == html.TextToken:
			if skip == 0 {
				signs += utf8.RuneCountInString(strings.Join(strings.Fields(t.Data), " "))
				if strings.Contains(t.Data, "\n\n") { // as it stands in pre
					narrow, wide = narrow+strings.Count(t.Data, "\n"), wide+strings.Count(t.Data, "\n")
				}
			}
		case t.DataAtom == atom.Img && !strings.HasPrefix(tagAttr(t, "src"), "data:"): // never fetched, and not shown
		case sized[t.DataAtom] || tagAttr(t, "height") != "" || strings.Contains(tagAttr(t, "style"), "height:"):
			return ""
		case t.DataAtom == atom.Style || t.DataAtom == atom.Title:
			if skip = t.DataAtom; t.Type == html.EndTagToken {
				skip = 0
			}
		case block:
			end(free)
		}
	}
	end(false)
	return strings.TrimSpace(fitClass("low", narrow) + " " + fitClass("wide-low", wide))
}

func fitClass(name string, lines int) string {
	if step := (lines + fitStep - 1) / fitStep; step <= fitSteps {
		return fmt.Sprintf("%s-%d", name, max(step, 1))
	}
	return ""
}
