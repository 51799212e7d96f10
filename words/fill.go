package words

import (
	"html/template"
	"net/url"
	"regexp"
	"strings"
)

// pieces are what a text is cut into: a placeholder, the ends of strong, a link.
var pieces = regexp.MustCompile(`\{([a-zA-Z]+)\}|(\*)|\[([^\]]*)\]\(([a-zA-Z]+)\)`)

// form is how the pieces are written.
type form interface {
	text(s string) string  // of a catalogue
	value(s string) string // of a caller
	strong(open bool) string
	link(text, address string) string
}

// fill writes a text. The text is cut before values are put in, so that nothing in
// a value is ever taken for markup or for a placeholder.
func fill(text string, values []any, f form) string {
	var b strings.Builder
	open := false
	for text != "" {
		p, ok := firstPiece(text)
		if !ok {
			b.WriteString(f.text(text))
			break
		}
		b.WriteString(f.text(text[:p.from]))
		switch text[p.from] {
		case '{':
			if v, ok := value(values, p.name); ok {
				b.WriteString(f.value(v))
			} else {
				b.WriteString(f.text(text[p.from:p.to]))
			}
		case '*':
			open = !open
			b.WriteString(f.strong(open))
		default:
			address, _ := value(values, p.name)
			b.WriteString(f.link(fill(p.inner, values, f), address))
		}
		text = text[p.to:]
	}
	return b.String()
}

// piece is one of pieces in a text: what stands between from and to.
type piece struct {
	from, to    int
	name, inner string // of a placeholder or link; of a link
}

// firstPiece finds what pieces finds first. A mail of ours is some fifty texts, and
// most of the time that it took to write was the regular expression's.
func firstPiece(text string) (piece, bool) {
	for from := 0; ; from++ {
		i := strings.IndexAny(text[from:], "{*[")
		if i < 0 {
			return piece{}, false
		}
		from += i
		p := piece{from: from, to: from + 1}
		rest, closing := text[p.to:], byte('}')
		switch text[from] {
		case '*':
			return p, true
		case '[':
			end := strings.IndexByte(rest, ']')
			if end < 0 || !strings.HasPrefix(rest[end+1:], "(") {
				continue
			}
			p.inner, rest, closing = rest[:end], rest[end+2:], ')'
		}
		n := 0
		for n < len(rest) && (rest[n]|0x20 >= 'a' && rest[n]|0x20 <= 'z') {
			n++
		}
		if n == 0 || n == len(rest) || rest[n] != closing {
			continue
		}
		p.name, p.to = rest[:n], len(text)-len(rest)+n+1
		return p, true
	}
}

// plain leaves the markup out.
type plain struct{}

func (plain) text(s string) string       { return s }
func (plain) value(s string) string      { return s }
func (plain) strong(bool) string         { return "" }
func (plain) link(text, _ string) string { return text }

// rich writes HTML.
type rich struct{}

func (rich) text(s string) string  { return between.Replace(s) }
func (rich) value(s string) string { return template.HTMLEscapeString(s) }

// between is all that has a meaning between tags, where our own texts stand.
var between = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func (rich) strong(open bool) string {
	if open {
		return "<strong>"
	}
	return "</strong>"
}

// link writes a link to a page of ours or of the web; with any other address the
// text stands alone.
func (rich) link(text, address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || strings.Contains(address, `\`):
		return text
	case u.Scheme == "" && u.Host == "" && strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//"):
		return `<a href="` + template.HTMLEscapeString(address) + `">` + text + "</a>"
	case (u.Scheme == "https" || u.Scheme == "http") && u.Host != "":
		return `<a href="` + template.HTMLEscapeString(address) + `" rel="noopener noreferrer">` + text + "</a>"
	}
	return text
}

// Placeholders gives the names that a text leaves open, its links included, each
// as often as it stands there.
func Placeholders(text string) []string {
	var out []string
	for _, m := range pieces.FindAllStringSubmatch(text, -1) {
		switch {
		case m[1] != "":
			out = append(out, "{"+m[1]+"}")
		case m[2] != "":
			out = append(out, "*")
		default:
			out = append(out, "("+m[4]+")")
			out = append(out, Placeholders(m[3])...)
		}
	}
	return out
}
