package policy

import (
	"sort"
	"strconv"
	"strings"
)

// maxParams bounds the parameters read of one field; more are left out, which
// only costs names and charsets that nobody writes so late.
const maxParams = 100

// param is one parameter of Content-Type or Content-Disposition, its value
// unquoted but not decoded. Names come in lower case and may be there twice.
type param struct{ name, value string }

// parseParams reads "type/sub; name=value; ..." (RFC 2045 section 5.1) and, in
// place of an error, takes what is there: values with spaces and no quotes,
// quotes that are not closed, doubled semicolons, comments.
func parseParams(value string) (head string, params []param) {
	items := splitParams(unfold(bound(value)))
	head = strings.TrimSpace(items[0]) // lowered last: that changes the length of what is no UTF-8
	if i := strings.IndexAny(head, " \t"); i > 0 && !strings.Contains(head[:i], "=") {
		// "text/plain charset=x" has lost its semicolon.
		items = append([]string{head[:i], head[i:]}, items[1:]...)
		head = head[:i]
	}
	for _, item := range items[1:] {
		name, v, ok := strings.Cut(item, "=")
		if ok && len(params) < maxParams {
			params = append(params, param{strings.ToLower(strings.TrimSpace(name)), unquote(v)})
		}
	}
	return strings.ToLower(head), params
}

// splitParams splits at semicolons outside of quotes and comments.
func splitParams(s string) []string {
	var items []string
	var item strings.Builder
	quoted, depth := false, 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && (quoted || depth > 0) && i+1 < len(s):
			i++
			if depth == 0 {
				item.WriteByte(c)
				item.WriteByte(s[i])
			}
			continue
		case c == '"' && depth == 0:
			quoted = !quoted
		case c == '(' && !quoted:
			depth++
		case c == ')' && !quoted && depth > 0:
			depth--
			continue
		case c == ';' && !quoted && depth == 0:
			items = append(items, item.String())
			item.Reset()
			continue
		}
		if depth == 0 {
			item.WriteByte(c)
		}
	}
	if quoted || depth > 0 {
		return append(items, splitPlain(item.String(), s)...)
	}
	return append(items, item.String())
}

// splitPlain is for a quote or comment that is not closed: what follows is then
// also split as if there were none.
func splitPlain(rest, whole string) []string {
	plain := strings.Split(whole, ";")
	if len(plain) > 1 {
		return append([]string{rest}, plain[1:]...)
	}
	return []string{rest}
}

func unquote(v string) string {
	v = strings.TrimSpace(v)
	if len(v) == 0 || v[0] != '"' {
		return v
	}
	var b strings.Builder
	for i := 1; i < len(v) && v[i] != '"'; i++ {
		if v[i] == '\\' && i+1 < len(v) {
			i++
		}
		b.WriteByte(v[i])
	}
	return b.String()
}

// values gives all values of a parameter, the plain ones, then that of RFC 2231.
func values(params []param, name string) []string {
	var all []string
	for _, p := range params {
		if p.name == name && p.value != "" {
			all = appendNew(all, p.value)
		}
	}
	if v := extended(params, name); v != "" {
		all = appendNew(all, v)
	}
	return all
}

// texts is values for parameters that hold text: decoded as encoded words too,
// which RFC 2231 forbids and everybody writes.
func texts(params []param, name string) []string {
	var all []string
	for _, v := range values(params, name) {
		all = appendNew(all, DecodeHeader(v))
	}
	return all
}

// extended joins name*, name*0, name*1* ... (RFC 2231 sections 3 and 4).
func extended(params []param, name string) string {
	type piece struct {
		n       int
		value   string
		escaped bool
	}
	var pieces []piece
	for _, p := range params {
		rest, ok := strings.CutPrefix(p.name, name+"*")
		if !ok {
			continue
		}
		number, escaped := strings.CutSuffix(rest, "*")
		n, err := strconv.Atoi(number)
		if rest == "" {
			n, err, escaped = 0, nil, true
		}
		if err == nil && n >= 0 {
			pieces = append(pieces, piece{n, p.value, escaped})
		}
	}
	sort.SliceStable(pieces, func(i, j int) bool { return pieces[i].n < pieces[j].n })
	charset, octets := "", ""
	for i, p := range pieces {
		if i == 0 && p.escaped {
			if parts := strings.SplitN(p.value, "'", 3); len(parts) == 3 {
				charset, p.value = parts[0], parts[2]
			}
		}
		if !p.escaped {
			p.value = strings.ReplaceAll(p.value, "%", "%25")
		}
		octets += p.value // an escape may be cut in two
	}
	octets = unescape(octets)
	text, _ := decodeCharset(charset, []byte(octets))
	return clean(text)
}

// unescape undoes %XX; a "%" that means nothing stays as it is.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && isHexPair(s[i+1:]) {
			out = append(out, byte(unhex(s[i+1])<<4|unhex(s[i+2])))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return string(out)
}

func appendNew(all []string, s string) []string {
	for _, old := range all {
		if old == s {
			return all
		}
	}
	return append(all, s)
}
