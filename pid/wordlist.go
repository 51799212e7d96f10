package pid

import "strings"

// wordList is words of which one is looked for near a place.
type wordList []nearWord

// nearWord is one of them, in lower case, and which octets are in it.
type nearWord struct {
	text string
	has  uint64
}

// sortWords stand before a sort code.
var sortWords = listOf("sort code|sortcode|s/c|sort")

// listOf makes a list of words with "|" between them.
func listOf(words string) wordList {
	var all wordList
	for w := range strings.SplitSeq(words, "|") {
		all = append(all, nearWord{w, octetsOf(w)})
	}
	return all
}

// octetsOf tells which octets stand in a text, those that differ by 64 alike.
func octetsOf(s string) (has uint64) {
	for i := range len(s) {
		has |= 1 << (s[i] & 63)
	}
	return has
}

// before tells whether one of the words stands shortly before an offset.
func before(text string, at int, words wordList) bool {
	return words.near(text[max(0, at-labelReach):at])
}

// near is in, in whatever case a short text is.
func (l wordList) near(text string) bool {
	var lower [labelReach]byte
	for i := range len(text) {
		c := text[i]
		if c >= 0x80 {
			return l.in(strings.ToLower(text))
		}
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	return l.within(lower[:len(text)])
}

// in tells whether one of the words stands in a text in lower case: whether the
// last place where it does has borders of words around it.
func (l wordList) in(text string) bool { return l.within([]byte(text)) }

func (l wordList) within(text []byte) bool {
	has := uint64(0)
	for _, c := range text {
		has |= 1 << (c & 63)
	}
	for i := range l {
		if w := &l[i]; w.has&^has == 0 && w.endsIn(text) {
			return true
		}
	}
	return false
}

// endsIn looks for one word from the end of a text.
func (w *nearWord) endsIn(text []byte) bool {
	n := len(w.text)
	last := w.text[n-1]
	for i := len(text) - n; i >= 0; i-- {
		if text[i+n-1] != last || string(text[i:i+n]) != w.text {
			continue
		}
		return (i == 0 || !isWord[text[i-1]] || !isWord[w.text[0]]) &&
			(i+n == len(text) || !isWord[text[i+n]] || !isWord[last])
	}
	return false
}
