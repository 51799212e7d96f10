package notice_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	gomail "github.com/emersion/go-message/mail"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
)

func simple() notice.Mail {
	return notice.Mail{
		From: addr.Named{Name: "Jane Doe", Address: officer}, To: []addr.Named{{Address: carer}},
		Subject: "hello", Date: noon, MessageID: "<1@example.gov.uk>", Text: "hello\n", Auto: "auto-generated", Profile: "envelope; v=1",
	}
}

// attached is a file that writes b.
func attached(name, kind string, qp bool, b []byte) notice.Attachment {
	return notice.Attachment{Name: name, Type: kind, QuotedPrintable: qp, Write: func(w io.Writer) error { _, err := w.Write(b); return err }}
}

// opened is a written mail as another library reads it.
type opened struct {
	header gomail.Header
	texts  map[string]string // media type of a text -> its body
	files  []file
}

type file struct {
	name, kind string
	body       []byte
}

func open(t *testing.T, raw string) opened {
	t.Helper()
	r, err := gomail.CreateReader(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in:\n%s", err, raw)
	}
	o := opened{header: r.Header, texts: map[string]string{}}
	for {
		p, err := r.NextPart()
		if err == io.EOF {
			return o
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(p.Body)
		if err != nil {
			t.Fatal(err)
		}
		switch h := p.Header.(type) {
		case *gomail.InlineHeader:
			kind, _, _ := h.ContentType()
			o.texts[kind] += string(body)
		case *gomail.AttachmentHeader:
			kind, _, _ := h.ContentType()
			name, err := h.Filename()
			if err != nil {
				t.Fatal(err)
			}
			o.files = append(o.files, file{name, kind, body})
		}
	}
}

// wire checks what must hold for every mail on the wire.
func wire(t *testing.T, raw string) {
	t.Helper()
	for _, line := range strings.SplitAfter(raw, "\n") {
		if line != "" && !strings.HasSuffix(line, "\r\n") || strings.Count(line, "\r") > 1 {
			t.Errorf("line end of %q", line)
		}
		if len(line) > 78 && strings.Contains(strings.TrimPrefix(line, "Content-Type: "), " ") { // where it can be folded
			t.Errorf("line of %d octets: %q", len(line), line)
		}
		for i := 0; i < len(line); i++ {
			if line[i] >= 0x80 || line[i] == 0 {
				t.Fatalf("octet %#x in %q", line[i], line)
			}
		}
	}
}

func TestWriteTo(t *testing.T) {
	all := make([]byte, 256*50)
	for i := range all {
		all[i] = byte(i * 7)
	}
	page := []byte("<!DOCTYPE html>\r\n" + strings.Repeat(strings.Repeat("A", 72)+"\r\n", 400) + "<p>=20 ü </p> \r\n.\r\n")
	m := simple()
	m.From.Name = `Jörg "the" Doe, Büro`
	m.To = []addr.Named{{Name: "Doe, Jane (Adult Social Care) with a very long name that has to be folded somewhere", Address: carer}, {Name: "日本語のとても長い名前日本語のとても長い名前日本語のとても長い名前", Address: officer}}
	m.Cc = []addr.Named{{Address: addr.MustParse("jane@münchen.example")}}
	m.Subject = "Prüfung " + strings.Repeat("äöü ", 40)
	m.HTML = "<p>ä" + strings.Repeat("x", 3000) + "</p>"
	m.Text = "From the line\n.\n..\ntrailing \nü\n" + strings.Repeat("word ", 300) + "\n"
	m.InReplyTo, m.References = "<0@x> junk <bad\x01@x>", strings.Repeat("<abcdefghijklmnop@mail.example> ", 40)
	m.Attachments = []notice.Attachment{
		attached("securedoc.html", "text/html; charset=utf-8", true, page),
		attached("Formular für Zoë – endgültige Fassung, unterschrieben und geprüft.pdf", "application/pdf", false, all),
		attached("plain.txt", "text/plain; charset=\"x\r\ny\"", false, nil),
		attached(strings.Repeat("long name ", 14)+".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", false, []byte("x")),
	}
	raw := written(t, m)
	wire(t, raw)
	if again := written(t, m); again != raw {
		t.Error("the same mail gave other bytes")
	}
	o := open(t, raw)
	if got, _ := o.header.Subject(); got != strings.TrimSpace(m.Subject) {
		t.Errorf("subject = %q", got)
	}
	to, err := o.header.AddressList("To")
	if err != nil || len(to) != 2 || to[0].Name != m.To[0].Name || to[1].Name != m.To[1].Name {
		t.Errorf("To = %v, %v", to, err)
	}
	from, err := o.header.AddressList("From")
	if err != nil || from[0].Name != m.From.Name {
		t.Errorf("From = %v, %v", from, err)
	}
	if refs, err := o.header.MsgIDList("References"); err != nil || len(refs) != 20 {
		t.Errorf("References: %d, %v", len(refs), err)
	}
	if got := o.header.Get("In-Reply-To"); got != "<0@x>" {
		t.Errorf("In-Reply-To = %q", got)
	}
	if strings.ReplaceAll(o.texts["text/plain"], "\r\n", "\n") != m.Text || o.texts["text/html"] != m.HTML {
		t.Errorf("texts = %q", o.texts)
	}
	wantKinds := []string{"text/html", "application/pdf", "application/octet-stream", "application/vnd.openxmlformats-officedocument.presentationml.presentation"}
	wantBodies := [][]byte{page, all, nil, []byte("x")}
	for i, f := range o.files {
		if f.kind != wantKinds[i] || !bytes.Equal(f.body, wantBodies[i]) {
			t.Errorf("file %d: %s, %d octets, want %s, %d", i, f.kind, len(f.body), wantKinds[i], len(wantBodies[i]))
		}
	}
	if len(o.files) != 4 || o.files[1].name != m.Attachments[1].Name || !strings.HasSuffix(o.files[3].name, ".pptx") {
		t.Errorf("files = %d", len(o.files))
	}
}

// The page's lines of 72 pass quoted-printable unchanged, so that an envelope
// does not grow (facts: wire size).
func TestGrowth(t *testing.T) {
	page := []byte(strings.Repeat(strings.Repeat("A", 72)+"\n", 10000))
	m := simple()
	m.Attachments = []notice.Attachment{attached("securedoc.html", "text/html", true, page)}
	n, err := m.WriteTo(io.Discard)
	if limit := int64(len(page) + 10000 + 2000); err != nil || n > limit {
		t.Errorf("%d octets became %d, want at most %d (%v)", len(page), n, limit, err)
	}
}

var hostile = []string{
	"x\r\nBcc: evil@out.example\r\n\r\n<script>alert(1)</script>",
	"x\nX-Postseal: envelope\n\n--=_",
	"Jane\u202egnp.exe\u202c\u2066x\u200b\ufeff",
	"\"<evil@out.example>, \"x",
	"=?utf-8?Q?=0D=0ABcc:_evil@out.example?=",
	"</title><img src=x onerror=alert(1)><a href=\"javascript:x\">",
	"\x00\x1b[31m\xff\xfe\x7f",
	strings.Repeat("ü", 10000),
	strings.Repeat("A", 10000),
	strings.Repeat("a b ", 2500),
	"; filename=\"x.exe\"",
	"../../etc/passwd",
	"x\rBcc: evil@out.example\r\r.\r",
	"x\n.\nMAIL FROM:<evil@out.example>",
	"x\u2028Bcc: evil@out.example\u2029\u0085y\v\f",
	"x%0d%0aBcc: evil@out.example",
	"[not secure] (secure mail) Chief <chief@example.gov.uk>",
	"",
}

// No name, subject, file name or any other text can add a field, a recipient, a
// part or markup.
func TestHostile(t *testing.T) {
	n := notice.New(full(), london)
	for kind, data := range filled() {
		honest, err := n.Render(kind, officer, data, noon)
		if err != nil {
			t.Fatal(err)
		}
		want := open(t, written(t, honest))
		for _, evil := range hostile {
			m, err := n.Render(kind, officer, poisoned(data, evil), noon)
			if err != nil {
				if !errors.Is(err, notice.ErrSyntax) || evil != "" && strings.Contains(err.Error(), evil) {
					t.Errorf("%s: %v", kind, err)
				}
				continue
			}
			m.Attachments = append(m.Attachments, attached(evil, evil, false, []byte("x")))
			raw := written(t, m)
			wire(t, raw)
			o := open(t, raw)
			names := map[string]bool{}
			for f := o.header.Fields(); f.Next(); {
				if names[f.Key()] {
					t.Errorf("%s: two fields %s", kind, f.Key())
				}
				names[f.Key()] = true
				text, err := f.Text()
				if err != nil || strings.ContainsAny(text, "\r\n\x00\v\f\u0085\u2028\u2029\u202e\u2066\u200b") || !utf8.ValidString(text) {
					t.Errorf("%s: field %s says %q (%v)", kind, f.Key(), text, err)
				}
			}
			if names["Bcc"] || strings.Contains(m.HTML, "<script") || strings.Contains(m.HTML, "<img") || strings.Contains(m.HTML, `href="javascript`) {
				t.Errorf("%s: %q broke out", kind, evil)
			}
			to, _ := o.header.AddressList("To")
			from, _ := o.header.AddressList("From")
			if len(to) != 1 || to[0].Address != officer.String() || len(from) != 1 || !strings.HasSuffix(from[0].Address, "example.gov.uk") {
				t.Errorf("%s: From %v To %v", kind, from, to)
			}
			if len(o.texts) != len(want.texts) || len(o.files) != len(m.Attachments) || len(m.Text) > 100000 {
				t.Errorf("%s: %d texts, %d files, text of %d", kind, len(o.texts), len(o.files), len(m.Text))
			}
			if name := o.files[len(o.files)-1].name; name == "" || strings.ContainsAny(name, "/\\\"\r\n\u202e") || utf8.RuneCountInString(name) > 200 {
				t.Errorf("file name %q", name)
			}
		}
	}
}

// poisoned sets every text of a data struct but links and codes.
func poisoned(data any, evil string) any {
	v := reflect.New(reflect.TypeOf(data)).Elem()
	v.Set(reflect.ValueOf(data))
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch f := v.Field(i); {
		case name == "Link" || name == "TakeBack" || name == "Code":
		case f.Kind() == reflect.String:
			f.SetString(evil)
		case f.Type() == reflect.TypeFor[[]string]():
			f.Set(reflect.ValueOf([]string{evil, "carer@home.example"}))
		}
	}
	return v.Interface()
}

