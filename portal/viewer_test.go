package portal_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/postseal/postseal/portal"
)

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
