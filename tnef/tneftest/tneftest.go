// Package tneftest writes winmail.dat as Outlook does, for tests. It is no part
// of the program.
package tneftest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"time"
	"unicode/utf16"
)

// Levels of attributes.
const (
	OfMessage    = 1
	OfAttachment = 2
)

// Stream is a TNEF stream being written.
type Stream struct{ bytes.Buffer }

// New begins a stream, with version and codepage as Outlook does.
func New() *Stream {
	s := &Stream{}
	s.Write(le32(0x223e9f78))
	s.Write(le16(0x0102))
	s.Attribute(OfMessage, 0x00089006, le32(0x00010000))
	return s.Attribute(OfMessage, 0x00069007, append(le32(1252), le32(0)...))
}

// Attribute adds one attribute with its checksum.
func (s *Stream) Attribute(level byte, id uint32, data []byte) *Stream {
	sum := uint16(0)
	for _, c := range data {
		sum += uint16(c)
	}
	s.WriteByte(level)
	s.Write(le32(id))
	s.Write(le32(uint32(len(data))))
	s.Write(data)
	s.Write(le16(sum))
	return s
}

// Class adds the class in its old form.
func (s *Stream) Class(name string) *Stream {
	return s.Attribute(OfMessage, 0x00078008, append([]byte(name), 0))
}

// Message adds the message's properties.
func (s *Stream) Message(p ...[]byte) *Stream {
	return s.Attribute(OfMessage, 0x00069003, Properties(p...))
}

// Attach begins an attachment, with a short name, content and properties. A nil
// content is left out.
func (s *Stream) Attach(title string, content []byte, p ...[]byte) *Stream {
	s.Attribute(OfAttachment, 0x00069002, make([]byte, 14))
	s.Attribute(OfAttachment, 0x00018010, append([]byte(title), 0))
	if content != nil {
		s.Attribute(OfAttachment, 0x0006800f, content)
	}
	return s.Attribute(OfAttachment, 0x00069005, Properties(p...))
}

// Properties makes a list of properties.
func Properties(p ...[]byte) []byte { return append(le32(uint32(len(p))), bytes.Join(p, nil)...) }

// Unicode makes a property of text.
func Unicode(id uint16, text string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(text + "\x00")) {
		b = append(b, le16(u)...)
	}
	return Octets(id, 0x1f, b)
}

// String8 makes a property of text in the stream's codepage.
func String8(id uint16, text string) []byte { return Octets(id, 0x1e, append([]byte(text), 0)) }

// Binary makes a property of octets.
func Binary(id uint16, b []byte) []byte { return Octets(id, 0x102, b) }

// Octets makes a property of any type of variable size.
func Octets(id, kind uint16, b []byte) []byte {
	return append(append(tag(id, kind), le32(1)...), sized(b)...)
}

// Long makes a property of a number.
func Long(id uint16, n uint32) []byte { return append(tag(id, 3), le32(n)...) }

// Time makes a property of a time.
func Time(id uint16, t time.Time) []byte { return append(tag(id, 0x40), fileTime(t)...) }

// Sets of named properties.
var (
	Appointment = []byte("\x02\x20\x06\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46")
	Meeting     = []byte("\x90\xda\xd8\x6e\x0b\x45\x1b\x10\x98\xda\x00\xaa\x00\x3f\x13\x05")
	strings     = []byte("\x29\x03\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46")
)

// Named gives a property, made with id 0x8000, a number in a set as its name.
func Named(set []byte, number uint32, property []byte) []byte {
	out := append(bytes.Clone(property[:4]), set...)
	return append(append(append(out, le32(0)...), le32(number)...), property[4:]...)
}

// NamedText gives a property, made with id 0x8000, a name in words.
func NamedText(name string, property []byte) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(name + "\x00")) {
		b = append(b, le16(u)...)
	}
	out := append(bytes.Clone(property[:4]), strings...)
	return append(append(append(out, le32(1)...), sized(b)...), property[4:]...)
}

// Many makes a property of several texts.
func Many(id uint16, texts ...string) []byte {
	out := append(tag(id, 0x101e), le32(uint32(len(texts)))...)
	for _, text := range texts {
		out = append(out, sized(append([]byte(text), 0))...)
	}
	return out
}

