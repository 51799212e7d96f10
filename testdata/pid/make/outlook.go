package main

import (
	"encoding/binary"
	"fmt"
	"unicode/utf16"
)

// Numbers of a compound file ([MS-CFB] section 2).
const (
	sector   = 512
	cutoff   = 4096 // smaller streams would go into the mini stream
	endChain = 0xfffffffe
	fatHere  = 0xfffffffd
	nothing  = 0xffffffff
)

// entry is a stream of a compound file.
type entry struct {
	name  string
	data  []byte
	start uint32
	size  int
}

// outlookFile makes the file that Outlook makes of a message, with the streams
// that hold its words ([MS-OXMSG] section 2). Outlook writes many more.
func outlookFile(subject, body string) []byte {
	header := make([]byte, 32) // of the top level: reserved, ids and counts
	properties := append(header, property(0x0037001f, len(subject))...)
	properties = append(properties, property(0x1000001f, len(body))...)
	return compound([]*entry{
		{name: "__properties_version1.0", data: properties},
		{name: "__substg1.0_001A001F", data: wide("IPM.Note")},
		{name: "__substg1.0_0037001F", data: wide(subject)},
		{name: "__substg1.0_1000001F", data: wide(body)},
	})
}

func property(tag uint32, size int) []byte {
	b := binary.LittleEndian.AppendUint32(nil, tag)
	b = binary.LittleEndian.AppendUint32(b, 6) // readable, writable
	return binary.LittleEndian.AppendUint64(b, uint64(2*size+2))
}

func wide(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// compound lays streams out one behind the other. Streams below the cutoff go into
// the mini stream, as the form demands.
func compound(streams []*entry) []byte {
	var big, mini []byte
	var fat, miniFAT []uint32
	for _, e := range streams {
		e.size = len(e.data)
		if e.size >= cutoff {
			big, e.start, fat = place(big, e.data, sector, fat)
		} else if e.size > 0 {
			mini, e.start, miniFAT = place(mini, e.data, 64, miniFAT)
		}
	}
	var miniStart, tableStart, dirStart uint32
	big, miniStart, fat = place(big, mini, sector, fat)
	table := numbers(miniFAT)
	big, tableStart, fat = place(big, table, sector, fat)
	big, dirStart, fat = place(big, directory(streams, miniStart, len(mini)), sector, fat)
	fatStart := uint32(len(fat))
	count := len(fat)/(sector/4-1) + 1
	for range count {
		fat = append(fat, fatHere)
	}
	if len(fat) > count*sector/4 || count > 109 {
		panic(fmt.Sprintf("internal error: %d sectors do not fit", len(fat)))
	}
	head := make([]byte, sector)
	copy(head, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	le := binary.LittleEndian
	le.PutUint16(head[24:], 0x3e)
	le.PutUint16(head[26:], 3)
	le.PutUint16(head[28:], 0xfffe)
	le.PutUint16(head[30:], 9) // sectors of 512 octets
	le.PutUint16(head[32:], 6) // of 64 in the mini stream
	le.PutUint32(head[44:], uint32(count))
	le.PutUint32(head[48:], dirStart)
	le.PutUint32(head[56:], cutoff)
	le.PutUint32(head[60:], tableStart)
	le.PutUint32(head[64:], uint32((len(table)+sector-1)/sector))
	le.PutUint32(head[68:], endChain)
	for i := range 109 {
		n := uint32(nothing)
		if i < count {
			n = fatStart + uint32(i)
		}
		le.PutUint32(head[76+4*i:], n)
	}
	return append(append(head, big...), numbers(fat)...)
}

// place appends data in blocks and chains them.
func place(to, data []byte, block int, chain []uint32) ([]byte, uint32, []uint32) {
	start := uint32(len(chain))
	to = append(to, data...)
	for len(to)%block != 0 {
		to = append(to, 0)
	}
	for len(chain) < len(to)/block {
		chain = append(chain, uint32(len(chain)+1))
	}
	if uint32(len(chain)) == start {
		return to, endChain, chain
	}
	chain[len(chain)-1] = endChain
	return to, start, chain
}

func numbers(all []uint32) []byte {
	var b []byte
	for _, n := range all {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	for len(b)%sector != 0 {
		b = binary.LittleEndian.AppendUint32(b, nothing)
	}
	return b
}

// directory has the root and the streams, which hang on it as a tree without
// left branches: readers take any that is sorted.
func directory(streams []*entry, miniStart uint32, miniSize int) []byte {
	all := record("Root Entry", 5, nothing, 1, miniStart, miniSize)
	for i, e := range streams {
		right := uint32(i + 2)
		if i+1 == len(streams) {
			right = nothing
		}
		all = append(all, record(e.name, 2, right, nothing, e.start, e.size)...)
	}
	return all
}

func record(name string, kind byte, right, child, start uint32, size int) []byte {
	b := make([]byte, 128)
	le := binary.LittleEndian
	n := copy(b[:62], wide(name))
	le.PutUint16(b[64:], uint16(n+2))
	b[66], b[67] = kind, 1 // black
	le.PutUint32(b[68:], nothing)
	le.PutUint32(b[72:], right)
	le.PutUint32(b[76:], child)
	le.PutUint32(b[116:], start)
	le.PutUint32(b[120:], uint32(size))
	return b
}
