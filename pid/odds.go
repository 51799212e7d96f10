package pid

import (
	_ "embed"
	"math"
	"slices"
	"strconv"
	"strings"
)

// oddsTable is what the odds depend on and by how much: a line "name coefficient"
// for each measure, then one for each word that leans. TestFit of package policy
// writes it (go test ./policy -run TestFit -fit).
//
//go:embed odds.txt
var oddsTable string

// Two logistic regressions over the messages of testdata/pid/messages that hold no
// number which identifies by itself, their log odds added: one by what the words of
// our lists weigh and whom they are about, the other by which plain words stand in
// the message at all. The first knows what it is looking for; the second was never
// told, and so does not share its mistakes.
type odds struct {
	none     float64
	measures [measureCount]float64
	words    wordTable
}

// The measures by their names in the table.
var measureNames = [measureCount]string{"weight", "told", "one", "general", "who", "letter", "some", "writer", "names", "business", "secret"}

const measureCount = 11

var fitted = readOdds(oddsTable)

// readOdds reads the table. A fault in it is a fault of the program, and stops it
// at the start.
func readOdds(table string) odds {
	var o odds
	var words []leaning
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			panic("pid: odds.txt: " + strconv.Quote(line))
		}
		measure, isMeasure := strings.CutPrefix(name, "=")
		switch i := slices.Index(measureNames[:], measure); {
		case !isMeasure:
			words = append(words, leaning{word: name, by: n})
		case measure == "none":
			o.none = n
		case i >= 0:
			o.measures[i] = n
		default:
			panic("pid: odds.txt knows " + strconv.Quote(measure) + ", which is no measure")
		}
	}
	o.words = tableOf(words)
	return o
}

// of gives the odds that a message must be sealed, as a logarithm.
func (o *odds) of(values [measureCount]float64, readings []*reading) float64 {
	sum := o.none
	for i, v := range values {
		sum += o.measures[i] * v
	}
	seen := make([]bool, len(o.words.all)) // by number
	for _, r := range readings {
		r.plainWords(func(from, to int) {
			if n := o.words.find(r.text, from, to); n >= 0 && !seen[n] {
				seen[n] = true
				sum += o.words.all[n].by
			}
		})
	}
	return sum
}

const (
	oddsScale  = 3    // how steeply odds become weight
	evenOdds   = 10.0 // the weight at even odds: the usual rule's score
	mostWeight = 60.0 // no more for any message
)

// weightOf is what all words, names and places of a message weigh at these odds.
func weightOf(odds float64) float64 { return min(mostWeight, evenOdds*math.Exp(odds/oddsScale)) }

// Measures is what the odds of a message depend on. It is there for whoever fits
// the table anew.
type Measures struct {
	Sure   float64               // weight of numbers that identify by themselves
	Topic  bool                  // there is subject matter; without it nothing depends on odds
	Values [measureCount]float64 // logarithms of 1 (the weight: of a half) and each measure
	Words  []string              // different plain words, in lower case
}

// MeasureNames gives the names of the measures in the order of Measures.Values.
func MeasureNames() []string { return slices.Clone(measureNames[:]) }

// IsFirstName tells whether a word in lower case is a given name of our list. Such
// a word must not lean.
func IsFirstName(word string) bool {
	return strings.Contains(strings.ToLower(firstNames), ":"+word+"|") || strings.Contains(strings.ToLower(firstNames), "|"+word+"|") || strings.HasSuffix(strings.ToLower(firstNames), "|"+word+")")
}

// Measure gives what the odds of a message depend on.
func Measure(sections []Section) Measures {
	t := usual().tally(sections)
	m := t.measures()
	seen := map[string]bool{}
	for _, r := range t.readings {
		r.plainWords(func(from, to int) {
			if word := string(lowerInto(nil, r.text[from:to])); !seen[word] {
				seen[word] = true
				m.Words = append(m.Words, word)
			}
		})
	}
	return m
}

// A plain word has letters only, of these lengths.
const (
	shortWord = 2
	longWord  = 18
	// mostWords of a section are looked at: four hundred pages.
	mostWords = 200_000
)

// plainWords calls yield for the words of a text outside its signatures: octets
// from to before to. Words with a digit in them are none; "don't" is one.
func (r *reading) plainWords(yield func(from, to int)) {
	text, left, zone := r.text, mostWords, plainZone
	ahead := r.zones // those that begin behind the word
	for i := 0; i < len(text) && left > 0; i++ {
		first := partOf[text[i]]
		if first == notOfWord || first == withinWord {
			continue
		}
		from := i
		for i < len(text) && partOf[text[i]]&(ofWord|withinWord) != 0 {
			i++
		}
		if to := i; i < len(text) && partOf[text[i]] == ofNoWord {
			i = endOfNoWord(text, from, i)
		} else if n := to - from; n >= shortWord && n <= longWord {
			for len(ahead) > 0 && ahead[0].at < to {
				zone, ahead = ahead[0].zone, ahead[1:]
			}
			if zone != signatureZone && zone != quotedSignatureZone {
				yield(from, to)
			}
			left--
		}
	}
}

// endOfNoWord gives where what is no plain word ends, of which octets from to before
// at are read: an apostrophe is within it only behind a letter.
func endOfNoWord(text string, from, at int) int {
	letters := at > from
	for ; at < len(text); at++ {
		switch part := partOf[text[at]]; {
		case part == notOfWord, part == withinWord && !letters:
			return at
		case part == ofWord:
			letters = true
		}
	}
	return at
}

// wordPart is what an octet is to a plain word.
type wordPart uint8

const (
	notOfWord  wordPart = 0         // it ends one
	ofWord     wordPart = 1 << iota // a letter
	withinWord                      // the apostrophe
	ofNoWord                        // what it stands in is no plain word
)

var partOf = func() (t [256]wordPart) {
	for b := range t {
		switch c := byte(b); {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			t[b] = ofWord
		case c == '\'':
			t[b] = withinWord
		case isDigit(c), c >= 0x80, c == '@', c == '_':
			t[b] = ofNoWord
		}
	}
	return t
}()
