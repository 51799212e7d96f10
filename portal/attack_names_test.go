package portal_test

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"github.com/postseal/postseal/store"
)

// Names and subjects that lie: what others wrote stands on our pages and in our
// header fields.

// lies are pieces that turn a line round, hide part of it, or end it.
var lies = map[string]string{
	"override":    "\u202egnp.exe",
	"isolate":     "\u2067moc.knab\u2069",
	"zero width":  "pay\u200bpal\u2060\ufeff",
	"tag letters": "a\U000e0061\U000e0062",
	"line ends":   "a\r\nSet-Cookie: x=y\r\n\r\n<p>b",
	"separators":  "a\u2028b\u2029c\u0085d\x00e\x1b[2Jf",
	"quotes":      `"; filename="evil.exe"; x="`,
	"percents":    "%0d%0aSet-Cookie:%20x=y",
	"encoded":     "=?utf-8?q?a=0D=0ASet-Cookie:=20x?=",
	"long":        strings.Repeat("Å", 3000),
}

// hidden finds characters that change a line without being seen.
func hidden(s string) string {
	for _, r := range s {
		if unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d' && r != '\u00ad' || r == '\u2028' || r == '\u2029' || unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' {
			return fmt.Sprintf("%U", r)
		}
	}
	return ""
}

// A subject or a name that turns the line round, hides its end or holds line ends is
// shown as what it is on every page for its readers and its sender, and in what the
// file is told; it makes no header field and no ending of a file name.
func TestLyingSubjectAndNames(t *testing.T) {
	h := newHouse(t)
	h.account(carer, good)
	b, sender := h.signInAt(carer, good), h.signedIn(officer, "/sent")
	look := func(who *browser, path string) {
		t.Helper()
		r := h.knock(who, http.MethodGet, path, "", "")
		page, err := io.ReadAll(r.Body)
		must(t, err)
		if r.StatusCode != http.StatusOK || hidden(string(page)) != "" || len(r.Cookies()) > 0 {
			t.Errorf("%s (%d) shows %s, sets %v", path, r.StatusCode, hidden(string(page)), r.Cookies())
		}
	}
	for name, lie := range lies {
		h.shape = func(r *store.Record) {
			r.Subject, r.SenderName = "Plan "+lie, "Jane "+lie
			r.To, r.Cc, r.OnBehalf = []string{"Carla " + lie + " <" + carer.String() + ">"}, []string{lie}, "Bob "+lie
		}
		l := h.send(strings.ReplaceAll(relatedAsLF(), "=80", ""), carer)
		h.browser().open(l.link).reads(200, "/signin").legible(t, name)
		for _, path := range []string{l.page, l.page + "/print", l.page + "/reply"} {
			look(b, path)
		}
		look(sender, "/sent/"+l.id.String())
		for _, path := range []string{"/message.eml", "/attachments.zip"} {
			b.open(l.page+path).disposes(t, path)
		}
		status, opened := h.call("open", l.call("address", carer.String(), "password", good)...)
		said, err := json.Marshal(opened)
		must(t, err)
		if got := hidden(string(said)); status != 200 || got != "" {
			t.Errorf("%s: the file is told %s (%d)", name, got, status)
		}
	}
	for _, path := range []string{"/messages", "/"} {
		look(b, path)
	}
	look(sender, "/sent")
}

// legible looks at a page that is shown already.
func (b *browser) legible(t *testing.T, path string) {
	t.Helper()
	if got := hidden(b.body); got != "" {
		t.Errorf("%s shows %s", path, got)
	}
}

