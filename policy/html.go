package policy

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlText gives the text of an HTML page, hidden text too, one line for each
// block. It reads tokens and builds no tree, so that depth costs nothing.
func htmlText(page string) string {
	z := html.NewTokenizer(strings.NewReader(page))
	z.SetMaxBuf(MaxPartText)
	var b strings.Builder
	skip := 0 // inside style, script or title
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if skip == 0 {
				b.WriteString(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			if a := atom.Lookup(name); isUnshown(a) {
				skip++
			} else if isBlock(a) {
				b.WriteByte('\n')
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if a := atom.Lookup(name); isUnshown(a) && skip > 0 {
				skip--
			} else if isBlock(a) {
				b.WriteByte('\n')
			}
		}
	}
}

func isUnshown(a atom.Atom) bool { return a == atom.Style || a == atom.Script || a == atom.Title }

func isBlock(a atom.Atom) bool {
	switch a {
	case atom.P, atom.Div, atom.Br, atom.Tr, atom.Td, atom.Th, atom.Li, atom.Table, atom.Hr, atom.Blockquote, atom.Pre,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Body, atom.Header, atom.Section, atom.Article:
		return true
	}
	return false
}
