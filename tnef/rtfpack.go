package tnef

import (
	"encoding/binary"
	"hash/crc32"
)

// rtfDictionary is what the window holds at first ([MS-OXRTFCP] section 2.1.2.1).
const rtfDictionary = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0` +
	"\r\n" + `\par \pard\plain\f0\fs20\b\i\u\tab\tx`

// unpackRTF undoes the compression of Outlook's RTF ([MS-OXRTFCP]). What comes
// out has no more than most octets.
func unpackRTF(b []byte, most int) ([]byte, error) {
	const header, packed, plain = 16, 0x75465a4c, 0x414c454d
	if len(b) < header {
		return nil, errEnds
	}
	n, size, sum := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[12:])
	if int64(n)+4 > int64(len(b)) || n < header-4 {
		return nil, errEnds
	}
	if int64(size) > int64(most) {
		return nil, errTooMuch
	}
	in := b[header : n+4]
	switch binary.LittleEndian.Uint32(b[8:]) {
	case plain:
		if int(size) > len(in) {
			return nil, errEnds
		}
		return in[:size], nil
	case packed:
	default:
		return nil, unread("its RTF has an unknown compression")
	}
	if ^crc32.Update(^uint32(0), crc32.IEEETable, in) != sum {
		return nil, unread("the checksum of its RTF is wrong")
	}
	return expand(in, int(size))
}

// expand undoes the LZ77 of section 2.2.1: runs of eight, each announced by an
// octet of bits; the end is a reference to the place being written.
func expand(in []byte, size int) ([]byte, error) {
	const ring = 4096
	var window [ring]byte
	at := copy(window[:], rtfDictionary)
	out := make([]byte, 0, min(size, 16*len(in)))
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
					return ended(out, size)
				}
				put(in[0])
				in = in[1:]
				continue
			}
			if len(in) < 2 {
				return ended(out, size)
			}
			ref := int(in[0])<<8 | int(in[1])
			in = in[2:]
			offset := ref >> 4
			if offset == at {
				return ended(out, size)
			}
			for range ref&0xf + 2 {
				put(window[offset])
				offset = (offset + 1) % ring
			}
			if len(out) > size {
				return ended(out, size)
			}
		}
	}
	return ended(out, size)
}

func ended(out []byte, size int) ([]byte, error) {
	if len(out) < size {
		return nil, errEnds
	}
	return out[:size], nil
}
