package extract

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// Attributes of a TNEF stream ([MS-OXTNEF] section 2.1.3.2).
const (
	tnefSubject    = 0x8004
	tnefBody       = 0x800c
	tnefData       = 0x800f
	tnefTitle      = 0x8010
	tnefRender     = 0x9002
	tnefProps      = 0x9003
	tnefAttachment = 0x9005
	tnefCodepage   = 0x9007
)

// tnefReader reads a winmail.dat.
type tnefReader struct {
	w    *writer
	page int
	item mapiItem
	open bool // an attachment was begun
	name string
	mime string
	data []byte
}

func (w *writer) tnef() error {
	b := w.file.Data
	if len(b) < 6 {
		return errDamaged
	}
	t := &tnefReader{w: w, page: 1252, item: newMAPI()}
	for b = b[6:]; len(b) >= 11; {
		id, n := binary.LittleEndian.Uint16(b[1:]), int(binary.LittleEndian.Uint32(b[5:]))
		b = b[9:]
		if n < 0 || n > len(b)-2 {
			return errDamaged
		}
		if err := w.spend(n/4 + 50); err != nil {
			return err
		}
		if err := t.attribute(id, b[:n]); err != nil {
			return err
		}
		b = b[n+2:] // and its checksum
	}
	if err := t.attached(); err != nil {
		return err
	}
	if err := w.mapiText(t.item); err != nil {
		return err
	}
	if len(bytes.Trim(b, "\x00\r\n ")) > 0 { // some programs fill up with these
		return errDamaged
	}
	return nil
}

func (t *tnefReader) attribute(id uint16, b []byte) error {
	switch id {
	case tnefCodepage:
		if len(b) >= 4 {
			t.page = int(binary.LittleEndian.Uint32(b))
		}
	case tnefSubject:
		t.item.text[mapiSubject] = pageText(b, t.page)
	case tnefBody:
		t.item.text[mapiBody] = pageText(b, t.page)
	case tnefProps:
		props, err := t.properties(b)
		if err != nil {
			return err
		}
		for id, s := range props.text {
			t.item.text[id] = s
		}
		for id, s := range props.octets {
			t.item.octets[id] = s
		}
	case tnefRender:
		err := t.attached()
		t.open = true
		return err
	case tnefTitle:
		t.name = pageText(b, t.page)
	case tnefData:
		t.data = b
	case tnefAttachment:
		props, err := t.properties(b)
		if err != nil {
			return err
		}
		t.name = or(props.text[mapiAttachLong], or(t.name, props.text[mapiDisplayName]))
		t.mime = props.text[mapiAttachMIME]
		if data, ok := props.octets[mapiAttachData]; ok && len(data) > 0 {
			t.data = data
		}
	}
	return nil
}

// attached reads the attachment that was begun last.
func (t *tnefReader) attached() error {
	if t.open && len(t.data) > 0 {
		data := t.data
		if len(data) >= 20 && binary.LittleEndian.Uint32(data[16:]) == 0x223e9f78 {
			data = data[16:] // a message: TNEF again, behind the name of its interface
		}
		t.w.nested(t.name, strings.ToLower(t.mime), data)
	}
	t.open, t.name, t.mime, t.data = false, "", "", nil
	return t.w.x.over
}

// properties reads a list of properties (section 2.1.3.4).
func (t *tnefReader) properties(b []byte) (mapiItem, error) {
	item := newMAPI()
	r := &tnefProperties{b: b}
	const most = 10000
	count := min(r.number(), most)
	for range count {
		tag := r.number()
		kind, id := tag&0xffff, tag>>16
		if id >= mapiNamed {
			r.name()
		}
		if err := r.values(item, kind, id, t.page); err != nil {
			return item, err
		}
		if r.end {
			return item, errDamaged
		}
		if err := t.w.spend(50); err != nil {
			return item, err
		}
	}
	return item, nil
}

// tnefProperties cuts numbers and octets off a list.
type tnefProperties struct {
	b   []byte
	end bool
}

func (r *tnefProperties) number() int {
	b := r.take(4)
	if len(b) < 4 {
		return 0
	}
	return int(binary.LittleEndian.Uint32(b))
}

// take gives n octets, with the padding to four after them taken too.
func (r *tnefProperties) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.end = true
		r.b = nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[min(len(r.b), (n+3)&^3):]
	return out
}

// name skips what names a property.
func (r *tnefProperties) name() {
	r.take(16)
	if r.number() == 0 {
		r.number()
		return
	}
	r.take(r.number())
}

// values reads the value or values of a property.
func (r *tnefProperties) values(item mapiItem, kind, id, page int) error {
	const many = 0x1000
	count := 1
	switch kind &^ many {
	case 0x1e, 0x1f, 0x102, 0x0d:
		count = r.number()
	default:
		if kind&many != 0 {
			count = r.number()
		}
	}
	for range count {
		switch kind &^ many {
		case 0x02, 0x03, 0x04, 0x0a, 0x0b:
			r.take(4)
		case 0x05, 0x06, 0x07, 0x14, 0x40:
			r.take(8)
		case 0x48:
			r.take(16)
		case 0x1e:
			if s := r.take(r.number()); wanted(id) {
				item.text[id] = pageText(s, page)
			}
		case 0x1f:
			if s := r.take(r.number()); wanted(id) {
				item.text[id] = pageText(s, 1200)
			}
		case 0x102, 0x0d:
			if s := r.take(r.number()); wanted(id) {
				item.octets[id] = s
			}
		default:
			return errDamaged
		}
		if r.end {
			return errDamaged
		}
	}
	return nil
}
