package portal

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/store"
)

// draft is what somebody wrote, with its files in the private spool.
type draft struct {
	text  string
	once  string // from the form: the same draft sent twice has one Message-ID
	files []attached
	over  bool // the files together are over the limit; none is kept
	long  bool // the text is over its bound
}

type attached struct {
	name, kind string
	file       io.ReadSeekCloser
}

// Close drops the files.
func (d *draft) Close() {
	for _, a := range d.files {
		_ = a.file.Close()
	}
	d.files = nil
}

// replyForm shows the form (SCC-13): the sender and the subject stand fast (CYC-9).
func replyForm(v *visit) error {
	rec, _, err := v.answerable()
	if err != nil {
		return err
	}
	return v.askReply(rec, draft{once: random()})
}

// answerable looks whether the person may answer; sending asks the gate again.
func (v *visit) answerable() (store.Record, store.Proof, error) {
	id, secret, p, err := v.entitled()
	if err != nil {
		return store.Record{}, p, err
	}
	rec, err := v.mayAnswer(id, secret, p)
	return rec, p, err
}

func (v *visit) mayAnswer(id envelope.ID, secret envelope.Secret, p store.Proof) (store.Record, error) {
	rec, err := v.s.Store.Envelope(v.ctx(), id, secret)
	if err != nil {
		return rec, err
	}
	if err := standing(rec, p, v.now); err != nil {
		return rec, told{err, &rec, p.Address()}
	}
	return rec, v.s.mayReply(rec)
}

// mayReply keeps what is handed over in clear inside.
func (s *Server) mayReply(rec store.Record) error {
	if s.Inbound == nil || rec.Sender.IsZero() || !s.Inside(rec.Sender) {
		return errNoReply
	}
	return nil
}

func (v *visit) askReply(rec store.Record, d draft, problems ...problem) error {
	status := http.StatusOK
	if len(problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return v.showReply(status, rec, d, problems...)
}

func (v *visit) showReply(status int, rec store.Record, d draft, problems ...problem) error {
	return v.showStatus(status, "reply", v.t("reply.title"), map[string]any{"Path": "/m/" + rec.ID.String(), "Marking": rec.Marking, "To": fromLine(rec, v.lang()),
		"Subject": replySubject(rec), "Limit": v.lang().Size(v.s.AttachLimit), "Text": d.text, "Once": d.once}, true, problems...)
}

// submitReply sends it while the writer waits, so that a refusal reaches her with
// her text still there (BCC-14).
func submitReply(v *visit) error {
	whose := v.leashed()
	parts, err := v.r.MultipartReader()
	if err != nil {
		return errForm
	}
	d, err := v.s.readDraft(parts, func(name, value string) error {
		if name == formField && !v.genuine(value) {
			return errForm
		}
		return nil
	}, whose.judged(func() error {
		_, _, err := v.answerable()
		return err
	}), formField)
	if d != nil {
		defer d.Close()
	}
	if err != nil {
		return err
	}
	rec, p, err := v.answerable()
	if err != nil {
		return err
	}
	if problems := v.judge(d); len(problems) > 0 {
		v.s.Metrics.replies.WithLabelValues("refused").Inc()
		return v.askReply(rec, *d, problems...)
	}
	id, secret, _, err := v.entitled()
	if err != nil {
		return err
	}
	req := store.ReleaseRequest{ID: id, Secret: secret, Person: p, Purpose: forReply, Now: v.now}
	if err := v.send(req, d); err != nil {
		if errors.Is(err, errNotSent) {
			return v.showReply(http.StatusServiceUnavailable, rec, *d, problem{"text", v.t("reply.not-sent")})
		}
		return told{err, &rec, p.Address()}
	}
	v.see("/m/" + id.String() + "/replied")
	return nil
}

func replied(v *visit) error {
	id, _, _, err := v.entitled()
	if err != nil {
		return err
	}
	return v.show("replied", v.t("replied.title"), map[string]any{"Path": "/m/" + id.String()})
}

// judge says what keeps a draft from being sent, for page and API alike.
func (v *visit) judge(d *draft) []problem {
	var out []problem
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

// readDraft reads a reply's form. The fields named first must come, and satisfy
// check, before anything else is taken, and may says whether this person is heard
// at all. What is over a bound is read and dropped, so that the browser still gets
// an answer.
func (s *Server) readDraft(parts *multipart.Reader, check func(name, value string) error, may func() error, first ...string) (*draft, error) {
	d := &draft{}
	need := map[string]bool{}
	for _, f := range first {
		need[f] = true
	}
	left, count := s.AttachLimit, 0
	for {
		p, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return d, replyFormError(err)
		}
		if count++; count > MaxFiles+16 {
			return d, errTooBig
		}
		if len(need) == 0 && may != nil && !slices.Contains(first, p.FormName()) && p.FormName() != "t" {
			if err := may(); err != nil {
				return d, err
			}
			may = nil // once is enough: sending asks the gate
		}
		if p.FormName() == "file" {
			if len(need) > 0 {
				return d, errForm
			}
			if left, err = s.takeFile(d, p, left); err != nil {
				return d, err
			}
			continue
		}
		value, err := d.field(p)
		if err != nil {
			return d, err
		}
		if err := check(p.FormName(), value); err != nil {
			return d, err
		}
		delete(need, p.FormName())
	}
	if len(need) > 0 {
		return d, errForm
	}
	return d, nil
}

// field reads one typed field.
func (d *draft) field(p *multipart.Part) (string, error) {
	b, err := io.ReadAll(io.LimitReader(p, MaxReplyText+1))
	if err != nil {
		return "", replyFormError(err)
	}
	value := string(b)
	switch p.FormName() {
	case "text":
		if d.long = len(value) > MaxReplyText; d.long {
			value = value[:MaxReplyText]
		}
		d.text = strings.ToValidUTF8(strings.ReplaceAll(value, "\x00", ""), "\uFFFD")
	case "once":
		d.once = value
	}
	return value, nil
}

// takeFile keeps one file and tells how many bytes are left of the limit.
func (s *Server) takeFile(d *draft, p *multipart.Part, left int64) (int64, error) {
	name := cleanName(p.FileName())
	if p.FileName() == "" && name == "" {
		n, err := io.Copy(io.Discard, io.LimitReader(p, 1)) // an empty file field, as browsers send it
		if err != nil || n > 0 {
			return left, errForm
		}
		return left, nil
	}
	if d.over || len(d.files) >= MaxFiles {
		d.over = true
		_, err := io.Copy(io.Discard, p)
		return left, replyFormError(err)
	}
	f, err := s.scratch()
	if err != nil {
		return left, err
	}
	n, err := io.Copy(f, io.LimitReader(p, left+1))
	if err != nil {
		_ = f.Close()
		return left, replyFormError(err)
	}
	if n > left {
		_ = f.Close()
		d.Close()
		d.over = true
		_, err := io.Copy(io.Discard, p)
		return 0, replyFormError(err)
	}
	if name == "" {
		name = "file"
	}
	d.files = append(d.files, attached{name, p.Header.Get("Content-Type"), f})
	return left - n, nil
}

func replyFormError(err error) error {
	if err == nil {
		return nil
	}
	return tooBig(err)
}

// send asks the gate, writes the mail and hands it to Postfix. nil means queued.
func (v *visit) send(req store.ReleaseRequest, d *draft) error {
	_, rec, err := v.s.Store.Release(v.ctx(), req) // the key is not needed: it is the gate that counts
	if err != nil {
		return err
	}
	if err := v.s.mayReply(rec); err != nil {
		return err
	}
	from, err := addr.Parse("b+" + rec.ID.String() + "@" + v.s.Brand.ServiceDomain)
	if err != nil {
		return fmt.Errorf("portal: service domain: %w", err)
	}
	mail, err := v.compose(rec, req.Person.Address(), d)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotSent, err)
	}
	_, err = v.s.Inbound.Send(v.ctx(), relay.Mail{Kind: relay.KindInside, From: from, Recipients: []relay.Recipient{{Address: rec.Sender}},
		EnvelopeID: rec.ID.String(), Write: mail.Encode})
	switch {
	case err == nil:
		v.s.Metrics.replies.WithLabelValues("sent").Inc()
		v.s.Log.Info("reply handed over", "envelope", rec.ID.String(), "attachments", len(d.files))
		return nil
	case errors.Is(err, relay.ErrUnknown):
		v.s.Metrics.replies.WithLabelValues("unknown").Inc()
		return err
	case errors.Is(err, relay.ErrPermanent), errors.Is(err, relay.ErrClear):
		v.s.Metrics.replies.WithLabelValues("refused").Inc()
		return fmt.Errorf("%w: %w", relay.ErrPermanent, err)
	}
	v.s.Metrics.replies.WithLabelValues("not_sent").Inc()
	return fmt.Errorf("%w: %w", errNotSent, err)
}

