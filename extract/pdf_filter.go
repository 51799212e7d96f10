package extract

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"encoding/ascii85"
	"errors"
	"io"
)

// errImage says that a stream holds a picture, which is not decoded.
var errImage = errors.New("a picture")

// data gives the decoded octets of a stream, to be given back with release.
func (f *pdfFile) data(s *pdfStream) ([]byte, error) {
	raw, err := f.decryptStream(s)
	if err != nil {
		return nil, err
	}
	var filters pdfArray
	switch v := f.get(first(s.dict, "Filter", "F")).(type) {
	case pdfName:
		filters = pdfArray{v}
	case pdfArray:
		filters = v
	}
	const mostFilters = 8
	if len(filters) > mostFilters {
		return nil, errDamaged
	}
	parms := f.get(first(s.dict, "DecodeParms", "DP"))
	if err := f.w.hold(len(raw)); err != nil {
		f.w.release(len(raw))
		return nil, err
	}
	for i, v := range filters {
		name, _ := f.get(v).(pdfName)
		p, _ := parms.(pdfDict)
		if list, ok := parms.(pdfArray); ok && i < len(list) {
			p = f.dict(list[i])
		}
		out, err := f.filter(name, raw, p)
		f.w.release(len(raw))
		if err != nil {
			return nil, err
		}
		raw = out
	}
	return raw, nil
}

func first(d pdfDict, names ...pdfName) any {
	for _, n := range names {
		if v, ok := d[n]; ok {
			return v
		}
	}
	return nil
}

// filter undoes one filter (section 7.4). What it gives is held.
func (f *pdfFile) filter(name pdfName, in []byte, p pdfDict) ([]byte, error) {
	var out []byte
	var err error
	switch name {
	case "FlateDecode", "Fl":
		out, err = f.inflate(in)
	case "LZWDecode", "LZW":
		out, err = f.w.all(newLZW(in, f.number(p["EarlyChange"], 1) != 0))
	case "ASCIIHexDecode", "AHx":
		l := pdfLexer{b: append([]byte("<"), in...)}
		out, err = f.w.all(bytes.NewReader([]byte(l.hex())))
	case "ASCII85Decode", "A85":
		out, err = f.w.all(ascii85.NewDecoder(bytes.NewReader(trim85(in))))
		if len(out) == 0 && err != nil {
			err = errDamaged
		}
	case "RunLengthDecode", "RL":
		out, err = f.w.all(&runLength{in: in})
	case "Crypt":
		out, err = f.w.all(bytes.NewReader(in))
	case "DCTDecode", "DCT", "JPXDecode", "JBIG2Decode", "CCITTFaxDecode", "CCF":
		return nil, errImage
	default:
		return nil, errDamaged
	}
	if err != nil {
		return nil, err
	}
	if predictor := f.number(p["Predictor"], 1); predictor > 1 {
		out = unpredict(out, predictor, int(f.number(p["Columns"], 1)), int(f.number(p["Colors"], 1)), int(f.number(p["BitsPerComponent"], 8)))
	}
	return out, nil
}

// lenient gives what came before a fault in the data, as viewers show it.
type lenient struct {
	r     io.Reader
	fault error
}

func (l *lenient) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if err != nil && err != io.EOF {
		l.fault = err
		err = io.EOF
	}
	return n, err
}

func (f *pdfFile) inflate(in []byte) ([]byte, error) {
	var r io.Reader
	if z, err := zlib.NewReader(bytes.NewReader(in)); err == nil {
		r = z
	} else if len(in) > 2 {
		r = flate.NewReader(bytes.NewReader(in[2:])) // the header alone is wrong
	} else {
		return nil, errDamaged
	}
	l := &lenient{r: r}
	out, err := f.w.all(l)
	if err == nil && len(out) == 0 && l.fault != nil {
		return nil, errDamaged
	}
	return out, err
}

// trim85 leaves out the brackets that the decoder does not know.
func trim85(in []byte) []byte {
	in = bytes.TrimPrefix(bytes.TrimSpace(in), []byte("<~"))
	if i := bytes.IndexByte(in, '~'); i >= 0 {
		in = in[:i]
	}
	return in
}

// runLength reads PackBits.
type runLength struct {
	in  []byte
	out []byte
}

