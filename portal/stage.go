package portal

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"os"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

// stage answers POST /open: a container posted by securedoc.html (fields id, t,
// ct, in this order) or the file itself (field page). It is anonymous, takes no
// cookie and gives no right: it only puts on the shelf what the record says was
// sent, and leads to the link of the message.
func stage(v *visit) error {
	select {
	case v.s.staging <- struct{}{}:
		defer func() { <-v.s.staging }()
	case <-v.ctx().Done():
		return errBusy
	}
	parts, err := v.r.MultipartReader()
	if err != nil {
		return errWrongFile
	}
	f, err := v.s.scratch()
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	id, secret, err := v.posted(parts, f)
	if err != nil {
		return err
	}
	if err := v.shelve(id, secret, f); err != nil {
		return err
	}
	v.see("/m/" + id.String() + "?t=" + secret.Encode())
	return nil
}

// posted reads the form into f. Not one byte of a container is taken before id
// and secret were found to be right.
func (v *visit) posted(parts *multipart.Reader, f *os.File) (id envelope.ID, secret envelope.Secret, err error) {
	known := false
	for range 8 { // fields; a browser sends three
		p, err := parts.NextPart()
		if err != nil {
			return id, secret, formError(err)
		}
		switch p.FormName() {
		case "id":
			text, err := shortField(p)
			if err != nil {
				return id, secret, err
			}
			if id, err = envelope.ParseID(text); err != nil {
				return id, secret, store.ErrNotFound
			}
		case "t":
			text, err := shortField(p)
			if err != nil {
				return id, secret, err
			}
			if secret, err = envelope.ParseSecret(text); err != nil {
				return id, secret, store.ErrNotFound
			}
			if err := v.awaited(id, secret); err != nil {
				return id, secret, err
			}
			known = true
		case "ct":
			if !known {
				return id, secret, store.ErrNotFound
			}
			return id, secret, writeContainer(f, p)
		case "page":
			return v.postedPage(p, f)
		}
	}
	return id, secret, errWrongFile
}

// postedPage reads the whole file securedoc.html.
func (v *visit) postedPage(p io.Reader, f *os.File) (envelope.ID, envelope.Secret, error) {
	page, err := envelope.ReadPage(p, &limitedWriter{w: f, left: MaxStaged}, MaxStaged)
	if err != nil {
		return envelope.ID{}, envelope.Secret{}, pageError(err)
	}
	return page.ID, page.Secret, v.awaited(page.ID, page.Secret)
}

// awaited tells whether this message may be posted now.
func (v *visit) awaited(id envelope.ID, secret envelope.Secret) error {
	rec, err := v.s.Store.Envelope(v.ctx(), id, secret)
	if err != nil {
		return err
	}
	if !v.s.staged.allow(id, v.now) {
		return errBusy
	}
	open := false
	for _, st := range rec.Recipients {
		open = open || st.Status != store.Recalled
	}
	switch {
	case !open:
		return told{store.ErrRecalled, &rec, addr.Address{}}
	case !rec.ExpiresAt.IsZero() && !v.now.Before(rec.ExpiresAt):
		return told{store.ErrExpired, &rec, addr.Address{}}
	}
	return nil
}

// writeContainer decodes base64 lines as they come.
func writeContainer(f *os.File, p io.Reader) error {
	n, err := io.Copy(f, io.LimitReader(base64.NewDecoder(base64.StdEncoding, blanks{p}), MaxStaged+1))
	var corrupt base64.CorruptInputError
	switch {
	case errors.As(err, &corrupt):
		return errWrongFile
	case err != nil:
		return formError(err)
	case n > MaxStaged:
		return errTooBig
	case n == 0:
		return errWrongFile
	}
	return nil
}

// shelve compares what was posted with the record and keeps it.
func (v *visit) shelve(id envelope.ID, secret envelope.Secret, f *os.File) error {
	rec, err := v.s.Store.Envelope(v.ctx(), id, secret)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("portal: spool: %w", err)
	}
	got, err := envelope.DigestOf(f)
	if errors.Is(err, envelope.ErrBroken) || errors.Is(err, envelope.ErrVersion) || errors.Is(err, envelope.ErrTooBig) {
		return told{errChanged, &rec, addr.Address{}} // whatever it is, it was not sent
	}
	if err != nil {
		return fmt.Errorf("portal: spool: %w", err)
	}
	sent := false
	for _, d := range rec.Digests {
		sent = sent || d == got
	}
	if !sent {
		return told{errChanged, &rec, addr.Address{}}
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("portal: spool: %w", err)
	}
	return v.s.Shelf.Put(v.ctx(), id, got, f)
}

// shortField reads a field of some dozen characters.
func shortField(p io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(p, 257))
	if err != nil {
		return "", formError(err)
	}
	if len(b) > 256 {
		return "", errWrongFile
	}
	return string(b), nil
}

// formError tells a form over the bound from one that is cut or none at all.
func formError(err error) error {
	if tooBig(err) == errTooBig {
		return errTooBig
	}
	return errWrongFile
}

func pageError(err error) error {
	switch {
	case errors.Is(err, envelope.ErrTooBig), tooBig(err) == errTooBig:
		return errTooBig
	case errors.Is(err, envelope.ErrNotPage), errors.Is(err, envelope.ErrVersion), errors.Is(err, envelope.ErrBroken):
		return errWrongFile
	}
	return formError(err)
}

// blanks lets the decoder pass over spaces and tabs, which mail gateways add.
type blanks struct{ r io.Reader }

func (b blanks) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	for i := range p[:n] {
		if p[i] == ' ' || p[i] == '\t' {
			p[i] = '\n'
		}
	}
	return n, err
}

// limitedWriter refuses more than its bound.
type limitedWriter struct {
	w    io.Writer
	left int64
}

func (l *limitedWriter) Write(p []byte) (int, error) {
	if int64(len(p)) > l.left {
		return 0, envelope.ErrTooBig
	}
	n, err := l.w.Write(p)
	l.left -= int64(n)
	return n, err
}
