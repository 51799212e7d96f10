package pid

import (
	"encoding/binary"
	"slices"
)

// way is one entry of a table: where a class of octets leads. From the low bits
// on it has the place of the state's own entries, that of the entries of its
// default, whether the state accepts, and the class itself.
type way uint64

const (
	insteadShift = 32
	insteadMask  = 1<<22 - 1

	acceptsFlag way = 1 << 54
	classShift      = 56

	unknown = 0        // base of no state: the step was not taken yet
	dead    = rowWidth // base of the state in which nothing may match before the word ends
	idle    = 2 * rowWidth
	// idle is that of the state in which nothing is under way and a word may begin.

	firstFree = 3 * rowWidth
	rowWidth  = 256 // entries of a state at most
)

func (w way) base() uint32    { return uint32(w) }
func (w way) instead() uint32 { return uint32(w>>insteadShift) & insteadMask }
func (w way) class() uint8    { return uint8(w >> classShift) }

// Entry 0 of a state that accepts, of no class, says what: the one pattern, or the
// number of the state, which has several. So they are at hand with the others.
const (
	oneAccepted  way = 1 << 32
	moreAccepted way = 1 << 33
)

// ends has for an octet acceptsFlag when a word ends before it.
var ends = func() (t [256]way) {
	for b, word := range isWord {
		if !word {
			t[b] = acceptsFlag
		}
	}
	return t
}()

// state is what may still match after what was read.
type state struct {
	set     []int32 // nodes, ascending
	fresh   bool    // a word may begin here
	accepts []int32 // patterns that match, if a word ends here
	base    uint32
}

// table is the automaton as far as one scan has needed it.
//
// Most states of a scan are a few words under way beside what is always under way
// (a name, a mail address may be anywhere). So a state has entries only for the
// octets that its further nodes eat, and for all others it does what another one
// does, its default, which has entries for all. The entries of all states lie in
// one another's gaps, so that what a text needs fits in a processor's cache: entry
// c of the state with base b is slots[b+c], and is its own if it says c, since no
// two states have one base.
type table struct {
	m        *matcher
	slots    []way   // 0: free
	index    []int32 // by base: number of the state, 0 for none
	states   []state
	ids      map[string]way
	defaults []int32 // states that have entries for all classes
	nodes    int
	from     uint32   // where a gap is looked for
	top      uint32   // from here on all is free
	mark     []uint32 // by node: the round in which it was put in
	round    uint32
	set      []int32
	key      []byte
	row      []uint8  // classes of a state
	start    way      // to the state of the start nodes; unknown after a reset
	hits     []hit    // of the scan at work
	back     []*table // by pattern, read backwards; nil until needed
}

// maxDefaults bounds what each new state is compared with.
const maxDefaults = 128

// wide is how many octets a state must eat beyond its default to have entries for
// all and be a default itself.
const wide = 24

func newTable(m *matcher) *table {
	t := &table{m: m, mark: make([]uint32, len(m.nodes))}
	t.reset()
	return t
}

// reset forgets all states. It then makes those of words that mean nothing, which
// are the defaults of others.
func (t *table) reset() {
	clear(t.slots)
	clear(t.index)
	t.slots, t.index = t.slots[:0], t.index[:0]
	t.grow(firstFree + rowWidth)
	t.states = append(t.states[:0], state{}, state{base: dead}, state{base: idle, fresh: true})
	t.index[dead], t.index[idle] = 1, 2
	for c := 1; c <= t.m.classes; c++ {
		t.slots[dead+c] = way(c) << classShift
		t.slots[idle+c] = way(c) << classShift
	}
	t.ids = map[string]way{}
	t.defaults = append(t.defaults[:0], 1, 2)
	t.nodes, t.start = 0, 0
	t.from, t.top = firstFree, firstFree
	if t.m.fixed {
		return
	}
	for _, text := range []string{"qqzzqqzzqqzz qqzzqqzzqq ", "Qqzzqqzzqqzz Qqzzqqzzqq ", "QZQZQZQZQZQZ QZQZQZQZ ", "1717171717171717 17171717 "} {
		s := t.wayTo(idle)
		for i := range len(text) {
			s = t.step(s, t.m.classOf[text[i]])
		}
	}
}

// first is the way to the state in which a match that is read backwards begins.
func (t *table) first() way {
	if t.start.base() == unknown {
		t.start = t.intern(t.m.start, false)
	}
	return t.start
}

// grow makes place for so many entries.
func (t *table) grow(n int) {
	if n > len(t.slots) {
		t.slots = append(t.slots, make([]way, n-len(t.slots))...)
		t.index = append(t.index, make([]int32, n-len(t.index))...)
	}
}

func (t *table) stateOf(w way) *state { return &t.states[t.index[w.base()]] }

// wayTo is the way to dead or idle.
func (t *table) wayTo(base way) way { return base | base<<insteadShift }

