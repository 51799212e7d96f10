package portal

import (
	"fmt"
	"mime"
	"net/url"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/charset"
)

// pictureTypes may stand in the text; everything else is a download (design: "Portal").
var pictureTypes = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true}

// endings are names for parts that have none.
var endings = map[string]string{
	"text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "text/csv": ".csv", "message/rfc822": ".eml",
	"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp",
	"application/pkcs7-mime": ".p7m", "application/pkcs7-signature": ".p7s", "application/pgp-signature": ".asc", "application/zip": ".zip",
}

// reserved are names that Windows takes for devices.
var reserved = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)

// extended is one RFC 2231 value whose charset mime.ParseMediaType does not know.
var extended = regexp.MustCompile(`(?i)name\*=([a-z0-9._-]*)'[^']*'([^;\s]+)`)

// fileName gives the disposition and a cleaned name. The name is empty only for
// text without one: it is then the message's own.
func fileName(h message.Header, typeParams map[string]string, kind string, n int) (disposition, name string) {
	value := h.Get("Content-Disposition")
	disposition, params, _ := mime.ParseMediaType(value)
	if disposition == "" {
		disposition, _, _ = strings.Cut(strings.ToLower(value), ";")
		disposition = strings.TrimSpace(disposition)
	}
	for _, raw := range []string{params["filename"], typeParams["name"]} {
		if name == "" {
			name = cleanName(decodeWords(raw))
		}
	}
	for _, raw := range []string{value, h.Get("Content-Type")} {
		if name == "" {
			name = cleanName(decodeExtended(raw))
		}
	}
	if name == "" && (disposition == "attachment" || kind != "text/plain" && kind != "text/html") {
		ending := endings[kind]
		if ending == "" {
			ending = ".bin"
		}
		name = fmt.Sprintf("attachment-%d%s", n, ending)
		if kind == "text/calendar" {
			name = "invitation.ics" // as the file that opens without us saves it
		}
	}
	return disposition, name
}

// decodeWords reads RFC 2047 words, which stand in file names although they must not.
func decodeWords(s string) string {
	d := mime.WordDecoder{CharsetReader: charset.Reader}
	if out, err := d.DecodeHeader(s); err == nil {
		return out
	}
	return s
}

func decodeExtended(value string) string {
	m := extended.FindStringSubmatch(value)
	if m == nil {
		return ""
	}
	raw, err := url.PathUnescape(m[2])
	if err != nil {
		return ""
	}
	text, _ := toUTF8(m[1], []byte(raw))
	return text
}

// cleanName makes a file name that cannot leave its folder, hide its ending or be
// a device; "" when nothing is left.
func cleanName(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.ReplaceAll(s, `\`, "/")
	s = s[strings.LastIndexByte(s, '/')+1:]
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>:"/\|?*`, r) {
			return '_'
		}
		return r
	}, visible(s))
	s = strings.Trim(strings.Join(strings.Fields(s), " "), " .")
	if reserved.MatchString(s) {
		s = "_" + s
	}
	return shorten(s)
}

// visible leaves out what changes a text without being seen.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp): // Cf: direction overrides, zero width
			return -1
		}
		return r
	}, s)
}

// shorten cuts the middle, so that the ending stays.
func shorten(s string) string {
	if len(s) <= MaxName {
		return s
	}
	ending := path.Ext(s)
	if len(ending) > 16 {
		ending = ""
	}
	cut := MaxName - len(ending)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + ending
}

// dispositionOf is the Content-Disposition of a download (RFC 6266): a plain name
// for old programs and the true one beside it.
func dispositionOf(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' || r == '%' {
			return '_'
		}
		return r
	}, name)
	return `attachment; filename="` + plain + `"; filename*=UTF-8''` + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}

// unescapeCID reads the address form of a Content-ID (RFC 2392).
func unescapeCID(s string) string {
	if out, err := url.PathUnescape(s); err == nil {
		return out
	}
	return s
}
