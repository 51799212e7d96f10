package portal

import (
	"archive/zip"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/postseal/postseal/store"
)

// part answers one attachment, as the bytes that were attached; with show in the
// address, pictures and plain text as what they are.
func part(v *visit) error {
	n, err := strconv.Atoi(v.r.PathValue("n"))
	if err != nil || n < 1 || n > MaxParts {
		return errPart
	}
	o, _, err := v.openPlace(forAttachment)
	if err != nil {
		return err
	}
	defer func() { _ = o.Close() }()
	about, f, err := v.s.extract(o.file, n)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if v.r.URL.Query().Has("show") {
		return v.inPlace(about, f)
	}
	if about.name == "" {
		about.name = "message.txt"
	}
	return v.download(f, about.name, about.kind)
}

// inPlace shows a picture or a text by itself, in a page that can do nothing.
func (v *visit) inPlace(about file, f *spooled) error {
	about.head = make([]byte, headLength)
	n, _ := io.ReadFull(f, about.head) // a short file has a short head
	about.head = about.head[:n]
	if _, err := f.Seek(0, io.SeekStart); err != nil || !about.opensInPlace() {
		return errPart
	}
	h := v.w.Header()
	sandboxed(h, filePolicy)
	h.Set("Content-Disposition", "inline"+strings.TrimPrefix(dispositionOf(about.name), "attachment"))
	if about.kind != "text/plain" {
		h.Set("Content-Type", about.kind)
		_, _ = io.Copy(v.w, f) // the reader went away: nobody to tell
		return nil
	}
	raw, err := io.ReadAll(f)
	if err != nil {
		return fmt.Errorf("portal: spool: %w", err)
	}
	text, _ := toUTF8(about.charset, raw)
	h.Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(v.w, text)
	return nil
}

// save answers the original, byte for byte, as a file that mail programs open.
func save(v *visit) error {
	o, p, err := v.openPlace(forSave)
	if err != nil {
		return err
	}
	defer func() { _ = o.Close() }()
	return v.download(o.file, v.titled(o, p)+".eml", "message/rfc822")
}

// titled names what is saved by the message's subject.
func (v *visit) titled(o *opened, p place) string {
	subject := o.rec.Subject
	if p.in != "" {
		subject = v.ownFacts(o.file).Subject
	}
	if name := cleanName(subject); name != "" {
		return name
	}
	return "message"
}

// saveAll answers all attachments as one zip. It is written whole before the first
// byte is sent, so that what arrives is never the half of it.
func saveAll(v *visit) error {
	o, p, err := v.openPlace(forAttachment)
	if err != nil {
		return err
	}
	defer func() { _ = o.Close() }()
	wanted := map[int]string{}
	s, err := v.display(o.file)
	if err != nil {
		return err
	}
	for _, f := range distinct(s.files) {
		wanted[f.n] = f.name
	}
	if _, err := o.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("portal: spool: %w", err)
	}
	if len(wanted) == 0 {
		return errPart
	}
	f, err := v.s.scratch()
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := zipped(f, o.file, wanted, o.rec); err != nil {
		return err
	}
	return v.download(f, v.titled(o, p)+".zip", "application/zip")
}

// zipped writes the parts wanted under their names. They are stored as they are:
// most attachments are compressed already.
func zipped(to io.Writer, message io.Reader, wanted map[int]string, rec store.Record) error {
	z := zip.NewWriter(to)
	err := walk(message, func(l *leaf) error {
		name := wanted[l.n]
		if name == "" {
			return nil
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: rec.SealedAt})
		if err != nil {
			return fmt.Errorf("portal: spool: %w", err)
		}
		if _, err := io.Copy(w, l.body); err != nil {
			return orFull(err, errPart)
		}
		return nil
	})
	if err != nil && err != errDoubt { // doubt is about parts that were not wanted
		return err
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("portal: spool: %w", err)
	}
	return nil
}

// distinct gives the files that are listed and whole, no two with one name: a zip
// is often unpacked where capital letters do not count.
func distinct(files []file) []file {
	var out []file
	taken := map[string]bool{}
	for _, f := range files {
		if f.hidden || f.damaged {
			continue
		}
		stem, ending := f.name, ""
		if at := strings.LastIndexByte(f.name, '.'); at > 0 {
			stem, ending = f.name[:at], f.name[at:]
		}
		for i := 2; taken[strings.ToLower(f.name)]; i++ {
			f.name = fmt.Sprintf("%s (%d)%s", stem, i, ending)
		}
		taken[strings.ToLower(f.name)] = true
		out = append(out, f)
	}
	return out
}
