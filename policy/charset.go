package policy

import "github.com/postseal/postseal/extract"

// decodeCharset makes octets to text; known is false when the charset is not one
// that we can read.
func decodeCharset(name string, octets []byte) (text string, known bool) {
	return extract.Decode(name, octets)
}

func fromWindows1252(s string) string { return extract.FromWindows1252(s) }

func isBase64(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/'
}
