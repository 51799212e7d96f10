package pid

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"slices"
)

// Bounds of a pattern.
const (
	maxPatternNodes = 8000 // of one pattern; "{1000}" of something is a slip
	maxLookBack     = 256  // octets from the end of a match to its start
)

// byteSet is a set of octets.
type byteSet [4]uint64

func (s *byteSet) add(b byte)      { s[b>>6] |= 1 << (b & 63) }
func (s *byteSet) has(b byte) bool { return s[b>>6]&(1<<(b&63)) != 0 }

// node is a state of the automaton that eats one octet, or accepts.
type node struct {
	set     byteSet
	next    []int32 // nodes reached by eating, alternatives followed
	accepts int32   // number of the pattern; -1 for a node that eats
}

// nfa is patterns side by side.
type nfa struct {
	nodes []node
	start []int32
}

var errPattern = errors.New("cannot be used as a pattern")

// parsePattern reads a pattern in Go's syntax. Borders of words and lines cannot
// be asked for (a match is always of whole words), nor can nothing be matched.
func parsePattern(s string, flags syntax.Flags) (*syntax.Regexp, error) {
	re, err := syntax.Parse(s, flags|syntax.PerlX|syntax.OneLine)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPattern, err)
	}
	return re, nil
}

// add puts a pattern into the automaton under a number.
func (n *nfa) add(re *syntax.Regexp, number int32) error {
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return fmt.Errorf("%w: %w", errPattern, err)
	}
	if len(prog.Inst) > maxPatternNodes {
		return fmt.Errorf("%w: too long", errPattern)
	}
	index := make([]int32, len(prog.Inst))
	for i, inst := range prog.Inst {
		index[i] = -1
		switch inst.Op {
		case syntax.InstEmptyWidth:
			return fmt.Errorf(`%w: borders such as \b and ^ are not known; matches are whole words`, errPattern)
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			index[i] = int32(len(n.nodes))
			n.nodes = append(n.nodes, node{set: octets(&prog.Inst[i]), accepts: -1})
		case syntax.InstMatch:
			index[i] = int32(len(n.nodes))
			n.nodes = append(n.nodes, node{accepts: number})
		}
	}
	for i := range prog.Inst {
		if at := index[i]; at >= 0 && n.nodes[at].accepts < 0 {
			n.nodes[at].next = closure(prog, index, prog.Inst[i].Out)
		}
	}
	start := closure(prog, index, uint32(prog.Start))
	for _, at := range start {
		if n.nodes[at].accepts >= 0 {
			return fmt.Errorf("%w: it matches nothing at all", errPattern)
		}
	}
	n.start = append(n.start, start...)
	return nil
}

// octets gives what an instruction eats. All octets of characters beyond ASCII
// are alike: eaten by what eats "any", never by the odd case pair (k and the
// Kelvin sign).
func octets(inst *syntax.Inst) byteSet {
	var s byteSet
	for b := range 128 {
		if inst.MatchRune(rune(b)) {
			s.add(byte(b))
		}
	}
	if inst.MatchRune('\U0010FFFF') {
		for b := 128; b < 256; b++ {
			s.add(byte(b))
		}
	}
	return s
}

// closure follows alternatives to the nodes that eat or accept.
func closure(prog *syntax.Prog, index []int32, from uint32) []int32 {
	var found []int32
	seen := make([]bool, len(prog.Inst))
	ahead := []uint32{from}
	for len(ahead) > 0 {
		at := ahead[len(ahead)-1]
		ahead = ahead[:len(ahead)-1]
		if seen[at] {
			continue
		}
		seen[at] = true
		inst := &prog.Inst[at]
		switch {
		case index[at] >= 0:
			found = append(found, index[at])
		case inst.Op == syntax.InstAlt || inst.Op == syntax.InstAltMatch:
			ahead = append(ahead, inst.Out, inst.Arg)
		case inst.Op == syntax.InstCapture || inst.Op == syntax.InstNop:
			ahead = append(ahead, inst.Out)
		}
	}
	slices.Sort(found)
	return found
}

// reversed gives the pattern that reads backwards.
func reversed(re *syntax.Regexp) *syntax.Regexp {
	r := *re
	r.Rune = slices.Clone(re.Rune)
	if re.Op == syntax.OpLiteral {
		slices.Reverse(r.Rune)
	}
	r.Sub = nil
	for _, sub := range re.Sub {
		r.Sub = append(r.Sub, reversed(sub))
	}
	if re.Op == syntax.OpConcat {
		slices.Reverse(r.Sub)
	}
	return &r
}

// isWord tells which octets belong to a word. The underscore does not: it stands
// between the words of file names.
var isWord = func() (t [256]bool) {
	for b := range 256 {
		c := byte(b)
		t[b] = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= 0x80
	}
	return t
}()
