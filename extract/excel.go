package extract

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Records of a workbook stream ([MS-XLS] section 2.3).
const (
	xlsFormula = 0x06
	xlsEOF     = 0x0a
	xlsHeader  = 0x14
	xlsFooter  = 0x15
	xls1904    = 0x22
	xlsLock    = 0x2f
	xlsCont    = 0x3c
	xlsPage    = 0x42
	xlsSheet   = 0x85
	xlsMulRK   = 0xbd
	xlsRString = 0xd6
	xlsXF      = 0xe0
	xlsSST     = 0xfc
	xlsLabelS  = 0xfd
	xlsTextbox = 0x1b6
	xlsNumber  = 0x203
	xlsLabel   = 0x204
	xlsBoolErr = 0x205
	xlsString  = 0x207
	xlsRK      = 0x27e
	xlsFormat  = 0x41e
	xlsBOF     = 0x809
)

// excelReader reads the records of an Excel 5 to 2003 workbook.
type excelReader struct {
	w      *writer
	book   book
	old    bool // before Unicode
	page   int
	sheets []string
	at     int // sheets begun
	depth  int // BOF without EOF
	row    int
	dates  map[int]bool
	text   bool // the next CONTINUE is the text of a box
}

func (w *writer) excel(s *storage) error {
	name := "workbook"
	if !s.has(name) {
		name = "book"
	}
	b, err := s.get(name)
	if err != nil {
		return err
	}
	x := &excelReader{w: w, page: 1252, row: -1, dates: map[int]bool{}}
	for len(b) >= 4 {
		kind, n := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		if kind == 0 && n == 0 {
			break // padding
		}
		if 4+n > len(b) {
			return errDamaged
		}
		record := b[4 : 4+n]
		b = b[4+n:]
		if err := w.spend(2*n + 20); err != nil {
			return err
		}
		if kind == xlsSST {
			var parts [][]byte
			parts, b = continued(record, b)
			err = x.strings(parts)
		} else {
			err = x.record(kind, record)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// continued gathers a record and its continuations.
func continued(record, b []byte) ([][]byte, []byte) {
	parts := [][]byte{record}
	for len(b) >= 4 && binary.LittleEndian.Uint16(b) == xlsCont {
		n := int(binary.LittleEndian.Uint16(b[2:]))
		if 4+n > len(b) {
			break
		}
		parts = append(parts, b[4:4+n])
		b = b[4+n:]
	}
	return parts, b
}

func (x *excelReader) record(kind uint16, r []byte) error {
	u16 := func(at int) int {
		if at+2 > len(r) {
			return 0
		}
		return int(binary.LittleEndian.Uint16(r[at:]))
	}
	switch kind {
	case xlsLock:
		// Workbooks locked with the word that programs know are readable to all, but not to us.
		return unreadable("locked with a password")
	case xlsBOF:
		x.bof(u16(0), u16(2))
	case xlsEOF:
		x.depth--
	case xls1904:
		x.book.from1904 = u16(0) == 1
	case xlsPage:
		x.page = u16(0)
	case xlsFormat:
		if len(r) > 2 {
			x.dates[u16(0)] = isDateFormat(x.stringAt(r[2:], 2))
		}
	case xlsXF:
		n := u16(2)
		custom, known := x.dates[n]
		if len(x.book.isDate) < 1<<16 {
			x.book.isDate = append(x.book.isDate, known && custom || isBuiltInDate(n))
		}
	case xlsSheet:
		if len(r) > 6 && len(x.sheets) < 1<<16 {
			x.sheets = append(x.sheets, x.stringAt(r[6:], 1))
		}
	case xlsHeader, xlsFooter:
		return x.w.write(headerText(x.stringAt(r, 2)) + "\n")
	case xlsTextbox:
		x.text = len(r) >= 12 && u16(10) > 0
	case xlsCont:
		if x.text && len(r) > 1 {
			x.text = false
			x.w.line()
			return x.w.write(x.characters(r[1:], r[0]&1 != 0) + "\n")
		}
	default:
		return x.cell(kind, r)
	}
	return nil
}

// bof begins the workbook or a sheet.
func (x *excelReader) bof(version, kind int) {
	const beforeUnicode = 0x500
	x.old = version <= beforeUnicode
	x.depth++
	if x.depth > 1 || kind == 5 {
		return
	}
	if x.at < len(x.sheets) {
		x.w.place("sheet " + x.sheets[x.at])
	}
	x.at++
	x.row = -1
}

// cell writes the records that show something in a cell.
func (x *excelReader) cell(kind uint16, r []byte) error {
	if len(r) < 6 {
		return nil
	}
	format := int(binary.LittleEndian.Uint16(r[4:]))
	switch kind {
	case xlsLabelS:
		if len(r) >= 10 {
			return x.show(r, x.book.cell(strconv.Itoa(int(binary.LittleEndian.Uint32(r[6:]))), "s", -1))
		}
	case xlsLabel, xlsRString:
		return x.show(r, x.stringAt(r[6:], 2))
	case xlsNumber, xlsFormula:
		if len(r) < 14 {
			return nil
		}
		if kind == xlsFormula && r[12] == 0xff && r[13] == 0xff {
			return x.showOther(r, r[6], r[8])
		}
		return x.show(r, x.number(math.Float64frombits(binary.LittleEndian.Uint64(r[6:])), format))
	case xlsBoolErr:
		if len(r) >= 8 {
			return x.showOther(r, r[7]+1, r[6])
		}
	case xlsString:
		return x.w.write(x.stringAt(r, 2) + "\t")
	case xlsRK:
		if len(r) >= 10 {
			return x.show(r, x.number(rk(binary.LittleEndian.Uint32(r[6:])), format))
		}
	case xlsMulRK:
		for i := 4; i+6 <= len(r)-2; i += 6 {
			value := x.number(rk(binary.LittleEndian.Uint32(r[i+2:])), int(binary.LittleEndian.Uint16(r[i:])))
			if err := x.show(r, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *excelReader) number(f float64, format int) string {
	return x.book.number(strconv.FormatFloat(f, 'f', -1, 64), format)
}

// rk unpacks a number of 30 bits (section 2.5.217).
func rk(n uint32) float64 {
	f := math.Float64frombits(uint64(n&^3) << 32)
	if n&2 != 0 {
		f = float64(int32(n) >> 2)
	}
	if n&1 != 0 {
		f /= 100
	}
	return f
}

// showOther writes what is no number: true or false, or an error by its number.
// Text of a formula follows in a record of its own.
func (x *excelReader) showOther(r []byte, kind, value byte) error {
	switch kind {
	case 1:
		return x.show(r, strconv.FormatBool(value != 0))
	case 2:
		return x.show(r, "error "+strconv.Itoa(int(value)))
	}
	return x.newRow(r)
}

func (x *excelReader) newRow(r []byte) error {
	if row := int(binary.LittleEndian.Uint16(r)); row != x.row {
		x.row = row
		x.w.line()
	}
	return nil
}

func (x *excelReader) show(r []byte, text string) error {
	_ = x.newRow(r)
	return x.w.write(text + "\t")
}

// stringAt reads a string with its length in front, of one or two octets.
func (x *excelReader) stringAt(r []byte, size int) string {
	if len(r) < size {
		return ""
	}
	n := int(r[0])
	if size == 2 {
		n = int(binary.LittleEndian.Uint16(r))
	}
	r = r[size:]
	if x.old {
		return fromPage(r[:min(n, len(r))], x.page)
	}
	if len(r) < 1 {
		return ""
	}
	flags := r[0]
	r = r[1:]
	if flags&8 != 0 && len(r) >= 2 {
		r = r[2:]
	}
	if flags&4 != 0 && len(r) >= 4 {
		r = r[4:]
	}
	if flags&1 != 0 {
		n *= 2
	}
	return x.characters(r[:min(n, len(r))], flags&1 != 0)
}

func (x *excelReader) characters(b []byte, wide bool) string {
	if wide {
		return utf16Text(b)
	}
	return FromWindows1252(string(b))
}

// strings reads the table of shared texts, which goes on over several records,
// even within a text (section 2.5.293).
func (x *excelReader) strings(parts [][]byte) error {
	if len(parts[0]) < 8 {
		return errDamaged
	}
	count := int(binary.LittleEndian.Uint32(parts[0][4:]))
	parts[0] = parts[0][8:]
	s := &sharedReader{parts: parts}
	size := 0
	for i := 0; i < count && !s.end; i++ {
		text := s.text()
		if size += len(text) + 16; size > 4*x.w.x.limits.Text {
			return fmt.Errorf("%w: shared texts", ErrTooBig)
		}
		if err := x.w.spend(len(text) + 20); err != nil {
			return err
		}
		x.book.shared = append(x.book.shared, text)
	}
	return nil
}

// sharedReader reads across the borders of records.
type sharedReader struct {
	parts [][]byte
	end   bool
}

// take gives n octets of the record at hand, or what is left of it.
func (s *sharedReader) take(n int) []byte {
	for len(s.parts) > 0 && len(s.parts[0]) == 0 {
		s.parts = s.parts[1:]
	}
	if len(s.parts) == 0 {
		s.end = true
		return nil
	}
	n = min(n, len(s.parts[0]))
	out := s.parts[0][:n]
	s.parts[0] = s.parts[0][n:]
	return out
}

func (s *sharedReader) number(size int) int {
	n := 0
	for i := range size {
		if b := s.take(1); len(b) == 1 {
			n |= int(b[0]) << (8 * i)
		}
	}
	return n
}

func (s *sharedReader) skip(n int) {
	for n > 0 && !s.end {
		n -= len(s.take(n))
	}
}

func (s *sharedReader) text() string {
	chars := s.number(2)
	flags := s.number(1)
	runs, extra := 0, 0
	if flags&8 != 0 {
		runs = s.number(2)
	}
	if flags&4 != 0 {
		extra = s.number(4)
	}
	var b strings.Builder
	for chars > 0 && !s.end {
		wide := flags & 1
		piece := s.take(chars << wide)
		if wide == 1 {
			b.WriteString(utf16Text(piece))
		} else {
			b.WriteString(FromWindows1252(string(piece)))
		}
		chars -= max(1, len(piece)>>wide)
		if chars > 0 && len(s.parts) > 0 && len(s.parts[0]) == 0 {
			flags = flags&^1 | s.number(1)&1 // a new record says anew how wide characters are
		}
	}
	s.skip(4*runs + extra)
	return b.String()
}