// compose writes the ordinary mail that staff get (CYC-10). It answers the
// original, so that it threads there, and its tag makes the next answer sealed.
func (v *visit) compose(rec store.Record, from addr.Address, d *draft) (notice.Mail, error) {
	data := notice.ReplyData{FromName: v.nameOf(from), From: from, Subject: replySubject(rec), Tag: v.s.Tag, Text: d.text,
		EnvelopeID: rec.ID.String(), InReplyTo: rec.OriginalID, References: rec.OriginalID, SentAt: v.now}
	for _, a := range d.files {
		data.Attachments = append(data.Attachments, notice.Attachment{Name: a.name, Type: a.kind, Write: copyFrom(a.file)})
	}
	mail, err := v.s.Notices.Render(notice.Reply, rec.Sender, data, v.now)
	if err == nil && onceForm.MatchString(d.once) {
		mail.MessageID = v.s.replyID(rec, from, d.once)
	}
	return mail, err
}

func copyFrom(f io.ReadSeeker) func(io.Writer) error {
	return func(w io.Writer) error {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		_, err := io.Copy(w, f)
		return err
	}
}

var onceForm = regexp.MustCompile(`^[A-Za-z0-9_-]{22,64}$`)

// replyID makes one Message-ID for one draft, so that a reply sent twice by an
// impatient finger is one mail where mail systems look.
func (s *Server) replyID(rec store.Record, from addr.Address, once string) string {
	sum := sha256.Sum256([]byte(rec.ID.String() + "\n" + from.Key() + "\n" + once))
	return "<r." + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:20])) + "@" + s.Brand.ServiceDomain + ">"
}

// nameOf gives the name that somebody set with her password, else nothing.
func (v *visit) nameOf(a addr.Address) string {
	acc, err := v.s.Store.Account(v.ctx(), a)
	if err != nil {
		return "" // no account, or not to be had just now: the address says enough
	}
	return strings.TrimSpace(acc.FirstName + " " + acc.LastName)
}

// replySubject puts "Re: " in front once; the tag is put before it by notice (BCC-22).
func replySubject(rec store.Record) string {
	s := strings.TrimSpace(rec.Subject)
	if len(s) >= 3 && strings.EqualFold(s[:3], "re:") {
		return s
	}
	return strings.TrimSpace("Re: " + s)
}
