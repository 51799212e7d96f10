package pid

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
)

// Section is one text of a message.
type Section struct {
	Where  string  // "subject", "text", "attachment letter.docx"
	Text   string  // pages parted by form feeds, if Places does not say where they begin
	Places []Place // ascending
}

// Place says that the text from octet At on, until the next Place, stands at
// Where within its section: "page 2", "sheet Costs". Words on one page give
// meaning to numbers on the next.
type Place struct {
	Where string
	At    int
}

// Finding says what was found and where, never the value itself.
type Finding struct {
	Kind   Kind
	Where  string  // of the section, with ", page 2" or ", sheet Costs"; empty for Together
	Count  int     // different values or phrases
	Weight float64 // their part of the total
}

// Report is what the sections of one message weigh together.
type Report struct {
	Total    float64   // rounded to a tenth
	Findings []Finding // of some weight; by kind, then by place
}

// Score weighs by the usual forms, words and weights.
func Score(sections []Section) Report { return usual().Score(sections) }

// Score weighs what stands in the sections of one message.
func (s *Scanner) Score(sections []Section) Report { return s.tally(sections).report() }

func (s *Scanner) tally(sections []Section) *tally {
	t := &tally{s: s, seen: map[ofKind]bool{}, kinds: map[Kind]*kindTally{}}
	all := make([]*reading, len(sections))
	general := map[int32]bool{}
	for i, section := range sections {
		r := s.read(section.Text)
		r.zones, r.places = zonesOf(r.text), section.Places
		for _, m := range r.marks[ofEverybody] {
			general[m.pattern] = true
		}
		all[i] = r
	}
	t.private, t.readings = privacy(len(general)), all
	for i, section := range sections {
		t.section(section.Where, all[i])
	}
	t.claim()
	for _, f := range t.forms {
		t.add(f.kind, f.where, f.value, f.weight, 1, growth(f.kind))
	}
	t.add(Together, "", "", t.together(), 1, 1)
	return t
}

// privacy gives less than 1 for a message that says of itself that it is for
// everybody, or about nobody, by how many phrases say so.
func privacy(phrases int) float64 {
	switch phrases {
	case 0:
		return 1
	case 1:
		return 0.75
	case 2:
		return 0.55
	case 3:
		return 0.4
	}
	return 0.25
}

// tally gathers the weights of a message.
type tally struct {
	s        *Scanner
	seen     map[ofKind]bool // so that what is repeated counts once
	kinds    map[Kind]*kindTally
	forms    []formed         // values that have a form, each once
	formAt   map[ofKind]int   // where in forms
	loose    []formed         // references in a line of their own, as in a subject
	strongs  map[Kind]float64 // by kind of subject matter, heaviest strong phrase
	private  float64          // of the whole message
	voice    voice
	readings []*reading
	story    float64 // from 0 to 2: how much tells of one person, or is told in confidence
}

// ofKind is a value, or a phrase, of a kind.
type ofKind struct {
	kind  Kind
	value string
}

// formed is one value that has a form.
type formed struct {
	kind         Kind
	where, value string
	weight       float64
}

// keep holds a value where it weighs most: what stands alone in a file's name or
// a signature must not hide the same behind its label in the text.
func (t *tally) keep(f formed) {
	key := ofKind{f.kind, f.value}
	i, ok := t.formAt[key]
	switch {
	case !ok:
		if t.formAt == nil {
			t.formAt = map[ofKind]int{}
		}
		t.formAt[key] = len(t.forms)
		t.forms = append(t.forms, f)
	case f.weight > t.forms[i].weight:
		t.forms[i] = f
	}
}

// kindTally is what one kind weighs so far.
type kindTally struct {
	heaviest float64 // of one finding
	sum      float64
	full     int // findings of at least half the kind's weight
	places   []Finding
}

// add counts one finding. The first values of a kind weigh in full, further ones
// a quarter, and the kind no more than its bound times the heaviest.
func (t *tally) add(kind Kind, where, value string, weight float64, full int, bound float64) {
	key := ofKind{kind, value}
	if weight <= 0 || t.s.weights[kind] == 0 || t.seen[key] {
		return
	}
	t.seen[key] = true
	k := t.kinds[kind]
	if k == nil {
		k = &kindTally{}
		t.kinds[kind] = k
	}
	if weight >= t.s.weights[kind]/2 {
		k.full++
	}
	if k.full > full {
		weight /= 4
	}
	k.heaviest = max(k.heaviest, weight)
	weight = min(weight, max(0, k.heaviest*bound-k.sum))
	k.sum += weight
	for i := range k.places {
		if k.places[i].Where == where {
			k.places[i].Count++
			k.places[i].Weight += weight
			return
		}
	}
	k.places = append(k.places, Finding{Kind: kind, Where: where, Count: 1, Weight: weight})
}

func (t *tally) sum(kind Kind) float64 {
	if k := t.kinds[kind]; k != nil {
		return k.sum
	}
	return 0
}

