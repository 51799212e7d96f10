package pid

// storyReach is the width of a window in which words for one person are counted,
// in octets: a paragraph.
const storyReach = 500

// dwells is how many words for one person within contextReach make ordinary words
// of a life count.
const dwells = 4

// story tells how much a text dwells on one person: from 0 to 1 by how often "she"
// and "his mum" stand close together, and up to 1 more where it says that somebody
// shall not know. Who writes so tells of a life, whatever the words.
func (j *judge) story() float64 {
	told, hushed := 0.0, 0.0
	all := j.r.marks[aboutOne]
	for from, to := 0, 0; to < len(all); to++ {
		for all[to].end-all[from].end > storyReach {
			from++
		}
		const some, many = 4, 7
		share := 0.0
		switch n := to - from + 1; {
		case n >= many:
			share = 1
		case n >= some:
			share = 0.5
		}
		if share > told {
			at := all[to].end
			told = max(told, share*j.zoneFactor(at)*j.public(at))
		}
	}
	for _, m := range j.r.marks[ofSecret] {
		if sure := j.person(m.end); sure > 0 {
			hushed = max(hushed, sure*j.public(m.end)*max(j.zoneFactor(m.end), 0))
		}
	}
	return told + hushed
}
