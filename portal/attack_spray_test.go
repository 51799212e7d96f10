package portal_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/store"
)

// Spraying: few tries each at very many accounts, which the counters of each
// account do not see.

// sprayer is a stranger at a place on the network, with one browser for everything.
type sprayer struct {
	b    *browser
	form string
	from string
}

func (h *house) sprayer(from string) *sprayer {
	b := h.browser()
	return &sprayer{b, b.formOf(), from}
}

func (s *sprayer) post(path string, fields ...string) *httptest.ResponseRecorder {
	v := url.Values{"form": {s.form}}
	for i := 0; i < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, s.b.h.full(path), strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = s.from + ":1000"
	for _, c := range s.b.client.Jar.Cookies(s.b.at) {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	s.b.h.server().ServeHTTP(w, r)
	return w
}

// uses counts all but few times of a quota, as so many tries would.
func (h *house) uses(q store.Quota, few int, subject ...string) {
	h.t.Helper()
	for range q.Max - few {
		if ok, err := h.store.Take(h.t.Context(), q, h.clock, subject...); !ok || err != nil {
			h.t.Fatalf("%v %v", ok, err)
		}
	}
}

// guesses posts one wrong password for an address that was never tried before.
func (s *sprayer) guesses(i int) int {
	s.post("/start", "address", fmt.Sprintf("p%d@spray.example", i))
	return s.post("/signin/password", "password", "Winter2026!").Code
}

// One source cannot try one password at any number of accounts. Another source, who
// comes by her message, and the same place ten minutes later go on; what was right is
// not counted.
func TestOneSourceSpraysSoManyPasswords(t *testing.T) {
	h := newHouse(t)
	h.account(carer, good)
	l := h.send(plainMail, carer)
	s := h.sprayer("192.0.2.7")
	for range 5 { // her own sign-ins, from the same place
		s.post("/start", "address", carer.String())
		if got := s.post("/signin/password", "password", good).Code; got != 303 {
			t.Fatalf("signed in: got %d", got)
		}
	}
	h.uses(portal.QuotaGuess, 20, "192.0.2.7")
	for i := range 20 {
		if got := s.guesses(i); got != 422 {
			t.Fatalf("%d: got %d", i, got)
		}
	}
	if got := s.guesses(300); got != 429 {
		t.Errorf("one more: got %d, want 429", got)
	}
	s.post("/start", "address", carer.String())
	if got := s.post("/signin/password", "password", good).Code; got != 429 {
		t.Errorf("the right one after that: got %d, want 429, or nothing is bounded", got)
	}
	if got := s.post("/signin/code", "code", "12345678").Code; got != 429 {
		t.Errorf("codes from there: got %d, want 429", got)
	}
	if got := h.sprayer("192.0.2.8").guesses(301); got != 422 {
		t.Errorf("from elsewhere: got %d", got)
	}
	neighbour := h.browser() // behind the same address, by her message
	neighbour.client.Transport = changed(func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.7") })
	neighbour.open("/").press("Continue", map[string]string{"address": carer.String()}).press("Sign in", map[string]string{"password": good}).reads(429, "", "Please wait a little")
	neighbour.open(l.link).press("Sign in", map[string]string{"password": good}).reads(200, l.page, "the plan")
	h.clock = h.clock.Add(10 * time.Minute)
	if got := s.guesses(302); got != 422 {
		t.Errorf("ten minutes later: got %d", got)
	}
}

// Nor by the file's door, where the message that is held counts, whatever the
// address: it is no way round, and who has it finds out by the bound about nobody.
func TestOneMessageSpraysSoMuch(t *testing.T) {
	h := newHouse(t)
	h.account(carer, good)
	l, more := h.send(plainMail, carer), h.send(plainMail, carer)
	guess := func(l letter, i int, from string) int {
		v := url.Values{"id": {l.id.String()}, "t": {l.secret.Encode()}, "browser": {nonce}, "address": {fmt.Sprintf("p%d@spray.example", i)}, "password": {"Winter2026!"}}
		r := httptest.NewRequest(http.MethodPost, h.full("/api/v1/open"), strings.NewReader(v.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = from
		w := httptest.NewRecorder()
		h.server().ServeHTTP(w, r)
		return w.Code
	}
	h.uses(portal.QuotaGuess, 20, "message", l.id.String())
	for i := range 20 {
		if got := guess(l, i, fmt.Sprintf("192.0.2.%d:1", i%250)); got != 403 {
			t.Fatalf("%d: got %d", i, got)
		}
	}
	if got := guess(l, 300, "198.51.100.1:1"); got != 429 {
		t.Errorf("one more: got %d, want 429", got)
	}
	if status, got := h.call("open", l.call("address", carer.String(), "password", good)...); status != 429 || got["key"] != nil {
		t.Errorf("a recipient of it: got %d", status)
	}
	if status, got := h.call("open", more.call("address", carer.String(), "password", good)...); status != 200 || got["key"] == nil {
		t.Errorf("by another message of hers: got %d %v", status, got)
	}
}

// Who uses up her source asks for codes with a message in her hand: the answer is the
// same for those who have it too, by Bcc, and for those who have not.
func TestSprayTellsNoBlindCopies(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer, other) // other stands nowhere in it
	s := h.sprayer("192.0.2.7")
	h.uses(portal.QuotaMails, 20, "192.0.2.7")
	for i := range 21 {
		s.post("/start", "address", fmt.Sprintf("p%d@spray.example", i))
		s.post("/signin/code", "do", "send")
	}
	if got := s.post("/signin/code", "do", "send").Code; got != 429 {
		t.Fatalf("the source is not used up: got %d", got)
	}
	s.b.open(l.link)
	for _, a := range []addr.Address{other, addr.MustParse("nobody@home.example")} {
		s.post("/start", "address", a.String(), "next", l.page)
		if got := s.post("/signin/code", "do", "send"); got.Code != 303 {
			t.Errorf("%s: got %d", a, got.Code)
		}
	}
}

// Codes guessed over many addresses from many places: each address has its own bound
// a day, whoever guesses, and each code five tries.
func TestManySourcesGuessOneAddress(t *testing.T) {
	h := newHouse(t)
	tried := 0
	for i := range 15 {
		s := h.sprayer(fmt.Sprintf("192.0.2.%d", i))
		s.post("/start", "address", carer.String())
		s.post("/signin/code", "do", "send")
		for range store.CodeTries + 3 {
			if s.post("/signin/code", "code", "12345678").Code == 422 {
				tried++
			}
		}
	}
	if most := store.WrongCodesDay + 15*3; tried > most {
		t.Errorf("%d codes were compared, want at most %d", tried, most)
	}
	if got := len(h.mails()); got > store.CodeMailsHour {
		t.Errorf("%d mails, want at most %d", got, store.CodeMailsHour)
	}
}
