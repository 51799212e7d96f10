package notice

import (
	"fmt"
	"strings"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/words"
)

// Lifetimes that a notice states when its data leave them out.
const (
	codeMinutes = 15 // SCC-9
	linkMinutes = 30 // BCC-6
	maxMinutes  = 24 * 60
)

// clean makes single lines of texts.
func clean(texts ...*string) {
	for _, t := range texts {
		*t = oneLine(*t, maxLine)
	}
}

func link(s *string) (err error) {
	*s, err = webAddress(*s)
	return err
}

func (d *MessageData) prepare(n *Notices, t tongue) error {
	clean(&d.SenderLine, &d.Marking)
	if d.SenderLine == "" {
		d.SenderLine = t.look.Organisation
	}
	if d.Subject = oneLine(d.Subject, maxSubject); d.Subject == "" {
		d.Subject = t.words.Text("mail-message.default-subject", "organisation", t.look.Organisation)
	}
	d.Subject = MarkSubject(d.Marking, d.Subject)
	if d.Link == "" && !d.Attachment {
		return fmt.Errorf("%w: neither link nor attachment", ErrSyntax)
	}
	return link(&d.Link)
}

func (d *MessageData) address(n *Notices, m *Mail) {
	m.Profile = "envelope; v=1"
}

func (d *ConfirmationData) prepare(n *Notices, t tongue) error {
	clean(&d.EnvelopeID, &d.OriginalID)
	d.Subject = oneLine(d.Subject, maxSubject)
	d.Recipients, d.Reasons, d.Notes, d.Clear = t.lines(d.Recipients), t.lines(d.Reasons), t.lines(d.Notes), t.lines(d.Clear)
	if len(d.Recipients) == 0 || d.SealedAt.IsZero() {
		return fmt.Errorf("%w: nobody it was sealed for, or no time", ErrSyntax) // promise 5
	}
	if d.TakeBack == "" && d.EnvelopeID != "" {
		d.TakeBack = strings.TrimSuffix(n.brand.PortalURL, "/") + "/sent/" + d.EnvelopeID
	}
	return link(&d.TakeBack)
}

func (d *ConfirmationData) address(_ *Notices, m *Mail) {
	m.InReplyTo, m.References = d.OriginalID, d.OriginalID
}

func (d *CodeData) prepare(_ *Notices, t tongue) error {
	clean(&d.Code, &d.Reference)
	if d.Code == "" || strings.Trim(d.Code, "0123456789") != "" || d.AskedAt.IsZero() {
		return fmt.Errorf("%w: no code, or no time", ErrSyntax)
	}
	return minutes(&d.Minutes, codeMinutes)
}

func (d *CodeData) address(*Notices, *Mail) {}

func (d *ActivationData) prepare(_ *Notices, t tongue) error {
	if d.AskedAt.IsZero() || (d.Link == "" && !d.Known) {
		return fmt.Errorf("%w: no link, or no time", ErrSyntax)
	}
	if err := minutes(&d.Minutes, linkMinutes); err != nil {
		return err
	}
	return link(&d.Link)
}

func (d *ActivationData) address(*Notices, *Mail) {}

func (d *ResetData) prepare(_ *Notices, t tongue) error {
	if d.AskedAt.IsZero() || d.Link == "" {
		return fmt.Errorf("%w: no link, or no time", ErrSyntax)
	}
	if err := minutes(&d.Minutes, linkMinutes); err != nil {
		return err
	}
	return link(&d.Link)
}

func (d *ResetData) address(*Notices, *Mail) {}

// language of what goes to several people at once: the organisation's.
func (*ReplyData) language() string { return "" }

func (d *ConfirmationData) language() string   { return d.Lang }
func (d *BounceData) language() string         { return d.Lang }
func (d *PlainReplyData) language() string     { return d.Lang }
func (d *MessageData) language() string        { return d.Lang }
func (d *CodeData) language() string           { return d.Lang }
func (d *ActivationData) language() string     { return d.Lang }
func (d *ResetData) language() string          { return d.Lang }
func (d *PlainReplyToldData) language() string { return d.Lang }
func (d *RescueData) language() string         { return d.Lang }
func (d *RescueToldData) language() string     { return d.Lang }

// first is the organisation's first language.
func (n *Notices) first() *words.Language { return n.in[n.tags[0]].words }

// Who names the writer of a reply.
func (d *ReplyData) Who() string { return who(d.FromName, d.From) }

// Who names the writer of an ordinary answer.
func (d *PlainReplyData) Who() string { return who(d.FromName, d.From) }

func who(name string, a addr.Address) string {
	if name == "" {
		return a.String()
	}
	return name + " (" + a.String() + ")"
}

func minutes(m *int, usual int) error {
	if *m == 0 {
		*m = usual
	}
	if *m < 0 || *m > maxMinutes {
		return fmt.Errorf("%w: minutes", ErrSyntax)
	}
	return nil
}

