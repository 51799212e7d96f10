package pid

import "math/bits"

// leaning is a word that leans to one side, and by how much.
type leaning struct {
	word string
	by   float64
}

// wordTable finds plain words. Every word of a message is looked for, so it hashes
// eight octets at a time, and asks one small entry for most words that are not there.
type wordTable struct {
	all   []leaning
	slots []uint16 // by hash: number of a word and one, 0 for none; the next slot has what did not find place
	tags  []uint8  // of the same slots: further bits of the hash
}

// tableOf makes a table of plain words in lower case.
func tableOf(words []leaning) wordTable {
	const room = 8 // slots for each word: so many that most words that are not there meet an empty one
	size := 1 << bits.Len(uint(room*len(words)))
	t := wordTable{words, make([]uint16, size), make([]uint8, size)}
	for n, w := range words {
		h := wordHash(w.word, 0, len(w.word))
		at := t.slotOf(h)
		for t.slots[at] != 0 {
			at = (at + 1) & (size - 1)
		}
		t.slots[at], t.tags[at] = uint16(n+1), uint8(h)
	}
	return t
}

func (t *wordTable) slotOf(hash uint64) int { return int(hash>>32) & (len(t.slots) - 1) }

// find gives the number of the word that stands in a text, in whatever case; -1 when
// it is none of the table.
func (t *wordTable) find(text string, from, to int) int {
	h := wordHash(text, from, to)
	for at := t.slotOf(h); t.slots[at] != 0; at = (at + 1) & (len(t.slots) - 1) {
		if t.tags[at] != uint8(h) {
			continue
		}
		if n := int(t.slots[at]) - 1; sameFold(text[from:to], t.all[n].word) {
			return n
		}
	}
	return -1
}

// sameFold tells whether a plain word is another one, which is in lower case.
func sameFold(word, lower string) bool { return len(word) == len(lower) && startsFold(word, lower) }

// wordHash gives a number for octets of a text, the same in upper and lower case.
func wordHash(text string, from, to int) uint64 {
	const lower, mix1, mix2 = 0x2020202020202020, 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9
	h := uint64(to - from)
	for ; to-from > 8; from += 8 {
		h = (h ^ (eight(text[from:]) | lower)) * mix1
		h ^= h >> 29
	}
	last := uint64(0)
	if n := to - from; len(text)-from >= 8 {
		last = (eight(text[from:]) | lower) << (64 - 8*n) >> (64 - 8*n)
	} else {
		for i := range n {
			last |= uint64(text[from+i]|0x20) << (8 * i)
		}
	}
	h = (h ^ last) * mix2
	return h ^ h>>31
}

// eight gives the first eight octets of a text as a number.
func eight(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
