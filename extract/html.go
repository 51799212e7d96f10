package extract

import (
	"bytes"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// metaCharset finds the charset that a page names for itself.
var metaCharset = regexp.MustCompile(`(?i)charset\s*=\s*["']?\s*([a-z0-9_:.-]{1,40})`)

// html reads a page that stands as a file.
func (w *writer) html() error {
	if err := w.tooLong(w.file.Data); err != nil {
		return err
	}
	charset := ""
	if m := metaCharset.FindSubmatch(w.file.Data[:min(len(w.file.Data), 2048)]); m != nil {
		charset = string(m[1])
	}
	if strings.EqualFold(charset, "utf-16") { // it could not be read by us as ASCII
		charset = ""
	}
	text, title := HTML(Guess(w.file.Data, charset))
	if err := w.property("title", title); err != nil {
		return err
	}
	return w.write(text)
}

// HTML gives the text of a page, hidden text too, one line for each block, and
// its title. It reads tokens and builds no tree, so that depth costs nothing.
// Styles, scripts and comments are no text, but for the comments that are a page
// for Outlook alone, which come last.
func HTML(page string) (text, title string) { return htmlText(page, true) }

// htmlText is HTML; the comments in a comment for Outlook are not looked at.
func htmlText(page string, conditional bool) (text, title string) {
	z := html.NewTokenizer(strings.NewReader(page))
	var b, head, outlook strings.Builder
	var inside atom.Atom // a style, script or title
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String() + outlook.String(), strings.TrimSpace(head.String())
		case html.CommentToken:
			if conditional {
				outlook.WriteString(forOutlook(string(z.Raw())))
			}
		case html.TextToken:
			switch inside {
			case 0:
				b.Write(z.Text())
			case atom.Title:
				head.Write(z.Text())
			}
		case html.StartTagToken:
			name, more := z.TagName()
			a := atom.Lookup(name)
			if isUnshown(a) {
				inside = a
			} else if isBlock(a) {
				b.WriteByte('\n')
			}
			shownAttributes(z, more, &b)
		case html.SelfClosingTagToken:
			name, more := z.TagName()
			if isBlock(atom.Lookup(name)) {
				b.WriteByte('\n')
			}
			shownAttributes(z, more, &b)
		case html.EndTagToken:
			name, _ := z.TagName()
			if a := atom.Lookup(name); a == inside && a != 0 {
				inside = 0
			} else if isBlock(a) {
				b.WriteByte('\n')
			}
		}
	}
}

// settings stand in nearly every page that Outlook writes, and are never shown.
var settings = regexp.MustCompile(`(?is)<xml\b.*?(?:</xml>|$)`)

// forOutlook gives the text of a comment that Outlook shows: <!--[if mso]> ...
// <![endif]-->; empty for any other.
func forOutlook(comment string) string {
	inner, ok := strings.CutPrefix(comment, "<!--[if")
	_, inner, ends := strings.Cut(inner, "]>")
	if !ok || !ends {
		return ""
	}
	inner, _, _ = strings.Cut(inner, "<![endif]")
	text, _ := htmlText(settings.ReplaceAllString(inner, ""), false)
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return "\n" + text
}

// shownAttributes writes what programs show of a tag's attributes: instead of a
// picture, or over a thing pointed at.
func shownAttributes(z *html.Tokenizer, more bool, b *strings.Builder) {
	const most = 100 // attributes of one tag
	for i := 0; more && i < most; i++ {
		var key, value []byte
		key, value, more = z.TagAttr()
		switch string(key) {
		case "alt", "title", "placeholder", "summary":
			if value = bytes.TrimSpace(value); len(value) > 0 {
				b.WriteByte(' ')
				b.Write(value)
				b.WriteByte(' ')
			}
		}
	}
}

func isUnshown(a atom.Atom) bool { return a == atom.Style || a == atom.Script || a == atom.Title }

func isBlock(a atom.Atom) bool {
	switch a {
	case atom.P, atom.Div, atom.Br, atom.Tr, atom.Td, atom.Th, atom.Li, atom.Table, atom.Hr, atom.Blockquote, atom.Pre,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Body, atom.Header, atom.Section, atom.Article,
		atom.Dt, atom.Dd, atom.Option, atom.Footer, atom.Nav, atom.Main, atom.Aside, atom.Address, atom.Caption, atom.Ul, atom.Ol:
		return true
	}
	return false
}