// A brand that is wrong cannot do more than look odd.
func TestHostileBrand(t *testing.T) {
	for _, evil := range hostile {
		b := full()
		b.Organisation, b.Colour, b.HelpURL, b.PrivacyURL, b.Address, b.Disclaimer, b.Explanation = evil, evil, evil, evil, evil, evil, evil
		n := notice.New(b, london)
		for kind, data := range filled() {
			m, err := n.Render(kind, carer, data, noon)
			if err != nil {
				t.Fatal(err)
			}
			wire(t, written(t, m))
			if strings.Contains(m.HTML, "<script") || strings.Contains(m.HTML, "<img") || strings.Contains(m.HTML, `href="javascript`) || strings.Contains(m.HTML, "ZgotmplZ") {
				t.Errorf("%s: brand %q broke out", kind, evil)
			}
		}
	}
}

func TestWriteToRefuses(t *testing.T) {
	broken := errors.New("spool broken")
	for name, c := range map[string]struct {
		change func(*notice.Mail)
		want   error
	}{
		"no From":             {func(m *notice.Mail) { m.From.Address = addr.Address{} }, notice.ErrSyntax},
		"no Date":             {func(m *notice.Mail) { m.Date = time.Time{} }, notice.ErrSyntax},
		"no Message-ID":       {func(m *notice.Mail) { m.MessageID = "" }, notice.ErrSyntax},
		"two Message-IDs":     {func(m *notice.Mail) { m.MessageID = "<a@b> <c@d>" }, notice.ErrSyntax},
		"Auto of its own":     {func(m *notice.Mail) { m.Auto = "no\r\nBcc: x@y" }, notice.ErrSyntax},
		"profile with fold":   {func(m *notice.Mail) { m.Profile = "envelope\r\nBcc: x@y" }, notice.ErrSyntax},
		"raw To, new field":   {func(m *notice.Mail) { m.ToRaw = "a@b.example\r\nBcc: x@y.example" }, notice.ErrSyntax},
		"raw To, bare LF":     {func(m *notice.Mail) { m.ToRaw = "a@b.example\nBcc: x@y.example" }, notice.ErrSyntax},
		"raw Cc, CR":          {func(m *notice.Mail) { m.CcRaw = "a@b.example\rBcc: x@y.example" }, notice.ErrSyntax},
		"raw Cc, endless":     {func(m *notice.Mail) { m.CcRaw = strings.Repeat("x", 2000) }, notice.ErrSyntax},
		"attachment fails":    {func(m *notice.Mail) { m.Attachments[0].Write = func(io.Writer) error { return broken } }, broken},
		"attachment is whole": {func(m *notice.Mail) {}, nil},
	} {
		m := simple()
		m.Attachments = []notice.Attachment{attached("a", "text/plain", true, []byte("x"))}
		c.change(&m)
		var b bytes.Buffer
		_, err := m.WriteTo(&b)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if errors.Is(err, notice.ErrSyntax) && b.Len() > 0 {
			t.Errorf("%s: wrote %q", name, b.String())
		}
	}
}

