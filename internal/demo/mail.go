package demo

import (
	"slices"
	"strings"
	"time"
)

// Way says how a mail came to the catcher.
type Way string

const (
	// Clear is the original, which the milter let go on.
	Clear Way = "clear"
	// Reentry is what the relay handed to Postfix's re-entry port: sealed
	// messages and notices to outsiders.
	Reentry Way = "re-entry"
	// Inbound is what the relay handed to the inbound port, on its way to staff:
	// what outsiders wrote, and notices.
	Inbound Way = "inbound"
)

// Mail is one caught mail. It is never changed after Deliver has made it, so
// that it may be read without a lock.
type Mail struct {
	Number int       // 1, 2, 3 … in order of arrival
	At     time.Time // arrival
	Way    Way
	From   string   // MAIL FROM; empty for the null sender
	To     []string // RCPT TO, as given
	Raw    []byte   // as it came over SMTP, dots unstuffed, CRLF
	Parsed Parsed
}

// Sealed tells whether the mail carries a securedoc.html.
func (m *Mail) Sealed() bool { return m.Page() != nil }

// Page gives the securedoc.html of the mail, or nil.
func (m *Mail) Page() *File {
	for i := range m.Parsed.Files {
		if strings.EqualFold(m.Parsed.Files[i].Name, PageName) {
			return &m.Parsed.Files[i]
		}
	}
	return nil
}

// PageName is the name of the attachment that holds a sealed message.
const PageName = "securedoc.html"

// Service tells whether postseal itself speaks: a code, a link, a confirmation.
// What an outsider wrote is stamped too, but speaks in her name.
func (m *Mail) Service() bool {
	return strings.HasPrefix(m.Parsed.Notice, "notice") && !m.Answer()
}

// Answer tells whether the mail holds what an outsider wrote.
func (m *Mail) Answer() bool { return m.Parsed.Notice == "notice; kind=reply" }

// For tells whether address is one of the SMTP recipients, in any case.
func (m *Mail) For(address string) bool {
	return slices.ContainsFunc(m.To, func(to string) bool { return strings.EqualFold(to, address) })
}
