package extract

import (
	"strconv"

	"golang.org/x/text/encoding"
)

// codepage gives the charset of a Windows codepage, or nil.
func codepage(n int) encoding.Encoding {
	names := map[int]string{932: "shift_jis", 936: "gbk", 949: "euc-kr", 950: "big5", 874: "windows-874", 65001: "utf-8", 10000: "macintosh",
		20127: "windows-1252", 28591: "iso-8859-1", 28592: "iso-8859-2", 28605: "iso-8859-15", 437: "ibm437", 850: "ibm850", 852: "ibm852", 866: "ibm866"}
	name, ok := names[n]
	if !ok {
		name = "windows-" + strconv.Itoa(n)
	}
	return lookUpCharset(name)
}

// rtfCharset gives the charset of a font by its Windows number.
func rtfCharset(n int) encoding.Encoding {
	pages := map[int]int{77: 10000, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256, 186: 1257,
		204: 1251, 222: 874, 238: 1250, 255: 850}
	if page, ok := pages[n]; ok {
		return codepage(page)
	}
	return nil
}