// A writer that fails anywhere ends the mail with its error.
func TestWriterFails(t *testing.T) {
	m := simple()
	m.HTML = "<p>x</p>"
	m.Attachments = []notice.Attachment{attached("a", "text/plain", true, []byte("x")), attached("b", "text/plain", false, bytes.Repeat([]byte("y"), 300))}
	total, err := m.WriteTo(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for n := range total {
		if _, err := m.WriteTo(&failing{left: n}); !errors.Is(err, io.ErrShortWrite) {
			t.Fatalf("after %d octets: %v, want the writer's error", n, err)
		}
	}
}

type failing struct{ left int64 }

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= int64(len(p)); f.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestDestinations(t *testing.T) {
	m := simple()
	m.To = nil
	if raw := written(t, m); !strings.Contains(raw, "To: undisclosed-recipients:;\r\n") {
		t.Errorf("nobody named:\n%s", raw)
	}
	m.ToRaw, m.CcRaw = " Jane Doe\r\n\t<jane@out.example>,\r\n "+strings.Repeat("someone@out.example, ", 20)+"last@out.example", "x@out.example"
	raw := written(t, m)
	wire(t, raw)
	o := open(t, raw)
	list, err := o.header.AddressList("To")
	if err != nil || len(list) != 22 {
		t.Errorf("raw To: %d addresses, %v", len(list), err)
	}
}

func FuzzSubject(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, subject, name string) {
		m := simple()
		m.Subject, m.To[0].Name = subject, name
		m.Attachments = []notice.Attachment{attached(name, subject, false, []byte("x"))}
		raw := written(t, m)
		wire(t, raw)
		read, err := mail.ReadMessage(strings.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if len(read.Header["To"]) != 1 || len(read.Header["Subject"]) > 1 || len(read.Header) > 10 {
			t.Fatalf("header = %v", read.Header)
		}
		list, err := read.Header.AddressList("To")
		if err != nil || len(list) != 1 || list[0].Address != carer.String() {
			t.Fatalf("To = %v, %v", list, err)
		}
		if _, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject")); err != nil {
			t.Fatal(err)
		}
		open(t, raw)
	})
}

