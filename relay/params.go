package relay

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/postseal/postseal/addr"
)

// Bounds of what stands in a command, in octets.
const (
	maxCommand  = 2048 // Postfix's line_length_limit
	maxEnvID    = 100  // RFC 3461 section 4.4
	maxOrcpt    = 500  // RFC 3461 section 4.2
	maxXForward = 255  // Postfix XFORWARD_README
)

// checkLine is the last gate before the wire: no command holds an octet that
// could end it early. Nothing of the line is repeated.
func checkLine(line string) error {
	if len(line) > maxCommand {
		return fmt.Errorf("%w: command too long", ErrPermanent)
	}
	for i := 0; i < len(line); i++ {
		if line[i] < ' ' || line[i] == 0x7f {
			return fmt.Errorf("%w: control character in a command", ErrPermanent)
		}
	}
	if !utf8.ValidString(line) {
		return fmt.Errorf("%w: command is not UTF-8", ErrPermanent)
	}
	return nil
}

// checkParameters refuses what no ESMTP parameter may say.
func checkParameters(m *Mail) error {
	switch m.Return {
	case "", "HDRS", "FULL":
	default:
		return fmt.Errorf("%w: RET", ErrPermanent)
	}
	if len(xtext(m.EnvelopeID)) > maxEnvID {
		return fmt.Errorf("%w: ENVID too long", ErrPermanent)
	}
	for _, r := range m.Recipients {
		if r.Address.IsZero() {
			return fmt.Errorf("%w: empty recipient", ErrPermanent)
		}
		if err := checkNotify(r.Notify); err != nil {
			return err
		}
		kind, rest, ok := strings.Cut(r.Orcpt, ";")
		if r.Orcpt != "" && (!ok || kind == "" || rest == "" || strings.Trim(strings.ToLower(kind), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || len(r.orcpt()) > maxOrcpt) {
			return fmt.Errorf("%w: ORCPT", ErrPermanent)
		}
	}
	return nil
}

func checkNotify(notify string) error {
	if notify == "" || notify == "NEVER" {
		return nil
	}
	seen := map[string]bool{}
	for _, word := range strings.Split(notify, ",") {
		if (word != "SUCCESS" && word != "FAILURE" && word != "DELAY") || seen[word] {
			return fmt.Errorf("%w: NOTIFY", ErrPermanent)
		}
		seen[word] = true
	}
	return nil
}

// needsUTF8 tells whether the transaction must ask for SMTPUTF8 (RFC 6531): it
// was asked for, or a local part cannot be said in ASCII.
func (m *Mail) needsUTF8() bool {
	if m.UTF8 || !isASCII(m.From.Local()) {
		return true
	}
	for _, r := range m.Recipients {
		if !isASCII(r.Address.Local()) {
			return true
		}
	}
	return false
}

// path gives <local@domain>; without SMTPUTF8 the domain as A-labels.
func path(a addr.Address, utf8 bool) string {
	if a.IsZero() {
		return "<>"
	}
	if !utf8 && !a.IsASCII() {
		return "<" + a.Local() + "@" + a.DomainKey() + ">"
	}
	return "<" + a.String() + ">"
}

func (m *Mail) mailLine(utf8 bool, offered func(string) bool) string {
	line := "MAIL FROM:" + path(m.From, utf8)
	if m.Size > 0 && offered("SIZE") {
		line += " SIZE=" + strconv.FormatInt(m.Size, 10)
	}
	if (m.EightBit || utf8) && offered("8BITMIME") {
		line += " BODY=8BITMIME"
	}
	if utf8 {
		line += " SMTPUTF8"
	}
	if offered("DSN") {
		if m.Return != "" {
			line += " RET=" + m.Return
		}
		if m.EnvelopeID != "" {
			line += " ENVID=" + xtext(m.EnvelopeID)
		}
	}
	return line
}

func (r Recipient) line(utf8 bool, offered func(string) bool) string {
	line := "RCPT TO:" + path(r.Address, utf8)
	if offered("DSN") {
		if r.Notify != "" {
			line += " NOTIFY=" + r.Notify
		}
		if r.Orcpt != "" {
			line += " ORCPT=" + r.orcpt()
		}
	}
	return line
}

// orcpt encodes the original recipient: xtext, or for what is not ASCII the
// address type utf-8 with \x{HEX} (RFC 6533 section 3), which also passes where
// SMTPUTF8 is not offered.
func (r Recipient) orcpt() string {
	kind, rest, _ := strings.Cut(r.Orcpt, ";")
	if isASCII(rest) {
		return kind + ";" + xtext(rest)
	}
	var b strings.Builder
	for _, c := range rest {
		if c > ' ' && c < 0x7f && c != '\\' && c != '+' && c != '=' {
			b.WriteRune(c)
		} else {
			fmt.Fprintf(&b, `\x{%02X}`, c)
		}
	}
	return "utf-8;" + b.String()
}

// xtext encodes by RFC 3461 section 4: what is not printable ASCII, "+" and "=" as +HH.
func xtext(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; c > ' ' && c < 0x7f && c != '+' && c != '=' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "+%02X", c)
		}
	}
	return b.String()
}

// lines gives the XFORWARD commands, one attribute each, for what the server
// offers ("NAME ADDR HELO IDENT ...").
func (x XForward) lines(offer string) []string {
	address := ""
	if ip, err := netip.ParseAddr(x.Addr); err == nil {
		address = ip.Unmap().WithZone("").String()
		if ip.Unmap().Is6() {
			address = "IPV6:" + address
		}
	}
	var out []string
	for _, attribute := range []struct{ name, value string }{
		{"NAME", x.Name}, {"ADDR", address}, {"HELO", x.Helo}, {"IDENT", x.Ident},
	} {
		if attribute.value == "" || len(attribute.value) > maxXForward {
			continue
		}
		for _, word := range strings.Fields(strings.ToUpper(offer)) {
			if word == attribute.name {
				out = append(out, "XFORWARD "+attribute.name+"="+xtext(attribute.value))
			}
		}
	}
	return out
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
