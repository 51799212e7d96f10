package extract

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Errors of a Document.
var (
	// ErrUnreadable says that a recipient could read a file and we could not.
	ErrUnreadable = errors.New("cannot be read")
	// ErrTooBig says that a file passed one of the Limits.
	ErrTooBig = errors.New("too big to read")
)

// File is what is to be read.
type File struct {
	Name string // file name, may be empty
	Type string // media type, lower case, may be empty or wrong
	Data []byte // not changed
}

// Document is one file in which text was looked for: the one given, or one
// inside it.
type Document struct {
	Name       string   // file name; may be empty
	In         []string // names of the files around it, the nearest first
	Kind       string   // "pdf", "docx", "zip" and so on; "unknown" for what we do not know
	Text       string   // UTF-8; what was read before an Err too
	Places     []Place  // where parts of Text stand, in order
	Properties []Property
	NoText     bool  // a picture, sound or signature: nothing to read
	Err        error // wraps ErrUnreadable or ErrTooBig
}

// Place says that Text from octet At on, until the next Place, stands at Where:
// "page 2", "sheet Costs", "header", "comments".
type Place struct {
	Where string
	At    int
}

// Property is a document property: "title", "subject", "keywords", "comments",
// "category", "status", or a name of the author's or a program's own choice such
// as MSIP_Label_..._Name.
type Property struct{ Name, Value string }

// Where gives "letter.docx in files.zip".
func (d Document) Where() string {
	name := d.Name
	if name == "" {
		name = "embedded file"
	}
	return strings.Join(append([]string{name}, d.In...), " in ")
}

// WhereAt gives the place of an octet of Text, or "".
func (d Document) WhereAt(at int) string {
	where := ""
	for _, p := range d.Places {
		if p.At > at {
			break
		}
		where = p.Where
	}
	return where
}

// Extractor reads the files of one message. Its Limits hold for all of them
// together. It is not safe for concurrent use.
type Extractor struct {
	// Message takes a mail found inside a file, whose MIME structure the caller
	// reads. Nil makes mails unreadable. The error becomes that of the Document.
	Message func(where string, mail []byte) error

	// Outside reads the files that are complex (IsComplex). Nil: all are read here.
	Outside Outside

	limits  Limits
	ctx     context.Context // of the Read at work
	used    used
	docs    []Document
	over    error // why nothing more is read
	tooMany bool  // told that there are too many files
}

// New gives an Extractor. A zero field of l means that of DefaultLimits.
func New(l Limits) *Extractor { return &Extractor{limits: l.orDefault()} }

// Read gives the file as a Document, then those found inside it. There is always
// at least one. When ctx ends, what was not read has an error.
func (x *Extractor) Read(ctx context.Context, f File) []Document {
	x.ctx, x.docs = ctx, nil
	if x.Outside != nil && IsComplex(f) {
		x.outside(f)
	} else {
		x.file(f, nil)
	}
	docs := x.docs
	x.docs = nil
	return docs
}

// Text is Read for a single file with limits of its own. The error is the first
// one of the Documents.
func Text(ctx context.Context, f File, l Limits) ([]Document, error) {
	docs := New(l).Read(ctx, f)
	for _, d := range docs {
		if d.Err != nil {
			return docs, d.Err
		}
	}
	return docs, nil
}

// file reads one file and appends its Document, before those inside it.
func (x *Extractor) file(f File, in []string) {
	if !x.admit(f, in) {
		return
	}
	at := len(x.docs)
	x.docs = append(x.docs, Document{Name: f.Name, In: in})
	w := &writer{x: x, file: f, in: in}
	err := w.guarded()
	d := &x.docs[at]
	d.Kind, d.Text, d.Places, d.Properties = w.kind.String(), w.text(), w.places, w.properties
	d.NoText = w.noText
	if err != nil {
		d.Err = named(err)
	}
}

// admit tells whether a file may be read, and notes it when it may not.
func (x *Extractor) admit(f File, in []string) bool {
	x.used.Files++
	switch {
	case x.used.Files > x.limits.Files:
		if !x.tooMany {
			x.tooMany = true
			x.docs = append(x.docs, Document{Name: f.Name, In: in, Kind: "unknown",
				Err: fmt.Errorf("%w: more than %d files", ErrTooBig, x.limits.Files)})
		}
		return false
	case len(in) > x.limits.Depth:
		x.docs = append(x.docs, Document{Name: f.Name, In: in, Kind: "unknown",
			Err: fmt.Errorf("%w: nested deeper than %d", ErrTooBig, x.limits.Depth)})
		return false
	}
	return true
}

// named makes every error one of ours.
func named(err error) error {
	if errors.Is(err, ErrUnreadable) || errors.Is(err, ErrTooBig) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnreadable, err)
}

// unreadable gives an ErrUnreadable with the reason in words.
func unreadable(why string) error { return fmt.Errorf("%w: %s", ErrUnreadable, why) }

var errDamaged = unreadable("the file is damaged")

// guarded reads the file of w. A panic is an error of the file.
func (w *writer) guarded() (err error) {
	held := w.x.used.held
	defer func() {
		w.x.used.held = held // nothing of the file is kept
		if p := recover(); p != nil {
			err = unreadable("the file confuses its reader")
		}
	}()
	if err := w.spend(0); err != nil {
		return err
	}
	w.kind = kindOf(w.file)
	return w.read()
}

// nested reads a file found inside the one at work.
func (w *writer) nested(name, media string, data []byte) {
	in := append([]string{or(w.file.Name, w.kind.String()+" file")}, w.in...)
	w.x.file(File{Name: name, Type: media, Data: data}, in)
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}
