package notice

import (
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/postseal/postseal/addr"
)

// Bounds of what other people chose, in characters. Longer texts are cut with
// an ellipsis: nobody reads them, and a wall of text can push ours out of sight.
const (
	maxName    = 120
	maxSubject = 400
	maxLine    = 1000 // any other single line of data
	maxFile    = 150
	maxList    = 200 // entries of one list, so that a mail to thousands stays a mail
)

// oneLine makes s fit for one line that people read: no control characters, no
// direction controls (a right-to-left override makes "fdp.exe" of "exe.pdf"), no
// other invisible characters but the joiners that scripts need, white space as
// single blanks, at most bound characters.
func oneLine(s string, bound int) string {
	var b strings.Builder
	blank, n := false, 0
	for _, r := range s {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u2028' || r == '\u2029':
			blank = b.Len() > 0
			continue
		case addr.Unseen(r):
			continue
		}
		if n >= bound {
			b.WriteRune('…')
			break
		}
		if blank {
			b.WriteByte(' ')
			blank = false
			n++
		}
		b.WriteRune(r) // an invalid octet comes as U+FFFD
		n++
	}
	return b.String()
}

// paragraphs makes what somebody typed fit for a body: line feeds stay, control
// characters and direction overrides go.
func paragraphs(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(strings.ToValidUTF8(s, "\ufffd"))
	return strings.TrimRight(strings.Map(func(r rune) rune {
		if (unicode.IsControl(r) && r != '\n' && r != '\t') || r == '\u202d' || r == '\u202e' {
			return -1
		}
		return r
	}, s), "\n\t ")
}

// lines bounds a list and its entries; what is left out is said.
func (t tongue) lines(list []string) []string {
	var out []string
	for _, s := range list {
		if s = oneLine(s, maxLine); s == "" {
			continue
		}
		if len(out) == maxList {
			return append(out, t.words.Text("mail.more", "n", len(list)-maxList))
		}
		out = append(out, s)
	}
	return out
}

// webAddress gives s when it is an http or https address that can stand in a
// mail as it is; empty stays empty. Anything else is ErrSyntax.
func webAddress(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || !printableASCII(s) || strings.ContainsAny(s, " <>\"") {
		return "", fmt.Errorf("%w: not a web address", ErrSyntax)
	}
	return s, nil
}

// host is what a person compares with the address line of the browser.
func host(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func printableASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// fileName makes a name that is only a name on every system, its end kept since
// that says what the file is.
func fileName(s string) string {
	s = oneLine(s, 4*maxLine)
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, s)
	s = strings.Trim(s, ". ")
	if n := utf8.RuneCountInString(s); n > maxFile {
		r := []rune(s)
		s = string(r[:maxFile-20]) + "…" + string(r[n-19:])
	}
	if s == "" {
		return "attachment"
	}
	return s
}

// breaks shows typed text in HTML: escaped, with its line ends.
func breaks(s string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(s), "\n", "<br>\n"))
}
