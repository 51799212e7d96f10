package demo_test

import (
	"bytes"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/d--j/go-milter"

	"github.com/postseal/postseal/internal/demo"
)

// newSite serves the page in front of a world and gives its base URL.
func newSite(t *testing.T, w world) (page, files string) {
	t.Helper()
	var filesHandler http.Handler
	fs := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { filesHandler.ServeHTTP(rw, r) }))
	t.Cleanup(fs.Close)
	s, err := demo.NewSite(demo.SiteConfig{Front: w.front, Catcher: w.catcher, Files: fs.URL, Now: func() time.Time { return arrival }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	filesHandler = s.Files()
	ps := httptest.NewServer(s.Handler())
	t.Cleanup(ps.Close)
	return ps.URL, fs.URL
}

// get gives status, header and body of one request.
func get(t *testing.T, address string) (*http.Response, string) {
	t.Helper()
	r, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	return r, read(t, r)
}

func read(t *testing.T, r *http.Response) string {
	t.Helper()
	defer func() { _ = r.Body.Close() }()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// compose posts the form with these values and, when file is not nil, an attachment.
func compose(t *testing.T, page string, values url.Values, file []byte) (*http.Response, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, v := range values {
		_ = w.WriteField(name, v[0]) // into memory
	}
	if file != nil {
		f, _ := w.CreateFormFile("file", "größe \"1\".bin")
		_, _ = f.Write(file)
	}
	_ = w.Close()
	r, err := http.Post(page+"/send", w.FormDataContentType(), &b)
	if err != nil {
		t.Fatal(err)
	}
	return r, read(t, r)
}

func TestWhatStaffComposeArrives(t *testing.T) {
	w := newWorld(t, accept)
	page, _ := newSite(t, w)
	file := []byte("\x00\xff\r\n.\r\nbytes")
	r, body := compose(t, page, url.Values{"from": {"alex.morgan@borough.example"}, "to": {"Jörg <jane@y.example>; k@y.example"}, "cc": {"c@y.example"}, "bcc": {"b@y.example"},
		"subject": {"Grüße\r\nX-Injected: yes"}, "sensitivity": {"Company-Confidential"}, "label": {"OFFICIAL-SENSITIVE"}, "text": {"Hello <you>\nsecond"}, "format": {"html"}, "sample": {"yes"}}, file)
	if r.StatusCode != http.StatusOK || !strings.Contains(body, "on its way") {
		t.Fatalf("got %d, want the page that says it is on its way", r.StatusCode)
	}
	m, ok := w.catcher.Mail(1)
	if !ok {
		t.Fatal("nothing arrived")
	}
	if got, want := strings.Join(m.To, " "), "jane@y.example k@y.example c@y.example b@y.example"; got != want {
		t.Errorf("recipients: got %q, want %q", got, want)
	}
	head, _, _ := strings.Cut(string(m.Raw), "\r\n\r\n")
	for _, want := range []string{"Sensitivity: Company-Confidential\r\n", "_Name=OFFICIAL-SENSITIVE", "<jane@y.example>, <k@y.example>", "Date: Sun, 21 Aug 2016 12:21:00"} {
		if !strings.Contains(strings.ReplaceAll(head, "\r\n ", " ")+"\r\n", want) {
			t.Errorf("the header lacks %q:\n%s", want, head)
		}
	}
	if strings.Contains(string(m.Raw), "b@y.example") || strings.Contains(head, "\nX-Injected") {
		t.Errorf("Bcc or a typed header field got into the mail:\n%s", head)
	}
	p := m.Parsed
	if p.Text != "Hello <you>\r\nsecond\r\n" || !strings.Contains(p.HTML, "Hello &lt;you&gt;<br>") || p.Subject != "Grüße X-Injected: yes" {
		t.Errorf("got text %q, HTML %q, subject %q", p.Text, p.HTML, p.Subject)
	}
	if len(p.Files) != 2 || !bytes.Equal(p.Files[0].Body, demo.Sample().Body) || !bytes.Equal(p.Files[1].Body, file) || p.Files[1].Name != `größe "1".bin` {
		t.Errorf("got files %+v", p.Files)
	}
}

func TestRefusalsAreShownInWordsAndKeepTheDraft(t *testing.T) {
	refuse := func(milter.Modifier) (*milter.Response, error) {
		return milter.RejectWithCodeAndReason(550, "5.7.1 Only <enabled> people may send [SECURE] mail")
	}
	for _, c := range []struct {
		name   string
		answer func(milter.Modifier) (*milter.Response, error)
		to     string
		words  []string
	}{
		{"refused", refuse, "jane@y.example", []string{"refused the message", "550 5.7.1 Only &lt;enabled&gt; people may send [SECURE] mail", "my words"}},
		{"later", func(milter.Modifier) (*milter.Response, error) { return milter.RespTempFail, nil }, "jane@y.example", []string{"take the message later", "451 4.7.1", "my words"}},
		{"no recipient", accept, " ; ", []string{"Write at least one address", "my words"}},
		{"no address", accept, "jane doe", []string{"&#34;jane doe&#34; cannot be read", "my words"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.answer)
			page, _ := newSite(t, w)
			_, body := compose(t, page, url.Values{"from": {"alex.morgan@borough.example"}, "to": {c.to}, "text": {"my words"}}, nil)
			for _, want := range c.words {
				if !strings.Contains(body, want) {
					t.Errorf("the page lacks %q", want)
				}
			}
			if w.catcher.Last() != 0 {
				t.Error("something was delivered")
			}
		})
	}
}

func TestEveryThingToTryFillsAFormThatCanBeSent(t *testing.T) {
	w := newWorld(t, accept)
	page, _ := newSite(t, w)
	_, first := get(t, page+"/")
	keys := strings.Split(first, `href="/?try=`)[1:]
	if len(keys) < 5 {
		t.Fatalf("got %d things to try", len(keys))
	}
	for _, k := range keys {
		key, _, _ := strings.Cut(k, "#")
		_, body := get(t, page+"/?try="+key)
		_, to, _ := strings.Cut(body, `name="to" list="people" value="`)
		if to, _, _ = strings.Cut(to, `"`); !strings.Contains(to, "@") {
			t.Errorf("%s: To is %q", key, to)
		}
	}
}

const hostile = "From: x@x.example\r\nSubject: <b>bold</b>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" +
	"--x\r\nContent-Type: text/html\r\n\r\n<html><head><title>t</title></head><body><script>alert(1)</script>hello</body></html>\r\n" +
	"--x\r\nContent-Type: text/html; name=securedoc.html\r\nContent-Disposition: attachment; filename=securedoc.html\r\n\r\n<p>page</p>\r\n--x--\r\n"

func TestMailIsShownWithoutItsScripts(t *testing.T) {
	w := newWorld(t, accept)
	page, files := newSite(t, w)
	if _, err := w.catcher.Deliver(demo.Reentry, "", []string{"jane.doe@mail.example"}, []byte(hostile)); err != nil {
		t.Fatal(err)
	}
	r, body := get(t, page+"/mail/1")
	if strings.Contains(body, "<b>bold") || !strings.Contains(body, files+"/1/securedoc.html") || !strings.Contains(r.Header.Get("Content-Security-Policy"), "script-src 'self'") {
		t.Error("the mail's page shows a subject as HTML, or does not link securedoc.html, or has no policy")
	}
	r, body = get(t, page+"/mail/1/body")
	if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "sandbox") || strings.Contains(csp, "allow-scripts") || !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("the mail's text has the policy %q", csp)
	}
	if !strings.Contains(body, `<head><base target="_blank">`) {
		t.Errorf("links would open in the frame: %q", body)
	}
	r, body = get(t, page+"/mail/1/message.eml")
	if body != hostile || !strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the .eml is not what arrived, or is not a download")
	}
	r, body = get(t, page+"/mail/1/file/0")
	if strings.TrimSpace(body) != "<p>page</p>" || !strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the attachment: got %q as %q", body, r.Header.Get("Content-Disposition"))
	}
}

