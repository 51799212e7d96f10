package portal

import "net/http"

// harden sets what every answer carries, before anything decides what it will be:
// the router's own redirects have it too. Pages have no script, load nothing but
// our style sheet (and the organisation's logo), stand in nobody's frame, and no
// other site keeps a hold on their window or fetches them as its own.
func (s *Server) harden(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", s.pages.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for browsers without frame-ancestors
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	if !s.Insecure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// pagePolicy is the policy of every page of ours. form-action is ours alone:
// forms lead only back here.
const pagePolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"

// sandboxed gives an answer a policy with a sandbox. Browsers show no sandboxed page
// in a window of its own that also says whose window it may share (HTML, "creating
// navigation params by fetching"), and it has an origin of its own in any case.
func sandboxed(h http.Header, policy string) {
	h.Set("Content-Security-Policy", policy)
	h.Del("Cross-Origin-Opener-Policy")
}

const (
	// framePolicy is that of the message's own HTML: an origin of its own, no script,
	// no form, nothing loaded from anywhere; links open elsewhere (facts: MIME display).
	framePolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
	// filePolicy is that of downloads, should a browser show one all the same.
	filePolicy = "sandbox; default-src 'none'; frame-ancestors 'none'"
)
