package extract

import (
	"bytes"
	"errors"
	"strconv"
	"unicode/utf16"
)

// RTFHandler gives meaning to what ReadRTF reads. An error ends the reading.
type RTFHandler interface {
	// Open and Close are a brace and its end. Close is told how many braces are
	// still open, -1 when there was none to close.
	Open()
	Close(depth int) error
	// Word is a control word that says nothing about characters; has tells
	// whether a number stood behind it.
	Word(word string, n int, has bool) error
	// Destination is the word of a group that begins with \*; Word follows.
	Destination(word string)
	// Text is text in UTF-8, lines ended by "\n".
	Text(text string) error
	// Binary is the octets of \bin.
	Binary(b []byte) error
	// Spend is told what each step cost, in octets.
	Spend(octets int) error
}

// Errors of ReadRTF.
var (
	ErrRTFDepth    = errors.New("too many braces in braces")
	ErrRTFCodepage = errors.New("RTF in an unknown codepage")
)

// maxRTFDepth bounds braces in braces; Word gives up at far fewer.
const maxRTFDepth = 5000

// rtfGroup is what a brace keeps and its end brings back.
type rtfGroup struct {
	skip     bool // text is left out
	document bool // text is in the document's codepage, whatever its font
	page     int  // codepage of the font; 0 for that of the document
	instep   int  // octets that stand for a \u in old readers
}

// RTFReader reads Rich Text Format 1.9: its braces, control words and characters.
type RTFReader struct {
	h      RTFHandler
	strict bool
	b      []byte
	pos    int
	group  rtfGroup
	stack  []rtfGroup
	page   int         // of \ansicpg
	fonts  map[int]int // codepages
	font   int         // being defined
	inFont int         // how deep the font table is; 0 outside
	ignore int         // characters that stand for the last \u
	high   rune
	octets []byte // text not yet decoded
	failed error
}

// NewRTFReader makes a reader. A strict one ends with ErrRTFCodepage at text that
// it cannot decode; otherwise that is read as Windows-1252.
func NewRTFReader(b []byte, strict bool) *RTFReader {
	const westernEurope = 1252
	return &RTFReader{b: b, strict: strict, page: westernEurope, fonts: map[int]int{}, group: rtfGroup{instep: 1}}
}

// Read reads all of it. It fails with what the handler failed with, ErrRTFDepth or
// ErrRTFCodepage.
func (r *RTFReader) Read(h RTFHandler) error {
	for r.h = h; r.pos < len(r.b) && r.failed == nil; {
		from := r.pos
		r.step()
		r.fail(h.Spend(r.pos - from))
	}
	r.flush()
	return r.failed
}

// Skip leaves out the text of the group, and of the groups in it.
func (r *RTFReader) Skip() { r.group.skip = true }

// Skips tells whether the group's text is left out.
func (r *RTFReader) Skips() bool { return r.group.skip }

// DocumentCodepage has the group's text read in the codepage of the document,
// whatever its font.
func (r *RTFReader) DocumentCodepage() { r.group.document = true }

// fail keeps the first error, which ends the reading.
func (r *RTFReader) fail(err error) {
	if r.failed == nil {
		r.failed = err
	}
}

// step reads one brace, control or run of text.
func (r *RTFReader) step() {
	switch c := r.b[r.pos]; c {
	case '{':
		r.pos++
		r.flush()
		if len(r.stack) >= maxRTFDepth {
			r.fail(ErrRTFDepth)
			return
		}
		r.stack = append(r.stack, r.group)
		r.h.Open()
	case '}':
		r.pos++
		r.flush()
		r.close()
	case '\\':
		r.control()
	case '\r', '\n', 0:
		r.pos++
	default:
		end := bytes.IndexAny(r.b[r.pos:], "{}\\\r\n\x00")
		if end < 0 {
			end = len(r.b) - r.pos
		}
		r.text(r.b[r.pos : r.pos+end]...)
		r.pos += end
	}
}

func (r *RTFReader) close() {
	n := len(r.stack)
	if n > 0 {
		r.group, r.stack = r.stack[n-1], r.stack[:n-1]
	}
	if len(r.stack) < r.inFont {
		r.inFont = 0
	}
	r.fail(r.h.Close(n - 1))
}

// text takes octets of a codepage, less those that stand for a \u.
func (r *RTFReader) text(b ...byte) {
	if n := min(r.ignore, len(b)); n > 0 {
		b, r.ignore = b[n:], r.ignore-n
	}
	if !r.group.skip {
		r.octets = append(r.octets, b...)
	}
}

// flush decodes the octets gathered so far.
func (r *RTFReader) flush() {
	if len(r.octets) == 0 {
		return
	}
	page := r.group.page
	if page == 0 || r.group.document {
		page = r.page
	}
	text, known := Decode(CodepageName(page), r.octets)
	if !known && r.strict {
		r.fail(ErrRTFCodepage)
	} else if !known {
		text = FromWindows1252(string(r.octets))
	}
	r.octets = r.octets[:0]
	r.put(text)
}

