package pid

import (
	"sort"
	"strings"
)

// Reaches in octets: how far words give meaning to what they stand by.
// Microsoft's sensitive information types take 300 characters too.
const (
	contextReach = 300
	closeReach   = 80
	publicReach  = 500
)

// judge weighs the findings of one text by what stands around them.
type judge struct {
	s       *Scanner
	r       *reading
	people  []int            // where people are named, ascending
	strong  []int            // where strong words and dates of birth stand, ascending
	private float64          // factor of the whole message
	letter  bool             // it begins with "Dear ..." to one person
	taken   []bool           // forms that are part of another or another reading of it
	last    [markerCount]int // where among the words of a marker those around a place began last
	office  []int8           // of each form: 1 for somebody named for an office, -1 for others, 0 not known yet
}

func newJudge(s *Scanner, r *reading) *judge {
	j := &judge{s: s, r: r, taken: make([]bool, len(r.forms)), office: make([]int8, len(r.forms)), letter: toSomebody(r.text)}
	for i, c := range r.forms {
		if j.taken[i] = j.covered(i); j.taken[i] {
			continue
		}
		switch c.kind {
		case Name, firstName:
			if z := r.zones.of(c.start); z == plainZone || z == quotedZone {
				if !j.official(i) {
					j.people = append(j.people, c.start)
				}
			}
		case BirthDate:
			j.strong = append(j.strong, c.start)
		}
	}
	for _, h := range r.topics {
		if h.tier == strong {
			j.strong = append(j.strong, h.end)
		}
	}
	sort.Ints(j.strong)
	return j
}

// rank tells which of two kinds that overlap a text is.
var rank = map[Kind]int{IBAN: 20, Card: 19, Licence: 18, NINumber: 17, Passport: 16, CHINumber: 15, TaxReference: 14, NHSNumber: 13,
	BankAccount: 12, BirthDate: 11, Phone: 10, Email: 9, Address: 8, Vehicle: 3, Postcode: 4, CaseNumber: 2, reference: 0, anyDate: 1, Name: 7, firstName: 6}

// covered tells whether form i lies in a form of higher rank, or is the postcode
// of an address.
func (j *judge) covered(i int) bool {
	c := j.r.forms[i]
	for k := max(0, i-12); k < min(len(j.r.forms), i+13); k++ {
		o := j.r.forms[k]
		if k != i && o.start < c.end && c.start < o.end && rank[o.kind] > rank[c.kind] && !(o.kind == NHSNumber && c.kind == Phone && j.near(ofNHS, c.start, contextReach) == 0) {
			return true
		}
		if c.kind == Postcode && o.kind == Address && c.start >= o.end && c.start-o.end <= 120 {
			return true
		}
	}
	return false
}

// near counts the different words of a marker around a place.
func (j *judge) near(m marker, at, reach int) int {
	all := j.around(m, at, reach)
	if len(all) < 2 {
		return len(all)
	}
	var seen [12]int32
	count := 0
next:
	for i := 0; i < len(all) && count < len(seen); i++ {
		for _, s := range seen[:count] {
			if s == all[i].pattern {
				continue next
			}
		}
		seen[count] = all[i].pattern
		count++
	}
	return count
}

// hits counts the words of a marker around a place, repeated ones too.
func (j *judge) hits(m marker, at, reach int) int { return len(j.around(m, at, reach)) }

// around gives the words of a marker that end within reach of a place.
func (j *judge) around(m marker, at, reach int) []markHit {
	all := j.r.marks[m]
	from := j.last[m] // places are asked for in their order, nearly
	for from > 0 && all[from-1].end >= at-reach {
		from--
	}
	for from < len(all) && all[from].end < at-reach {
		from++
	}
	j.last[m] = from
	to := from
	for to < len(all) && all[to].end <= at+reach {
		to++
	}
	return all[from:to]
}

func within(all []int, at, reach int) bool {
	i := sort.SearchInts(all, at-reach)
	return i < len(all) && all[i] <= at+reach
}

