package pid

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
)

// Bounds of what an operator may add.
const (
	maxOwnWords    = 2000
	maxOwnPatterns = 100
	maxOwnLength   = 300 // octets of one word or pattern
	maxNodes       = 400_000
)

// Pattern is a number or reference of the operator's own form.
type Pattern struct {
	Name  string // what a report calls it, and its kind: "housing reference"
	Match string // in the syntax of Go's regexp; any case, whole words, ASCII
}

// Options say what a Scanner looks for beyond the usual. The zero value is the usual.
type Options struct {
	Kinds    []Kind           // only these count; empty: all
	Weights  map[Kind]float64 // of one finding, instead of the usual weight; 0 switches a kind off
	Words    []string         // further subject matter; each counts wherever it stands
	Allow    []string         // values that never count: the organisation's own numbers, postcodes, "@its.domain"
	Patterns []Pattern
}

// DefaultPatternWeight is what a Pattern weighs when Weights says nothing.
const DefaultPatternWeight = 5

// Scanner looks for what its Options say. It may be used by many goroutines.
type Scanner struct {
	forms   *matcher // of patterns whose start is asked for
	words   *matcher // of all others
	entries []entry  // by number of the pattern
	marks   []int8   // of the entries, apart since they are asked for at each hit
	weights map[Kind]float64
	kinds   []Kind // in the order of reports
	allow   map[string]bool
	domains []string // of allowed mail addresses, with "@"
}

// entry is what a pattern of the matcher means.
type entry struct {
	form  *form
	topic Kind // subject matter; empty for others
	tier  tier // of a word of subject matter
	own   Kind // kind of an operator's pattern
	mark  int  // marker; -1 for others
}

var usual = sync.OnceValue(func() *Scanner {
	s, err := build(Options{})
	if err != nil {
		panic("internal error: the built-in patterns of pid: " + err.Error())
	}
	return s
})

// New makes a Scanner. The error says which word or pattern cannot be used.
func New(o Options) (*Scanner, error) {
	if len(o.Words)+len(o.Patterns) == 0 {
		s := *usual()
		return &s, s.configure(o)
	}
	return build(o)
}

func build(o Options) (*Scanner, error) {
	s := &Scanner{}
	patterns := s.builtIn()
	if len(o.Words) > maxOwnWords || len(o.Patterns) > maxOwnPatterns {
		return nil, fmt.Errorf("at most %d words and %d patterns", maxOwnWords, maxOwnPatterns)
	}
	for _, w := range o.Words {
		words := strings.Fields(fold(w).text)
		for i := range words {
			words[i] = syntaxQuote(words[i])
		}
		p := gaps(strings.Join(words, " "))
		if err := checkOwn(p); err != nil {
			return nil, fmt.Errorf("word %q: %w", w, err)
		}
		patterns = append(patterns, pattern{text: p, place: true})
		s.entries = append(s.entries, entry{topic: OwnWords, mark: -1})
	}
	for _, own := range o.Patterns {
		err := checkOwn(own.Match)
		if strings.TrimSpace(own.Name) == "" {
			err = fmt.Errorf("%w: it wants a name", errPattern)
		}
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", own.Name, err)
		}
		patterns = append(patterns, pattern{text: own.Match})
		s.entries = append(s.entries, entry{own: Kind(own.Name), mark: -1})
	}
	var err error
	if s.forms, err = matcherOf(patterns, func(p pattern) bool { return !p.place }); err != nil {
		return nil, err
	}
	if s.words, err = matcherOf(patterns, func(p pattern) bool { return p.place }); err != nil {
		return nil, err
	}
	if len(s.forms.nodes)+len(s.words.nodes) > maxNodes {
		return nil, fmt.Errorf("the words and patterns are too many together")
	}
	for _, e := range s.entries {
		s.marks = append(s.marks, int8(e.mark))
	}
	return s, s.configure(o)
}

// builtIn gives the patterns of the package and notes what each means.
func (s *Scanner) builtIn() []pattern {
	var all []pattern
	for i := range forms {
		all = append(all, pattern{text: forms[i].match, exact: forms[i].exact, last: forms[i].last, cell: forms[i].column != nil})
		s.entries = append(s.entries, entry{form: &forms[i], mark: -1})
	}
	for _, t := range topics {
		for i, list := range [tiers]string{t.strong, t.half, t.weak} {
			for _, p := range phrases(list) {
				all = append(all, pattern{text: p, place: true})
				s.entries = append(s.entries, entry{topic: t.kind, tier: tier(i), mark: -1})
			}
		}
	}
	for m, list := range markers {
		for _, p := range phrases(list) {
			all = append(all, pattern{text: p, place: true})
			s.entries = append(s.entries, entry{mark: m})
		}
	}
	return all
}

