package tnef

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/postseal/postseal/extract"
)

// rich is what stands in RTF: a page or text that was wrapped into it
// ([MS-OXRTFEX]), or the text of RTF proper.
type rich struct {
	html     bool
	text     string // a page, when html
	pictures bool   // RTF proper that holds pictures or objects, which a text cannot show
}

// group is what a brace keeps and its end brings back.
type group struct {
	skip   bool // a destination without text
	tag    bool // htmltag: markup of the page
	rtf    bool // htmlrtf: what RTF readers alone are to see
	field  bool // fldinst: the address of a link
	page   int  // codepage of the font; 0 for that of the document
	instep int  // octets that stand for a \u in old readers
}

// rtfReader reads Rich Text Format 1.9 as far as text is concerned.
type rtfReader struct {
	b       []byte
	pos     int
	group   group
	stack   []group
	page    int
	fonts   map[int]int // codepages
	font    int         // being defined
	inFonts bool
	ignore  int // characters that stand for the last \u
	high    rune
	octets  []byte // text not yet decoded
	failed  error
	link    strings.Builder
	out     strings.Builder
	rich    rich
}

func readRTF(b []byte) (rich, error) {
	if !bytes.HasPrefix(b, []byte(`{\rtf`)) {
		return rich{}, unread("its RTF is none")
	}
	r := &rtfReader{b: b, page: 1252, fonts: map[int]int{}}
	r.group.instep = 1
	const prologue = 4096 // the wrapping is told at the beginning
	r.rich.html = bytes.Contains(b[:min(len(b), prologue)], []byte(`\fromhtml1`))
	for r.pos < len(r.b) && r.failed == nil {
		r.step()
	}
	r.flush()
	r.rich.text = r.out.String()
	if r.rich.html {
		r.rich.pictures = false
	}
	return r.rich, r.failed
}

