package extract

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
)

// Decode makes octets to text. Known is false when the charset is not
// one that we can read; the text is then that of UTF-8 or Windows-1252, which
// shows at least its ASCII.
func Decode(name string, octets []byte) (text string, known bool) {
	name = strings.ToLower(strings.Trim(strings.TrimSpace(name), `"'`))
	switch name {
	case "", "us-ascii", "ascii", "ansi_x3.4-1968", "utf-8", "utf8", "unicode-1-1-utf-8":
		return utf8Or1252(octets), true
	case "utf-7", "unicode-1-1-utf-7", "csutf7", "x-unicode-2-0-utf-7":
		return decodeUTF7(string(octets)), true
	}
	enc := lookUpCharset(name)
	if enc == nil {
		return utf8Or1252(octets), false
	}
	out, err := enc.NewDecoder().Bytes(octets)
	if err != nil {
		return utf8Or1252(octets), false
	}
	return string(out), true
}

// lookUpCharset knows the names of IANA and those that browsers know. It gives
// nil for a name that stands for "never decode".
func lookUpCharset(name string) encoding.Encoding {
	const longest = 64
	if len(name) > longest {
		return nil
	}
	if enc, err := ianaindex.MIME.Encoding(name); err == nil && enc != nil {
		return enc
	}
	enc, err := htmlindex.Get(name)
	if err != nil || enc == encoding.Replacement {
		return nil
	}
	return enc
}

func utf8Or1252(octets []byte) string {
	if utf8.Valid(octets) {
		return string(octets)
	}
	return FromWindows1252(string(octets))
}

// FromWindows1252 reads octets as Windows-1252, which has a character for nearly
// each.
func FromWindows1252(s string) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	for i := 0; i < len(s); i++ {
		b.WriteRune(charmap.Windows1252.DecodeByte(s[i]))
	}
	return b.String()
}

// decodeUTF7 reads RFC 2152, which old mail programs still show, so that a mark
// could hide in it. What is no UTF-7 stays as it is.
func decodeUTF7(s string) string {
	var b strings.Builder
	for {
		plain, rest, found := strings.Cut(s, "+")
		b.WriteString(clean7(plain))
		if !found {
			return b.String()
		}
		n := 0
		for n < len(rest) && isBase64(rest[n]) {
			n++
		}
		if n == 0 {
			b.WriteByte('+')
		}
		octets, _ := base64.RawStdEncoding.DecodeString(trimQuantum(rest[:n]))
		units := make([]uint16, 0, len(octets)/2)
		for i := 0; i+1 < len(octets); i += 2 {
			units = append(units, uint16(octets[i])<<8|uint16(octets[i+1]))
		}
		b.WriteString(string(utf16.Decode(units)))
		s = strings.TrimPrefix(rest[n:], "-")
	}
}

func clean7(s string) string { return utf8Or1252([]byte(s)) }

func trimQuantum(s string) string {
	if len(s)%4 == 1 {
		return s[:len(s)-1]
	}
	return s
}

func isBase64(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/'
}
