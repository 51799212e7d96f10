package policy

import (
	"bytes"
	"slices"
	"strings"
)

// decoder undoes a transfer encoding piece by piece; it never fails.
type decoder interface {
	decode(dst, src []byte) []byte // appends to dst
	rest(dst []byte) []byte        // at the end
}

// encodingName gives 7bit (for all that change nothing), base64,
// quoted-printable, or the name of an encoding that we do not know.
func encodingName(value string) string {
	head, _ := parseParams(value)
	head = strings.Trim(head, `"'`)
	switch head {
	case "base64", "quoted-printable":
		return head
	case "base-64", "b", "bas64", "x-base64":
		return "base64"
	case "quotedprintable", "quoted printable", "quoted", "q", "x-quoted-printable":
		return "quoted-printable"
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit", "7bits", "8bits", "7", "8", "none", "identity", "plain", "ascii", "us-ascii", "utf-8", "utf8":
		return "7bit"
	}
	return head
}

// newDecoder gives nil for an encoding that we do not know. The empty name
// changes nothing.
func newDecoder(encoding string) decoder {
	switch encoding {
	case "", "7bit":
		return plain{}
	case "base64":
		return &base64Decoder{}
	case "quoted-printable":
		return &quotedDecoder{}
	}
	return nil
}

type plain struct{}

func (plain) decode(dst, src []byte) []byte { return append(dst, src...) }
func (plain) rest(dst []byte) []byte        { return dst }

// base64Decoder reads base64 (RFC 2045 section 6.8) and leaves out what does not
// belong to it; padding in the middle begins anew, as joined streams have it.
type base64Decoder struct {
	group [4]byte
	n     int
}

func (d *base64Decoder) decode(dst, src []byte) []byte {
	for len(src) > 0 {
		if d.n == 0 {
			dst, src = wholeGroups(dst, src)
			if len(src) == 0 {
				break
			}
		}
		c := src[0]
		src = src[1:]
		if sextets[c] == noSextet {
			if c == '=' {
				dst = d.rest(dst)
			}
			continue
		}
		d.group[d.n] = c
		if d.n++; d.n == len(d.group) {
			d.n = 0
			dst, _ = wholeGroups(dst, d.group[:])
		}
	}
	return dst
}

// wholeGroups decodes groups of four up to what is none.
func wholeGroups(dst, src []byte) (decoded, left []byte) {
	at := len(dst)
	dst = slices.Grow(dst, len(src)/4*3)
	out := dst[at : at+len(src)/4*3]
	for len(src) >= 4 && len(out) >= 3 {
		a, b, c, e := sextets[src[0]], sextets[src[1]], sextets[src[2]], sextets[src[3]]
		if a|b|c|e == noSextet {
			break
		}
		out[0], out[1], out[2] = a<<2|b>>4, b<<4|c>>2, c<<6|e
		out, src = out[3:], src[4:]
		at += 3
	}
	return dst[:at], src
}

// noSextet is what sextets has for an octet that stands for nothing; with any
// other it gives itself.
const noSextet = 0xff

// sextets are the values of the octets in base64 and in its form for addresses
// (RFC 4648 sections 4 and 5), which some programs use.
var sextets = func() (all [256]byte) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	for i := range all {
		all[i] = noSextet
	}
	for i := range len(alphabet) {
		all[alphabet[i]] = byte(i)
	}
	all['+'], all['-'], all['/'], all['_'] = 62, 62, 63, 63
	return all
}()

func (d *base64Decoder) rest(dst []byte) []byte {
	a, b, c := sextets[d.group[0]], sextets[d.group[1]], sextets[d.group[2]]
	if d.n > 1 {
		dst = append(dst, a<<2|b>>4)
	}
	if d.n > 2 {
		dst = append(dst, b<<4|c>>2)
	}
	d.n = 0
	return dst
}

// quotedDecoder reads quoted-printable (RFC 2045 section 6.7); a "=" that means
// nothing stays as it is.
type quotedDecoder struct {
	held []byte // from a "=" on that may go on in the next piece
}

func (d *quotedDecoder) decode(dst, src []byte) []byte {
	if len(d.held) > 0 {
		src = append(d.held, src...)
		d.held = nil
	}
	for len(src) > 0 {
		i := bytes.IndexByte(src, '=')
		if i < 0 {
			return append(dst, src...)
		}
		dst, src = append(dst, src[:i]...), src[i:]
		used, octets, whole := quotedOctet(src)
		if !whole {
			d.held = bytes.Clone(src)
			return dst
		}
		dst, src = append(dst, octets...), src[used:]
	}
	return dst
}

// quotedOctet reads what begins with "=": an octet, a soft line end (with white
// space before it, as gateways leave it), or a plain "=".
func quotedOctet(s []byte) (used int, octets []byte, whole bool) {
	const longestBlank = 200 // white space after "=" before it is a plain one
	if len(s) >= 3 && isHexPair(string(s[1:3])) {
		return 3, []byte{byte(unhex(s[1])<<4 | unhex(s[2]))}, true
	}
	i := 1
	for i < len(s) && i < longestBlank && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	switch {
	case i == len(s) || i == 1 && len(s) == 2 && (unhex(s[1]) >= 0 || s[1] == '\r'):
		return 0, nil, false
	case s[i] == '\n' || s[i] == '\r' && i+1 == len(s):
		return i + 1, nil, true
	case s[i] == '\r' && s[i+1] == '\n':
		return i + 2, nil, true
	}
	return 1, s[:1], true
}

func (d *quotedDecoder) rest(dst []byte) []byte {
	dst = append(dst, d.held...)
	d.held = nil
	return dst
}
