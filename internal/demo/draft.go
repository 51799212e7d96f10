package demo

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"html"
	"io"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"
)

// Draft is what one of the staff wrote into the compose form.
type Draft struct {
	From        string // address of one of Staff
	To, Cc, Bcc string // as typed: addresses with commas or semicolons between
	Subject     string
	Sensitivity string // value of the Sensitivity field; empty: none
	Label       string // name of a sensitivity label; empty: none
	Text        string
	HTML        bool // with an HTML part beside the plain text
	Files       []File
	InReplyTo   string // Message-ID that this answers; empty: none
}

// draftError is what is wrong with a draft, in words for the page.
type draftError struct{ text string }

func (e draftError) Error() string { return e.text }

// labelID stands for the GUID that Microsoft Purview gives a label.
const labelID = "4f0c7d3e-2a61-4b7e-9d55-1c8a5e0f9b21"

// Compose writes the mail as Outlook would and gives the SMTP recipients. Bcc
// recipients stand nowhere in the mail. An error that is no draftError is a
// fault of the program.
func (d Draft) Compose(now time.Time) (raw []byte, recipients []string, err error) {
	lists := map[string][]*mail.Address{}
	for _, f := range []struct{ name, typed string }{{"To", d.To}, {"Cc", d.Cc}, {"Bcc", d.Bcc}} {
		list, err := addresses(f.name, f.typed)
		if err != nil {
			return nil, nil, err
		}
		lists[f.name] = list
		for _, a := range list {
			recipients = append(recipients, a.Address)
		}
	}
	if len(recipients) == 0 {
		return nil, nil, draftError{"Write at least one address in To, Cc or Bcc."}
	}
	from, err := d.sender()
	if err != nil {
		return nil, nil, err
	}
	h := d.header(now)
	h.SetAddressList("Cc", lists["Cc"])
	h.SetAddressList("To", lists["To"])
	h.SetAddressList("From", []*mail.Address{{Name: from.Name, Address: from.Address}})
	var b bytes.Buffer
	if err := d.write(&b, h); err != nil {
		return nil, nil, err
	}
	return b.Bytes(), recipients, nil
}

// addresses reads one address field of the form.
func addresses(field, typed string) ([]*mail.Address, error) {
	typed = strings.Trim(strings.NewReplacer(";", ",", "\r", "", "\n", " ").Replace(typed), ", \t")
	if typed == "" {
		return nil, nil
	}
	list, err := netmail.ParseAddressList(typed)
	if err != nil {
		return nil, draftError{fmt.Sprintf("%s: %q cannot be read as e-mail addresses. Put a comma between two of them.", field, typed)}
	}
	out := make([]*mail.Address, len(list))
	for i, a := range list {
		out[i] = (*mail.Address)(a)
	}
	return out, nil
}

// sender gives the person who writes: one of the staff and nobody else, since
// the form stands for their own Outlook.
func (d Draft) sender() (Person, error) {
	for _, p := range Staff() {
		if p.Address == d.From {
			return p, nil
		}
	}
	return Person{}, draftError{"Choose who writes."}
}

// header gives the fields except the addresses. go-message writes the field
// added last first.
func (d Draft) header(now time.Time) mail.Header {
	var h mail.Header
	if d.Label != "" {
		set := fmt.Sprintf("MSIP_Label_%s_", labelID)
		h.Set("Msip_labels", set+"Enabled=true; "+set+"SetDate="+now.UTC().Format(time.RFC3339)+"; "+set+"Method=Privileged; "+set+"Name="+oneLine(d.Label)+"; "+set+"ContentBits=3")
	}
	if d.Sensitivity != "" {
		h.Set("Sensitivity", oneLine(d.Sensitivity))
	}
	if d.InReplyTo != "" {
		h.Set("References", oneLine(d.InReplyTo))
		h.Set("In-Reply-To", oneLine(d.InReplyTo))
	}
	h.Set("Message-Id", "<"+strings.ToLower(rand.Text())+"@"+Domain+">")
	h.SetDate(now)
	h.SetSubject(oneLine(d.Subject))
	return h
}

// oneLine keeps a typed value from beginning a header field of its own.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// write puts the parts behind the header.
func (d Draft) write(b *bytes.Buffer, h mail.Header) error {
	text := strings.ReplaceAll(strings.ReplaceAll(d.Text, "\r\n", "\n"), "\n", "\r\n") + "\r\n"
	parts := []struct{ kind, body string }{{"text/plain", text}}
	if d.HTML {
		body := strings.ReplaceAll(html.EscapeString(text), "\r\n", "<br>\r\n")
		parts = append(parts, struct{ kind, body string }{"text/html", "<html><body style=\"font-family: sans-serif\">" + body + "</body></html>\r\n"})
	}
	w, err := mail.CreateWriter(b, h)
	if err != nil {
		return err
	}
	inline, err := w.CreateInline()
	if err != nil {
		return err
	}
	for _, p := range parts {
		var ih mail.InlineHeader
		ih.SetContentType(p.kind, map[string]string{"charset": "utf-8"})
		ih.Set("Content-Transfer-Encoding", "quoted-printable")
		if err := writePart(func() (io.WriteCloser, error) { return inline.CreatePart(ih) }, []byte(p.body)); err != nil {
			return err
		}
	}
	errs := []error{inline.Close()}
	for _, f := range d.Files {
		var ah mail.AttachmentHeader
		ah.SetContentType(f.Type, nil)
		ah.SetFilename(f.Name)
		ah.Set("Content-Transfer-Encoding", "base64")
		errs = append(errs, writePart(func() (io.WriteCloser, error) { return w.CreateAttachment(ah) }, f.Body))
	}
	return errors.Join(append(errs, w.Close())...)
}

func writePart(create func() (io.WriteCloser, error), body []byte) error {
	p, err := create()
	if err != nil {
		return err
	}
	_, err = p.Write(body)
	return errors.Join(err, p.Close())
}

// Submit hands a mail to the SMTP server at address as staff's Outlook would,
// and gives the server's last words. A refusal is a *smtp.SMTPError.
func Submit(address, from string, recipients []string, raw []byte) (reply string, err error) {
	c, err := smtp.Dial(address)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	if err := c.Hello("outlook." + Domain); err != nil {
		return "", err
	}
	if err := c.Mail(from, &smtp.MailOptions{Body: smtp.Body8BitMIME, UTF8: !ascii(strings.Join(recipients, ""))}); err != nil {
		return "", err
	}
	for _, to := range recipients {
		if err := c.Rcpt(to, nil); err != nil {
			return "", err
		}
	}
	data, err := c.Data()
	if err != nil {
		return "", err
	}
	if _, err := data.Write(raw); err != nil {
		return "", err
	}
	response, err := data.CloseWithResponse()
	if err != nil {
		return "", err
	}
	return response.StatusText, c.Quit()
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}
