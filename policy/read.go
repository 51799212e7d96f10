package policy

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/postseal/postseal/extract"
)

// Limits bound what Read takes in. A zero field means that of DefaultLimits.
type Limits struct {
	Parts int   // leaves of all readings together
	Depth int   // nesting of multiparts and attached messages
	Bytes int64 // of one body
}

// DefaultLimits let through what mail programs really write (a few dozen parts,
// a handful of levels), and keep one message from holding a processor for more
// than a few seconds. What lies beyond makes the message unreadable, so that it
// is sealed.
var DefaultLimits = Limits{Parts: 2000, Depth: 20, Bytes: 128 << 20}

// Further bounds of reading, in octets where not said otherwise.
const (
	MaxPartText   = 4 << 20  // text kept of one part: ten times a long book chapter
	maxText       = 24 << 20 // text kept of a whole message, so that memory is known
	maxPartHeader = 64 << 10 // header of one part
	maxHeaders    = 8 << 20  // headers of all parts together
	maxHeader     = 2 << 20  // header of the message, all fields together; Postfix cuts one field at 100 KB
	maxHeaderFile = 8 << 20  // header that SplitHeader takes in
	maxFields     = 5000     // fields of one header
	maxReadings   = 8        // further readings of parts that contradict themselves
	maxHead       = 512      // octets kept of a part that is not text
	readBuffer    = 64 << 10 // octets handed on at once
	firstBuffer   = 6 << 10  // the first of them: most bodies are no longer

	// maxWork bounds what all readings of a message look at together: a body of the
	// greatest size four times over, since a part within a part is decoded twice and
	// one that contradicts itself is read in every way. It is about two seconds of
	// one processor. The unit is an octet decoded; what is asked of every line or run
	// costs more than its octets do.
	maxWork      = 512 << 20
	boundaryWork = 64 // to compare a line with a boundary
	runWork      = 16 // to take a run, however short
)

// Read builds the view. It never fails on strange MIME: what it cannot read for
// certain stands in Doubts and is read in every way. The error is only that of
// the body reader. Memory is bounded by MaxPartText and maxText, whatever the
// size of the body, which is read once.
func Read(t Transaction, header []Field, body io.Reader, l Limits) (*Message, error) {
	return ReadContext(context.Background(), t, header, body, l)
}

// ReadContext is Read for a caller who has not all the time in the world: what
// attached files hold is ErrTooBig from the end of ctx on.
func ReadContext(ctx context.Context, t Transaction, header []Field, body io.Reader, l Limits) (*Message, error) {
	return Reading{Limits: l}.Read(ctx, t, header, body)
}

// Reading says how messages are read. The zero value has DefaultLimits and reads
// attached documents in this process.
type Reading struct {
	Limits Limits
	// Files bound what attached files may take, all of a message together. Zero fields
	// mean those of extract.DefaultLimits.
	Files extract.Limits
	// Documents reads attached documents elsewhere, where a reader that crashes can
	// do no harm (extract/worker). It is used by many readings at one time.
	Documents extract.Outside
}

// Read is ReadContext in this way.
func (o Reading) Read(ctx context.Context, t Transaction, header []Field, body io.Reader) (*Message, error) {
	l := Limits{or(o.Limits.Parts, DefaultLimits.Parts), or(o.Limits.Depth, DefaultLimits.Depth), or(o.Limits.Bytes, DefaultLimits.Bytes)}
	r := &reader{ctx: ctx, limits: l, fileLimits: o.Files, elsewhere: o.Documents, m: &Message{Transaction: t, Fields: header}}
	r.checkHeader(header)
	start, all, err := r.stray(header, body)
	if err != nil {
		return r.m, err
	}
	top := r.body(header, place{})
	err = r.copy(start, all, body, top)
	for _, f := range header {
		r.m.Size += int64(len(f.Name) + len(f.Value) + len(":\r\n"))
	}
	r.m.Size += int64(len("\r\n"))
	return r.m, err
}

// reader is one Read at work.
type reader struct {
	ctx       context.Context
	limits    Limits
	m         *Message
	parts     int                // leaves so far
	text      int                // octets of text kept so far
	headers   int                // octets of the parts' headers so far
	further   int                // readings beyond the first so far
	inside    int                // coded files in texts so far
	doubted   map[string]bool    // so that a doubt is told once
	held      int                // octets of attached files being read
	files     *extract.Extractor // nil until there is a file
	elsewhere extract.Outside    // nil: files are read here
	at        place              // of the file at work
	overflow  bool               // the limit of parts was told
	worked    int                // of maxWork

	fileLimits extract.Limits
}

// doubt notes once what could not be read for certain.
func (r *reader) doubt(words string) {
	if r.doubted == nil {
		r.doubted = map[string]bool{}
	}
	if !r.doubted[words] {
		r.doubted[words] = true
		r.m.Doubts = append(r.m.Doubts, words)
	}
}

// unreadable notes that something could not be read that a recipient may read.
// It counts as a part, but what is said already is not kept again.
func (r *reader) unreadable(where string, err error) {
	r.parts++
	words := where + ": " + err.Error()
	if r.doubted[words] {
		return
	}
	r.doubt(words)
	r.m.Parts = append(r.m.Parts, Part{Where: where, Err: err})
}

