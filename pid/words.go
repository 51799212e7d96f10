package pid

import "strings"

// topic is the words of one kind of subject matter. Strong ones are how people
// write about one person; half ones stand in leaflets too, and count for half
// where a person is spoken of; weak ones count only in a story about somebody, or
// beside a strong one.
type topic struct {
	kind               Kind
	strong, half, weak string
}

// tier is in which list of its topic a phrase stands.
type tier uint8

const (
	strong tier = iota
	half
	weak
	tiers = iota
)

// In the lists a space is any white space, hyphen or quoting mark between words,
// "|" at the border of a line stands between phrases, and <...> is one of sets.
// <p> is whose, <be> is a form of to be, <n> a few words between.
var topics = []topic{wordsHealth, wordsSocialCare, wordsFinance, wordsRelations, wordsBehaviour, wordsHistory, wordsCriminal}

var wordSets = strings.NewReplacer(
	"<p>", `(?:his|her|their|your|my|mum's|dad's|the child's|the family's|client's|patient's|tenant's|[a-z]+'s)`,
	"<be>", `(?:is|was|are|were|has been|may be|might be|now)`,
)

// phrases splits a list into its patterns.
func phrases(list string) []string {
	var all []string
	depth, from := 0, 0
	add := func(to int) {
		if p := strings.TrimSpace(list[from:to]); p != "" {
			all = append(all, gaps(wordSets.Replace(p)))
		}
		from = to + 1
	}
	for i := range len(list) {
		switch c := list[i]; {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth == 0 && (c == '|' || c == '\n'):
			add(i)
		}
	}
	add(len(list))
	return all
}

// gaps makes each space of a phrase what may stand between words on paper: white
// space, a hyphen, the mark of a quoted line.
func gaps(phrase string) string { return strings.ReplaceAll(phrase, " ", `[ \t\r\n>-]+`) }
