package portal

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/words"
)

// read answers GET /m/{id}: with the link's secret it takes it into the
// browser's visit and leads to the same address without it; without one it shows
// the message to who is signed in.
func read(v *visit) error {
	if v.r.URL.Query().Has("t") {
		return follow(v)
	}
	o, err := v.open(forOpen)
	if err != nil {
		return err
	}
	defer func() { _ = o.Close() }()
	p, err := v.person()
	if err != nil {
		return err
	}
	s := display(o.file)
	rec := o.rec
	data := map[string]any{"Path": "/m/" + rec.ID.String(), "Marking": rec.Marking, "From": fromLine(rec, v.lang()), "To": strings.Join(rec.To, ", "),
		"Cc": strings.Join(rec.Cc, ", "), "When": capital(v.when(rec.SealedAt)), "Doubtful": s.doubtful, "Cut": s.cut,
		"HTML": s.html != "", "Text": s.text, "Files": v.listed(s.files),
		"CanReply": v.s.Inbound != nil && v.s.Inside(rec.Sender), "Offer": v.offer(p)}
	if !rec.ExpiresAt.IsZero() {
		data["Until"] = v.when(rec.ExpiresAt)
	}
	return v.show("message", v.subjectOf(rec), data)
}

// follow takes a link: a wrong id and a wrong secret are the same 404. What it
// writes is only what this browser brought along.
func follow(v *visit) error {
	id, err := v.message()
	if err != nil {
		return err
	}
	secret, err := envelope.ParseSecret(v.r.URL.Query().Get("t"))
	if err != nil {
		return store.ErrNotFound
	}
	rec, err := v.s.Store.Envelope(v.ctx(), id, secret)
	if err != nil {
		return err
	}
	path := "/m/" + id.String()
	f := store.Flow{Next: path, Secrets: map[envelope.ID]envelope.Secret{id: secret}}
	if len(rec.Recipients) == 1 {
		f.Address = rec.Recipients[0].Address // BCC-19; who holds a mail to one person knows whom it is to
	}
	if err := v.bring(f); err != nil {
		return err
	}
	v.see(path)
	return nil
}

// body answers the message's HTML, for the frame or on a page of its own. It has
// an origin of its own, runs nothing and loads nothing.
func body(v *visit) error {
	o, err := v.open(forOpen)
	if err != nil {
		return err
	}
	defer func() { _ = o.Close() }()
	s := display(o.file)
	page := s.html
	if page == "" {
		page = bareFrame(s.text)
	}
	h := v.w.Header()
	h.Set("Content-Security-Policy", framePolicy)
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Content-Type", htmlType)
	_, _ = io.WriteString(v.w, page) // the reader went away: nobody to tell
	return nil
}

// part answers one attachment, as the bytes that were attached.
func part(v *visit) error {
	n, err := strconv.Atoi(v.r.PathValue("n"))
	if err != nil || n < 1 || n > MaxParts {
		return errPart
	}
	o, err := v.open(forAttachment)
	if err != nil {
		return err
	}
	defer func() { _ = o.Close() }()
	f, err := v.s.scratch()
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	var name, kind string
	found := false
	err = walk(o.file, func(l *leaf) error {
		if l.n != n || l.doubt {
			return nil
		}
		found, name, kind = true, l.name, l.kind
		if _, err := io.Copy(f, l.body); err != nil {
			return errPart
		}
		return errStop
	})
	if !found || err != errStop {
		return errPart
	}
	if name == "" {
		name = "message.txt"
	}
	return v.download(f, name, kind)
}

// save answers the original, byte for byte, as a file that mail programs open.
func save(v *visit) error {
	o, err := v.open(forSave)
	if err != nil {
		return err
	}
	defer func() { _ = o.Close() }()
	name := cleanName(o.rec.Subject)
	if name == "" {
		name = "message"
	}
	return v.download(o.file, name+".eml", "message/rfc822")
}

// download sends a file that is saved, never shown (design: "Portal").
func (v *visit) download(f io.ReadSeeker, name, kind string) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("portal: spool: %w", err)
	}
	switch major, _, _ := strings.Cut(kind, "/"); {
	case !isKind(kind), major == "text" && kind != "text/plain" && kind != "text/calendar" && kind != "text/csv", strings.Contains(kind, "xml"), strings.Contains(kind, "script"):
		kind = "application/octet-stream" // nothing that a browser would run, should it show it all the same
	}
	h := v.w.Header()
	h.Set("Content-Security-Policy", filePolicy)
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", dispositionOf(name))
	h.Del("Accept-Ranges")
	r := v.r.Clone(v.ctx())
	r.Header.Del("Range") // every part of a range would be another release
	http.ServeContent(v.w, r, "", time.Time{}, f)
	return nil
}

func isKind(kind string) bool {
	major, minor, ok := strings.Cut(kind, "/")
	return ok && isToken(major) && isToken(minor)
}

// listedFile is a file as the page shows it.
type listedFile struct {
	N          int
	Name, Size string
	Damaged    bool
}

func (v *visit) listed(files []file) []listedFile {
	var out []listedFile
	for _, f := range files {
		if !f.hidden {
			out = append(out, listedFile{f.n, f.name, v.lang().Size(f.size), f.damaged})
		}
	}
	return out
}

// fromLine names the sender from the record, never from the opened message.
func fromLine(rec store.Record, l *words.Language) string {
	line := rec.Sender.String()
	if rec.SenderName != "" {
		line = rec.SenderName + " (" + line + ")"
	}
	if rec.OnBehalf != "" {
		line = l.Text("message.on-behalf", "sender", line, "other", rec.OnBehalf)
	}
	return line
}

func (v *visit) subjectOf(rec store.Record) string {
	if rec.Subject == "" {
		return v.t("message.no-subject")
	}
	return rec.Subject
}
