package tnef

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	"slices"
	"strings"
)

// Scratch takes the octets of one winmail.dat.
type Scratch interface {
	io.Writer
	io.ReaderAt
}

// Unpack looks for parts that are winmail.dat: in multiparts of any depth and in
// attached mails, but not in what is signed or encrypted, which has to stay as
// it is. mail is nil when nothing is to be replaced. Doubts say in words for the
// confirmation what stayed packed. The error is only that of reading original or
// of a Scratch; scratch is called once for each part found.
func Unpack(original io.ReaderAt, size int64, scratch func() Scratch) (mail *Mail, doubts []string, err error) {
	u := &unpacker{mail: section{original, 0, size}, scratch: scratch, left: maxMIMEParts}
	u.budget = budget{files: maxAttachments, items: maxStreams, octets: maxBodies}
	if err := u.message(0, size, 0); err != nil {
		return nil, nil, err
	}
	if u.left < 0 {
		u.doubt("the message has too many parts to look for winmail.dat in all of them")
	}
	if len(u.edits) == 0 {
		return nil, u.doubts, nil
	}
	slices.SortStableFunc(u.edits, func(a, b edit) int {
		switch {
		case a.from < b.from:
			return -1
		case a.from > b.from:
			return 1
		}
		return 0
	})
	return apply(u.mail, u.edits), u.doubts, nil
}

type unpacker struct {
	mail    section
	scratch func() Scratch
	edits   []edit
	doubts  []string
	left    int // parts still to be looked at
	budget  budget
	streams int
}

func (u *unpacker) doubt(words string) {
	if len(u.doubts) < maxDoubts && !slices.Contains(u.doubts, words) {
		u.doubts = append(u.doubts, words)
	}
}

// message looks through a mail, and replaces it when all of it is winmail.dat.
func (u *unpacker) message(from, to int64, depth int) error {
	e, err := readEntity(u.mail, from, to)
	if err != nil || e == nil {
		return err
	}
	if !e.isTNEF() {
		return u.inside(e, depth)
	}
	b, i, err := u.read(e)
	if err != nil || i == nil {
		return err
	}
	parts, _ := b.parts(i, beside{})
	u.whole(e, b.one(parts))
	return nil
}

// whole replaces the body of a mail, and the fields that describe it.
func (u *unpacker) whole(e *entity, n node) {
	placed := false
	for _, f := range e.fields {
		switch f.name {
		case "content-type", "content-transfer-encoding", "content-disposition", "content-description", "content-id", "content-md5", "content-length":
			change := edit{from: f.from, to: f.to}
			if f.name == "content-type" || f.name == "content-transfer-encoding" && !e.has("content-type") {
				if !placed {
					change.pieces = []piece{given(n.header)}
				}
				placed = true
			}
			u.edits = append(u.edits, change)
		}
	}
	body := n.body
	if !placed { // named by its disposition alone: the header goes before the empty line
		end := e.fields[len(e.fields)-1].to
		u.edits = append(u.edits, edit{from: end, to: end, pieces: []piece{given(n.header)}})
	}
	u.edits = append(u.edits, edit{from: e.body, to: e.to, pieces: body})
}

func (e *entity) has(name string) bool {
	_, count := e.get(name)
	return count > 0
}

