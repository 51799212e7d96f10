package portal

import (
	"net/http"
	"net/http/httptest"
)

// SessionCookie is a session's cookie as it is set.
func SessionCookie(insecure bool) *http.Cookie {
	w := httptest.NewRecorder()
	(&Server{Config: Config{Insecure: insecure}}).setCookie(w, sessionCookie, random())
	return w.Result().Cookies()[0]
}
