package pid

import (
	"strings"
	"testing"
)

// hasWordByString is what wordList.near must tell, by package strings.
func hasWordByString(near, words string) bool {
	near = strings.ToLower(near)
	for _, w := range strings.Split(words, "|") {
		i := strings.LastIndex(near, w)
		if i < 0 || i > 0 && isWord[near[i-1]] && isWord[w[0]] {
			continue
		}
		if end := i + len(w); end == len(near) || !isWord[near[end]] || !isWord[w[len(w)-1]] {
			return true
		}
	}
	return false
}

// TestWordsBeforeAreThoseOfStrings looks before each word of ordinary mails.
func TestWordsBeforeAreThoseOfStrings(t *testing.T) {
	lists := []string{niWords, cardWords, "sort code|sortcode|s/c|sort", "nhs|gig", "the|a|to|of|é", "(|#|no.|d.o.b|ref:"}
	found := 0
	for i, text := range ordinaryMails(t) {
		if i%3 == 1 {
			text = strings.ReplaceAll(text, "e", "É")
		}
		for at := range len(text) {
			if at > 0 && isWord[text[at]] == isWord[text[at-1]] || at%2 == 1 {
				continue
			}
			near := text[max(0, at-labelReach):at]
			for _, words := range lists {
				got, want := listOf(words).near(near), hasWordByString(near, words)
				if got != want {
					t.Fatalf("one of %q in %q: got %v, want %v", words, near, got, want)
				}
				if got {
					found++
				}
			}
		}
	}
	if found < 1000 {
		t.Errorf("words stood there %d times only: the test shows little", found)
	}
}

// TestValuesAreThoseOfStrings holds bare, digitsOf and isNotName against their
// meaning.
func TestValuesAreThoseOfStrings(t *testing.T) {
	keep := func(s string, ok func(c byte) bool) string {
		var b strings.Builder
		for i := range len(s) {
			if ok(s[i]) {
				b.WriteByte(s[i])
			}
		}
		return b.String()
	}
	for _, text := range ordinaryMails(t) {
		for _, s := range append(strings.Fields(text), strings.Split(text, ",")...) {
			s = strings.TrimRight(s, "\r\n") + "é"[:2*(len(s)%2)]
			if got, want := bare(s), strings.ToUpper(keep(s, func(c byte) bool { return isWord[c] })); got != want {
				t.Errorf("bare(%q): got %q, want %q", s, got, want)
			}
			if got, want := digitsOf(s), keep(s, isDigit); got != want {
				t.Errorf("digitsOf(%q): got %q, want %q", s, got, want)
			}
			word := keep(s, func(c byte) bool { return isWord[c] })
			if got, want := isNotName(word), strings.Contains(notNames, " "+strings.ToLower(word)+" "); word != "" && got != want {
				t.Errorf("isNotName(%q): got %v, want %v", word, got, want)
			}
		}
	}
}
