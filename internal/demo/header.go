package demo

import (
	"bytes"
	"slices"
	"strings"
)

// field is one header field as an MTA hands it to a milter: the value is all
// behind the colon, folds and leading space included, without the final CRLF.
type field struct{ name, value string }

// dropped are the fields that Postfix takes out of what a client submits
// before a milter sees it (postconf(5), message_drop_headers). Bcc is the one
// that matters: those people stand in the SMTP recipients only.
var dropped = []string{"bcc", "content-length", "resent-bcc", "return-path"}

// split takes a mail apart where its header ends, without those fields. The
// first line that is neither a field nor the continuation of one begins the
// body, as at Postfix. head holds the remaining fields byte for byte.
func split(raw []byte) (fields []field, head, body []byte) {
	rest := raw
	if !bytes.HasSuffix(raw, []byte("\r\n")) { // SMTP's end of data brings it along; other callers may not
		rest = append(slices.Clip(raw), "\r\n"...)
	}
	for len(rest) > 0 {
		if after, ok := bytes.CutPrefix(rest, []byte("\r\n")); ok {
			return fields, head, after
		}
		end := fieldEnd(rest)
		name, value, ok := strings.Cut(string(rest[:end]), ":")
		if !ok || !isFieldName(name) {
			break
		}
		if !slices.Contains(dropped, strings.ToLower(strings.TrimRight(name, " \t"))) {
			fields = append(fields, field{strings.TrimRight(name, " \t"), strings.TrimSuffix(value, "\r\n")})
			head = append(head, rest[:end]...)
		}
		rest = rest[end:]
	}
	return fields, head, rest
}

// fieldEnd gives the length of the field at the beginning of b: its first line
// and every line after it that begins with a space or tab (RFC 5322 section 2.2.3).
func fieldEnd(b []byte) int {
	for at := 0; ; {
		n := bytes.Index(b[at:], []byte("\r\n"))
		if n < 0 {
			return len(b)
		}
		at += n + 2
		if at == len(b) || (b[at] != ' ' && b[at] != '\t') {
			return at
		}
	}
}

// isFieldName tells whether name may stand before a colon (RFC 5322 section
// 2.2, with the obsolete space before the colon of section 4.5).
func isFieldName(name string) bool {
	name = strings.TrimRight(name, " \t")
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}
