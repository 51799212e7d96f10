package portal

import (
	"errors"
	"net/http"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

// keepable tells whether the file is offered on the page: a message that came
// without one (it was big), so that the link is its only way.
func keepable(rec store.Record) bool {
	return !rec.LinkUntil.IsZero() && !rec.LinkUntil.Before(rec.ExpiresAt)
}

// keepFile answers GET /m/{id}/securedoc.html: the page that a mail of this size
// does not carry, around the ciphertext from the shelf. It opens nothing and is
// no reading of the message; only a recipient gets it all the same.
func keepFile(v *visit) error {
	id, secret, p, err := v.entitled()
	if err == nil {
		err = v.holdOwn()
	}
	if err != nil {
		return err
	}
	rec, err := v.s.Store.Envelope(v.ctx(), id, secret)
	if err != nil {
		return err
	}
	if err := standing(rec, p, v.now); err != nil && !errors.Is(err, store.ErrMethod) {
		return told{error: err, rec: &rec, person: p.Address()}
	}
	box, err := v.s.container(v.ctx(), rec)
	if err != nil {
		return told{error: err, rec: &rec, person: p.Address()}
	}
	defer func() { _ = box.Close() }()
	h := v.w.Header()
	sandboxed(h, filePolicy)
	h.Set("Content-Type", "application/octet-stream") // it is to be saved and opened as a file, not here
	h.Set("Content-Disposition", dispositionOf("securedoc.html"))
	v.w.WriteHeader(http.StatusOK)
	return envelope.WritePage(v.w, v.s.filePage(rec, secret), box)
}

// filePage is what the file states: what the milter would have written.
func (s *Server) filePage(rec store.Record, secret envelope.Secret) envelope.Page {
	brand := s.Brand
	from := rec.Sender.String()
	if rec.SenderName != "" {
		from = rec.SenderName + " <" + from + ">"
	}
	p := envelope.Page{Version: 1, ID: rec.ID, Secret: secret, Servers: s.Servers, Organisation: brand.Organisation, Colour: brand.Colour,
		From: from, To: offered(rec), Expires: rec.ExpiresAt.In(s.Location), HelpURL: or(brand.HelpURL, s.BaseURL+"/help"), Logo: brand.Logo.Bytes, Date: rec.SealedAt.In(s.Location), Languages: s.languages, Ways: s.waysInFile(rec)}
	if len(p.Servers) == 0 {
		p.Servers = []string{s.BaseURL}
	}
	if s.Profile != nil {
		profile := s.Profile(rec.Profile)
		p.Form, p.Organisation = envelope.Form(profile.Form), or(profile.Organisation, p.Organisation)
	}
	return p
}
