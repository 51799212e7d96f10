// Package addr is the one place that knows what an e-mail address is: it
// parses the mailbox of an SMTP command or a form, gives it the form in which
// two addresses are compared, and compares domains.
//
// It promises that Key is the same for two spellings that deliver to the same
// mailbox everywhere (ASCII case, IDNA U-label and A-label), and different for
// everything else: plus tags and dots are never stripped, since whoever owns
// "jane+x@" need not own "jane@" at every host. An attacker would want two
// different mailboxes to share one Key, so that a message for one opens for the
// other. Start reading at Parse and Key.
package addr

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Limits of RFC 5321 section 4.5.3.1, in octets. An address over them cannot
// travel by SMTP, so it is refused where it enters.
const (
	MaxLocal  = 64
	MaxDomain = 255

	maxWritten = MaxLocal + len(`""`) // a local part with its quotes
)

// ErrSyntax says that a text is not one mailbox "local@domain".
var ErrSyntax = errors.New("not an e-mail address")

// Address is one mailbox. The zero value is the null sender "<>".
type Address struct {
	local  string // as written, unquoted
	domain string // as written, without a final dot
	key    string // see Key
}

// profile is IDNA 2008 with UTS 46 mapping for look-up; STD3 rules keep out
// characters that no host name may hold.
var profile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.Transitional(false))

// Parse reads one mailbox such as jane@example.gov.uk, without display name or
// angle brackets (RFC 5321 section 4.1.2, with UTF-8 of RFC 6531). Surrounding
// white space is ignored. Address literals ([192.0.2.1]) and quoted local parts
// are read. The error wraps ErrSyntax and repeats nothing of the text.
func Parse(s string) (Address, error) {
	s = strings.TrimSpace(s)
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 || !utf8.ValidString(s) {
		return Address{}, fmt.Errorf("%w: no local part, @ and domain", ErrSyntax)
	}
	local, domain := s[:at], strings.TrimSuffix(s[at+1:], ".")
	if len(local) > maxWritten || len(domain) > MaxDomain || domain == "" {
		return Address{}, fmt.Errorf("%w: too long or empty", ErrSyntax)
	}
	local, err := unquote(local)
	if err != nil {
		return Address{}, err
	}
	ascii, err := domainKey(domain)
	if err != nil {
		return Address{}, err
	}
	a := Address{local: local, domain: domain, key: lowerASCII(local) + "@" + ascii}
	if len(a.Local()) > maxWritten { // a bare one that String must quote, such as "jane."
		return Address{}, fmt.Errorf("%w: too long", ErrSyntax)
	}
	return a, nil
}

// MustParse is Parse for addresses written in source code; it panics on a bad one.
func MustParse(s string) Address {
	a, err := Parse(s)
	if err != nil {
		panic("addr: " + s + ": " + err.Error())
	}
	return a
}

// ParseHeader reads the mailboxes of a From, To or Cc value with their display
// names. What cannot be read is left out: the result is for show, never for
// entitlement.
func ParseHeader(value string) []Named {
	list, err := mail.ParseAddressList(value)
	if err != nil {
		return nil
	}
	var out []Named
	for _, m := range list {
		if a, err := Parse(m.Address); err == nil {
			out = append(out, Named{Name: m.Name, Address: a})
		}
	}
	return out
}

// Named is an address with the display name that stood beside it, possibly empty.
type Named struct {
	Name    string
	Address Address
}

func unquote(local string) (string, error) {
	if !strings.HasPrefix(local, `"`) {
		for _, r := range local {
			if Unseen(r) || unicode.IsControl(r) || unicode.IsSpace(r) || strings.ContainsRune(`"(),:;<>[\]@`, r) {
				return "", fmt.Errorf("%w: a character that needs quotes", ErrSyntax)
			}
		}
		return local, nil
	}
	if len(local) < 2 || !strings.HasSuffix(local, `"`) {
		return "", fmt.Errorf("%w: quote not closed", ErrSyntax)
	}
	var b strings.Builder
	inner := local[1 : len(local)-1]
	for i := 0; i < len(inner); i++ {
		c := inner[i]
		if c == '\\' && i+1 < len(inner) {
			i++
			c = inner[i]
		} else if c == '"' || c == '\\' {
			return "", fmt.Errorf("%w: stray quote", ErrSyntax)
		}
		if c < ' ' || c == 0x7f {
			return "", fmt.Errorf("%w: control character", ErrSyntax)
		}
		b.WriteByte(c)
	}
	if b.Len() == 0 {
		return "", fmt.Errorf("%w: empty local part", ErrSyntax)
	}
	if strings.ContainsFunc(b.String(), func(r rune) bool { return Unseen(r) || unicode.IsControl(r) }) {
		return "", fmt.Errorf("%w: control character", ErrSyntax)
	}
	return b.String(), nil
}

