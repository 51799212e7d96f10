package extract

import "math"

// shows handles the operators that show text.
func (p *painter) shows(op string) error {
	if op == "'" || op == `"` {
		if op == `"` {
			p.g.word, p.g.char = p.num(0), p.num(1)
		}
		p.move(0, -p.g.leading)
	}
	if len(p.operands) == 0 {
		return nil
	}
	switch v := p.operands[len(p.operands)-1].(type) {
	case pdfString:
		return p.show(v)
	case pdfArray:
		for _, item := range v {
			switch item := item.(type) {
			case float64:
				p.advance(-item / 1000 * p.g.size * p.g.stretch)
			case pdfString:
				if err := p.show(item); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (p *painter) advance(x float64) { p.text = matrix{1, 0, 0, 1, x, 0}.by(p.text) }

// show writes a string, with a space or a new line before it where it stands
// apart from what was written last.
func (p *painter) show(s pdfString) error {
	font := p.g.font
	if font == nil { // some viewers take one of their own
		var err error
		if font, err = p.fontOf(nil); err != nil {
			return err
		}
		p.g.font = font
	}
	var out []byte
	if err := p.border(); err != nil {
		return err
	}
	for len(s) > 0 {
		var g glyph
		g, s = font.next(s)
		if p.codes++; !g.sure {
			p.unsure++
		}
		out = append(out, g.text...)
		width := (g.width/1000*p.g.size + p.g.char) * p.g.stretch
		if g.space {
			width += p.g.word * p.g.stretch
		}
		p.advance(width)
		if err := p.f.w.spend(4); err != nil {
			return err
		}
	}
	m := p.text.by(p.g.ctm)
	p.endX, p.endY = m[4], m[5]
	p.has = p.has || len(out) > 0
	return p.f.w.write(string(out))
}

// Bounds of words and lines, in units of the font's size. Spaces are a quarter
// wide; kerning stays below a tenth.
const (
	wordGap = 0.15
	lineGap = 0.5
	backGap = -1.0
)

// border compares where a string begins with where the last one ended.
func (p *painter) border() error {
	m := p.text.by(p.g.ctm)
	length := math.Hypot(m[0], m[1])
	size := math.Abs(p.g.size) * math.Max(length, math.Hypot(m[2], m[3]))
	if length == 0 || size == 0 || math.IsNaN(size) || math.IsInf(size, 0) {
		return nil
	}
	dirX, dirY := m[0]/length, m[1]/length
	turned := math.Abs(dirX-p.dirX)+math.Abs(dirY-p.dirY) > 0.1
	p.dirX, p.dirY = dirX, dirY
	if !p.has {
		return nil
	}
	x, y := m[4]-p.endX, m[5]-p.endY
	along := (x*dirX + y*dirY) / size
	across := math.Abs(y*dirX-x*dirY) / size
	switch {
	case turned, across > lineGap, along < backGap:
		p.has = false
		p.f.w.line()
	case along > wordGap || along < -wordGap*4:
		return p.f.w.write(" ")
	}
	return nil
}
