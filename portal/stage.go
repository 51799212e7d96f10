package portal

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/url"
	"slices"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

// stage answers POST /open: a container posted by securedoc.html (fields id, t,
// ct, in this order) or the file itself (field page). It is anonymous, takes no
// cookie and gives no right: it only puts on the shelf what the record says was
// sent, and leads to the link of the message.
func stage(v *visit) error {
	p := &posting{leash: v.leashed()}
	parts, err := v.r.MultipartReader()
	if err != nil {
		return errWrongFile
	}
	defer p.Close()
	if err := v.posted(parts, p); err != nil {
		return err
	}
	if err := v.shelve(p); err != nil {
		return err
	}
	v.see("/m/" + p.id.String() + "?t=" + p.secret.Encode())
	return nil
}

// posting is one container on its way in. Its file and its place among those
// being read are there only once id and secret were found to be right: strangers
// get neither disk nor a place that others wait for.
type posting struct {
	id     envelope.ID
	secret envelope.Secret
	leash  *leash
	file   *spooled
	free   func()
}

func (p *posting) Write(b []byte) (int, error) { return p.file.Write(b) }

// Close drops the file and frees the place.
func (p *posting) Close() {
	if p.file != nil {
		_ = p.file.Close()
	}
	if p.free != nil {
		p.free()
	}
}

// admit lets a posting in that shows the right id and secret.
func (v *visit) admit(p *posting) error {
	if p.free != nil { // a form that names its message twice
		return errWrongFile
	}
	if err := v.awaited(p.id, p.secret); err != nil {
		return err
	}
	select {
	case v.s.staging <- struct{}{}:
		p.free = func() { <-v.s.staging }
	case <-v.ctx().Done():
		return errBusy
	}
	p.leash.release()
	var err error
	p.file, err = v.s.scratch()
	return err
}

// posted reads the form into p. Not one byte of a container is taken before id
// and secret were found to be right.
func (v *visit) posted(parts *multipart.Reader, p *posting) error {
	for range 8 { // fields; a browser sends three
		part, err := parts.NextPart()
		if err != nil {
			return formError(err)
		}
		switch part.FormName() {
		case "id":
			text, err := shortField(part)
			if err != nil {
				return err
			}
			if p.id, err = envelope.ParseID(text); err != nil || p.file != nil {
				return store.ErrNotFound
			}
		case "t":
			text, err := shortField(part)
			if err != nil {
				return err
			}
			if p.secret, err = envelope.ParseSecret(text); err != nil {
				return store.ErrNotFound
			}
			if err := v.admit(p); err != nil {
				return err
			}
		case "ct":
			if p.file == nil {
				return store.ErrNotFound
			}
			return writeContainer(p.file, part)
		case "page":
			return v.postedPage(part, p)
		}
	}
	return errWrongFile
}

// postedPage reads the whole file securedoc.html.
func (v *visit) postedPage(part io.Reader, p *posting) error {
	refused := error(nil)
	_, err := envelope.ReadPageIf(part, &limitedWriter{w: p, left: MaxStaged}, MaxStaged, func(page envelope.Page) error {
		p.id, p.secret = page.ID, page.Secret
		if refused = v.admit(p); errors.Is(refused, store.ErrNotFound) && !v.s.ours(page.Servers) {
			refused = v.elseOrganisation(page.Servers)
		}
		return refused
	})
	if refused != nil {
		return refused
	}
	if err != nil {
		return pageError(err)
	}
	return nil
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
		return told{error: store.ErrRecalled, rec: &rec}
	case !rec.ExpiresAt.IsZero() && !v.now.Before(rec.ExpiresAt):
		return told{error: withLink{store.ErrExpired, "/m/" + id.String() + "?t=" + secret.Encode()}, rec: &rec}
	}
	return nil
}

// writeContainer decodes base64 lines as they come.
func writeContainer(f *spooled, p io.Reader) error {
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
func (v *visit) shelve(p *posting) error {
	f := p.file
	rec, err := v.s.Store.Envelope(v.ctx(), p.id, p.secret)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("portal: spool: %w", err)
	}
	got, err := envelope.DigestOf(f)
	if errors.Is(err, envelope.ErrBroken) || errors.Is(err, envelope.ErrVersion) || errors.Is(err, envelope.ErrTooBig) {
		return told{error: errChanged, rec: &rec} // whatever it is, it was not sent
	}
	if err != nil {
		return fmt.Errorf("portal: spool: %w", err)
	}
	sent := false
	for _, d := range rec.Digests {
		sent = sent || d == got
	}
	if !sent {
		return told{error: errChanged, rec: &rec}
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("portal: spool: %w", err)
	}
	if err := v.s.Shelf.Put(v.ctx(), p.id, got, f); err != nil {
		return err
	}
	return v.relink(p.id, rec)
}

// ours tells whether a file names this service, by a name of today or of before.
func (s *Server) ours(servers []string) bool {
	return slices.ContainsFunc(servers, func(u string) bool {
		return u == s.BaseURL || slices.Contains(s.Servers, u) || slices.Contains(s.Formerly, u)
	})
}

// elseOrganisation is errElse with the host where a file says that it belongs.
func (v *visit) elseOrganisation(servers []string) error {
	for _, server := range servers {
		if u, err := url.Parse(server); err == nil && hostOf(u.Host) != "" {
			return saying{errElse, v.t("refusal.else.cause-at", "host", hostOf(u.Host))}
		}
	}
	return errElse
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
	return orFull(err, errWrongFile)
}

func pageError(err error) error {
	switch {
	case errors.Is(err, envelope.ErrTooBig), tooBig(err) == errTooBig:
		return errTooBig
	case errors.Is(err, envelope.ErrVersion):
		return errNewer
	case errors.Is(err, envelope.ErrBroken):
		return errDamaged
	case errors.Is(err, envelope.ErrNotPage):
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
