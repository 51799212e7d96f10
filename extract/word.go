package extract

import (
	"encoding/binary"
	"strings"
)

// word reads the text of a Word 97 to 2003 document ([MS-DOC]), and as well as
// can be that of older ones: body, notes, headers, comments, text boxes.
func (w *writer) word(s *storage) error {
	b, err := s.get("worddocument")
	if err != nil {
		return err
	}
	if len(b) < 32 {
		return errDamaged
	}
	version, flags := binary.LittleEndian.Uint16(b[2:]), binary.LittleEndian.Uint16(b[10:])
	const encrypted, secondTable, firstUnicode = 0x100, 0x200, 0xc1
	if flags&encrypted != 0 {
		return unreadable("locked with a password")
	}
	if version < firstUnicode {
		return w.oldWord(b)
	}
	const clx = 0x1a2 // where the FIB tells of the piece table
	if len(b) < clx+8 {
		return errDamaged
	}
	name := "0table"
	if flags&secondTable != 0 {
		name = "1table"
	}
	table, err := s.get(name)
	if err != nil {
		return err
	}
	at, size := int(binary.LittleEndian.Uint32(b[clx:])), int(binary.LittleEndian.Uint32(b[clx+4:]))
	if at < 0 || size <= 0 || at+size > len(table) {
		return errDamaged
	}
	return w.pieces(b, table[at:at+size])
}

// oldWord reads Word 6 and 95, whose text stands in one run.
func (w *writer) oldWord(b []byte) error {
	from, to := int(binary.LittleEndian.Uint32(b[24:])), int(binary.LittleEndian.Uint32(b[28:]))
	if from < 0 || to > len(b) || from > to {
		return errDamaged
	}
	t := &wordText{w: w}
	return t.write(FromWindows1252(string(b[from:to])))
}

// pieces follows the piece table (section 2.8.35).
func (w *writer) pieces(b, clx []byte) error {
	for len(clx) >= 3 && clx[0] == 1 { // properties
		n := int(binary.LittleEndian.Uint16(clx[1:])) + 3
		if n > len(clx) {
			return errDamaged
		}
		clx = clx[n:]
	}
	if len(clx) < 5 || clx[0] != 2 {
		return errDamaged
	}
	table := clx[5:]
	n := (len(table) - 4) / 12
	t := &wordText{w: w}
	for i := range n {
		chars := int(binary.LittleEndian.Uint32(table[4*i+4:])) - int(binary.LittleEndian.Uint32(table[4*i:]))
		at := binary.LittleEndian.Uint32(table[4*(n+1)+8*i+2:])
		const compressed = 1 << 30
		from, size := int(at&(compressed-1)), 2*chars
		if at&compressed != 0 {
			from, size = from/2, chars
		}
		if chars < 0 || size < 0 || from+size > len(b) {
			return errDamaged
		}
		if err := w.expand(size); err != nil {
			return err
		}
		piece := b[from : from+size]
		text := ""
		if at&compressed != 0 {
			text = FromWindows1252(string(piece))
		} else {
			text = utf16Text(piece)
		}
		if err := t.write(text); err != nil {
			return err
		}
	}
	return nil
}

// wordText takes the marks out of a document's text. Of a field it leaves the
// result, and the code too where that is text that was typed.
type wordText struct {
	w     *writer
	codes []bool // for each open field: still in its code
}

func (t *wordText) write(s string) error {
	const mostFields = 1000 // in one another
	var b strings.Builder
	for _, r := range s {
		switch r {
		case 0x13: // a field begins
			if len(t.codes) < mostFields {
				t.codes = append(t.codes, true)
			}
			continue
		case 0x14: // its result begins
			if n := len(t.codes); n > 0 {
				t.codes[n-1] = false
			}
			continue
		case 0x15:
			if n := len(t.codes); n > 0 {
				t.codes = t.codes[:n-1]
			}
			continue
		}
		if n := len(t.codes); n > 0 && t.codes[n-1] {
			continue
		}
		switch {
		case r == 0x0d || r == 0x0b || r == 0x0c || r == 0x0e:
			b.WriteByte('\n')
		case r == 0x07: // end of a cell
			b.WriteByte('\t')
		case r == 0x1e:
			b.WriteByte('-')
		case r == 0x01:
			t.w.pictures = true
		case r < ' ' && r != '\t', r == 0x1f:
		default:
			b.WriteRune(r)
		}
	}
	return t.w.write(b.String())
}
