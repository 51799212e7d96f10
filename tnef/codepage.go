package tnef

import "strconv"

// codepages are those whose charset does not follow from the number.
var codepages = map[int]string{
	0: "windows-1252", 437: "ibm437", 850: "ibm850", 852: "ibm852", 866: "ibm866", 874: "windows-874",
	932: "shift_jis", 936: "gbk", 949: "euc-kr", 950: "big5", 10000: "macintosh", 20127: "us-ascii",
	20866: "koi8-r", 21866: "koi8-u", 20932: "euc-jp", 51932: "euc-jp", 51949: "euc-kr", 54936: "gb18030",
	50220: "iso-2022-jp", 50221: "iso-2022-jp", 50222: "iso-2022-jp", 38598: "iso-8859-8", 65000: "utf-7", 65001: "utf-8",
}

// charset names the charset of a Windows codepage.
func charset(page int) string {
	if name, ok := codepages[page]; ok {
		return name
	}
	if page > 28590 && page <= 28605 {
		return "iso-8859-" + strconv.Itoa(page-28590)
	}
	return "windows-" + strconv.Itoa(page)
}

// fontPage gives the codepage of a font by its Windows charset number; 0 for
// that of the document.
func fontPage(n int) int {
	return map[int]int{77: 10000, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256, 186: 1257,
		204: 1251, 222: 874, 238: 1250}[n]
}
