package pid

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// What a line of a mail is: a greeting, the end of a letter, the head of what is
// answered. Each is told without a regular expression; most lines by their first
// letter. lines_test.go holds them against the expressions that they stand for.

// longestClosing is the octets from which on a line is neither a greeting nor the
// end of a letter.
const longestClosing = 80

// startsFold tells whether a text begins with another one, which is in lower case
// ASCII, in whatever case.
func startsFold(s, with string) bool {
	if len(s) < len(with) {
		return false
	}
	for i := range len(with) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != with[i] {
			return false
		}
	}
	return true
}

// greetings are the words with which a letter begins.
var greetings = []string{"hi", "hello", "hiya", "dear", "good morning", "good afternoon", "good evening", "morning", "afternoon", "hey"}

// isGreeting tells whether a line is one: such a word, and no more than a name or
// two behind it, without the end of a sentence.
func isGreeting(line string) bool {
	if line == "" || len(line) >= longestClosing || strings.IndexByte("adghm", line[0]|0x20) < 0 {
		return false
	}
	const most = 50 // characters behind the word
	return slices.ContainsFunc(greetings, func(word string) bool {
		if !startsFold(line, word) {
			return false
		}
		rest := line[len(word):]
		return endsWord(rest) && utf8.RuneCountInString(rest) <= most && !strings.ContainsAny(rest, ".!?")
	})
}

// isLetterOrDigit is what Go's regexp takes for part of a word.
func isLetterOrDigit(c byte) bool {
	return c >= '0' && c <= '9' || c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// closings are the words with which a letter ends; a pair is made of the first two
// rows and the third, and stands for each of both with and without a word before.
var closings = func() map[string]bool {
	all := map[string]bool{}
	for _, before := range []string{"", "with ", "many "} {
		for _, how := range []string{"", "kind", "best", "warm", "kindest"} {
			for _, gap := range []string{"", " "} {
				all[before+how+gap+"regards"] = true
				all[before+how+gap+"wishes"] = true
			}
		}
	}
	for _, words := range []string{"many thanks", "thanks", "thank you", "thanks again", "thanks all", "thanks in advance", "cheers",
		"yours sincerely", "yours faithfully", "yours truly", "sincerely", "kr", "br", "all the best", "best", "ta", "diolch", "cofion"} {
		all[words] = true
	}
	return all
}()

// longestWords is the octets of the longest of closings.
var longestWords = func() (n int) {
	for words := range closings {
		n = max(n, len(words))
	}
	return n
}()

// endsFold tells whether a text ends with another one, which is in lower case ASCII,
// in whatever case.
func endsFold(s, with string) bool {
	return len(s) >= len(with) && startsFold(s[len(s)-len(with):], with)
}

// secondClosings may stand behind the first words: "thanks and best wishes".
var secondClosings = []string{"regards", "wishes", "kind regards", "kind wishes", "best regards", "best wishes"}

// isClosing tells whether with a line a signature begins.
func isClosing(line string) bool {
	if line == "" || len(line) >= longestClosing || !beginsClosing[line[0]] {
		return false
	}
	switch {
	case line[0] == '-':
		return line == "--" || line == "-- "
	case line[0] == '_':
		return len(line) >= 5 && strings.Trim(line, "_") == ""
	case startsFold(line, "sent from my ") && !strings.Contains(line, "\n"):
		return true
	}
	end := len(line)
	for end > 0 && (line[end-1] == ' ' || line[end-1] == ',' || line[end-1] == '.' || line[end-1] == '!') {
		end--
	}
	line = line[:end]
	two := endsFold(line, "regards") || endsFold(line, "wishes")
	if !two && len(line) > longestWords {
		return false // most lines
	}
	var buf [longestClosing]byte
	lower := lowerInto(buf[:0], line)
	if closings[string(lower)] {
		return true
	}
	if !two {
		return false
	}
	words := string(lower)
	for _, second := range secondClosings {
		first, ok := strings.CutSuffix(words, second)
		if !ok {
			continue
		}
		for _, and := range []string{" and ", " & "} {
			if first, ok := strings.CutSuffix(first, and); ok && closings[first] {
				return true
			}
		}
	}
	return false
}

// beginsClosing are the letters with which the words of closings begin.
var beginsClosing = func() (t [256]bool) {
	for _, c := range []byte("abcdklmrstwy-_") {
		t[c] = true
		if c >= 'a' {
			t[c&^0x20] = true
		}
	}
	return t
}()

func lowerInto(b []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		b = append(b, c)
	}
	return b
}

// longestHead is the octets from which on a line is no head of what is answered.
const longestHead = 200

// startsQuote tells whether behind a line stands what is answered or forwarded:
// "-----Original Message-----", "On Monday Jane wrote:", "From: Jane Doe".
func startsQuote(line string) bool {
	if line == "" || len(line) >= longestHead {
		return false
	}
	switch line[0] | 0x20 {
	case '-':
		return isRuledHead(line)
	case 'o':
		const on, wrote, fewest, most = "on ", "wrote:", 6, 120 // characters between
		rest := len(line) - len(wrote)
		if rest < len(on) || !startsFold(line, on) || !startsFold(line[rest:], wrote) {
			return false
		}
		n := utf8.RuneCountInString(line[len(on):rest])
		return n >= fewest && n <= most
	case 'b':
		const begin = "begin forwarded message:"
		return len(line) == len(begin) && startsFold(line, begin)
	case 'f':
		const from, fewest = "from: ", 3
		return startsFold(line, from) && utf8.RuneCountInString(line[len(from):]) >= fewest
	}
	return false
}

// isRuledHead tells whether a line is such words between dashes.
func isRuledHead(line string) bool {
	const fewest = 2 // dashes
	rest := strings.TrimLeft(line, "-")
	if len(line)-len(rest) < fewest {
		return false
	}
	rest = strings.TrimPrefix(rest, " ")
	for _, words := range []string{"original message", "forwarded message"} {
		if startsFold(rest, words) {
			dashes := strings.TrimPrefix(rest[len(words):], " ")
			return len(dashes) >= fewest && strings.Trim(dashes, "-") == ""
		}
	}
	return false
}

// isPostScript tells whether a line goes on with the letter behind its end: "PS",
// "p. s.", "NB".
func isPostScript(line string) bool {
	if len(line) < 2 {
		return false
	}
	switch line[0] | 0x20 {
	case 'p':
		rest := strings.TrimPrefix(line[1:], ".")
		if rest != "" && strings.IndexByte(" \t\n\f\r", rest[0]) >= 0 {
			rest = rest[1:]
		}
		return startsFold(rest, "s") && endsWord(rest[1:])
	case 'n':
		return startsFold(line, "nb") && endsWord(line[2:]) || startsFold(line, "n.b.")
	}
	return false
}

func endsWord(rest string) bool { return rest == "" || !isLetterOrDigit(rest[0]) }
