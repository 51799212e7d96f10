package pid

import "slices"

// reduce puts nodes together that are always alive together: those that eat the
// same after the same (left equivalence). Thousands of phrases begin like others,
// and each state of the deterministic automaton is a set of nodes. What is matched
// does not change.
func (n *nfa) reduce() {
	before := make([][]int32, len(n.nodes))
	for i := range n.nodes {
		for _, next := range n.nodes[i].next {
			before[next] = append(before[next], int32(i))
		}
	}
	form := n.firstClasses()
	class := make([]int32, len(n.nodes))
	seen := map[uint64]int32{}
	var around []int32
	for i := range n.nodes {
		around = around[:0]
		for _, b := range before[i] {
			switch at := int(b); {
			case at < i:
				around = append(around, class[b])
			case at == i:
				around = append(around, -1)
			default: // the way back of a loop: not known yet, so alone
				around = append(around, -2-b)
			}
		}
		slices.Sort(around)
		class[i] = number(seen, digest(form[i], slices.Compact(around)))
	}
	n.merge(class)
}

// firstClasses tells nodes apart by what they eat, accept, and whether a match may
// begin with them.
func (n *nfa) firstClasses() []int32 {
	type form struct {
		set     byteSet
		accepts int32
		starts  bool
	}
	starts := make([]bool, len(n.nodes))
	for _, s := range n.start {
		starts[s] = true
	}
	seen := map[form]int32{}
	class := make([]int32, len(n.nodes))
	for i, node := range n.nodes {
		f := form{node.set, node.accepts, starts[i]}
		if _, ok := seen[f]; !ok {
			seen[f] = int32(len(seen))
		}
		class[i] = seen[f]
	}
	return class
}

func number(seen map[uint64]int32, key uint64) int32 {
	if id, ok := seen[key]; ok {
		return id
	}
	id := int32(len(seen))
	seen[key] = id
	return id
}

// digest mixes a class and those before it. 64 bits suffice: the patterns are ours
// or the operator's, some hundred thousand nodes at most.
func digest(class int32, around []int32) uint64 {
	const prime, basis = 0x9e3779b97f4a7c15, 14695981039346656037
	h := uint64(basis)
	mix := func(v uint64) {
		h = (h ^ v) * prime
		h ^= h >> 29
		h *= 0xbf58476d1ce4e5b9
		h ^= h >> 32
	}
	mix(uint64(class))
	for _, a := range around {
		mix(uint64(int64(a)) + 7)
	}
	return h
}

// merge makes one node of each class.
func (n *nfa) merge(class []int32) {
	count := slices.Max(class) + 1
	merged := make([]node, count)
	for i, node := range n.nodes {
		m := &merged[class[i]]
		m.set, m.accepts = node.set, node.accepts
		for _, next := range node.next {
			m.next = append(m.next, class[next])
		}
	}
	for i := range merged {
		slices.Sort(merged[i].next)
		merged[i].next = slices.Compact(merged[i].next)
	}
	for i, s := range n.start {
		n.start[i] = class[s]
	}
	slices.Sort(n.start)
	n.nodes, n.start = merged, slices.Compact(n.start)
}
