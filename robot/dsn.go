package robot

import (
	"strings"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/store"
)

// dsn is a delivery status notification (RFC 3464).
type dsn struct {
	mark string // Original-Envelope-Id
	by   string // Reporting-MTA
	each []dsnRecipient
}

// dsnRecipient is what a notification says about one recipient.
type dsnRecipient struct {
	addresses []addr.Address // Original-Recipient, then Final-Recipient
	action    string         // lower case
	status    string         // "5.1.1"
	host      string
	words     string
}

// maxReported bounds the recipients of one notification.
const maxReported = 1000

// readDSN reads the machine's part of a report; nil when there is none.
func (m *Mail) readDSN() *dsn {
	for _, p := range m.parts {
		if p.level == 0 && (p.media == "message/delivery-status" || p.media == "message/global-delivery-status") {
			text, _ := p.text(maxReport)
			return parseDSN(text)
		}
	}
	return nil
}

func parseDSN(text string) *dsn {
	var d *dsn
	for _, block := range blocks(text) {
		if d == nil {
			d = &dsn{mark: block.get("Original-Envelope-Id"), by: untyped(block.get("Reporting-MTA"))}
			if block.get("Final-Recipient") == "" { // some leave the first block out
				continue
			}
		}
		if len(d.each) < maxReported && block.get("Final-Recipient") != "" {
			d.each = append(d.each, recipientOf(block))
		}
	}
	return d
}

// blocks cuts a text into headers at its empty lines.
func blocks(text string) []header {
	var out []header
	var u unfolder
	for line := range strings.Lines(text + "\n\n") {
		line = strings.TrimRight(line, "\r\n")
		name, value, ok := strings.Cut(line, ":")
		switch {
		case strings.TrimSpace(line) == "":
			if h := u.done(); len(h) > 0 {
				out = append(out, h)
			}
			u = unfolder{}
		case (line[0] == ' ' || line[0] == '\t') && len(u.h) > 0:
			u.fold(line)
		case ok:
			u.field(name, value)
		}
	}
	return out
}

func recipientOf(b header) dsnRecipient {
	r := dsnRecipient{
		action: strings.ToLower(firstWord(b.get("Action"))), status: firstWord(b.get("Status")),
		host: untyped(b.get("Remote-MTA")), words: untyped(b.get("Diagnostic-Code")),
	}
	for _, name := range []string{"Original-Recipient", "Final-Recipient"} {
		text := strings.Trim(untyped(b.get(name)), "<>")
		for _, spelling := range []string{text, fromXtext(text)} {
			if a, err := addr.Parse(spelling); err == nil {
				r.addresses = append(r.addresses, a)
			}
		}
	}
	return r
}

func firstWord(s string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	return strings.Trim(word, ";,")
}

// untyped takes the type off "rfc822; jane@example.org", "dns; mx.example.org",
// "smtp; 550 5.1.1 ...".
func untyped(value string) string {
	kind, rest, ok := strings.Cut(value, ";")
	if !ok || strings.ContainsAny(strings.TrimSpace(kind), " @") {
		return strings.TrimSpace(value)
	}
	return strings.TrimSpace(rest)
}

// fromXtext undoes RFC 3461 section 4, where somebody repeated an ORCPT as it
// stood in the command.
func fromXtext(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '+' && i+2 < len(s) {
			if hi, lo := strings.IndexByte("0123456789ABCDEF", s[i+1]), strings.IndexByte("0123456789ABCDEF", s[i+2]); hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// state is what an action means for us. "relayed" and "delivered" both say that
// the next system took the mail, and no more (RFC 3464 section 2.3.3).
func (r dsnRecipient) state() store.DeliveryState {
	switch r.action {
	case "failed":
		return store.Failed
	case "delayed":
		return store.Delayed
	case "relayed", "delivered", "expanded":
		return store.Handed
	}
	if strings.HasPrefix(r.status, "5.") {
		return store.Failed
	}
	return ""
}

// failureWords stand in the subjects of bounces that are no RFC 3464 reports.
var failureWords = []string{"undeliver", "delivery fail", "delivery has failed", "failure notice", "delivery status notification (failure)",
	"mail delivery failed", "returned mail", "returned to sender", "delivery problem", "could not be delivered", "not delivered", "mail system error", "unzustellbar"}

// delayWords stand in those that say it is still tried.
var delayWords = []string{"delayed", "warning: could not send", "will be retried", "still being retried", "delivery status notification (delay)"}

// bounceKind judges a mail to b+ID@ without a machine's part.
func (m *Mail) bounceKind() store.DeliveryState {
	subject := strings.ToLower(m.subject())
	auto, _, _ := strings.Cut(strings.ToLower(m.header.get("Auto-Submitted")), ";")
	daemon := m.From.IsZero() || fromDaemon(m.From) || fromDaemon(m.author().Address)
	if !daemon || strings.TrimSpace(auto) == "auto-replied" && !containsAny(subject, failureWords) {
		return ""
	}
	switch {
	case containsAny(subject, delayWords):
		return store.Delayed
	case m.header.get("X-Failed-Recipients") != "", containsAny(subject, failureWords):
		return store.Failed
	}
	return ""
}

func containsAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// failedIn gives the recorded recipients that a bounce names: in Exim's field, or
// else in its text.
func (m *Mail) failedIn(rec store.Record) []addr.Address {
	named := strings.ToLower(m.header.get("X-Failed-Recipients"))
	if named == "" {
		for _, p := range m.parts {
			if p.level == 0 && strings.HasPrefix(p.media, "text/") && len(named) < maxText {
				text, _ := p.text(maxText)
				named += strings.ToLower(text) + "\n"
			}
		}
		// What follows is the mail that came back, which names everybody.
		for _, cut := range []string{"--- the following", "------ this is a copy of", "--- below this line", "original message headers", "--- original message", "return-path:"} {
			named, _, _ = strings.Cut(named, cut)
		}
	}
	var out []addr.Address
	for _, s := range rec.Recipients {
		if holdsAddress(named, strings.ToLower(s.Address.String())) || holdsAddress(named, s.Address.Key()) {
			out = append(out, s.Address)
		}
	}
	return out
}

// holdsAddress finds a whole address in a text, not the end of a longer one.
func holdsAddress(text, address string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], address)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(address)
		before := start > 0 && isAddressByte(text[start-1])
		after := end < len(text) && (isAddressByte(text[end]) && text[end] != '.' || text[end] == '.' && end+1 < len(text) && isAddressByte(text[end+1]))
		if !before && !after {
			return true
		}
		from = end
	}
}

func isAddressByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte(".-_+%@", c) >= 0
}
