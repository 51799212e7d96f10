package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/postseal/postseal/envelope"
)

// keyHolder does what the script of securedoc.html does, in Go: it reads the
// page, signs in through the JSON API without a cookie, and decrypts.
type keyHolder struct {
	page      envelope.Page
	container []byte
	browser   string // names this "browser" to the key server
}

// newKeyHolder opens the securedoc.html of a mail.
func newKeyHolder(m *Mail) (*keyHolder, error) {
	var container bytes.Buffer
	page, err := envelope.ReadPage(bytes.NewReader(m.Page().Body), &container, MaxMailBytes)
	if err != nil {
		return nil, err
	}
	return &keyHolder{page: page, container: container.Bytes(), browser: rand.Text()}, nil
}

// opened is the answer of the key server, as far as the walk looks at it.
type opened struct {
	Key     string `json:"key"`
	Digest  string `json:"digest"`
	Session string `json:"session"`
}

// apiError is a refusal of the key server.
type apiError struct {
	Status int
	Code   string `json:"error"`
	Text   string `json:"text"`
}

func (e *apiError) Error() string {
	return fmt.Sprintf("the key server refused: %d %s: %s", e.Status, e.Code, e.Text)
}

// call posts a short form to the first key server that the page names.
func (k *keyHolder) call(ctx context.Context, method string, values url.Values, into any) error {
	values.Set("id", k.page.ID.String())
	values.Set("t", k.page.Secret.Encode())
	values.Set("browser", k.browser)
	return k.post(ctx, method, "application/x-www-form-urlencoded", strings.NewReader(values.Encode()), into)
}

// post is what both short forms and replies go by: an origin of nobody, no
// cookie, and an answer that a browser would let the page read.
func (k *keyHolder) post(ctx context.Context, method, kind string, form io.Reader, into any) error {
	if len(k.page.Servers) == 0 {
		return errors.New("the page names no key server")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, k.page.Servers[0]+"/api/v1/"+method, form)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Origin", "null") // that of a file
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return err
	}
	if r.Header.Get("Access-Control-Allow-Origin") != "*" {
		return fmt.Errorf("a browser would not let the page read the answer to %s", method)
	}
	if r.StatusCode != http.StatusOK {
		refused := &apiError{Status: r.StatusCode}
		if err := json.Unmarshal(body, refused); err != nil {
			return fmt.Errorf("%s: %s: %w", method, r.Status, err)
		}
		return refused
	}
	return json.Unmarshal(body, into)
}

// decrypt opens the container after it has compared it with what the record
// says was sealed.
func (k *keyHolder) decrypt(o opened) ([]byte, error) {
	digest, err := envelope.DigestOf(bytes.NewReader(k.container))
	if err != nil {
		return nil, err
	}
	if got := hex.EncodeToString(digest[:]); got != o.Digest {
		return nil, fmt.Errorf("the container's digest is %s, the record says %s", got, o.Digest)
	}
	b, err := base64.RawURLEncoding.DecodeString(o.Key)
	if err != nil {
		return nil, errors.New("the key server's key cannot be read")
	}
	key, err := envelope.KeyFromBytes(b)
	if err != nil {
		return nil, err
	}
	var original bytes.Buffer
	err = envelope.Open(&original, bytes.NewReader(k.container), key, MaxMailBytes)
	return original.Bytes(), err
}

// eightDigits is a code as the mail states it, with or without a gap.
var eightDigits = regexp.MustCompile(`\b(\d{4})\s?(\d{4})\b`)

// signIn asks for a code for address, takes it from the mail and opens.
func (w *walker) signIn(ctx context.Context, k *keyHolder, address string) (opened, error) {
	after := w.Catcher.Last()
	var asked struct {
		Sent bool `json:"sent"`
	}
	if err := k.call(ctx, "code", url.Values{"address": {address}}, &asked); err != nil {
		return opened{}, err
	}
	digits, err := w.code(ctx, after, address)
	if err != nil {
		return opened{}, err
	}
	var o opened
	err = k.call(ctx, "open", url.Values{"address": {address}, "code": {digits}}, &o)
	return o, err
}

// code takes the code from the mail that comes for address.
func (w *walker) code(ctx context.Context, after int, address string) (string, error) {
	m, err := w.wait(ctx, after, address, "mail with a code", func(m *Mail) bool { return service(m) && eightDigits.MatchString(m.Parsed.Text) })
	if err != nil {
		return "", err
	}
	digits := eightDigits.FindStringSubmatch(m.Parsed.Text)
	return digits[1] + digits[2], nil
}

// openFile opens the attachment of the flagged message as its recipient, who
// has no account.
func (w *walker) openFile(ctx context.Context) (err error) {
	if w.file, err = newKeyHolder(w.flagged.arrived); err != nil {
		return err
	}
	if w.opened, err = w.signIn(ctx, w.file, Outside()[1].Address); err != nil {
		return err
	}
	original, err := w.file.decrypt(w.opened)
	if err != nil {
		return err
	}
	return same("what the file holds", original, w.flagged.raw)
}

// refuseStranger forwards the same file to somebody who proves to be somebody
// else.
func (w *walker) refuseStranger(ctx context.Context) error {
	k, err := newKeyHolder(w.flagged.arrived)
	if err != nil {
		return err
	}
	o, err := w.signIn(ctx, k, Outside()[2].Address)
	var refused *apiError
	if errors.As(err, &refused) && refused.Code == "not_recipient" && o.Key == "" {
		return nil
	}
	return fmt.Errorf("got %v, want the refusal not_recipient", err)
}

// replyFromFile answers from the opened file.
func (w *walker) replyFromFile(ctx context.Context) error {
	after, answer := w.Catcher.Last(), File{Name: "note.txt", Body: []byte("as discussed\r\n")}
	form, kind, err := multipartForm([]entry{{"session", w.opened.Session}, {"id", w.file.page.ID.String()}, {"t", w.file.page.Secret.Encode()}, {"text", replyWords}}, []File{answer})
	if err != nil {
		return err
	}
	var done struct {
		Sent bool `json:"sent"`
	}
	if err := w.file.post(ctx, "reply", kind, form, &done); err != nil {
		return err
	}
	w.answered, err = w.replied(ctx, after, w.flagged, Outside()[1], answer)
	return err
}
