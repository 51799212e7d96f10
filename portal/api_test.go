package portal_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/store"
)

const nonce = "0123456789abcdef0123456789abcdef"

// call posts a form as securedoc.html does, from an origin that is a file.
func (h *house) call(name string, fields ...string) (int, map[string]any) {
	h.t.Helper()
	v := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	return h.callBody(name, "application/x-www-form-urlencoded", v.Encode())
}

func (h *house) callBody(name, kind, body string) (int, map[string]any) {
	h.t.Helper()
	r, err := http.NewRequest(http.MethodPost, h.web.URL+"/api/v1/"+name, strings.NewReader(body))
	must(h.t, err)
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Origin", "null")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	resp, err := http.DefaultClient.Do(r)
	must(h.t, err)
	defer func() { _ = resp.Body.Close() }()
	if resp.Header.Get("Access-Control-Allow-Origin") != "*" || resp.Header.Get("Access-Control-Allow-Credentials") != "" ||
		len(resp.Cookies()) > 0 || resp.Header.Get("Cache-Control") != "no-store" {
		h.t.Errorf("%s: headers %v", name, resp.Header)
	}
	var out map[string]any
	must(h.t, json.NewDecoder(resp.Body).Decode(&out))
	return resp.StatusCode, out
}

func (l letter) call(more ...string) []string {
	return append([]string{"id", l.id.String(), "t", l.secret.Encode(), "browser", nonce}, more...)
}

// SCC-7, SCC-9, BOP-14: securedoc.html signs in by code, opens, replies and signs out.
func TestAPIByCode(t *testing.T) {
	h := newHouse(t)
	l := h.seal(plainMail, carer)
	status, got := h.call("code", l.call("address", carer.String())...)
	if status != 200 || got["sent"] != true || len(got["reference"].(string)) == 0 {
		t.Fatalf("code: got %d %v", status, got)
	}
	code := h.code(carer)
	if status, got = h.call("open", "id", l.id.String(), "t", l.secret.Encode(), "browser", "another nonce of good length", "address", carer.String(), "code", code); status != 403 {
		t.Errorf("another page: got %d %v", status, got)
	}
	status, got = h.call("open", l.call("address", carer.String(), "code", code)...)
	if status != 200 {
		t.Fatalf("open: got %d %v", status, got)
	}
	raw, err := base64.RawURLEncoding.DecodeString(got["key"].(string))
	must(t, err)
	key, err := envelope.KeyFromBytes(raw)
	must(t, err)
	var opened bytes.Buffer
	must(t, envelope.Open(&opened, bytes.NewReader(l.container), key, 0))
	d := digest(t, l.container)
	reply := got["reply"].(map[string]any)
	if !bytes.Equal(opened.Bytes(), l.original) || got["digest"] != hex.EncodeToString(d[:]) || got["subject"] != "Care plan" ||
		got["from"] != "Jane Doe (jane.doe@example.gov.uk)" || got["sealed_at"] != "2026-07-03T09:30:00Z" || reply["subject"] != "Re: Care plan" || reply["limit"] != float64(64<<10) {
		t.Errorf("open: got %v", got)
	}
	session := got["session"].(string)

	kind, body := multipartForm(t, field{name: "session", value: session}, field{name: "id", value: l.id.String()}, field{name: "text", value: "Thank you"},
		field{name: "file", file: "a.pdf", kind: "application/pdf", value: "%PDF"})
	if status, got = h.callBody("reply", kind, body.String()); status != 200 || got["sent"] != true {
		t.Fatalf("reply: got %d %v", status, got)
	}
	if sent := h.staff.Sent(); len(sent) != 1 || !strings.Contains(string(sent[0].Bytes), "[SECURE] Re: Care plan") {
		t.Errorf("got %v", sent)
	}
	if status, got = h.call("signout", "session", session); status != 200 {
		t.Errorf("signout: got %d %v", status, got)
	}
	kind, body = multipartForm(t, field{name: "session", value: session}, field{name: "id", value: l.id.String()}, field{name: "text", value: "Thank you"})
	if status, got = h.callBody("reply", kind, body.String()); status != 401 || got["error"] != "no_session" || len(h.staff.Sent()) != 1 {
		t.Errorf("reply after sign-out: got %d %v", status, got)
	}
}

