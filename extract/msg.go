package extract

import (
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
)

// Properties of Outlook items ([MS-OXPROPS]), as their numbers are written.
const (
	mapiSubject      = 0x0037
	mapiBody         = 0x1000
	mapiRTF          = 0x1009
	mapiHTML         = 0x1013
	mapiAttachData   = 0x3701
	mapiAttachShort  = 0x3704
	mapiAttachLong   = 0x3707
	mapiAttachMIME   = 0x370e
	mapiDisplayName  = 0x3001
	mapiNamed        = 0x8000 // and above: with names of their own
	mapiCodepage     = 0x3fde
	mapiStoreSupport = 0x3ffd
)

// msg reads an Outlook message kept as a file ([MS-OXMSG]).
func (w *writer) msg(s *storage) error {
	item, err := w.msgItem(s)
	if err != nil {
		return err
	}
	if err := w.mapiText(item); err != nil {
		return err
	}
	for _, name := range s.names {
		if !strings.HasPrefix(name, "__attach_version1.0_") {
			continue
		}
		if err := w.msgAttachment(s.c.open(s.folders[name])); err != nil {
			return err
		}
	}
	return w.x.over
}

// mapiItem is a set of properties by number: text decoded, octets as they are.
type mapiItem struct {
	text   map[int]string
	octets map[int][]byte
}

func newMAPI() mapiItem { return mapiItem{map[int]string{}, map[int][]byte{}} }

// msgItem reads the properties that stand as streams of their own.
func (w *writer) msgItem(s *storage) (mapiItem, error) {
	item := newMAPI()
	page := w.msgPage(s)
	for name, e := range s.streams {
		digits, ok := strings.CutPrefix(name, "__substg1.0_")
		if !ok || len(digits) < 8 {
			continue
		}
		n, err := strconv.ParseUint(digits[:8], 16, 32)
		if err != nil {
			continue
		}
		id, kind := int(n>>16), n&0xffff
		if !wanted(id) {
			continue
		}
		data, err := s.c.stream(e)
		if err != nil {
			return item, err
		}
		switch kind {
		case 0x1f:
			item.text[id] = utf16Text(data)
		case 0x1e:
			if _, known := item.text[id]; !known {
				item.text[id] = fromPage(data, page)
			}
		case 0x0102:
			item.octets[id] = data
		}
	}
	return item, nil
}

// wanted tells the properties that we read.
func wanted(id int) bool {
	switch id {
	case mapiSubject, mapiBody, mapiRTF, mapiHTML, mapiAttachData, mapiAttachShort, mapiAttachLong, mapiAttachMIME, mapiDisplayName:
		return true
	}
	return false
}

// msgPage gives the codepage of texts that are no Unicode.
func (w *writer) msgPage(s *storage) int {
	b, err := s.get("__properties_version1.0")
	if err != nil {
		return 1252
	}
	const entry = 16
	for i := len(b) % entry; i+entry <= len(b); i += entry {
		tag := binary.LittleEndian.Uint32(b[i:])
		if id := tag >> 16; id == mapiCodepage || id == mapiStoreSupport {
			return int(binary.LittleEndian.Uint32(b[i+8:]))
		}
	}
	return 1252
}

// mapiText writes subject and bodies of a message. All forms of the body are
// read, since a program may show any.
func (w *writer) mapiText(item mapiItem) error {
	w.place("subject")
	if err := w.write(item.text[mapiSubject] + "\n"); err != nil {
		return err
	}
	w.place("text")
	if err := w.write(item.text[mapiBody]); err != nil {
		return err
	}
	page := string(item.octets[mapiHTML])
	if page == "" {
		page = item.text[mapiHTML]
	}
	if page != "" {
		w.place("text as a web page")
		if err := w.tooLong([]byte(page)); err != nil {
			return err
		}
		charset := ""
		if m := metaCharset.FindStringSubmatch(page[:min(len(page), 4096)]); m != nil {
			charset = m[1]
		}
		text, _ := HTML(Guess([]byte(page), charset))
		if err := w.write(text); err != nil {
			return err
		}
	}
	packed := item.octets[mapiRTF]
	if len(packed) == 0 {
		return nil
	}
	rtf, err := UnpackRTF(packed, int(w.x.limits.Held))
	switch {
	case errors.Is(err, ErrRTFLong):
		return unreadable("a text too long to unpack")
	case len(rtf) == 0 && err != nil:
		return errDamaged
	}
	if err := w.expand(len(rtf)); err != nil {
		return err
	}
	w.place("text with formats")
	return w.rtfOf(rtf)
}

// msgAttachment reads one attachment: a file, or a message or object in a
// storage of its own.
func (w *writer) msgAttachment(s *storage) error {
	item, err := w.msgItem(s)
	if err != nil {
		return err
	}
	name := or(item.text[mapiAttachLong], or(item.text[mapiAttachShort], item.text[mapiDisplayName]))
	name = strings.TrimRight(name, "\x00")
	if id, ok := s.folders["__substg1.0_3701000d"]; ok {
		return w.msgInside(s.c.open(id), name)
	}
	if data, ok := item.octets[mapiAttachData]; ok {
		w.nested(name, strings.ToLower(strings.TrimRight(item.text[mapiAttachMIME], "\x00")), data)
	}
	return w.x.over
}

// msgInside reads an attached message, or an object of another program.
func (w *writer) msgInside(s *storage, name string) error {
	const deepest = 12 // messages in messages
	w.inside++
	defer func() { w.inside-- }()
	if w.inside > deepest {
		return w.within(name, unreadable("too many messages in messages"))
	}
	if s.has("__properties_version1.0") {
		return w.msg(s)
	}
	known, err := w.folder(s)
	if err == nil && !known {
		err = unreadable("a kind of object that we do not know")
	}
	if err != nil {
		return w.within(name, err)
	}
	return nil
}
