package portal

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

// maxQuote bounds what of a message is put below its answer, in bytes; the people
// written to have it whole already.
const maxQuote = 64 << 10

// quoted gives the text of a message as it stands below an answer: each line
// behind "> ", without pictures, HTML or files.
func (v *visit) quoted(rec store.Record, key envelope.Key) (string, error) {
	select {
	case v.s.opening <- struct{}{}:
		defer func() { <-v.s.opening }()
	case <-v.ctx().Done():
		return "", errBusy
	}
	box, err := v.s.container(v.ctx(), rec)
	if err != nil {
		return "", err
	}
	defer func() { _ = box.Close() }()
	f, _, err := v.s.unseal(box, key)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	s, err := v.display(f)
	if err != nil {
		return "", err
	}
	text := s.text
	if text == "" {
		text = textOf(s.html)
	}
	return v.t("reply.quote-line", "sender", senderName(rec), "time", v.when(rec.SealedAt)) + "\n" + behind(text), nil
}

// behind puts "> " before every line of a text, and cuts it where it gets long.
func behind(text string) string {
	cut := ""
	if len(text) > maxQuote {
		text, cut = strings.ToValidUTF8(text[:maxQuote], ""), "\n> […]"
	}
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight("> "+line, " ")
	}
	return strings.Join(lines, "\n") + cut
}

// unread are elements whose text nobody reads; newLine are those that begin a line.
var (
	unread  = map[atom.Atom]bool{atom.Style: true, atom.Script: true, atom.Title: true, atom.Head: true, atom.Template: true}
	newLine = map[atom.Atom]bool{atom.Br: true, atom.P: true, atom.Div: true, atom.Tr: true, atom.Li: true, atom.H1: true, atom.H2: true, atom.H3: true,
		atom.H4: true, atom.Hr: true, atom.Blockquote: true, atom.Pre: true, atom.Table: true, atom.Ul: true, atom.Ol: true}
)

// textOf gives the words of a page, line by line.
func textOf(page string) string {
	doc, err := html.ParseWithOptions(strings.NewReader(page), html.ParseOptionEnableScripting(false))
	if err != nil { // nested too deeply
		return bareText(page)
	}
	var b strings.Builder
	wordsOf(&b, doc, 0)
	lines := strings.Split(b.String(), "\n")
	var out []string
	for _, line := range lines {
		line = strings.Join(strings.Fields(line), " ")
		if line != "" || len(out) > 0 && out[len(out)-1] != "" {
			out = append(out, line)
		}
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

func wordsOf(b *strings.Builder, n *html.Node, depth int) {
	if n.Type == html.TextNode {
		text := n.Data
		if n.Parent == nil || n.Parent.DataAtom != atom.Pre {
			text = strings.ReplaceAll(text, "\n", " ")
		}
		b.WriteString(text)
		return
	}
	if n.Type == html.ElementNode && unread[n.DataAtom] || depth > 4*MaxDepth*MaxDepth {
		return
	}
	if newLine[n.DataAtom] {
		b.WriteString("\n")
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		wordsOf(b, c, depth+1)
	}
	if n.DataAtom == atom.P {
		b.WriteString("\n")
	}
}
