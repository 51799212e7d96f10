package milter

import (
	"strings"
	"unicode"

	"github.com/postseal/postseal/pid"
	"github.com/postseal/postseal/policy"
)

// maxShown is how many characters of a subject or display name the outer mail
// takes over; longer ones are cut there (the sealed original keeps them).
const maxShown = 300

// shownSubject gives the subject that the outer mail may bear; empty: hide it
// (package notice then writes "Message from <organisation>"). A tag in it stays.
// It errs on the side of hiding: what may be somebody's number, address or date
// of birth hides the whole subject (pid.Identifies).
func shownSubject(subject string, p policy.Profile) string {
	subject = oneLine(subject)
	if p.Subject == "hide" || pid.Identifies(subject) {
		return ""
	}
	return subject
}

// oneLine makes one bounded line of a text: white space and control characters
// become single spaces.
func oneLine(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	if runes := []rune(text); len(runes) > maxShown {
		text = strings.TrimSpace(string(runes[:maxShown])) + "…"
	}
	return text
}
