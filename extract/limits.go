package extract

import (
	"fmt"
	"io"
)

// Limits bound what one Extractor does for all the files it reads. They are
// chosen so that the worst message takes a few seconds of one processor and well
// under 256 MB; ordinary documents use a hundredth of them.
type Limits struct {
	Text     int   // octets of text given out
	Expanded int64 // octets that come out of compression
	Ratio    int64 // octets out of compression for each octet of the file, above ratioFloor
	Work     int64 // steps; one is about what scanning an octet of XML costs
	Held     int64 // octets of expanded data in memory at one time
	Depth    int   // files in files
	Files    int   // files read, nested ones too
	Entries  int   // entries of one archive, streams of one compound file
	Objects  int   // objects of one PDF, cells' formats, fonts and the like
}

// DefaultLimits are the Limits of a mail.
var DefaultLimits = Limits{
	Text:     12 << 20,  // four hundred novels' chapters; a full spreadsheet of personal data is far below
	Expanded: 160 << 20, // about a second to inflate
	Ratio:    200,       // deflate reaches 1032; real sheets of repeated rows reach 60
	Work:     256 << 20, // about two seconds
	Held:     48 << 20,  // what one nested document may need, with those around it
	Depth:    8,         // zip in mail in zip happens; eight levels do not
	Files:    2000,
	Entries:  10000,
	Objects:  300000, // a thousand-page manual has 100,000
}

// ratioFloor is what may come out of any file, however small.
const ratioFloor = 16 << 20

func (l Limits) orDefault() Limits {
	d := DefaultLimits
	pick(&l.Text, d.Text)
	pick(&l.Expanded, d.Expanded)
	pick(&l.Ratio, d.Ratio)
	pick(&l.Work, d.Work)
	pick(&l.Held, d.Held)
	pick(&l.Depth, d.Depth)
	pick(&l.Files, d.Files)
	pick(&l.Entries, d.Entries)
	pick(&l.Objects, d.Objects)
	return l
}

func pick[T int | int64](have *T, instead T) {
	if *have <= 0 {
		*have = instead
	}
}

// used is Used with what counts only while a file is read.
type used struct {
	Used
	held    int64
	checked int64 // work at the last look at the context
}

// lookEvery is how many steps pass between two looks at the context: less than
// ten milliseconds.
const lookEvery = 1 << 18

// spend pays for n steps of work.
func (w *writer) spend(n int) error {
	x := w.x
	if x.over != nil {
		return x.over
	}
	x.used.Work += int64(n)
	if x.used.Work > x.limits.Work {
		x.over = fmt.Errorf("%w: too much work", ErrTooBig)
		return x.over
	}
	if x.used.Work-x.used.checked >= lookEvery || n == 0 {
		x.used.checked = x.used.Work
		if err := x.ctx.Err(); err != nil {
			x.over = fmt.Errorf("%w: no time left: %w", ErrTooBig, err)
			return x.over
		}
	}
	return nil
}

// expand pays for n octets that came out of compression.
func (w *writer) expand(n int) error {
	x := w.x
	x.used.Expanded += int64(n)
	w.expanded += int64(n)
	if x.used.Expanded > x.limits.Expanded {
		x.over = fmt.Errorf("%w: expands to more than %d MB", ErrTooBig, x.limits.Expanded>>20)
		return x.over
	}
	if w.expanded > ratioFloor && w.expanded/x.limits.Ratio > int64(len(w.file.Data)) {
		return fmt.Errorf("%w: expands more than %d times", ErrTooBig, x.limits.Ratio)
	}
	return w.spend(n)
}

// hold pays for n octets kept in memory; release gives them back.
func (w *writer) hold(n int) error {
	w.x.used.held += int64(n)
	if w.x.used.held > w.x.limits.Held {
		return fmt.Errorf("%w: more than %d MB at a time", ErrTooBig, w.x.limits.Held>>20)
	}
	return nil
}

func (w *writer) release(n int) { w.x.used.held -= int64(n) }

// expanding pays for all that is read from r.
type expanding struct {
	w *writer
	r io.Reader
}

func (e expanding) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if tooMuch := e.w.expand(n); tooMuch != nil {
		return n, tooMuch
	}
	return n, err
}

// all reads the whole of r into memory, to be given back with release.
func (w *writer) all(r io.Reader) ([]byte, error) {
	var out []byte
	buf := make([]byte, 32<<10)
	held := 0
	for {
		n, err := r.Read(buf)
		if tooMuch := w.expand(n); tooMuch != nil {
			err = tooMuch
		}
		if len(out)+n > held {
			// Growing copies: both the old and the new octets are there for a while.
			more := max(2*(len(out)+n), 64<<10) - held
			if tooMuch := w.hold(more); tooMuch != nil {
				w.release(more + held)
				return nil, tooMuch
			}
			held += more
		}
		out = append(out, buf[:n]...)
		if err != nil {
			if err == io.EOF {
				w.release(held - len(out))
				return out, nil
			}
			w.release(held)
			return nil, err
		}
	}
}