// BOP-12: the answer to an invitation stands beside the text as a part of its own,
// with the method in its type, where Outlook looks for it (RFC 6047 section 2.4).
func TestCalendarPart(t *testing.T) {
	ics := "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nSUMMARY:Café\r\nEND:VCALENDAR\r\n"
	for _, html := range []string{"", "<p>Accepted</p>"} {
		m := notice.Mail{From: addr.Named{Address: addr.MustParse("secure@example.gov.uk")}, Date: time.Date(2026, 7, 3, 9, 0, 0, 0, time.UTC),
			MessageID: "<1@example.gov.uk>", Text: "Accepted", HTML: html, Calendar: ics}
		var b bytes.Buffer
		if _, err := m.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		parsed, err := mail.ReadMessage(&b)
		if err != nil {
			t.Fatal(err)
		}
		kind, params, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
		if err != nil || kind != "multipart/alternative" {
			t.Fatalf("got %q %v", kind, err)
		}
		parts := multipart.NewReader(parsed.Body, params["boundary"])
		var got string
		for {
			p, err := parts.NextRawPart()
			if err != nil {
				break
			}
			if kind, params, _ := mime.ParseMediaType(p.Header.Get("Content-Type")); kind == "text/calendar" && params["method"] == "REPLY" {
				raw, _ := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
				got = string(raw)
			}
		}
		if got != ics {
			t.Errorf("with HTML %q: got %q, want %q", html, got, ics)
		}
	}
}
