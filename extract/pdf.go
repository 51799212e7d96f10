package extract

import (
	"bytes"
	"fmt"
	"sort"
	"strconv"
)

// pdf reads a PDF: its pages, form fields and notes, properties and attached
// files. Pictures are not read: a page that is one makes the file unreadable.
func (w *writer) pdf() error {
	f, err := w.openPDF()
	if err != nil {
		return err
	}
	pages, err := f.pages()
	if err != nil {
		return err
	}
	if len(pages) == 0 && !f.rebuilt {
		if err = f.rebuild(); err == nil {
			pages, err = f.pages()
		}
		if err != nil {
			return err
		}
	}
	if len(pages) == 0 {
		return errDamaged
	}
	if err := f.info(); err != nil {
		return err
	}
	p := &painter{f: f, fonts: map[any]*pdfFont{}, forms: map[*pdfStream]bool{}}
	var pageErr error
	for i, page := range pages {
		w.place("page " + strconv.Itoa(i+1))
		if err := f.page(p, page); err != nil {
			if w.x.over != nil {
				return err
			}
			pageErr = fmt.Errorf("page %d: %w", i+1, named(err))
		}
	}
	if err := f.others(); err != nil {
		return err
	}
	if f.items < 0 || f.budget <= 0 {
		return fmt.Errorf("%w: too many objects", ErrTooBig)
	}
	if pageErr != nil {
		return pageErr
	}
	return p.judge()
}

// pdfPage is a page with what it inherits.
type pdfPage struct {
	dict      pdfDict
	resources pdfDict
}

