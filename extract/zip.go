package extract

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
)

// zip reads a zip file: an Office document, or an archive whose files are read
// one by one.
func (w *writer) zip() error {
	// A name takes 46 octets and much more in memory, so they are counted first.
	// Stored archives in the archive are counted too.
	const slack = 4
	if n := bytes.Count(w.file.Data, []byte("PK\x01\x02")); n > slack*w.x.limits.Entries {
		return fmt.Errorf("%w: more than %d entries", ErrTooBig, w.x.limits.Entries)
	}
	z, err := zip.NewReader(bytes.NewReader(w.file.Data), int64(len(w.file.Data)))
	if err != nil {
		return errDamaged
	}
	if len(z.File) > w.x.limits.Entries {
		return fmt.Errorf("%w: more than %d entries", ErrTooBig, w.x.limits.Entries)
	}
	p := &pack{w: w, files: z.File, byName: map[string]*zip.File{}}
	for _, f := range z.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		if p.byName[name] != nil && strings.HasSuffix(name, ".xml") {
			return unreadable("two parts of one name") // which one a program shows is its choice
		}
		p.byName[name] = f
	}
	switch {
	case p.byName["[content_types].xml"] != nil:
		return p.ooxml()
	case p.byName["mimetype"] != nil && p.byName["content.xml"] != nil:
		return p.odf()
	}
	return p.archive()
}

// pack is the content of a zip file.
type pack struct {
	w      *writer
	files  []*zip.File
	byName map[string]*zip.File // by lower-case name
}

// open gives what is in an entry, to be paid for by its reader.
func (p *pack) open(f *zip.File) (io.ReadCloser, error) {
	const encrypted = 1 // APPNOTE section 4.4.4, bit 0
	if f.Flags&encrypted != 0 {
		return nil, unreadable("locked with a password")
	}
	r, err := f.Open()
	if err != nil {
		return nil, unreadable("packed in a way that we do not read, or damaged")
	}
	return r, nil
}

// stream gives the XML of an entry to read.
func (p *pack) stream(f *zip.File, read func(*xmlScan) error) error {
	r, err := p.open(f)
	if err != nil {
		return err
	}
	defer r.Close()
	return read(p.w.newXML(expanding{p.w, r}))
}

// archive reads each file of a zip file. What cannot be read is told of the file
// it is in.
func (p *pack) archive() error {
	for _, f := range p.files {
		if strings.HasSuffix(f.Name, "/") && f.UncompressedSize64 == 0 {
			continue
		}
		if err := p.descend(f); err != nil {
			return err
		}
	}
	return nil
}

// descend reads one entry as a file of its own.
func (p *pack) descend(f *zip.File) error {
	name := zipName(f)
	r, err := p.open(f)
	if err == nil {
		defer r.Close()
		var data []byte
		if data, err = p.w.all(r); err == nil {
			p.w.nested(name, "", data)
			p.w.release(len(data))
			return p.w.x.over
		}
	}
	return p.w.within(name, err)
}

// within makes an error that of a file inside, unless nothing more can be read.
func (w *writer) within(name string, err error) error {
	if w.x.over != nil {
		return w.x.over
	}
	in := append([]string{or(w.file.Name, w.kind.String()+" file")}, w.in...)
	if w.x.admit(File{Name: name}, nil) {
		w.x.docs = append(w.x.docs, Document{Name: name, In: in, Kind: "unknown", Err: named(err)})
	}
	return nil
}

// zipName gives the name of an entry; one that is no UTF-8 is in an old charset.
func zipName(f *zip.File) string {
	name := f.Name
	if f.NonUTF8 {
		name = utf8Or1252([]byte(name))
	}
	return name[strings.LastIndexAny(name, `/\`)+1:]
}

// compressed reads a file that was only compressed.
func (w *writer) compressed() error {
	var r io.Reader = bzip2.NewReader(bytes.NewReader(w.file.Data))
	if w.kind == kindGzip {
		z, err := gzip.NewReader(bytes.NewReader(w.file.Data))
		if err != nil {
			return errDamaged
		}
		r = z
	}
	data, err := w.all(r)
	if err == nil {
		name := w.file.Name
		if i := strings.LastIndexByte(name, '.'); i > 0 {
			name = name[:i]
		}
		if extension(w.file.Name) == "tgz" {
			name += ".tar"
		}
		w.nested(name, "", data)
	}
	w.release(len(data))
	return err
}

// tar reads each file of a tar archive.
func (w *writer) tar() error {
	t := tar.NewReader(bytes.NewReader(w.file.Data))
	for entries := 0; ; entries++ {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return errDamaged
		}
		if entries >= w.x.limits.Entries {
			return fmt.Errorf("%w: more than %d entries", ErrTooBig, w.x.limits.Entries)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		data, err := w.all(t)
		if err != nil {
			return err
		}
		w.nested(h.Name[strings.LastIndexByte(h.Name, '/')+1:], "", data)
		w.release(len(data))
		if w.x.over != nil {
			return w.x.over
		}
	}
}
