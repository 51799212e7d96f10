package envelope

import (
	"math"
	"strings"
	"unicode"
)

// luminance is the relative luminance of WCAG 2.2.
func luminance(r, g, b uint8) float64 {
	part := func(c uint8) float64 {
		v := float64(c) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*part(r) + 0.7152*part(g) + 0.0722*part(b)
}

// short makes a name or address fit to be shown: one line, bounded, valid UTF-8,
// without characters that turn the direction of writing and so could make one
// address look like another.
func short(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	if len(s) > maxShown {
		s = strings.ToValidUTF8(s[:maxShown-3], "") + "…"
	}
	return s
}
