package envelope

import (
	"bytes"
	"html/template"
	"strings"
)

// maxLogo bounds the logo in a page, which every message carries (octets).
const maxLogo = 8 << 10

// isLogo tells whether a page may carry a picture: PNG alone, since mail filters
// look askance at SVG in attached pages.
func isLogo(b []byte) bool {
	return len(b) <= maxLogo && bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n"))
}

// logoSource writes the picture into a src attribute, in lines that mail takes;
// browsers leave line ends in an address out.
func logoSource(b []byte) template.HTMLAttr {
	var out strings.Builder
	out.WriteString("src=\"data:image/png;base64,\n")
	_ = writeBase64(&out, bytes.NewReader(b))     // neither side can fail
	return template.HTMLAttr(out.String() + "\"") //nolint:gosec // base64
}
