package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postseal/postseal/addr"
)

// atom is one pattern of a set: an address, a domain, or what is below a domain.
type atom struct {
	kind atomKind
	key  string
}

type atomKind uint8

const (
	anAddress atomKind = iota
	aDomain
	aSuffix
)

// String gives the pattern as the file has it.
func (a atom) String() string {
	if a.kind == aSuffix {
		return "*." + a.key
	}
	return a.key
}

func (a atom) domain() string { return a.key[strings.LastIndexByte(a.key, '@')+1:] }

// atoms gives the patterns of a set, its named lists resolved, in order.
func (f *File) atoms(set Patterns) []atom {
	var all []atom
	for _, l := range f.resolved(set) {
		for kind, keys := range map[atomKind]map[string]bool{anAddress: l.addresses, aDomain: l.domains, aSuffix: l.suffixes} {
			for k := range keys {
				all = append(all, atom{kind, k})
			}
		}
	}
	slices.SortFunc(all, func(a, b atom) int { return strings.Compare(a.String(), b.String()) })
	return all
}

func (f *File) resolved(set Patterns) []List {
	lists := []List{set.set}
	for _, n := range set.lists {
		lists = append(lists, f.Lists[n.name])
	}
	return lists
}

// coversAtom tells whether every address of a pattern is in a set.
func (f *File) coversAtom(set Patterns, a atom) bool {
	for _, l := range f.resolved(set) {
		if a.kind == anAddress && l.addresses[a.key] || a.kind != aSuffix && l.domains[a.domain()] || a.kind == aSuffix && l.suffixes[a.key] {
			return true
		}
		for above := a.domain(); ; {
			var ok bool
			if _, above, ok = strings.Cut(above, "."); !ok {
				break
			}
			if l.suffixes[above] {
				return true
			}
		}
	}
	return false
}

func (f *File) coversSet(set, part Patterns) bool {
	for _, a := range f.atoms(part) {
		if !f.coversAtom(set, a) {
			return false
		}
	}
	return true
}

// insideAtom tells whether all addresses of a pattern are inside.
func (f *File) insideAtom(a atom) bool {
	if a.kind == anAddress {
		who, err := addr.Parse(a.key)
		return err == nil && f.Inside(who)
	}
	key := a.key
	if a.kind == aSuffix {
		key = "any." + key
	}
	for _, d := range f.Organisation.Domains {
		if (a.kind == aDomain || strings.HasPrefix(d, "*.") || strings.HasPrefix(d, ".")) && addr.MatchDomain(d, key) {
			return true
		}
	}
	return false
}

// audience is what a rule states about people, and the rest.
type audience struct {
	to, from []Patterns
	rest     []condition
}

func (r *Rule) audience() audience {
	var a audience
	if !r.To.IsEmpty() {
		a.to = append(a.to, r.To)
	}
	if !r.From.IsEmpty() {
		a.from = append(a.from, r.From)
	}
	for _, s := range r.If.all {
		switch c := s.is.(type) {
		case toCondition:
			a.to = append(a.to, c.set)
		case fromCondition:
			a.from = append(a.from, c.set)
		default:
			a.rest = append(a.rest, c)
		}
	}
	return a
}

// holdsBefore tells whether a rule holds whenever a later one does, as far as
// senders and conditions go.
func (f *File) holdsBefore(first, later audience) bool {
	for _, set := range first.from {
		if !slices.ContainsFunc(later.from, func(part Patterns) bool { return f.coversSet(set, part) }) {
			return false
		}
	}
	for _, c := range first.rest {
		if !slices.ContainsFunc(later.rest, func(l condition) bool { return implies(l, c) }) {
			return false
		}
	}
	return true
}