// Unseen tells whether a character makes a line look like another one without being
// seen: marks of direction, what has no width, and the ends of lines that are no
// control characters. The two joiners are letters' own in some scripts. It is the one
// rule for addresses, names and subjects, wherever they are shown.
func Unseen(r rune) bool {
	return r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d'
}

func domainKey(domain string) (string, error) {
	if strings.HasPrefix(domain, "[") && strings.HasSuffix(domain, "]") {
		if strings.ContainsAny(domain, " \t\r\n@<>") {
			return "", fmt.Errorf("%w: bad address literal", ErrSyntax)
		}
		return lowerASCII(domain), nil
	}
	ascii, err := profile.ToASCII(domain)
	if err != nil || ascii == "" || strings.HasPrefix(ascii, ".") || strings.HasSuffix(ascii, ".") || strings.Contains(ascii, "..") {
		return "", fmt.Errorf("%w: bad domain", ErrSyntax)
	}
	return ascii, nil
}

// DomainKey gives the comparison form of a bare domain: A-labels, lower case,
// no final dot. The error wraps ErrSyntax.
func DomainKey(domain string) (string, error) {
	return domainKey(strings.TrimSuffix(strings.TrimSpace(domain), "."))
}

// String gives the address as it was written, its local part quoted again where
// that is needed; "" for the null sender.
func (a Address) String() string {
	if a.IsZero() {
		return ""
	}
	return a.Local() + "@" + a.domain
}

// Local gives the local part as it stands in an SMTP command.
func (a Address) Local() string {
	if strings.ContainsAny(a.local, " \t\"(),:;<>[\\]@") || strings.HasPrefix(a.local, ".") || strings.HasSuffix(a.local, ".") || strings.Contains(a.local, "..") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(a.local) + `"`
	}
	return a.local
}

// Domain gives the domain as it was written.
func (a Address) Domain() string { return a.domain }

// Key gives the form in which addresses are compared and indexed.
func (a Address) Key() string { return a.key }

// DomainKey gives the comparison form of the domain.
func (a Address) DomainKey() string { return a.key[strings.LastIndexByte(a.key, '@')+1:] }

// IsZero tells whether a is the null sender.
func (a Address) IsZero() bool { return a.key == "" }

// Equal tells whether two addresses name the same mailbox (see Key).
func (a Address) Equal(b Address) bool { return a.key == b.key }

// IsASCII tells whether the address travels without SMTPUTF8 (RFC 6531).
func (a Address) IsASCII() bool {
	for i := 0; i < len(a.local); i++ {
		if a.local[i] >= utf8.RuneSelf {
			return false
		}
	}
	for i := 0; i < len(a.domain); i++ {
		if a.domain[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Mapped tells whether the domain is the compared one only for programs that
// map it (UTS 46: full-width letters, ideographic full stops, soft hyphens). A
// mail server that compares spellings, as Postfix does, takes it for another.
func (a Address) Mapped() bool {
	key := a.DomainKey()
	if lowerASCII(a.domain) == key {
		return false
	}
	words, err := profile.ToUnicode(key)
	return err != nil || strings.ToLower(a.domain) != words
}

// Routed tells whether the local part could route the mail elsewhere at a host
// with the percent hack, a bang path or an embedded @ (design: "Outbound").
func (a Address) Routed() bool { return strings.ContainsAny(a.local, "%!@") }

// MarshalText gives String, so that addresses stand in JSON and YAML as text.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText is Parse; an empty text gives the null sender.
func (a *Address) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*a = Address{}
		return nil
	}
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}

// MatchDomain tells whether the comparison form of a domain is covered by a
// pattern: "example.org" covers itself, ".example.org" and "*.example.org" what
// is below it.
func MatchDomain(pattern, domainKey string) bool {
	pattern = strings.TrimPrefix(pattern, "*")
	if strings.HasPrefix(pattern, ".") {
		return strings.HasSuffix(domainKey, lowerASCII(pattern)) && len(domainKey) > len(pattern)
	}
	key, err := DomainKey(pattern)
	return err == nil && key == domainKey
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
