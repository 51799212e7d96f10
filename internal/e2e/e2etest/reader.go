package e2etest

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/postseal/postseal/envelope"
)

// Reader is a recipient who opens envelopes as securedoc.html does, through the
// JSON API, with the codes that come by mail to a Sink.
type Reader struct {
	t       testing.TB
	seal    *Postseal
	box     *Sink
	address string
	browser string
	session string // of the last sign-in
}

// NewReader makes a reader whose mail arrives in box.
func NewReader(t testing.TB, s *Postseal, box *Sink, address string) *Reader {
	return &Reader{t: t, seal: s, box: box, address: address, browser: rand.Text()}
}

// Refused is what the key server said instead of giving a key.
type Refused struct {
	Status int
	Code   string `json:"error"`
	Text   string `json:"text"`
}

func (r *Refused) Error() string { return fmt.Sprintf("%d %s: %s", r.Status, r.Code, r.Text) }

// Open asks for a code, reads it from the mail, fetches the key and gives the
// original message. It fails the test when any of it does not work.
func (r *Reader) Open(raw []byte) []byte {
	r.t.Helper()
	s := ReadSealed(r.t, raw)
	key, err := r.KeyByCode(s)
	if err != nil {
		r.t.Fatalf("%s asks for the key: %v", r.address, err)
	}
	var original bytes.Buffer
	if err := envelope.Open(&original, bytes.NewReader(s.Container), key, maxSinkBytes); err != nil {
		r.t.Fatalf("opening: %v", err)
	}
	return original.Bytes()
}

// KeyByCode signs in with a mailed code. The error is a *Refused when the key
// server says no.
func (r *Reader) KeyByCode(s Sealed) (envelope.Key, error) {
	r.t.Helper()
	before := r.codeMails()
	if err := r.call(s, "code", url.Values{}, &struct{}{}); err != nil {
		return envelope.Key{}, err
	}
	r.box.WaitFor("a code for "+r.address, func(Delivery) bool { return len(r.codeMails()) > len(before) })
	mails := r.codeMails()
	return r.key(s, url.Values{"code": {codeIn(r.t, mails[len(mails)-1].Raw)}})
}

// KeyByPassword signs in with a password.
func (r *Reader) KeyByPassword(s Sealed, password string) (envelope.Key, error) {
	r.t.Helper()
	return r.key(s, url.Values{"password": {password}})
}

func (r *Reader) key(s Sealed, v url.Values) (envelope.Key, error) {
	var answer struct {
		Key     string `json:"key"`
		Session string `json:"session"`
	}
	if err := r.call(s, "open", v, &answer); err != nil {
		return envelope.Key{}, err
	}
	r.session = answer.Session
	b, err := base64.RawURLEncoding.DecodeString(answer.Key)
	if err != nil {
		return envelope.Key{}, err
	}
	return envelope.KeyFromBytes(b)
}

func (r *Reader) call(s Sealed, method string, v url.Values, into any) error {
	v.Set("id", s.Page.ID.String())
	v.Set("t", s.Page.Secret.Encode())
	v.Set("address", r.address)
	v.Set("browser", r.browser)
	return r.post(s, method, "application/x-www-form-urlencoded", strings.NewReader(v.Encode()), into)
}

// Reply answers the sender from the page, after Open or one of the Key methods.
func (r *Reader) Reply(s Sealed, text string) error {
	r.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for _, f := range [][2]string{{"session", r.session}, {"id", s.Page.ID.String()}, {"text", text}} {
		if err := form.WriteField(f[0], f[1]); err != nil {
			return err
		}
	}
	if err := form.Close(); err != nil {
		return err
	}
	return r.post(s, "reply", form.FormDataContentType(), &b, &struct{}{})
}

func (r *Reader) post(s Sealed, method, kind string, form io.Reader, into any) error {
	resp, err := r.seal.Client.Post(s.Page.Servers[0]+"/api/v1/"+method, kind, form)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		refused := &Refused{Status: resp.StatusCode}
		_ = json.Unmarshal(body, refused) // an error page of another kind has no fields
		return refused
	}
	return json.Unmarshal(body, into)
}

// codeMails gives the code mails that came for this reader.
func (r *Reader) codeMails() []Delivery {
	var out []Delivery
	for _, d := range r.box.All() {
		if d.Has(r.address) && !bytes.Contains(d.Raw, []byte(SealedName)) && codePattern.Match(TextOf(r.t, d.Raw)) {
			out = append(out, d)
		}
	}
	return out
}

// codePattern is an 8-digit code at the start of a line, with or without a gap in
// the middle.
var codePattern = regexp.MustCompile(`(?m)^\s*(\d{4} ?\d{4}) is your one-time code`)

func codeIn(t testing.TB, raw []byte) string {
	t.Helper()
	m := codePattern.FindSubmatch(TextOf(t, raw))
	if m == nil {
		t.Fatalf("no code in the mail:\n%s", raw)
	}
	return strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, string(m[1]))
}

// TextOf gives the text/plain part of a mail; nil: it has none.
func TextOf(t testing.TB, raw []byte) []byte {
	t.Helper()
	for _, f := range Leaves(t, raw) {
		if f.Type == "text/plain" {
			return f.Body
		}
	}
	return nil
}
