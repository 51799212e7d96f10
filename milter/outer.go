package milter

import (
	"fmt"
	"io"
	"mime"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/pid"
	"github.com/postseal/postseal/relay"
)

// The outer mail is built anew from this list and nothing else (design:
// "Envelope"): From, To, Cc, Date, our Message-ID, In-Reply-To, References,
// Subject. To and Cc are read and written again, so that comments and strange
// forms of the original stay behind; a person who stands in neither (Bcc, or a
// member of a list) is named nowhere.

// maxReferences is how many Message-IDs a thread is followed back.
const maxReferences = 20

// outer makes the envelope mail in a language, as the organisation writes when it is
// empty. The record must be complete.
func (f *Filter) outer(s *sealing, lang string) (notice.Mail, error) {
	j, r, brand := s.job, &s.record, f.Notices.Brand()
	from := f.sender(s)
	data := notice.MessageData{
		Organisation: s.rules.Organisation,
		SenderLine:   notice.SenderLine(j.writer(from)),
		Subject:      shownSubject(j.subject, s.rules),
		Expires:      r.ExpiresAt,
		Marking:      s.rules.Marking,
		Attachment:   s.attach,
		Lang:         lang,
	}
	if s.link {
		data.Link = brand.PortalURL + "/m/" + r.ID.String() + "?t=" + f.Keys.Secret(r.ID).Encode()
		data.LinkUntil = r.LinkUntil
	}
	out, err := f.Notices.Render(notice.Message, s.to[0].Address, data, r.SealedAt)
	if err != nil {
		return notice.Mail{}, fmt.Errorf("notice: %w", err)
	}
	out.From, out.ReplyTo = from, f.replyTo(s)
	out.To, out.Cc = j.shown("To"), j.shown("Cc")
	out.ToRaw, out.CcRaw = "", ""
	out.Date = j.date()
	out.MessageID = r.OuterID
	out.InReplyTo = messageIDs(j.all("In-Reply-To"), 1)
	out.References = messageIDs(j.all("References"), maxReferences)
	if s.attach {
		page := f.page(s, from, out.Date, lang)
		out.Attachments = append(out.Attachments, notice.Attachment{
			Name: "securedoc.html", Type: "text/html; charset=utf-8", QuotedPrintable: true,
			Write: func(w io.Writer) error { return envelope.WritePage(w, page, s.container.Reader()) },
		})
	}
	return out, nil
}

// writer names the sender in words: of an answer who wrote it, not the service
// that stands in From for her.
func (j *job) writer(from addr.Named) addr.Named {
	if j.author.Address.IsZero() {
		return from
	}
	return addr.Named{Name: shownName(j.author.Name), Address: j.author.Address}
}

// page is what securedoc.html states in clear: nothing that the mail around it
// does not state too.
func (f *Filter) page(s *sealing, from addr.Named, date time.Time, lang string) envelope.Page {
	brand := f.Notices.Brand()
	tags := slices.Clone(brand.Tags())
	if i := slices.Index(tags, lang); i > 0 { // the reader's own first
		tags = slices.Insert(slices.Delete(tags, i, i+1), 0, lang)
	}
	brand = brand.In(tags[0])
	servers := f.Servers
	if len(servers) == 0 {
		servers = []string{brand.PortalURL}
	}
	return envelope.Page{
		Version:      1,
		ID:           s.record.ID,
		Secret:       f.Keys.Secret(s.record.ID),
		Servers:      servers,
		Organisation: or2(s.rules.Organisation, brand.Organisation),
		Colour:       brand.Colour,
		From:         written(s.job.writer(from)),
		To:           s.offered(),
		Form:         envelope.Form(s.rules.Form),
		Expires:      s.record.ExpiresAt.In(f.Notices.Location()),
		HelpURL:      brand.HelpURL,
		Languages:    tags,
		Logo:         brand.Logo.Bytes,
		Date:         date.In(f.Notices.Location()),
		Ways:         f.waysFor(s),
	}
}

// waysFor names the ways to sign in that the message takes and only the website has.
func (f *Filter) waysFor(s *sealing) []string {
	if f.Ways == nil {
		return nil
	}
	return f.Ways(s.rules.SignIn, s.addresses())
}

// offered gives the people of a batch whom the header names; the page offers
// them to choose from.
func (s *sealing) offered() []string {
	named := map[string]bool{}
	for _, field := range []string{"To", "Cc"} {
		for _, n := range s.job.shown(field) {
			named[n.Address.Key()] = true
		}
	}
	var out []string
	for _, t := range s.to {
		if named[t.Address.Key()] {
			out = append(out, t.Address.String())
		}
	}
	return out
}

// from is the staff sender as policy lets it be shown. An address that is not
// ours (redirected mail) cannot be DKIM-aligned: the service's own stands in
// From then, with the other in words.
func (f *Filter) from(j *job) addr.Named {
	shown, brand := j.verdict.Shown, f.Notices.Brand()
	from := addr.Named{Name: shownName(shown.Name), Address: shown.Address}
	if from.Address.IsZero() || !j.rules.Inside(from.Address) {
		from = addr.Named{Name: or2(shown.Address.String(), brand.Organisation), Address: brand.Service}
		if !j.author.Address.IsZero() { // who wrote on our pages has proved who she is
			from.Name = notice.SenderLine(j.writer(from))
		}
	}
	if words := oneLine(shown.OnBehalf); words != "" && !pid.ManyDigits(words) {
		from.Name = words // "A on behalf of B"
	}
	return from
}