func (r *runLength) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if len(r.in) < 2 || r.in[0] == 128 {
			return 0, io.EOF
		}
		if n := int(r.in[0]); n < 128 {
			end := min(n+2, len(r.in))
			r.out, r.in = r.in[1:end], r.in[end:]
		} else {
			r.out, r.in = bytes.Repeat(r.in[1:2], 257-n), r.in[2:]
		}
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

// lzw reads the LZW of TIFF and PDF, most significant bit first.
type lzw struct {
	in           []byte
	bits, have   uint
	width        uint
	early        int
	prefix       [4096]int16
	suffix       [4096]byte
	next         int
	last         int
	out, scratch []byte
}

func newLZW(in []byte, early bool) *lzw {
	z := &lzw{in: in}
	if early {
		z.early = 1
	}
	z.clear()
	return z
}

func (z *lzw) clear() { z.width, z.next, z.last = 9, 258, -1 }

func (z *lzw) Read(p []byte) (int, error) {
	for len(z.out) == 0 {
		if !z.step() {
			return 0, io.EOF
		}
	}
	n := copy(p, z.out)
	z.out = z.out[n:]
	return n, nil
}

// step reads one code; false at the end.
func (z *lzw) step() bool {
	for z.have < z.width {
		if len(z.in) == 0 {
			return false
		}
		z.bits, z.in, z.have = z.bits<<8|uint(z.in[0]), z.in[1:], z.have+8
	}
	z.have -= z.width
	code := int(z.bits >> z.have & (1<<z.width - 1))
	z.bits &= 1<<z.have - 1
	switch {
	case code == 256:
		z.clear()
		return true
	case code == 257 || code > z.next || code == z.next && z.last < 0:
		return false
	}
	z.scratch = z.scratch[:0]
	from := code
	if code == z.next {
		from = z.last
	}
	for from >= 258 {
		z.scratch = append(z.scratch, z.suffix[from])
		from = int(z.prefix[from])
	}
	z.scratch = append(z.scratch, byte(from))
	head := byte(from)
	for i, j := 0, len(z.scratch)-1; i < j; i, j = i+1, j-1 {
		z.scratch[i], z.scratch[j] = z.scratch[j], z.scratch[i]
	}
	if code == z.next {
		z.scratch = append(z.scratch, head)
	}
	if z.last >= 0 && z.next < 4096 {
		z.prefix[z.next], z.suffix[z.next] = int16(z.last), head
		z.next++
		if z.next+z.early >= 1<<z.width && z.width < 12 {
			z.width++
		}
	}
	z.last, z.out = code, z.scratch
	return true
}

// unpredict undoes the PNG and TIFF predictors in place. What makes no sense is
// left as it is.
func unpredict(b []byte, predictor float64, columns, colors, bits int) []byte {
	const widest = 1 << 20
	if columns < 1 || colors < 1 || bits < 1 || columns > widest || colors > 32 || bits > 32 {
		return b
	}
	pixel := max(1, colors*bits/8)
	row := (columns*colors*bits + 7) / 8
	if predictor < 10 {
		for start := 0; bits == 8 && start+row <= len(b); start += row {
			for i := start + pixel; i < start+row; i++ {
				b[i] += b[i-pixel]
			}
		}
		return b
	}
	out := b[:0]
	previous := make([]byte, row)
	for len(b) > 1 {
		kind := b[0]
		line := b[1:min(len(b), row+1)]
		b = b[len(line)+1:]
		unpredictRow(kind, line, previous, pixel)
		copy(previous, line)
		out = append(out, line...)
	}
	return out
}

func unpredictRow(kind byte, line, previous []byte, pixel int) {
	for i := range line {
		var left, corner int
		if i >= pixel {
			left, corner = int(line[i-pixel]), int(previous[i-pixel])
		}
		up := int(previous[i])
		switch kind {
		case 1:
			line[i] += byte(left)
		case 2:
			line[i] += byte(up)
		case 3:
			line[i] += byte((left + up) / 2)
		case 4:
			line[i] += byte(paeth(left, up, corner))
		}
	}
}

func paeth(a, b, c int) int {
	pa, pb, pc := abs(b-c), abs(a-c), abs(a+b-2*c)
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
