package portal

import (
	"fmt"
	"html/template"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
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
	o, p, err := v.openPlace(forOpen)
	if err != nil {
		return err
	}
	defer func() { _ = o.Close() }()
	person, err := v.person()
	if err != nil {
		return err
	}
	person = person.For(o.rec)
	v.under(o.rec)
	f := v.facts(o, p)
	s, err := v.display(o.file)
	if err != nil {
		return err
	}
	data := map[string]any{"Own": f.own, "Marking": f.marking, "Facts": f.rows, "Until": f.until, "Doubtful": s.doubtful, "Cut": s.cut, "Remote": s.remote,
		"HTML": s.html != "", "Fit": fit(s.html), "Text": linked(s.text), "HasText": s.text != "", "Files": v.listed(s.files, p), "All": len(distinct(s.files)) > 1,
		"Page": p.base, "Body": p.url("/body"), "Print": p.url("/print"), "Save": p.url("/message.eml"), "Zip": p.url("/attachments.zip"),
		"Back": p.outer().url(""), "Invite": v.invited(s, o, p)}
	if p.in == "" {
		data["CanReply"], data["Offer"] = v.s.mayReply(o.rec) == nil, v.offer(person)
		if keepable(o.rec) {
			data["Keep"] = p.base + "/securedoc.html"
		}
		data["ReplyAll"] = len(v.s.others(o.rec, person.Address())) > 0
	}
	v.putAway(p)
	return v.show("message", f.title, data)
}

// putAway takes the message off the screen when its session is over for want of
// use; in the browser, since the page has no script. Whoever comes back reads why.
func (v *visit) putAway(p place) {
	after := int((store.SessionIdle + time.Minute) / time.Second)
	v.w.Header().Set("Refresh", strconv.Itoa(after)+"; url=/signedout?from="+strings.TrimPrefix(p.base, "/m/"))
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
	if only := onlyAddress(rec); !v.isDesk(only) {
		f.Address = only
	}
	if err := v.bring(f); err != nil {
		return err
	}
	v.see(path)
	return nil
}

// onlyAddress is whom a message is to, where there is nothing to choose (BCC-19).
// It looks at those whom the mail names: that somebody else has it too, by Bcc, is
// not to be seen from the form. A mail that names no recipient and has only one is
// hers who holds it.
func onlyAddress(rec store.Record) addr.Address {
	switch shown := offered(rec); {
	case len(shown) == 1:
		if a, err := addr.Parse(shown[0]); err == nil {
			return a
		}
	case len(shown) == 0 && len(rec.Recipients) == 1:
		return rec.Recipients[0].Address
	}
	return addr.Address{}
}

// body answers the message's HTML, for the frame or on a page of its own. It has
// an origin of its own, runs nothing and loads nothing.
func body(v *visit) error {
	o, _, err := v.openPlace(forFrame)
	if err != nil {
		return err
	}
	defer func() { _ = o.Close() }()
	s, err := v.display(o.file)
	if err != nil {
		return err
	}
	page := s.html
	if page == "" {
		page = bareFrame(s.text)
	}
	v.frameHeaders()
	_, _ = io.WriteString(v.w, page) // the reader went away: nobody to tell
	return nil
}

func (v *visit) frameHeaders() {
	h := v.w.Header()
	sandboxed(h, framePolicy)
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Content-Type", htmlType)
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
	sandboxed(h, filePolicy)
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
	Name, Stem, Ending, Size string
	Save, Open               string // addresses; empty: cannot be had
	Message                  bool   // Open leads to a message inside
	Warnings                 []template.HTML
}

func (v *visit) listed(files []file, p place) []listedFile {
	var out []listedFile
	for _, f := range files {
		if f.hidden {
			continue
		}
		l := listedFile{Name: f.name, Size: v.lang().Size(f.size)}
		l.Stem, _ = splitName(f.name)
		l.Ending = f.name[len(l.Stem):]
		for _, key := range warnings(f.name, f.head) {
			l.Warnings = append(l.Warnings, v.lang().HTML(key, "ending", l.Ending))
		}
		switch {
		case f.damaged:
		case f.isMessage():
			l.Save, l.Open, l.Message = p.url("/part/"+strconv.Itoa(f.n)), p.inside(f.n).url(""), true
		case f.opensInPlace():
			l.Save, l.Open = p.url("/part/"+strconv.Itoa(f.n)), p.url("/part/"+strconv.Itoa(f.n)+"?show=1")
		default:
			l.Save = p.url("/part/" + strconv.Itoa(f.n))
		}
		out = append(out, l)
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
