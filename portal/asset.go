package portal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"
)

// asset is a script of ours, under a name that changes with it.
type asset struct {
	path string
	code []byte
}

// letterScript makes an editor of the field for a new message, and tells how its
// files grow. Without it everything works but the look of the words.
var letterScript = newAsset("web/letter.js")

// newAsset reads a file of web. One that is missing is a fault of the program.
func newAsset(name string) asset {
	code, err := web.ReadFile(name)
	if err != nil {
		panic("portal: " + err.Error())
	}
	sum := sha256.Sum256(code)
	return asset{"/assets/" + hex.EncodeToString(sum[:8]) + ".js", code}
}

// ServeHTTP gives the script to keep for good.
func (a asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.code))
}

// scriptedBy lets the page that follows run a script of ours, which may ask an
// address of ours and nothing else.
func (v *visit) scriptedBy(a asset, asks string) {
	v.script = a.path
	v.w.Header().Set("Content-Security-Policy", v.s.pages.policy+"; script-src "+v.s.origin+a.path+"; connect-src "+v.s.origin+asks)
}
