package extract

import (
	"context"
	"fmt"
)

// Outside reads documents where a reader that crashes, hangs or eats memory can
// do no harm, such as a process of its own (package extract/worker). What it
// answers is believed only as far as the Limits go; checking an Answer against
// its Job is the implementation's duty.
type Outside interface {
	// ReadOutside reads one file with what is inside it. The error wraps
	// ErrUnreadable or ErrTooBig and says that nothing of an answer can be used.
	ReadOutside(ctx context.Context, j Job) (Answer, error)
}

// Job is one file to be read elsewhere.
type Job struct {
	File   File
	Limits Limits // of the whole message, no field zero
	Used   Used   // of them so far
}

// Answer is what was read of a Job.
type Answer struct {
	Docs  []Document // the file itself, then those inside it; at least one
	Mails []Mail     // found inside, in order; their structure is for the caller of Read
	Used  Used       // those of the Job with what this file took
}

// Mail is a mail inside a file.
type Mail struct {
	Doc    int // of Docs: which one it is, or stands in
	Octets []byte
}

// Used is what was used up of the Limits.
type Used struct {
	Text     int
	Expanded int64
	Work     int64
	Files    int
}

// MaxMails bounds the octets of all mails in one Answer: what mail systems let
// through as one attachment.
const MaxMails = 40 << 20

// maxEnds is how many files of one message may end the process that reads them,
// or hold it too long: one is a defect, many are an attack.
const maxEnds = 4

// IsComplex tells whether a file is of a kind whose reader is complex enough to
// be run elsewhere: PDF, RTF, XML, Office and OpenDocument, compound files (old
// Office, Outlook messages), winmail.dat, archives. Plain text and web pages are
// read by loops that a budget holds; a mail in a file goes to the caller; and of
// other kinds no more than the first octets are looked at.
func IsComplex(f File) bool { return kindOf(f).complex() }

func (k kind) complex() bool {
	switch k {
	case kindXML, kindRTF, kindZip, kindGzip, kindBzip2, kindTar, kindOLE, kindTNEF, kindPDF:
		return true
	}
	return false
}

// Do reads a Job here: what the other side of an Outside calls.
func Do(ctx context.Context, j Job) Answer {
	x := New(j.Limits)
	x.used.Used = j.Used
	x.used.checked = j.Used.Work
	var a Answer
	size := 0
	x.Message = func(_ string, mail []byte) error {
		if size += len(mail); size > MaxMails {
			return fmt.Errorf("%w: more than %d MB of mails", ErrTooBig, MaxMails>>20)
		}
		a.Mails = append(a.Mails, Mail{Doc: len(x.docs) - 1, Octets: append([]byte(nil), mail...)})
		return nil
	}
	a.Docs = x.Read(ctx, j.File)
	a.Used = x.used.Used
	return a
}

// outside reads a file by x.Outside.
func (x *Extractor) outside(f File) {
	if !x.hasLeft(f) {
		return
	}
	a, err := x.Outside.ReadOutside(x.ctx, Job{File: f, Limits: x.limits, Used: x.used.Used})
	if err == nil && len(a.Docs) == 0 {
		err = unreadable("nothing was answered")
	}
	if err != nil {
		// What it took is not known.
		x.used.Files++
		x.used.Work += x.limits.Work / maxEnds
		x.docs = append(x.docs, Document{Name: f.Name, Kind: "unknown", Err: named(err)})
		return
	}
	x.used.Used = a.Used
	x.tooMany = x.tooMany || a.Used.Files > x.limits.Files
	for _, m := range a.Mails {
		err := x.mailOutside(a.Docs[m.Doc], m.Octets)
		if d := &a.Docs[m.Doc]; err != nil && d.Err == nil {
			d.Err = named(err)
		}
	}
	x.docs = append(x.docs, a.Docs...)
}

// hasLeft tells whether any of the limits leaves room for a file, and notes when
// none does.
func (x *Extractor) hasLeft(f File) bool {
	err := x.over
	switch {
	case err != nil:
	case x.used.Work >= x.limits.Work:
		err = fmt.Errorf("%w: too much work", ErrTooBig)
	case x.used.Expanded > x.limits.Expanded:
		err = fmt.Errorf("%w: expands to more than %d MB", ErrTooBig, x.limits.Expanded>>20)
	case x.ctx.Err() != nil:
		err = fmt.Errorf("%w: no time left: %w", ErrTooBig, x.ctx.Err())
	case x.used.Files >= x.limits.Files:
		x.admit(f, nil) // says it once
		return false
	default:
		return true
	}
	x.docs = append(x.docs, Document{Name: f.Name, Kind: "unknown", Err: err})
	return false
}

// mailOutside hands a mail that was found elsewhere to the caller of Read, who
// may read files of it with this Extractor.
func (x *Extractor) mailOutside(d Document, mail []byte) error {
	if x.Message == nil {
		return errMail
	}
	ctx, docs := x.ctx, x.docs
	defer func() { x.ctx, x.docs = ctx, docs }()
	return x.Message(d.Where(), mail)
}

var errMail = unreadable("a mail inside a file")
