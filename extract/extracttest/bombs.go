// Package extracttest writes hostile documents for tests: small files that stand
// for gigabytes, rings, and nests.
package extracttest

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"
)

// many gives a text n times over without holding it.
type many struct {
	text string
	n    int
	rest string
}

func (m *many) Read(p []byte) (int, error) {
	if m.rest == "" {
		if m.n == 0 {
			return 0, io.EOF
		}
		m.n--
		m.rest = m.text
	}
	n := copy(p, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

// Times gives a text n times over without holding it.
func Times(n int, text string) io.Reader { return &many{text: text, n: n} }

// Deflated stands for a text n times over, deflated without looking at it all.
type Deflated struct {
	Before string // stands once in front
	Unit   string
	N      int
}

// Raw gives the compressed octets.
func (d Deflated) Raw(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	piece := func(s string) string {
		b.Reset()
		z.Reset(&b)
		if _, err := io.WriteString(z, s); err != nil {
			t.Fatal(err)
		}
		z.Flush() // ends at an octet, so that it can be repeated
		return b.String()
	}
	before, once := piece(d.Before), piece(d.Unit)
	b.Reset()
	z.Reset(&b)
	z.Close()
	return before + strings.Repeat(once, d.N) + b.String()
}

func (d Deflated) sum() uint32 {
	h := crc32.NewIEEE()
	_, _ = io.WriteString(h, d.Before)
	for range d.N {
		_, _ = io.WriteString(h, d.Unit)
	}
	return h.Sum32()
}

// Zip makes a zip file of names and contents.
func Zip(t testing.TB, entries ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	packed := map[Deflated]string{}
	for i := 0; i < len(entries); i += 2 {
		if d, ok := entries[i+1].(Deflated); ok {
			if packed[d] == "" {
				packed[d] = d.Raw(t)
			}
			raw := packed[d]
			size := uint64(len(d.Before) + d.N*len(d.Unit))
			f, err := z.CreateRaw(&zip.FileHeader{Name: entries[i].(string), Method: zip.Deflate, CompressedSize64: uint64(len(raw)), UncompressedSize64: size,
				CRC32: d.sum()})
			if err == nil {
				_, err = io.WriteString(f, raw)
			}
			if err != nil {
				t.Fatal(err)
			}
			continue
		}
		f, err := z.Create(entries[i].(string))
		if err != nil {
			t.Fatal(err)
		}
		switch c := entries[i+1].(type) {
		case string:
			_, err = io.WriteString(f, c)
		case []byte:
			_, err = f.Write(c)
		case io.Reader:
			_, err = io.Copy(f, c)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// PDF makes a PDF of objects; the first is the catalogue.
func PDF(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	var at []int
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, xref)
	return b.Bytes()
}

// Stream makes a stream of a PDF.
func Stream(dict, content string) string {
	return fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", dict, len(content), content)
}

// Flated compresses as PDF does.
func Flated(t testing.TB, r io.Reader) string {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := io.Copy(z, r); err != nil {
		t.Fatal(err)
	}
	z.Close()
	return b.String()
}

// Gzipped compresses into a .gz file.
func Gzipped(t testing.TB, r io.Reader) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.Copy(z, r); err != nil {
		t.Fatal(err)
	}
	z.Close()
	return b.Bytes()
}

// ManyEntries makes a zip directory of n entries that all share one file.
func ManyEntries(n int) []byte {
	var b bytes.Buffer
	b.WriteString("PK\x03\x04" + strings.Repeat("\x00", 26))
	at := b.Len()
	b.WriteString(strings.Repeat("PK\x01\x02"+strings.Repeat("\x00", 42), n))
	size := b.Len() - at
	b.WriteString("PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff")
	_ = binary.Write(&b, binary.LittleEndian, []uint32{uint32(size), uint32(at)})
	b.WriteString("\x00\x00")
	return b.Bytes()
}

// RingOLE makes a compound file whose directory is a ring of sectors.
func RingOLE() []byte {
	b := make([]byte, 512*4)
	copy(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	b[30] = 9
	for i := 76; i < 512; i += 4 {
		binary.LittleEndian.PutUint32(b[i:], 0xffffffff)
	}
	binary.LittleEndian.PutUint32(b[76:], 0) // the table is sector 0
	binary.LittleEndian.PutUint32(b[48:], 1) // the directory begins in sector 1
	binary.LittleEndian.PutUint32(b[60:], 0xfffffffe)
	binary.LittleEndian.PutUint32(b[68:], 0xfffffffe)
	binary.LittleEndian.PutUint32(b[512+4:], 2) // 1 goes on in 2
	binary.LittleEndian.PutUint32(b[512+8:], 1) // and 2 in 1
	return b
}
