package policy

import (
	"bytes"
	"strings"

	"golang.org/x/text/encoding/unicode/utf32"

	"github.com/postseal/postseal/extract"
)

// decodeCharset makes octets to text; known is false when the charset is not one
// that we can read.
func decodeCharset(name string, octets []byte) (text string, known bool) {
	order := utf32.LittleEndian
	switch strings.ToLower(strings.Trim(name, " \"'")) {
	case "utf-32", "utf32", "utf-32be", "ucs-4", "iso-10646-ucs-4":
		order = utf32.BigEndian
	case "utf-32le":
	default:
		return extract.Decode(name, octets)
	}
	out, err := utf32.UTF32(order, utf32.UseBOM).NewDecoder().Bytes(octets)
	return string(out), err == nil
}

// otherCharset gives the text of octets that are not in the charset named: UTF-16
// under the name of an ASCII one, in the other order, or ASCII called UTF-16.
func otherCharset(name, text string, octets []byte) (other string, ok bool) {
	wide := strings.Contains(strings.ToLower(name), "utf-16") || strings.Contains(strings.ToLower(name), "utf16")
	if !wide && bytes.IndexByte(octets, 0) < 0 {
		return "", false
	}
	other = extract.Guess(octets, "")
	return other, other != text && strings.IndexByte(other, 0) < 0
}

// looksLikeASCII tells whether octets of an unknown charset can be read as what
// they are: nearly all of them printable ASCII, as in all charsets of the West.
func looksLikeASCII(octets []byte) bool {
	plain := 0
	for _, c := range octets {
		if c >= ' ' && c < 0x7f || c == '\n' || c == '\r' || c == '\t' {
			plain++
		}
	}
	return plain*10 >= len(octets)*7
}

func fromWindows1252(s string) string { return extract.FromWindows1252(s) }
