package pid

// keptHits is how many hits a table has place for between scans.
const keptHits = 1 << 14

// run is a scan at work.
type run struct{ t *table }

func (m *matcher) begin() run {
	t := m.borrow()
	if t.round > 1<<31 {
		clear(t.mark)
		t.round = 0
	}
	if cap(t.hits) > keptHits {
		t.hits, t.later = nil, nil
	}
	t.hits, t.later = t.hits[:0], t.later[:0]
	return run{t}
}

// usualHalves is the length from which on a text is read at two places at once:
// below, what join reads twice costs more than that spares.
const usualHalves = 96

// scan gives the matches of all patterns in a text; ends ascend. They are there
// until the table is given back.
//
// A step waits for the entry that the one before has read. So both halves of the
// text are read side by side, the second as if nothing were under way before it;
// join then mends what that leaves out.
func (r *run) scan(text string) []hit {
	t, half := r.t, len(text)/2
	if len(text) < t.m.halves {
		half = 0
	}
	s := idle
	if half > 0 {
		begin := idle // of the second half
		if isWord[text[half-1]] {
			begin = dead
		}
		first, second := t.sideBySide(begin, text[:half], text[half:2*half])
		s = t.join(first, begin, second, text, half)
	}
	t.s[0] = s
	t.through(text[2*half:], 2*half)
	t.matches(t.s[0], len(text), '\n', &t.hits)
	return t.hits
}

// through reads a text from the first of the states at work on. It begins at an
// offset of the whole one.
func (t *table) through(text string, from int) {
	for i := range len(text) {
		t.advance(0, t.m.classOf[text[i]], from+i, &t.hits)
	}
}

// advance takes one of the states at work a step further.
func (t *table) advance(which int, class uint8, at int, hits *[]hit) {
	s := t.s[which]
	to := *t.at(s, class)
	if to&look != 0 {
		to = t.slow(which, class, at, hits)
	}
	t.s[which] = to
}

// slow takes a step before which something matches, or that is not known yet. The
// other states at work keep their meaning, but not always their numbers.
func (t *table) slow(which int, class uint8, at int, hits *[]hit) way {
	s := t.s[which]
	to := *t.at(s, class)
	t.matches(s, at, t.m.sample[class], hits)
	if to == unknown {
		t.makeRoom()
		to = t.step(t.s[which], class)
	}
	return to &^ look
}

// matches notes what matches in a state, before an octet.
func (t *table) matches(s way, at int, before byte, hits *[]hit) {
	if isWord[before] {
		return
	}
	only := t.only[s]
	if only >= 0 {
		*hits = append(*hits, hit{only, int32(at)})
	}
	if only != several {
		return
	}
	what := &t.states[s]
	for _, p := range what.accepts {
		*hits = append(*hits, hit{p, int32(at)})
	}
	if isSeparator[before] {
		for _, p := range what.cells {
			*hits = append(*hits, hit{p, int32(at)})
		}
	}
}

// sideBySide reads the halves of a text, the second from the state s2 on, and gives
// the states behind them. Its loop has no more variables than a processor has
// registers: a third part gains a fourteenth, both tables at once lose a third.
func (t *table) sideBySide(s2 way, first, second string) (way, way) {
	rows, classOf := t.rows, &t.m.classOf
	s1 := idle
	second = second[:len(first)]
	for i := range len(first) {
		var to1, to2 way
		if class := classOf[first[i]]; class < frequent {
			to1 = rows[int(s1)*frequent+int(class)]
		} else {
			to1 = *t.at(s1, class)
		}
		if class := classOf[second[i]]; class < frequent {
			to2 = rows[int(s2)*frequent+int(class)]
		} else {
			to2 = *t.at(s2, class)
		}
		if to1&look != 0 || to2&look != 0 {
			t.s[0], t.s[1] = s1, s2
			t.advance(0, classOf[first[i]], i, &t.hits)
			t.advance(1, classOf[second[i]], len(first)+i, &t.later)
			to1, to2, rows = t.s[0], t.s[1], t.rows
		}
		s1, s2 = to1, to2
	}
	return s1, s2
}

// join goes on from the state s behind the first half of a text until it is the one
// that the second half was read with, which began with another: from there on what
// was found in the second half holds. It gives the state behind the text; last is
// that of the second half.
func (t *table) join(s, other, last way, text string, half int) way {
	t.s = [3]way{s, other, last}
	at := half
	for ; at < 2*half && t.s[0] != t.s[1]; at++ {
		class := t.m.classOf[text[at]]
		t.advance(0, class, at, &t.hits)
		t.spare = t.spare[:0]
		t.advance(1, class, at, &t.spare)
	}
	for i, h := range t.later {
		if int(h.end) >= at {
			t.hits = append(t.hits, t.later[i:]...)
			break
		}
	}
	if t.s[0] == t.s[1] {
		return t.s[2]
	}
	return t.s[0]
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
	found := -1
	t.s[0] = t.first()
	for at := end - 1; at >= 0 && at >= end-maxLookBack; at-- {
		class := m.classOf[text[at]]
		to := *t.at(t.s[0], class)
		if to == unknown {
			t.makeRoom()
			to = t.step(t.s[0], class)
		}
		if t.s[0] = to &^ look; t.s[0] == dead {
			break
		}
		if t.only[t.s[0]] != nothing && (at == 0 || !isWord[text[at-1]]) {
			found = at
		}
	}
	return found
}
