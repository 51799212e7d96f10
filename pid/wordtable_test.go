package pid

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestWordTable holds the table against a map, for its own words in every place and
// case, and for what is nearly one of them.
func TestWordTable(t *testing.T) {
	want := map[string]int{}
	for n, w := range fitted.words.all {
		want[w.word] = n
	}
	check := func(word string) {
		t.Helper()
		number, known := want[strings.ToLower(word)]
		if !known {
			number = -1
		}
		for _, around := range [][2]string{{"", ""}, {"a ", " and something behind it"}, {"x, ", "."}} {
			text := around[0] + word + around[1]
			if got := fitted.words.find(text, len(around[0]), len(around[0])+len(word)); got != number {
				t.Fatalf("%q in %q: got %d, want %d", word, text, got, number)
			}
		}
	}
	for w := range want {
		check(w)
		check(strings.ToUpper(w))
		for i := range w {
			check(w[:i] + w[i+1:])
			check(w[:i] + "q" + w[i:])
			check(w[:i] + "z" + w[i+1:])
		}
	}
}

// TestPlainWords: letters and apostrophes, not what holds a digit, a sign of an
// address or a character beyond ASCII.
func TestPlainWords(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                    nil,
		"Don't go, 'quoted' it's":             {"Don't", "go", "quoted'", "it's"},
		"a to b2b 2nd x2 jane@firm.example I": {"to", "example"},
		"caf\u00e9 tea\u00e9 _so_ so":         {"so"},
		"end''":                               {"end''"},
		strings.Repeat("a", 18) + " " + strings.Repeat("a", 19): {strings.Repeat("a", 18)},
	} {
		r := &reading{folded: folded{text: text}}
		var got []string
		r.plainWords(func(from, to int) { got = append(got, text[from:to]) })
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// octetByOctet is plainWords as a machine that sees one octet at a time.
func octetByOctet(text string) (words []string) {
	n, bad := 0, false
	for i := 0; i <= len(text); i++ {
		part := notOfWord
		if i < len(text) {
			part = partOf[text[i]]
		}
		switch {
		case part == ofWord, part == withinWord && n > 0:
			n++
			continue
		case part == ofNoWord:
			bad = true
			continue
		}
		if n >= shortWord && n <= longWord && !bad {
			words = append(words, text[i-n:i])
		}
		n, bad = 0, false
	}
	return words
}

// TestPlainWordsOctetByOctet holds plainWords against the machine.
func TestPlainWordsOctetByOctet(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	texts := messagesOf(t, "../testdata/pid/messages/dev-*.txt")
	for range 20_000 {
		text := make([]byte, random.IntN(24))
		for i := range text {
			text[i] = "abC''2@_\xc3 .-"[random.IntN(12)]
		}
		texts = append(texts, string(text))
	}
	for _, text := range texts {
		r := &reading{folded: folded{text: text}}
		var got []string
		r.plainWords(func(from, to int) { got = append(got, text[from:to]) })
		if want := octetByOctet(text); !slices.Equal(got, want) {
			t.Fatalf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestWriteFoldedIsFoldRune holds the tables of folded characters against what
// fills them, at every character of two octets and at the borders beyond.
func TestWriteFoldedIsFoldRune(t *testing.T) {
	for r := rune(0); r < 0x2200; r++ {
		var got, want strings.Builder
		writeFolded(&got, r)
		foldRune(&want, r)
		if got.String() != want.String() {
			t.Errorf("%U: got %q, want %q", r, got.String(), want.String())
		}
	}
}

// TestFirstBeyondASCII: wherever it stands in a text of whatever length.
func TestFirstBeyondASCII(t *testing.T) {
	for n := range 40 {
		text := []byte(strings.Repeat("a", n))
		if got := firstBeyondASCII(string(text)); got != -1 {
			t.Errorf("%d octets of ASCII: got %d, want -1", n, got)
		}
		for at := range n {
			text[at] = 0x80
			if got := firstBeyondASCII(string(text)); got != at {
				t.Errorf("%d octets: got %d, want %d", n, got, at)
			}
			text[at] = 'a'
		}
	}
}
