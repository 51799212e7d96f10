package portal_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postseal/postseal/portal"
)

// Floods: what many or large requests can use up, and that all is as before when
// they have ended.

// slowReader is a browser that takes the head of an answer and then no more of it
// until it may.
type slowReader struct {
	head  http.Header
	begun chan int
	goOn  chan struct{}
}

func newSlowReader(goOn chan struct{}) *slowReader {
	return &slowReader{head: http.Header{}, begun: make(chan int, 1), goOn: goOn}
}

func (s *slowReader) Header() http.Header { return s.head }

func (s *slowReader) WriteHeader(status int) {
	select {
	case s.begun <- status:
	default:
	}
}

func (s *slowReader) Write(b []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	<-s.goOn
	return len(b), nil
}

// asks is a GET with a person's cookies.
func (b *browser) asks(path string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, b.h.full(path), nil)
	for _, c := range b.client.Jar.Cookies(b.at) {
		r.AddCookie(c)
	}
	return r
}

// One person who opens her message again and again, and never takes the answers,
// has few files in the spool; one more is told to wait, others read meanwhile, and
// when she lets go all is as before.
func TestSlowReaderFillsNoSpool(t *testing.T) {
	h := newHouse(t)
	h.server().WaitAtMost(20 * time.Millisecond)
	l := h.send(relatedAsLF(), carer, other)
	b := h.signedIn(carer, "/").open(l.link)
	b.reads(200, l.page)
	goOn := make(chan struct{})
	var ended sync.WaitGroup
	for range portal.MaxHeldEach {
		w := newSlowReader(goOn)
		ended.Go(func() { h.server().ServeHTTP(w, b.asks(l.page+"/message.eml")) })
		if got := <-w.begun; got != 200 {
			t.Fatalf("got %d", got)
		}
	}
	for _, path := range []string{"", "/body", "/part/1", "/print", "/message.eml", "/attachments.zip"} {
		b.open(l.page+path).reads(503, "", "We are very busy just now", "Try again in a minute")
	}
	if got := spooled(t, h.spool); got != portal.MaxHeldEach {
		t.Errorf("%d files in the spool, want %d", got, portal.MaxHeldEach)
	}
	h.signedIn(other, "/").open(l.link).reads(200, l.page, "Grüße")
	close(goOn)
	ended.Wait()
	if got := spooled(t, h.spool); got != 0 {
		t.Errorf("%d files are left in the spool", got)
	}
	b.open(l.page).reads(200, l.page, "Grüße")
	if n := h.server().Held(); n != 0 {
		t.Errorf("%d people are still counted", n)
	}
}

// Uploads of one recipient who never ends them: few lie in the spool at once, by page
// and by file together, one more is told to wait, and the answer of somebody else
// goes out meanwhile.
func TestUploadFloodIsBounded(t *testing.T) {
	h := newHouse(t)
	h.server().WaitAtMost(20 * time.Millisecond)
	l := h.send(plainMail, carer, other)
	h.account(carer, good)
	_, opened := h.call("open", l.call("address", carer.String(), "password", good)...)
	b := h.browser().open(l.link).press("Sign in", map[string]string{"password": good}).reads(200, l.page)
	_, form := b.open(l.page + "/reply").form("Send")
	file := field{name: "file", file: "x.bin", kind: "application/x-x", value: strings.Repeat("x", 30<<10)}
	begin := func(path string, fields ...field) (*io.PipeWriter, *httptest.ResponseRecorder, chan struct{}) {
		kind, body := multipartForm(t, append(fields, file)...)
		in, out := io.Pipe()
		r := httptest.NewRequest(http.MethodPost, h.full(path), in)
		r.Header.Set("Content-Type", kind)
		if strings.HasPrefix(path, "/m/") {
			r.Header.Set("Cookie", b.asks("/").Header.Get("Cookie"))
		}
		w, done := httptest.NewRecorder(), make(chan struct{})
		go func() { defer close(done); h.server().ServeHTTP(w, r); _ = in.Close() }()
		_, _ = out.Write(body.Bytes()[:body.Len()-1024]) // its end never comes
		return out, w, done
	}
	byPage := []field{{name: "form", value: form["form"]}, {name: "text", value: "hello"}}
	byFile := []field{{name: "session", value: opened["session"].(string)}, {name: "id", value: l.id.String()}, {name: "text", value: "hello"}}
	var outs []*io.PipeWriter
	var dones []chan struct{}
	for i := range portal.MaxHeldEach {
		var out *io.PipeWriter
		var done chan struct{}
		if i%2 == 0 {
			out, _, done = begin(l.page+"/reply", byPage...)
		} else {
			out, _, done = begin("/api/v1/reply", byFile...)
		}
		outs, dones = append(outs, out), append(dones, done)
	}
	if got := spooled(t, h.spool); got != portal.MaxHeldEach {
		t.Fatalf("%d files in the spool, want %d", got, portal.MaxHeldEach)
	}
	for path, fields := range map[string][]field{l.page + "/reply": byPage, "/api/v1/reply": byFile} {
		out, w, done := begin(path, fields...)
		_ = out.Close()
		<-done
		if w.Code != 503 || !strings.Contains(w.Body.String(), "We are very busy just now") {
			t.Errorf("%s: one more is answered %d %.200s", path, w.Code, w.Body)
		}
	}
	if got := spooled(t, h.spool); got != portal.MaxHeldEach {
		t.Errorf("%d files in the spool after more, want %d", got, portal.MaxHeldEach)
	}
	h.signedIn(other, "/").open(l.link).open(l.page+"/reply").upload("Send", field{name: "text", value: "Hello Jane"}).reads(200, l.page+"/replied")
	for i, out := range outs {
		_ = out.CloseWithError(io.ErrUnexpectedEOF)
		<-dones[i]
	}
	if got, counted := spooled(t, h.spool), h.server().Held(); got != 0 || counted != 0 {
		t.Errorf("%d files are left in the spool, %d people counted", got, counted)
	}
	b.open(l.page+"/reply").upload("Send", field{name: "text", value: "Hello Jane"}).reads(200, l.page+"/replied")
	if got := len(h.staff.Sent()); got != 2 {
		t.Errorf("%d answers went out, want 2", got)
	}
}

