package portal

import (
	"encoding/base64"
	"strings"

	"golang.org/x/net/html"
)

// frameHead goes before a message's own HTML. Links open in a tab of their own,
// without telling where they were clicked.
const frameHead = `<!doctype html><html><head><meta charset="utf-8"><meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width, initial-scale=1"><base target="_blank">` +
	`<style>body{font:16px/1.5 Arial,sans-serif;margin:8px;overflow-wrap:anywhere}img{max-width:100%;height:auto}</style><title>Message</title></head><body>`

// dropped are tags that could lead the frame or its addresses elsewhere. The
// frame's policy already forbids what they could do; this is the second lock.
var dropped = map[string]bool{"base": true, "meta": true, "link": true, "frame": true, "frameset": true, "iframe": true, "object": true, "embed": true, "applet": true, "portal": true}

// frame makes the document for the sandboxed frame out of a message's HTML:
// pictures of the message become data: URLs, everything else that would be loaded
// stays as it is and is stopped by the frame's policy.
func (d *displayer) frame(page string) string {
	var out strings.Builder
	out.WriteString(frameHead)
	z := html.NewTokenizer(strings.NewReader(page))
	z.SetMaxBuf(2 * MaxTextShown)
	script := false
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return out.String()
		}
		raw := string(z.Raw())
		switch kind {
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			script = t.Data == "script" && kind == html.StartTagToken
			if script || dropped[t.Data] {
				continue
			}
			if d.pictures(&t) {
				raw = t.String()
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if script = false; string(name) == "script" || dropped[string(name)] {
				continue
			}
		case html.TextToken:
			if script {
				continue
			}
		}
		out.WriteString(raw)
	}
}

// pictures puts the message's own pictures into a tag and tells whether it did.
func (d *displayer) pictures(t *html.Token) bool {
	changed := false
	for i, a := range t.Attr {
		if a.Key != "src" && a.Key != "background" || len(a.Val) < 4 || !strings.EqualFold(a.Val[:4], "cid:") {
			continue
		}
		id := unescapeCID(a.Val[4:])
		p, ok := d.images[id]
		if !ok || d.inlined+len(p.data) > 2*MaxInlineImages { // one picture can be named a thousand times
			continue
		}
		d.inlined += len(p.data)
		t.Attr[i].Val = "data:" + p.kind + ";base64," + base64.StdEncoding.EncodeToString(p.data)
		changed = true
		for j := range d.out.files {
			if d.out.files[j].cid == id && !d.out.files[j].forced {
				d.out.files[j].hidden = true
			}
		}
	}
	return changed
}
