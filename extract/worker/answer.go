package worker

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/postseal/postseal/extract"
	"github.com/postseal/postseal/internal/cell"
)

// Bounds of an answer, beside those of the job's own Limits.
const (
	maxWords  = 200     // octets of an error's words
	maxKind   = 20      // octets of a kind's name
	maxPlaces = 20000   // of one document, as extract has it
	maxWhere  = 4096    // octets of a place: a sheet's name
	maxUsed   = 1 << 50 // of anything counted, so that sums do not run over
	slack     = 4 << 20 // octets of all names, places and properties above the text
)

// errLie says that an answer cannot be true of what was asked.
var errLie = errors.New("worker: an answer that cannot be true")

// mostAnswer bounds the frame of the answer to a job: its text, the mails in it,
// and what names them. Both sides reckon with it.
func mostAnswer(j extract.Job) int {
	text := max(j.Limits.Text-j.Used.Text, 0)
	const floor = 16 << 20 // as much as any file may expand to
	mails := min(int64(extract.MaxMails), floor+int64(len(j.File.Data))*j.Limits.Ratio)
	return text + int(mails) + slack
}

// packAnswer gives the frame of an answer. One that is longer than the other
// side would take is told as too big.
func packAnswer(j job, a extract.Answer) []byte {
	p := cell.Packer{}
	p.Number(j.id)
	packUsed(&p, a.Used)
	p.Number(int64(len(a.Docs)))
	for _, d := range a.Docs {
		packDoc(&p, d)
	}
	p.Number(int64(len(a.Mails)))
	for _, m := range a.Mails {
		p.Number(int64(m.Doc))
		p.Number(int64(len(m.Octets)))
		p.Frame = append(p.Frame, m.Octets...)
	}
	if len(p.Frame) > mostAnswer(j.Job) {
		err := fmt.Errorf("%w: too much is in it", extract.ErrTooBig)
		return packAnswer(j, extract.Answer{Used: a.Used, Docs: []extract.Document{{Kind: "unknown", Err: err}}})
	}
	return p.Frame
}

// The ways in which a document ends.
const (
	readWhole = iota
	readNoText
	unreadable
	tooBig
)

func packDoc(p *cell.Packer, d extract.Document) {
	state, words := readWhole, ""
	switch {
	case errors.Is(d.Err, extract.ErrTooBig):
		state, words = tooBig, d.Err.Error()
	case d.Err != nil:
		state, words = unreadable, d.Err.Error()
	case d.NoText:
		state = readNoText
	}
	p.Number(int64(state))
	p.Text(plain(words))
	p.Text(fit(shortened(d.Name), maxName))
	p.Number(int64(len(d.In)))
	for _, name := range d.In {
		p.Text(fit(shortened(name), maxName))
	}
	p.Text(d.Kind)
	p.Text(d.Text)
	p.Number(int64(len(d.Places)))
	for _, place := range d.Places {
		p.Text(fit(place.Where, maxWhere))
		p.Number(int64(place.At))
	}
	p.Number(int64(len(d.Properties)))
	for _, property := range d.Properties {
		p.Text(property.Name)
		p.Text(property.Value)
	}
}

// unpackAnswer reads the answer to a job. The error wraps errLie; of an answer
// that is wrong anywhere nothing is believed.
func unpackAnswer(b []byte, j job) (extract.Answer, error) {
	u := &cell.Unpacker{Frame: b}
	if u.Number() != j.id {
		return extract.Answer{}, fmt.Errorf("%w: to another job", errLie)
	}
	a := extract.Answer{Used: unpackUsed(u)}
	if !follows(j.Used, a.Used) {
		return extract.Answer{}, fmt.Errorf("%w: less was used than before", errLie)
	}
	left := max(j.Limits.Text-j.Used.Text, 0) + 1<<20 // of text; a line's end and a property's name are counted late
	for range u.Count(j.Limits.Files + 1) {
		d := unpackDoc(u, j.Limits, &left)
		d.Name, d.In = named(d, len(a.Docs) == 0, j.File.Name)
		a.Docs = append(a.Docs, d)
	}
	room := extract.MaxMails
	for range u.Count(j.Limits.Files + 1) {
		m := extract.Mail{Doc: int(u.Number()), Octets: u.Octets(room)}
		room -= len(m.Octets)
		if m.Doc < 0 || m.Doc >= len(a.Docs) {
			return extract.Answer{}, fmt.Errorf("%w: a mail in no document", errLie)
		}
		a.Mails = append(a.Mails, m)
	}
	switch {
	case !u.Whole():
		return extract.Answer{}, fmt.Errorf("%w: damaged", errLie)
	case len(a.Docs) == 0 || a.Docs[0].NoText: // only documents are sent
		return extract.Answer{}, fmt.Errorf("%w: no document", errLie)
	}
	return a, nil
}

// follows tells whether what was used of the limits can be more of the same.
func follows(before, after extract.Used) bool {
	grows := func(b, a int64) bool { return a >= b && a < maxUsed }
	return grows(int64(before.Text), int64(after.Text)) && grows(before.Expanded, after.Expanded) &&
		grows(before.Work, after.Work) && grows(int64(before.Files)+1, int64(after.Files))
}

// named gives the names of a document: those of the file that was sent are ours.
func named(d extract.Document, first bool, name string) (string, []string) {
	if first {
		return name, nil
	}
	if n := len(d.In); n > 0 && d.In[n-1] == shortened(name) {
		d.In[n-1] = name
	}
	return d.Name, d.In
}

func unpackDoc(u *cell.Unpacker, l extract.Limits, left *int) extract.Document {
	state, words := u.Number(), plain(u.Text(maxWords))
	d := extract.Document{NoText: state == readNoText, Name: valid(u, maxName)}
	for range u.Count(l.Depth + 2) {
		d.In = append(d.In, valid(u, maxName))
	}
	d.Kind = plain(u.Text(maxKind))
	d.Text = valid(u, *left)
	*left -= len(d.Text)
	at := int64(0)
	for range u.Count(maxPlaces) {
		p := extract.Place{Where: valid(u, maxWhere)}
		n := u.Number()
		if n < at || n > int64(len(d.Text)) {
			u.Fail()
			return d
		}
		at = n
		p.At = int(n)
		d.Places = append(d.Places, p)
	}
	for range u.Count(l.Entries + 1) {
		p := extract.Property{Name: valid(u, *left), Value: valid(u, *left)}
		*left -= len(p.Name) + len(p.Value)
		if *left < 0 {
			u.Fail()
			return d
		}
		d.Properties = append(d.Properties, p)
	}
	switch {
	case state == unreadable:
		d.Err = told{extract.ErrUnreadable, words}
	case state == tooBig:
		d.Err = told{extract.ErrTooBig, words}
	case state != readWhole && state != readNoText, state == readNoText && d.Text != "":
		u.Fail()
	}
	return d
}

// valid reads a text that must be UTF-8.
func valid(u *cell.Unpacker, most int) string {
	s := u.Text(max(most, 0))
	if !utf8.ValidString(s) {
		u.Fail()
	}
	return s
}

// told is an error in a worker's words.
type told struct {
	is    error
	words string
}

func (t told) Error() string {
	if t.words == "" {
		return t.is.Error()
	}
	return t.words
}

func (t told) Unwrap() error { return t.is }

// plain keeps of words what stands in log lines and confirmations without harm.
func plain(words string) string { return cell.Plain(words, maxWords) }
