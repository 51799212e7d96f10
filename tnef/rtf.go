package tnef

import (
	"bytes"
	"errors"
	"strings"

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
	rtf   bool // htmlrtf: what RTF readers alone are to see
	field bool // fldinst: the address of a link
}

// richReader takes what is read of a body in RTF.
type richReader struct {
	r     *extract.RTFReader
	group group
	stack []group
	link  strings.Builder
	out   strings.Builder
	rich  rich
}

// errPastEnd ends the reading: what follows the document is none of it.
var errPastEnd = errors.New("past the end")

func readRTF(b []byte) (rich, error) {
	if !bytes.HasPrefix(b, []byte(`{\rtf`)) {
		return rich{}, unread("its RTF is none")
	}
	const prologue = 4096 // the wrapping is told at the beginning
	f := &richReader{r: extract.NewRTFReader(b, true)}
	f.rich.html = bytes.Contains(b[:min(len(b), prologue)], []byte(`\fromhtml1`))
	switch err := f.r.Read(f); {
	case errors.Is(err, extract.ErrRTFDepth):
		return rich{}, errTooMuch
	case errors.Is(err, extract.ErrRTFCodepage):
		return rich{}, unread("RTF in an unknown codepage")
	case err != nil && !errors.Is(err, errPastEnd):
		return rich{}, err
	}
	f.rich.text = f.out.String()
	if f.rich.html {
		f.rich.pictures = false
	}
	return f.rich, nil
}

// Spend has nothing to say: the body is bounded, and so is the work.
func (f *richReader) Spend(int) error { return nil }

func (f *richReader) Open() { f.stack = append(f.stack, f.group) }

func (f *richReader) Close(depth int) error {
	if depth < 0 {
		return errPastEnd
	}
	old := f.group
	f.group, f.stack = f.stack[depth], f.stack[:depth]
	if !old.field || f.group.field {
		return nil
	}
	// A link shows its address before its words.
	if _, to, found := strings.Cut(f.link.String(), "HYPERLINK"); found && !f.rich.html {
		if to = strings.Trim(strings.TrimSpace(to), `"`); to != "" && !strings.ContainsAny(to, "\" \r\n") && !f.r.Skips() {
			f.out.WriteString("<" + to + "> ")
		}
	}
	f.link.Reset()
	return nil
}

func (f *richReader) Text(s string) error {
	switch {
	case f.rich.html && f.group.rtf:
	case f.group.field:
		if f.link.Len()+len(s) < maxShort {
			f.link.WriteString(s)
		}
	default:
		f.out.WriteString(strings.ReplaceAll(s, "\n", "\r\n"))
	}
	return nil
}

func (f *richReader) Binary([]byte) error { return nil }

// Destination decides about "\*\word": those that are not known are left out, as
// the standard wants.
func (f *richReader) Destination(word string) {
	switch {
	case strings.HasPrefix(word, "htmltag") && f.rich.html:
		f.r.DocumentCodepage()
	case strings.HasPrefix(word, "fldinst"):
		f.group.field = true
	default:
		f.r.Skip()
	}
}

// Word handles a control word: destinations without text, and the wrapping.
func (f *richReader) Word(word string, n int, has bool) error {
	switch word {
	case "htmlrtf":
		f.group.rtf = !has || n != 0
	case "pict", "objdata":
		f.r.Skip()
		f.rich.pictures = true
	case "colortbl", "stylesheet", "info", "listtable", "rsidtbl", "generator", "themedata", "datastore", "latentstyles", "xmlnstbl", "objclass", "objname":
		f.r.Skip()
	}
	return nil
}
