package extract

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// rtfState is what a brace keeps and its end brings back.
type rtfState struct {
	skip    bool   // a destination without text
	field   string // a property being gathered
	object  bool   // hexadecimal octets of an embedded object
	unicode int    // octets that stand for a \u in old readers
	charset encoding.Encoding
}

// rtfReader reads Rich Text Format 1.9.
type rtfReader struct {
	w       *writer
	b       []byte
	pos     int
	state   rtfState
	stack   []rtfState
	page    encoding.Encoding         // of \ansicpg
	fonts   map[int]encoding.Encoding // of \fcharset
	font    int                       // being defined
	inFonts bool
	ignore  int // characters that stand for the last \u
	high    rune
	octets  []byte // text in a codepage, not yet decoded
	out     strings.Builder
	value   strings.Builder // of a property
	object  []byte
	objects int
}

// maxRTFDepth bounds braces in braces; Word gives up at far fewer.
const maxRTFDepth = 5000

func (w *writer) rtf() error { return w.rtfOf(w.file.Data) }

// rtfOf reads RTF that may stand within something else.
func (w *writer) rtfOf(data []byte) error {
	r := &rtfReader{w: w, b: data, page: charmap.Windows1252, fonts: map[int]encoding.Encoding{}}
	r.state.unicode = 1
	for r.pos < len(r.b) {
		from := r.pos
		if err := r.step(); err != nil {
			return err
		}
		if err := w.spend(2 * (r.pos - from)); err != nil {
			return err
		}
		const piece = 32 << 10
		if r.out.Len() > piece {
			if err := r.hand(); err != nil {
				return err
			}
		}
	}
	r.flush()
	if err := r.hand(); err != nil {
		return err
	}
	return w.onlyPictures()
}

// hand writes what was gathered.
func (r *rtfReader) hand() error {
	s := r.out.String()
	r.out.Reset()
	return r.w.write(s)
}

// step reads one brace, control or run of text.
func (r *rtfReader) step() error {
	switch c := r.b[r.pos]; c {
	case '{':
		r.pos++
		r.flush()
		if len(r.stack) >= maxRTFDepth {
			return unreadable("too many braces in braces")
		}
		r.stack = append(r.stack, r.state)
	case '}':
		r.pos++
		r.flush()
		return r.closeGroup()
	case '\\':
		return r.control()
	case '\r', '\n', 0:
		r.pos++
	default:
		end := bytes.IndexAny(r.b[r.pos:], "{}\\\r\n\x00")
		if end < 0 {
			end = len(r.b) - r.pos
		}
		r.text(r.b[r.pos : r.pos+end])
		r.pos += end
	}
	return nil
}

func (r *rtfReader) closeGroup() error {
	n := len(r.stack)
	if n == 0 {
		return nil
	}
	old := r.state
	r.state, r.stack = r.stack[n-1], r.stack[:n-1]
	if old.field != "" && r.state.field != old.field {
		value := r.value.String()
		r.value.Reset()
		return r.w.property(old.field, value)
	}
	if old.object && !r.state.object {
		data := r.object
		r.object = nil
		r.embedded(data)
		return r.w.x.over
	}
	return nil
}

// text takes octets of a codepage, less those that stand for a \u.
func (r *rtfReader) text(b []byte) {
	if n := min(r.ignore, len(b)); n > 0 {
		b, r.ignore = b[n:], r.ignore-n
	}
	switch {
	case r.state.object:
		const most = 96 << 20 // hexadecimal digits; bounded by the file anyway
		if len(r.object) < most {
			r.object = append(r.object, b...)
		}
	case !r.state.skip:
		r.octets = append(r.octets, b...)
	}
}

// flush decodes the octets gathered so far.
func (r *rtfReader) flush() {
	if len(r.octets) == 0 {
		return
	}
	charset := r.state.charset
	if charset == nil {
		charset = r.page
	}
	text, err := charset.NewDecoder().Bytes(r.octets)
	if err != nil {
		text = []byte(FromWindows1252(string(r.octets)))
	}
	r.octets = r.octets[:0]
	r.put(string(text))
}

// put writes text where it belongs.
func (r *rtfReader) put(s string) {
	const longest = 64 << 10 // of a property
	switch {
	case r.state.field != "":
		if r.value.Len() < longest {
			r.value.WriteString(s)
		}
	case !r.state.skip:
		r.out.WriteString(s)
	}
}

