package portal_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"strings"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/relay"
)

// upload writes a multipart form in the order given.
type field struct{ name, file, kind, value string }

func multipartForm(t testing.TB, fields ...field) (kind string, body *bytes.Buffer) {
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	for _, f := range fields {
		head := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf("form-data; name=%q", f.name)}}
		if f.file != "" || f.kind != "" {
			head = textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf("form-data; name=%q; filename=%q", f.name, f.file)}, "Content-Type": {f.kind}}
		}
		p, err := w.CreatePart(head)
		if err == nil {
			_, err = p.Write([]byte(f.value))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	_ = w.Close()
	return w.FormDataContentType(), body
}

// upload presses the button of a form with files.
func (b *browser) upload(button string, fields ...field) *browser {
	b.h.t.Helper()
	action, hidden := b.form(button)
	all := []field{}
	for _, name := range []string{"form", "t", "whose", "once"} {
		if v, ok := hidden[name]; ok {
			all = append(all, field{name: name, value: v})
		}
	}
	kind, body := multipartForm(b.h.t, append(all, fields...)...)
	b.post(action, kind, body)
	return b
}

// BCC-21 to 23, BCC-25, CYC-9, CYC-10, SCC-13: a reply with an attachment reaches
// the sender as an ordinary mail that threads, its subject tagged once.
func TestReply(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	b := h.browser().open(l.link).byCode(carer).follow("Reply")
	b.reads(200, l.page+"/reply", "Jane Doe (jane.doe@example.gov.uk)", "Re: Care plan", "OFFICIAL-SENSITIVE", "up to 64 KB")
	b.upload("Send", field{name: "text", value: "  "}, field{name: "file", kind: "application/octet-stream"}).reads(422, "", "Write a message")

	// BCC-14: at the limit it goes, over it the text stays.
	b.upload("Send", field{name: "text", value: "my <draft>"}, field{name: "file", file: "a.bin", kind: "application/pdf", value: strings.Repeat("x", 64<<10)},
		field{name: "file", file: "b.bin", kind: "application/pdf", value: "y"})
	b.reads(422, "", "bigger than 64 KB", "my <draft>")
	if len(h.staff.Sent()) != 0 {
		t.Fatal("sent all the same")
	}
	file := strings.Repeat("x", 64<<10-1) + "\n"
	b.upload("Send", field{name: "text", value: "Thank you,\r\nCarla"}, field{name: "file", file: `C:\docs\plan.pdf`, kind: "application/pdf", value: file})
	b.reads(200, l.page+"/replied", "Message sent", "Sign out", "Back to the message")

	sent := h.staff.Sent()
	if len(sent) != 1 || sent[0].Kind != relay.KindInside || len(sent[0].Recipients) != 1 || !sent[0].Recipients[0].Address.Equal(officer) ||
		sent[0].From.String() != "b+"+l.id.String()+"@secure.example.gov.uk" {
		t.Fatalf("got %+v", sent)
	}
	mail := string(sent[0].Bytes)
	for _, want := range []string{"Subject: [SECURE] Re: Care plan\r\n", "In-Reply-To: <orig-1@example.gov.uk>\r\n", "References: <outer@example.gov.uk> <orig-1@example.gov.uk>\r\n",
		"Reply-To: ", carer.String(), "reply+" + l.id.String() + "@secure.example.gov.uk", "Thank you,", "plan.pdf"} {
		if !strings.Contains(mail, want) {
			t.Errorf("the mail lacks %q", want)
		}
	}
	if body := base64.StdEncoding.EncodeToString([]byte(file))[:60]; !strings.Contains(mail, body) {
		t.Error("the mail lacks the file's bytes")
	}
	b.follow("Back to the message").reads(200, l.page)
}

// A refusal reaches the writer, and says what is known.
func TestReplyRefused(t *testing.T) {
	for err, want := range map[error]struct {
		status int
		words  string
	}{
		relay.ErrTemporary: {503, "Nothing has been sent"},
		relay.ErrPermanent: {502, "could not be sent"},
		relay.ErrClear:     {502, "could not be sent"},
		relay.ErrUnknown:   {502, "We do not know whether your message arrived"},
	} {
		h := newHouse(t)
		l := h.send(plainMail, carer)
		b := h.browser().open(l.link).byCode(carer).follow("Reply")
		h.staff.Fail = func(relay.Mail) error { return fmt.Errorf("mailbox full: %w", err) }
		b.upload("Send", field{name: "text", value: "keep me"}).reads(want.status, "", want.words).silent("mailbox full")
		if want.status == 503 {
			b.reads(503, "", "keep me")
		}
	}
}

// Somebody who is not inside is never handed a reply in clear.
func TestReplyOnlyInside(t *testing.T) {
	h := newHouse(t)
	sender := officer
	officer = addr.MustParse("jane@elsewhere.example")
	defer func() { officer = sender }()
	l := h.send(plainMail, carer)
	b := h.browser().open(l.link).byCode(carer).reads(200, l.page)
	if strings.Contains(b.body, l.page+"/reply") {
		t.Error("a reply is offered")
	}
	b.open(l.page+"/reply").reads(403, "", "This sender cannot be answered here")
}
