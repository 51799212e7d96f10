package extract

import (
	"encoding/binary"
	"strings"
)

// Records of a PowerPoint document stream ([MS-PPT] section 2.13.24).
const (
	pptSlide      = 0x03ee
	pptNotes      = 0x03f0
	pptMainMaster = 0x03f8
	pptSlideText  = 0x0ff0
	pptChars      = 0x0fa0
	pptBytes      = 0x0fa8
	pptString     = 0x0fba
	pptLocked     = 0x2f14
	pptProgTags   = 0x1388
)

// powerpoint reads the text of all records of a presentation, also of those
// that it no longer shows.
func (w *writer) powerpoint(s *storage) error {
	user, err := s.get("current user")
	if err != nil {
		return err
	}
	const encrypted = 0xf3d1c4df
	if len(user) >= 16 && binary.LittleEndian.Uint32(user[12:]) == encrypted {
		return unreadable("locked with a password")
	}
	b, err := s.get("powerpoint document")
	if err != nil {
		return err
	}
	if s.has("pictures") {
		w.pictures = true
	}
	for len(b) >= 8 {
		version := binary.LittleEndian.Uint16(b)
		kind, n := binary.LittleEndian.Uint16(b[2:]), int(binary.LittleEndian.Uint32(b[4:]))
		b = b[8:]
		if n < 0 || n > len(b) {
			return errDamaged
		}
		if err := w.spend(n/4 + 20); err != nil {
			return err
		}
		if version&0xf == 0xf { // a record of records: its own follow
			if kind == pptLocked {
				return unreadable("locked with a password")
			}
			if where, ok := pptPlaces[kind]; ok {
				w.place(where)
			}
			continue
		}
		if err := w.pptRecord(kind, b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

var pptPlaces = map[uint16]string{pptSlide: "slide", pptNotes: "notes", pptMainMaster: "slide master", pptSlideText: "slides"}

func (w *writer) pptRecord(kind uint16, b []byte) error {
	text := ""
	switch kind {
	case pptChars:
		text = utf16Text(b)
	case pptBytes:
		text = FromWindows1252(string(b))
	case pptString: // comments, headers and footers, names
		if text = utf16Text(b); strings.HasPrefix(text, "___PPT") {
			return nil
		}
	default:
		return nil
	}
	return w.write(strings.NewReplacer("\r", "\n", "\v", "\n").Replace(text) + "\n")
}
