package robot

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/extract"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/store"
)

var (
	errNoAuthor = &Refusal{550, [3]int{5, 6, 0}, "The message does not say who wrote it."}
	errNotTaken = &Refusal{550, [3]int{5, 1, 1}, "The answer could not be passed on. Please write to the person's own address."}
)

// reply takes an ordinary answer to an envelope, at reply+ID@.
func (r *Robot) reply(ctx context.Context, id envelope.ID, m *Mail) (string, error) {
	rec, err := r.Store.EnvelopeForOperator(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return "", errGone
	}
	if err != nil {
		return "", err
	}
	if inside := m.author().Address; !m.automatic() && m.ours() == "" && !inside.IsZero() && r.Inside(inside) {
		// Staff who answered the address that What-an-outsider-wrote came from: it
		// would come back to themselves.
		return "", errNotHere
	}
	return r.passOn(ctx, rec, m)
}

// passOn hands an answer that came as ordinary mail to the envelope's sender,
// marked "[not secure]", and tells the writer once how to answer safely.
// Automatic answers of recipients go on once a week, and nobody is told.
func (r *Robot) passOn(ctx context.Context, rec store.Record, m *Mail) (string, error) {
	author, to := m.author(), r.sender(rec)
	known, recorded := rec.Recipient(author.Address)
	automatic := m.automatic()
	switch {
	case m.ours() != "", !author.Address.IsZero() && r.Inside(author.Address), automatic && (!recorded || to.IsZero()), m.readDSN() != nil:
		return outcomeSilent, nil
	case author.Address.IsZero():
		return "", errNoAuthor
	case to.IsZero():
		return "", errGone
	}
	quota, subject := AnswerQuota, []string{rec.ID.String()}
	if automatic {
		quota, subject = AbsenceQuota, append(subject, author.Address.Key())
	}
	ok, err := r.Store.Take(ctx, quota, r.now(), subject...)
	if err != nil {
		return "", err
	}
	if !ok && automatic {
		return outcomeSilent, nil
	}
	if !ok {
		return "", errTooMany
	}
	if err := r.send(ctx, rec, m, author, to, automatic || !recorded); err != nil {
		return "", err
	}
	if automatic {
		return outcomeAutomatic, nil
	}
	writer := author.Address
	if recorded {
		writer = known.Address // as it was written when the message was sealed, not as anybody spells it in From
	}
	r.tellWriter(ctx, rec, m, writer, recorded)
	return outcomePassed, nil
}

// send hands the answer to the inbound port at once: its attachments are never
// stored. A repetition bears the same Message-ID.
func (r *Robot) send(ctx context.Context, rec store.Record, m *Mail, author addr.Named, to addr.Address, untold bool) error {
	text, whole := m.words()
	files, left := m.files(r.attachLimit())
	data := notice.PlainReplyData{
		FromName: author.Name, From: author.Address, Subject: m.subject(), Text: text, InReplyTo: rec.OriginalID,
		EnvelopeID: rec.ID.String(), Cut: !whole, LeftOut: left, Untold: untold, Attachments: files,
	}
	out, err := r.Notices.Render(notice.PlainReply, to, data, r.now())
	if err != nil {
		return err
	}
	out.MessageID = r.messageID(rec.ID, m)
	from, err := addr.Parse("b+" + rec.ID.String() + "@" + r.Notices.Brand().ServiceDomain)
	if err != nil {
		return err
	}
	_, err = r.Inbound.Send(ctx, relay.Mail{Kind: relay.KindInside, From: from, Recipients: []relay.Recipient{{Address: to}}, Write: out.Encode})
	if errors.Is(err, relay.ErrPermanent) || errors.Is(err, relay.ErrClear) {
		r.log().Warn("an answer was refused by the inbound port", "envelope", rec.ID.String(), "error", err)
		return errNotTaken
	}
	return err
}

// tellWriter says once that the answer was not protected. A stranger's address
// must be proved, a recipient's stands in the record. The answer has gone on
// already: what fails here must not make Postfix deliver it again.
func (r *Robot) tellWriter(ctx context.Context, rec store.Record, m *Mail, author addr.Address, recorded bool) {
	err := func() error {
		if !recorded {
			if aligned, err := r.Proof.aligned(ctx, m, author); err != nil || !aligned {
				return err
			}
		}
		ok, err := r.Store.Take(ctx, ToldQuota, r.now(), rec.ID.String(), author.Key())
		if err != nil || !ok {
			return err
		}
		data := notice.PlainReplyToldData{Subject: m.subject(), InReplyTo: m.header.get("Message-ID")}
		return r.enqueue(ctx, store.Outgoing{ID: "told " + author.Key(), Envelope: rec.ID, To: author}, notice.PlainReplyTold, data)
	}()
	if err != nil {
		r.log().Warn("a writer was not told that her answer was not protected", "envelope", rec.ID.String(), "error", err)
	}
}

// messageID is the same each time that Postfix hands an answer over.
func (r *Robot) messageID(id envelope.ID, m *Mail) string {
	h := hmac.New(sha256.New, []byte(r.Keys.ReportMark(id)))
	for _, name := range []string{"Message-ID", "Date", "From", "Subject"} {
		_, _ = io.WriteString(h, m.header.get(name)+"\x00")
	}
	return "<" + hex.EncodeToString(h.Sum(nil)[:16]) + "@" + r.Notices.Brand().ServiceDomain + ">"
}

func (r *Robot) attachLimit() int64 {
	if r.AttachLimit > 0 {
		return r.AttachLimit
	}
	return DefaultAttachLimit
}

// words gives the text of an answer: its plain text, else what its HTML shows.
func (m *Mail) words() (text string, whole bool) {
	for _, media := range []string{"text/plain", "text/html"} {
		for _, p := range m.parts {
			if p.level > 0 || p.attached || p.media != media {
				continue
			}
			text, whole := p.text(maxPassed)
			if media == "text/html" {
				text, _ = extract.HTML(text)
			}
			if strings.TrimSpace(text) != "" {
				return strings.ReplaceAll(text, "\r\n", "\n"), whole
			}
		}
	}
	return "", true
}

// files gives the attachments of an answer up to limit decoded octets together,
// and the names of those that were left out.
func (m *Mail) files(limit int64) (files []notice.Attachment, left []string) {
	for _, p := range m.parts {
		text := p.media == "text/plain" || p.media == "text/html"
		if p.level > 0 || text && !p.attached && p.name == "" {
			continue
		}
		name := p.name
		if name == "" && p.isMessage() {
			name = "message.eml"
		}
		size, _ := io.Copy(io.Discard, io.LimitReader(tolerant{p.open()}, limit+1))
		if size > limit || len(files) >= maxFiles {
			left = append(left, name)
			continue
		}
		limit -= size
		files = append(files, notice.Attachment{Name: name, Type: p.media, Write: func(w io.Writer) error {
			_, err := io.Copy(w, tolerant{p.open()})
			return err
		}})
	}
	return files, left
}
