package extract

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// writer is one file being read, and takes its text.
type writer struct {
	x    *Extractor
	file File
	in   []string
	kind kind

	b          strings.Builder
	places     []Place
	properties []Property
	noText     bool
	expanded   int64
	letters    int  // characters of words so far
	inside     int  // messages within the one that the file is
	pictures   bool // something is painted that may hold words
	grid       grid
	page       int // of a document that is told by pages; 0 elsewhere
	pageAt     int // where it begins
}

// mostPlaces bounds the places of one Document: pages, sheets.
const mostPlaces = 20000

func (w *writer) text() string { return w.b.String() }

// write appends text. What is no UTF-8 is replaced.
func (w *writer) write(s string) error {
	if s == "" {
		return nil
	}
	x := w.x
	if x.used.Text += len(s); x.used.Text > x.limits.Text {
		return fmt.Errorf("%w: more than %d MB of text", ErrTooBig, x.limits.Text>>20)
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	if w.grid.pending {
		w.grid.pending = false
		w.line()
	}
	for i := 0; i < len(s); i++ {
		if s[i] > ' ' {
			w.letters++
		}
	}
	w.b.WriteString(s)
	return nil
}

// line ends a line, unless one was just ended.
func (w *writer) line() {
	if s := w.b.String(); s != "" && s[len(s)-1] != '\n' {
		w.b.WriteByte('\n')
		w.x.used.Text++
	}
}

// place says where the text from here on stands.
func (w *writer) place(where string) {
	w.line()
	if n := len(w.places); n > 0 && w.places[n-1].At == w.b.Len() {
		w.places[n-1].Where = where
		return
	}
	if len(w.places) < mostPlaces {
		w.places = append(w.places, Place{where, w.b.Len()})
	}
}

// property notes a document property; an empty one says nothing.
func (w *writer) property(name, value string) error {
	const longest = 64 << 10 // octets; a comment of ten pages
	value = strings.TrimSpace(strings.ToValidUTF8(value, "\ufffd"))
	if value == "" || name == "" {
		return nil
	}
	if len(value) > longest || len(name) > longest || len(w.properties) > w.x.limits.Entries {
		return fmt.Errorf("%w: document properties", ErrTooBig)
	}
	w.x.used.Text += len(name) + len(value)
	if w.x.used.Text > w.x.limits.Text {
		return fmt.Errorf("%w: document properties", ErrTooBig)
	}
	w.properties = append(w.properties, Property{strings.ToValidUTF8(name, "\ufffd"), value})
	return nil
}

// read hands the file to the reader of its kind.
func (w *writer) read() error {
	switch w.kind {
	case kindNothing, kindMedia, kindSignature:
		w.noText = true
		return nil
	case kindText:
		return w.plain()
	case kindHTML:
		return w.html()
	case kindXML:
		return w.xml()
	case kindRTF:
		return w.rtf()
	case kindZip:
		return w.zip()
	case kindGzip, kindBzip2:
		return w.compressed()
	case kindTar:
		return w.tar()
	case kindOLE:
		return w.ole()
	case kindTNEF:
		return w.tnef()
	case kindPDF:
		return w.pdf()
	case kindMail:
		return w.mail()
	case kindMbox:
		return w.mbox()
	case kindArchive:
		return errArchive
	}
	return errUnknown
}

// onlyPictures is the error of a document that shows something but holds no
// words: a scan pasted into it.
func (w *writer) onlyPictures() error {
	if w.letters == 0 && w.pictures {
		return unreadable("it holds pictures and no text, such as a scan")
	}
	return nil
}