// inside looks through the parts of what is no winmail.dat itself.
func (u *unpacker) inside(e *entity, depth int) error {
	switch {
	case depth >= maxMIMEDepth || e.unsure || !e.plainOctets():
		return nil
	case e.kind == "message/rfc822" || e.kind == "message/global":
		return u.message(e.body, e.to, depth+1)
	case !strings.HasPrefix(e.kind, "multipart/"):
		return nil
	}
	switch strings.TrimPrefix(e.kind, "multipart/") {
	case "signed", "encrypted", "report":
		return nil
	}
	parts, err := cut(e, e.parameters["boundary"], &u.left)
	if err != nil {
		return err
	}
	for n, p := range parts {
		child, err := readEntity(u.mail, p.from, p.to)
		switch {
		case err != nil:
			return err
		case child == nil:
		case child.isTNEF():
			err = u.part(e, child, parts, n)
		default:
			err = u.inside(child, depth+1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// part replaces one part of a multipart.
func (u *unpacker) part(parent, e *entity, parts []part, n int) error {
	b, i, err := u.read(e)
	if err != nil || i == nil {
		return err
	}
	mixed := parent.kind == "multipart/mixed"
	var near beside
	if mixed && n > 0 {
		if near, err = u.near(parts[0]); err != nil {
			return err
		}
		near.alone = near.alone && !u.touched(parts[0])
	}
	nodes, join := b.parts(i, near)
	if join {
		u.join(b, parts[0], nodes[0])
		nodes = nodes[1:]
	}
	if !mixed && len(nodes) > 1 || len(nodes) == 0 && len(parts) == 1 {
		nodes = []node{b.one(nodes)}
	}
	u.edits = append(u.edits, u.replaced(parts[n], parent.parameters["boundary"], nodes))
	return nil
}

// replaced puts nodes in the place of a part, with the delimiter of each.
func (u *unpacker) replaced(p part, boundary string, nodes []node) edit {
	e := edit{from: p.line, to: p.next}
	for _, n := range nodes {
		e.pieces = append(append(e.pieces, given("--"+boundary+"\r\n"+n.header+"\r\n")), n.body...)
		e.pieces = append(e.pieces, given("\r\n"))
	}
	return e
}

// join makes the text in front and a page the two versions of one body. The text
// stays as it is, between two boundaries.
func (u *unpacker) join(b *builder, p part, page node) {
	boundary := b.boundary()
	u.edits = append(u.edits,
		edit{from: p.from, to: p.from, pieces: []piece{given("Content-Type: multipart/alternative; boundary=\"" + boundary + "\"\r\n\r\n--" + boundary + "\r\n")}},
		edit{from: p.to, to: p.to, pieces: append(append([]piece{given("\r\n--" + boundary + "\r\n" + page.header + "\r\n")}, page.body...), given("\r\n--"+boundary+"--"))})
}

// touched tells whether something in a part was replaced already.
func (u *unpacker) touched(p part) bool {
	return slices.ContainsFunc(u.edits, func(e edit) bool { return e.from >= p.line && e.from < p.next })
}

// near reads the body in front of winmail.dat: a text, a page, or both in a
// multipart/alternative.
func (u *unpacker) near(p part) (beside, error) {
	e, err := readEntity(u.mail, p.from, p.to)
	if err != nil || e == nil {
		return beside{}, err
	}
	if e.kind != "multipart/alternative" {
		return u.spoken(e, true)
	}
	left := maxMIMEParts
	parts, err := cut(e, e.parameters["boundary"], &left)
	if err != nil {
		return beside{}, err
	}
	var all beside
	for _, p := range parts {
		e, err := readEntity(u.mail, p.from, p.to)
		if err != nil || e == nil {
			return beside{}, err
		}
		one, err := u.spoken(e, false)
		if err != nil {
			return beside{}, err
		}
		if one.known && (!all.known || all.page) {
			all.text = one.text
		}
		all.known, all.page = all.known || one.known, all.page || one.page
	}
	return all, nil
}

// spoken reads one part of a body; beside{} when it is an attachment, or not to
// be read for certain.
func (u *unpacker) spoken(e *entity, alone bool) (beside, error) {
	disposition, _ := e.get("content-disposition")
	page := e.kind == "text/html"
	if e.unsure || e.kind != "text/plain" && !page || strings.HasPrefix(strings.ToLower(disposition), "attachment") || e.to-e.body > maxSibling {
		return beside{}, nil
	}
	r, known := e.decoded()
	if !known {
		return beside{}, nil
	}
	octets, err := io.ReadAll(r)
	if err != nil {
		return beside{}, u.mail.failure(err)
	}
	return sibling(octets, e.parameters["charset"], page, alone), nil
}

// failure sorts an error of a decoder: nil for one of the data.
func (s section) failure(err error) error {
	var broken *readError
	if errors.As(err, &broken) {
		return broken.err
	}
	return nil
}

// readError marks what came from the reader of the mail, not from a decoder.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }

type marked struct{ r io.Reader }

func (m marked) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if err != nil && err != io.EOF {
		err = &readError{err}
	}
	return n, err
}

// decoded reads the body with its transfer encoding undone.
func (e *entity) decoded() (r io.Reader, known bool) {
	r = marked{e.mail.sub(e.body, e.to-e.body).reader()}
	switch e.encoding() {
	case "", "7bit", "8bit", "binary":
		return r, true
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, unspaced{r}), true
	case "quoted-printable":
		return quotedprintable.NewReader(r), true
	}
	return nil, false
}

// unspaced leaves out spaces and tabs, which some gateways put at line ends.
type unspaced struct{ r io.Reader }

func (u unspaced) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	kept := p[:0]
	for _, c := range p[:n] {
		if c != ' ' && c != '\t' {
			kept = append(kept, c)
		}
	}
	return len(kept), err
}

// read takes the stream out of a part and reads it. The item is nil when that
// cannot be done completely; then a doubt says so.
func (u *unpacker) read(e *entity) (*builder, *item, error) {
	data, digest, err := u.fetch(e)
	var i *item
	if err == nil {
		i, err = guarded(data, &u.budget)
	}
	switch {
	case err == nil:
		return &builder{digest: sha256.Sum256(fmt.Appendf(digest[:], "part %d", u.streams))}, i, nil
	case errors.Is(err, errUnread):
		u.doubt("winmail.dat could not be taken apart and goes to the recipient as it is (" + strings.TrimPrefix(err.Error(), errUnread.Error()+": ") + ")")
		return nil, nil, nil
	}
	return nil, nil, err
}

// guarded reads a stream. A panic is an error of the stream.
func guarded(data section, left *budget) (i *item, err error) {
	defer func() {
		if p := recover(); p != nil {
			i, err = nil, unread("it confuses its reader")
		}
	}()
	return readItem(data, 0, left)
}

// fetch undoes the transfer encoding of a part.
func (u *unpacker) fetch(e *entity) (data section, digest [32]byte, err error) {
	if u.streams++; u.streams > maxStreams {
		return data, digest, errTooMuch
	}
	r, known := e.decoded()
	if !known || e.unsure {
		return data, digest, unread("its header is unclear")
	}
	out, h := u.scratch(), sha256.New()
	n, err := copyOut(io.MultiWriter(out, h), r, u.mail)
	h.Sum(digest[:0])
	return section{out, 0, n}, digest, err
}

// copyOut tells errors of a coding from those of reading and writing.
func copyOut(w io.Writer, r io.Reader, mail section) (n int64, err error) {
	buf := make([]byte, windowSize)
	for {
		k, err := r.Read(buf)
		if _, failed := w.Write(buf[:k]); failed != nil {
			return n, failed
		}
		n += int64(k)
		switch {
		case err == io.EOF:
			return n, nil
		case err != nil:
			if broken := mail.failure(err); broken != nil {
				return n, broken
			}
			return n, unread("its coding is damaged")
		}
	}
}
