package e2e_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// Nothing that was secret in all the ways before this one, nor in the one walked
// here, stands in a log, a metric, a file that stays, or in Redis: no key, code,
// password, answer, session, link, and no word of a text or of a subject that
// policy hides. CJSM-1
func secretsNowhere(t *testing.T, w *world) {
	const from, to = "lena@example.gov.uk", "zoe@home.example"
	const subject = "[SECURE] Kingfisher, telephone 020 7946 0958"
	ni := w.keep("text", "QQ 12 34 56 C")
	w.keep("text", "QQ123456C")
	w.keep("hidden subject", "Kingfisher")
	w.keep("hidden subject", "7946 0958")
	word := w.keep("text", "xylophone-quartz")
	name := w.keep("file name", "Walrus report.pdf")
	e2etest.MustSend(t, w.Submission, from, []string{to}, withFiles(from, to, subject, "Her number is "+ni+", "+word+".",
		e2etest.File{Name: name, Type: "application/pdf", Body: noise(5000)}), e2etest.SendOptions{Body: "8BITMIME"})
	d := mail(t, w.Outside, "the sealed message", 1, func(d e2etest.Delivery) bool { return d.Has(to) && e2etest.IsSealed(t, d.Raw) })
	l := w.received(t, d)
	w.confirmation(t, from, subject)
	w.typeWrongly(t, l, to)
	w.openByAPI(t, l, to)
	b := w.person(t, e2etest.TabOptions{})
	b.Open(l.link)
	b.Press("Send me a code")
	b.Type("#code", w.code(t, w.Outside, to, 2)+"\r")
	b.Heading(subject)
	b.Press("Reply")
	b.Type("#text", w.keep("reply", "platypus-harbour"))
	b.Press("Send")
	b.Heading("Message sent")
	w.answer(t, from)

	w.keepMore(t)
	e2etest.Eventually(t, "the queue to be empty", func() bool { return w.Queued() == 0 })
	for _, leaf := range e2etest.Leaves(t, l.mail) {
		w.search(t, "the mail to an outsider, "+leaf.Type, leaf.Body, "text", "hidden subject", "file name")
	}
	head, _, _ := bytes.Cut(l.mail, []byte("\r\n\r\n"))
	w.search(t, "the header of the mail to an outsider", head, "text", "hidden subject", "file name")

	id := l.sealed.Page.ID.String()
	log := w.seal.Output()
	if !strings.Contains(log, id) {
		t.Error("the log does not even name the message: the search is no use")
	}
	w.search(t, "the daemon's log", []byte(log))
	w.search(t, "the metrics", []byte(w.seal.Metrics()))
	w.searchDir(t, w.seal.Dir, "master.key", "tls.key", "tls.crt")
	w.searchDir(t, w.Postfix.Dir)
	c := w.redis.Client()
	defer c.Close()
	if err := c.ConfigSet(context.Background(), "rdbcompression", "no").Err(); err != nil {
		t.Fatal(err)
	}
	if err := c.Save(context.Background()).Err(); err != nil {
		t.Fatal(err)
	}
	dump, err := os.ReadFile(filepath.Join(w.redis.Dir, "dump.rdb"))
	if err != nil || !bytes.Contains(dump, []byte(id)) {
		t.Fatalf("the dump of Redis does not even name the message: the search is no use (%v)", err)
	}
	w.searchDir(t, w.redis.Dir) // dump and append-only file: every key, value and command
	_ = filepath.WalkDir(filepath.Join(w.seal.Dir, "spool"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && d.Name() != "workroom" { // that one holds the directory's name
			t.Errorf("a file was left in the spool: %s", path)
		}
		return err
	})
}

// typeWrongly types a password and a code that are wrong: those are secrets too,
// since people mistype theirs.
func (w *world) typeWrongly(t *testing.T, l letter, to string) {
	t.Helper()
	b := w.person(t, e2etest.TabOptions{})
	b.Open(l.file)
	b.Type("#password", w.keep("wrong password", "mistyped walnut")+"\r")
	b.Says("does not match this address")
	b.Press("Send me a code")
	b.Heading("Check your email")
	w.code(t, w.Outside, to, 1)
	b.Type("#code", w.keep("wrong code", "00000017")+"\r")
	b.Says("That did not match")
}

