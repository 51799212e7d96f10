package extract

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
)

var pdfObjectStart = regexp.MustCompile(`(?:^|[\s>\]])(\d{1,10})[\s\x00]+(\d{1,5})[\s\x00]+obj\b`)

// rebuild finds the objects by looking through the whole file, as viewers do
// with a damaged one. Of several with one number the last holds.
func (f *pdfFile) rebuild() error {
	f.reset()
	f.rebuilt = true
	if err := f.w.spend(2 * len(f.b)); err != nil {
		return err
	}
	packs, err := f.findObjects()
	if err == nil {
		err = f.findTrailers()
	}
	if err == nil && f.trailer["Encrypt"] != nil {
		err = f.unlock()
	}
	if err != nil {
		return err
	}
	for _, num := range packs {
		if p := f.pack(num); p != nil {
			for _, inside := range p.nums {
				if _, known := f.at[inside]; !known {
					f.at[inside] = pdfAt{pack: num}
				}
			}
		}
	}
	if f.root() == nil {
		return f.findRoot()
	}
	return nil
}

// findObjects notes where each "N G obj" stands, and gives the object streams.
func (f *pdfFile) findObjects() (packs []int, err error) {
	for pos := 0; ; {
		i := bytes.Index(f.b[pos:], []byte("obj"))
		if i < 0 {
			return packs, nil
		}
		i += pos
		pos = i + 3
		from := max(0, i-24)
		m := pdfObjectStart.FindSubmatchIndex(f.b[from:pos])
		if m == nil || from+m[1] != pos {
			continue
		}
		num, _ := strconv.Atoi(string(f.b[from+m[2] : from+m[3]]))
		if len(f.at) >= f.w.x.limits.Objects {
			return nil, fmt.Errorf("%w: more than %d objects", ErrTooBig, f.w.x.limits.Objects)
		}
		f.at[num] = pdfAt{offset: from + m[2]}
		head := f.b[pos:min(len(f.b), pos+400)]
		if bytes.Contains(head, []byte("/ObjStm")) {
			packs = append(packs, num)
		}
		if bytes.Contains(head, []byte("/XRef")) {
			if s, _ := f.objectAt(from+m[2], num).(*pdfStream); s != nil {
				f.addTrailer(s.dict)
			}
		}
		if err := f.w.spend(100); err != nil {
			return nil, err
		}
	}
}

func (f *pdfFile) findTrailers() error {
	for pos := 0; ; {
		i := bytes.Index(f.b[pos:], []byte("trailer"))
		if i < 0 {
			return nil
		}
		pos += i + len("trailer")
		l := pdfLexer{b: f.b, pos: pos, left: &f.items}
		if d, ok := l.next(0).(pdfDict); ok {
			f.addTrailer(d)
		}
		if err := f.w.spend(100); err != nil {
			return err
		}
	}
}

func (f *pdfFile) addTrailer(d pdfDict) {
	for _, key := range []pdfName{"Root", "Encrypt", "Info", "ID"} {
		if v, ok := d[key]; ok {
			f.trailer[key] = v
		}
	}
}

// findRoot looks for the catalogue where no trailer names it.
func (f *pdfFile) findRoot() error {
	for num := range f.at {
		if d, ok := f.get(pdfRef{num: num}).(pdfDict); ok && d["Type"] == pdfName("Catalog") {
			f.trailer["Root"] = pdfRef{num: num}
		}
		if err := f.w.spend(100); err != nil {
			return err
		}
	}
	return nil
}
