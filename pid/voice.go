package pid

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
)

// voice gathers how a message speaks: of one person, or to everybody and about
// people in general. A policy on special needs and a letter about a pupil share
// their words; they differ in who these words are about. Nothing in it grows when
// the same text stands there twice, as text and as HTML.
type voice struct {
	most    [markerCount]float64        // words of a marker, in the section that has most
	unlike  [markerCount]map[int32]bool // different words of a marker
	general map[int32]float64           // phrases for everybody, and of what is public; each once
	told    map[string]float64          // strong phrases of subject matter, by how surely they speak of somebody
	names   map[string]bool             // of people who are not named for their office
	letter  float64                     // "you" and "your" in what is written to one person
}

// hear adds one section.
func (v *voice) hear(r *reading, j *judge) {
	if v.told == nil {
		v.told, v.general, v.names = map[string]float64{}, map[int32]float64{}, map[string]bool{}
	}
	one := count(r, aboutOne, true) + count(r, aRole, true)
	v.most[aboutOne] = max(v.most[aboutOne], one)
	for _, m := range []marker{ofSome, aWriter} {
		v.most[m] = max(v.most[m], count(r, m, false))
	}
	if j.letter {
		v.letter = max(v.letter, count(r, toYou, true))
	}
	for _, m := range []marker{ofBusiness, ofSecret} {
		if v.unlike[m] == nil {
			v.unlike[m] = map[int32]bool{}
		}
		for _, h := range r.marks[m] {
			if z := r.zones.of(h.end - 1); z != signatureZone && z != quotedSignatureZone {
				v.unlike[m][h.pattern] = true
			}
		}
	}
	const saysSo = 3 // a message says of itself that it is for everybody, or about nobody
	for _, m := range []marker{ofPublic, ofPlanning, ofEverybody} {
		weight := 1.0
		if m == ofEverybody {
			weight = saysSo
		}
		for _, h := range r.marks[m] {
			v.general[h.pattern] = max(v.general[h.pattern], weight)
		}
	}
	for _, h := range r.topics {
		if h.tier == strong {
			at := h.end - 1
			if sure := j.zoneFactor(at) * j.person(at); sure > 0 {
				said := r.said(h)
				v.told[said] = max(v.told[said], sure)
			}
		}
	}
	for i, c := range r.forms {
		if c.kind == Name && !j.taken[i] && j.zoneFactor(c.start) > 0 && !j.official(i) {
			v.names[c.value] = true
		}
	}
}

// count gives how many words of a marker stand in what somebody wrote, signatures
// ("she/her") left out, and greetings too if so wished.
func count(r *reading, m marker, greetings bool) float64 {
	n := 0.0
	for _, h := range r.marks[m] {
		switch z := r.zones.of(h.end - 1); {
		case z == plainZone, z == quotedZone, z == greetingZone && greetings:
			n++
		}
	}
	return n
}

var salutation = regexp.MustCompile(`^(?:Dear|Hi|Hello|Hiya|Hey|(?:Good )?[Mm]orning|(?:Good )?[Aa]fternoon),? (?:(Mr|Mrs|Ms|Miss|Mx|Dr|Cllr)\b|([A-Z][a-z]+) ?(?:[,.!\r\n-]|$))`)

// salutes are what a salutation begins with.
var salutes = []string{"Dear", "Hi", "He", "Good ", "Morning", "Afternoon"}

// manyPeople are whom a letter to more than one person begins with.
const manyPeople = " all team both colleague colleagues partner partners member members resident residents parent parents sir everyone everybody friend friends madam customer customers neighbour neighbours folks carer carers "

// toSomebody tells whether a text begins as a letter to one person does.
func toSomebody(text string) bool {
	const head = 400 // octets in which a letter begins
	for line := range strings.Lines(text[:min(len(text), head)]) {
		if strings.IndexByte("DHGMA", line[0]) < 0 || !slices.ContainsFunc(salutes, func(word string) bool { return strings.HasPrefix(line, word) }) {
			continue // most lines; the expression is slow
		}
		if m := salutation.FindStringSubmatch(line); m != nil {
			return m[1] != "" || !strings.Contains(manyPeople, " "+strings.ToLower(m[2])+" ")
		}
	}
	return false
}

// values lists how the message speaks, in the order of measureNames; weight is that
// of words, names and places, who the part of names and places in it, and named
// tells whether somebody is.
func (v *voice) values(weight, who float64, named bool) [measureCount]float64 {
	one, told := v.most[aboutOne], 0.0
	if named {
		one++
	}
	for _, sure := range slices.Sorted(maps.Values(v.told)) { // in one order, since sums of fractions depend on it
		told += sure
	}
	all := [measureCount]float64{weight, told, one, v.generally(), who, v.letter, v.most[ofSome], v.most[aWriter], float64(len(v.names)),
		float64(len(v.unlike[ofBusiness])), float64(len(v.unlike[ofSecret]))}
	for i := range all {
		least := 1.0
		if i == 0 {
			least = 0.5
		}
		all[i] = math.Log(least + all[i])
	}
	return all
}

func (v *voice) generally() float64 {
	sum := 0.0
	for _, weight := range v.general {
		sum += weight
	}
	return sum
}

// identity gives the factor of a message that says who somebody is and where she
// lives, and nothing about her. That is hers too, unless the text is for everybody.
func (v *voice) identity() float64 {
	const few = 3 // phrases for everybody that any mail may have
	return min(1, (few+v.most[aboutOne])/(few+v.generally()))
}

// bySelf tells which kinds weigh the same however a message speaks: numbers that
// identify, and what the operator added.
func (k Kind) bySelf() bool {
	alone, known := standAlone[k]
	return alone || !known
}

// standAlone has for each of our kinds whether it weighs by itself.
var standAlone = func() map[Kind]bool {
	all := map[Kind]bool{}
	for _, i := range kinds {
		all[i.kind] = false
	}
	for _, k := range []Kind{NINumber, NHSNumber, CHINumber, Card, Passport, Licence, TaxReference, IBAN, BankAccount, BirthDate, OwnWords} {
		all[k] = true
	}
	return all
}()