// A spool whose disk has its floor left and no more takes nothing of the site, says
// so, and leaves what the milter needs.
func TestFullSpoolIsTold(t *testing.T) {
	h := newHouse(t, func(c *portal.Config) { c.Servers = []string{c.BaseURL} })
	l := h.send(relatedAsLF(), carer)
	posted := h.seal(plainMail, carer)
	b := h.browser().open(l.link).byCode(carer).reads(200, l.page)
	_, opened := h.call("open", posted.call("address", carer.String(), "code", h.fileCode(posted))...)
	b.open(l.page + "/reply")
	h.server().SpoolFree = 1 << 62
	b.upload("Send", field{name: "text", value: "Hello"}, field{name: "file", file: "a.txt", kind: "text/plain", value: "x"}).reads(503, "", "There is no room for the file at the moment")
	for _, path := range []string{"", "/body", "/part/1", "/print", "/message.eml", "/attachments.zip"} {
		b.open(l.page+path).reads(503, "", "There is no room for the file at the moment")
	}
	h.browser().stage(posted.fields()...).reads(503, "", "There is no room for the file at the moment")
	if status, got := h.apiReplyWith(opened["session"].(string), posted, field{name: "text", value: "x"}, field{name: "file", file: "a.txt", kind: "text/plain", value: "x"}); status != 503 {
		t.Errorf("the file's answer: got %d %v", status, got)
	}
	h.server().SpoolFree = -1
	b.open(l.page).reads(200, l.page, "Grüße")
	h.browser().stage(posted.fields()...).reads(200, "/signin")
}

// fileCode asks for a code as the file does.
func (h *house) fileCode(l letter) string {
	h.t.Helper()
	h.call("code", l.call("address", carer.String())...)
	return h.code(carer)
}

