package extract

import (
	"bytes"
	"fmt"
)

// matrix is [a b c d e f] of section 8.3.4.
type matrix [6]float64

var unit = matrix{1, 0, 0, 1, 0, 0}

// by gives m × n: first m, then n.
func (m matrix) by(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

// graphics is what q keeps and Q brings back.
type graphics struct {
	ctm                       matrix
	font                      *pdfFont
	size, char, word, stretch float64
	leading, rise             float64
}

// painter follows the operators of a page and writes its text.
type painter struct {
	f         *pdfFile
	g         graphics
	stack     []graphics
	text      matrix // Tm
	line      matrix // Tlm
	endX      float64
	endY      float64
	dirX      float64
	dirY      float64
	has       bool // something was written on the line at end
	fonts     map[any]*pdfFont
	forms     map[*pdfStream]bool // forms being painted
	depth     int
	codes     int // shown on the document
	unsure    int // of these, of unknown meaning
	pixels    float64
	paths     int
	operands  []any
	resources pdfDict
}

// maxGraphics bounds the states kept by q; maxForms forms in forms.
const (
	maxGraphics = 200
	maxForms    = 12
)

func (p *painter) reset() {
	p.g = graphics{ctm: unit, stretch: 1}
	p.stack, p.has = p.stack[:0], false
	p.text, p.line = unit, unit
}

// paint follows a content stream.
func (p *painter) paint(data []byte, resources pdfDict) error {
	outer := p.resources
	p.resources = resources
	defer func() { p.resources = outer }()
	const mostItems = 1 << 20 // of one operand
	left := mostItems
	l := &pdfLexer{b: data, left: &left}
	p.operands = p.operands[:0]
	for {
		from := l.pos
		left = mostItems
		v := l.next(0)
		// An operand or operator costs more than its octets.
		if err := p.f.w.spend(2*(l.pos-from) + 16); err != nil {
			return err
		}
		if left < 0 {
			return fmt.Errorf("%w: an operand", ErrTooBig)
		}
		switch v := v.(type) {
		case pdfEnd:
			return nil
		case pdfClose:
		case pdfWord:
			var err error
			if v == "BI" {
				p.inlineImage(l)
			} else {
				err = p.operator(string(v))
			}
			if err != nil {
				return err
			}
			p.operands = p.operands[:0]
		default:
			const most = 100 // operands; the standard needs 33
			if len(p.operands) < most {
				p.operands = append(p.operands, v)
			}
		}
	}
}

// inlineImage skips the picture between ID and EI.
func (p *painter) inlineImage(l *pdfLexer) {
	start := bytes.Index(l.b[l.pos:], []byte("ID"))
	if start < 0 {
		l.pos = len(l.b)
		return
	}
	l.pos += start + 2
	p.paths++
	for {
		end := bytes.Index(l.b[l.pos:], []byte("EI"))
		if end < 0 {
			l.pos = len(l.b)
			return
		}
		at := l.pos + end
		l.pos = at + 2
		if at > 0 && isPDFSpace(l.b[at-1]) && (l.pos >= len(l.b) || isPDFSpace(l.b[l.pos])) {
			return
		}
	}
}

func (p *painter) num(i int) float64 {
	if i < len(p.operands) {
		n, _ := p.operands[i].(float64)
		return n
	}
	return 0
}

func (p *painter) asMatrix() matrix {
	return matrix{p.num(0), p.num(1), p.num(2), p.num(3), p.num(4), p.num(5)}
}

// operator does what matters for text (section 9.4 and annex A).
func (p *painter) operator(op string) error {
	switch op {
	case "q":
		if len(p.stack) < maxGraphics {
			p.stack = append(p.stack, p.g)
		}
	case "Q":
		if n := len(p.stack); n > 0 {
			p.g, p.stack = p.stack[n-1], p.stack[:n-1]
		}
	case "cm":
		p.g.ctm = p.asMatrix().by(p.g.ctm)
	case "Do":
		return p.do()
	case "f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh":
		p.paths++
	case "BT":
		p.text, p.line = unit, unit
	case "Tj", "TJ", "'", `"`:
		return p.shows(op)
	default:
		return p.textState(op)
	}
	return nil
}

func (p *painter) textState(op string) error {
	switch op {
	case "Tf":
		if len(p.operands) == 2 {
			font, err := p.fontNamed(asName(p.operands[0]))
			if err != nil {
				return err
			}
			p.g.font, p.g.size = font, p.num(1)
		}
	case "gs":
		return p.state()
	case "Tc":
		p.g.char = p.num(0)
	case "Tw":
		p.g.word = p.num(0)
	case "Tz":
		p.g.stretch = p.num(0) / 100
	case "TL":
		p.g.leading = p.num(0)
	case "Ts":
		p.g.rise = p.num(0)
	case "Tm":
		p.text = p.asMatrix()
		p.line = p.text
	case "Td":
		p.move(p.num(0), p.num(1))
	case "TD":
		p.g.leading = -p.num(1)
		p.move(p.num(0), p.num(1))
	case "T*":
		p.move(0, -p.g.leading)
	}
	return nil
}

func (p *painter) move(x, y float64) {
	p.line = matrix{1, 0, 0, 1, x, y}.by(p.line)
	p.text = p.line
}

// state takes a font out of a graphics state parameter dictionary.
func (p *painter) state() error {
	if len(p.operands) == 0 {
		return nil
	}
	f := p.f
	d := f.dict(f.dict(p.resources["ExtGState"])[asName(p.operands[0])])
	if list := f.array(d["Font"]); len(list) == 2 {
		font, err := p.fontOf(list[0])
		if err != nil {
			return err
		}
		p.g.font, p.g.size = font, f.number(list[1], 1)
	}
	return nil
}

func (p *painter) fontNamed(name pdfName) (*pdfFont, error) {
	return p.fontOf(p.f.dict(p.resources["Font"])[name])
}

// fontOf reads each font once.
func (p *painter) fontOf(v any) (*pdfFont, error) {
	ref, isRef := v.(pdfRef)
	if isRef && p.fonts[ref] != nil {
		return p.fonts[ref], nil
	}
	if len(p.fonts) > p.f.w.x.limits.Entries {
		return nil, unreadable("too many fonts")
	}
	font, err := p.f.font(p.f.dict(v))
	if err == nil && isRef {
		p.fonts[ref] = font
	}
	return font, err
}

// do paints a form or picture (section 8.8 to 8.10).
func (p *painter) do() error {
	if len(p.operands) == 0 {
		return nil
	}
	f := p.f
	s, _ := f.get(f.dict(p.resources["XObject"])[asName(p.operands[0])]).(*pdfStream)
	if s == nil {
		return nil
	}
	if f.get(s.dict["Subtype"]) == pdfName("Image") {
		p.pixels += f.number(s.dict["Width"], 0) * f.number(s.dict["Height"], 0)
		p.paths++
		return nil
	}
	if p.depth >= maxForms || p.forms[s] {
		return nil // a form within itself is painted by no viewer
	}
	data, err := f.data(s)
	if err != nil {
		return p.broken(err)
	}
	defer f.w.release(len(data))
	resources := f.dict(s.dict["Resources"])
	if resources == nil {
		resources = p.resources
	}
	saved, text, line, kept := p.g, p.text, p.line, p.stack
	if list := f.array(s.dict["Matrix"]); len(list) == 6 {
		var m matrix
		for i := range m {
			m[i] = f.number(list[i], 0)
		}
		p.g.ctm = m.by(p.g.ctm)
	}
	p.stack = nil
	p.forms[s] = true
	p.depth++
	err = p.paint(data, resources)
	p.depth--
	delete(p.forms, s)
	p.g, p.text, p.line, p.stack = saved, text, line, kept
	return err
}

// broken makes a stream that cannot be decoded an error of the document, but
// for pictures.
func (p *painter) broken(err error) error {
	if err == errImage {
		p.paths++
		return nil
	}
	return err
}
