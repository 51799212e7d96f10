package notice

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"strings"
)

// Bounds of an organisation's logo.
const (
	MaxPicture     = 64 << 10 // octets; every page that a visitor opens first loads it
	maxPictureWide = 1000     // pixels; shown at most 180 wide
	maxPictureHigh = 400      // pixels; shown at most 44 high
)

// ErrPicture says that a file cannot be a logo, and what would do.
var ErrPicture = errors.New("not a picture that can be a logo")

// Picture is an organisation's logo. The zero Picture is none.
type Picture struct {
	Type  string // "image/png" or "image/svg+xml"
	Bytes []byte
}

// NewPicture takes a PNG or SVG file within bounds. An SVG with script, handlers,
// foreign content or addresses outside itself is refused; pages show it only as
// an image all the same, where browsers run nothing.
func NewPicture(b []byte) (Picture, error) {
	if len(b) > MaxPicture {
		return Picture{}, fmt.Errorf("%w: it has more than %d KB", ErrPicture, MaxPicture>>10)
	}
	if bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")) {
		c, err := png.DecodeConfig(bytes.NewReader(b))
		if err != nil {
			return Picture{}, fmt.Errorf("%w: the PNG is damaged", ErrPicture)
		}
		if c.Width > maxPictureWide || c.Height > maxPictureHigh {
			return Picture{}, fmt.Errorf("%w: it has %d by %d pixels, and may have %d by %d", ErrPicture, c.Width, c.Height, maxPictureWide, maxPictureHigh)
		}
		return Picture{Type: "image/png", Bytes: b}, nil
	}
	if err := plainSVG(b); err != nil {
		return Picture{}, err
	}
	return Picture{Type: "image/svg+xml", Bytes: b}, nil
}

// plainSVG refuses what an SVG drawing does not need.
func plainSVG(b []byte) error {
	d := xml.NewDecoder(bytes.NewReader(b))
	for root := true; ; {
		t, err := d.Token()
		if err == io.EOF && !root {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: it is neither PNG nor well-formed SVG", ErrPicture)
		}
		switch t := t.(type) {
		case xml.Directive:
			return fmt.Errorf("%w: the SVG has a document type or entities; save it without", ErrPicture)
		case xml.StartElement:
			if root && t.Name.Local != "svg" {
				return fmt.Errorf("%w: it is neither PNG nor SVG", ErrPicture)
			}
			root = false
			if err := plainElement(t); err != nil {
				return err
			}
		}
	}
}

func plainElement(t xml.StartElement) error {
	switch strings.ToLower(t.Name.Local) {
	case "script", "foreignobject", "iframe", "object", "embed", "audio", "video", "handler", "set", "animate":
		return fmt.Errorf("%w: the SVG has <%s>; save it as a plain drawing", ErrPicture, strings.ToLower(t.Name.Local))
	}
	for _, a := range t.Attr {
		name, value := strings.ToLower(a.Name.Local), strings.ToLower(strings.TrimSpace(a.Value))
		switch {
		case strings.HasPrefix(name, "on"):
			return fmt.Errorf("%w: the SVG has a handler; save it as a plain drawing", ErrPicture)
		case name == "href" && !strings.HasPrefix(value, "#"), name == "src":
			return fmt.Errorf("%w: the SVG refers to another file; save it as a plain drawing", ErrPicture)
		}
	}
	return nil
}
