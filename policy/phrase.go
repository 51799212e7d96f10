package policy

import (
	"strings"
	"unicode"
)

// phrase is a label such as OFFICIAL-SENSITIVE in the form in which it is looked
// for: its words, between which any few marks may stand or none.
type phrase struct {
	label string
	words [][]rune
	whole []rune // the words written as one
}

func newPhrase(label string) phrase {
	p := phrase{label: label}
	f := fold(label)
	for _, t := range tokens(f) {
		p.words = append(p.words, f.runes[t.start:t.end])
		p.whole = append(p.whole, f.runes[t.start:t.end]...)
	}
	return p
}

// token is one word of a folded text: runes from start to before end.
type token struct{ start, end int }

func tokens(f folded) []token {
	const usual = 6 // runes of a word and what is between it and the next
	all := make([]token, 0, len(f.runes)/usual+1)
	start := -1
	for i, r := range f.runes {
		switch in := isWordRune(r); {
		case in && start < 0:
			start = i
		case !in && start >= 0:
			all, start = append(all, token{start, i}), -1
		}
	}
	if start >= 0 {
		all = append(all, token{start, len(f.runes)})
	}
	return all
}

// text is a folded text cut into words, ready to be searched for many phrases.
type text struct {
	folded
	tokens []token
}

func newText(s string) text {
	f := fold(s)
	return text{f, tokens(f)}
}

// find gives where a phrase stands for which ok holds.
func (t text) find(p phrase, ok func(start, end int) bool) bool {
	for i := range t.tokens {
		if last, found := t.matchAt(i, p); found && !t.negated(i) && ok(t.tokens[i].start, t.tokens[last].end) {
			return true
		}
	}
	return false
}

// matchAt tells whether the phrase begins at token i, and at which it ends.
func (t text) matchAt(i int, p phrase) (last int, ok bool) {
	if len(p.words) == 0 {
		return 0, false
	}
	if len(p.words) > 1 && similar(t.word(i), p.whole, true) {
		return i, true // OFFICIALSENSITIVE
	}
	if i+len(p.words) > len(t.tokens) {
		return 0, false
	}
	const widestGap = 5 // " - [" and the like
	for k, w := range p.words {
		if !similar(t.word(i+k), w, len(p.words) > 1) {
			return 0, false
		}
		if k > 0 && t.tokens[i+k].start-t.tokens[i+k-1].end > widestGap {
			return 0, false
		}
	}
	return i + len(p.words) - 1, true
}

func (t text) word(i int) []rune { return t.runes[t.tokens[i].start:t.tokens[i].end] }

// negated tells whether the word before takes the phrase back: UN-OFFICIAL.
func (t text) negated(i int) bool {
	if i == 0 || t.tokens[i].start-t.tokens[i-1].end > 1 {
		return false
	}
	before := string(t.word(i - 1))
	return before == "un" || before == "non"
}

// similar tells whether two words are the same, or, where slips are allowed and
// the word is long, one slip apart. The plural of a wanted word is another word
// ("officials").
func similar(word, want []rune, slips bool) bool {
	if string(word) == string(want) {
		return true
	}
	const shortest = 7
	return slips && len(want) >= shortest && string(word) != string(want)+"s" && isSlip(word, want)
}

// isLabel tells whether what stands from start to before end is meant as a label
// and not said in passing: in capitals, or set off from the words around it
// ("Restricted: report", but not "Parking restricted on Monday").
func (t text) isLabel(start, end int) bool {
	return isUpper(t.original(start, end)) || t.setOff(start, end)
}

// heads tells whether a label stands at the head of a line, set off from what
// follows it; one of a single word in capitals only.
func (t text) heads(start, end int, several bool) bool {
	return t.tokens[0].start == start && t.setOff(start, end) && (several || isUpper(t.original(start, end)))
}

// leads are the words that stand before a label on a line of its own.
var leads = []string{"classification", "marking", "protective", "security", "handling", "sensitivity", "status", "document", "email", "mail", "message", "level", "label"}

// isMarking tells whether a line, not the first, is a marking although more than
// the label stands there: behind "Protective marking:", in a line of capitals, or
// before "AND CONFIDENTIAL".
func (t text) isMarking(start, end int, several bool) bool {
	before, after := t.between(0, start), t.between(end, len(t.runes))
	if len(before) > 0 {
		led := t.tokens[0].start == 0 && strings.ContainsRune(":=", t.markBefore(start))
		for _, w := range before {
			led = led && contains(leads, w)
		}
		return led && (several || isUpper(t.original(start, end))) || several && isUpper(t.from)
	}
	if len(after) == 0 {
		return false
	}
	rest := strings.Join(after, " ")
	return isUpper(t.from) && (several || rest == "confidential" || rest == "and confidential")
}

// between gives the words between two runes.
func (t text) between(start, end int) []string {
	var all []string
	for i, k := range t.tokens {
		if k.start >= start && k.end <= end {
			all = append(all, string(t.word(i)))
		}
	}
	return all
}

// markBefore gives the last rune before start that is neither space nor opens
// something.
func (t text) markBefore(start int) rune {
	for i := start - 1; i >= 0; i-- {
		if !strings.ContainsRune(" [({<*\"'", t.runes[i]) {
			return t.runes[i]
		}
	}
	return 0
}

// setOff tells whether marks, or the ends of the line, stand around a label.
func (t text) setOff(start, end int) bool {
	const before, after = `[({<|:*-#/"'=`, `])}>|:*-#/"'=.,;`
	for start > 0 && t.runes[start-1] == ' ' {
		start--
	}
	for end < len(t.runes) && t.runes[end] == ' ' {
		end++
	}
	return (start == 0 || strings.ContainsRune(before, t.runes[start-1])) &&
		(end == len(t.runes) || strings.ContainsRune(after, t.runes[end]))
}

func isUpper(s string) bool {
	return strings.IndexFunc(s, unicode.IsUpper) >= 0 && strings.IndexFunc(s, unicode.IsLower) < 0
}
