package portal_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/portal"
)

// pageOf writes securedoc.html around any bytes.
func pageOf(t *testing.T, id envelope.ID, secret envelope.Secret, container io.Reader) string {
	t.Helper()
	var page bytes.Buffer
	must(t, envelope.WritePage(&page, envelope.Page{ID: id, Secret: secret, Servers: []string{"https://secure.example.gov.uk"},
		Organisation: "Borough of Example", From: officer.String(), To: []string{carer.String()}}, container))
	return page.String()
}

// A stranger's file costs no disk: its container is not even read before the id
// and the secret in its head were found to be right.
func TestStrangersFileIsNotTaken(t *testing.T) {
	h := newHouse(t, func(c *portal.Config) { c.Servers = []string{"https://secure.example.gov.uk"} })
	l := h.seal(plainMail, carer)
	secret, err := envelope.ParseSecret(base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	must(t, err)
	big := bytes.Repeat([]byte("nothing of yours "), 1<<20) // 17 MB
	kind, body := multipartForm(t, field{name: "page", file: "securedoc.html", kind: "text/html", value: pageOf(t, l.id, secret, bytes.NewReader(big))})
	r := &counting{r: body}
	req := httptest.NewRequest(http.MethodPost, "/open", r)
	req.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	h.web.Config.Handler.ServeHTTP(w, req)
	if w.Code != 404 || !strings.Contains(w.Body.String(), "not here yet") {
		t.Errorf("got %d", w.Code)
	}
	if r.n > 512<<10 {
		t.Errorf("%d bytes of a stranger's file were read", r.n)
	}
}

// Strangers who send slowly do not keep others from posting their message: a
// place is taken only by who has shown id and secret.
func TestSlowStrangersBlockNobody(t *testing.T) {
	h := newHouse(t)
	l := h.seal(plainMail, carer)
	for range 8 {
		in, out := io.Pipe()
		t.Cleanup(func() { _ = out.Close() })
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.web.URL+"/open", in)
		must(t, err)
		req.Header.Set("Content-Type", "multipart/form-data; boundary=B")
		go func() {
			if resp, err := http.DefaultClient.Do(req); err == nil {
				_ = resp.Body.Close()
			}
		}()
		_, err = io.WriteString(out, "--B\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\na") // and then nothing
		must(t, err)
	}
	done := make(chan *browser, 1)
	go func() { done <- h.browser().stage(l.fields()...) }()
	select {
	case b := <-done:
		b.reads(200, "/signin", carer.String())
	case <-time.After(10 * time.Second):
		t.Fatal("strangers who send nothing keep everybody out")
	}
}

// A stranger's reply costs no disk: files are kept only for who may answer.
func TestStrangersReplyKeepsNoFile(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	h.account(carer, "correct horse battery")
	h.account(other, "correct horse battery")
	elsewhere := h.seal(plainMail, other)
	_, opened := h.call("open", elsewhere.call("address", other.String(), "password", "correct horse battery")...)
	file := field{name: "file", file: "x.bin", kind: "application/x-x", value: strings.Repeat("x", 60<<10)}
	b := h.browser().open(l.link) // has a form secret and the mail, but is nobody
	_, fields := b.form("Send me a code")
	var cookies strings.Builder
	for _, c := range b.client.Jar.Cookies(b.at) {
		cookies.WriteString(c.Name + "=" + c.Value + ";")
	}
	for name, c := range map[string]struct {
		path, cookie string
		fields       []field
	}{
		"not signed in":    {l.page + "/reply", cookies.String(), []field{{name: "form", value: fields["form"]}, file}},
		"another's letter": {"/api/v1/reply", "", []field{{name: "session", value: opened["session"].(string)}, {name: "id", value: l.id.String()}, file}},
	} {
		kind, body := multipartForm(t, c.fields...)
		whole := body.Bytes()
		cut := len(whole) - 1024 // the end never comes, so the server stands where it is
		in, out := io.Pipe()
		req := httptest.NewRequest(http.MethodPost, c.path, in)
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Cookie", c.cookie)
		done := make(chan int, 1)
		go func() {
			w := httptest.NewRecorder()
			h.web.Config.Handler.ServeHTTP(w, req)
			_ = in.Close()
			done <- w.Code
		}()
		_, _ = out.Write(whole[:cut]) // may be refused before its end
		if n := spooled(t, h.spool); n > 0 {
			t.Errorf("%s: %d files are kept", name, n)
		}
		_, _ = out.Write(whole[cut:])
		_ = out.Close()
		if code := <-done; code < 300 {
			t.Errorf("%s: got %d", name, code)
		}
	}
}

// spooled counts the files without a name that this process has open below dir.
func spooled(t *testing.T, dir string) (n int) {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	for _, fd := range fds {
		if to, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.HasPrefix(to, dir) {
			n++
		}
	}
	return n
}

// A page that a link in a message opens has no hold on the message's page: with
// a window name or rel=opener it could put its own in that place.
func TestLinksLeaveNoOpener(t *testing.T) {
	got := portal.Display(strings.NewReader("Content-Type: text/html\r\n\r\n<a target=named rel=opener href=https://x.example/>go</a>" +
		"<map><area TARGET=other href=https://x.example/></map><svg><a xlink:href=https://x.example/ target=third>go</a></svg><math href=https://x.example/>x</math>")).HTML
	for _, bad := range []string{"named", "opener", "other", "third", "xlink:href", "math href"} {
		if strings.Contains(got, bad) {
			t.Errorf("the frame has %q: %s", bad, got)
		}
	}
	if strings.Count(got, `href="https://x.example/"`) != 1 { // the areas of a picture cannot show where they lead: they lead nowhere
		t.Errorf("the link is gone, or there are more: %s", got)
	}
}

// A part's header is collected in memory: a stranger's is not, however long.
func TestStrangersHeadersAreNotCollected(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	b := h.browser().open(l.link)
	_, fields := b.form("Send me a code")
	long := "Content-Disposition: form-data; name=\"x\"\r\nX-Long: " + strings.Repeat("x", 8<<20) + "\r\n\r\n"
	for name, c := range map[string]struct{ path, before string }{
		"posting":          {"/open", ""},
		"reply":            {l.page + "/reply", ""},
		"reply, no person": {l.page + "/reply", "Content-Disposition: form-data; name=\"form\"\r\n\r\n" + fields["form"] + "\r\n--B\r\n"},
		"reply of a page":  {"/api/v1/reply", ""},
	} {
		r := &counting{r: strings.NewReader("--B\r\n" + c.before + long + "x\r\n--B--\r\n")}
		req := httptest.NewRequest(http.MethodPost, c.path, r)
		req.Header.Set("Content-Type", "multipart/form-data; boundary=B")
		for _, c := range b.client.Jar.Cookies(b.at) {
			req.AddCookie(c)
		}
		w := httptest.NewRecorder()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		h.web.Config.Handler.ServeHTTP(w, req)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 || w.Code < 300 {
			t.Errorf("%s: got %d, %d bytes allocated", name, w.Code, used)
		}
	}
}