// put hands text over.
func (r *RTFReader) put(s string) {
	if !r.group.skip && r.failed == nil {
		r.fail(r.h.Text(s))
	}
}

// control reads what begins with a backslash.
func (r *RTFReader) control() {
	r.pos++
	if r.pos >= len(r.b) {
		return
	}
	if c := r.b[r.pos]; !isLetter(c) {
		r.pos++
		r.symbol(c)
		return
	}
	name := r.name()
	start := r.pos
	if r.pos < len(r.b) && r.b[r.pos] == '-' {
		r.pos++
	}
	for r.pos < len(r.b) && r.b[r.pos] >= '0' && r.b[r.pos] <= '9' {
		r.pos++
	}
	const longNumber = 12
	n, err := strconv.Atoi(string(r.b[start:min(r.pos, start+longNumber)]))
	if r.pos < len(r.b) && r.b[r.pos] == ' ' {
		r.pos++
	}
	r.word(name, n, err == nil)
}

// name reads the letters of a control word.
func (r *RTFReader) name() string {
	const longName = 32
	start := r.pos
	for r.pos < len(r.b) && isLetter(r.b[r.pos]) {
		r.pos++
	}
	return string(r.b[start:min(r.pos, start+longName)])
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func (r *RTFReader) symbol(c byte) {
	switch c {
	case '\'':
		if r.pos+2 <= len(r.b) {
			high, low := unhex(r.b[r.pos]), unhex(r.b[r.pos+1])
			r.pos += 2
			if high >= 0 && low >= 0 {
				r.text(byte(high<<4 | low))
			}
		}
	case '*':
		r.flush()
		here := r.pos
		for r.pos < len(r.b) && bytes.IndexByte([]byte(" \r\n\\"), r.b[r.pos]) >= 0 {
			r.pos++
		}
		word := r.name()
		r.pos = here
		r.h.Destination(word)
	case '~':
		r.flush()
		r.put("\u00a0")
	case '_':
		r.text('-')
	case '\\', '{', '}':
		r.text(c)
	case '\r', '\n':
		r.flush()
		r.put("\n")
	}
}

// word handles a control word.
func (r *RTFReader) word(word string, n int, has bool) {
	if text, ok := rtfText[word]; ok {
		r.flush()
		r.put(text)
		return
	}
	switch word {
	case "u":
		r.flush()
		r.unicode(rune(uint16(n)))
		r.ignore = r.group.instep
	case "uc":
		const most = 100
		r.group.instep = min(max(n, 0), most)
	case "bin":
		r.flush()
		if has && n > 0 {
			n = min(n, len(r.b)-r.pos)
			r.fail(r.h.Binary(r.b[r.pos : r.pos+n]))
			r.pos += n
		}
	case "ansicpg", "mac", "pc", "pca":
		r.flush()
		r.setPage(word, n)
	case "fonttbl":
		r.flush()
		r.group.skip, r.inFont = true, max(1, len(r.stack))
	case "f":
		r.flush()
		if r.font = n; r.inFont == 0 {
			r.group.page = r.fonts[n]
		}
	case "fcharset":
		const most = 1000 // fonts
		if r.inFont > 0 && len(r.fonts) < most {
			r.fonts[r.font] = FontCodepage(n)
		}
	case "plain":
		r.flush()
		r.group.page = 0
	default:
		r.flush()
		r.fail(r.h.Word(word, n, has))
	}
}

// rtfText are control words that are text themselves.
var rtfText = map[string]string{
	"par": "\n", "line": "\n", "sect": "\n", "page": "\n", "row": "\n", "nestrow": "\n", "tab": "\t", "cell": "\t", "nestcell": "\t",
	"emdash": "—", "endash": "–", "emspace": "\u2003", "enspace": "\u2002", "qmspace": "\u2005", "bullet": "•", "lquote": "‘", "rquote": "’",
	"ldblquote": "“", "rdblquote": "”", "zwj": "\u200d", "zwnj": "\u200c",
}

// unicode writes a \u, of which characters above 0xFFFF take two.
func (r *RTFReader) unicode(c rune) {
	if utf16.IsSurrogate(c) {
		if r.high == 0 {
			r.high = c
			return
		}
		c = utf16.DecodeRune(r.high, c)
	}
	r.high = 0
	r.put(string(c))
}

func (r *RTFReader) setPage(word string, n int) {
	switch word {
	case "mac":
		n = 10000
	case "pc":
		n = 437
	case "pca":
		n = 850
	}
	if r.strict || codepage(n) != nil {
		r.page = n
	}
}