// step reads one brace, control or run of text.
func (r *rtfReader) step() {
	switch c := r.b[r.pos]; c {
	case '{':
		r.pos++
		r.flush()
		if len(r.stack) >= maxRTFDepth {
			r.failed = errTooMuch
			return
		}
		r.stack = append(r.stack, r.group)
	case '}':
		r.pos++
		r.flush()
		r.closeGroup()
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

func (r *rtfReader) closeGroup() {
	n := len(r.stack)
	if n == 0 {
		r.pos = len(r.b) // what follows the document is none of it
		return
	}
	old := r.group
	r.group, r.stack = r.stack[n-1], r.stack[:n-1]
	r.inFonts = r.inFonts && r.group.skip
	if old.field && !r.group.field {
		// A link shows its address before its words.
		if _, to, found := strings.Cut(r.link.String(), "HYPERLINK"); found && !r.rich.html {
			if to = strings.Trim(strings.TrimSpace(to), `"`); to != "" && !strings.ContainsAny(to, "\" \r\n") {
				r.put("<" + to + "> ")
			}
		}
		r.link.Reset()
	}
}

// text takes octets of a codepage, less those that stand for a \u.
func (r *rtfReader) text(b ...byte) {
	if n := min(r.ignore, len(b)); n > 0 {
		b, r.ignore = b[n:], r.ignore-n
	}
	if r.shows() {
		r.octets = append(r.octets, b...)
	}
}

func (r *rtfReader) shows() bool {
	return !r.group.skip && !(r.rich.html && r.group.rtf)
}

// flush decodes the octets gathered so far.
func (r *rtfReader) flush() {
	if len(r.octets) == 0 {
		return
	}
	page := r.group.page
	if page == 0 || r.group.tag {
		page = r.page
	}
	text, known := extract.Decode(extract.CodepageName(page), r.octets)
	if !known {
		r.failed = unread("RTF in an unknown codepage")
	}
	r.octets = r.octets[:0]
	r.put(text)
}

func (r *rtfReader) put(s string) {
	switch {
	case !r.shows():
	case r.group.field:
		if r.link.Len()+len(s) < maxShort {
			r.link.WriteString(s)
		}
	default:
		r.out.WriteString(s)
	}
}

// control reads what begins with a backslash.
func (r *rtfReader) control() {
	r.pos++
	if r.pos >= len(r.b) {
		return
	}
	if c := r.b[r.pos]; !isLetter(c) {
		r.pos++
		r.symbol(c)
		return
	}
	start := r.pos
	for r.pos < len(r.b) && isLetter(r.b[r.pos]) {
		r.pos++
	}
	word := string(r.b[start:min(r.pos, start+32)])
	start = r.pos
	if r.pos < len(r.b) && r.b[r.pos] == '-' {
		r.pos++
	}
	for r.pos < len(r.b) && r.b[r.pos] >= '0' && r.b[r.pos] <= '9' {
		r.pos++
	}
	n, err := strconv.Atoi(string(r.b[start:min(r.pos, start+12)]))
	if r.pos < len(r.b) && r.b[r.pos] == ' ' {
		r.pos++
	}
	r.word(word, n, err == nil)
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func (r *rtfReader) symbol(c byte) {
	switch c {
	case '\'':
		if r.pos+2 <= len(r.b) {
			n, err := strconv.ParseUint(string(r.b[r.pos:r.pos+2]), 16, 8)
			r.pos += 2
			if err == nil {
				r.text(byte(n))
			}
		}
	case '*':
		r.flush()
		r.destination()
	case '~':
		r.flush()
		r.put("\u00a0")
	case '_':
		r.text('-')
	case '\\', '{', '}':
		r.text(c)
	case '\r', '\n':
		r.flush()
		r.put("\r\n")
	}
}

// destination decides about "\*\word": those that are not known are left out, as
// the standard wants.
func (r *rtfReader) destination() {
	rest := bytes.TrimLeft(r.b[r.pos:min(len(r.b), r.pos+40)], " \r\n\\")
	switch {
	case bytes.HasPrefix(rest, []byte("htmltag")) && r.rich.html:
		r.group.tag = true
	case bytes.HasPrefix(rest, []byte("fldinst")):
		r.group.field = true
	default:
		r.group.skip = true
	}
}

// rtfText are control words that are text themselves.
var rtfText = map[string]string{
	"par": "\r\n", "line": "\r\n", "sect": "\r\n", "page": "\r\n", "row": "\r\n", "nestrow": "\r\n", "tab": "\t", "cell": "\t", "nestcell": "\t",
	"emdash": "—", "endash": "–", "emspace": "\u2003", "enspace": "\u2002", "qmspace": "\u2005", "bullet": "•", "lquote": "‘", "rquote": "’",
	"ldblquote": "“", "rdblquote": "”", "zwj": "\u200d", "zwnj": "\u200c",
}

// word handles a control word.
func (r *rtfReader) word(word string, n int, hasNumber bool) {
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
		if hasNumber && n > 0 {
			r.pos += min(n, len(r.b)-r.pos)
		}
	case "htmlrtf":
		r.flush()
		r.group.rtf = !hasNumber || n != 0
	case "ansicpg":
		r.flush()
		r.page = n
	case "mac":
		r.page = 10000
	case "fonttbl":
		r.flush()
		r.group.skip, r.inFonts = true, true
	case "f":
		r.flush()
		if r.font = n; !r.inFonts {
			r.group.page = r.fonts[n]
		}
	case "fcharset":
		const most = 1000 // fonts
		if r.inFonts && len(r.fonts) < most {
			r.fonts[r.font] = extract.FontCodepage(n)
		}
	case "plain":
		r.flush()
		r.group.page = 0
	default:
		r.other(word)
	}
}

// other handles destinations without text.
func (r *rtfReader) other(word string) {
	switch word {
	case "pict", "objdata":
		r.flush()
		r.group.skip, r.rich.pictures = true, true
	case "colortbl", "stylesheet", "info", "listtable", "rsidtbl", "generator", "themedata", "datastore", "latentstyles", "xmlnstbl", "objclass", "objname":
		r.flush()
		r.group.skip = true
	}
}

// unicode writes a \u, of which characters above 0xFFFF take two.
func (r *rtfReader) unicode(c rune) {
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
