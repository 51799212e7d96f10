package portal

import (
	"net"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/idna"
)

// hintStyle is that of the words behind a link. The message's own styles cannot
// change them: an important style attribute comes before every sheet.
const hintStyle = "all:unset!important;font:.8em Arial,sans-serif!important;color:#505a5f!important;background:#fff!important"

// maxAddressShown bounds where a link is said to lead, in bytes.
const maxAddressShown = 300

var (
	// webLink is how browsers read the beginning of a web address: any slashes, either way round.
	webLink = regexp.MustCompile(`(?i)^(?:(https?):)?[/\\]{2,}([^/\\?#]+)(.*)$`)
	oneLink = regexp.MustCompile(`(?i)^(https?):[/\\]*([^/\\?#]+)(.*)$`)
	// likeAddress is a link's text that itself reads like a web address.
	likeAddress = regexp.MustCompile(`(?i)^(?:https?://|www\.)?((?:[a-z0-9-]+\.)+[a-z]{2,24})(?:[/:?#].*)?$`)
)

// link says where a link of the message leads. What leads neither to the web nor
// to an address or a telephone is no link any more.
func (d *displayer) link(n *html.Node) {
	at := attribute(n, "href")
	if at < 0 {
		return
	}
	address, host := whither(n.Attr[at].Val)
	switch {
	case strings.HasPrefix(address, "#"):
		setAttribute(n, "target", "_self")
		return
	case address == "":
		n.Attr = append(n.Attr[:at], n.Attr[at+1:]...)
		return
	}
	n.Attr[at].Val = address
	setAttribute(n, "title", shorten(strings.ToValidUTF8(address, "")))
	text := strings.ToLower(linkText(n))
	if host == "" || host == text || strings.HasPrefix(address, "mailto:") && strings.Contains(text, host) {
		return
	}
	key, style := "file.link", hintStyle
	if m := likeAddress.FindStringSubmatch(text); m != nil && !strings.HasPrefix(address, "mailto:") {
		said := strings.TrimPrefix(m[1], "www.")
		if said == strings.TrimPrefix(host, "www.") {
			return
		}
		if !strings.HasSuffix(host, "."+said) {
			key, style = "file.link-other", hintStyle+";color:#b3200c!important;font-weight:700!important"
		}
	}
	hint := &html.Node{Type: html.ElementNode, Data: "span", DataAtom: atom.Span, Attr: []html.Attribute{{Key: "style", Val: style}}}
	hint.AppendChild(&html.Node{Type: html.TextNode, Data: " " + d.lang.Text(key, "host", host)})
	n.AppendChild(hint)
}

// whither reads a link as browsers do and gives its address in one plain form,
// with the host or mail address to show; "" for what is not to be followed.
func whither(raw string) (address, shown string) {
	raw = strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, strings.TrimFunc(raw, func(r rune) bool { return r <= ' ' }))
	scheme, rest, _ := strings.Cut(raw, ":")
	switch strings.ToLower(scheme) {
	case "mailto":
		to, _, _ := strings.Cut(rest, "?")
		to, err := url.PathUnescape(to)
		if err != nil || len(to) > maxAddressShown {
			return "", ""
		}
		return "mailto:" + rest, strings.ToLower(to)
	case "tel":
		return "tel:" + rest, ""
	}
	if strings.HasPrefix(raw, "#") {
		return raw, ""
	}
	m := webLink.FindStringSubmatch(raw)
	if m == nil {
		m = oneLink.FindStringSubmatch(raw)
	}
	if m == nil {
		return "", ""
	}
	host := hostOf(m[2])
	if host == "" {
		return "", ""
	}
	if m[1] == "" {
		m[1] = "https"
	}
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return strings.ToLower(m[1]) + "://" + host + m[3], name
}

// hostOf reads host and port: without what stands before "@", which only looks
// like one, and with letters of other scripts as they are asked for (xn--).
func hostOf(authority string) string {
	authority = authority[strings.LastIndexByte(authority, '@')+1:]
	name, port, err := net.SplitHostPort(authority)
	if err != nil {
		name, port = authority, ""
	}
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	name, err = idna.Lookup.ToASCII(strings.TrimSuffix(name, "."))
	if err != nil || name == "" || len(name) > 253 || strings.ContainsAny(name, " \"'<>`{}|^") {
		return ""
	}
	if port != "" && strings.Trim(port, "0123456789") == "" {
		return net.JoinHostPort(name, port)
	}
	return name
}

func attribute(n *html.Node, key string) int {
	for i, a := range n.Attr {
		if a.Key == key && a.Namespace == "" {
			return i
		}
	}
	return -1
}

func setAttribute(n *html.Node, key, value string) {
	if i := attribute(n, key); i >= 0 {
		n.Attr[i].Val = value
		return
	}
	n.Attr = append(n.Attr, html.Attribute{Key: key, Val: value})
}

// linkText gives what a link says.
func linkText(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode && b.Len() < 10*maxAddressShown {
			b.WriteString(c.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// webAddress finds addresses in plain text; what ends a sentence is not theirs.
var webAddress = regexp.MustCompile(`https?://[^\s<>"'\x60{}|\\^]*[^\s<>"'\x60{}|\\^.,;:!?)\]]`)

// run is a piece of plain text; Link is an address when it is one.
type run struct{ Text, Link string }

// linked cuts plain text so that the web addresses in it can be followed: a link
// whose text is its address.
func linked(text string) []run {
	var out []run
	at := 0
	for _, m := range webAddress.FindAllStringIndex(text, maxLinks) {
		address, _ := whither(text[m[0]:m[1]])
		if address == "" {
			continue
		}
		out = append(out, run{Text: text[at:m[0]]}, run{text[m[0]:m[1]], address})
		at = m[1]
	}
	return append(out, run{Text: text[at:]})
}
