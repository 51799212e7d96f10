package extract

import (
	"bytes"
)

// pdfFile gives the objects of a PDF by number.
type pdfFile struct {
	w       *writer
	b       []byte
	at      map[int]pdfAt // where objects stand
	trailer pdfDict
	crypt   *pdfCrypt
	cache   map[int]any
	busy    map[int]bool // objects being read, so that none needs itself
	packs   map[int]*objectPack
	rebuilt bool
	budget  int // objects left
	items   int // of arrays and dictionaries left
}

// pdfAt says where an object stands: at an offset, or as a number within an
// object stream.
type pdfAt struct {
	offset int
	pack   int // number of the object stream; 0 for none
}

// itemsPerObject is how many items an object holds on average, at most: pages
// have a dozen, numbers few, tables of widths hundreds.
const itemsPerObject = 5

func (w *writer) openPDF() (*pdfFile, error) {
	f := &pdfFile{w: w, b: w.file.Data, budget: w.x.limits.Objects, items: itemsPerObject * w.x.limits.Objects}
	f.reset()
	ok := f.readXref()
	if ok && f.trailer["Encrypt"] != nil {
		if err := f.unlock(); err != nil {
			return nil, err
		}
	}
	if !ok || f.root() == nil {
		if err := f.rebuild(); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (f *pdfFile) reset() {
	f.at, f.trailer = map[int]pdfAt{}, pdfDict{}
	f.cache, f.busy, f.packs = map[int]any{}, map[int]bool{}, map[int]*objectPack{}
}

func (f *pdfFile) root() pdfDict {
	d, _ := f.get(f.trailer["Root"]).(pdfDict)
	if d == nil || f.get(d["Pages"]) == nil {
		return nil
	}
	return d
}

// readXref follows the chain of cross-reference tables and streams (sections
// 7.5.4 and 7.5.8). It gives false when that makes no sense.
func (f *pdfFile) readXref() bool {
	const tail = 2048 // the standard says 1024
	end := f.b[max(0, len(f.b)-tail):]
	i := bytes.LastIndex(end, []byte("startxref"))
	if i < 0 {
		return false
	}
	l := pdfLexer{b: end, pos: i + len("startxref")}
	offset, ok := l.next(0).(float64)
	const mostUpdates = 1000
	seen := map[int]bool{}
	ahead := []int{int(offset)}
	for len(ahead) > 0 && ok {
		at := ahead[0]
		ahead = ahead[1:]
		if seen[at] || len(seen) > mostUpdates {
			continue
		}
		seen[at] = true
		if at < 0 || at >= len(f.b) {
			return false
		}
		var dict pdfDict
		if dict = f.xrefSection(at); dict == nil {
			return false
		}
		for key, v := range dict {
			if _, known := f.trailer[key]; !known {
				f.trailer[key] = v
			}
		}
		for _, key := range []pdfName{"XRefStm", "Prev"} {
			if n, is := dict[key].(float64); is {
				ahead = append(ahead, int(n))
			}
		}
	}
	return ok && len(f.at) > 0
}

// xrefSection reads one table or stream, and gives its trailer.
func (f *pdfFile) xrefSection(at int) pdfDict {
	l := &pdfLexer{b: f.b, pos: at, left: &f.items}
	if first := l.next(0); first == pdfWord("xref") {
		return f.xrefTable(l)
	}
	s, _ := f.objectAt(at, -1).(*pdfStream)
	if s == nil {
		return nil
	}
	s.inPlain = true
	if f.xrefStream(s) != nil {
		return nil
	}
	return s.dict
}

func (f *pdfFile) xrefTable(l *pdfLexer) pdfDict {
	for {
		v := l.next(0)
		if v == pdfWord("trailer") {
			d, _ := l.next(0).(pdfDict)
			return d
		}
		start, ok := v.(float64)
		count, ok2 := l.next(0).(float64)
		if !ok || !ok2 || start < 0 || count < 0 || start > 1<<31 {
			return nil
		}
		for i := range int(count) {
			offset, ok := l.next(0).(float64)
			_ = l.next(0)
			word, ok2 := l.next(0).(pdfWord)
			if !ok || !ok2 || f.w.spend(20) != nil {
				return nil
			}
			if word == "n" {
				f.know(int(start)+i, pdfAt{offset: int(offset)})
			}
		}
	}
}

// know notes where an object stands; newer tables come first and hold.
func (f *pdfFile) know(num int, at pdfAt) {
	if _, known := f.at[num]; !known && len(f.at) < f.w.x.limits.Objects {
		f.at[num] = at
	}
}

func (f *pdfFile) xrefStream(s *pdfStream) error {
	data, err := f.data(s)
	if err != nil {
		return err
	}
	defer f.w.release(len(data))
	widths, _ := s.dict["W"].(pdfArray)
	if len(widths) < 3 {
		return errDamaged
	}
	var w [3]int
	for i := range w {
		n, _ := widths[i].(float64)
		if w[i] = int(n); w[i] < 0 || w[i] > 8 {
			return errDamaged
		}
	}
	index, _ := s.dict["Index"].(pdfArray)
	if len(index) < 2 {
		index = pdfArray{0.0, s.dict["Size"]}
	}
	field := func(n, instead int) int {
		if n == 0 {
			return instead
		}
		v := 0
		for _, c := range data[:n] {
			v = v<<8 | int(c)
		}
		data = data[n:]
		return v
	}
	size := w[0] + w[1] + w[2]
	for i := 0; i+1 < len(index); i += 2 {
		start, _ := index[i].(float64)
		count, _ := index[i+1].(float64)
		for n := 0; n < int(count) && size > 0 && len(data) >= size; n++ {
			kind, a, b := field(w[0], 1), field(w[1], 0), field(w[2], 0)
			_ = b
			switch kind {
			case 1:
				f.know(int(start)+n, pdfAt{offset: a})
			case 2:
				f.know(int(start)+n, pdfAt{pack: a})
			}
		}
	}
	return nil
}

// get resolves references, also references to references.
func (f *pdfFile) get(v any) any {
	const longest = 10
	for range longest {
		ref, ok := v.(pdfRef)
		if !ok {
			return v
		}
		v = f.object(ref.num)
	}
	return nil
}

func (f *pdfFile) dict(v any) pdfDict {
	switch v := f.get(v).(type) {
	case pdfDict:
		return v
	case *pdfStream:
		return v.dict
	}
	return nil
}

func (f *pdfFile) array(v any) pdfArray {
	a, _ := f.get(v).(pdfArray)
	return a
}

func (f *pdfFile) number(v any, instead float64) float64 {
	if n, ok := f.get(v).(float64); ok {
		return n
	}
	return instead
}

// object gives an object by its number; nil when there is none.
func (f *pdfFile) object(num int) any {
	if v, ok := f.cache[num]; ok {
		return v
	}
	at, ok := f.at[num]
	if !ok || f.busy[num] || f.budget <= 0 || f.w.spend(50) != nil {
		return nil
	}
	f.budget--
	f.busy[num] = true
	defer delete(f.busy, num)
	var v any
	if at.pack > 0 {
		if p := f.pack(at.pack); p != nil {
			v = p.object(num, &f.items)
		}
	} else {
		v = f.objectAt(at.offset, num)
	}
	f.cache[num] = v
	return v
}

// objectAt reads "N G obj ..." at an offset. With num below zero any number
// will do. It gives nil where something else stands.
func (f *pdfFile) objectAt(offset, num int) any {
	if offset < 0 || offset >= len(f.b) {
		return nil
	}
	l := &pdfLexer{b: f.b, pos: offset, left: &f.items}
	n, gen := l.next(0), l.next(0)
	ref, ok := asRef(n, gen)
	if !ok || num >= 0 && ref.num != num || l.next(0) != pdfWord("obj") {
		return nil
	}
	from := l.pos
	v := l.next(0)
	if f.w.spend(l.pos-from) != nil {
		return nil
	}
	if _, isNumber := v.(float64); isNumber {
		// A number, or a reference.
		second, third := l.next(0), l.next(0)
		if other, ok := asRef(v, second); ok && third == pdfWord("R") {
			return other
		}
		return v
	}
	d, isDict := v.(pdfDict)
	if !isDict {
		return f.decrypted(v, ref)
	}
	if l.next(0) != pdfWord("stream") {
		return f.decrypted(v, ref)
	}
	if l.pos < len(l.b) && l.b[l.pos] == '\r' {
		l.pos++
	}
	if l.pos < len(l.b) && l.b[l.pos] == '\n' {
		l.pos++
	}
	d, _ = f.decrypted(d, ref).(pdfDict)
	return &pdfStream{dict: d, raw: f.streamOctets(d, l.pos), ref: ref}
}

// streamOctets gives a stream's octets: by its length if "endstream" follows
// there, else up to the next "endstream".
func (f *pdfFile) streamOctets(d pdfDict, from int) []byte {
	rest := f.b[from:]
	if n := int(f.number(d["Length"], -1)); n >= 0 && n <= len(rest) {
		l := pdfLexer{b: rest, pos: n}
		l.skipSpace()
		if bytes.HasPrefix(rest[min(l.pos, len(rest)):], []byte("endstream")) {
			return rest[:n]
		}
	}
	end := bytes.Index(rest, []byte("endstream"))
	if end < 0 {
		end = len(rest)
	}
	if f.w.spend(end/8) != nil {
		return nil
	}
	return rest[:end]
}

// objectPack is an object stream (section 7.5.7).
type objectPack struct {
	data    []byte
	nums    []int
	offsets map[int]int
}

func (f *pdfFile) pack(num int) *objectPack {
	if p, ok := f.packs[num]; ok {
		return p
	}
	f.packs[num] = nil
	at := f.at[num]
	if at.pack > 0 {
		return nil // none stands within another
	}
	s, _ := f.objectAt(at.offset, num).(*pdfStream)
	if s == nil {
		return nil
	}
	data, err := f.data(s) // held as long as the file is
	if err != nil {
		return nil
	}
	first := int(f.number(s.dict["First"], 0))
	count := int(f.number(s.dict["N"], 0))
	p := &objectPack{data: data, offsets: map[int]int{}}
	l := pdfLexer{b: data}
	for range min(count, f.w.x.limits.Objects) {
		inside, ok := l.next(0).(float64)
		offset, ok2 := l.next(0).(float64)
		if !ok || !ok2 || f.w.spend(20) != nil {
			break
		}
		p.nums = append(p.nums, int(inside))
		p.offsets[int(inside)] = first + int(offset)
	}
	f.packs[num] = p
	return p
}

func (p *objectPack) object(num int, left *int) any {
	offset, ok := p.offsets[num]
	if !ok || offset < 0 || offset >= len(p.data) {
		return nil
	}
	l := pdfLexer{b: p.data, pos: offset, left: left}
	v := l.next(0)
	if _, isNumber := v.(float64); isNumber {
		second, third := l.next(0), l.next(0)
		if ref, ok := asRef(v, second); ok && third == pdfWord("R") {
			return ref
		}
	}
	return v
}
