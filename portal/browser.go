package portal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/postseal/postseal/store"
)

// cookie names; __Host- binds a cookie to this very host, path / and https, so
// that no neighbouring host can plant one (RFC 6265bis section 4.1.3.2).
func (s *Server) cookieName(short string) string {
	if s.Insecure {
		return "postseal-" + short
	}
	return "__Host-postseal-" + short
}

const (
	browserCookie = "b"
	sessionCookie = "s"
)

// setCookie sets a cookie that ends with the browser (BCC-12).
func (s *Server) setCookie(w http.ResponseWriter, short, value string) {
	c := &http.Cookie{Name: s.cookieName(short), Value: value, Path: "/", HttpOnly: true, Secure: !s.Insecure, SameSite: http.SameSiteLaxMode}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// cookie gives a cookie's value, empty without one of the right form.
func (s *Server) cookie(r *http.Request, short string) string {
	c, err := r.Cookie(s.cookieName(short))
	if err != nil || len(c.Value) < minBrowserName || len(c.Value) > maxBrowserName {
		return ""
	}
	return c.Value
}

// random gives 256 bits in 43 characters.
func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// csrf is what every form of a browser carries. Who cannot read the cookie cannot
// make it, and it lets nobody work back to the cookie.
func csrf(b store.Browser) string {
	m := hmac.New(sha256.New, []byte(string(b)))
	m.Write([]byte("postseal form"))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// genuine tells whether a form comes from a page that this browser was given.
func (v *visit) genuine(field string) bool {
	b := v.s.cookie(v.r, browserCookie)
	if b == "" || v.s.foreign(v.r) {
		return false
	}
	return hmac.Equal([]byte(csrf(store.Browser(b))), []byte(field))
}

// foreign tells whether the browser itself says that another site sent the form.
// Our pages send no referrer, and then browsers give "null" as origin of a form
// (Fetch standard, "append a request Origin header"), so null decides nothing.
// What counts is the name that we are reached by, not the Host that a proxy in
// front may have put in its place.
func (s *Server) foreign(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return false
	case "cross-site", "same-site":
		return true
	}
	origin := r.Header.Get("Origin")
	if origin == "" || origin == "null" {
		return false
	}
	return !strings.EqualFold(origin, s.origin)
}
