package policy

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is a text in the form in which marks are compared: lower case, without
// accents and characters of no width, full-width and look-alike letters as the
// letters they look like. At holds for each rune the octet of the original where
// it came from, and at its end the length; nil: each rune is one octet.
type folded struct {
	from  string
	runes []rune
	at    []int
}

// fold gives the compared form. It is for finding what a person meant to write,
// never for telling two addresses apart.
func fold(s string) folded {
	f := folded{from: s, runes: make([]rune, 0, len(s))}
	if f.foldASCII() {
		return f
	}
	f.at = make([]int, 0, len(s)+1)
	for i, r := range s {
		if r < utf8.RuneSelf {
			f.put(unicode.ToLower(r), i)
			continue
		}
		for _, c := range norm.NFKD.String(string(r)) {
			if unicode.In(c, unicode.Mn, unicode.Me, unicode.Cf) {
				continue
			}
			c = unicode.ToLower(c)
			if l, ok := lookAlike[c]; ok {
				c = l
			} else if l, ok := pictured(c); ok {
				c = l
			}
			if unicode.IsSpace(c) {
				c = ' '
			}
			f.put(c, i)
		}
	}
	f.at = append(f.at, len(s))
	return f
}

// foldASCII folds a text that is all ASCII, as most are, and does nothing to
// another.
func (f *folded) foldASCII() bool {
	for i := range len(f.from) {
		c := f.from[i]
		if c >= utf8.RuneSelf {
			f.runes = f.runes[:0]
			return false
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		f.runes = append(f.runes, rune(c))
	}
	return true
}

func (f *folded) put(r rune, at int) {
	f.runes, f.at = append(f.runes, r), append(f.at, at)
}

// original gives what stands in the original for the runes from i to before j.
func (f folded) original(i, j int) string {
	if f.at == nil {
		return f.from[i:j]
	}
	end := len(f.from)
	if j < len(f.runes) {
		end = f.at[j]
	}
	return f.from[f.at[i]:end]
}

// lookAlike maps what Unicode keeps apart and the eye does not: letters of other
// scripts, small capitals, brackets, dashes.
var lookAlike = func() map[rune]rune {
	m := map[rune]rune{}
	for _, pair := range []string{
		"аa", "еe", "оo", "рp", "сc", "уy", "хx", "кk", "мm", "тt", "нh", "вb", "іi", "ѕs", "јj", "ԁd", "ԛq", "ԝw", "һh", "гr", "пn", "иu", "ӏl",
		"αa", "εe", "οo", "ρp", "νv", "υu", "ιi", "κk", "τt", "χx", "ηn", "μu", "ϲc", "γy", "ϵe", "ѐe",
		"ıi", "łl", "øo", "đd", "ħh", "ꜱs", "ᴇe", "ᴄc", "ᴜu", "ʀr", "ɴn", "ᴘp", "ᴛt", "ʏy", "ɪi", "ꜰf", "ʟl", "ᴀa", "ᴠv", "օo", "ѵv",
		"【[", "】]", "〔[", "〕]", "「[", "」]", "『[", "』]", "〖[", "〗]", "⟦[", "⟧]", "❲[", "❳]", "⁅[", "⁆]", "⎡[", "⎤]", "⌈[", "⌉]",
		"〘[", "〙]", "〚[", "〛]", "⦗[", "⦘]", "⦋[", "⦌]", "⦍[", "⦎]", "⦏[", "⦐]", "᚛<", "᚜>", "⦅(", "⦆)", "⸨(", "⸩)", "⦃{", "⦄}", "⟬[", "⟭]", "⌊[", "⌋]", "⎣[", "⎦]",
		"‹<", "›>", "«<", "»>", "⟨<", "⟩>", "〈<", "〉>", "❨(", "❩)", "❴{", "❵}",
		"‐-", "‑-", "‒-", "–-", "—-", "―-", "−-", "﹘-", "·-", "•-",
	} {
		from, size := utf8.DecodeRuneInString(pair)
		to, _ := utf8.DecodeRuneInString(pair[size:])
		m[from] = to
	}
	return m
}()

// pictured reads the letters that Unicode has as pictures, white on black in a
// circle or square and the flags' letters, and takes apart no further.
func pictured(r rune) (letter rune, ok bool) {
	for _, first := range []rune{0x1f150, 0x1f170, 0x1f1e6} {
		if r >= first && r < first+26 {
			return 'a' + r - first, true
		}
	}
	return 0, false
}

// isSlip tells whether two words are one slip of the pen apart: a letter left
// out, added or wrong, or two neighbours exchanged.
func isSlip(a, b []rune) bool {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	switch {
	case len(a) <= 1 && len(b) <= 1:
		return true
	case len(a) == 2 && len(b) == 2:
		return a[0] == b[1] && a[1] == b[0]
	}
	return false
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// squeeze takes out white space.
func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }
