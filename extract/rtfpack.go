package extract

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// rtfDictionary is what the window holds at first ([MS-OXRTFCP] section 2.1.2.1).
const rtfDictionary = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0` +
	"\r\n" + `\par \pard\plain\f0\fs20\b\i\u\tab\tx`

// Errors of UnpackRTF.
var (
	ErrRTFPacked = errors.New("compressed RTF is damaged")
	ErrRTFLong   = errors.New("compressed RTF is too long")
)

// UnpackRTF undoes the compression of Outlook's RTF ([MS-OXRTFCP]): no more than
// most octets, or ErrRTFLong. With ErrRTFPacked comes what could be unpacked:
// enough to search, not to pass on.
func UnpackRTF(b []byte, most int) ([]byte, error) {
	const header, packed, plain = 16, 0x75465a4c, 0x414c454d
	if len(b) < header {
		return nil, ErrRTFPacked
	}
	n, size, sum := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[12:])
	if int64(size) > int64(most) {
		return nil, ErrRTFLong
	}
	in, err := b[header:], error(nil)
	if whole := int64(n) + 4 - header; whole < 0 || whole > int64(len(in)) {
		err = ErrRTFPacked
	} else {
		in = in[:whole]
	}
	switch binary.LittleEndian.Uint32(b[8:]) {
	case plain:
		if int(size) > len(in) {
			return in, ErrRTFPacked
		}
		return in[:size], err
	case packed:
	default:
		return nil, ErrRTFPacked
	}
	if ^crc32.Update(^uint32(0), crc32.IEEETable, in) != sum {
		err = ErrRTFPacked
	}
	out := expandRTF(in, int(size))
	if len(out) < int(size) {
		err = ErrRTFPacked
	}
	return out[:min(len(out), int(size))], err
}

// expandRTF undoes the LZ77 of section 2.2.1: runs of eight, each announced by an
// octet of bits; the end is a reference to the place being written.
func expandRTF(in []byte, size int) []byte {
	const ring = 4096
	const most = 9 // times its length that anything can grow
	var window [ring]byte
	at := copy(window[:], rtfDictionary)
	out := make([]byte, 0, min(size, most*len(in)))
	put := func(c byte) {
		out = append(out, c)
		window[at] = c
		at = (at + 1) % ring
	}
	for len(in) > 0 {
		control := in[0]
		in = in[1:]
		for bit := 0; bit < 8; bit++ {
			if control>>bit&1 == 0 {
				if len(in) == 0 {
					return out
				}
				put(in[0])
				in = in[1:]
				continue
			}
			if len(in) < 2 {
				return out
			}
			ref := int(in[0])<<8 | int(in[1])
			in = in[2:]
			offset := ref >> 4
			if offset == at {
				return out
			}
			for range ref&0xf + 2 {
				put(window[offset])
				offset = (offset + 1) % ring
			}
			if len(out) > size {
				return out
			}
		}
	}
	return out
}