// pages walks the page tree, each node once.
func (f *pdfFile) pages() ([]pdfPage, error) {
	var all []pdfPage
	seen := map[pdfRef]bool{}
	var walk func(v any, resources pdfDict, depth int) error
	walk = func(v any, resources pdfDict, depth int) error {
		const deepest = 60
		if ref, ok := v.(pdfRef); ok {
			if seen[ref] {
				return nil
			}
			seen[ref] = true
		}
		if depth > deepest || len(all) >= mostPlaces {
			return fmt.Errorf("%w: page tree", ErrTooBig)
		}
		if err := f.w.spend(100); err != nil {
			return err
		}
		d := f.dict(v)
		if own := f.dict(d["Resources"]); own != nil {
			resources = own
		}
		kids, isNode := f.get(d["Kids"]).(pdfArray)
		if !isNode {
			if d["Contents"] != nil || f.get(d["Type"]) == pdfName("Page") {
				all = append(all, pdfPage{d, resources})
			}
			return nil
		}
		for _, kid := range kids {
			if err := walk(kid, resources, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return all, walk(f.dict(f.trailer["Root"])["Pages"], nil, 0)
}

// page paints one page, whose content may stand in several streams.
func (f *pdfFile) page(p *painter, page pdfPage) error {
	var streams pdfArray
	switch v := f.get(page.dict["Contents"]).(type) {
	case *pdfStream:
		streams = pdfArray{v}
	case pdfArray:
		streams = v
	}
	var content []byte
	held := 0
	defer func() { f.w.release(held) }()
	for _, v := range streams {
		s, _ := f.get(v).(*pdfStream)
		if s == nil {
			continue
		}
		data, err := f.data(s)
		if err != nil {
			return p.broken(err)
		}
		held += len(data)
		content = append(append(content, data...), '\n')
	}
	letters, pixels := f.w.letters, p.pixels
	p.reset()
	if err := p.paint(content, page.resources); err != nil {
		return err
	}
	// A page without words and with a picture of the size of a scan.
	const fewLetters, scan = 20, 400000
	if f.w.letters-letters < fewLetters && p.pixels-pixels > scan {
		return unreadable("it is a picture, such as a scan")
	}
	return nil
}

// judge tells whether what was written is what a reader sees.
func (p *painter) judge() error {
	if p.f.w.letters == 0 && p.paths > 0 {
		return unreadable("it shows pictures or drawings and holds no text")
	}
	// Codes of fonts that do not say what they mean.
	if p.unsure*5 > p.codes && p.unsure > 20 {
		return unreadable("its fonts do not say what their characters are")
	}
	return nil
}

// info reads the document properties.
func (f *pdfFile) info() error {
	d := f.dict(f.trailer["Info"])
	var names []string
	for name := range d {
		names = append(names, string(name))
	}
	sort.Strings(names)
	for _, name := range names {
		s, ok := f.get(d[pdfName(name)]).(pdfString)
		if !ok {
			continue
		}
		ours := name
		switch name {
		case "Title", "Subject", "Keywords":
			ours = string(bytes.ToLower([]byte(name)))
		case "Producer", "Creator", "CreationDate", "ModDate", "Author", "Trapped", "PTEX.Fullbanner":
			continue
		}
		if err := f.w.property(ours, pdfText(s)); err != nil {
			return err
		}
	}
	return nil
}

// pdfText decodes a text string (section 7.9.2.2).
func pdfText(s pdfString) string {
	switch {
	case len(s) >= 2 && s[0] == 0xfe && s[1] == 0xff:
		return string(fromUTF16BE(s[2:]))
	case len(s) >= 3 && s[:3] == "\xef\xbb\xbf":
		return string(s[3:])
	case utf16Order([]byte(s)) == 'L':
		return decodeUTF16([]byte(s), false)
	}
	return FromWindows1252(string(s))
}

// others reads what stands beside the pages' content, wherever it hangs: notes,
// form fields, attached files, forms of the XFA kind.
func (f *pdfFile) others() error {
	var nums []int
	for num := range f.at {
		nums = append(nums, num)
	}
	sort.Ints(nums)
	f.w.place("notes and form fields")
	var files []any
	for _, num := range nums {
		if err := f.w.spend(100); err != nil {
			return err
		}
		if err := f.other(f.object(num), &files); err != nil {
			return err
		}
	}
	if len(files) > f.w.x.limits.Files {
		return fmt.Errorf("%w: attached files", ErrTooBig)
	}
	for _, v := range files {
		if err := f.attached(f.dict(v)); err != nil {
			return err
		}
	}
	return nil
}

func (f *pdfFile) other(v any, files *[]any) error {
	d, ok := v.(pdfDict)
	if !ok {
		return nil
	}
	if f.dict(d["EF"]) != nil {
		*files = append(*files, d)
	}
	_, isNote := d["Contents"].(pdfString)
	_, isField := d["FT"]
	if d["Rect"] != nil || isField || isNote || d["Parent"] != nil && d["V"] != nil {
		for _, key := range []pdfName{"T", "TU", "V", "Contents", "RC"} {
			var s pdfString
			switch v := f.get(d[key]).(type) {
			case pdfString:
				s = v
			case *pdfStream:
				if key == "V" || key == "RC" {
					data, err := f.data(v)
					s = pdfString(data)
					f.w.release(len(data))
					if err != nil {
						continue
					}
				}
			}
			if s == "" {
				continue
			}
			text := pdfText(s)
			if key == "RC" {
				text, _ = HTML(text)
			}
			if err := f.w.write(text + "\n"); err != nil {
				return err
			}
		}
	}
	return f.xfa(d["XFA"])
}

// xfa reads an XML form, which some viewers show instead of the pages.
func (f *pdfFile) xfa(v any) error {
	parts, _ := f.get(v).(pdfArray)
	if s, ok := f.get(v).(*pdfStream); ok {
		parts = pdfArray{s}
	}
	for _, part := range parts {
		s, _ := f.get(part).(*pdfStream)
		if s == nil {
			continue
		}
		data, err := f.data(s)
		if err != nil {
			return notImage(err)
		}
		x := f.w.newXML(bytes.NewReader(data))
		for {
			token, err := x.next()
			if err != nil || token == xmlEnd {
				break // pieces of a form need not be whole
			}
			if token == xmlText {
				err = f.w.write(x.text() + " ")
			}
			if err == nil {
				err = f.w.spend(len(x.raw) + 8)
			}
			if err != nil {
				return err
			}
		}
		f.w.release(len(data))
	}
	return nil
}

// notImage takes a picture for nothing.
func notImage(err error) error {
	if err == errImage {
		return nil
	}
	return err
}

// attached reads a file that the PDF carries (section 7.11.4).
func (f *pdfFile) attached(d pdfDict) error {
	name, _ := f.get(first(d, "UF", "F")).(pdfString)
	ef := f.dict(d["EF"])
	s, _ := f.get(first(ef, "UF", "F")).(*pdfStream)
	if s == nil {
		return nil
	}
	data, err := f.data(s)
	if err == errImage {
		return nil
	}
	if err != nil {
		return f.w.within(pdfText(name), err)
	}
	f.w.nested(pdfText(name), "", data)
	f.w.release(len(data))
	return f.w.x.over
}
