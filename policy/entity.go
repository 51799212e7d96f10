package policy

import (
	"bytes"
	"fmt"
	"strings"
)

// sink takes a body in runs of octets. Start tells that a run begins a line. A
// line that begins with "--" is a run of its own (the first piece of it, when it
// is long), so that multiparts need not look at every line.
type sink interface {
	run(b []byte, start bool)
	close()
}

// place says where in the MIME tree a body stands.
type place struct {
	depth    int
	nested   bool   // inside an attached message
	encloser string // media type of the multipart around it
	digest   bool   // parts are messages when nothing else is said (RFC 2046 section 5.1.5)
	second   bool   // not the first part of the multiparts around it
}

func (p place) where(name string) string {
	if p.nested {
		return "attached message: " + name
	}
	return name
}

// entity gathers the header of a part or attached message, then hands its body
// on to what the header says it is.
type entity struct {
	r      *reader
	at     place
	raw    []byte // header so far, lines with CRLF
	part   []byte // of a line whose end has not come yet
	inside sink   // nil while in the header

	message bool // an attached message, not a part
}

func (e *entity) run(b []byte, start bool) {
	for e.inside == nil && len(b) > 0 {
		n := lineLength(b)
		e.part = append(e.part, b[:n]...)
		start, b = isLineEnd(b[n-1]), b[n:]
		e.r.headers += n
		if len(e.raw)+len(e.part) > maxPartHeader || e.r.headers > maxHeaders {
			e.r.unreadable(e.at.where("header of a part"), ErrTooBig)
			e.inside, e.raw, e.part = nothing{}, nil, nil
		} else if start {
			e.wholeLine()
		}
	}
	if len(b) > 0 {
		e.inside.run(b, start)
	}
}

// wholeLine takes the line that was gathered; the body begins with it when it is
// no header line.
func (e *entity) wholeLine() {
	line := e.part
	e.part = e.part[:0]
	text := bytes.TrimRight(line, "\r\n")
	switch {
	case len(text) == 0:
		e.begin()
		return
	case len(e.raw) > 0 && (text[0] == ' ' || text[0] == '\t'):
	case len(e.raw) == 0 && (bytes.HasPrefix(text, []byte("From ")) || bytes.HasPrefix(text, []byte(">From "))):
		return // a mailbox line in front of an attached message
	default:
		if _, _, ok := cutField(string(text)); !ok {
			e.r.doubt(e.at.where("a part has no empty line after its header"))
			e.begin()
			e.inside.run(line, true)
			return
		}
	}
	e.raw = append(append(e.raw, text...), "\r\n"...)
}

func isLineEnd(c byte) bool { return c == '\n' || c == '\r' }

// begin ends the header.
func (e *entity) begin() {
	header := parseHeader(e.raw)
	if e.message {
		e.r.subjectOf(header, e.at)
	}
	e.inside, e.raw, e.part = e.r.body(header, e.at), nil, nil
}

// subjectOf keeps the subject of an attached message as a text of its own: its
// reader sees it.
func (r *reader) subjectOf(header []Field, at place) {
	text := joinSubjects(header)
	if text == "" || r.full() || r.text+len(text) > maxText {
		return
	}
	r.text += len(text)
	r.add(Part{Where: at.where("subject"), Type: "text/plain", Text: text, nested: true})
}

func (e *entity) close() {
	if e.inside == nil && len(e.part) > 0 {
		e.wholeLine()
	}
	if e.inside == nil {
		e.begin()
	}
	e.inside.close()
}

// nothing takes a body that is not read.
type nothing struct{}

func (nothing) run([]byte, bool) {}
func (nothing) close()           {}

// every hands a body on to all its readings.
type every []sink

func (all every) run(b []byte, start bool) {
	for _, s := range all {
		s.run(b, start)
	}
}

func (all every) close() {
	for _, s := range all {
		s.close()
	}
}

// described is what the header of an entity says of its body.
type described struct {
	media       string // lower case
	params      []param
	disposition string
	dparams     []param
	encoding    string // as normalised by encodingName
}

