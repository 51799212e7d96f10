package pid

import (
	"regexp/syntax"
	"sync"
)

// Bounds of the tables of one scan. When one is reached the tables are thrown
// away and built anew from where the scan stands.
const (
	maxStates   = 24000   // ordinary mail needs a few thousand
	maxSetNodes = 1 << 20 // entries of all state sets together: 4 MB
	maxSlots    = 1 << 20 // entries of the transitions together: 12 MB with their index
	maxBack     = 600     // states of one pattern read backwards; each table of forms has some forty of these
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
	classOf [256]uint8 // octets that no pattern tells apart have one class, from 1 on
	classes int
	sample  []byte      // one octet of each class; none of class 0
	kept    chan *table // free ones that stay
	tables  sync.Pool   // further free ones, until memory is wanted
}

// pattern is one thing to look for.
type pattern struct {
	text  string
	exact bool   // upper and lower case are told apart
	place bool   // only that it is there matters, not where it starts
	last  string // what every match ends with from the beginning of a word on: looked for in its stead; empty: all of it
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
		ahead := re
		if p.last != "" {
			if ahead, err = parsePattern(p.last, flags); err != nil {
				return nil, err
			}
		}
		if err := m.add(ahead, int32(i)); err != nil {
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

// hit says that a pattern matches whole words that end at an offset.
type hit struct {
	pattern int32
	end     int32 // texts are of some megabytes (policy.MaxPartText)
}

// keptHits is how many hits a table has place for between scans.
const keptHits = 1 << 14

// run is a scan at work.
type run struct {
	t     *table
	slots []way // of t
	s     way   // to the state
}

func (m *matcher) begin() run {
	t := m.borrow()
	if t.round > 1<<31 {
		clear(t.mark)
		t.round = 0
	}
	if cap(t.hits) > keptHits {
		t.hits = nil
	}
	t.hits = t.hits[:0]
	return run{t, t.slots, t.wayTo(idle)}
}

// scan gives the matches of all patterns in a text; ends ascend. They are there
// until the table is given back.
func (r *run) scan(text string) []hit {
	slots, s, m := r.slots, r.s, r.t.m
	for i := 0; i < len(text); i++ {
		octet := text[i]
		class := m.classOf[octet]
		w := slots[s.base()+uint32(class)]
		if w.class() != class {
			w = slots[s.instead()+uint32(class)]
		}
		if w.base() == unknown || s&ends[octet] != 0 {
			r.s = s
			w = r.slow(w, class, i)
			slots = r.slots
		}
		s = w
	}
	r.s = s
	r.matches(len(text))
	return r.t.hits
}

// slow takes a step that is not known yet, or before which something matches.
func (r *run) slow(w way, class uint8, at int) way {
	if r.s&ends[r.t.m.sample[class]] != 0 {
		r.matches(at)
	}
	if w.base() == unknown {
		w = r.t.step(r.s, class)
		r.slots = r.t.slots
	}
	return w
}

// matches notes what matches if a word ends here.
func (r *run) matches(at int) {
	if r.s&acceptsFlag == 0 {
		return
	}
	t := r.t
	what := t.slots[r.s.base()]
	if what&oneAccepted != 0 {
		t.hits = append(t.hits, hit{int32(uint32(what)), int32(at)})
		return
	}
	for _, p := range t.states[uint32(what)].accepts {
		t.hits = append(t.hits, hit{p, int32(at)})
	}
}

// startOf gives where a match of a pattern begins that ends at end: the leftmost
// start of a word from which it matches; -1 when there is none within maxLookBack.
func (r *run) startOf(pattern int32, text string, end int) int {
	t := r.t
	if t.back == nil {
		t.back = make([]*table, len(t.m.back))
	}
	back := t.back[pattern]
	if back == nil {
		back = newTable(t.m.back[pattern])
		t.back[pattern] = back
	}
	return back.lookBack(text, end)
}

// lookBack is startOf with the table of the pattern read backwards.
func (t *table) lookBack(text string, end int) int {
	m := t.m
	found, s := -1, t.first()
	for at := end - 1; at >= 0 && at >= end-maxLookBack; at-- {
		class := m.classOf[text[at]]
		w := t.slots[s.base()+uint32(class)]
		if w.class() != class {
			w = t.slots[s.instead()+uint32(class)]
		}
		if w.base() == unknown {
			w = t.step(s, class)
		}
		if s = w; s.base() == dead {
			break
		}
		if s&acceptsFlag != 0 && (at == 0 || !isWord[text[at-1]]) {
			found = at
		}
	}
	return found
}
