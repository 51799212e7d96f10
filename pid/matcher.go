package pid

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"sync"
)

// Bounds of the tables of one scan. When one is reached the tables are thrown
// away and built anew from where the scan stands.
const (
	cacheLine = 16 // entries of a table in one line of a processor's cache

	maxStates   = 24000   // ordinary mail needs a few thousand; 11 MB at most
	maxSetNodes = 1 << 20 // entries of all state sets together: 4 MB
	maxBack     = 2000    // states of one pattern read backwards
	keptTables  = 2       // survive the collector: states made anew cost ten times the scan
)

// matcher finds whole-word matches of many patterns in one pass: a deterministic
// automaton whose states are made when they are first needed. It may be used by
// many goroutines; each scan borrows tables of its own.
type matcher struct {
	nfa
	back    []*matcher // pattern by pattern, backwards and from a fixed end; nil where the start is not asked for
	fixed   bool       // begins where the scan begins, not at each word
	states  int        // at most
	classOf [256]uint8 // octets that no pattern tells apart have one class
	classes int
	sample  []byte      // one octet of each class
	kept    chan *table // free ones that stay
	tables  sync.Pool   // further free ones, until memory is wanted
}

// pattern is one thing to look for.
type pattern struct {
	text  string
	exact bool // upper and lower case are told apart
	place bool // only that it is there matters, not where it starts
}

// newMatcher compiles patterns; the number of each is its place.
func newMatcher(patterns []pattern) (*matcher, error) {
	return matcherOf(patterns, func(pattern) bool { return true })
}

// matcherOf leaves out patterns, which keep their numbers.
func matcherOf(patterns []pattern, in func(pattern) bool) (*matcher, error) {
	m := &matcher{back: make([]*matcher, len(patterns)), states: maxStates}
	for i, p := range patterns {
		if !in(p) {
			continue
		}
		flags := syntax.FoldCase
		if p.exact {
			flags = 0
		}
		re, err := parsePattern(p.text, flags)
		if err != nil {
			return nil, err
		}
		if err := m.add(re, int32(i)); err != nil {
			return nil, err
		}
		if p.place {
			continue
		}
		back := &matcher{fixed: true, states: maxBack}
		if err := back.add(reversed(re), 0); err != nil {
			return nil, err
		}
		back.ready()
		m.back[i] = back
	}
	m.ready()
	return m, nil
}

func (m *matcher) ready() {
	if len(m.nodes) > 0 {
		m.reduce()
	}
	m.findClasses()
	m.kept = make(chan *table, keptTables)
	m.tables.New = func() any { return newTable(m) }
}

// borrow gives a table, the one with most states that is free.
func (m *matcher) borrow() *table {
	select {
	case t := <-m.kept:
		return t
	default:
		return m.tables.Get().(*table)
	}
}

// giveBack takes a table for the next scan.
func (m *matcher) giveBack(t *table) {
	select {
	case m.kept <- t:
	default:
		m.tables.Put(t)
	}
}

// state is what may still match after what was read.
type state struct {
	set     []int32 // nodes, ascending
	fresh   bool    // a word may begin here
	accepts []int32 // patterns that match, if a word ends here
}

// table is the automaton as far as one scan has needed it. Entry s*classes+c is
// the offset of the state after class c: 0 not known yet, negative when the
// patterns of s match before the octet.
type table struct {
	m      *matcher
	next   []int32
	states []state
	index  []int32 // by offset of a state in cache lines: its number
	ids    map[string]int32
	nodes  int
	mark   []uint32 // by node: the round in which it was put in
	round  uint32
	set    []int32
	key    []byte
}

func newTable(m *matcher) *table {
	t := &table{m: m, mark: make([]uint32, len(m.nodes))}
	t.reset()
	return t
}

// reset forgets all states; offset 0 is taken by a state that is never entered.
func (t *table) reset() {
	t.next = append(t.next[:0], make([]int32, t.m.classes)...)
	t.states = append(t.states[:0], state{})
	t.index = append(t.index[:0], make([]int32, t.m.classes/cacheLine)...)
	t.ids = map[string]int32{}
	t.nodes = 0
}

// intern gives the offset of a state, made when there is none.
func (t *table) intern(set []int32, fresh bool) int32 {
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
	if len(t.states) >= t.m.states || t.nodes+len(set) > maxSetNodes {
		key := string(t.key)
		t.reset()
		t.key = append(t.key[:0], key...)
	}
	s := state{set: slices.Clone(set), fresh: fresh}
	for _, n := range set {
		if p := t.m.nodes[n].accepts; p >= 0 {
			s.accepts = append(s.accepts, p)
		}
	}
	id := int32(len(t.states) * t.m.classes)
	for range t.m.classes / cacheLine {
		t.index = append(t.index, int32(len(t.states)))
	}
	t.states = append(t.states, s)
	t.next = append(t.next, make([]int32, t.m.classes)...)
	t.nodes += len(set)
	t.ids[string(t.key)] = id
	return id
}