// disposes asks that a download has one name, without folders, hidden characters or
// another ending than its own.
func (b *browser) disposes(t *testing.T, path string) {
	t.Helper()
	all := b.head.Values("Content-Disposition")
	if b.status != 200 || len(all) != 1 || b.head.Get("Set-Cookie") != "" && strings.Contains(b.head.Get("Set-Cookie"), "x=y") {
		t.Errorf("%s (%d): %q", path, b.status, all)
		return
	}
	kind, params, err := mime.ParseMediaType(all[0])
	if err != nil || kind != "attachment" || len(params) != 1 || params["filename"] == "evil.exe" || hidden(params["filename"]) != "" || strings.ContainsAny(params["filename"], `/\:"<>|?*`) || len(params["filename"]) > 200 {
		t.Errorf("%s: %q %v %v", path, all[0], params, err)
	}
	if path != "/part/1" && !strings.HasSuffix(params["filename"], path[strings.LastIndexByte(path, '.'):]) {
		t.Errorf("%s ends otherwise: %q", path, params["filename"])
	}
}

// The same in names of attached files, on the page, in its header field, and in the zip.
func TestLyingFileNames(t *testing.T) {
	h := newHouse(t)
	var mail strings.Builder
	mail.WriteString("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n")
	n := 1
	for name, lie := range lies {
		if name == "line ends" || name == "separators" { // those end the field in the mail itself
			lie = mime.QEncoding.Encode("utf-8", lie)
		}
		fmt.Fprintf(&mail, "--b\r\nContent-Type: application/x-x; name=%q\r\nContent-Disposition: attachment; filename=\"%s.pdf\"\r\n\r\nx\r\n", "n.pdf", strings.ReplaceAll(lie, `"`, `\"`))
		n++
	}
	for _, lie := range []string{"../../../etc/passwd", `..\..\boot.ini`, "/etc/cron.d/x", "C:evil.exe", "con", "nul.txt", ".", "..", " ", "a/../../b", "file:///x", "\\\\host\\share\\x.pdf", "x.pdf.", "x.pdf ", "x.pdf\u00a0.exe"} {
		fmt.Fprintf(&mail, "--b\r\nContent-Type: application/x-x\r\nContent-Disposition: attachment; filename=\"%s\"\r\n\r\nx\r\n", strings.ReplaceAll(lie, `\`, `\\`))
		n++
	}
	mail.WriteString("--b--\r\n")
	l := h.send(strings.ReplaceAll(mail.String(), "\r\n", "\n"), carer)
	b := h.browser().open(l.link).byCode(carer).reads(200, l.page)
	b.legible(t, l.page)
	for i := 2; i <= n; i++ {
		b.open(fmt.Sprint(l.page, "/part/", i))
		b.disposes(t, "/part/1")
	}
	b.open(l.page+"/attachments.zip").disposes(t, "/attachments.zip")
	names := map[string]bool{}
	for _, f := range unzip(t, b.body) {
		low := strings.ToLower(f)
		if names[low] || hidden(f) != "" || strings.ContainsAny(f, `/\:`) || f == "." || f == ".." || f == "" {
			t.Errorf("the zip has %q", f)
		}
		names[low] = true
	}
	if len(names) != n-1 {
		t.Errorf("%d files in the zip, want %d", len(names), n-1)
	}
}

// What people type about themselves cannot turn a line round either.
func TestLyingNameIsNotKept(t *testing.T) {
	h := newHouse(t)
	b := h.browser().open("/").press("Continue", map[string]string{"address": carer.String()}).follow("Set up a password")
	p := person(good)
	p["first"], p["last"] = "Carla\u202e", "Car\u200ber\u2028\x00"
	b.press("Continue", p).reads(200, "/register/sent")
	b.open(h.activation(carer).Link).press("Activate my account", nil).reads(200, "/activated")
	own, err := h.store.Account(t.Context(), carer)
	must(t, err)
	if got := own.FirstName + "|" + own.LastName; got != "Carla|Carer" {
		t.Errorf("got %q", got)
	}
}

// unzip gives the names in an archive.
func unzip(t *testing.T, archive string) (names []string) {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(archive), int64(len(archive)))
	must(t, err)
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	return names
}
