package extract

import (
	"errors"
	"strings"
)

// rtfState is what a brace keeps and its end brings back.
type rtfState struct {
	field  string // a property being gathered
	object bool   // hexadecimal octets of an embedded object
}

// rtfFile takes what ReadRTF reads of a document.
type rtfFile struct {
	w       *writer
	r       *RTFReader
	state   rtfState
	stack   []rtfState
	out     strings.Builder
	value   strings.Builder // of a property
	object  []byte
	objects int
}

func (w *writer) rtf() error { return w.rtfOf(w.file.Data) }

// rtfOf reads RTF that may stand within something else.
func (w *writer) rtfOf(data []byte) error {
	f := &rtfFile{w: w, r: NewRTFReader(data, false)}
	err := f.r.Read(f)
	if errors.Is(err, ErrRTFDepth) {
		return unreadable("too many braces in braces")
	}
	if err != nil {
		return err
	}
	if err := f.hand(); err != nil {
		return err
	}
	return w.onlyPictures()
}

// hand writes what was gathered.
func (f *rtfFile) hand() error {
	s := f.out.String()
	f.out.Reset()
	return f.w.write(s)
}

func (f *rtfFile) Spend(octets int) error { return f.w.spend(2 * octets) }

func (f *rtfFile) Open() { f.stack = append(f.stack, f.state) }

func (f *rtfFile) Close(depth int) error {
	if depth < 0 {
		return nil // what follows the document is read too
	}
	old := f.state
	f.state, f.stack = f.stack[depth], f.stack[:depth]
	if old.field != "" && f.state.field != old.field {
		value := f.value.String()
		f.value.Reset()
		return f.w.property(old.field, value)
	}
	if old.object && !f.state.object {
		data := f.object
		f.object = nil
		f.embedded(data)
		return f.w.x.over
	}
	return nil
}

// Text puts text where it belongs.
func (f *rtfFile) Text(s string) error {
	const longest = 64 << 10    // of a property
	const mostDigits = 96 << 20 // hexadecimal; bounded by the file anyway
	const piece = 32 << 10
	switch {
	case f.state.object:
		if len(f.object) < mostDigits {
			f.object = append(f.object, s...)
		}
	case f.state.field != "":
		if f.value.Len() < longest {
			f.value.WriteString(s)
		}
	default:
		if f.out.WriteString(s); f.out.Len() > piece {
			return f.hand()
		}
	}
	return nil
}

func (f *rtfFile) Binary(b []byte) error {
	if f.state.object {
		f.w.nested("", "", b)
	}
	return nil
}

// Destination decides about "\*\word": those that we do not know are left out, as
// the standard wants.
func (f *rtfFile) Destination(word string) {
	for _, known := range []string{"shppict", "annotation", "shpinst", "shptxt", "atnauthor", "userprops", "footnote", "background", "do"} {
		if strings.HasPrefix(word, known) {
			return
		}
	}
	if strings.HasPrefix(word, "objdata") {
		f.state.object = true
		return
	}
	f.r.Skip()
}

// rtfProperties are the destinations of the information group.
var rtfProperties = map[string]string{
	"title": "title", "subject": "subject", "keywords": "keywords", "doccomm": "comments", "category": "category", "company": "company",
	"propname": "property", "staticval": "property",
}

// Word handles a control word.
func (f *rtfFile) Word(word string, n int, _ bool) error {
	if name, ok := rtfProperties[word]; ok && !f.r.Skips() {
		f.state.field = name
		return nil
	}
	switch word {
	case "pict":
		f.r.Skip()
		f.w.pictures = true
	case "colortbl", "stylesheet", "listtable", "rsidtbl", "generator", "themedata", "datastore", "latentstyles", "xmlnstbl", "author", "operator", "creatim", "revtim", "printim":
		f.r.Skip()
	}
	return nil
}
