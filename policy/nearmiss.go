package policy

import (
	"strings"
)

// tagHit is a subject tag that was found.
type tagHit struct {
	tag   string // as the rule file has it
	near  bool   // not quite as it should be
	wrote string // what stands there in place of it
}

// maxSlips bounds where slips are looked for, in octets: behind as much subject
// nobody writes a tag by hand. A tag that is spelt right is found everywhere.
const maxSlips = 8 << 10

// findTag looks for "[tag]", in any case, anywhere in a decoded subject, and else
// for what a person meant as one (journey 4: "you wrote [SECRUE]"). A word
// without any bracket is never a tag.
func findTag(subject, tag string) (tagHit, bool) {
	spaced := strings.Join(strings.Fields(strings.ToLower(subject)), " ")
	if strings.Contains(spaced, "["+strings.ToLower(tag)+"]") {
		return tagHit{tag: tag}, true
	}
	s := newBrackets(fold(subject[:min(len(subject), maxSlips)]))
	want := string(fold(tag).runes)
	for i, r := range s.runes {
		end := -1
		switch {
		case isOpener(r):
			end = s.opened(i, want)
		case r == ']' && s.unopened(i):
			if start, ok := s.tailWord(i, want); ok {
				return tagHit{tag, true, strings.TrimSpace(s.original(start, i+1))}, true
			}
		}
		if end > 0 {
			return tagHit{tag, true, strings.TrimSpace(s.original(i, end))}, true
		}
	}
	return tagHit{}, false
}

// brackets is a folded text that knows where its brackets stand.
type brackets struct {
	folded
	next  []int // for each rune the next bracket of any kind behind it; len when none
	close []int // the next "]" behind it
	open  []int // the next "[" behind it
}

func newBrackets(f folded) brackets {
	n := len(f.runes)
	b := brackets{f, make([]int, n), make([]int, n), make([]int, n)}
	next, closer, opener := n, n, n
	for i := n - 1; i >= 0; i-- {
		b.next[i], b.close[i], b.open[i] = next, closer, opener
		r := f.runes[i]
		if isOpener(r) || isCloser(r) {
			next = i
		}
		switch r {
		case ']':
			closer = i
		case '[':
			opener = i
		}
	}
	return b
}

func isOpener(r rune) bool { return strings.ContainsRune("[({<", r) }
func isCloser(r rune) bool { return strings.ContainsRune("])}>", r) }

// opened looks at the bracket that opens at i and gives the rune after what was
// meant as the tag, or -1.
func (b brackets) opened(i int, want string) int {
	j := b.next[i]
	const slack = 40 // a longer text in brackets is no tag; keeps this linear
	if j-i > 2*len(want)+slack {
		j = len(b.runes)
	}
	square := b.runes[i] == '['
	if j < len(b.runes) && isCloser(b.runes[j]) {
		if meansTag(string(b.runes[i+1:j]), want, square || b.runes[j] == ']') {
			return j + 1
		}
		return -1
	}
	// Not closed: "[SECURE Report".
	if !square || b.close[i] < b.open[i] {
		return -1
	}
	k := i + 1
	for k < len(b.runes) && b.runes[k] == ' ' {
		k++
	}
	end := k + len([]rune(want))
	if end > len(b.runes) || string(b.runes[k:end]) != want || end < len(b.runes) && isWordRune(b.runes[end]) {
		return -1
	}
	return end
}

// unopened tells whether the "]" at i closes no "[".
func (b brackets) unopened(i int) bool {
	for k := i - 1; k >= 0 && i-k < 200; k-- {
		switch b.runes[k] {
		case '[':
			return false
		case ']':
			return true
		}
	}
	return true
}

// tailWord tells whether the words before the "]" at i are the tag.
func (b brackets) tailWord(i int, want string) (start int, ok bool) {
	for i > 0 && b.runes[i-1] == ' ' {
		i--
	}
	start = i - len([]rune(want))
	if start < 0 || string(b.runes[start:i]) != want {
		return 0, false
	}
	return start, start == 0 || !isWordRune(b.runes[start-1])
}

// meansTag tells whether the text in brackets was meant as the tag. Only in
// square brackets, which people write for little else, a slip of the pen counts.
func meansTag(content, want string, square bool) bool {
	const ends = " .,:;!?*_-'\"=~#\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb"
	content = strings.Trim(content, ends)
	if squeeze(content) == squeeze(want) {
		return true
	}
	if !square || content == "" {
		return false
	}
	if letters(content) == letters(want) || strings.Map(letterFor, content) == want {
		return true // S.E.C.U.R.E, S3CUR3
	}
	const shortest = 5 // a slip in a shorter tag is another word
	if len(want) >= shortest && (isSlip([]rune(squeeze(content)), []rune(squeeze(want))) || content == want+"ed") {
		return true
	}
	for _, word := range strings.FieldsFunc(content, func(r rune) bool { return strings.ContainsRune("/,;|+&", r) }) {
		if strings.TrimSpace(word) == want {
			return true
		}
	}
	rest, ok := strings.CutPrefix(letters(content), letters(want))
	return ok && (rest == "email" || rest == "mail" || rest == "message")
}

// letters gives letters and digits alone.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if isWordRune(r) {
			return r
		}
		return -1
	}, s)
}

// letterFor gives the letter that a digit is written for.
func letterFor(r rune) rune {
	if i := strings.IndexRune("013457", r); i >= 0 {
		return rune("oieast"[i])
	}
	return r
}
