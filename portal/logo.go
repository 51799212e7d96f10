package portal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/postseal/postseal/notice"
)

// logoPolicy keeps an SVG that somebody opens by itself from doing anything.
const logoPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

// logoPath gives the address of the organisation's logo, which changes with it;
// empty for none.
func logoPath(p notice.Picture) string {
	ending := map[string]string{"image/png": ".png", "image/svg+xml": ".svg"}[p.Type]
	if ending == "" {
		return ""
	}
	sum := sha256.Sum256(p.Bytes)
	return "/assets/" + hex.EncodeToString(sum[:8]) + ending
}

// logo serves the logo.
func (s *Server) logo(w http.ResponseWriter, r *http.Request) {
	sandboxed(w.Header(), logoPolicy)
	w.Header().Set("Content-Type", s.Brand.Logo.Type)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.Brand.Logo.Bytes))
}