// step makes the entry for a class after the state at offset s. It may reset the
// table: then s is a stranger, and only the result holds.
func (t *table) step(s int32, class int) int32 {
	m := t.m
	from := t.states[t.index[s/cacheLine]]
	t.round++
	t.set = t.set[:0]
	b := m.sample[class]
	word := isWord[b]
	t.eat(from.set, b)
	if from.fresh {
		t.eat(m.start, b)
	}
	slices.Sort(t.set)
	count := len(t.states)
	id := t.intern(t.set, !word && !m.fixed)
	entry := id
	if !word && len(from.accepts) > 0 {
		entry = -id
	}
	if len(t.states) >= count { // not reset
		t.next[int(s)+class] = entry
	}
	return entry
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

// scan calls hit with each pattern that matches whole words, and with the end
// of the match; ends ascend.
func (m *matcher) scan(text string, hit func(pattern int32, end int)) {
	r := m.begin()
	defer m.giveBack(r.t)
	for i := 0; i < len(text); i++ {
		class := int(m.classOf[text[i]])
		if e := r.next[int(r.s)+class]; e > 0 {
			r.s = e
		} else {
			r.slow(e, class, i, hit)
		}
	}
	r.end(len(text), hit)
}

// scanBoth is scan with two matchers in one pass. Together their tables are far
// smaller than that of one matcher of all patterns, whose states are the pairs of
// their states; and a processor looks up both at once.
func scanBoth(a, b *matcher, text string, hit func(pattern int32, end int)) {
	ra, rb := a.begin(), b.begin()
	defer a.giveBack(ra.t)
	defer b.giveBack(rb.t)
	nextA, nextB, sa, sb := ra.next, rb.next, ra.s, rb.s
	for i := 0; i < len(text); i++ {
		octet := text[i]
		classA, classB := int(a.classOf[octet]), int(b.classOf[octet])
		ea, eb := nextA[int(sa)+classA], nextB[int(sb)+classB]
		if ea > 0 {
			sa = ea
		} else {
			ra.s = sa
			ra.slow(ea, classA, i, hit)
			sa, nextA = ra.s, ra.next
		}
		if eb > 0 {
			sb = eb
		} else {
			rb.s = sb
			rb.slow(eb, classB, i, hit)
			sb, nextB = rb.s, rb.next
		}
	}
	ra.s, rb.s = sa, sb
	ra.end(len(text), hit)
	rb.end(len(text), hit)
}

// run is a scan at work.
type run struct {
	t    *table
	next []int32 // of t
	s    int32   // offset of the state
}

func (m *matcher) begin() run {
	t := m.borrow()
	if t.round > 1<<31 {
		clear(t.mark)
		t.round = 0
	}
	s := t.intern(nil, true)
	return run{t, t.next, s}
}

// slow takes a step that is not known yet, or before which something matches.
func (r *run) slow(e int32, class, at int, hit func(pattern int32, end int)) {
	accepts := r.t.states[r.t.index[r.s/cacheLine]].accepts
	if e == 0 {
		e = r.t.step(r.s, class)
		r.next = r.t.next
	}
	if e < 0 {
		e = -e
		for _, p := range accepts {
			hit(p, at)
		}
	}
	r.s = e
}

func (r *run) end(at int, hit func(pattern int32, end int)) {
	for _, p := range r.t.states[r.t.index[r.s/cacheLine]].accepts {
		hit(p, at)
	}
}

// startOf gives where a match of a pattern begins that ends at end: the leftmost
// start of a word from which it matches; -1 when there is none within maxLookBack.
func (m *matcher) startOf(pattern int32, text string, end int) int {
	return m.back[pattern].lookBack(text, end)
}

func (m *matcher) lookBack(text string, end int) int {
	t := m.borrow()
	defer m.giveBack(t)
	found, s := -1, t.intern(m.start, false)
	for at := end - 1; at >= 0 && at >= end-maxLookBack; at-- {
		class := int(m.classOf[text[at]])
		e := t.next[int(s)+class]
		if e == 0 {
			e = t.step(s, class)
		}
		s = max(e, -e)
		now := &t.states[t.index[s/cacheLine]]
		if len(now.set) == 0 {
			break
		}
		if len(now.accepts) > 0 && (at == 0 || !isWord[text[at-1]]) {
			found = at
		}
	}
	return found
}
