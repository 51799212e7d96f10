package pid

import (
	"encoding/binary"
	"slices"
)

// way is one entry of a table: the number of the state to which a class of octets
// leads. With look set there is more to do than to go there: the state that is left
// matches something and a word ends, or the step was not taken yet.
type way uint16

const (
	look    way = 1 << 15
	unknown way = look // leads nowhere yet
)

// frequent is how many classes are kept in rows of their own, by how often their octets
// stand in English: so that a step of nearly all text asks one line of a processor's
// cache, of 64 octets.
const frequent = 32

// States that every table has.
const (
	nowhere   way = iota // behind unknown
	dead                 // nothing may match before the word ends
	idle                 // nothing is under way and a word may begin
	firstFree            // of all others
)

// state is what may still match after what was read.
type state struct {
	set     []int32 // nodes, ascending
	fresh   bool    // a word may begin here
	accepts []int32 // patterns that match, if a word ends here
	cells   []int32 // likewise, if a cell of a table ends here
}

// What only has for a state: a pattern that matches alone if a word ends, or
const (
	nothing int32 = -1 - iota
	several       // as the state itself says
)

// table is the automaton as far as scans have needed it: a row of ways for each
// state. Entries of two octets keep what ordinary mail needs in a processor's cache.
type table struct {
	m      *matcher
	rows   []way // by state and class, of the frequent classes
	rare   []way // likewise, of all others
	width  int   // of a row of the latter
	states []state
	only   []int32 // by state: see nothing
	ids    map[string]way
	nodes  int      // entries of all sets
	mark   []uint32 // by node: the round in which it was put in
	round  uint32
	set    []int32
	key    []byte
	s      [3]way   // the states at work
	start  way      // the state of the start nodes; nowhere after a reset
	hits   []hit    // of the scan at work
	later  []hit    // of its second half
	spare  []hit    // that do not count
	back   []*table // by pattern, read backwards; nil until needed
}

func newTable(m *matcher) *table {
	t := &table{m: m, mark: make([]uint32, len(m.nodes)), width: max(0, m.classes-frequent)}
	t.reset()
	return t
}

// reset forgets all states but those that every table has.
func (t *table) reset() {
	clear(t.states)
	t.rows, t.rare, t.states, t.only = t.rows[:0], t.rare[:0], t.states[:0], t.only[:0]
	t.ids = map[string]way{}
	t.nodes, t.start = 0, nowhere
	for range firstFree {
		t.append(state{})
	}
	t.states[idle].fresh = true
}

// append makes a row of unknown ways for a state.
func (t *table) append(s state) way {
	to := way(len(t.states))
	t.states = append(t.states, s)
	only := several
	switch {
	case len(s.accepts)+len(s.cells) == 0:
		only = nothing
	case len(s.accepts) == 1 && len(s.cells) == 0:
		only = s.accepts[0]
	}
	t.only = append(t.only, only)
	t.rows = appendUnknown(t.rows, frequent)
	t.rare = appendUnknown(t.rare, t.width)
	return to
}

func appendUnknown(rows []way, n int) []way {
	at := len(rows)
	rows = slices.Grow(rows, n)[:at+n]
	for i := at; i < len(rows); i++ {
		rows[i] = unknown
	}
	return rows
}

// at gives the entry of a state and a class.
func (t *table) at(s way, class uint8) *way {
	if class < frequent {
		return &t.rows[int(s)*frequent+int(class)]
	}
	return &t.rare[int(s)*t.width+int(class)-frequent]
}

// first is the state in which a match that is read backwards begins.
func (t *table) first() way {
	if t.start == nowhere {
		t.start = t.intern(t.m.start, false)
	}
	return t.start
}

// makeRoom sees to it that one more state can be made; of what is forgotten then the
// states at work stay, under new numbers.
func (t *table) makeRoom() {
	if len(t.states) < t.m.states && t.nodes+len(t.mark) <= maxSetNodes && len(t.rows)+len(t.rare) < maxEntries {
		return
	}
	var kept [len(t.s)]state
	for i, s := range t.s {
		kept[i] = t.states[s]
	}
	t.reset()
	for i, k := range kept {
		t.s[i] = t.intern(k.set, k.fresh)
	}
}

// intern gives the state of a set, made when there is none.
func (t *table) intern(set []int32, fresh bool) way {
	switch {
	case len(set) == 0 && fresh:
		return idle
	case len(set) == 0:
		return dead
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
	s := state{set: slices.Clone(set), fresh: fresh}
	for _, n := range set {
		switch p := t.m.nodes[n].accepts; {
		case p < 0:
		case t.m.ofCell[p]:
			s.cells = append(s.cells, p)
		default:
			s.accepts = append(s.accepts, p)
		}
	}
	id := t.append(s)
	t.nodes += len(set)
	t.ids[string(t.key)] = id
	return id
}

// step takes the step of a class after a state, and notes it. There must be room
// for a state.
func (t *table) step(s way, class uint8) way {
	m := t.m
	from := t.states[s]
	t.round++
	t.set = t.set[:0]
	b := m.sample[class]
	t.eat(from.set, b)
	if from.fresh {
		t.eat(m.start, b)
	}
	slices.Sort(t.set)
	to := t.intern(t.set, !isWord[b] && !m.fixed)
	noted := to
	if len(from.accepts) > 0 && !isWord[b] || len(from.cells) > 0 && isSeparator[b] {
		noted |= look
	}
	*t.at(s, class) = noted
	return to
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