// intern gives the way to a state, made when there is none.
func (t *table) intern(set []int32, fresh bool) way {
	switch {
	case len(set) == 0 && fresh:
		return t.wayTo(idle)
	case len(set) == 0:
		return t.wayTo(dead)
	}
	t.key = append(t.key[:0], 0)
	if fresh {
		t.key[0] = 1
	}
	for _, n := range set {
		t.key = binary.LittleEndian.AppendUint32(t.key, uint32(n))
	}
	if id, ok := t.ids[string(t.key)]; ok {
		return id
	}
	if len(t.states) >= t.m.states || t.nodes+len(set) > maxSetNodes || len(t.slots) > maxSlots {
		own := slices.Clone(set)
		t.reset()
		return t.intern(own, fresh)
	}
	s := state{set: slices.Clone(set), fresh: fresh}
	for _, n := range set {
		if p := t.m.nodes[n].accepts; p >= 0 {
			s.accepts = append(s.accepts, p)
		}
	}
	id := t.place(&s)
	if len(s.accepts) > 0 {
		id |= acceptsFlag
	}
	t.index[id.base()] = int32(len(t.states))
	t.states = append(t.states, s)
	t.nodes += len(set)
	t.ids[string(t.key)] = id
	return id
}

// place finds bases for a state and its default, and takes the places of its
// entries, which are not known yet.
func (t *table) place(s *state) way {
	instead, eaten := t.defaultOf(s)
	t.row = t.row[:0]
	if len(s.accepts) > 0 {
		t.row = append(t.row, 0)
	}
	all := eaten.size() >= wide && len(t.defaults) < maxDefaults
	for c := 1; c <= t.m.classes; c++ {
		if all || eaten.has(t.m.sample[c]) {
			t.row = append(t.row, uint8(c))
		}
	}
	const most = 100 // places tried before the next is taken that is surely free
	base := t.from
	for tries := 0; base < t.top && !t.fits(base); base++ {
		if tries++; tries == most {
			t.from += most / 2
			base = t.top
			break
		}
	}
	t.grow(int(base) + rowWidth)
	t.top = max(t.top, base+1)
	for _, c := range t.row {
		t.slots[base+uint32(c)] = way(c) << classShift
		t.top = max(t.top, base+uint32(c)+1)
	}
	switch len(s.accepts) {
	case 0:
	case 1:
		t.slots[base] = oneAccepted | way(s.accepts[0])
	default:
		t.slots[base] = moreAccepted | way(len(t.states))
	}
	if s.base = base; all {
		t.defaults = append(t.defaults, int32(len(t.states)))
		instead = base
	}
	return way(base) | way(instead)<<insteadShift
}

// defaultOf gives the base of the default of a state, of whose nodes all are its
// own, and the octets that the others eat. Where none of these stands both states
// take the same steps.
func (t *table) defaultOf(s *state) (base uint32, eaten byteSet) {
	least := 1 << 16
	for _, d := range t.defaults {
		other := &t.states[d]
		if other.fresh != s.fresh || len(other.set) > len(s.set) {
			continue
		}
		if further, ok := t.beyond(s.set, other.set); ok && further.size() < least {
			base, eaten, least = other.base, further, further.size()
		}
	}
	return base, eaten
}

// beyond gives what the nodes of a set eat that are not in another one, if all of
// the other one are in the first.
func (t *table) beyond(set, other []int32) (eaten byteSet, ok bool) {
	for _, n := range set {
		if len(other) > 0 && other[0] == n {
			other = other[1:]
			continue
		}
		for i, word := range t.m.nodes[n].set {
			eaten[i] |= word
		}
	}
	return eaten, len(other) == 0
}

func (t *table) fits(base uint32) bool {
	if t.index[base] != 0 {
		return false
	}
	for _, c := range t.row {
		if at := base + uint32(c); at < t.top && t.slots[at] != 0 {
			return false
		}
	}
	return true
}

// step takes the step of a class after the state to which s leads, and notes it.
// It may reset the table: then s is a stranger, and only the result holds.
func (t *table) step(s way, class uint8) way {
	m := t.m
	from := *t.stateOf(s)
	t.round++
	t.set = t.set[:0]
	b := m.sample[class]
	t.eat(from.set, b)
	if from.fresh {
		t.eat(m.start, b)
	}
	slices.Sort(t.set)
	at := s.base() + uint32(class)
	if t.slots[at].class() != class {
		at = s.instead() + uint32(class)
	}
	count := len(t.states)
	id := t.intern(t.set, !isWord[b] && !m.fixed)
	if len(t.states) >= count { // not reset
		t.slots[at] = id | way(class)<<classShift
	}
	return id
}

func (t *table) eat(from []int32, b byte) {
	for _, n := range from {
		if !t.m.nodes[n].set.has(b) {
			continue
		}
		for _, next := range t.m.nodes[n].next {
			if t.mark[next] != t.round {
				t.mark[next] = t.round
				t.set = append(t.set, next)
			}
		}
	}
}