// section weighs one text.
func (t *tally) section(where string, r *reading) {
	j := newJudge(t.s, r)
	j.private = t.private
	for i, c := range r.forms {
		if w := j.form(i, c); w > 0 && !t.s.allowed(c) {
			t.keep(formed{visible(c.kind), r.place(where, c.start), c.value, w})
		} else if c.kind == reference && len(r.text) < aLine && !j.taken[i] && !j.ofThing(c) && !t.s.allowed(c) {
			t.loose = append(t.loose, formed{CaseNumber, r.place(where, c.start), c.value, t.s.weights[CaseNumber] / 2})
		}
	}
	for _, h := range r.topics {
		w := j.topic(h)
		if w <= 0 {
			continue
		}
		value := r.said(h)
		if h.tier != weak {
			t.add(h.kind, r.place(where, h.end-1), value, w, 3, 3)
			if h.kind != OwnWords {
				if t.strongs == nil {
					t.strongs = map[Kind]float64{}
				}
				t.strongs[h.kind] = max(t.strongs[h.kind], w)
			}
		} else {
			t.add(h.kind, r.place(where, h.end-1), value, w, 2, 2)
		}
	}
	t.story = max(t.story, j.story())
	t.voice.hear(r, j)
}

// aLine is the octets of a section in which nobody needs to be named for a
// reference to be somebody's: the text below a subject says whose.
const aLine = 200

// claim keeps the references of such lines when something is told of somebody.
func (t *tally) claim() {
	const something, someone = 2, 2
	if t.topicSum() < something || t.voice.most[aboutOne]+t.voice.letter+float64(len(t.voice.names)) < someone {
		return
	}
	for _, f := range t.loose {
		t.keep(f)
	}
}

// growth bounds what many values of a kind weigh, as a multiple of one: fifty
// office numbers are a telephone list.
func growth(k Kind) float64 {
	switch k {
	case Phone, Email, Postcode, Name, Vehicle, CaseNumber:
		return 1.5
	}
	return 2
}

func visible(k Kind) Kind {
	switch k {
	case firstName:
		return Name
	case reference:
		return CaseNumber
	}
	return k
}

// allowed tells whether an operator said that a value never counts.
func (s *Scanner) allowed(c found) bool {
	if s.allow[c.value] || c.kind == Phone && s.allow[nationalNumber(c.value)] {
		return true
	}
	for _, d := range s.domains {
		if c.kind == Email && strings.HasSuffix(c.value, d) {
			return true
		}
	}
	return false
}

// said tells phrases apart: a pattern stands for many.
func (r *reading) said(h topicHit) string {
	const tail = 9 // octets that suffice to tell
	said := r.text[max(0, h.end-tail):h.end]
	if firstBeyondASCII(said) >= 0 {
		said = strings.ToLower(said)
	}
	var b [32]byte
	return string(lowerInto(strconv.AppendInt(b[:0], int64(h.pattern), 10), said))
}

// place names section and page.
func (r *reading) place(where string, at int) string {
	if len(r.places) > 0 {
		from := r.original(at)
		i := sort.Search(len(r.places), func(i int) bool { return r.places[i].At > from })
		if i == 0 || r.places[i-1].Where == "" {
			return where
		}
		return where + ", " + r.places[i-1].Where
	}
	if page := sort.SearchInts(r.pages, at) + 1; page > 1 {
		return fmt.Sprintf("%s, page %d", where, page)
	}
	return where
}

// report adds what kinds weigh together.
func (t *tally) report() Report {
	var rep Report
	factor := t.factor()
	for _, kind := range t.s.kinds {
		k := t.kinds[kind]
		if k == nil {
			continue
		}
		for _, f := range k.places {
			if !kind.bySelf() {
				f.Weight *= factor
			}
			rep.Total += f.Weight
			if f.Weight = tenth(f.Weight); f.Weight > 0 {
				rep.Findings = append(rep.Findings, f)
			}
		}
	}
	rep.Total = tenth(rep.Total)
	return rep
}

// factor is what the weights are multiplied by of all that does not identify by
// itself.
func (t *tally) factor() float64 {
	m := t.measures()
	weight := math.Exp(m.Values[0]) - 0.5
	switch {
	case !m.Topic:
		return t.voice.identity()
	case weight <= 0:
		return 0
	}
	return weightOf(fitted.of(m.Values, t.readings)) / weight
}

// measures gives what the odds depend on but the plain words.
func (t *tally) measures() Measures {
	const something = 1 // of subject matter
	m := Measures{Topic: t.topicSum() >= something}
	weight := 0.0
	for _, kind := range t.s.kinds { // in one order, since sums of fractions depend on it
		if kind.bySelf() {
			m.Sure += t.sum(kind)
		} else {
			weight += t.sum(kind)
		}
	}
	m.Values = t.voice.values(weight, t.sum(Name)+t.sum(Address)+t.sum(Phone)+t.sum(CaseNumber), t.sum(Name) >= 1)
	return m
}

func tenth(f float64) float64 { return math.Round(f*10) / 10 }

// together weighs combinations: who somebody is beside what is known of her says
// more than either.
func (t *tally) together() float64 {
	share := t.s.weights[Together]
	named := t.sum(Name) >= 1
	strong, two := 0.0, 0
	for _, w := range t.strongs {
		strong = max(strong, w)
		if w >= 2.9 {
			two++
		}
	}
	total := 0.0
	if named && (t.sum(BirthDate) >= 4 || strong >= 3 || t.sum(Address) >= 4 || t.sum(Address) >= 2 && t.sum(Phone) >= 1.5 ||
		t.sum(CaseNumber) >= 2 && t.topicSum() >= 1) {
		total += share
	} else if strong >= 2.9 {
		total += share / 3
	}
	if two >= 2 {
		total += share * 2 / 3
	}
	const something = 2 // of what is told about somebody
	if t.topicSum() >= something {
		total += share * t.story
	}
	return total
}

func (t *tally) topicSum() float64 {
	sum := 0.0
	for _, topic := range topics {
		sum += t.sum(topic.kind)
	}
	return sum
}