// body gives what reads a body with this header: one sink for each way in which
// a contradicting header can be understood.
func (r *reader) body(header []Field, at place) sink {
	if at.depth > r.limits.Depth {
		r.unreadable(at.where("part"), fmt.Errorf("%w: nested deeper than %d", ErrTooBig, r.limits.Depth))
		return nothing{}
	}
	var readers every
	for i, d := range r.describe(header, at) {
		if i > 0 {
			if r.further++; r.further > maxReadings {
				r.unreadable(at.where("part"), fmt.Errorf("%w: contradicts itself too often", ErrUnreadable))
				break
			}
		}
		readers = append(readers, r.reading(d, at)...)
	}
	if len(readers) == 1 {
		return readers[0]
	}
	return readers
}

// describe gives all combinations of what the fields about the body say.
func (r *reader) describe(header []Field, at place) []described {
	types := r.fieldValues(header, "Content-Type", at)
	encodings := r.fieldValues(header, "Content-Transfer-Encoding", at)
	dispositions := r.fieldValues(header, "Content-Disposition", at)
	var all []described
	for _, t := range types {
		for _, e := range encodings {
			d := described{encoding: encodingName(e)}
			d.media, d.params = parseParams(t)
			d.disposition, d.dparams = parseParams(dispositions[0])
			for _, other := range dispositions[1:] {
				_, more := parseParams(other)
				d.dparams = append(d.dparams, more...)
			}
			if !strings.Contains(d.media, "/") {
				if d.media != "" && d.media != "text" {
					r.doubt(at.where("a part's Content-Type is damaged; read as text"))
				}
				d.media = "text/plain"
				if at.digest {
					d.media = "message/rfc822"
				}
			}
			all = append(all, d)
		}
	}
	return all
}

// fieldValues gives the different values of a field, or "" alone.
func (r *reader) fieldValues(header []Field, name string, at place) []string {
	var all []string
	for _, f := range header {
		if strings.EqualFold(f.Name, name) && len(all) <= maxReadings {
			all = appendNew(all, strings.TrimSpace(f.Value))
		}
	}
	if len(all) == 0 {
		return []string{""}
	}
	if len(all) > 1 {
		r.doubt(at.where("a part has more than one " + name + "; all were read"))
	}
	return all
}

// reading gives the sinks for one description: more than one where it is
// ambiguous in itself.
func (r *reader) reading(d described, at place) []sink {
	switch {
	case strings.HasPrefix(d.media, "multipart/"):
		return r.multipart(d, at)
	case d.media == "message/rfc822", d.media == "message/global", d.media == "message/news":
		inner := at
		inner.depth, inner.nested, inner.encloser, inner.digest = at.depth+1, true, "", false
		return []sink{r.decodeInto(d.encoding, &entity{r: r, at: inner, message: true})}
	}
	sinks := []sink{newLeaf(r, d, at)}
	if d.encoding == "base64" && isText(d.media) {
		sinks = append(sinks, newMixedBase64(r, d, at))
	}
	return sinks
}

// decodeInto puts the decoder of a transfer encoding in front of a sink.
// RFC 2045 section 6.4 forbids it for messages and multiparts; it is seen.
func (r *reader) decodeInto(encoding string, to sink) sink {
	if encoding == "base64" || encoding == "quoted-printable" {
		return &decoded{r: r, dec: newDecoder(encoding), to: newSplitter(to)}
	}
	return to
}

// decoded cuts what a decoder gives into runs again.
type decoded struct {
	r   *reader
	dec decoder
	to  *splitter
	buf []byte
}

func (d *decoded) run(b []byte, _ bool) {
	if !d.r.spend(len(b) + runWork) {
		return
	}
	d.buf = d.dec.decode(d.buf[:0], b)
	d.to.write(d.buf)
}

func (d *decoded) close() {
	d.to.write(d.dec.rest(d.buf[:0]))
	d.to.close()
}