// syntaxQuote makes a word stand for itself in a pattern.
func syntaxQuote(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(`\.+*?()|[]{}^$`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// checkOwn refuses what a pattern of an operator cannot be.
func checkOwn(s string) error {
	if s == "" || len(s) > maxOwnLength || firstBeyondASCII(s) >= 0 {
		return fmt.Errorf("%w: wants at most %d letters, digits and signs of ASCII", errPattern, maxOwnLength)
	}
	re, err := parsePattern(s, syntax.FoldCase)
	if err != nil {
		return err
	}
	return new(nfa).add(re, 0)
}

// configure takes over what does not touch the matcher.
func (s *Scanner) configure(o Options) error {
	s.weights = map[Kind]float64{}
	s.kinds = nil
	for _, k := range kinds {
		s.weights[k.kind] = k.weight
		s.kinds = append(s.kinds, k.kind)
	}
	for _, p := range o.Patterns {
		if _, known := s.weights[Kind(p.Name)]; known {
			return fmt.Errorf("pattern %q: there is a kind or pattern of that name", p.Name)
		}
		s.weights[Kind(p.Name)] = DefaultPatternWeight
		s.kinds = append(s.kinds, Kind(p.Name))
	}
	for _, k := range o.Kinds {
		if _, known := s.weights[k]; !known {
			return fmt.Errorf("there is no kind %q", k)
		}
	}
	for k, w := range o.Weights {
		if _, known := s.weights[k]; !known {
			return fmt.Errorf("there is no kind %q", k)
		}
		if !(w >= 0 && w <= 1000) {
			return fmt.Errorf("the weight of %s is from 0 to 1000", k)
		}
		s.weights[k] = w
	}
	for k := range s.weights {
		if len(o.Kinds) > 0 && !slices.Contains(o.Kinds, k) && k != Together {
			s.weights[k] = 0
		}
	}
	s.allow, s.domains = map[string]bool{}, nil
	for _, a := range o.Allow {
		a = fold(a).text
		if strings.HasPrefix(a, "@") {
			s.domains = append(s.domains, strings.ToUpper(a))
			continue
		}
		s.allow[bare(a)] = true
		s.allow[nationalNumber(a)] = true
	}
	delete(s.allow, "")
	return nil
}

// reading is what one pass over a text found; offsets in the folded text.
type reading struct {
	folded
	forms  []found
	topics []topicHit
	marks  [markerCount][]markHit // ends ascending
	zones  zones
	pages  []int // where form feeds stand
	places []Place
}

type topicHit struct {
	kind    Kind
	tier    tier
	pattern int32
	end     int
}

type markHit struct {
	end     int
	pattern int32
}

// read keeps every hit: of a text of some megabytes of numbers that is some tens
// of megabytes, and what was left out might be what counts.
func (s *Scanner) read(text string) *reading {
	r := &reading{folded: fold(text)}
	for at := strings.IndexByte(r.text, '\f'); at >= 0 && at < len(r.text); {
		r.pages = append(r.pages, at)
		next := strings.IndexByte(r.text[at+1:], '\f')
		if next < 0 {
			break
		}
		at += 1 + next
	}
	// Two automata are far faster than one of all patterns, whose states are the
	// pairs of theirs.
	words := s.words.begin()
	r.keepWords(s, words.scan(r.text))
	s.words.giveBack(words.t)
	forms := s.forms.begin()
	r.keepForms(s, &forms, forms.scan(r.text))
	s.forms.giveBack(forms.t)
	r.forms = settle(r.text, r.forms)
	return r
}

// keepWords keeps hits of subject matter and of markers.
func (r *reading) keepWords(s *Scanner, hits []hit) {
	var count [markerCount]int
	marks := 0
	for _, h := range hits {
		if m := s.marks[h.pattern]; m >= 0 {
			count[m]++
			marks++
		}
	}
	place := make([]markHit, marks) // for all of them, so that it is made once
	for m, n := range count {
		r.marks[m], place = place[:0:n], place[n:]
	}
	r.topics = make([]topicHit, 0, len(hits)-marks)
	for _, h := range hits {
		if m := s.marks[h.pattern]; m >= 0 {
			r.marks[m] = append(r.marks[m], markHit{int(h.end), h.pattern})
		} else {
			e := &s.entries[h.pattern]
			r.topics = append(r.topics, topicHit{e.topic, e.tier, h.pattern, int(h.end)})
		}
	}
}

// keepForms keeps hits of forms that are such.
func (r *reading) keepForms(s *Scanner, at *run, hits []hit) {
	const usual = 8 // forms in a text; few hits are one
	r.forms = make([]found, 0, min(len(hits), usual))
	for _, h := range hits {
		e, end := &s.entries[h.pattern], int(h.end)
		start := at.startOf(h.pattern, r.text, end)
		if start < 0 {
			continue // longer than anybody writes, or only its end
		}
		if e.form == nil {
			r.forms = append(r.forms, found{kind: e.own, start: start, end: end, value: bare(r.text[start:end])})
		} else if c, ok := e.form.candidate(r.text, start, end); ok {
			r.forms = append(r.forms, c)
		}
	}
}

// Find gives the candidates of a text in order of appearance.
func (s *Scanner) Find(text string) []Candidate {
	r := s.read(text)
	var all []Candidate
	for _, c := range r.forms {
		if c.kind != anyDate && c.kind != firstName && c.kind != reference && (!c.slip || c.kind == NHSNumber) {
			all = append(all, Candidate{c.kind, r.original(c.start), r.original(c.end)})
		}
	}
	return all
}

// Find gives the candidates of a text by the usual forms.
func Find(text string) []Candidate { return usual().Find(text) }