// implies tells whether a condition holds wherever another does. It may say no
// where that is hard to tell.
func implies(holds, other condition) bool {
	switch o := other.(type) {
	case markedCondition:
		_, marked := holds.(mark)
		return marked || holds == other
	case subjectTag:
		h, ok := holds.(subjectTag)
		return ok && among(h.tags, o.tags)
	case sensitivity:
		h, ok := holds.(sensitivity)
		return ok && among(h.values, o.values)
	case encryptedCondition:
		h, ok := holds.(encryptedCondition)
		return ok && among(h.kinds, o.kinds)
	case *labelCondition:
		h, ok := holds.(*labelCondition)
		return ok && among(h.names(), o.names())
	case attachmentCondition:
		h, ok := holds.(attachmentCondition)
		return ok && among(h.names, o.names) && among(h.types, o.types)
	case sizeCondition:
		h, ok := holds.(sizeCondition)
		return ok && h.over >= o.over
	case mailingList:
		h, ok := holds.(mailingList)
		return ok && h.more.IsEmpty() && o.more.IsEmpty()
	case headerCondition:
		h, ok := holds.(headerCondition)
		return ok && (h == o || o.part && strings.EqualFold(h.name, o.name) && strings.Contains(h.want, o.want))
	case calendarCondition:
		return impliesCalendar(holds, o)
	case calendarMark:
		return impliesCalendar(holds, o.calendarCondition)
	case unreadable:
		_, ok := holds.(unreadable)
		return ok
	}
	return false
}

// impliesCalendar is implies for a calendar: with fewer classes and methods.
func impliesCalendar(holds condition, other calendarCondition) bool {
	h, ok := holds.(calendarCondition)
	if m, isMark := holds.(calendarMark); isMark {
		h, ok = m.calendarCondition, true
	}
	within := func(some, all []string) bool { return len(all) == 0 || len(some) > 0 && among(some, all) }
	return ok && within(h.classes, other.classes) && within(h.methods, other.methods)
}

func (c *labelCondition) names() []string {
	var all []string
	for _, p := range c.phrases {
		all = append(all, string(p.whole))
	}
	return all
}

func among(some, all []string) bool {
	for _, s := range some {
		if !slices.ContainsFunc(all, func(a string) bool { return strings.EqualFold(a, s) }) {
			return false
		}
	}
	return true
}

// warnUnreached tells of a rule that never decides, or not for some of its
// recipients, because of the rules before it.
func (f *File) warnUnreached(p *problems, at int) {
	r := &f.Rules[at]
	path := fmt.Sprintf("rules.%d", at)
	mine := r.audience()
	before := map[int]audience{} // earlier rules that hold whenever this one does, for their recipients
	for i := range at {
		first := f.Rules[i].audience()
		if !f.holdsBefore(first, mine) {
			continue
		}
		if len(first.to) == 0 {
			p.add(path, "rule %q is never reached: %s", r.Name, f.decides(i, at))
			return
		}
		before[i] = first
	}
	if len(mine.to) == 0 {
		return
	}
	atoms, hidden := f.atoms(mine.to[0]), 0
	by := map[string][]string{} // the patterns for which the rule is not reached, by reason
	for _, a := range atoms {
		if why := f.hides(before, a, at); why != "" {
			hidden++
			by[why] = append(by[why], a.String())
		}
	}
	for _, why := range sortedKeys(by) {
		forWhom := ""
		if hidden < len(atoms) || len(by) > 1 {
			forWhom = " for " + few(by[why])
		}
		p.add(path, "rule %q is never reached%s: %s", r.Name, forWhom, why)
	}
}

// hides says why a rule does not decide for a pattern of its recipients; empty:
// it may.
func (f *File) hides(before map[int]audience, a atom, at int) string {
	if f.insideAtom(a) {
		return "mail for our own people always passes"
	}
	if suffix := strings.ToLower(strings.TrimPrefix(f.SecureSuffix, ".")); suffix != "" && strings.HasSuffix("."+a.domain(), "."+suffix) && (a.kind == aSuffix || a.domain() != suffix) {
		return "of an address that ends in ." + suffix + " only what stands before it is asked for"
	}
	for i := range at {
		first, ok := before[i]
		if ok && !slices.ContainsFunc(first.to, func(set Patterns) bool { return !f.coversAtom(set, a) }) {
			return f.decides(i, at)
		}
	}
	return ""
}

// decides says which rule decides in place of a later one, and that it prevents
// what that one is for.
func (f *File) decides(first, later int) string {
	words := fmt.Sprintf("rule %q before it decides", f.Rules[first].Name)
	if f.Rules[first].Do.Action == Pass && f.Rules[later].Do.Action != Pass {
		words += ", and lets pass what this one would " + f.Rules[later].Do.Action.String()
	}
	return words
}

func few(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
