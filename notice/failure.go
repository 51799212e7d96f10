package notice

import (
	"regexp"
	"strings"
)

// enhanced is an enhanced status code (RFC 3463 section 2) where it stands for
// itself in what a mail system said.
var enhanced = regexp.MustCompile(`(?:^|[\s(\[#])([45])\.(\d{1,3})\.(\d{1,3})(?:$|[\s)\],;:])`)

// Failure says in plain words why a mail was not delivered, by the code in what the
// other mail system said: the key of a sentence; empty when the code
// does not tell, or there is none. The text itself is never read as words: it is
// another system's.
func Failure(said string) string {
	m := enhanced.FindStringSubmatch(said)
	if m == nil {
		return ""
	}
	switch code := m[2] + "." + m[3]; {
	case code == "1.1", code == "1.6", code == "2.1": // RFC 3463 section 3.2: bad mailbox, moved; 3.3: disabled
		return "mail-why.no-mailbox"
	case code == "2.2":
		return "mail-why.full"
	case code == "2.3", code == "3.4":
		return "mail-why.too-big"
	case code == "1.2", code == "1.10", code == "4.4": // bad system, null MX (RFC 7505), no route
		return "mail-why.no-domain"
	case strings.HasPrefix(code, "7."):
		return "mail-why.refused"
	case strings.HasPrefix(code, "4."):
		return "mail-why.not-reached"
	}
	return ""
}

// Why gives the key of the plain words for what the other mail system said; empty
// while it is still tried, and where the words say nothing.
func (d *BounceData) Why() string {
	if d.Delayed {
		return ""
	}
	return Failure(d.Diagnostic)
}
