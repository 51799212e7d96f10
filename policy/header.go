package policy

import (
	"encoding/base64"
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxFieldValue bounds what is read of one header field, in octets. Mail
// programs stay under a few kilobytes, the longest real ones are recipient
// lists; what is longer makes the message unreadable.
const MaxFieldValue = 128 << 10

// DecodeHeader gives the text of an unstructured header field: unfolded
// (RFC 5322 section 2.2.3), with encoded words read (RFC 2047), octets above
// 127 taken as UTF-8 or else Windows-1252, and control characters as spaces. It
// reads what real programs write: encoded words inside a word, with spaces in
// them, with one character or one base64 group split over two of them. It never
// fails; what is no encoded word stays as it is.
func DecodeHeader(value string) string {
	text, _ := decodeWords(unfold(bound(value)))
	return strings.TrimSpace(text)
}

// readings gives every way in which a program may show a field: decoded, with
// folds taken away together with their white space (broken programs fold inside
// a word), as it stands, and what was coded twice by a gateway or a web form.
// The first is that of DecodeHeader.
func readings(value string) []string {
	value = bound(value)
	all := []string{DecodeHeader(value)}
	tight, _ := decodeWords(tighten(value))
	for _, s := range []string{tight, clean(unfold(value))} {
		all = appendNew(all, strings.TrimSpace(s))
	}
	if strings.Contains(all[0], "=?") {
		all = appendNew(all, DecodeHeader(all[0]))
	}
	if strings.Contains(all[0], "&") {
		all = appendNew(all, strings.TrimSpace(clean(html.UnescapeString(all[0]))))
	}
	return all
}

func bound(value string) string {
	if len(value) > MaxFieldValue {
		return value[:MaxFieldValue]
	}
	return value
}

func joinSubjects(fields []Field) string {
	var all []string
	for _, f := range readable(fields) {
		if strings.EqualFold(f.Name, "Subject") && len(all) < maxSameField {
			all = append(all, DecodeHeader(f.Value))
		}
	}
	return strings.Join(all, "\n")
}

// maxSameField bounds how many fields of one name are read: each may be as long
// as MaxFieldValue. More of them make the message unreadable.
const maxSameField = 50

var (
	lineEnds   = strings.NewReplacer("\r\n", "", "\n", "", "\r", "")
	tabsSpaces = strings.NewReplacer("\t", " ")
)

// unfold takes the line ends away and leaves the white space after them.
func unfold(value string) string {
	if !strings.ContainsAny(value, "\r\n\t") {
		return value
	}
	return tabsSpaces.Replace(lineEnds.Replace(value))
}

// tighten takes each fold away with all its white space.
func tighten(value string) string {
	if !strings.ContainsAny(value, "\r\n") {
		return value
	}
	var b strings.Builder
	for i, line := range strings.FieldsFunc(value, func(r rune) bool { return r == '\r' || r == '\n' }) {
		if i > 0 {
			line = strings.TrimLeft(line, " \t")
		}
		b.WriteString(line)
	}
	return b.String()
}

// clean makes raw octets to text without control characters.
func clean(s string) string {
	if !utf8.ValidString(s) {
		s = fromWindows1252(s)
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

// words gathers the octets of adjacent encoded words of one charset, since
// programs cut in the middle of a character.
type words struct {
	out     strings.Builder
	charset string
	octets  []byte
	base64  string // text of the last B word while it may go on in the next
	sure    bool   // everything was understood
}

// decodeWords reads encoded words anywhere in s in one pass; sure is false when
// a charset is unknown or an opening "=?" has no end.
func decodeWords(s string) (text string, sure bool) {
	w := words{sure: true}
	noEnd := false // no "?=" stands behind: do not look again, or this were quadratic
	for {
		start := strings.Index(s, "=?")
		if start < 0 || noEnd {
			break
		}
		charset, encoding, body, rest, ok := cutWord(s[start:])
		if !ok {
			noEnd = encoding != ""
			w.sure = false
			w.plain(s[:start+2])
			s = s[start+2:]
			continue
		}
		if strings.TrimLeft(s[:start], " ") != "" || w.charset == "" {
			w.plain(s[:start])
		}
		w.word(charset, encoding, body)
		s = rest
	}
	w.plain(s)
	w.flush()
	return w.out.String(), w.sure
}

// cutWord parses "=?charset?encoding?text?=" at the start of s. When all but the
// end is there, ok is false and encoding is given.
func cutWord(s string) (charset, encoding, text, rest string, ok bool) {
	const longestCharset = 64 // with a language suffix of RFC 2231 section 5
	head := s[2:]
	if len(head) > longestCharset+1 {
		head = head[:longestCharset+1]
	}
	charset, _, ok = strings.Cut(head, "?")
	if !ok || strings.ContainsAny(charset, " \"(),:;<>@[]\\=") {
		return "", "", "", "", false
	}
	s = s[2+len(charset)+1:]
	if len(s) < 2 || s[1] != '?' || !strings.ContainsRune("bBqQ", rune(s[0])) {
		return "", "", "", "", false
	}
	encoding, s = strings.ToUpper(s[:1]), s[2:]
	end := strings.Index(s, "?=")
	if end < 0 {
		return "", encoding, "", "", false
	}
	// A question mark before an escaped octet looks like the end (=?u?Q?a?=20b?=).
	for encoding == "Q" && isHexPair(s[end+2:]) {
		next := strings.Index(s[end+2:], "?=")
		if next < 0 || strings.Contains(s[end:end+2+next], " ") {
			break
		}
		end += 2 + next
	}
	charset, _, _ = strings.Cut(charset, "*")
	return charset, encoding, s[:end], s[end+2:], true
}

func (w *words) plain(s string) {
	if s == "" {
		return
	}
	w.flush()
	w.out.WriteString(clean(s))
}

func (w *words) word(charset, encoding, text string) {
	if !strings.EqualFold(charset, w.charset) {
		w.flush()
		w.charset = strings.ToLower(charset)
		if w.charset == "" {
			w.charset = "us-ascii"
		}
	}
	if encoding == "Q" {
		w.endBase64()
		w.octets = append(w.octets, decodeQ(text)...)
		return
	}
	w.base64 += text
	if len(w.base64)%4 == 0 || strings.HasSuffix(text, "=") || len(w.base64) > 4096 {
		w.endBase64()
	}
}

func (w *words) endBase64() {
	w.octets = append(w.octets, lenientBase64(w.base64)...)
	w.base64 = ""
}

func (w *words) flush() {
	w.endBase64()
	if w.charset == "" {
		return
	}
	text, known := decodeCharset(w.charset, w.octets)
	w.sure = w.sure && known
	w.out.WriteString(clean(text))
	w.charset, w.octets = "", w.octets[:0]
}

func isHexPair(s string) bool { return len(s) >= 2 && unhex(s[0]) >= 0 && unhex(s[1]) >= 0 }

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// decodeQ reads the Q encoding (RFC 2047 section 4.2); a stray "=" stays.
func decodeQ(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '_':
			out = append(out, ' ')
		case s[i] == '=' && isHexPair(s[i+1:]):
			out = append(out, byte(unhex(s[i+1])<<4|unhex(s[i+2])))
			i += 2
		default:
			out = append(out, s[i])
		}
	}
	return out
}

// lenientBase64 reads base64 without regard to padding and strange characters.
func lenientBase64(s string) []byte {
	keep := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '+', r == '/':
			return r
		case r == '-':
			return '+'
		case r == '_':
			return '/'
		}
		return -1
	}, s)
	if len(keep)%4 == 1 {
		keep = keep[:len(keep)-1]
	}
	out, _ := base64.RawStdEncoding.DecodeString(keep)
	return out
}
