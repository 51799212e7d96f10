package extract

import (
	"bytes"
	"encoding/binary"
)

// embedded reads an object in hexadecimal: an OLE 1 header, then the object's
// own file ([MS-OLEDS] section 2.2).
func (f *rtfFile) embedded(digits []byte) {
	const mostObjects = 1000
	if f.objects++; f.objects > mostObjects {
		_ = f.w.within("", unreadable("too many embedded objects"))
		return
	}
	l := pdfLexer{b: append([]byte("<"), digits...)}
	data := []byte(l.hex())
	class, native := ole1(data)
	f.w.object(class, native)
}

// ole1 cuts an OLE 1 object into its class and its octets.
func ole1(b []byte) (class string, native []byte) {
	rest := b
	number := func() int {
		if len(rest) < 4 {
			rest = nil
			return 0
		}
		n := binary.LittleEndian.Uint32(rest)
		rest = rest[4:]
		return int(n)
	}
	text := func() string {
		n := number()
		if n > len(rest) {
			rest = nil
			return ""
		}
		s := string(bytes.TrimRight(rest[:n], "\x00"))
		rest = rest[n:]
		return s
	}
	number() // version
	number() // form
	class = text()
	text()
	text()
	n := number()
	return class, rest[:min(n, len(rest))]
}
