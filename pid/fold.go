package pid

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is a text as it is looked at: full-width and other spellings of letters
// and digits as ASCII, without accents and characters of no width, every dash a
// hyphen, every space a space. A text of ASCII is itself.
type folded struct {
	text string
	bent []bend // ascending; empty when nothing was folded
}

// bend says that from octet at of the folded text on, the original is at from.
type bend struct{ at, from int }

func fold(s string) folded {
	at := firstBeyondASCII(s)
	if at < 0 {
		return folded{text: s}
	}
	var f folded
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(s[:at])
	for at < len(s) {
		if s[at] < utf8.RuneSelf {
			end := at + 1
			for end < len(s) && s[end] < utf8.RuneSelf {
				end++
			}
			b.WriteString(s[at:end])
			at = end
			continue
		}
		r, size := utf8.DecodeRuneInString(s[at:])
		before := b.Len()
		writeFolded(&b, r)
		at += size
		if b.Len()-before != size {
			f.bent = append(f.bent, bend{b.Len(), at})
		}
	}
	f.text = b.String()
	return f
}

func firstBeyondASCII(s string) int {
	const high, size = 0x8080808080808080, 8
	i := 0
	for i+size <= len(s) && eight(s[i:])&high == 0 {
		i += size
	}
	for ; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return i
		}
	}
	return -1
}

// foldedLow and foldedMarks are what foldRune makes of the characters of Latin
// alphabets and of General Punctuation: of nearly all beyond ASCII in our mail.
var (
	foldedLow   = foldedFrom(0, 0x250)
	foldedMarks = foldedFrom(firstMark, 0x2070)
)

const firstMark = 0x2000

func foldedFrom(from, to rune) []string {
	all := make([]string, 0, to-from)
	for r := from; r < to; r++ {
		var b strings.Builder
		foldRune(&b, r)
		all = append(all, b.String())
	}
	return all
}

// writeFolded is foldRune for the characters of mail.
func writeFolded(b *strings.Builder, r rune) {
	switch {
	case int(r) < len(foldedLow):
		b.WriteString(foldedLow[r])
	case r >= firstMark && int(r-firstMark) < len(foldedMarks):
		b.WriteString(foldedMarks[r-firstMark])
	default:
		foldRune(b, r)
	}
}

func foldRune(b *strings.Builder, r rune) {
	switch {
	case unicode.Is(unicode.Cf, r):
		return
	case unicode.Is(unicode.Pd, r) || r == '−' || r == '·':
		b.WriteByte('-')
		return
	case r == '\u2028' || r == '\u2029' || r == '\u0085':
		b.WriteByte('\n')
		return
	case unicode.IsSpace(r):
		b.WriteByte(' ')
		return
	case r == '‘' || r == '’' || r == '‛' || r == 'ʼ' || r == '′':
		b.WriteByte('\'')
		return
	}
	for _, c := range norm.NFKD.String(string(r)) {
		if !unicode.Is(unicode.Mn, c) && !unicode.Is(unicode.Cf, c) {
			b.WriteRune(c)
		}
	}
}

// original gives the octet of the original for one of the folded text.
func (f folded) original(at int) int {
	i := sort.Search(len(f.bent), func(i int) bool { return f.bent[i].at > at })
	if i == 0 {
		return at
	}
	return f.bent[i-1].from + at - f.bent[i-1].at
}
