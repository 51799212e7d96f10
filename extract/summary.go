package extract

import (
	"bytes"
	"encoding/binary"
)

// summaries reads the document properties of an old Office document
// ([MS-OLEPS]).
func (w *writer) summaries(s *storage) error {
	for _, name := range []string{"\x05summaryinformation", "\x05documentsummaryinformation"} {
		data, err := s.get(name)
		if err != nil || data == nil {
			continue // a document without readable properties shows its text all the same
		}
		if err := w.propertySets(data, name[1] == 'd'); err != nil {
			return err
		}
	}
	return nil
}

// summaryNames name the properties of the two sets that every program writes.
var summaryNames = map[bool]map[uint32]string{
	false: {2: "title", 3: "subject", 5: "keywords", 6: "comments"},
	true:  {2: "category", 14: "manager", 15: "company", 27: "status"},
}

// propertySets reads the sets of a stream; the second one of the document
// summary holds the properties with names of their own.
func (w *writer) propertySets(b []byte, document bool) error {
	if len(b) < 48 || b[0] != 0xfe || b[1] != 0xff {
		return nil
	}
	count := min(int(binary.LittleEndian.Uint32(b[24:])), 2)
	for i := range count {
		at := 28 + 20*i
		if at+20 > len(b) {
			return nil
		}
		offset := int(binary.LittleEndian.Uint32(b[at+16:]))
		if offset < 0 || offset >= len(b) {
			continue
		}
		if err := w.propertySet(b[offset:], summaryNames[document], i == 1); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) propertySet(b []byte, known map[uint32]string, custom bool) error {
	if len(b) < 8 {
		return nil
	}
	const most = 2000 // properties
	count := min(int(binary.LittleEndian.Uint32(b[4:])), (len(b)-8)/8, most)
	offsets := map[uint32]int{}
	var ids []uint32
	for i := range count {
		id := binary.LittleEndian.Uint32(b[8+8*i:])
		if _, twice := offsets[id]; !twice {
			ids = append(ids, id)
		}
		offsets[id] = int(binary.LittleEndian.Uint32(b[12+8*i:]))
	}
	page := 1252
	if at, ok := offsets[1]; ok && at+6 <= len(b) {
		page = int(binary.LittleEndian.Uint16(b[at+4:]))
	}
	names := known
	if custom {
		names = propertyDictionary(b, offsets[0], page)
	}
	for _, id := range ids {
		name := names[id]
		at := offsets[id]
		if id < 2 || name == "" || at < 0 || at >= len(b) {
			continue
		}
		if err := w.property(name, propertyValue(b[at:], page)); err != nil {
			return err
		}
	}
	return w.spend(50 * len(ids))
}

// propertyDictionary reads the names of a set's own properties.
func propertyDictionary(b []byte, at, page int) map[uint32]string {
	names := map[uint32]string{}
	if at <= 0 || at+4 > len(b) {
		return names
	}
	const most = 2000
	count := min(int(binary.LittleEndian.Uint32(b[at:])), most)
	rest := b[at+4:]
	for range count {
		if len(rest) < 8 {
			break
		}
		id, n := binary.LittleEndian.Uint32(rest), int(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[8:]
		size := n
		if page == 1200 {
			size = (2*n + 3) &^ 3
		}
		if n < 0 || size > len(rest) {
			break
		}
		names[id] = pageText(rest[:min(size, len(rest))], page)
		rest = rest[size:]
	}
	return names
}

// pageText decodes a text of a codepage that ends with a zero.
func pageText(b []byte, page int) string {
	if page == 1200 {
		s := utf16Text(b)
		if i := bytes.IndexByte([]byte(s), 0); i >= 0 {
			s = s[:i]
		}
		return s
	}
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return fromPage(b, page)
}

// fromPage decodes octets of a Windows codepage; of one that is not known, what
// Decode shows.
func fromPage(b []byte, page int) string {
	text, _ := Decode(CodepageName(page), b)
	return text
}

// propertyValue gives a value that is text, or "".
func propertyValue(b []byte, page int) string {
	if len(b) < 8 {
		return ""
	}
	n := int(binary.LittleEndian.Uint32(b[4:]))
	switch binary.LittleEndian.Uint16(b) {
	case 0x1e: // VT_LPSTR
		return pageText(b[8:min(len(b), 8+max(0, n))], page)
	case 0x1f: // VT_LPWSTR
		return pageText(b[8:min(len(b), 8+2*max(0, min(n, len(b))))], 1200)
	case 0x0b: // VT_BOOL
		if n&0xffff != 0 {
			return "true"
		}
		return "false"
	}
	return ""
}