// control reads what begins with a backslash.
func (r *rtfReader) control() error {
	r.pos++
	if r.pos >= len(r.b) {
		return nil
	}
	c := r.b[r.pos]
	if !isLetter(c) {
		r.pos++
		return r.symbol(c)
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
	return nil
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func (r *rtfReader) symbol(c byte) error {
	switch c {
	case '\'':
		if r.pos+2 <= len(r.b) {
			high, low := unhex(r.b[r.pos]), unhex(r.b[r.pos+1])
			r.pos += 2
			if high >= 0 && low >= 0 {
				r.text([]byte{byte(high<<4 | low)})
			}
		}
	case '*':
		r.flush()
		r.destination()
	case '~':
		r.text([]byte(" "))
	case '_':
		r.text([]byte("-"))
	case '\\', '{', '}':
		r.text([]byte{c})
	case '\r', '\n':
		r.text([]byte("\n"))
	}
	return nil
}

// destination decides about "\*\word": those we do not know are left out, as
// the standard wants.
func (r *rtfReader) destination() {
	rest := bytes.TrimLeft(r.b[r.pos:min(len(r.b), r.pos+40)], " \r\n\\")
	switch {
	case bytes.HasPrefix(rest, []byte("objdata")):
		r.state.object = true
	case bytes.HasPrefix(rest, []byte("shppict")), bytes.HasPrefix(rest, []byte("annotation")), bytes.HasPrefix(rest, []byte("shpinst")),
		bytes.HasPrefix(rest, []byte("shptxt")), bytes.HasPrefix(rest, []byte("atnauthor")), bytes.HasPrefix(rest, []byte("userprops")),
		bytes.HasPrefix(rest, []byte("footnote")), bytes.HasPrefix(rest, []byte("background")), bytes.HasPrefix(rest, []byte("do")):
	default:
		r.state.skip = true
	}
}

// rtfProperties are the destinations of the information group.
var rtfProperties = map[string]string{
	"title": "title", "subject": "subject", "keywords": "keywords", "doccomm": "comments", "category": "category", "company": "company",
	"propname": "property", "staticval": "property",
}

// word handles a control word.
func (r *rtfReader) word(word string, n int, hasNumber bool) {
	if text, ok := rtfText[word]; ok {
		r.flush()
		r.put(text)
		return
	}
	if name, ok := rtfProperties[word]; ok && !r.state.skip {
		r.flush()
		r.state.field = name
		return
	}
	switch word {
	case "u":
		r.flush()
		r.rune(rune(int16(n)))
		r.ignore = r.state.unicode
	case "uc":
		const most = 100
		r.state.unicode = min(max(n, 0), most)
	case "bin":
		r.flush()
		if hasNumber && n > 0 {
			n = min(n, len(r.b)-r.pos)
			if r.state.object {
				r.w.nested("", "", r.b[r.pos:r.pos+n])
			}
			r.pos += n
		}
	case "ansicpg", "mac", "pc", "pca":
		r.flush()
		r.setPage(word, n)
	case "fonttbl":
		r.flush()
		r.state.skip, r.inFonts = true, true
	case "f":
		r.flush()
		r.font = n
		if !r.state.skip {
			r.state.charset = r.fonts[n]
		}
	case "fcharset":
		const most = 1000 // fonts
		if enc := rtfCharset(n); enc != nil && r.inFonts && len(r.fonts) < most {
			r.fonts[r.font] = enc
		}
	case "pict":
		r.flush()
		r.state.skip, r.w.pictures = true, true
	case "colortbl", "stylesheet", "listtable", "rsidtbl", "generator", "themedata", "datastore", "latentstyles", "xmlnstbl", "author", "operator", "creatim", "revtim", "printim":
		r.flush()
		r.state.skip = true
	case "plain":
		r.flush()
		r.state.charset = nil
	}
}

// rtfText are control words that are text themselves.
var rtfText = map[string]string{
	"par": "\n", "line": "\n", "sect": "\n", "page": "\n", "row": "\n", "nestrow": "\n", "tab": "\t", "cell": "\t", "nestcell": "\t",
	"emdash": "—", "endash": "–", "emspace": " ", "enspace": " ", "qmspace": " ", "bullet": "•", "lquote": "‘", "rquote": "’",
	"ldblquote": "“", "rdblquote": "”",
}

// rune writes a \u, of which characters above 0xFFFF take two.
func (r *rtfReader) rune(c rune) {
	if c &= 0xffff; utf16.IsSurrogate(c) {
		if r.high == 0 {
			r.high = c
			return
		}
		c = utf16.DecodeRune(r.high, c)
	}
	r.high = 0
	r.put(string(c))
}

func (r *rtfReader) setPage(word string, n int) {
	switch word {
	case "mac":
		r.page = charmap.Macintosh
	case "pc":
		r.page = charmap.CodePage437
	case "pca":
		r.page = charmap.CodePage850
	default:
		if enc := codepage(n); enc != nil {
			r.page = enc
		}
	}
}
