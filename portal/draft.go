package portal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"io"
	"mime/multipart"
	"slices"
	"strings"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/store"
)

// draft is what somebody wrote, with its files in the private spool.
type draft struct {
	text  string
	once  string   // from the form: names one answer, so that it is sent once
	cc    []string // addresses as the browser gave them; see Server.chosen
	copy  bool     // she wants one herself
	quote bool     // the message answered goes below the text
	files []attached
	names []string // of all files that came, kept or not
	over  bool     // the files together are over the limit; none is kept
	long  bool     // the text is over its bound
	drop  bool     // nobody is signed in: files are read and not kept

	letter letter // what a new message has more than an answer
}

type attached struct {
	name, kind string
	file       io.ReadSeekCloser
	sum        []byte // SHA-256 of its bytes
}

// Close drops the files.
func (d *draft) Close() {
	for _, a := range d.files {
		_ = a.file.Close()
	}
	d.files = nil
}

// maxFields bounds the parts of a form beside its files.
const maxFields = maxPeople + 16

// headFields are short ones that may come before it is known who writes; "do" is
// that of the button that Enter presses, which stands before the form (typedIn).
var headFields = []string{"t", "whose", "once", "lang", "do"}

// draftReader reads a reply's form. The fields of need must come, and satisfy
// check, before anything else is taken, and may says whether this person is heard
// at all. What is over a bound is read and dropped, so that the browser still gets
// an answer.
type draftReader struct {
	s     *Server
	d     *draft
	check func(name, value string) error
	may   func() error
	need  []string
	left  int64 // bytes of files that are still taken
}

// readDraft reads the parts of a form into d.
func (s *Server) readDraft(d *draft, parts *multipart.Reader, check func(name, value string) error, may func() error, first ...string) error {
	r := &draftReader{s: s, d: d, check: check, may: may, need: slices.Clone(first), left: s.AttachLimit}
	for count := 0; ; count++ {
		p, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return tooBig(err)
		}
		if count > MaxFiles+maxFields {
			return errTooBig
		}
		if err := r.part(p, slices.Contains(first, p.FormName()) || slices.Contains(headFields, p.FormName())); err != nil {
			return err
		}
	}
	if len(r.need) > 0 {
		return errForm
	}
	return nil
}

func (r *draftReader) part(p *multipart.Part, head bool) error {
	if !head {
		if len(r.need) > 0 {
			return errForm
		}
		if r.may != nil {
			if err := r.may(); err != nil {
				return err
			}
			r.may = nil // once is enough: sending asks the gate
		}
	}
	if p.FormName() == "file" {
		return r.file(p)
	}
	value, err := r.d.field(p)
	if err != nil {
		return err
	}
	r.need = slices.DeleteFunc(r.need, func(n string) bool { return n == p.FormName() })
	return r.check(p.FormName(), value)
}

// field reads one typed field.
func (d *draft) field(p *multipart.Part) (string, error) {
	b, err := io.ReadAll(io.LimitReader(p, MaxReplyText+1))
	if err != nil {
		return "", tooBig(err)
	}
	value := string(b)
	if d.letter.field(p.FormName(), value, &d.text) {
		return value, nil
	}
	switch p.FormName() {
	case "text":
		if d.long = len(value) > MaxReplyText; d.long {
			value = value[:MaxReplyText]
		}
		d.text = strings.ToValidUTF8(strings.ReplaceAll(value, "\x00", ""), "\uFFFD")
	case "once":
		if onceForm.MatchString(value) {
			d.once = value
		}
	case "cc":
		if len(value) > maxAddress*4 {
			return "", errForm
		}
		d.cc = append(d.cc, strings.ToValidUTF8(value, "\uFFFD"))
	case "copy":
		d.copy = value != ""
	case "quote":
		d.quote = value != ""
	}
	return value, nil
}

// file keeps one file, while the limit lasts.
func (r *draftReader) file(p *multipart.Part) error {
	d, name := r.d, cleanName(p.FileName())
	if p.FileName() == "" && name == "" {
		n, err := io.Copy(io.Discard, io.LimitReader(p, 1)) // an empty file field, as browsers send it
		if err != nil || n > 0 {
			return errForm
		}
		return nil
	}
	if name == "" {
		name = "file"
	}
	if len(d.names) < MaxFiles {
		d.names = append(d.names, name)
	}
	if d.drop || d.over || len(d.files) >= MaxFiles {
		d.over = d.over || !d.drop
		return dropPart(p)
	}
	f, err := r.s.scratch()
	if err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, sum), io.LimitReader(p, r.left+1))
	if err != nil {
		_ = f.Close()
		return tooBig(err)
	}
	if n > r.left {
		_ = f.Close()
		d.Close()
		d.over = true
		return dropPart(p)
	}
	r.left -= n
	d.files = append(d.files, attached{name, p.Header.Get("Content-Type"), f, sum.Sum(nil)})
	return nil
}

func dropPart(p io.Reader) error {
	if _, err := io.Copy(io.Discard, p); err != nil {
		return tooBig(err)
	}
	return nil
}

// judge says what keeps a draft from being sent, for page and API alike.
func (v *visit) judge(d *draft, rec store.Record, reader addr.Address) []problem {
	var out []problem
	if _, wrong := v.s.chosen(rec, reader, d.cc); wrong != "" {
		out = append(out, problem{"cc", v.t("reply.cc-wrong", "address", clean(wrong))})
	}
	out = append(out, v.judgeText(d)...)
	if len(out) == 0 {
		out = v.scan(d)
	}
	return out
}

// judgeText says what keeps text and files from being sent.
func (v *visit) judgeText(d *draft) (out []problem) {
	switch {
	case d.long:
		out = append(out, problem{"text", v.t("reply.too-long")})
	case strings.TrimSpace(d.text) == "" && len(d.files) == 0 && !d.over:
		out = append(out, problem{"text", v.t("reply.empty")})
	}
	if d.over {
		out = append(out, problem{"file", v.t("reply.too-big", "limit", v.lang().Size(v.s.AttachLimit), "files", MaxFiles)})
	}
	return out
}

// name says what one answer is by all that it holds: the same form sent twice is
// the same answer, and one word changed makes it another, which is sent too.
// Without a once-id nothing is known to be the same.
func (d *draft) name(rec store.Record, from addr.Address) string {
	h := sha256.New()
	once := d.once
	if once == "" {
		once = random()
	}
	cc := slices.Clone(d.cc)
	slices.Sort(cc)
	write(h, rec.ID.String(), from.Key(), once, d.text, ticked(d.copy), ticked(d.quote))
	write(h, cc...)
	write(h, d.letter.to, d.letter.cc, d.letter.subject, string(d.letter.look.mail))
	for _, f := range d.files {
		write(h, f.name, f.kind, string(f.sum))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// write adds texts so that no two lists look the same.
func write(h hash.Hash, texts ...string) {
	for _, t := range append(texts, "") {
		_, _ = io.WriteString(h, base64.StdEncoding.EncodeToString([]byte(t))+"\n") // a hash takes everything
	}
}

func ticked(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

// whose proves who wrote a draft in this browser: on a shared computer the next
// person to sign in must not see it.
func whose(b store.Browser, a addr.Address) string {
	m := hmac.New(sha256.New, []byte(string(b)))
	m.Write([]byte("postseal draft\n" + a.Key()))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
