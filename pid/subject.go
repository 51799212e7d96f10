package pid

import "unicode"

// Identifies tells whether a short text that everybody may see, such as a
// subject, holds what points to one person: any candidate of Find, without words
// around it, a run of manyDigits digits that is no date or time, or enough to be
// sealed for. A date alone does not.
func Identifies(text string) bool {
	r := usual().read(text)
	plain := []byte(r.text)
	for _, c := range r.forms {
		switch c.kind {
		case Name, firstName, reference, Address:
		case anyDate:
			for i := c.start; i < c.end; i++ {
				plain[i] = 'x'
			}
		default:
			return true
		}
	}
	const enough = 8 // of Score; a name beside what a person has or did
	return ManyDigits(timeless(string(plain))) || Score([]Section{{Text: text}}).Total >= enough
}

// manyDigits is how many digits a reference to a person has at least.
const manyDigits = 6

// timeless takes times of day out: "14:00".
func timeless(text string) string {
	b := []byte(text)
	for i := 2; i+2 < len(b); i++ {
		if b[i] == ':' && isDigit(b[i-2]) && isDigit(b[i-1]) && isDigit(b[i+1]) && isDigit(b[i+2]) {
			copy(b[i-2:i+3], "xxxxx")
		}
	}
	return string(b)
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// ManyDigits tells whether a text holds six digits or more with at most two other
// characters between one and the next, none of them a letter.
func ManyDigits(text string) bool {
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