// Every refusal has its code, and the words of the pages.
func TestAPIRefusals(t *testing.T) {
	h := newHouse(t)
	h.account(carer, "correct horse battery")
	h.account(other, "correct horse battery")
	l := h.seal(plainMail, carer)
	open := func(a, password string) []string { return l.call("address", a, "password", password) }
	check := func(name string, wantStatus int, wantCode, words string, fields []string) {
		t.Helper()
		status, got := h.call("open", fields...)
		if status != wantStatus || got["error"] != wantCode || !strings.Contains(fmt.Sprint(got["text"]), words) || got["key"] != nil {
			t.Errorf("%s: got %d %v, want %d %s", name, status, got, wantStatus, wantCode)
		}
	}
	check("wrong password", 403, "wrong", "does not match", open(carer.String(), "nonsense"))
	check("unknown address", 403, "wrong", "does not match", open("nobody@home.example", "nonsense"))
	check("no address", 403, "wrong", "does not match", open("nobody", "nonsense"))
	check("third party", 403, "not_recipient", "sent to another address", open(other.String(), "correct horse battery"))
	check("no code asked for", 403, "code_expired", "no longer works", l.call("address", carer.String(), "code", "12345678"))
	check("short nonce", 403, "bad_request", "once more", []string{"id", l.id.String(), "t", l.secret.Encode(), "browser", "x", "address", carer.String(), "password", "correct horse battery"})
	unknown := h.keys.EnvelopeID([]byte("x"), "y").String()
	check("wrong id", 404, "not_found", "not here yet", []string{"id", unknown, "t", l.secret.Encode(), "address", carer.String(), "browser", nonce})
	check("wrong secret", 404, "not_found", "not here yet", []string{"id", l.id.String(), "t", h.keys.Secret(envelope.ID{}).Encode(), "address", carer.String(), "browser", nonce})

	for range 20 {
		h.call("open", open(carer.String(), "nonsense")...)
	}
	check("locked", 429, "locked", "closed until", open(carer.String(), "correct horse battery"))
	h.clock = h.clock.Add(2 * time.Hour)
	for range store.CodeMailsHour + store.HeldMails { // anybody's, and those for who holds the message
		h.call("code", l.call("address", other.String())...)
	}
	if status, got := h.call("code", l.call("address", other.String())...); status != 429 || got["error"] != "too_many" {
		t.Errorf("too many codes: got %d %v", status, got)
	}
	_, err := h.store.Recall(t.Context(), l.id, "sender:x", nil, "wrong Smith", h.clock)
	must(t, err)
	check("recalled", 410, "recalled", "Reason given: wrong Smith", open(carer.String(), "correct horse battery"))
	l = h.seal(plainMail, carer)
	h.clock = h.clock.Add(91 * 24 * time.Hour)
	check("expired", 410, "expired", "It was open until", open(carer.String(), "correct horse battery"))
	h.redis.SetError("LOADING")
	check("no redis", 503, "unavailable", "Try again in a few minutes", open(carer.String(), "correct horse battery"))
}

// Known and unknown addresses get the same answers.
func TestAPIDoesNotTellAddresses(t *testing.T) {
	h := newHouse(t)
	h.account(carer, "correct horse battery")
	l := h.seal(plainMail, carer)
	for _, fields := range [][]string{{"password", "nonsense"}, {"code", "12345678"}} {
		s1, a1 := h.call("open", l.call(append(fields, "address", carer.String())...)...)
		s2, a2 := h.call("open", l.call(append(fields, "address", "nobody@home.example")...)...)
		if s1 != s2 || fmt.Sprint(a1) != fmt.Sprint(a2) {
			t.Errorf("got %d %v and %d %v", s1, a1, s2, a2)
		}
	}
}

func TestAPIReplyBounds(t *testing.T) {
	h := newHouse(t)
	h.account(carer, "correct horse battery")
	l := h.seal(plainMail, carer)
	_, got := h.call("open", l.call("address", carer.String(), "password", "correct horse battery")...)
	session := got["session"].(string)
	first := []field{{name: "session", value: session}, {name: "id", value: l.id.String()}, {name: "text", value: "hello"}}
	big := field{name: "file", file: "x", kind: "image/png", value: strings.Repeat("x", 64<<10+1)}
	l2 := h.seal(plainMail, carer)
	for name, c := range map[string]struct {
		fields []field
		status int
		code   string
	}{
		"over the limit":      {append(first[:3:3], big), 413, "too_big"},
		"file before session": {append([]field{big}, first...), 403, "bad_request"},
		"no session":          {first[1:], 403, "bad_request"},
		"not opened here":     {[]field{first[0], {name: "id", value: l2.id.String()}, first[2]}, 404, "not_found"},
		"nothing said":        {first[:2], 403, "bad_request"},
		"not a form of files": {nil, 403, "bad_request"},
		"session of nobody":   {[]field{{name: "session", value: strings.Repeat("A", 43)}, first[1], first[2]}, 401, "no_session"},
	} {
		kind, body := multipartForm(t, c.fields...)
		if status, got := h.callBody("reply", kind, body.String()); status != c.status || got["error"] != c.code {
			t.Errorf("%s: got %d %v", name, status, got)
		}
	}
	h.staff.Fail = func(relay.Mail) error { return relay.ErrUnknown }
	kind, body := multipartForm(t, first...)
	if status, got := h.callBody("reply", kind, body.String()); status != 502 || !strings.Contains(fmt.Sprint(got["text"]), "do not know whether") {
		t.Errorf("unknown: got %d %v", status, got)
	}
}

func TestAPIPreflight(t *testing.T) {
	h := newHouse(t)
	r, err := http.NewRequest(http.MethodOptions, h.web.URL+"/api/v1/open", nil)
	must(t, err)
	resp, err := http.DefaultClient.Do(r)
	must(t, err)
	_ = resp.Body.Close()
	if resp.StatusCode != 204 || resp.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("got %d %v", resp.StatusCode, resp.Header)
	}
}
