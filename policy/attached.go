package policy

import (
	"fmt"
	"strings"

	"github.com/postseal/postseal/extract"
)

// maxFile bounds the octets of attached files that are held at one time: more
// than mail systems let through as one attachment. A bigger file is unreadable.
const maxFile = 40 << 20

// sniffed is how much of a part must be there to tell what it is; a tar archive
// says so at octet 257, a PDF within the first 1024.
const sniffed = 4 << 10

// Piece is text of a part with the place where it stands.
type Piece struct {
	Where string // "attachment letter.docx, page 2"
	Text  string
}

// Pieces gives the text of a part place by place: pages, sheets, headers. Most
// parts are one piece.
func (p Part) Pieces() []Piece {
	if len(p.places) == 0 {
		return []Piece{{p.Where, p.Text}}
	}
	var all []Piece
	if at := p.places[0].At; at > 0 {
		all = append(all, Piece{p.Where, p.Text[:at]})
	}
	for i, place := range p.places {
		end := len(p.Text)
		if i+1 < len(p.places) {
			end = p.places[i+1].At
		}
		if strings.TrimSpace(p.Text[place.At:end]) != "" {
			all = append(all, Piece{p.Where + ", " + shown(place.Where), p.Text[place.At:end]})
		}
	}
	return all
}

// asFile gives what was decoded so far as extract wants it.
func (l *leaf) asFile() extract.File {
	return extract.File{Name: l.part.Name, Type: l.part.Type, Data: l.buf}
}

// decide tells, once enough of a part is there, how it is to be read: as text, as
// a file, or not at all.
func (l *leaf) decide() {
	l.decided = true
	switch {
	case isText(l.part.Type) && (l.part.Err != nil || !extract.IsDocument(l.asFile())):
		l.keep = MaxPartText
	case l.r.isLocked(l.part), l.part.Err != nil:
		l.keep = maxHead
	case !isText(l.part.Type) && extract.Refused(l.asFile()) != nil:
		l.keep, l.part.Err = maxHead, extract.Refused(l.asFile())
	case isText(l.part.Type), extract.MayHoldText(l.asFile()):
		l.keep, l.isFile = maxFile, true
	default:
		l.keep = maxHead
	}
}

// isLocked tells a part that is the message itself in encrypted form, which the
// condition about encryption judges.
func (r *reader) isLocked(p Part) bool {
	return p.first && isPKCS7(p) || p.encloser == "multipart/encrypted"
}

// readFile reads the text of an attached file and of the files in it.
func (l *leaf) readFile() {
	at := l.r.at
	l.r.at = l.at
	docs := l.r.extractor().Read(l.r.ctx, l.asFile())
	l.r.at = at
	for i, d := range docs {
		p := l.part
		if i > 0 {
			p = Part{Name: d.Name, names: []string{d.Name}, nested: l.part.nested, Where: l.at.where("attachment " + shownPath(d))}
		}
		p.Text, p.Properties, p.places = d.Text, d.Properties, d.Places
		if p.Err == nil {
			p.Err = d.Err
		}
		if p.Err == nil && isArmoured(p.Text) {
			p.Err = fmt.Errorf("%w: something encrypted or coded stands in it", ErrUnreadable)
		}
		if l.r.full() {
			return
		}
		l.r.add(p)
	}
}

// shownPath is Document.Where fit for a log line.
func shownPath(d extract.Document) string {
	d.Name = shownName(d.Name)
	in := make([]string, len(d.In))
	for i, name := range d.In {
		in[i] = shownName(name)
	}
	d.In = in
	return d.Where()
}

// extractor gives the one for this message, so that its limits hold for all
// attachments together.
func (r *reader) extractor() *extract.Extractor {
	if r.files == nil {
		r.files = extract.New(r.fileLimits)
		r.files.Message, r.files.Outside = r.mailInFile, r.elsewhere
	}
	return r.files
}

// mailInFile reads a mail that stands in a file: an .eml, or one in an archive.
func (r *reader) mailInFile(_ string, mail []byte) error {
	at := r.at
	at.depth, at.nested, at.encloser, at.digest, at.second = at.depth+1, true, "", false, true
	if at.depth > r.limits.Depth {
		return fmt.Errorf("%w: nested deeper than %d", ErrTooBig, r.limits.Depth)
	}
	split := newSplitter(&entity{r: r, at: at, message: true})
	split.write(mail)
	split.close()
	return nil
}