// person tells how sure it is that one person is spoken of around a place: 1 for
// a name or a role, less for "she", 0 for nobody.
func (j *judge) person(at int) float64 {
	switch {
	case within(j.people, at, contextReach):
		return 1
	case j.near(aRole, at, contextReach) > 0:
		return 0.9
	case j.hits(aboutOne, at, contextReach) >= 3:
		return 0.95
	case j.hits(aboutOne, at, contextReach) == 2:
		return 0.85
	case j.hits(aboutOne, at, contextReach/2) == 1:
		return 0.6
	case j.hits(aSelf, at, contextReach) >= 2:
		return 0.85
	case j.hits(aSelf, at, contextReach/2) == 1:
		return 0.6
	case j.letter && j.hits(toYou, at, contextReach) >= 2:
		return 0.85
	}
	return 0
}

// public gives less than 1 where the words around speak to everybody.
func (j *judge) public(at int) float64 {
	n := j.near(ofPublic, at, publicReach) + j.near(ofPlanning, at, publicReach) - min(2, j.near(ofCase, at, publicReach))
	switch {
	case n <= 2:
		return j.private
	case n == 3:
		return 0.6 * j.private
	case n == 4:
		return 0.4 * j.private
	}
	return 0.2 * j.private
}

// zoneFactor is less in what is quoted, nothing in greetings and signatures.
func (j *judge) zoneFactor(at int) float64 {
	switch j.r.zones.of(at) {
	case plainZone:
		return 1
	case quotedZone:
		return 0.7
	}
	return 0
}

// form gives the weight of one candidate.
func (j *judge) form(i int, c found) float64 {
	if j.taken[i] || c.kind == anyDate {
		return 0
	}
	weight, known := j.s.weights[visible(c.kind)]
	if !known || weight == 0 {
		return 0
	}
	switch c.kind {
	case NINumber, NHSNumber, CHINumber, Card, Passport, Licence, TaxReference, IBAN, BankAccount:
		return weight * j.number(c)
	case BirthDate:
		return weight * max(j.public(c.start), 0.5)
	case Address, Postcode, Phone, Email, Vehicle, CaseNumber, reference:
		return weight * j.zoneFactor(c.start) * j.contact(c)
	case Name, firstName:
		if c.kind == Name && j.r.zones.of(c.start) == greetingZone {
			return weight / 2 * j.name(i, c) // whom it is written to, perhaps about
		}
		return weight * j.zoneFactor(c.start) * j.name(i, c)
	}
	return weight // a pattern of the operator's
}

// testNHS begins the NHS numbers that are kept for tests and never given out.
const testNHS = "999"

// number judges what identifies somebody by itself, wherever it stands: a quoted
// one is read by the recipient like any other.
func (j *judge) number(c found) float64 {
	if c.slip && c.kind != NHSNumber {
		const surely = 0.7 // the word before says what it is, the check digit that it is not
		if j.near(ofNumbering, c.start, closeReach) > 0 {
			return 0
		}
		return surely
	}
	at := c.start
	numbering := j.near(ofNumbering, at, closeReach) > 0
	has := func(m marker) bool { return j.near(m, at, contextReach) > 0 }
	switch c.kind {
	case NINumber:
		return certainty(c.labelled || has(ofNI) || j.person(at) > 0, numbering, 0.8)
	case NHSNumber:
		if strings.HasPrefix(digitsOf(c.value), testNHS) {
			return 0
		}
		return certainty(j.near(ofNHS, at, contextReach) > 0, numbering && !before(j.r.text, at, nhsWords), 0)
	case Card:
		grouped := 0.1
		if strings.ContainsAny(j.r.text[c.start:c.end], " -") {
			grouped = 0.6
		}
		return certainty(j.near(ofCard, at, contextReach) > 0, numbering && j.near(ofCard, at, contextReach) == 0, grouped)
	case Passport:
		return certainty(c.labelled || before(j.r.text, at, passportWords) || j.near(ofPassport, at, contextReach/2) > 0, numbering, 0)
	case Licence:
		return certainty(has(ofLicence) || j.person(at) > 0, numbering, 0.8)
	case TaxReference:
		if j.near(ofBusiness, at, contextReach) >= 2 {
			return 0.4
		}
	case IBAN, BankAccount:
		switch business := j.near(ofBusiness, at, contextReach); {
		case business >= 2 || business == 1 && j.person(at) == 0:
			return 0.25
		case j.person(at) > 0 || has(ofHome):
			return 1.25
		}
	}
	return 1
}

