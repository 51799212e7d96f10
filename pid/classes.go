package pid

import "slices"

// findClasses splits the octets by what the nodes and the word border tell apart.
func (m *matcher) findClasses() {
	var word byteSet
	for b := range 256 {
		if isWord[b] {
			word.add(byte(b))
		}
	}
	sets := map[byteSet]bool{word: true}
	if slices.Contains(m.ofCell, true) {
		var cell byteSet
		for b := range 256 {
			if isSeparator[b] {
				cell.add(byte(b))
			}
		}
		sets[cell] = true
	}
	for _, n := range m.nodes {
		sets[n.set] = true
	}
	count := 1
	for set := range sets {
		split := map[uint8]uint8{} // class inside the set: its new number
		sizes := [256]int{}
		for b := range 256 {
			sizes[m.classOf[b]]++
		}
		in := [256]int{}
		for b := range 256 {
			if set.has(byte(b)) {
				in[m.classOf[b]]++
			}
		}
		for b := range 256 {
			c := m.classOf[b]
			if !set.has(byte(b)) || in[c] == sizes[c] {
				continue
			}
			if _, ok := split[c]; !ok {
				split[c] = uint8(count)
				count++
			}
			m.classOf[b] = split[c]
		}
	}
	m.orderClasses(count)
	m.classes = count
	m.sample = make([]byte, count)
	for b := range 256 {
		m.sample[m.classOf[b]] = byte(b)
	}
}

// orderClasses numbers the classes by how often their octets stand in
// English, so that the entries of a state lie close together.
func (m *matcher) orderClasses(count int) {
	const often = " etaoinsrhldcumfpgwyb\nvk.,ST1A0-C2I3xPMRD"
	order := make([]int, count)
	next := 0
	numbered := make([]bool, count)
	number := func(b byte) {
		if c := m.classOf[b]; !numbered[c] {
			order[c], numbered[c] = next, true
			next++
		}
	}
	for i := range len(often) {
		number(often[i])
	}
	for b := range 256 {
		number(byte(b))
	}
	for b := range 256 {
		m.classOf[b] = uint8(order[m.classOf[b]])
	}
}
