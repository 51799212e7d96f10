package directory

import (
	"encoding/base64"
	"strings"
)

// ldifBase is below what the entries stand. Who takes them in puts her own in its
// place.
const ldifBase = "ou=Secure mail directory"

// ldifValue writes one attribute; what is no SAFE-STRING (RFC 2849) goes in base64.
func ldifValue(name, value string) string {
	if safe(value) {
		return folded(name+": "+value, ldifLine, "\n")
	}
	return folded(name+":: "+base64.StdEncoding.EncodeToString([]byte(value)), ldifLine, "\n")
}

// safe tells whether a value may stand as it is: ASCII without NUL and line ends,
// and neither a blank, a colon nor "<" in front. A blank at the end would be lost
// by eye and editor (note 8).
func safe(value string) bool {
	if value == "" {
		return true
	}
	if strings.ContainsRune(" :<", rune(value[0])) || value[len(value)-1] == ' ' {
		return false
	}
	for i := range len(value) {
		if c := value[i]; c == 0 || c == '\n' || c == '\r' || c > 0x7e {
			return false
		}
	}
	return true
}

// dnValue escapes a value of a distinguished name (RFC 4514, 2.4).
func dnValue(value string) string {
	var b strings.Builder
	for i := range len(value) {
		c := value[i]
		edge := c == ' ' && (i == 0 || i == len(value)-1) || c == '#' && i == 0
		switch {
		case c == 0:
			b.WriteString(`\00`)
			continue
		case edge || strings.IndexByte(`"+,;<>\=`, c) >= 0:
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}