// sender is from, under the name that the profile gives those who write by it. Who
// writes for somebody else, or is not of ours, is always named.
func (f *Filter) sender(s *sealing) addr.Named {
	from := f.from(s.job)
	if s.rules.SenderName != "" && s.ownSender() {
		from.Name = s.rules.SenderName
	}
	return from
}

// ownSender tells whether the sender shown is one of ours who writes for herself.
func (s *sealing) ownSender() bool {
	shown := s.job.verdict.Shown
	return s.job.author.Address.IsZero() && shown.OnBehalf == "" && !shown.Address.IsZero() && s.job.rules.Inside(shown.Address)
}

func (f *Filter) replyTo(s *sealing) addr.Named {
	if !f.ReplyAddress {
		return addr.Named{}
	}
	return addr.Named{Address: f.serviceAddress("reply", s.record.ID)}
}

// bounceTo is MAIL FROM of the envelope.
func (f *Filter) bounceTo(s *sealing) addr.Address {
	if !f.BounceAddress {
		return s.job.Sender
	}
	return f.serviceAddress("b", s.record.ID)
}

// serviceAddress gives "b+ID@service" and the like; the zero address when the
// brand has no such domain.
func (f *Filter) serviceAddress(what string, id envelope.ID) addr.Address {
	a, err := addr.Parse(what + "+" + id.String() + "@" + f.Notices.Brand().ServiceDomain)
	if err != nil {
		return addr.Address{}
	}
	return a
}

// shown gives To or Cc for show. A secure suffix is taken off, as the recipient
// knows herself without it.
func (j *job) shown(field string) []addr.Named {
	if list, ok := j.named[field]; ok {
		return list
	}
	deliver := map[string]addr.Address{}
	for _, d := range j.verdict.Recipients {
		if !d.Deliver.IsZero() {
			deliver[d.Recipient.Key()] = d.Deliver
		}
	}
	var out []addr.Named
	for _, value := range j.all(field) {
		list := addr.ParseHeader(value)
		if list == nil {
			list = lenient(value)
		}
		for _, n := range list {
			if a, ok := deliver[n.Address.Key()]; ok && !a.Equal(n.Address) {
				n.Address = a
			}
			n.Name = shownName(n.Name)
			out = append(out, n)
		}
	}
	if j.named == nil {
		j.named = map[string][]addr.Named{}
	}
	j.named[field] = out
	return out
}

// lenient finds the addresses in a field that has not the form of RFC 5322.
func lenient(value string) []addr.Named {
	var out []addr.Named
	for _, word := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;:<>()\"", r) }) {
		if a, err := addr.Parse(word); err == nil {
			out = append(out, addr.Named{Address: a})
		}
	}
	return out
}

// shownName bounds a display name and drops one that looks like personal data or
// like another address.
func shownName(name string) string {
	name = oneLine(name)
	if pid.Identifies(name) {
		return ""
	}
	return name
}

func written(n addr.Named) string {
	if n.Name == "" {
		return n.Address.String()
	}
	return n.Name + " <" + n.Address.String() + ">"
}

// date is the original's Date, or the time of sealing when it has none that can
// be read.
func (j *job) date() time.Time {
	t, err := mail.ParseDate(j.first("Date"))
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return j.now
	}
	return t
}

// thread gives what Outlook calls the conversation and this mail's place in it,
// for answers to it; empty where there is none, or none of a usual form.
func (j *job) thread() (topic, index string) {
	if index = strings.Join(strings.Fields(j.first("Thread-Index")), ""); !threadIndex.MatchString(index) {
		index = ""
	}
	topic, err := new(mime.WordDecoder).DecodeHeader(j.first("Thread-Topic"))
	if err != nil {
		topic = ""
	}
	return oneLine(topic), index
}

// threadIndex is 22 octets and 5 for every answer, in base64; no mail program
// goes on for more than some dozen.
var threadIndex = regexp.MustCompile(`^[A-Za-z0-9+/]{28,400}={0,2}$`)

var messageID = regexp.MustCompile(`<[!-;=?-~]{1,250}>`)

// messageIDs gives the last bound Message-IDs of some fields, or nothing.
func messageIDs(values []string, bound int) string {
	ids := messageID.FindAllString(strings.Join(values, " "), -1)
	if len(ids) > bound {
		ids = ids[len(ids)-bound:]
	}
	return strings.Join(ids, " ")
}

func xforward(m *Mail) relay.XForward {
	x := relay.XForward{Name: m.ClientName, Helo: m.Helo, Ident: m.QueueID}
	if m.Client.IP.IsValid() {
		x.Addr = m.Client.IP.String()
	}
	return x
}

// relayQueueID takes the queue id out of Postfix's "2.0.0 Ok: queued as 4XyZ";
// empty when it stands there in another way.
func relayQueueID(answer string) string {
	_, id, _ := strings.Cut(answer, "queued as ")
	id, _, _ = strings.Cut(strings.TrimSpace(id), " ")
	return id
}

func or2(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}
