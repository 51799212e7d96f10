package extract

import "golang.org/x/text/unicode/norm"

// standardHigh is where Adobe's standard encoding differs from Windows-1252
// (section D.2).
var standardHigh = map[byte]rune{
	0x27: '’', 0x60: '‘', 0xa4: '⁄', 0xa6: 'ƒ', 0xa8: '¤', 0xa9: '\'', 0xaa: '“', 0xac: '‹', 0xad: '›', 0xae: 'ﬁ', 0xaf: 'ﬂ',
	0xb1: '–', 0xb2: '†', 0xb3: '‡', 0xb4: '·', 0xb7: '•', 0xb8: '‚', 0xb9: '„', 0xba: '”', 0xbc: '…', 0xbd: '‰', 0xd0: '—',
	0xe1: 'Æ', 0xe8: 'Ł', 0xe9: 'Ø', 0xea: 'Œ', 0xf1: 'æ', 0xf5: 'ı', 0xf8: 'ł', 0xf9: 'ø', 0xfa: 'œ', 0xfb: 'ß',
}

// helvetica holds the widths of ASCII from the space on.
var helvetica = [95]float64{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556,
	278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667,
	611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833,
	556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
}

// glyphNames are the names that fonts of western text use.
var glyphNames = map[string]string{
	"space": " ", "nbspace": " ", "exclam": "!", "quotedbl": `"`, "numbersign": "#", "dollar": "$", "percent": "%", "ampersand": "&",
	"quotesingle": "'", "quoteright": "’", "quoteleft": "‘", "parenleft": "(", "parenright": ")", "asterisk": "*", "plus": "+", "comma": ",",
	"hyphen": "-", "sfthyphen": "-", "minus": "-", "period": ".", "slash": "/", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4",
	"five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "colon": ":", "semicolon": ";", "less": "<", "equal": "=", "greater": ">",
	"question": "?", "at": "@", "bracketleft": "[", "backslash": `\`, "bracketright": "]", "asciicircum": "^", "underscore": "_", "grave": "`",
	"braceleft": "{", "bar": "|", "braceright": "}", "asciitilde": "~", "exclamdown": "¡", "cent": "¢", "sterling": "£", "currency": "¤",
	"yen": "¥", "brokenbar": "¦", "section": "§", "copyright": "©", "ordfeminine": "ª", "guillemotleft": "«", "guillemotright": "»",
	"logicalnot": "¬", "registered": "®", "degree": "°", "plusminus": "±", "mu": "µ", "paragraph": "¶", "periodcentered": "·",
	"ordmasculine": "º", "onequarter": "¼", "onehalf": "½", "threequarters": "¾", "questiondown": "¿", "multiply": "×", "divide": "÷",
	"AE": "Æ", "ae": "æ", "OE": "Œ", "oe": "œ", "Oslash": "Ø", "oslash": "ø", "germandbls": "ß", "Eth": "Ð", "eth": "ð", "Thorn": "Þ", "thorn": "þ",
	"Lslash": "Ł", "lslash": "ł", "dotlessi": "ı", "Euro": "€", "florin": "ƒ", "fraction": "/", "bullet": "•", "ellipsis": "…", "endash": "–",
	"emdash": "—", "quotedblleft": "“", "quotedblright": "”", "quotesinglbase": "‚", "quotedblbase": "„", "guilsinglleft": "‹",
	"guilsinglright": "›", "dagger": "†", "daggerdbl": "‡", "perthousand": "‰", "trademark": "™", "fi": "fi", "fl": "fl", "ff": "ff",
	"ffi": "ffi", "ffl": "ffl", "st": "st", "acute": "´", "dieresis": "¨", "macron": "¯", "cedilla": "¸", "circumflex": "ˆ", "tilde": "˜",
	"caron": "ˇ", "breve": "˘", "dotaccent": "˙", "ring": "˚", "ogonek": "˛", "hungarumlaut": "˝", "checkmark": "✓", "alpha": "α", "beta": "β",
	"gamma": "γ", "delta": "δ", "epsilon": "ε", "lambda": "λ", "pi": "π", "sigma": "σ", "omega": "ω", "Delta": "∆", "Omega": "Ω", "infinity": "∞",
	"lessequal": "≤", "greaterequal": "≥", "notequal": "≠", "approxequal": "≈", "summation": "∑", "product": "∏", "radical": "√", "integral": "∫",
	"partialdiff": "∂", "lozenge": "◊", "apple": "", "arrowright": "→", "arrowleft": "←", "circle": "○", "square": "□",
	".notdef": "", "nonmarkingreturn": "", "NUL": "",
}

// accents are the ends of names of letters, with the combining accent.
var accents = map[string]string{
	"acute": "\u0301", "grave": "\u0300", "circumflex": "\u0302", "tilde": "\u0303", "dieresis": "\u0308", "ring": "\u030a",
	"cedilla": "\u0327", "caron": "\u030c", "macron": "\u0304", "breve": "\u0306", "ogonek": "\u0328", "dotaccent": "\u0307",
}

// composed gives the letter for one with a combining accent.
var composed = func() map[string]string {
	all := map[string]string{}
	for letter := 'A'; letter <= 'z'; letter++ {
		for _, mark := range accents {
			s := string(letter) + mark
			if c := norm.NFC.String(s); c != s {
				all[s] = c
			}
		}
	}
	return all
}()
