package policy

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/postseal/postseal/pid"
)

// shown makes a text of a message fit for a log line: no control characters, none
// that turn the direction of what stands around it, and not longer than people
// name files.
func shown(name string) string {
	const longest = 100 // characters
	name = strings.Join(strings.Fields(clean(strings.Map(visible, name))), " ")
	if utf8.RuneCountInString(name) > longest {
		name = string([]rune(name)[:longest]) + "…"
	}
	return name
}

// visible drops what has no width: marks of direction, joiners, soft hyphens.
func visible(r rune) rune {
	if unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

// shownName is shown for the name of a file, without the numbers of a person:
// people call files "AB123456C.pdf", and where something was found goes into logs
// and to the sender's confirmation.
func shownName(name string) string {
	name = shown(name)
	const fewest = 6 // digits of the shortest such number
	digits := strings.Count(strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return '0'
		}
		return r
	}, name), "0")
	if digits < fewest {
		return name
	}
	// Find wants a number to stand alone, which an underscore takes for a letter.
	loose := strings.ReplaceAll(name, "_", " ")
	var b strings.Builder
	from := 0
	for _, c := range pid.Find(loose) {
		if !namesPerson(c.Kind) || c.Start < from {
			continue
		}
		b.WriteString(name[from:c.Start] + "…")
		from = c.End
	}
	return b.String() + name[from:]
}

// namesPerson tells the kinds that are a number of one person, and not one that
// an invoice or a date may look like.
func namesPerson(k pid.Kind) bool {
	switch k {
	case pid.NINumber, pid.NHSNumber, pid.CHINumber, pid.Card, pid.IBAN, pid.BankAccount, pid.Licence:
		return true
	}
	return false
}
