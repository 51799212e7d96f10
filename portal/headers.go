package portal

import "net/http"

// harden sets what every answer carries. Pages have no script, load nothing but
// our style sheet (and the organisation's logo), and stand in nobody's frame.
func (s *Server) harden(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", s.pages.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for browsers without frame-ancestors
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	if !s.Insecure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// pagePolicy is the policy of every page of ours. form-action is ours alone:
// forms lead only back here.
const pagePolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"

const (
	// framePolicy is that of the message's own HTML: an origin of its own, no script,
	// no form, nothing loaded from anywhere; links open elsewhere (facts: MIME display).
	framePolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
	// filePolicy is that of downloads, should a browser show one all the same.
	filePolicy = "sandbox; default-src 'none'; frame-ancestors 'none'"
)