// spend pays for work, and tells whether there is more to be had. What is not
// read for want of it makes the message unreadable.
func (r *reader) spend(n int) bool {
	if r.worked <= maxWork {
		r.worked += n
		return r.worked <= maxWork || r.spent()
	}
	return false
}

func (r *reader) spent() bool {
	r.unreadable("message", fmt.Errorf("%w: too much work", ErrTooBig))
	return false
}

// fieldPlace names a field where it has a name that can be shown.
func fieldPlace(name string) string {
	if !isFieldName(name) {
		return "header"
	}
	return "header " + name
}

// checkHeader looks at the size of the message's own header, and at the fields
// that mail programs read differently when they are there twice.
func (r *reader) checkHeader(header []Field) {
	size, count := 0, map[string]int{}
	for i, f := range header {
		size += len(f.Name) + len(f.Value)
		if size > maxHeader || i >= maxFields || len(f.Value) > MaxFieldValue {
			r.unreadable("header", ErrTooBig)
			return
		}
		if strings.Contains(strings.ReplaceAll(f.Value, "\r\n", ""), "\r") {
			// Some programs end a line there: a field hides in this one.
			r.unreadable(fieldPlace(f.Name), ErrUnreadable)
		}
		name := strings.ToLower(f.Name)
		if count[name]++; count[name] == maxSameField+1 && name != "received" {
			r.unreadable("header", fmt.Errorf("%w: one field more than %d times", ErrTooBig, maxSameField))
			return
		}
		if name == "subject" {
			if _, sure := decodeWords(unfold(f.Value)); !sure {
				r.doubt("subject: its coding is damaged or unknown")
			}
		}
	}
	for _, name := range []string{"Subject", "From", "Sensitivity"} {
		if count[strings.ToLower(name)] > 1 {
			r.doubt("header: more than one " + name)
		}
	}
}

// copy hands the body on, of which the start, or all, is read already, within the
// limit of octets; what is beyond is only counted.
func (r *reader) copy(start []byte, all bool, body io.Reader, to sink) error {
	split := newSplitter(to)
	buf, n, err := start, len(start), error(nil)
	if all {
		err = io.EOF
	}
	for {
		r.m.Size += int64(n)
		if r.m.Size > r.limits.Bytes {
			r.unreadable("message", ErrTooBig)
			rest, copyErr := io.Copy(io.Discard, body)
			r.m.Size += rest
			split.close()
			return errors.Join(notEOF(err), copyErr)
		}
		if r.worked <= maxWork {
			split.write(buf[:n])
		}
		if err != nil {
			split.close()
			return notEOF(err)
		}
		if len(buf) < readBuffer {
			buf = make([]byte, readBuffer)
		}
		n, err = body.Read(buf)
	}
}

func notEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// SplitHeader cuts a message file into header and body. Field values keep their
// leading space and get CRLF folds, as Postfix hands them over; a mailbox line
// "From ..." at the start is left out. A line that is no header line begins the
// body. The error is that of the reader, or ErrTooBig for a header of more than
// 8 MB.
func SplitHeader(r io.Reader) ([]Field, io.Reader, error) {
	in := bufio.NewReaderSize(r, readBuffer)
	var raw []byte
	for first := true; ; first = false {
		line, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, nil, err
		}
		if len(raw)+len(line) > maxHeaderFile {
			return nil, nil, fmt.Errorf("header: %w", ErrTooBig)
		}
		text := string(bytes.TrimRight(line, "\r\n"))
		if first && strings.HasPrefix(text, "From ") {
			continue
		}
		if text == "" {
			return parseHeader(raw), in, nil
		}
		if _, _, ok := cutField(text); !ok && (len(raw) == 0 || !isFold(text)) {
			return parseHeader(raw), io.MultiReader(bytes.NewReader(line), in), nil
		}
		raw = append(append(raw, text...), "\r\n"...)
	}
}

// parseHeader cuts header lines, each with CRLF, into fields; folds stay in the
// values.
func parseHeader(raw []byte) []Field {
	var fields []Field
	for len(raw) > 0 {
		end := 0
		for {
			next := bytes.Index(raw[end:], []byte("\r\n"))
			if next < 0 {
				end = len(raw)
				break
			}
			if end += next + 2; end >= len(raw) || !isFold(string(raw[end:end+1])) {
				break
			}
		}
		name, value, _ := cutField(strings.TrimSuffix(string(raw[:end]), "\r\n"))
		fields = append(fields, Field{name, value})
		raw = raw[end:]
	}
	return fields
}

// cutField splits a header line at its colon. A name holds no white space but
// before the colon (RFC 5322 section 4.5.8).
func cutField(line string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(line, ":")
	name = strings.TrimRight(name, " \t")
	return name, value, ok && name != "" && !strings.ContainsAny(name, " \t")
}

func isFold(line string) bool { return line != "" && (line[0] == ' ' || line[0] == '\t') }
