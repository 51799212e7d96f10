package portal

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/postseal/postseal/addr"
)

// common are the passwords that most people choose, in small letters: the ten
// thousand first of all lengths, which stand in longer ones too, and all that are
// long enough for us. Where they come from stands in testdata/NOTICE.
//
//go:embed common/passwords.txt
var common string

var commonSet = sync.OnceValue(func() map[string]bool {
	out := make(map[string]bool, 12000)
	for line := range strings.Lines(common) {
		out[strings.TrimSpace(line)] = true
	}
	return out
})

// Bounds of what is put around a common password and helps nobody: "football2026!".
const (
	maxAround  = 6 // characters in front and behind
	minOwnPart = 4 // letters of a name or address that count as one of its parts
	minBeside  = 6 // letters and digits that a password must have beside such parts
)

// plainer undoes what people put for letters.
var plainer = strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

// guessable tells whether a password is among the first that somebody would try:
// a common one, one with a few digits or marks around it, one that repeats itself
// or counts, or one made of the person's own address or name or the organisation's
// (own). Nothing else is asked of a password but its length.
func guessable(password string, own []string) bool {
	p := strings.ToLower(password)
	for _, form := range []string{p, plainer.Replace(p)} {
		if repeats(form) || aroundCommon(form) {
			return true
		}
	}
	return counts(p) || ofOwn(p, own)
}

// aroundCommon tells whether a common password is left when a few digits and marks
// are taken off either end, or what is left only repeats itself.
func aroundCommon(s string) bool {
	letter := func(b byte) bool { return b >= 'a' && b <= 'z' || b >= utf8.RuneSelf }
	for front := 0; front <= maxAround && front < len(s); front++ {
		for back := 0; front+back <= maxAround && front+back < len(s); back++ {
			core := s[front : len(s)-back]
			if commonSet()[core] || front+back > 0 && len(core) >= minOwnPart && repeats(core) {
				return true
			}
			if letter(core[len(core)-1]) {
				break
			}
		}
		if letter(s[front]) {
			break
		}
	}
	return false
}

// repeats tells whether a text is one short piece, or a common password, again and again.
func repeats(s string) bool {
	for n := 1; n <= len(s)/2; n++ {
		if len(s)%n == 0 && strings.Repeat(s[:n], len(s)/n) == s && (n <= 4 || len(s)/n >= 3 || commonSet()[s[:n]]) {
			return true
		}
	}
	return false
}

// counts tells whether each character follows the one before: 2345678901, zyxwvutsrq.
func counts(s string) bool {
	up, down := true, true
	for i := 1; i < len(s); i++ {
		step := int(s[i]) - int(s[i-1])
		up = up && (step == 1 || s[i-1] == '9' && s[i] == '0')
		down = down && (step == -1 || s[i-1] == '0' && s[i] == '9')
	}
	return up || down
}

// ofOwn tells whether a password is little more than the person's own words.
func ofOwn(p string, own []string) bool {
	rest := p
	for _, w := range own {
		rest = strings.ReplaceAll(rest, w, " ")
	}
	if rest == p {
		return false
	}
	n := 0
	for _, r := range rest {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n < minBeside
}

// ownWords are the words that a person's password should not be made of: her
// address, her name, the organisation's name and the service's host.
func (v *visit) ownWords(a addr.Address, names ...string) []string {
	all := append([]string{a.String(), v.s.Brand.ServiceDomain, v.s.Brand.Organisation, v.s.Brand.In(v.lang().Tag()).Organisation}, names...)
	var out []string
	for _, text := range all {
		for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if utf8.RuneCountInString(w) >= minOwnPart {
				out = append(out, w)
			}
		}
	}
	return out
}
