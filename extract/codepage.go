package extract

import (
	"strconv"

	"golang.org/x/text/encoding"
)

// codepages are those whose charset does not follow from the number.
var codepages = map[int]string{
	0: "windows-1252", 437: "ibm437", 850: "ibm850", 852: "ibm852", 866: "ibm866", 874: "windows-874",
	932: "shift_jis", 936: "gbk", 949: "euc-kr", 950: "big5", 10000: "macintosh", 20127: "us-ascii",
	20866: "koi8-r", 21866: "koi8-u", 20932: "euc-jp", 51932: "euc-jp", 51949: "euc-kr", 54936: "gb18030",
	50220: "iso-2022-jp", 50221: "iso-2022-jp", 50222: "iso-2022-jp", 38598: "iso-8859-8", 65000: "utf-7", 65001: "utf-8",
}

// CodepageName names the charset of a Windows codepage, for Decode. Zero, the
// codepage of the machine, is taken as that of western Europe.
func CodepageName(page int) string {
	if name, ok := codepages[page]; ok {
		return name
	}
	const latin = 28590 // and the number of the part of ISO 8859
	if page > latin && page <= latin+15 {
		return "iso-8859-" + strconv.Itoa(page-latin)
	}
	return "windows-" + strconv.Itoa(page)
}

// FontCodepage gives the codepage of a font by its Windows charset number
// ([MS-WMF] section 2.1.1.5); 0 for that of the document.
func FontCodepage(n int) int {
	return map[int]int{77: 10000, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256, 186: 1257,
		204: 1251, 222: 874, 238: 1250, 255: 850}[n]
}

// codepage gives the charset of a Windows codepage, or nil.
func codepage(n int) encoding.Encoding { return lookUpCharset(CodepageName(n)) }
