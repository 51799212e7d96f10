package portal_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/postseal/postseal/portal"
)

// BOP-12, SCC-11: when and how often, in words, on UK clocks.
func TestInvitationWords(t *testing.T) {
	names, err := filepath.Glob("../testdata/calendar/*.txt")
	if err != nil || len(names) < 30 {
		t.Fatal(len(names), err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			b, err := os.ReadFile(name)
			must(t, err)
			head, text, _ := strings.Cut(string(b), "\n\n")
			want := map[string]string{}
			for l := range strings.SplitSeq(head, "\n") {
				k, v, _ := strings.Cut(l, ":")
				want[k] = strings.TrimSpace(v)
			}
			when, repeats, ok := portal.EventWords(crlf(text), "en", london(t))
			if !ok || when != want["When"] || repeats != want["Repeats"] {
				t.Errorf("got  %q %q\nwant %q %q", when, repeats, want["When"], want["Repeats"])
			}
			if _, welsh, _ := portal.EventWords(crlf(text), "cy", london(t)); (welsh == "") != (repeats == "") || strings.Contains(welsh, "invite.") {
				t.Errorf("Welsh: %q", welsh)
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	for name, c := range map[string]struct {
		head string
		want []string
	}{
		"plan.pdf": {"%PDF", nil}, "no ending": {"x", nil}, "setup.EXE": {"MZ", []string{"file.warn-program"}}, "letter.docm": {"PK", []string{"file.warn-active"}},
		"invoice.pdf.exe": {"MZ", []string{"file.warn-double", "file.warn-program"}}, "invoice.pdf   .js": {"x", []string{"file.warn-double", "file.warn-program"}},
		"photo.jpg.html": {"<", []string{"file.warn-double", "file.warn-active"}}, "v1.2.pdf": {"%PDF", nil},
		"invoice.pdf": {"MZ\x90", []string{"file.warn-disguised"}}, "invoice": {"\x7fELF", []string{"file.warn-disguised"}},
	} {
		if got := portal.Warnings(name, []byte(c.head)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

const inviteText = `BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
UID:meeting-1@example.gov.uk
SEQUENCE:3
DTSTART:20260707T130000Z
DTEND:20260707T143000Z
RRULE:FREQ=WEEKLY;COUNT=6
SUMMARY:Case conference
LOCATION:https://meet.example.gov.uk/42
ORGANIZER;CN=Jane Doe:mailto:ORGANISER
ATTENDEE;CN=Carla Carer;PARTSTAT=NEEDS-ACTION:mailto:carer@home.example
END:VEVENT
END:VCALENDAR
`

// viewerMail holds all that the viewer shows beside its text.
func viewerMail(organiser string) string {
	return `From: jane.doe@example.gov.uk
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/html; charset=utf-8

<p>Please read <a href="https://www.example.gov.uk/care" title="lie">the page on care</a>, or <a href="https://evil.example/login">www.example.gov.uk</a>,
<a href="https://www.example.gov.uk/">www.example.gov.uk</a>, <a href="https://example.gov.uk@evil.example/">here</a>, <a href="javascript:alert(1)">there</a>,
<a href="//slash.example/x">slash</a>, <a href="/signout">our own</a>, <a href="https://b&uuml;cher.example/">books</a>.</p><img src="https://tracker.example/p.png">
--a
Content-Type: text/calendar; method=REQUEST; charset=utf-8

` + strings.ReplaceAll(inviteText, "ORGANISER", organiser) + `--a--
--m
Content-Type: application/octet-stream
Content-Disposition: attachment; filename="invoice.pdf.exe"
Content-Transfer-Encoding: base64

TVqQAAM=
--m
Content-Type: image/png
Content-Disposition: attachment; filename="house.png"
Content-Transfer-Encoding: base64

` + png + `
--m
Content-Type: image/png
Content-Disposition: attachment; filename="not-a-picture.png"

<script>alert(1)</script>
--m
Content-Type: text/plain; charset=iso-8859-1
Content-Disposition: attachment; filename="notes.txt"
Content-Transfer-Encoding: quoted-printable

caf=E9 notes
--m
Content-Type: text/plain
Content-Disposition: attachment; filename="Notes.txt"

other
--m
Content-Type: message/rfc822

From: =?utf-8?Q?S=C3=B8ren?= <soren@example.gov.uk>
Subject: The letter before
Date: Thu, 02 Jul 2026 09:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=i

--i

Inner text, see https://www.example.gov.uk/plan.
--i
Content-Type: message/rfc822

Subject: Deepest

The deepest text.
--i--
--m--
`
}

// SCC-11, BOP-24, BOP-12: what the message page shows beside the text, and that
// none of it stays in a cache.
func TestViewer(t *testing.T) {
	h := newHouse(t)
	l := h.send(viewerMail("jane.doe@example.gov.uk"), carer)
	b := h.browser().open(l.link).byCode(carer)
	b.reads(200, l.page, "You are invited", "Tuesday 7 July 2026, 14:00 to 15:30 BST", "Every week on Tuesday, 6 times", "Jane Doe (jane.doe@example.gov.uk)", "6 attachments",
		"Pictures that would be fetched from the internet are not shown.", "This is a program. It can harm your device.", "really of the kind .exe", "Save all attachments in one zip file")
	if got := b.head.Get("Refresh"); got != "3660; url=/signedout?from="+l.id.String() {
		t.Errorf("the page is put away by %q", got)
	}
	paths := []string{l.page, l.page + "/body", l.page + "/print", l.page + "/attachments.zip", l.page + "/message.eml", l.page + "/part/4?show=1", l.page + "?in=8", l.page + "/part/1?in=8.2"}
	for _, path := range paths {
		if b.open(path); b.status != 200 || b.head.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got %d, Cache-Control %q", path, b.status, b.head.Get("Cache-Control"))
		}
	}
	b.open("/signedout?from="+l.id.String()).reads(200, "", "Nothing happened on its page for an hour").follow("Open the message again").reads(200, l.page)

	b.open(l.page + "/body")
	for _, want := range []string{`href="https://www.example.gov.uk/care" title="https://www.example.gov.uk/care">the page on care<span`, "> (leads to www.example.gov.uk)<", "> (really leads to evil.example)<",
		`title="https://www.example.gov.uk/">www.example.gov.uk</a>`, `href="https://evil.example/"`, "> (leads to slash.example)<", "<a>our own</a>", "<a>there</a>", "> (leads to xn--bcher-kva.example)<"} {
		if !strings.Contains(b.body, want) {
			t.Errorf("the text lacks %q:\n%s", want, b.body)
		}
	}
	b.open(l.page + "/print")
	for _, want := range []string{"Care plan</b>", "OFFICIAL-SENSITIVE", "Jane Doe (jane.doe@example.gov.uk)", "invoice.pdf.exe", "the page on care"} {
		if !strings.Contains(b.body, want) {
			t.Errorf("the print lacks %q", want)
		}
	}
	if csp := b.head.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "sandbox allow-popups") {
		t.Errorf("the print's policy is %q", csp)
	}
}

// BOP-24: only real pictures and plain text open in place; the rest is saved.
func TestOpensInPlace(t *testing.T) {
	h := newHouse(t)
	l := h.send(viewerMail("jane.doe@example.gov.uk"), carer)
	b := h.browser().open(l.link).byCode(carer)
	for n, c := range map[int]struct {
		status     int
		kind, body string
	}{4: {200, "image/png", ""}, 6: {200, "text/plain; charset=utf-8", "café notes"}, 5: {404, "", ""}, 3: {404, "", ""}, 8: {404, "", ""}} {
		b.open(fmt.Sprintf("%s/part/%d?show=1", l.page, n))
		if b.status != c.status || c.kind != "" && b.head.Get("Content-Type") != c.kind || c.body != "" && b.body != c.body {
			t.Errorf("part %d: got %d %s %.40q", n, b.status, b.head.Get("Content-Type"), b.body)
		}
		if csp := b.head.Get("Content-Security-Policy"); c.status == 200 && (!strings.HasPrefix(csp, "sandbox; default-src 'none'") || b.head.Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("part %d: policy %q", n, csp)
		}
	}
}

// SCC-11: mails inside a mail open, as deep as they go; what they say of
// themselves is marked as such.
func TestMessageInside(t *testing.T) {
	h := newHouse(t)
	l := h.send(viewerMail("jane.doe@example.gov.uk"), carer)
	b := h.browser().open(l.link).byCode(carer)
	b.open(l.page+"?in=8").reads(200, "", "The letter before", "Søren <soren@example.gov.uk>", "Thursday 2 July 2026, 10:00 BST", "only what it says itself", "Inner text", "OFFICIAL-SENSITIVE").silent("Case conference", "/reply\"")
	if !strings.Contains(b.body, `<a href="https://www.example.gov.uk/plan" target="_blank" rel="noopener noreferrer">https://www.example.gov.uk/plan</a>.`) {
		t.Errorf("the address in the text is no link:\n%s", b.body)
	}
	b.follow("Save the whole message")
	if !strings.HasPrefix(b.body, "From: =?utf-8?Q?S=C3=B8ren?=") || !strings.Contains(b.head.Get("Content-Disposition"), `"The letter before.eml"`) {
		t.Errorf("saved inside: %.60q as %s", b.body, b.head.Get("Content-Disposition"))
	}
	b.open(l.page+"?in=8.2").reads(200, "", "Deepest", "The deepest text.").follow("Back to the message around it").reads(200, l.page, "The letter before")
	for _, in := range []string{"3", "99", "8.1", "8.2.1.1.1.1.1", "x", "8..2"} {
		b.open(l.page+"?in="+in).reads(404, "", "There is no such attachment")
	}
}

// calendarPart takes the answer out of a mail.
func calendarPart(t *testing.T, raw []byte) (header mail.Header, ics string) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	must(t, err)
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("the answer is %q %v", kind, err)
	}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if err != nil {
			t.Fatal("no text/calendar part with method=REPLY")
		}
		if kind, params, _ := mime.ParseMediaType(p.Header.Get("Content-Type")); kind == "text/calendar" && params["method"] == "REPLY" {
			b, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
			must(t, err)
			return m.Header, strings.ReplaceAll(string(b), "\r\n ", "")
		}
	}
}

// BOP-12, CYC-9, CYC-10: an invitation is answered without script; the answer goes
// to the organiser alone, as ordinary mail with an iTIP REPLY (RFC 5546, RFC 6047).
func TestAnswerInvitation(t *testing.T) {
	for button, c := range map[string]struct{ title, status, subject string }{
		"Accept":    {"You have accepted", "ACCEPTED", "[SECURE] Accepted: Case conference"},
		"Tentative": {"You have accepted tentatively", "TENTATIVE", "[SECURE] Tentative: Case conference"},
		"Decline":   {"You have declined", "DECLINED", "[SECURE] Declined: Case conference"},
	} {
		t.Run(button, func(t *testing.T) {
			h := newHouse(t)
			l := h.send(viewerMail("boss@example.gov.uk"), carer)
			b := h.browser().open(l.link).byCode(carer)
			action, fields := b.form(button)
			b.post(action, "application/x-www-form-urlencoded", strings.NewReader(values(fields, "answer", strings.ToLower(c.status))))
			b.reads(200, l.page+"/answered", c.title, "The organiser has been told.")
			sent := h.staff.Sent()
			if len(sent) != 1 || len(sent[0].Recipients) != 1 || sent[0].Recipients[0].Address.String() != "boss@example.gov.uk" {
				t.Fatalf("got %d mails %+v, want one to the organiser", len(sent), sent)
			}
			head, ics := calendarPart(t, sent[0].Bytes)
			if got := head.Get("Subject"); got != c.subject {
				t.Errorf("subject %q, want %q", got, c.subject)
			}
			if got := head.Get("Reply-To"); !strings.Contains(got, carer.String()) {
				t.Errorf("Reply-To %q", got)
			}
			for _, want := range []string{"METHOD:REPLY\r\n", "UID:meeting-1@example.gov.uk\r\n", "SEQUENCE:3\r\n", "DTSTART:20260707T130000Z\r\n",
				"mailto:boss@example.gov.uk\r\n", "ATTENDEE;PARTSTAT=" + c.status + `;CN="Carla Carer":mailto:carer@home.example` + "\r\n"} {
				if !strings.Contains(ics, want) {
					t.Errorf("the answer lacks %q:\n%s", want, ics)
				}
			}
		})
	}
}

func values(fields map[string]string, more ...string) string {
	v := url.Values{}
	for k, f := range fields {
		v.Set(k, f)
	}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v.Encode()
}

// BOP-12: nothing goes to an organiser outside, whatever the form says.
func TestAnswerOnlyInside(t *testing.T) {
	h := newHouse(t)
	l := h.send(viewerMail("somebody@else.example"), carer)
	b := h.browser().open(l.link).byCode(carer)
	b.reads(200, l.page, "You are invited", "This invitation cannot be answered here.").silent(">Accept<")
	form := formSecret.FindString(b.body)
	secret := strings.TrimSuffix(strings.TrimPrefix(form, `name="form" value="`), `"`)
	for _, more := range [][]string{{"part", "2"}, {"part", "3"}, {"part", "99"}} {
		b.post(l.page+"/answer", "application/x-www-form-urlencoded", strings.NewReader(values(map[string]string{"form": secret, "answer": "accepted"}, more...)))
		if b.status < 400 {
			t.Errorf("%v: got %d", more, b.status)
		}
	}
	b.post(l.page+"/answer", "application/x-www-form-urlencoded", strings.NewReader(values(map[string]string{"answer": "accepted", "part": "2"})))
	if b.status != 403 {
		t.Errorf("without our form: got %d", b.status)
	}
	if n := len(h.staff.Sent()); n != 0 {
		t.Errorf("%d mails were sent", n)
	}
}

// BOP-12: the page asks in words and answers; where the message is on the shelf, what it
// says counts and not what the page sends, and where it is not, only the sender
// is answered.
func TestPageAnswersInvitation(t *testing.T) {
	h := newHouse(t)
	shelved, gone := h.send(viewerMail("boss@example.gov.uk"), carer), h.seal(viewerMail("boss@example.gov.uk"), carer)
	b := h.browser()
	call := func(l letter, session, call string, fields map[string]string) (status int, answer map[string]any) {
		fields["id"], fields["t"], fields["session"] = l.id.String(), l.secret.Encode(), session
		b.post("/api/v1/"+call, "application/x-www-form-urlencoded", strings.NewReader(values(fields)))
		must(t, json.Unmarshal([]byte(b.body), &answer))
		return b.status, answer
	}
	page := strings.Repeat("ab", 16)
	sign := func(l letter) string {
		fields := map[string]string{"address": carer.String(), "browser": page}
		call(l, "", "code", fields)
		fields["code"] = h.code(carer)
		status, answer := call(l, "", "open", fields)
		if status != 200 {
			t.Fatalf("open: %d %v", status, answer)
		}
		return answer["session"].(string)
	}
	session := sign(shelved)
	ics := crlf(strings.ReplaceAll(inviteText, "ORGANISER", "boss@example.gov.uk"))
	status, said := call(shelved, session, "invitation", map[string]string{"calendar": ics})
	if text := fmt.Sprint(said); status != 200 || !strings.Contains(text, "Tuesday 7 July 2026, 14:00 to 15:30 BST") || !strings.Contains(text, "declined Decline") {
		t.Errorf("got %d %v", status, said)
	}
	if status, _ := call(shelved, "nobody-nobody-nobody-nobody", "invitation", map[string]string{"calendar": ics}); status != 401 {
		t.Errorf("without a session: got %d", status)
	}
	forged := strings.ReplaceAll(ics, "boss@", "victim@")
	if status, answer := call(shelved, session, "answer", map[string]string{"calendar": forged, "answer": "declined"}); status != 200 {
		t.Errorf("got %d %v", status, answer)
	}
	other := strings.ReplaceAll(ics, "UID:meeting-1", "UID:another")
	if status, _ := call(shelved, session, "answer", map[string]string{"calendar": other, "answer": "accepted"}); status != 403 {
		t.Errorf("another appointment: got %d", status)
	}
	sent := h.staff.Sent()
	if len(sent) != 1 || sent[0].Recipients[0].Address.String() != "boss@example.gov.uk" {
		t.Fatalf("got %+v, want one mail to the organiser of the message itself", sent)
	}
	session = sign(gone)
	if status, _ := call(gone, session, "answer", map[string]string{"calendar": forged, "answer": "accepted"}); status != 403 {
		t.Errorf("somebody inside who is not the sender, with no copy to look at: got %d", status)
	}
	own := strings.ReplaceAll(ics, "boss@", "jane.doe@")
	if status, answer := call(gone, session, "answer", map[string]string{"calendar": own, "answer": "accepted"}); status != 200 || len(h.staff.Sent()) != 2 {
		t.Errorf("the sender: got %d %v", status, answer)
	}
}

var savedLink = regexp.MustCompile(`href="([^"]+/part/[0-9]+)" download`)

// C30, BOP-4, BOP-24: 200 attachments with odd names, types, charsets and encodings are saved
// byte for byte by plain pages, one by one and all in the zip.
func TestTwoHundredFiles(t *testing.T) {
	raw, err := os.ReadFile("../testdata/attachments/two-hundred.eml")
	must(t, err)
	text, err := os.ReadFile("../testdata/attachments/two-hundred.txt")
	must(t, err)
	sums := strings.Fields(string(text))
	h := newHouse(t)
	l := h.send(strings.ReplaceAll(string(raw), "\r\n", "\n"), carer) // sent with CRLF again
	if !bytes.Equal(l.original, raw) {
		t.Fatal("the message is not the one of testdata")
	}
	b := h.browser().open(l.link).byCode(carer)
	links := savedLink.FindAllStringSubmatch(b.body, -1)
	if len(links) != len(sums) || len(sums) != 200 {
		t.Fatalf("%d files are listed, want %d", len(links), len(sums))
	}
	sum := func(s string) string { x := sha256.Sum256([]byte(s)); return hex.EncodeToString(x[:]) }
	for i, link := range links {
		b.open(link[1])
		if got := sum(b.body); b.status != 200 || got != sums[i] {
			t.Errorf("file %d (%s): got %d, SHA-256 %s, want %s", i, b.head.Get("Content-Disposition"), b.status, got, sums[i])
		}
	}
	b.open(l.page + "/attachments.zip")
	z, err := zip.NewReader(strings.NewReader(b.body), int64(len(b.body)))
	must(t, err)
	seen := map[string]bool{}
	for i, f := range z.File {
		r, err := f.Open()
		must(t, err)
		content, err := io.ReadAll(r)
		must(t, err)
		if low := strings.ToLower(f.Name); sum(string(content)) != sums[i] || seen[low] {
			t.Errorf("%s in the zip is wrong, or stands twice", f.Name)
		} else {
			seen[low] = true
		}
	}
	if b.open(l.page + "/message.eml"); len(z.File) != 200 || sum(b.body) != sum(string(raw)) {
		t.Errorf("%d files in the zip; the whole message has %d bytes", len(z.File), len(b.body))
	}
}
