package portal

import (
	"encoding/base64"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// frameHead goes before a message's own HTML. Links open in a tab of their own,
// without telling where they were clicked.
const frameHead = `<!doctype html><html><head><meta charset="utf-8"><meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width, initial-scale=1"><base target="_blank">` +
	`<style>body{font:16px/1.5 Arial,sans-serif;margin:8px;overflow-wrap:anywhere}img{max-width:100%;height:auto}img:not([src^="data:"]){display:none}</style><title>Message</title>`

// dropped are elements that could lead the frame or its addresses elsewhere. The
// frame's policy already forbids what they could do; this is the second lock.
var dropped = map[atom.Atom]bool{atom.Script: true, atom.Base: true, atom.Meta: true, atom.Link: true, atom.Title: true,
	atom.Frame: true, atom.Frameset: true, atom.Iframe: true, atom.Object: true, atom.Embed: true, atom.Applet: true}

// frame makes the document for the sandboxed frame out of a message's HTML: it is
// read as browsers without script read it, and written anew. Pictures of the
// message become data: URLs; everything else that would be loaded is stopped by
// the frame's policy. What cannot be read so is shown as its text.
func (d *displayer) frame(page string) string {
	doc, err := html.ParseWithOptions(strings.NewReader(page), html.ParseOptionEnableScripting(false))
	if err != nil { // nested too deeply
		d.out.doubtful = true
		return bareFrame(bareText(page))
	}
	var styles []*html.Node
	var body *html.Node
	var unwanted, links []*html.Node
	for n := range doc.Descendants() {
		switch {
		case n.Type == html.CommentNode, n.Type == html.ElementNode && dropped[n.DataAtom]:
			unwanted = append(unwanted, n)
		case n.Type == html.ElementNode:
			d.attributes(n)
			if n.DataAtom == atom.A && n.Namespace == "" {
				links = append(links, n)
			}
			if n.DataAtom == atom.Style && n.Namespace == "" && n.Parent.DataAtom == atom.Head {
				styles = append(styles, n)
			}
			if n.DataAtom == atom.Body && body == nil && n.Namespace == "" {
				body = n
			}
		}
	}
	for _, n := range unwanted {
		n.Parent.RemoveChild(n)
	}
	for _, n := range links {
		d.link(n)
	}
	var out strings.Builder
	out.WriteString(frameHead)
	for _, n := range styles {
		err = firstError(err, html.Render(&out, n))
	}
	out.WriteString("</head>")
	if body != nil {
		err = firstError(err, html.Render(&out, body))
	}
	if err != nil || body == nil { // a frameset has taken its place
		d.out.doubtful = true
		return bareFrame(bareText(page))
	}
	return out.String() + "</html>"
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// attributes puts the message's own pictures into an element and takes handlers
// out, and what would let a page that a link opens reach back: with a window name
// or rel=opener it could put another page in place of the message (the frame's
// base gives every link a tab of its own).
func (d *displayer) attributes(n *html.Node) {
	kept := n.Attr[:0]
	for _, a := range n.Attr {
		key := strings.ToLower(a.Key)
		if strings.HasPrefix(key, "on") || key == "target" || key == "rel" || key == "ping" || key == "title" && n.DataAtom == atom.A ||
			key == "href" && (n.Namespace == "math" || n.Namespace == "svg" && n.Data == "a" || n.DataAtom == atom.Area) {
			continue
		}
		if (a.Key == "src" || a.Key == "background") && len(a.Val) > 4 && strings.EqualFold(a.Val[:4], "cid:") {
			a.Val = d.inline(a.Val)
		}
		d.out.remote = d.out.remote || n.DataAtom == atom.Img && (key == "src" || key == "srcset") && remotePicture.MatchString(a.Val)
		kept = append(kept, a)
	}
	n.Attr = kept
}

// remotePicture is an address from which a picture would be fetched.
var remotePicture = regexp.MustCompile(`(?i)^\s*(https?:|[/\\]{2})`)

// inline gives a picture of the message as a data: URL, or the address as it is.
func (d *displayer) inline(address string) string {
	id := unescapeCID(address[4:])
	p, ok := d.images[id]
	if !ok || d.inlined+len(p.data) > 2*MaxInlineImages { // one picture can be named a thousand times
		return address
	}
	d.inlined += len(p.data)
	for i := range d.out.files {
		if d.out.files[i].cid == id && !d.out.files[i].forced {
			d.out.files[i].hidden = true
		}
	}
	return "data:" + p.kind + ";base64," + base64.StdEncoding.EncodeToString(p.data)
}

// bareFrame shows plain text in the frame.
func bareFrame(text string) string {
	return frameHead + `</head><body><pre style="white-space:pre-wrap;font:inherit">` + html.EscapeString(text) + "</pre></body></html>"
}

// bareText takes the tags out, whatever they are.
func bareText(page string) string {
	var out strings.Builder
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return out.String()
		case html.TextToken:
			out.Write(z.Text())
		}
	}
}
