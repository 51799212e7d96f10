package extract

import (
	"strconv"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// pdfFont makes text of the codes of a font, and knows how wide they are.
type pdfFont struct {
	composite bool // codes of two octets, unless the cmap says otherwise
	unicode   *cmap
	utf16     bool // the codes are UTF-16 themselves
	simple    [256]string
	sure      [256]bool // simple is known, not guessed
	widths    map[uint32]float64
	width     float64 // of what is not in widths
	known     bool    // widths are the file's own
}

// font reads a font dictionary (section 9.6).
func (f *pdfFile) font(d pdfDict) (*pdfFont, error) {
	font := &pdfFont{widths: map[uint32]float64{}, width: 500}
	if s, ok := f.get(d["ToUnicode"]).(*pdfStream); ok {
		data, err := f.data(s)
		if err == nil {
			font.unicode, err = f.w.readCMap(data)
			f.w.release(len(data))
		}
		if err != nil && f.w.x.over != nil {
			return nil, err
		}
	}
	base, _ := f.get(d["BaseFont"]).(pdfName)
	if f.get(d["Subtype"]) == pdfName("Type0") {
		font.composite = true
		encoding, _ := f.get(d["Encoding"]).(pdfName)
		font.utf16 = strings.Contains(string(encoding), "UTF16") || strings.Contains(string(encoding), "UCS2")
		if list := f.array(d["DescendantFonts"]); len(list) > 0 {
			f.cidWidths(font, f.dict(list[0]))
		}
		return font, nil
	}
	f.simpleEncoding(font, d, string(base))
	f.simpleWidths(font, d, string(base))
	return font, nil
}

// simpleEncoding fills the table of a font of one-octet codes.
func (f *pdfFile) simpleEncoding(font *pdfFont, d pdfDict, base string) {
	name := asName(f.get(d["Encoding"]))
	var differences pdfArray
	if e, ok := f.get(d["Encoding"]).(pdfDict); ok {
		name = asName(f.get(e["BaseEncoding"]))
		differences = f.array(e["Differences"])
	}
	descriptor := f.dict(d["FontDescriptor"])
	// A symbolic font with a program of its own has its own code for everything.
	const symbolic = 4
	own := first(descriptor, "FontFile", "FontFile2", "FontFile3") != nil && int(f.number(descriptor["Flags"], 0))&symbolic != 0
	type3 := f.get(d["Subtype"]) == pdfName("Type3")
	for c := range 256 {
		r := charmap.Windows1252.DecodeByte(byte(c))
		switch {
		case name == "MacRomanEncoding":
			r = charmap.Macintosh.DecodeByte(byte(c))
		case name == "" && !strings.Contains(base, "Symbol"):
			if other, ok := standardHigh[byte(c)]; ok {
				r = other
			}
		}
		if r >= ' ' && r != 0x7f && r != 0xfffd {
			font.simple[c] = string(r)
			font.sure[c] = !type3 && (name != "" || !own || c < 0x7f)
		}
	}
	at := 0
	for _, v := range differences {
		switch v := f.get(v).(type) {
		case float64:
			at = int(v)
		case pdfName:
			if at >= 0 && at < 256 {
				font.simple[at], font.sure[at] = glyphText(string(v))
			}
			at++
		}
	}
}

// simpleWidths reads the widths of a simple font, or takes those of Helvetica.
func (f *pdfFile) simpleWidths(font *pdfFont, d pdfDict, base string) {
	from := int(f.number(d["FirstChar"], 0))
	list := f.array(d["Widths"])
	scale := 1.0
	if matrix := f.array(d["FontMatrix"]); len(matrix) == 6 {
		scale = 1000 * f.number(matrix[0], 0.001)
	}
	if len(list) > 0 {
		for i, v := range list[:min(len(list), 256)] {
			font.widths[uint32(from+i)] = scale * f.number(v, 0)
		}
		font.width = f.number(f.dict(d["FontDescriptor"])["MissingWidth"], 0)
		font.known = true
		return
	}
	if strings.Contains(base, "Courier") {
		font.width = 600
		return
	}
	for c := 32; c < 127; c++ {
		font.widths[uint32(c)] = helvetica[c-32]
	}
}

// cidWidths reads the widths of a composite font (section 9.7.4.3).
func (f *pdfFile) cidWidths(font *pdfFont, d pdfDict) {
	font.width = f.number(d["DW"], 1000)
	font.known = true
	list := f.array(d["W"])
	for i := 0; i+1 < len(list) && len(font.widths) < mostMappings; {
		from := int(f.number(list[i], 0))
		if widths, ok := f.get(list[i+1]).(pdfArray); ok {
			for j, v := range widths[:min(len(widths), mostMappings)] {
				font.widths[uint32(from+j)] = f.number(v, 0)
			}
			i += 2
			continue
		}
		if i+2 >= len(list) {
			break
		}
		width := f.number(list[i+2], 0)
		for c := from; c <= int(f.number(list[i+1], 0)) && len(font.widths) < mostMappings; c++ {
			font.widths[uint32(c)] = width
		}
		i += 3
	}
	_ = f.w.spend(10 * len(font.widths))
}

// glyph is one shown code.
type glyph struct {
	text  string
	sure  bool
	width float64 // in thousandths of the font's size
	space bool    // the single-octet code 32, to which word spacing applies
}

// next cuts the first code off s.
func (font *pdfFont) next(s pdfString) (glyph, pdfString) {
	n := 1
	if font.composite {
		n = min(2, len(s))
	}
	if font.unicode != nil && font.composite && len(font.unicode.spaces) > 0 {
		n = font.unicode.length(s, n)
	}
	code := codeOf(s[:n])
	g := glyph{space: n == 1 && code == ' '}
	width, ok := font.widths[code]
	if !ok {
		width = font.width
	}
	g.width = width
	if font.unicode != nil {
		g.text, g.sure = font.unicode.text(code)
	}
	switch {
	case g.sure:
	case font.utf16:
		g.text, g.sure = string(fromUTF16BE(s[:n])), true
	case !font.composite:
		g.text, g.sure = font.simple[code&0xff], font.sure[code&0xff]
	}
	return g, s[n:]
}

// glyphText gives the text of a glyph's name (Adobe Glyph List, shortened).
func glyphText(name string) (string, bool) {
	if base, _, ok := strings.Cut(name, "."); ok && base != "" {
		name = base
	}
	if s, ok := glyphNames[name]; ok {
		return s, true
	}
	if len(name) == 1 {
		return name, true
	}
	if strings.HasPrefix(name, "uni") && len(name) >= 7 {
		if n, err := strconv.ParseUint(name[3:7], 16, 32); err == nil {
			return string(rune(n)), true
		}
	}
	if strings.HasPrefix(name, "u") && len(name) >= 5 && len(name) <= 7 {
		if n, err := strconv.ParseUint(name[1:], 16, 32); err == nil {
			return string(rune(n)), true
		}
	}
	if base, accent, ok := accented(name); ok {
		return base + accent, true
	}
	if parts := strings.Split(name, "_"); len(parts) > 1 && len(parts) <= 4 {
		var whole string
		for _, p := range parts {
			s, ok := glyphText(p)
			if !ok {
				return "", false
			}
			whole += s
		}
		return whole, true
	}
	return "", false
}

// accented reads names such as "eacute" as the letter with its combining accent.
func accented(name string) (base, accent string, ok bool) {
	for suffix, mark := range accents {
		if letter, found := strings.CutSuffix(name, suffix); found && len(letter) == 1 {
			if s, known := composed[letter+mark]; known {
				return s, "", true
			}
			return letter, mark, true
		}
	}
	return "", "", false
}
