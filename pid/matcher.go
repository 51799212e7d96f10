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
	maxEntries  = 1 << 21 // of the rows together: 4 MB
	maxBack     = 600     // states of one pattern read backwards; each table of forms has some forty of these
	keptTables  = 2       // survive the collector: states made anew cost ten times the scan
)

// matcher finds whole-word matches of many patterns in one pass: a deterministic
// automaton whose states are made when they are first needed. It may be used by
// many goroutines; each scan borrows tables of its own.
type matcher struct {
	nfa
	ofCell  []bool     // by pattern: it ends with a cell of a table
	back    []*matcher // pattern by pattern, backwards and from a fixed end; nil where the start is not asked for
	fixed   bool       // begins where the scan begins, not at each word
	states  int        // at most
	halves  int        // length from which on a text is read at two places at once
	classOf [256]uint8 // octets that no pattern tells apart have one class
	classes int
	sample  []byte      // one octet of each class
	kept    chan *table // free ones that stay
	tables  sync.Pool   // further free ones, until memory is wanted
}

// pattern is one thing to look for.
type pattern struct {
	text  string
	exact bool   // upper and lower case are told apart
	place bool   // only that it is there matters, not where it starts
	cell  bool   // a match counts only where a cell of a table ends
	last  string // what every match ends with from the beginning of a word on: looked for in its stead; empty: all of it
}

// newMatcher compiles patterns; the number of each is its place.
func newMatcher(patterns []pattern) (*matcher, error) {
	return matcherOf(patterns, func(pattern) bool { return true })
}

// matcherOf leaves out patterns, which keep their numbers.
func matcherOf(patterns []pattern, in func(pattern) bool) (*matcher, error) {
	m := &matcher{back: make([]*matcher, len(patterns)), ofCell: make([]bool, len(patterns)), states: maxStates, halves: usualHalves}
	for i, p := range patterns {
		m.ofCell[i] = p.cell
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
		back := &matcher{fixed: true, states: maxBack, ofCell: make([]bool, 1)}
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
