package portal

import (
	"html/template"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// What somebody may say by the look of her words (BCC-9): bold, italic, underline,
// size, font, lists. All else is taken off, whatever the browser sends, and the
// words stay.

// richNodes bounds how many elements and texts are looked at; a page typed by hand
// has some hundred.
const richNodes = 20_000

// richTags are the elements that stay, by what they become.
var richTags = map[atom.Atom]string{atom.B: "b", atom.Strong: "b", atom.I: "i", atom.Em: "i", atom.U: "u", atom.Ul: "ul", atom.Ol: "ol", atom.Li: "li",
	atom.Div: "div", atom.P: "div", atom.H1: "div", atom.H2: "div", atom.H3: "div", atom.H4: "div", atom.H5: "div", atom.H6: "div",
	atom.Blockquote: "div", atom.Pre: "div", atom.Table: "div", atom.Tr: "div", atom.Section: "div", atom.Article: "div", atom.Address: "div"}

// richSizes are the sizes that can be chosen, by their number in the page's script
// (HTML's own, 1 to 7), and richFonts the fonts by the names that it uses: each has
// a stand-in on every system.
var (
	richSizes = map[string]string{"2": "10pt", "3": "12pt", "5": "18pt"}
	richFonts = map[string]string{"Arial": "Arial,Helvetica,sans-serif", "Georgia": "Georgia,'Times New Roman',serif", "Courier New": "'Courier New',Courier,monospace"}
)

// rich is a text with its look, made of nothing but what may be in it.
type rich struct {
	page string        // as the page's script wants it back; empty: there was no text
	mail template.HTML // as mail programs want it
	text string        // the same without its look
}

// readRich reads what a browser sent as the look of a text.
func readRich(fragment string) rich {
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(fragment), body)
	if err != nil { // nested too deeply
		return rich{text: bareText(fragment)}
	}
	var r richWriter
	for _, n := range nodes {
		r.node(n, 0)
	}
	if strings.TrimSpace(bareText(r.page.String())) == "" {
		return rich{}
	}
	return rich{page: r.page.String(), mail: template.HTML(r.mail.String()), text: textOf(r.page.String())} //nolint:gosec // every tag is of ours, every text escaped
}

// plainly tells whether the look says nothing that the words do not.
func (r rich) plainly() bool {
	return !slices.ContainsFunc([]string{"<b>", "<i>", "<u>", "<ul>", "<ol>", "<font"}, func(tag string) bool { return strings.Contains(r.page, tag) })
}

// richWriter writes both forms of it.
type richWriter struct {
	page, mail strings.Builder
	count      int
}

func (r *richWriter) both(s string) {
	r.page.WriteString(s)
	r.mail.WriteString(s)
}

func (r *richWriter) node(n *html.Node, depth int) {
	if r.count++; r.count > richNodes || depth > 4*MaxDepth {
		return
	}
	switch {
	case n.Type == html.TextNode:
		r.both(template.HTMLEscapeString(strings.ReplaceAll(n.Data, "\x00", "")))
		return
	case n.Type != html.ElementNode || unread[n.DataAtom]:
		return
	case n.DataAtom == atom.Br:
		r.both("<br>")
		return
	}
	page, mail, end := "", "", ""
	if tag := richTags[n.DataAtom]; tag != "" {
		page, end = "<"+tag+">", "</"+tag+">"
		mail = page
	}
	mailEnd := end
	if n.DataAtom == atom.Font {
		page, mail = fontOf(n)
		if page != "" {
			end, mailEnd = "</font>", "</span>"
		}
	}
	r.page.WriteString(page)
	r.mail.WriteString(mail)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		r.node(c, depth+1)
	}
	r.page.WriteString(end)
	r.mail.WriteString(mailEnd)
}

// fontOf gives size and font of an element, where they are among ours.
func fontOf(n *html.Node) (page, mail string) {
	var attributes, style string
	value := func(key string) string {
		for _, a := range n.Attr {
			if a.Key == key {
				return a.Val
			}
		}
		return ""
	}
	if size := value("size"); richSizes[size] != "" {
		attributes, style = ` size="`+size+`"`, "font-size:"+richSizes[size]+";"
	}
	if face := value("face"); richFonts[face] != "" {
		attributes, style = attributes+` face="`+face+`"`, style+"font-family:"+richFonts[face]+";"
	}
	if style == "" {
		return "", ""
	}
	return "<font" + attributes + ">", `<span style="` + template.HTMLEscapeString(style) + `">`
}
