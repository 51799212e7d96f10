package milter

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/postseal/postseal/policy"
)

// maxShown is how many characters of a subject or display name the outer mail
// takes over; longer ones are cut there (the sealed original keeps them).
const maxShown = 300

// shownSubject gives the subject that the outer mail may bear; empty: hide it
// (package notice then writes "Message from <organisation>"). A tag in it stays.
// It errs on the side of hiding: what looks like a number, a date or an address
// of somebody hides the whole subject.
func shownSubject(subject string, p policy.Profile) string {
	subject = oneLine(subject)
	if p.Subject == "hide" || personal(subject) {
		return ""
	}
	return subject
}

// personal tells whether a text looks as if it held personal data: six digits or
// more with nothing but punctuation between them (NHS, National Insurance, bank
// and telephone numbers, most dates), a UK postcode, a date of birth, a mail address.
func personal(text string) bool {
	text = norm.NFKC.String(text) // full-width and other spellings of digits and letters
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1 // zero width
		}
		return r
	}, text)
	return digitRun(text) || strings.ContainsRune(text, '@') ||
		postcode.MatchString(text) || shortDate.MatchString(text) || longDate.MatchString(text)
}

const manyDigits = 6

var (
	postcode  = regexp.MustCompile(`(?i)\b(?:GIR ?0AA|[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2})\b`)
	shortDate = regexp.MustCompile(`\b[0-9]{1,2} ?[-./] ?[0-9]{1,2} ?[-./] ?[0-9]{2,4}\b`)
	longDate  = regexp.MustCompile(`(?i)(?:\b[0-9]{1,2}(?:st|nd|rd|th)?(?: of)?[ .-]*(?:` + months + `)[a-z]*[ .,'-]*[0-9]{2,4}\b)|(?:\b(?:` + months + `)[a-z]* [0-9]{1,2}(?:st|nd|rd|th)?,? [0-9]{4}\b)`)
)

const months = `jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec`

// digitRun finds manyDigits digits with at most two other characters between
// one and the next, none of them a letter.
func digitRun(text string) bool {
	digits, gap := 0, 0
	for _, r := range text {
		switch {
		case unicode.IsDigit(r):
			digits++
			gap = 0
			if digits >= manyDigits {
				return true
			}
		case unicode.IsLetter(r) || gap >= 2:
			digits, gap = 0, 0
		default:
			gap++
		}
	}
	return false
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
