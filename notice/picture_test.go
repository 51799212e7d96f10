package notice_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/postseal/postseal/notice"
)

func pngOf(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A logo is a small PNG or a plain SVG; the error says what to change.
func TestNewPicture(t *testing.T) {
	svg := `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><defs><g id="a"/></defs><use href="#a"/><path d="M0 0h9v9z"/></svg>`
	for _, c := range []struct{ name, file, want, kind string }{
		{"png", string(pngOf(t, 300, 100)), "", "image/png"},
		{"svg", svg, "", "image/svg+xml"},
		{"wide", string(pngOf(t, 1001, 10)), "1001 by 10 pixels", ""},
		{"cut", string(pngOf(t, 30, 10)[:20]), "damaged", ""},
		{"big", svg + strings.Repeat(" ", notice.MaxPicture), "more than 64 KB", ""},
		{"script", `<svg><script>alert(1)</script></svg>`, "has <script>", ""},
		{"handler", `<svg onload="alert(1)"/>`, "handler", ""},
		{"foreign", `<svg><foreignObject/></svg>`, "<foreignobject>", ""},
		{"link", `<svg xmlns:x="http://www.w3.org/1999/xlink"><image x:href="https://evil.example/"/></svg>`, "another file", ""},
		{"data", `<svg><a href="javascript:alert(1)"/></svg>`, "another file", ""},
		{"entities", `<!DOCTYPE svg [<!ENTITY a "b">]><svg/>`, "document type", ""},
		{"html", `<html><svg/></html>`, "neither PNG nor SVG", ""},
		{"text", "hello", "neither", ""},
		{"empty", "", "neither", ""},
		{"broken", "<svg><g>", "neither", ""},
	} {
		got, err := notice.NewPicture([]byte(c.file))
		if c.want == "" && (err != nil || got.Type != c.kind) {
			t.Errorf("%s: got %s, %v", c.name, got.Type, err)
		}
		if c.want != "" && (!errors.Is(err, notice.ErrPicture) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

// FuzzNewPicture: no file stops the start with anything but words.
func FuzzNewPicture(f *testing.F) {
	f.Add(pngOf(f, 3, 3))
	f.Add([]byte(`<svg><g fill="#fff"/></svg>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := notice.NewPicture(b)
		if err == nil && (p.Type == "" || bytes.Contains(bytes.ToLower(b), []byte("<script"))) && p.Type != "image/png" && !bytes.Contains(b, []byte("<!")) {
			t.Errorf("%q was taken as %s", b, p.Type)
		}
	})
}
