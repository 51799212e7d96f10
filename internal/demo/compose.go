package demo

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-smtp"
)

// choice is one entry of a select.
type choice struct{ Value, Name string }

// The values of Outlook's Sensitivity field (RFC 4021 section 2.1.55).
var sensitivities = [...]choice{{"", "Normal"}, {"Personal", "Personal"}, {"Private", "Private"}, {"Company-Confidential", "Confidential"}}

// The government's classifications, as a sensitivity label names them.
var labels = [...]choice{{"", "none"}, {"OFFICIAL", "OFFICIAL"}, {"OFFICIAL-SENSITIVE", "OFFICIAL-SENSITIVE"}}

// SampleName is the name of the document that a message can carry in the demo.
const SampleName = "care plan.pdf"

// indexView is the first page.
type indexView struct {
	Title, Organisation   string
	Notice                *notice
	Tries                 []try
	Reader                string
	Draft                 Draft
	Sample                bool
	SampleName            string
	Staff, People         []Person
	Sensitivities, Labels []choice
	Boxes                 boxesView
}

// notice tells what became of a sent message.
type notice struct {
	Kind  string // "sent" or "refused"
	Title string
	Lines []string
	Reply string // the SMTP server's words
}

func (s *Site) view(d Draft, sample bool, n *notice) indexView {
	return indexView{Title: "postseal demo", Organisation: Organisation, Notice: n, Tries: tries(), Reader: Outside()[0].Name, Draft: d, Sample: sample, SampleName: SampleName,
		Staff: Staff(), People: slices.Concat(Outside(), Staff()), Sensitivities: sensitivities[:], Labels: labels[:], Boxes: s.inboxes()}
}

// index shows the page: an empty form, one of the things to try, an answer to a
// mail, or what became of a message.
func (s *Site) index(w http.ResponseWriter, r *http.Request) {
	d, sample := Draft{From: Staff()[0].Address, HTML: true}, false
	if t, ok := tryOf(r.FormValue("try")); ok {
		d, sample = t.draft, t.sample
	}
	if number, err := strconv.Atoi(r.FormValue("answer")); err == nil {
		if m, ok := s.catcher.Mail(number); ok {
			d = answerTo(m, r.FormValue("as"))
		}
	}
	var n *notice
	if reply := r.FormValue("sent"); reply != "" {
		n = &notice{Kind: "sent", Title: "The message is on its way", Lines: []string{"Look at the inboxes: each person’s mail says whether it came sealed or in clear, and the writer of a sealed one has a confirmation."}}
	}
	s.render(w, http.StatusOK, "index", s.view(d, sample, n))
}

// answerTo begins a draft that answers m. The tag is not added: what an outsider
// wrote brings it along.
func answerTo(m *Mail, as string) Draft {
	to := m.Parsed.ReplyTo
	if to == "" {
		to = m.Parsed.From
	}
	subject := m.Parsed.Subject
	if !strings.HasPrefix(strings.ToLower(subject), "re:") {
		subject = "Re: " + subject
	}
	quoted := "> " + strings.ReplaceAll(strings.TrimSpace(strings.ReplaceAll(m.Parsed.Text, "\r\n", "\n")), "\n", "\n> ")
	return Draft{From: as, To: to, Subject: subject, HTML: true, InReplyTo: m.Parsed.MessageID, Text: "\n\n" + quoted + "\n"}
}

// send takes the form, submits the mail by SMTP as Outlook would and shows the
// server's words when it refuses.
func (s *Site) send(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseMultipartForm(maxForm); err != nil {
		s.refuse(w, Draft{From: Staff()[0].Address}, false, http.StatusRequestEntityTooLarge, "The message was not sent", "", "The form could not be read, or the file is larger than 25 MB.")
		return
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }()
	d, sample := draftOf(r), r.FormValue("sample") == "yes"
	files, err := attachments(r, sample)
	if err != nil {
		s.refuse(w, d, sample, http.StatusBadRequest, "The message was not sent", "", "The attached file could not be read.")
		return
	}
	d.Files = files
	raw, recipients, err := d.Compose(s.now())
	if bad := (draftError{}); errors.As(err, &bad) {
		s.refuse(w, d, sample, http.StatusUnprocessableEntity, "The message was not sent", "", bad.text)
		return
	}
	if err == nil {
		_, err = Submit(s.front, d.From, recipients, raw)
	}
	var refusal *smtp.SMTPError
	switch {
	case errors.As(err, &refusal):
		s.refuse(w, d, sample, http.StatusOK, refusalTitle(refusal), replyText(refusal), refusalWords(refusal))
	case err != nil:
		s.log.Error("the demo could not submit", "error", err)
		s.refuse(w, d, sample, http.StatusInternalServerError, "The message was not sent", "", "The demo's mail server did not answer. Stop it and start it again.")
	default:
		http.Redirect(w, r, "/?sent=1#notice", http.StatusSeeOther)
	}
}

func (s *Site) refuse(w http.ResponseWriter, d Draft, sample bool, status int, title, reply string, lines ...string) {
	s.render(w, status, "index", s.view(d, sample, &notice{Kind: "refused", Title: title, Lines: lines, Reply: reply}))
}

// refusalTitle and refusalWords say what Outlook's user would see: a message
// that is tried again, or one that came back.
func refusalTitle(e *smtp.SMTPError) string {
	if e.Temporary() {
		return "The mail server will take the message later"
	}
	return "The mail server refused the message"
}

func refusalWords(e *smtp.SMTPError) string {
	if e.Temporary() {
		return "Nothing has left. A real mail program keeps the message and tries again by itself; here, press Send once more."
	}
	return "Nothing has left. In Outlook the message comes back with these words:"
}

// replyText gives a reply as it stood on the wire.
func replyText(e *smtp.SMTPError) string {
	if c := e.EnhancedCode; c != smtp.NoEnhancedCode && c != smtp.EnhancedCodeNotSet {
		return fmt.Sprintf("%d %d.%d.%d %s", e.Code, c[0], c[1], c[2], e.Message)
	}
	return fmt.Sprintf("%d %s", e.Code, e.Message)
}

func draftOf(r *http.Request) Draft {
	return Draft{From: r.FormValue("from"), To: r.FormValue("to"), Cc: r.FormValue("cc"), Bcc: r.FormValue("bcc"), Subject: r.FormValue("subject"),
		Sensitivity: r.FormValue("sensitivity"), Label: r.FormValue("label"), Text: r.FormValue("text"), HTML: r.FormValue("format") == "html", InReplyTo: r.FormValue("inreplyto")}
}

// attachments reads the sample and the chosen file.
func attachments(r *http.Request, sample bool) ([]File, error) {
	var out []File
	if sample {
		out = append(out, Sample())
	}
	f, h, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	body, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	kind := h.Header.Get("Content-Type")
	if kind == "" {
		kind = "application/octet-stream"
	}
	return append(out, File{Name: h.Filename, Type: kind, Body: body}), nil
}

// Sample gives the sample document.
func Sample() File {
	body, err := web.ReadFile("web/sample.pdf")
	if err != nil {
		panic("demo: the sample is not embedded: " + err.Error()) // cannot be: it is embedded by name
	}
	return File{Name: SampleName, Type: "application/pdf", Body: body}
}

func (s *Site) sample(w http.ResponseWriter, _ *http.Request) {
	f := Sample()
	s.download(w, f.Name, f.Type, f.Body)
}