// openByAPI opens as the page does, to know the key and the session that it gets.
func (w *world) openByAPI(t *testing.T, l letter, to string) {
	t.Helper()
	password := w.password(to)
	b := w.person(t, e2etest.TabOptions{})
	w.registerTo(t, b, l, to, password)
	w.ask(t, l, to, "open", url.Values{"password": {password}})
}

// ask calls the key server as the page does, and keeps the key and the session
// that it gets.
func (w *world) ask(t *testing.T, l letter, address, call string, v url.Values) (key []byte) {
	t.Helper()
	v.Set("id", l.sealed.Page.ID.String())
	v.Set("t", l.sealed.Page.Secret.Encode())
	v.Set("address", address)
	v.Set("browser", w.keep("browser", "page of "+address+", 0123456789"))
	resp, err := w.seal.Client.PostForm(w.seal.PortalURL+"/api/v1/"+call, v)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct{ Key, Session string }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: got %d %v", call, resp.StatusCode, err)
	}
	if call != "open" {
		return nil
	}
	key, err = base64.RawURLEncoding.DecodeString(answer.Key)
	if err != nil || len(key) != 32 {
		t.Fatalf("key: %v", err)
	}
	w.keep("key", string(key))
	w.keep("session", answer.Session)
	return key
}

// keepMore adds what only the end knows: all codes and links that were mailed,
// and the master keys.
func (w *world) keepMore(t *testing.T) {
	t.Helper()
	for _, d := range append(w.Outside.All(), w.Inside.All()...) {
		text := plainText(t, d.Raw)
		for _, m := range codeInMail.FindAllStringSubmatch(text, -1) {
			w.keep("code", m[1])
		}
		if link := activationInMail.FindString(text); link != "" {
			w.keep("activation", link[strings.Index(link, "?t=")+3:])
		}
	}
	master, err := os.ReadFile(w.seal.MasterKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range strings.Fields(string(master)) {
		if len(field) >= 40 {
			w.keep("master key", field)
		}
	}
	kinds := map[string]int{}
	for _, s := range w.secrets {
		kinds[s.what]++
	}
	t.Logf("looking for %v", kinds)
	for _, kind := range []string{"key", "master key", "code", "password", "answer", "session", "activation", "link", "text", "cookie"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s was planted: the search is no use", kind)
		}
	}
}

// searchDir searches every file below dir but those named.
func (w *world) searchDir(t *testing.T, dir string, but ...string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !d.Type().IsRegular() {
			return nil
		}
		if err != nil {
			return err
		}
		for _, name := range but {
			if d.Name() == name {
				return nil
			}
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a queue file that has just gone
		}
		files++
		w.search(t, path, b)
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%s: %d files searched: %v", dir, files, err)
	}
}

// search looks for the secrets (of the kinds named; all without) in any usual form.
func (w *world) search(t *testing.T, where string, hay []byte, kinds ...string) {
	t.Helper()
	low := bytes.ToLower(hay)
	for _, s := range w.secrets {
		if len(kinds) > 0 && !strings.Contains(" "+strings.Join(kinds, " ")+" ", " "+s.what+" ") {
			continue
		}
		for form, text := range spellings(s.value) {
			if holds(low, []byte(strings.ToLower(text))) {
				t.Errorf("%s holds a %s (%s)", where, s.what, form)
			}
		}
	}
}

// spellings gives a secret as it could stand somewhere.
func spellings(value string) map[string]string {
	b := []byte(value)
	out := map[string]string{"as it is": value, "escaped": url.QueryEscape(value), "path-escaped": url.PathEscape(value)}
	if len(b) < 12 { // short ones would be found anywhere
		return out
	}
	out["hex"], out["base64"], out["base64url"] = hex.EncodeToString(b), base64.RawStdEncoding.EncodeToString(b), base64.RawURLEncoding.EncodeToString(b)
	return out
}

// holds finds digits only where they are not part of a longer number.
func holds(hay, needle []byte) bool {
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	for from := 0; ; {
		i := bytes.Index(hay[from:], needle)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(needle)
		if !digit(needle[0]) || (start == 0 || !digit(hay[start-1])) && (end == len(hay) || !digit(hay[end])) {
			return true
		}
		from = start + 1
	}
}
