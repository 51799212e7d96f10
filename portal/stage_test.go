package portal_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/portal"
)

// lines is how securedoc.html carries a container.
func lines(b []byte) string {
	var out strings.Builder
	for s := base64.StdEncoding.EncodeToString(b); s != ""; {
		n := min(72, len(s))
		out.WriteString(s[:n] + "\r\n")
		s = s[n:]
	}
	return out.String()
}

func (b *browser) stage(fields ...field) *browser {
	b.h.t.Helper()
	kind, body := multipartForm(b.h.t, fields...)
	b.post("/open", kind, body)
	return b
}

func (l letter) fields() []field {
	return []field{{name: "id", value: l.id.String()}, {name: "t", value: l.secret.Encode()}, {name: "ct", value: lines(l.container)}}
}

// BOP-14, BOP-21, facts C(4): the file's Open button brings the container along,
// and the message opens although the shelf never had it.
func TestPostedContainerOpens(t *testing.T) {
	h := newHouse(t)
	l := h.seal(plainMail, carer)
	b := h.browser().stage(l.fields()...)
	b.reads(200, "/signin", carer.String())
	b.byCode(carer).reads(200, l.page, "the plan")
	// With a session of the day it opens at once, also by a page that gateways indented.
	fields := l.fields()
	fields[2].value = strings.ReplaceAll(fields[2].value, "\r\n", "\n \t")
	b.stage(fields...).reads(200, l.page, "the plan")
}

// C6: the link is over, the file is not; it can also be handed in as a file.
func TestMissingContainerAsksForTheFile(t *testing.T) {
	h := newHouse(t, func(c *portal.Config) { c.Formerly = []string{"https://old.example.gov.uk"} })
	l := h.seal(plainMail, carer)
	h.clock = h.clock.Add(15 * 24 * time.Hour)
	b := h.browser().open(l.link).byCode(carer)
	b.reads(410, l.page, "Please open the attached file", "The link in the email worked until Friday 17 July 2026, 10:30 BST", "choose it here", "securedoc.html")

	var page bytes.Buffer
	must(t, envelope.WritePage(&page, envelope.Page{Version: 1, ID: l.id, Secret: l.secret, Servers: []string{"https://secure.example.gov.uk"}, Organisation: "Borough of Example",
		From: "Jane Doe <jane.doe@example.gov.uk>", To: []string{carer.String()}, Form: envelope.Classic, Expires: h.clock, Date: h.clock}, bytes.NewReader(l.container)))
	b.stage(field{name: "page", file: "securedoc.html", kind: "text/html", value: page.String()}).reads(200, l.page, "the plan")

	half := page.String()[:strings.Index(page.String(), `name="ct"`)+100]
	theirs := func(server string) string {
		var page bytes.Buffer
		must(t, envelope.WritePage(&page, envelope.Page{Version: 1, ID: envelope.ID{7}, Secret: l.secret, Servers: []string{server}, Organisation: "x"}, bytes.NewReader(l.container)))
		return page.String()
	}
	newer := strings.Replace(page.String(), `"v": 1`, `"v": 9`, 1)
	if newer == page.String() {
		t.Fatal("the page does not say its version as this test thinks")
	}
	for name, c := range map[string]struct {
		file   string
		status int
		words  []string
	}{
		"half":               {half, 400, []string{"This file is not complete", "lost or changed on its way"}},
		"other":              {"<html>hello", 400, []string{"This is not one of our messages"}},
		"nothing":            {"", 400, []string{"This is not one of our messages"}},
		"newer":              {newer, 400, []string{"newer than this website"}},
		"other organisation": {theirs("https://secure.elsewhere.example"), 400, []string{"from another organisation", "secure.elsewhere.example"}},
		"ours, unknown":      {theirs(h.web.URL), 404, []string{"not here yet"}},
		"ours, an old name":  {theirs("https://old.example.gov.uk"), 404, []string{"not here yet"}},
	} {
		b.stage(field{name: "page", file: "securedoc.html", kind: "text/html", value: c.file})
		for _, w := range c.words {
			if b.status != c.status || !strings.Contains(b.words(), w) {
				t.Errorf("%s: got %d %s", name, b.status, b.words())
			}
		}
	}
	// What cannot be opened by anybody is told before what is missing.
	_, err := h.store.Recall(t.Context(), l.id, "sender:x", []addr.Address{carer}, "", h.clock)
	must(t, err)
	b.stage(l.fields()...).reads(410, "/open", "This message was taken back")
}