// Inside makes the property of a message in a message.
func Inside(stream []byte) []byte {
	return Octets(0x3701, 0x0d, append([]byte("\x07\x03\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"), stream...))
}

func tag(id, kind uint16) []byte { return append(le16(kind), le16(id)...) }

func sized(b []byte) []byte {
	out := append(le32(uint32(len(b))), b...)
	for len(out)%4 != 0 {
		out = append(out, 0)
	}
	return out
}

func fileTime(t time.Time) []byte {
	n := uint64(t.Unix())*10_000_000 + 116444736000000000
	return append(le32(uint32(n)), le32(uint32(n>>32))...)
}

func le16(n uint16) []byte { return binary.LittleEndian.AppendUint16(nil, n) }
func le32(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

// PlainRTF wraps RTF without compressing it ([MS-OXRTFCP] section 2.1.3.1.3).
func PlainRTF(rtf string) []byte {
	return append(rtfHeader(len(rtf), len(rtf), "MELA", 0), rtf...)
}

func rtfHeader(packed, size int, kind string, sum uint32) []byte {
	out := append(le32(uint32(packed+12)), le32(uint32(size))...)
	return append(append(out, kind...), le32(sum)...)
}

const rtfDictionary = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0` +
	"\r\n" + `\par \pard\plain\f0\fs20\b\i\u\tab\tx`

// PackedRTF compresses RTF: the longest match in the window is referred to.
func PackedRTF(rtf string) []byte {
	const ring = 4096
	all := rtfDictionary + rtf // position in it, modulo ring, is the place in the window
	var out, run []byte
	control, bits := byte(0), 0
	emit := func(ref bool, b ...byte) {
		if ref {
			control |= 1 << bits
		}
		run = append(run, b...)
		if bits++; bits == 8 {
			out = append(append(out, control), run...)
			run, control, bits = nil, 0, 0
		}
	}
	at := len(rtfDictionary)
	for at < len(all) {
		from, n := longest(all, at, ring)
		if n < 2 {
			emit(false, all[at])
			at++
			continue
		}
		ref := from%ring<<4 | (n - 2)
		emit(true, byte(ref>>8), byte(ref))
		at += n
	}
	end := at % ring << 4
	emit(true, byte(end>>8), byte(end))
	if bits > 0 {
		out = append(append(out, control), run...)
	}
	return Packed(out, len(rtf))
}

// Packed puts the header before RTF that is compressed already.
func Packed(out []byte, size int) []byte {
	sum := ^crc32.Update(^uint32(0), crc32.IEEETable, out)
	return append(rtfHeader(len(out), size, "LZFu", sum), out...)
}

func longest(all string, at, ring int) (from, n int) {
	const most = 17
	for start := max(0, at-ring+most+1); start < at; start++ {
		k := 0
		for k < most && at+k < len(all) && start+k < at && all[start+k] == all[at+k] {
			k++
		}
		if k > n {
			from, n = start, k
		}
	}
	return from, n
}

// Base64 writes octets as mail programs do.
func Base64(b []byte) string {
	text := base64.StdEncoding.EncodeToString(b)
	var out []byte
	for len(text) > 76 {
		out = append(out, text[:76]+"\r\n"...)
		text = text[76:]
	}
	return string(out) + text + "\r\n"
}

// Part is winmail.dat as a part of a mail, with its header.
func Part(stream []byte) string {
	return "Content-Type: application/ms-tnef; name=\"winmail.dat\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"winmail.dat\"\r\n\r\n" + Base64(stream)
}

// Mend sets the checksums of a stream right, as far as its attributes can be
// followed.
func Mend(stream []byte) []byte {
	out := bytes.Clone(stream)
	for at := 6; at+11 <= len(out); {
		n := int(binary.LittleEndian.Uint32(out[at+5:]))
		if n > len(out)-at-11 {
			break
		}
		sum := uint16(0)
		for _, c := range out[at+9 : at+9+n] {
			sum += uint16(c)
		}
		binary.LittleEndian.PutUint16(out[at+9+n:], sum)
		at += n + 11
	}
	return out
}
