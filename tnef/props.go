package tnef

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/postseal/postseal/extract"
)

// Properties ([MS-OXPROPS]) that are read.
const (
	propClass         = 0x001a
	propSubject       = 0x0037
	propSubmitted     = 0x0039
	propSentForName   = 0x0042
	propSenderName    = 0x0c1a
	propSenderAddress = 0x0c1f
	propSenderSMTP    = 0x5d01
	propSentForSMTP   = 0x5d02
	propCc            = 0x0e03
	propTo            = 0x0e04
	propBody          = 0x1000
	propRTF           = 0x1009
	propHTML          = 0x1013
	propDisplayName   = 0x3001
	propAttachData    = 0x3701
	propShortName     = 0x3704
	propMethod        = 0x3705
	propLongName      = 0x3707
	propMIME          = 0x370e
	propContentID     = 0x3712
	propCodepage      = 0x3fde

	// Those of appointments have names: a set and a number in it.
	setAppointment  = 1 << 16
	setMeeting      = 2 << 16
	propLocation    = setAppointment | 0x8208
	propStart       = setAppointment | 0x820d
	propEnd         = setAppointment | 0x820e
	propAllDay      = setAppointment | 0x8215
	propRecurring   = setAppointment | 0x8223
	propPattern     = setAppointment | 0x8232
	propWhere       = setMeeting | 0x0002
	propGlobalID    = setMeeting | 0x0003
	propIsRecurring = setMeeting | 0x0005
)

// read are the properties that are kept: all others would only fill the memory.
var read = map[uint32]bool{
	propClass: true, propSubject: true, propSubmitted: true, propSentForName: true, propSenderName: true, propSenderAddress: true,
	propSenderSMTP: true, propSentForSMTP: true, propCc: true, propTo: true, propBody: true, propRTF: true, propHTML: true,
	propDisplayName: true, propAttachData: true, propShortName: true, propMethod: true, propLongName: true, propMIME: true,
	propContentID: true, propCodepage: true, propLocation: true, propStart: true, propEnd: true, propAllDay: true,
	propRecurring: true, propPattern: true, propWhere: true, propGlobalID: true, propIsRecurring: true,
}

// sets are the property sets that are read: PSETID_Appointment and PSETID_Meeting.
var sets = map[string]uint32{
	"\x02\x20\x06\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46": setAppointment,
	"\x90\xda\xd8\x6e\x0b\x45\x1b\x10\x98\xda\x00\xaa\x00\x3f\x13\x05": setMeeting,
}

// Types of values ([MS-OXCDATA] section 2.11.1).
const (
	typeNull    = 0x01
	typeString8 = 0x1e
	typeUnicode = 0x1f
	typeObject  = 0x0d
	typeTime    = 0x40
	typeBinary  = 0x102
	typeMany    = 0x1000
)

// list is a list of properties.
type list struct {
	numbers map[uint32]uint64
	values  map[uint32]value
}

// value is a text, octets or an object, where it stands.
type value struct {
	kind uint16
	section
}

// read adds a list of properties (section 2.1.3.4).
func (l *list) read(s section) error {
	if l.values == nil {
		l.numbers, l.values = map[uint32]uint64{}, map[uint32]value{}
	}
	c := &cursor{s: s}
	count := c.u32()
	if count > maxProperties {
		return errTooMuch
	}
	for range count {
		tag := c.u32()
		kind, id := uint16(tag), tag>>16
		if id >= 0x8000 {
			id = name(c)
		}
		l.property(c, kind, id)
		if c.err != nil {
			return c.err
		}
	}
	return nil
}

// name reads what names a property; 0 for one that is not read.
func name(c *cursor) uint32 {
	set := sets[string(c.take(16))]
	if c.u32() == 0 {
		if id := c.u32(); set != 0 && id < 1<<16 {
			return set | id
		}
		return 0
	}
	n := int64(c.u32())
	c.section(n)
	c.pad(n)
	return 0
}

func (l *list) property(c *cursor, kind uint16, id uint32) {
	count := uint32(1)
	plain := kind &^ typeMany
	sized := plain == typeString8 || plain == typeUnicode || plain == typeObject || plain == typeBinary
	if sized || kind&typeMany != 0 {
		count = c.u32()
	}
	if count > maxValues {
		c.fail(errTooMuch)
	}
	for range count {
		if c.err != nil {
			return
		}
		if sized {
			n := int64(c.u32())
			s := c.section(n)
			c.pad(n)
			if _, twice := l.values[id]; read[id] && !twice && kind == plain {
				l.values[id] = value{plain, s}
			}
			continue
		}
		n, known := number(c, plain)
		if !known {
			c.fail(unread("a value of no known type"))
		}
		if read[id] && kind == plain {
			l.numbers[id] = n
		}
	}
}

// number reads a value of fixed size; those above eight octets as 0.
func number(c *cursor, kind uint16) (n uint64, known bool) {
	switch kind {
	case 0x02, 0x0b:
		return uint64(c.u32() & 0xffff), true
	case typeNull, 0x03, 0x04, 0x0a:
		return uint64(c.u32()), true
	case 0x05, 0x06, 0x07, 0x14, typeTime:
		return c.u64(), true
	case 0x48:
		c.take(16)
		return 0, true
	}
	return 0, false
}

// time gives a FILETIME; zero when there is none or it is no date of this age.
func (l *list) time(id uint32) time.Time {
	const epoch = 116444736000000000 // 1970 in units of 100 ns since 1601
	n, ok := l.numbers[id]
	if !ok || n < epoch || n > epoch+10_000_000*86400*365*200 {
		return time.Time{}
	}
	return time.Unix(int64(n-epoch)/10_000_000, 0).UTC()
}

// text gives a property of text, or "".
func (l *list) text(id uint32, page int, most int64) (string, error) {
	v, ok := l.values[id]
	if !ok {
		return "", nil
	}
	b, err := v.bytes(most)
	switch {
	case err != nil:
		return "", err
	case v.kind == typeUnicode:
		return utf16Text(b)
	case v.kind == typeString8:
		return pageText(b, page)
	}
	return "", nil
}

func utf16Text(b []byte) (string, error) {
	if len(b)%2 != 0 {
		return "", unread("half a character")
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return strings.TrimRight(string(utf16.Decode(units)), "\x00"), nil
}

// pageText reads octets of a Windows codepage.
func pageText(b []byte, page int) (string, error) {
	if page == 1200 {
		return utf16Text(b)
	}
	text, known := extract.Decode(extract.CodepageName(page), bytes.TrimRight(b, "\x00"))
	if !known {
		return "", unread("an unknown codepage")
	}
	return text, nil
}
