package extract

import (
	"unicode/utf16"
)

// cmap maps character codes to text (ToUnicode, section 9.10.3) or tells how long
// codes are.
type cmap struct {
	chars  map[uint32]string
	ranges []cmapRange
	spaces []codeSpace
}

type cmapRange struct {
	low, high uint32
	to        []rune // of low; its last rune counts up
}

// codeSpace says that codes of some length lie between two bounds, octet by
// octet.
type codeSpace struct{ low, high string }

// mostMappings bounds one cmap; all of Unicode's plane 0 has fewer.
const mostMappings = 70000

// readCMap reads a ToUnicode stream.
func (w *writer) readCMap(data []byte) (*cmap, error) {
	m := &cmap{chars: map[uint32]string{}}
	l := &pdfLexer{b: data}
	var operands []any
	for {
		if err := w.spend(20); err != nil {
			return nil, err
		}
		v := l.next(0)
		if _, end := v.(pdfEnd); end || len(m.chars)+len(m.ranges) > mostMappings {
			return m, nil
		}
		word, isWord := v.(pdfWord)
		if !isWord {
			const most = 4 * 256 // operands; the standard allows 100 lines of three
			if len(operands) < most {
				operands = append(operands, v)
			}
			continue
		}
		switch word {
		case "endbfchar":
			for i := 0; i+1 < len(operands); i += 2 {
				m.char(operands[i], operands[i+1])
			}
		case "endbfrange":
			for i := 0; i+2 < len(operands); i += 3 {
				m.rangeOf(operands[i], operands[i+1], operands[i+2])
			}
		case "endcodespacerange":
			for i := 0; i+1 < len(operands); i += 2 {
				low, _ := operands[i].(pdfString)
				high, _ := operands[i+1].(pdfString)
				if len(low) == len(high) && len(low) > 0 && len(low) <= 4 && len(m.spaces) < 100 {
					m.spaces = append(m.spaces, codeSpace{string(low), string(high)})
				}
			}
		}
		operands = operands[:0]
	}
}

func codeOf(s pdfString) uint32 {
	var n uint32
	for i := 0; i < len(s) && i < 4; i++ {
		n = n<<8 | uint32(s[i])
	}
	return n
}

func fromUTF16BE(s pdfString) []rune {
	units := make([]uint16, 0, len(s)/2)
	for i := 0; i+1 < len(s); i += 2 {
		units = append(units, uint16(s[i])<<8|uint16(s[i+1]))
	}
	if len(s) == 1 {
		units = append(units, uint16(s[0]))
	}
	return utf16.Decode(units)
}

func (m *cmap) char(code, to any) {
	c, ok := code.(pdfString)
	s, ok2 := to.(pdfString)
	const longest = 64
	if ok && ok2 && len(s) <= longest {
		m.chars[codeOf(c)] = string(fromUTF16BE(s))
	}
}

func (m *cmap) rangeOf(low, high, to any) {
	a, ok := low.(pdfString)
	b, ok2 := high.(pdfString)
	if !ok || !ok2 {
		return
	}
	from, last := codeOf(a), codeOf(b)
	switch to := to.(type) {
	case pdfString:
		if runes := fromUTF16BE(to); len(runes) > 0 && len(runes) <= 32 && last >= from {
			m.ranges = append(m.ranges, cmapRange{from, last, runes})
		}
	case pdfArray:
		for i, v := range to {
			if uint32(i) > last-from || len(m.chars) > mostMappings {
				break
			}
			m.char(pdfString([]byte{byte((from + uint32(i)) >> 24), byte((from + uint32(i)) >> 16), byte((from + uint32(i)) >> 8), byte(from + uint32(i))}), v)
		}
	}
}

// text gives what a code stands for. What was found is kept, since ranges are
// searched one by one.
func (m *cmap) text(code uint32) (string, bool) {
	if s, ok := m.chars[code]; ok {
		return s, s != ""
	}
	for _, r := range m.ranges {
		if code >= r.low && code <= r.high {
			runes := append([]rune{}, r.to...)
			runes[len(runes)-1] += rune(code - r.low)
			s := string(runes)
			m.chars[code] = s
			return s, true
		}
	}
	m.chars[code] = ""
	return "", false
}

// length gives the length of the code that s begins with.
func (m *cmap) length(s pdfString, instead int) int {
	for n := 1; n <= 4 && n <= len(s); n++ {
		for _, space := range m.spaces {
			if len(space.low) == n && within(string(s[:n]), space) {
				return n
			}
		}
	}
	return min(instead, len(s))
}

func within(s string, space codeSpace) bool {
	for i := range len(s) {
		if s[i] < space.low[i] || s[i] > space.high[i] {
			return false
		}
	}
	return true
}
