package notice

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/postseal/postseal/addr"
)

const (
	lineAim  = 76  // RFC 5322 section 2.1.1 asks for 78, RFC 2047 section 2 for 76
	lineMax  = 998 // hard bound of RFC 5322
	wordMax  = 60  // one encoded-word or unbroken piece, so that it fits behind a field name
	maxIDs   = 20  // Message-IDs kept of a References field
	maxIDLen = 250
)

// field writes "Name: tokens" with folds before tokens that pass lineAim.
func field(b *strings.Builder, name string, tokens []string) {
	b.WriteString(name)
	b.WriteByte(':')
	length := len(name) + 1
	for _, t := range tokens {
		if length > len(name)+1 && length+1+len(t) > lineAim || length+1+len(t) > lineMax {
			b.WriteString("\r\n")
			length = 0
		}
		b.WriteByte(' ')
		b.WriteString(t)
		length += 1 + len(t)
	}
	b.WriteString("\r\n")
}

// text gives the tokens of an unstructured field: plain words where that is
// safe, encoded-words (RFC 2047) where not.
func text(s string) []string {
	if plain(s) {
		return strings.Fields(s)
	}
	return encodedWords(s)
}

// plain tells whether s can stand in a field as it is: printable ASCII, nothing
// that reads as an encoded-word, no piece too long to fold.
func plain(s string) bool {
	if !printableASCII(s) || strings.Contains(s, "=?") {
		return false
	}
	for _, word := range strings.Fields(s) {
		if len(word) > wordMax {
			return false
		}
	}
	return true
}

// encodedWords gives s as encoded-words of whole characters, in Q where most of
// it is ASCII, else in B.
func encodedWords(s string) []string {
	s = strings.ToValidUTF8(s, "\ufffd")
	letters := 0
	for i := 0; i < len(s); i++ {
		if s[i] < utf8.RuneSelf {
			letters++
		}
	}
	open, size, encode := "=?utf-8?B?", func(n int) int { return (n + 2) / 3 * 4 }, func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	if letters*3 >= len(s)*2 {
		open, size, encode = "=?utf-8?Q?", func(n int) int { return n }, func(s string) string { return s }
	}
	q := open[8] == 'Q'
	var out []string
	var part strings.Builder
	for _, r := range s {
		piece := string(r)
		if q {
			piece = qPiece(r)
		}
		if part.Len() > 0 && len(open)+size(part.Len()+len(piece))+2 > wordMax {
			out = append(out, open+encode(part.String())+"?=")
			part.Reset()
		}
		part.WriteString(piece)
	}
	return append(out, open+encode(part.String())+"?=")
}

// qPiece encodes one character for Q in the set that is safe everywhere, also in
// a display name (RFC 2047 section 5 (3)).
func qPiece(r rune) string {
	if r == ' ' {
		return "_"
	}
	if r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!*+-/", r)) {
		return string(r)
	}
	var b strings.Builder
	for _, c := range []byte(string(r)) {
		fmt.Fprintf(&b, "=%02X", c)
	}
	return b.String()
}

// mailboxes gives the tokens of an address field.
func mailboxes(list []addr.Named) []string {
	var out []string
	for _, n := range list {
		if n.Address.IsZero() {
			continue
		}
		if len(out) > 0 {
			out[len(out)-1] += ","
		}
		name := oneLine(n.Name, maxName)
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
		switch {
		case name == "":
			out = append(out, wireAddress(n.Address))
			continue
		case plain(quoted): // with what quoting adds, which can double a word
			out = append(out, strings.Fields(quoted)...)
		default:
			out = append(out, encodedWords(name)...)
		}
		out = append(out, "<"+wireAddress(n.Address)+">")
	}
	return out
}

// wireAddress writes an address with its domain in ASCII. A local part beyond
// ASCII stays as it is: such mail travels by SMTPUTF8 only (RFC 6532).
func wireAddress(a addr.Address) string { return a.Local() + "@" + a.DomainKey() }

// rawField gives a header value taken over from another mail, unfolded into
// tokens. ErrSyntax unless it is one field: no line end but a fold, no control
// character, no piece that cannot be folded.
func rawField(value string) ([]string, error) {
	value = strings.ReplaceAll(value, "\r\n", "\n")
	for i := 0; i < len(value); i++ {
		c := value[i]
		fold := c == '\n' && i+1 < len(value) && (value[i+1] == ' ' || value[i+1] == '\t')
		if (c < ' ' && c != '\t' && !fold) || c == 0x7f {
			return nil, fmt.Errorf("%w: raw field", ErrSyntax)
		}
	}
	tokens := strings.Fields(value)
	for _, t := range tokens {
		if len(t) > lineMax-1 || !utf8.ValidString(t) {
			return nil, fmt.Errorf("%w: raw field", ErrSyntax)
		}
	}
	return tokens, nil
}

// messageIDs gives the well-formed Message-IDs of a field, the last ones when
// there are many. What is not one is left out: it came from outside.
func messageIDs(s string) []string {
	var out []string
	for _, t := range strings.Fields(s) {
		if len(t) > 2 && len(t) <= maxIDLen && t[0] == '<' && t[len(t)-1] == '>' && printableASCII(t) && !strings.ContainsAny(t[1:len(t)-1], "<>") && !strings.Contains(t, "=?") {
			out = append(out, t)
		}
	}
	return out[max(0, len(out)-maxIDs):]
}

// parameter gives a file name parameter: quoted where it is short plain ASCII,
// else by RFC 2231 with percent signs, in pieces when it is long.
func parameter(name, value string) []string {
	if printableASCII(value) && len(value)+len(name)+4 <= wordMax && !strings.ContainsAny(value, `"\%`) && !strings.Contains(value, "=?") {
		return []string{name + `="` + value + `"`} // a quoted string may hold blanks; the line is short enough not to be folded in it
	}
	encoded := strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
	if len(encoded)+len(name)+12 <= wordMax {
		return []string{name + "*=utf-8''" + encoded}
	}
	var out []string
	prefix := "utf-8''"
	for i := 0; encoded != ""; i++ {
		n := min(len(encoded), 40)
		if p := strings.LastIndexByte(encoded[:n], '%'); n < len(encoded) && p >= n-2 {
			n = p // never inside %XX
		}
		out = append(out, fmt.Sprintf("%s*%d*=%s%s", name, i, prefix, encoded[:n]))
		encoded, prefix = encoded[n:], ""
	}
	return out
}
