package robot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/shelf"
	"github.com/postseal/postseal/store"
)

// rescue answers a mail to mobile@ (BOP-20). Who forwarded it decides at most for
// which of the recorded recipients; where the link goes stands in the record.
func (r *Robot) rescue(ctx context.Context, m *Mail) (string, error) {
	author := m.author().Address
	redirected := m.ours() == "envelope" // sent on as it was, not forwarded: our own Auto-Submitted is in it
	switch {
	case m.From.IsZero(), !redirected && m.automatic(), m.ours() == "notice", author.IsZero(), r.ownDomain(author), author.Equal(r.Notices.Brand().Service):
		return outcomeSilent, nil
	}
	f := m.find()
	rec, err := r.lookUp(ctx, f)
	if err != nil {
		return "", err
	}
	asked := author
	if redirected {
		asked = m.resentFrom()
	}
	state, recorded := rec.Recipient(asked)
	outcome := outcomeSilent
	if !rec.ID.IsZero() {
		ready, err := r.reshelve(ctx, rec, f)
		if err != nil {
			return "", err
		}
		if outcome, err = r.sendLinks(ctx, rec, rescued(rec, state.Address), ready); err != nil {
			return "", err
		}
	}
	if recorded || redirected {
		return outcome, nil
	}
	return r.tellStranger(ctx, m, author, outcome)
}

// resentFrom is who sent a mail on as it was (RFC 5322 section 3.6.6).
func (m *Mail) resentFrom() addr.Address {
	for _, n := range addr.ParseHeader(m.header.get("Resent-From")) {
		return n.Address
	}
	return m.From
}

// lookUp gives the first envelope that a mail names and the store knows; the zero
// record when there is none.
func (r *Robot) lookUp(ctx context.Context, f finds) (store.Record, error) {
	ids := slices.Clone(f.ids)
	for _, name := range f.messageIDs {
		id, err := r.Store.EnvelopeByMessageID(ctx, name)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return store.Record{}, err
		}
		if err == nil {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		rec, err := r.Store.EnvelopeForOperator(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		return rec, err
	}
	return store.Record{}, nil
}

// rescued says who gets a link: the recipient who asked, or when somebody else
// did, all of them, since who asked may be any of them at another address.
func rescued(rec store.Record, asked addr.Address) []addr.Address {
	if !asked.IsZero() {
		return []addr.Address{asked}
	}
	var all []addr.Address
	for _, s := range rec.Recipients {
		if len(all) < maxRescued {
			all = append(all, s.Address)
		}
	}
	return all
}

// reshelve tells whether the link of an envelope leads to its ciphertext. When
// the shelf has lost it, as it does after the link's time, the file that came
// with the forward is put there again; the record's digest proves it.
func (r *Robot) reshelve(ctx context.Context, rec store.Record, f finds) (bool, error) {
	if r.Shelf == nil {
		return true, nil
	}
	for _, d := range rec.Digests {
		box, err := r.Shelf.Get(ctx, rec.ID, d)
		if err == nil {
			box.Close()
			return true, r.renew(ctx, rec)
		}
		if !errors.Is(err, shelf.ErrNotFound) {
			return false, err
		}
	}
	if f.page == nil || f.pageID != rec.ID || !rec.Destroyed.IsZero() {
		return false, nil
	}
	box, err := newSpoolOf(r.Spool, f.page)
	if err != nil || box == nil {
		return false, err
	}
	defer box.Close()
	digest, err := envelope.DigestOf(box.reader())
	if err != nil || !slices.Contains(rec.Digests, digest) {
		return false, nil // damaged on the way, or somebody else's work
	}
	if err := r.Shelf.Put(ctx, rec.ID, digest, box.reader()); err != nil {
		r.log().Warn("no place on the shelf, so that a link leads nowhere", "envelope", rec.ID.String(), "error", err)
		return false, nil
	}
	return true, r.renew(ctx, rec)
}

// renew lets a link that ended work again. What a page refuses is refused there,
// with words: expired and recalled are no errors here.
func (r *Robot) renew(ctx context.Context, rec store.Record) error {
	now := r.now()
	if rec.LinkUntil.After(now.Add(time.Hour)) {
		return nil
	}
	err := r.Store.RenewLink(ctx, rec.ID, audit.Mail, now.Add(rescueLinkLife), now)
	if errors.Is(err, store.ErrExpired) || errors.Is(err, store.ErrRecalled) {
		return nil
	}
	return err
}

// sendLinks sends each of them a link of her own envelope, RescueQuota allowing.
func (r *Robot) sendLinks(ctx context.Context, rec store.Record, to []addr.Address, ready bool) (string, error) {
	secret := r.Keys.Secret(rec.ID)
	if secret.Hash() != rec.SecretHash {
		r.log().Error("the link of an envelope cannot be made: its key ring was another", "envelope", rec.ID.String())
		return outcomeSilent, nil
	}
	outcome := outcomeQuota
	for _, a := range to {
		ok, err := r.Store.Take(ctx, RescueQuota, r.now(), rec.ID.String(), a.Key())
		if err != nil {
			return "", err
		}
		if !ok {
			continue
		}
		brand := r.Notices.Brand()
		data := notice.RescueData{
			SenderLine: notice.SenderLine(addr.Named{Name: rec.SenderName, Address: rec.Sender}),
			SentAt:     rec.SealedAt, Rescue: "mobile@" + brand.ServiceDomain,
		}
		if ready {
			data.Link = strings.TrimSuffix(brand.PortalURL, "/") + "/m/" + rec.ID.String() + "?t=" + secret.Encode()
		}
		if err := r.enqueue(ctx, store.Outgoing{ID: "rescue " + a.Key() + " " + r.now().UTC().Format(time.RFC3339Nano), Envelope: rec.ID, To: a}, notice.Rescue, data); err != nil {
			return "", err
		}
		outcome = outcomeLink
	}
	return outcome, nil
}

// tellStranger says the one line to somebody who is no recorded recipient. It is
// the same whether the mail named an envelope or not.
func (r *Robot) tellStranger(ctx context.Context, m *Mail, author addr.Address, outcome string) (string, error) {
	aligned, err := r.Proof.aligned(ctx, m, author)
	if err != nil {
		return "", err
	}
	if !aligned {
		return outcome, nil
	}
	ok, err := r.Store.Take(ctx, StrangerQuota, r.now(), author.Key())
	if err != nil || !ok {
		return outcome, err
	}
	data := notice.RescueToldData{InReplyTo: m.header.get("Message-ID")}
	return outcomeStranger, r.enqueue(ctx, store.Outgoing{ID: "stranger", To: author}, notice.RescueTold, data)
}