func TestSecuredocHasAnOriginOfNobody(t *testing.T) {
	w := newWorld(t, accept)
	_, files := newSite(t, w)
	if _, err := w.catcher.Deliver(demo.Reentry, "", []string{"jane.doe@mail.example"}, []byte(hostile)); err != nil {
		t.Fatal(err)
	}
	r, body := get(t, files+"/1/securedoc.html")
	csp := r.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "sandbox") || !strings.Contains(csp, "allow-scripts") || strings.Contains(csp, "allow-same-origin") || strings.TrimSpace(body) != "<p>page</p>" {
		t.Errorf("got %q with the policy %q", body, csp)
	}
}

func TestOtherSitesAndNamesAreRefused(t *testing.T) {
	w := newWorld(t, accept)
	page, files := newSite(t, w)
	do := func(method, address string, change func(*http.Request)) int {
		req, err := http.NewRequest(method, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		change(req)
		r, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Body.Close() }()
		return r.StatusCode
	}
	for _, address := range []string{page + "/", files + "/1/securedoc.html"} {
		if got := do("GET", address, func(r *http.Request) { r.Host = "rebound.example:80" }); got != http.StatusMisdirectedRequest {
			t.Errorf("%s by another name: got %d, want 421", address, got)
		}
	}
	for _, origin := range []string{"http://evil.example", "null"} {
		if got := do("POST", page+"/send", func(r *http.Request) { r.Header.Set("Origin", origin) }); got != http.StatusForbidden {
			t.Errorf("a form from %s: got %d, want 403", origin, got)
		}
	}
	if got := do("GET", page+"/", func(r *http.Request) { r.Host = "localhost" }); got != http.StatusOK {
		t.Errorf("localhost: got %d, want 200", got)
	}
}

func TestInboxesTellWhenNothingIsNew(t *testing.T) {
	w := newWorld(t, accept)
	page, _ := newSite(t, w)
	if r, _ := get(t, page+"/boxes?after=0"); r.StatusCode != http.StatusNoContent {
		t.Errorf("nothing new: got %d, want 204", r.StatusCode)
	}
	if _, err := w.catcher.Deliver(demo.Clear, "", []string{"somebody@else.example"}, []byte("Subject: hello\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	r, body := get(t, page+"/boxes?after=0")
	if r.StatusCode != http.StatusOK || r.Header.Get("X-Last") != "1" || !strings.Contains(body, "somebody@else.example") || !strings.Contains(body, "hello") {
		t.Errorf("something new: got %d, %q", r.StatusCode, body)
	}
}
