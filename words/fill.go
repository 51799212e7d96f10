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
		m := pieces.FindStringSubmatchIndex(text)
		if m == nil {
			b.WriteString(f.text(text))
			break
		}
		b.WriteString(f.text(text[:m[0]]))
		switch {
		case m[2] >= 0:
			if v, ok := value(values, text[m[2]:m[3]]); ok {
				b.WriteString(f.value(v))
			} else {
				b.WriteString(f.text(text[m[0]:m[1]]))
			}
		case m[4] >= 0:
			open = !open
			b.WriteString(f.strong(open))
		default:
			address, _ := value(values, text[m[8]:m[9]])
			b.WriteString(f.link(fill(text[m[6]:m[7]], values, f), address))
		}
		text = text[m[1]:]
	}
	return b.String()
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