// certainty is 1 with words that say what a number is, nothing or little beside
// words of another sort of number, and else what the form alone says.
func certainty(said, numbering bool, alone float64) float64 {
	switch {
	case said && !numbering:
		return 1
	case numbering && !said:
		return min(alone, 0.2)
	case said:
		return 0.8
	}
	return alone
}

// contact judges where somebody lives and how she is reached.
func (j *judge) contact(c found) float64 {
	at := c.start
	factor := j.public(at)
	office := j.near(ofOffice, at, closeReach) > 0 || j.near(ofPlanning, at, contextReach) >= 2
	home := j.near(ofHome, at, closeReach) > 0 && !office
	someone := j.person(at) > 0
	switch c.kind {
	case Address:
		switch {
		case office && !c.labelled:
			return 0.1 * factor
		case (home || c.labelled) && someone:
			return 5.0 / 3 * factor
		case home || c.labelled || someone:
			return factor
		}
		return 0.3 * factor
	case Postcode:
		if home && someone {
			return factor
		}
		return 0
	case Phone:
		if n := nationalNumber(c.value); office || strings.ContainsRune("389", rune(n[1])) || n[:4] == "0800" {
			return 0
		}
		if home || someone {
			return factor
		}
		return 0.5 * factor
	case Email:
		if home && someone {
			return factor
		}
		return 0
	case Vehicle:
		if j.near(ofVehicle, at, contextReach/2) == 0 || strings.ToUpper(j.r.text[c.start:c.end]) != j.r.text[c.start:c.end] {
			return 0
		}
		return factor
	}
	if c.kind == reference && (!someone || j.ofThing(c)) {
		return 0
	}
	if !someone {
		return 0.5 * factor
	}
	return factor
}

// ofThing tells whether a reference is that of an order, a firm, an office, a plan.
func (j *judge) ofThing(c found) bool {
	near := func(m marker) int { return j.near(m, c.start, closeReach) }
	return near(ofBusiness)+near(ofNumbering)+near(ofOffice) > 0 || j.near(ofPlanning, c.start, contextReach) >= 2
}

// official tells whether form i is the name of somebody in office, who is named
// because of it.
func (j *judge) official(i int) bool {
	if j.office[i] == 0 {
		j.office[i] = -1
		if inOffice(j.r.text, j.r.forms[i]) {
			j.office[i] = 1
		}
	}
	return j.office[i] > 0
}

// name judges a person's name.
func (j *judge) name(i int, c found) float64 {
	factor := j.public(c.start)
	switch {
	case c.kind == firstName:
		if !within(j.strong, c.start, contextReach) || j.official(i) {
			return 0
		}
		return 0.5 * factor
	case j.official(i):
		return 0.2 * factor
	case j.near(ofPlanning, c.start, contextReach) >= 2:
		return 0.3 * factor
	}
	return factor
}

// topic gives the weight of a word of subject matter.
func (j *judge) topic(h topicHit) float64 {
	weight := j.s.weights[h.kind]
	at := h.end - 1
	if h.kind == OwnWords {
		return weight * max(j.zoneFactor(at), 0.7)
	}
	factor := weight * j.zoneFactor(at) * j.public(at)
	if factor == 0 {
		return 0
	}
	sure := j.person(at)
	switch {
	case h.tier == strong:
		return factor * sure
	case h.tier == half:
		return factor * sure / 2
	case sure >= 0.9 && (within(j.strong, at, contextReach) || j.hits(aboutOne, at, contextReach) >= dwells):
		return factor * sure / 4
	case sure == 1:
		return factor / 8
	}
	return 0
}