// Forms in parts made to cost memory: many parts, long part headers, long names,
// parts in parts. They are refused, or taken within bounds, from a recipient too.
func TestMultipartBombIsBounded(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	b := h.browser().open(l.link).byCode(carer)
	_, form := b.open(l.page + "/reply").form("Send")
	begin := "--B\r\nContent-Disposition: form-data; name=\"form\"\r\n\r\n" + form["form"] + "\r\n"
	part := func(head, body string) string {
		return "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n" + head + "\r\n" + body + "\r\n"
	}
	for name, c := range map[string]struct {
		bomb string
		most uint64 // bytes allocated
	}{
		"many parts":           {strings.Repeat(part("", ""), 20_000), 16 << 20},
		"many fields":          {strings.Repeat("--B\r\nContent-Disposition: form-data; name=\"cc\"\r\n\r\nx\r\n", 20_000), 16 << 20},
		"a long part header":   {part("X-Long: "+strings.Repeat("x", 8<<20)+"\r\n", "x"), 64 << 20},
		"many part headers":    {part(strings.Repeat("X: y\r\n", 100_000), "x"), 64 << 20},
		"a name of 1 MB":       {"--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + strings.Repeat("n", 1<<20) + ".txt\"\r\n\r\nx\r\n", 64 << 20},
		"a name in 10^5 parts": {"--B\r\nContent-Disposition: form-data; name=file" + numbered("; filename*%d=x", 20_000) + "\r\n\r\nx\r\n", 64 << 20},
		"parts in parts":       {part("Content-Type: multipart/mixed; boundary=B2\r\n", strings.Repeat("--B2\r\n\r\nx\r\n", 1000)), 16 << 20},
		"nothing but dashes":   {strings.Repeat("-", 4<<20), 16 << 20},
		"no end":               {"--B\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n" + strings.Repeat("x", 4<<20), 64 << 20},
	} {
		r := httptest.NewRequest(http.MethodPost, h.full(l.page+"/reply"), strings.NewReader(begin+c.bomb+"--B--\r\n"))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=B")
		r.Header.Set("Cookie", b.asks("/").Header.Get("Cookie"))
		w := httptest.NewRecorder()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		h.server().ServeHTTP(w, r)
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > c.most || w.Code >= 500 || took > 20*time.Second {
			t.Errorf("%s: got %d, %d bytes allocated in %v", name, w.Code, used, took)
		}
		if got := spooled(t, h.spool); got != 0 {
			t.Errorf("%s: %d files are left", name, got)
		}
	}
	b.open(l.page).reads(200, l.page)
}

// numbered repeats a format with the numbers from 0.
func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// Archives that grow are never unpacked here: what was sent up goes on as it is,
// whatever it would be unpacked; and a body with a Content-Encoding is no form.
func TestZipBombInAnUploadStaysPacked(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	b := h.browser().open(l.link).byCode(carer)
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	w, err := z.Create("zeros")
	must(t, err)
	zeros := make([]byte, 1<<20)
	for range 4 {
		_, err = w.Write(zeros)
		must(t, err)
	}
	must(t, z.Close())
	b.open(l.page+"/reply").upload("Send", field{name: "text", value: "see there"}, field{name: "file", file: "bomb.zip", kind: "application/zip", value: bomb.String()}).reads(200, l.page+"/replied")
	sent := h.staff.Sent()
	if len(sent) != 1 || !strings.Contains(strings.ReplaceAll(string(sent[0].Bytes), "\r\n", ""), base64.StdEncoding.EncodeToString(bomb.Bytes())[:2000]) {
		t.Errorf("%d answers, or the archive is not in it as it was", len(sent))
	}

	var packed bytes.Buffer
	g := gzip.NewWriter(&packed)
	_, err = g.Write(zeros)
	must(t, err)
	must(t, g.Close())
	if r := h.knock(b, http.MethodPost, "/start", "application/x-www-form-urlencoded", packed.String(), "Content-Encoding", "gzip"); r.StatusCode != http.StatusForbidden {
		t.Errorf("a packed form: got %d", r.StatusCode)
	}
}