func (d *ReplyData) prepare(_ *Notices, t tongue) error {
	if d.From.IsZero() {
		return fmt.Errorf("%w: no writer", ErrSyntax)
	}
	d.FromName = outsiderName(d.FromName, d.From)
	clean(&d.EnvelopeID, &d.Tag)
	d.Subject = TagSubject(d.Tag, d.Subject)
	d.Text = paragraphs(d.Text)
	return nil
}

// address makes From an address of ours, which DKIM and DMARC prove, and
// Reply-To hers, so that Outlook's answer goes to her and, tagged, is sealed.
func (d *ReplyData) address(n *Notices, m *Mail) {
	m.From = addr.Named{Name: marked(d.FromName, d.From, " "+n.first().Text("mail-reply.mark")), Address: n.own("reply+"+d.EnvelopeID, d.EnvelopeID)}
	m.ReplyTo = addr.Named{Name: d.FromName, Address: d.From}
	m.InReplyTo, m.References, m.Attachments = d.InReplyTo, d.References, d.Attachments
	if m.References == "" {
		m.References = d.InReplyTo
	}
}

func (d *BounceData) prepare(_ *Notices, t tongue) error {
	clean(&d.Diagnostic, &d.EnvelopeID, &d.OriginalID)
	d.Subject = oneLine(d.Subject, maxSubject)
	if d.Recipients = t.lines(d.Recipients); len(d.Recipients) == 0 {
		return fmt.Errorf("%w: nobody it did not reach", ErrSyntax)
	}
	return nil
}

func (d *BounceData) address(_ *Notices, m *Mail) {
	m.InReplyTo, m.References = d.OriginalID, d.OriginalID
	m.Auto = "auto-replied"
}

func (d *PlainReplyData) prepare(_ *Notices, t tongue) error {
	if d.From.IsZero() {
		return fmt.Errorf("%w: no writer", ErrSyntax)
	}
	d.FromName = outsiderName(d.FromName, d.From)
	clean(&d.EnvelopeID)
	d.Subject, d.LeftOut = TagSubject(t.words.Text("mail-plain-reply.tag"), d.Subject), t.lines(d.LeftOut)
	d.Text = paragraphs(d.Text)
	return nil
}

func (d *PlainReplyData) address(n *Notices, m *Mail) {
	m.From = addr.Named{Name: marked(d.FromName, d.From, " "+n.first().Text("mail-plain-reply.mark")), Address: n.own("reply+"+d.EnvelopeID, d.EnvelopeID)}
	m.ReplyTo = addr.Named{Name: d.FromName, Address: d.From}
	m.InReplyTo, m.References, m.Attachments = d.InReplyTo, d.InReplyTo, d.Attachments
}

func (d *PlainReplyToldData) prepare(_ *Notices, t tongue) error {
	d.Subject = oneLine(d.Subject, maxSubject)
	return nil
}

func (d *PlainReplyToldData) address(_ *Notices, m *Mail) {
	m.InReplyTo, m.References, m.Auto = d.InReplyTo, d.InReplyTo, "auto-replied"
}

func (d *RescueData) prepare(_ *Notices, t tongue) error {
	clean(&d.SenderLine, &d.Rescue)
	if d.SenderLine == "" {
		d.SenderLine = t.look.Organisation
	}
	return link(&d.Link)
}

func (d *RescueData) address(_ *Notices, m *Mail) { m.Auto = "auto-replied" }

func (d *RescueToldData) prepare(*Notices, tongue) error { return nil }

func (d *RescueToldData) address(_ *Notices, m *Mail) {
	m.InReplyTo, m.References, m.Auto = d.InReplyTo, d.InReplyTo, "auto-replied"
}

// outsiderName gives the name a stranger chose, unless it reads like an address:
// what staff see beside it must be the address that was proved. Nor may it say
// by itself how the mail came, which marked says.
func outsiderName(name string, a addr.Address) string {
	name = oneLine(name, maxName)
	closed := strings.ToLower(strings.ReplaceAll(name, " ", ""))
	if strings.ContainsAny(name, "@<>＠﹫") || strings.EqualFold(name, a.String()) {
		return ""
	}
	for _, tag := range words.Tags() {
		for _, key := range []string{"mail-reply.mark", "mail-plain-reply.mark"} {
			mark := strings.ToLower(strings.ReplaceAll(words.In(tag).Text(key), " ", ""))
			if strings.Contains(closed, strings.TrimSuffix(mark, ")")) {
				return ""
			}
		}
	}
	return name
}

// marked gives the name, or else the address, with how the mail came. A long name
// is cut, since a header field would cut its end.
func marked(name string, a addr.Address, marker string) string {
	if name == "" {
		name = a.String()
	}
	return oneLine(name, maxName-len(marker)-2) + marker // oneLine may end a blank and its … later
}

// own gives local@ServiceDomain when there is an id and a domain, else the
// service's own address.
func (n *Notices) own(local, id string) addr.Address {
	if id != "" && n.brand.ServiceDomain != "" {
		if a, err := addr.Parse(local + "@" + n.brand.ServiceDomain); err == nil {
			return a
		}
	}
	return n.brand.Service
}