// A second ciphertext under the known key, and a changed file, are shown as
// changed and not kept.
func TestChangedContainerIsNotOpened(t *testing.T) {
	h := newHouse(t)
	l := h.seal(plainMail, carer)
	var forged bytes.Buffer
	_, err := envelope.Seal(&forged, strings.NewReader("From: x\r\n\r\npay to another account"), envelope.SealOptions{Key: l.key, SaltSeed: [32]byte{99}})
	must(t, err)
	flipped := bytes.Clone(l.container)
	flipped[len(flipped)/2] ^= 1
	for name, c := range map[string][]byte{"forged": forged.Bytes(), "flipped": flipped, "cut": l.container[:len(l.container)-1], "garbage": []byte("hello")} {
		fields := l.fields()
		fields[2].value = lines(c)
		b := h.browser().stage(fields...).reads(409, "/open", "This file has been changed since it was sent")
		if b.open(l.link).byCode(carer); b.status != 410 {
			t.Errorf("%s: got %d: it was kept", name, b.status)
		}
	}
	fields := l.fields()
	fields[2].value = "*** not base64 ***"
	h.browser().stage(fields...).reads(400, "/open", "not one of our messages")
}

// A container that changed on the shelf is not opened either.
func TestChangedShelfIsNotOpened(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	h.swap(l, append(bytes.Clone(l.container[:len(l.container)-1]), 0))
	b := h.browser().open(l.link).byCode(carer)
	b.reads(409, l.page, "changed since it was sent").silent("the plan")
	if rec, err := h.store.EnvelopeForOperator(t.Context(), l.id); err != nil || !rec.Recipients[0].OpenedAt.IsZero() {
		t.Errorf("it counts as opened: %v %v", rec.Recipients, err)
	}
}

// counting tells how much of a body was read.
type counting struct {
	r io.Reader
	n int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// Not one anonymous byte is stored: without the secret the container is not even read.
func TestStagingNeedsTheSecretFirst(t *testing.T) {
	h := newHouse(t)
	l := h.seal(plainMail, carer)
	big := strings.Repeat(lines(make([]byte, 54))[:72]+"\r\n", 200_000) // 15 MB
	wrong := l.fields()
	wrong[1].value = base64.RawURLEncoding.EncodeToString(make([]byte, 32))
	for name, fields := range map[string][]field{
		"wrong secret":    {wrong[0], wrong[1], {name: "ct", value: big}},
		"no secret":       {wrong[0], {name: "ct", value: big}},
		"container first": {{name: "ct", value: big}, wrong[0], l.fields()[1]},
		"no id":           {l.fields()[1], {name: "ct", value: big}},
	} {
		kind, body := multipartForm(t, fields...)
		r := &counting{r: body}
		req := httptest.NewRequest(http.MethodPost, "/open", r)
		req.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		h.web.Config.Handler.ServeHTTP(w, req)
		if w.Code != 404 || !strings.Contains(w.Body.String(), "not here yet") || len(w.Result().Cookies()) > 0 {
			t.Errorf("%s: got %d", name, w.Code)
		}
		if r.n > 64<<10 {
			t.Errorf("%s: %d bytes were read", name, r.n)
		}
	}
	if files, err := os.ReadDir(h.spool); err != nil || len(files) > 0 {
		t.Errorf("left in the spool: %v %v", files, err)
	}
}

// One message is taken some times in ten minutes, not without end.
func TestStagingIsLimited(t *testing.T) {
	h := newHouse(t)
	l := h.seal(plainMail, carer)
	fields := l.fields()
	fields[2].value = "x"
	b := h.browser()
	for range 20 {
		b.stage(fields...).reads(400, "/open")
	}
	b.stage(l.fields()...).reads(503, "/open", "very busy")
	h.clock = h.clock.Add(10 * time.Minute)
	b.stage(l.fields()...).reads(200, "/signin")
}

// FuzzStage: no form stops the server, and none but the true one is taken.
func FuzzStage(f *testing.F) {
	h := newHouse(f)
	l := h.seal(plainMail, carer)
	seed := func(fields ...field) {
		_, body := multipartForm(f, fields...)
		text := body.String()
		f.Add(strings.ReplaceAll(text, text[2:strings.Index(text, "\r\n")], "B"))
	}
	seed(field{name: "id", value: strings.Repeat("a", 26)}, field{name: "t", value: strings.Repeat("A", 43)}, field{name: "ct", value: "AAAA"})
	seed(field{name: "ct", value: "AAAA"})
	seed(field{name: "page", file: "x.html", kind: "text/html", value: "<meta name=postseal content=x><textarea name=ct>AAAA</textarea>"})
	f.Add("--B\r\nContent-Disposition: form-data; name=id\r\n\r\n")
	f.Fuzz(func(t *testing.T, body string) {
		if strings.Contains(body, l.secret.Encode()) {
			return
		}
		req := httptest.NewRequest(http.MethodPost, "/open", strings.NewReader(body))
		req.Header.Set("Content-Type", "multipart/form-data; boundary=B")
		w := httptest.NewRecorder()
		h.web.Config.Handler.ServeHTTP(w, req)
		if w.Code < 400 || w.Code >= 500 {
			t.Errorf("got %d for %q", w.Code, body)
		}
	})
}
