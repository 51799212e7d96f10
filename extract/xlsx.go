package extract

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// book is what the cells of a workbook refer to.
type book struct {
	shared   []string
	isDate   []bool // by cell format
	from1904 bool
}

// workbook reads the sheets of an .xlsx in the order of its tabs, then those it
// does not name.
func (p *pack) workbook() error {
	b := &book{}
	if f := p.entry("xl/styles.xml"); f != nil {
		if err := p.stream(f, func(s *xmlScan) error { return b.styles(p.w, s) }); err != nil {
			return err
		}
	}
	if f := p.entry("xl/sharedStrings.xml"); f != nil {
		if err := p.stream(f, func(s *xmlScan) error { return b.strings(p.w, s) }); err != nil {
			return err
		}
	}
	parts, names, err := p.tabs(b)
	if err != nil {
		return err
	}
	for _, name := range p.inOrder() {
		if strings.HasPrefix(name, "xl/worksheets/") && strings.HasSuffix(name, ".xml") && names[name] == "" {
			parts = append(parts, name)
		}
	}
	for _, part := range parts {
		p.w.place("sheet " + or(names[part], strconv.Itoa(partNumber(part))))
		if f := p.byName[part]; f != nil {
			if err := p.stream(f, func(s *xmlScan) error { return b.sheet(p.w, s) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// tabs gives the parts of the sheets in their order, and their names.
func (p *pack) tabs(b *book) (parts []string, names map[string]string, err error) {
	names = map[string]string{}
	f := p.entry("xl/workbook.xml")
	if f == nil {
		return nil, names, nil
	}
	targets, err := p.related("xl/workbook.xml")
	if err != nil {
		return nil, nil, err
	}
	err = p.stream(f, func(s *xmlScan) error {
		for {
			token, err := s.next()
			if err != nil || token == xmlEnd {
				return err
			}
			if token == xmlText || token == xmlClose {
				continue
			}
			switch s.name() {
			case "workbookPr":
				v := s.attribute("date1904")
				b.from1904 = v == "1" || v == "true"
			case "sheet":
				part := targets[s.attribute("id")]
				if strings.HasPrefix(part, "xl/worksheets/") && names[part] == "" {
					parts, names[part] = append(parts, part), or(s.attribute("name"), "?")
				}
			}
		}
	})
	return parts, names, err
}

// strings reads the table of texts that cells point into.
func (b *book) strings(w *writer, s *xmlScan) error {
	var text strings.Builder
	size, inText, phonetic := 0, 0, 0
	for {
		token, err := s.next()
		if err != nil || token == xmlEnd {
			return err
		}
		if token == xmlText {
			if inText > 0 && phonetic == 0 {
				text.WriteString(s.text())
				if size += len(s.raw); size > w.x.limits.Text {
					return fmt.Errorf("%w: more than %d MB of text", ErrTooBig, w.x.limits.Text>>20)
				}
			}
			continue
		}
		switch s.name() {
		case "t":
			inText = max(0, inText+step(token))
		case "rPh":
			phonetic = max(0, phonetic+step(token))
		case "si":
			if token == xmlOpen {
				text.Reset()
				continue
			}
			if size += 16; size > 4*w.x.limits.Text {
				return fmt.Errorf("%w: shared texts", ErrTooBig)
			}
			b.shared = append(b.shared, text.String())
			text = strings.Builder{}
		}
	}
}

// styles notes which cell formats show a date.
func (b *book) styles(w *writer, s *xmlScan) error {
	dates := map[string]bool{}
	inCells := 0
	for {
		token, err := s.next()
		if err != nil || token == xmlEnd {
			return err
		}
		if token == xmlText {
			continue
		}
		switch s.name() {
		case "numFmt":
			if len(dates) < w.x.limits.Entries {
				dates[s.attribute("numFmtId")] = isDateFormat(s.attribute("formatCode"))
			}
		case "cellXfs":
			inCells = max(0, inCells+step(token))
		case "xf":
			if inCells > 0 && token != xmlClose && len(b.isDate) < w.x.limits.Objects {
				id := s.attribute("numFmtId")
				n, _ := strconv.Atoi(id)
				custom, known := dates[id]
				b.isDate = append(b.isDate, known && custom || !known && isBuiltInDate(n))
			}
		}
	}
}

// isBuiltInDate knows the number formats that need no definition (ECMA-376 part
// 1, section 18.8.30).
func isBuiltInDate(n int) bool {
	return n >= 14 && n <= 17 || n == 22 || n >= 27 && n <= 31 || n == 36 || n >= 50 && n <= 58
}

// isDateFormat tells a format that shows day and year from one that shows a
// number: its letters outside quotes and brackets.
func isDateFormat(code string) bool {
	quoted, bracket := false, false
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[':
			bracket = true
		case c == ']':
			bracket = false
		case bracket:
		case c == 'd' || c == 'y' || c == 'D' || c == 'Y':
			return true
		}
	}
	return false
}

// date writes a day number as people write a date of birth.
func (b *book) date(days float64) (string, bool) {
	const last = 2958465 // 31 December 9999
	if days < 1 || days > last || math.IsNaN(days) {
		return "", false
	}
	start := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if b.from1904 {
		start = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return start.AddDate(0, 0, int(days)).Format("02/01/2006"), true
}

// number writes a cell's number as it is shown.
func (b *book) number(value string, format int) string {
	if format >= 0 && format < len(b.isDate) && b.isDate[format] {
		if f, err := strconv.ParseFloat(value, 64); err == nil {
			if s, ok := b.date(f); ok {
				return s
			}
		}
	}
	// 1.2345678901E10 is a telephone number.
	if strings.ContainsAny(value, "Ee") {
		if f, err := strconv.ParseFloat(value, 64); err == nil && math.Abs(f) < 1e18 {
			return strconv.FormatFloat(f, 'f', -1, 64)
		}
	}
	return value
}

// sheet reads cells as lines of text with tabs, and headers, footers and
// whatever text stands beside the cells.
func (b *book) sheet(w *writer, s *xmlScan) error {
	var value strings.Builder
	taking, kind, format := 0, "", -1
	for {
		token, err := s.next()
		if err != nil || token == xmlEnd {
			return err
		}
		if token == xmlText {
			if taking > 0 && value.Len() < w.x.limits.Text {
				value.WriteString(s.text())
			}
			continue
		}
		switch name := s.name(); name {
		case "c":
			if token != xmlClose {
				kind = s.attribute("t")
				format = -1
				if n, err := strconv.Atoi(s.attribute("s")); err == nil {
					format = n
				}
				value.Reset()
			}
			if token != xmlOpen {
				err = w.write(b.cell(value.String(), kind, format) + "\t")
			}
		case "v", "t":
			taking = max(0, taking+step(token))
		case "row":
			if token != xmlOpen {
				w.line()
			}
		case "oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter":
			taking = max(0, taking+step(token))
			if token == xmlClose {
				err = w.write(headerText(value.String()) + "\n")
			}
			value.Reset()
		case "dataValidation":
			if prompt := s.attribute("prompt"); token != xmlClose && prompt != "" {
				err = w.write(prompt + "\n")
			}
		}
		if err != nil {
			return err
		}
	}
}

// cell gives the text of a cell: of the shared table, or as it stands.
func (b *book) cell(value, kind string, format int) string {
	switch kind {
	case "s":
		if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && n >= 0 && n < len(b.shared) {
			return b.shared[n]
		}
		return value
	case "", "n":
		return b.number(value, format)
	}
	return value
}

// headerText takes the codes out of a header such as "&LLeft&C&\"Arial,Bold\"Name".
func headerText(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '&' || i+1 == len(s) {
			out.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; {
		case c == '&':
			out.WriteByte('&')
		case c == '"':
			if end := strings.IndexByte(s[i+1:], '"'); end >= 0 {
				i += end + 1
			}
		case c >= '0' && c <= '9':
			for i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9' {
				i++
			}
		default:
			out.WriteByte(' ')
		}
	}
	return out.String()
}