// Bombs in what the site shows: each is shown within its bounds, soon, and says what
// is left out; the reader can always save the message.
func TestBombInAMessageIsShownWithinBounds(t *testing.T) {
	deep := ""
	for i := range 200 {
		deep += fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	inside := ""
	for range 200 {
		inside += "Content-Type: message/rfc822\r\n\r\n"
	}
	html := func(s string) string { return "Content-Type: text/html; charset=utf-8\r\n\r\n" + s }
	picture := "--b\r\nContent-Type: image/png\r\nContent-ID: <p>\r\nContent-Transfer-Encoding: base64\r\n\r\n" + png + "\r\n"
	event := func(s string) string {
		return "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260703T090000Z\r\nDTSTART:20260703T090000Z\r\nORGANIZER:mailto:" + officer.String() + "\r\n" + s + "END:VEVENT\r\nEND:VCALENDAR\r\n"
	}
	for name, mail := range map[string]string{
		"multiparts in multiparts":  deep,
		"mails in mails":            inside + "hello",
		"20,000 parts":              "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\n\r\n", 20_000) + "--b--",
		"a header of 4 MB":          "X: " + strings.Repeat("y", 4<<20) + "\r\n\r\nhello",
		"30,000 fields":             strings.Repeat("X: y\r\n", 30_000) + "\r\nhello",
		"a table of 8,000 rows":     html("<table>" + strings.Repeat("<tr><td>x", 8_000)),
		"a row of 10,000 cells":     html("<table><tr>" + strings.Repeat("<td>x", 10_000)),
		"tables in tables":          html(strings.Repeat("<table><tr><td>", 20_000)),
		"formatting left open":      html(strings.Repeat("<b><i><u><p>", 1_000)),
		"400 links to one place":    html(strings.Repeat(`<a href="https://`+strings.Repeat("a.", 100)+`example/">x</a>`, 400)),
		"4,000 links":               html(strings.Repeat(`<a href=//a.example>x</a>`, 4_000)),
		"20,000 attributes":         html("<p " + numbered("a%d=b ", 20_000) + ">x"),
		"a style of 300 KB":         html("<style>" + strings.Repeat("a{b:url(x)}", 30_000) + "</style>x"),
		"one picture 5,000 times":   "Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\n" + html(strings.Repeat(`<img src="cid:p">`, 5_000)) + "\r\n" + picture + "--b--",
		"a picture that is none":    "Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\n" + html(`<img src="cid:p">`) + "\r\n--b\r\nContent-Type: image/svg+xml\r\nContent-ID: <p>\r\n\r\n<svg><script>x()</script></svg>\r\n--b--",
		"entities":                  html(strings.Repeat("&lt;&amp;&#x1F4A3;", 20_000)),
		"an encoded word of 1 MB":   "Subject: " + strings.Repeat("=?utf-8?q?=41?= ", 20_000) + "\r\n\r\nhello",
		"a name in 20,000 pieces":   "Content-Type: image/png" + numbered(";\r\n name*%d=x", 20_000) + "\r\n\r\nx",
		"a rule for ever":           event("RRULE:FREQ=SECONDLY;INTERVAL=1;BYSECOND=" + strings.TrimSuffix(numbered("%d,", 59), ",") + "\r\n"),
		"a rule of 2^31 times":      event("RRULE:FREQ=SECONDLY;COUNT=2147483647\r\n"),
		"100,000 dates left out":    event(strings.Repeat("EXDATE:20260703T090000Z\r\n", 100_000)),
		"20,000 people invited":     event(numbered("ATTENDEE:mailto:a%d@example.org\r\n", 20_000)),
		"components in components":  event(strings.Repeat("BEGIN:VALARM\r\n", 50_000)),
		"a title of 1 MB":           event("SUMMARY:" + strings.Repeat("x", 1<<20) + "\r\n"),
		"a winmail.dat of itself":   "Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(append([]byte{0x78, 0x9f, 0x3e, 0x22}, bytes.Repeat([]byte{0x78, 0x9f, 0x3e, 0x22}, 1000)...)),
		"quoted-printable of dots":  "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + strings.Repeat("=\r\n", 100_000),
		"base64 of nothing":         "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat("\r\n", 500_000),
		"a boundary of 100 KB":      "Content-Type: multipart/mixed; boundary=\"" + strings.Repeat("b", 100_000) + "\"\r\n\r\n" + strings.Repeat("--"+strings.Repeat("b", 99_999)+"\r\n", 10),
		"lines like boundaries":     "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--bb\r\n", 300_000),
		"UTF-7 of what would run":   "Content-Type: text/html; charset=utf-7\r\n\r\n+ADw-script+AD4-x()+ADw-/script+AD4-",
		"shifts without an end":     "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + strings.Repeat("\x1b$B\x1b(B", 200_000),
		"a text of 4 MB, one line":  "\r\n" + strings.Repeat("a", 4<<20),
		"a text of web addresses":   "\r\n" + strings.Repeat("http://a.example/ ", 100_000),
		"a text of half addresses":  "\r\n" + strings.Repeat("http://", 200_000),
		"a text of direction marks": "\r\n" + strings.Repeat("\u202e", 200_000),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		got := portal.Display(strings.NewReader(mail))
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 700<<20 || took > 20*time.Second {
			t.Errorf("%s: %d MB allocated in %v", name, used>>20, took)
		}
		if len(got.Text) > 3*portal.MaxTextShown || len(got.HTML) > 2*2*portal.MaxInlineImages || len(got.Files) > portal.MaxParts || strings.Contains(got.HTML, "<script") {
			t.Errorf("%s: shows %d bytes of text, %d of HTML, %d files", name, len(got.Text), len(got.HTML), len(got.Files))
		}
		if testing.Verbose() {
			t.Logf("%-26s %6v %4d MB, HTML %d KB", name, took.Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20, len(got.HTML)>>10)
		}
	}
}
