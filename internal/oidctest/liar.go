package oidctest

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// Liar is a provider that lets everybody in at once and tells what Say makes of
// its honest claims.
type Liar struct {
	Issuer string // where it is
	Now    func() time.Time

	mu      sync.Mutex
	key     *rsa.PrivateKey
	other   *rsa.PrivateKey
	claims  map[string]any
	say     func(head, claims map[string]any)
	doc     func(doc map[string]any)
	answer  http.HandlerFunc
	asked   url.Values // of the last authorization
	fetched map[string]int
}

// StartLiar runs one. Its honest claims are of a verified person with that address.
func StartLiar(t testing.TB, email string, now func() time.Time) *Liar {
	t.Helper()
	l := &Liar{Now: now, fetched: map[string]int{}, claims: map[string]any{"sub": "liar-1", "email": email, "email_verified": true}}
	for _, k := range []**rsa.PrivateKey{&l.key, &l.other} {
		var err error
		if *k, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			t.Fatal(err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", l.discovery)
	mux.HandleFunc("GET /common/v2.0/.well-known/openid-configuration", l.discovery) // as Microsoft's for all tenants
	mux.HandleFunc("GET /keys", l.keys)
	mux.HandleFunc("GET /authorize", l.authorize)
	mux.HandleFunc("POST /token", l.token)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		l.fetched[r.URL.Path]++
		answer := l.answer
		l.mu.Unlock()
		if answer != nil {
			answer(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	l.Issuer = web.URL
	return l
}

// Say changes head and claims of the next ID tokens; head "sign" may be "none",
// "other" (a key that is not published) or "hmac" (the public key as a secret).
func (l *Liar) Say(f func(head, claims map[string]any)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.say = f
}

// Document changes the discovery document.
func (l *Liar) Document(f func(doc map[string]any)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.doc = f
}

// Answer takes the place of all else the provider does; nil: as it was.
func (l *Liar) Answer(f http.HandlerFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answer = f
}

// Fetched tells how often a path was asked for.
func (l *Liar) Fetched(path string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fetched[path]
}

func (l *Liar) discovery(w http.ResponseWriter, _ *http.Request) {
	doc := map[string]any{"issuer": l.Issuer, "authorization_endpoint": l.Issuer + "/authorize", "token_endpoint": l.Issuer + "/token",
		"jwks_uri": l.Issuer + "/keys", "id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}}
	l.mu.Lock()
	if l.doc != nil {
		l.doc(doc)
	}
	l.mu.Unlock()
	write(w, doc)
}

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (l *Liar) keys(w http.ResponseWriter, _ *http.Request) {
	e := big.NewInt(int64(l.key.E)).Bytes()
	write(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": b64(l.key.N.Bytes()), "e": b64(e)}}})
}

func (l *Liar) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	l.mu.Lock()
	l.asked = q
	l.mu.Unlock()
	to := q.Get("redirect_uri") + "?" + url.Values{"state": {q.Get("state")}, "code": {"a code"}}.Encode()
	http.Redirect(w, r, to, http.StatusFound)
}

func (l *Liar) token(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if id, secret, _ := r.BasicAuth(); id != ClientID || secret != url.QueryEscape(ClientSecret) || b64(sum[:]) != l.asked.Get("code_challenge") {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	now := l.Now()
	claims := map[string]any{"iss": l.Issuer, "aud": ClientID, "nonce": l.asked.Get("nonce"), "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	maps.Copy(claims, l.claims)
	head := map[string]any{"alg": "RS256", "kid": "1"}
	if l.say != nil {
		l.say(head, claims)
	}
	write(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": l.sign(head, claims)})
}

func (l *Liar) sign(head, claims map[string]any) string {
	how, _ := head["sign"].(string)
	delete(head, "sign")
	h, _ := json.Marshal(head)
	c, _ := json.Marshal(claims)
	text := b64(h) + "." + b64(c)
	sum := sha256.Sum256([]byte(text))
	var signature []byte
	switch how {
	case "none":
	case "hmac":
		m := hmac.New(sha256.New, l.key.N.Bytes())
		m.Write([]byte(text))
		signature = m.Sum(nil)
	case "other":
		signature, _ = rsa.SignPKCS1v15(rand.Reader, l.other, crypto.SHA256, sum[:])
	default:
		signature, _ = rsa.SignPKCS1v15(rand.Reader, l.key, crypto.SHA256, sum[:])
	}
	return text + "." + b64(signature)
}
