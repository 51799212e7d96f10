package extract

import (
	"bytes"
	"path"
	"strings"
	"unicode/utf8"
)

// kind is what a file is.
type kind string

const (
	kindUnknown   kind = "unknown"
	kindNothing   kind = "empty"
	kindMedia     kind = "media"
	kindSignature kind = "signature"
	kindText      kind = "text"
	kindHTML      kind = "html"
	kindXML       kind = "xml"
	kindRTF       kind = "rtf"
	kindZip       kind = "zip"
	kindGzip      kind = "gzip"
	kindBzip2     kind = "bzip2"
	kindTar       kind = "tar"
	kindOLE       kind = "ole"
	kindTNEF      kind = "tnef"
	kindPDF       kind = "pdf"
	kindMail      kind = "mail"
	kindMbox      kind = "mbox"
	kindArchive   kind = "archive"
)

func (k kind) String() string { return or(string(k), string(kindUnknown)) }

var (
	errUnknown = unreadable("a kind of file that we do not know")
	errArchive = unreadable("an archive of a form that we do not read")
)

// magic is how a file of a kind begins.
type magic struct {
	kind kind
	at   int
	is   string
}

// magics are taken from the formats' own descriptions, most telling first.
var magics = []magic{
	{kindZip, 0, "PK\x03\x04"}, {kindZip, 0, "PK\x05\x06"}, {kindZip, 0, "PK\x07\x08"}, {kindZip, 0, "PK00PK\x03\x04"},
	{kindOLE, 0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}, {kindTNEF, 0, "\x78\x9f\x3e\x22"},
	{kindGzip, 0, "\x1f\x8b\x08"}, {kindBzip2, 0, "BZh"}, {kindTar, 257, "ustar"},
	{kindArchive, 0, "7z\xbc\xaf\x27\x1c"}, {kindArchive, 0, "Rar!\x1a\x07"}, {kindArchive, 0, "\xfd7zXZ\x00"},
	{kindArchive, 0, "\x28\xb5\x2f\xfd"}, {kindArchive, 0, "MSCF"}, {kindArchive, 2, "-lh"}, {kindArchive, 0, "ITSF"},
	{kindMedia, 0, "\x89PNG\r\n\x1a\n"}, {kindMedia, 0, "\xff\xd8\xff"}, {kindMedia, 0, "GIF87a"}, {kindMedia, 0, "GIF89a"},
	{kindMedia, 0, "II*\x00"}, {kindMedia, 0, "MM\x00*"}, {kindMedia, 8, "WEBP"}, {kindMedia, 8, "WAVE"}, {kindMedia, 8, "AVI "},
	{kindMedia, 4, "ftyp"}, {kindMedia, 0, "OggS"}, {kindMedia, 0, "ID3"}, {kindMedia, 0, "fLaC"}, {kindMedia, 0, "\x1aE\xdf\xa3"},
	{kindMedia, 0, "\xff\xfb"}, {kindMedia, 0, "\xff\xf3"}, {kindMedia, 0, "\xff\xf2"}, {kindMedia, 0, "MThd"}, {kindMedia, 0, "FLV\x01"},
	{kindMedia, 40, " EMF"}, {kindMedia, 0, "\xd7\xcd\xc6\x9a"}, {kindMedia, 0, "\x01\x00\x09\x00\x00\x03"}, {kindMedia, 0, "\x00\x00\x01\x00\x01\x00"},
	{kindMedia, 0, "wOFF"}, {kindMedia, 0, "wOF2"}, {kindMedia, 0, "OTTO"}, {kindMedia, 0, "\x00\x01\x00\x00\x00"}, {kindMedia, 0, "#!AMR"},
	{kindMedia, 0, "0&\xb2u\x8ef\xcf\x11"}, {kindMedia, 0, "8BPS"}, {kindMedia, 0, "\x00\x00\x00\x0cjP"},
}

// isBitmap knows a Windows bitmap by more than its two letters.
func isBitmap(b []byte) bool {
	return len(b) > 26 && b[0] == 'B' && b[1] == 'M' && b[6]|b[7]|b[8]|b[9] == 0 && b[15]|b[16]|b[17] == 0
}

// kindOf knows a file by its content, then by name and type.
func kindOf(f File) kind {
	b := f.Data
	if len(bytes.TrimSpace(b[:min(len(b), 4096)])) == 0 && len(b) <= 4096 {
		return kindNothing
	}
	// Viewers take a PDF that begins anywhere in the first kilobyte.
	if bytes.Contains(b[:min(len(b), 1024)], []byte("%PDF-")) {
		return kindPDF
	}
	for _, m := range magics {
		if len(b) >= m.at+len(m.is) && string(b[m.at:m.at+len(m.is)]) == m.is {
			return m.kind
		}
	}
	if isBitmap(b) {
		return kindMedia
	}
	start := bytes.TrimLeft(trimBOM(b), " \t\r\n")
	start = start[:min(len(start), 2048)]
	if bytes.HasPrefix(start, []byte(`{\rt`)) {
		return kindRTF
	}
	if bytes.HasPrefix(start, []byte("%!PS")) {
		return kindUnknown
	}
	if utf16Order(b) != 0 || looksLikeText(b) {
		return textKind(f, start)
	}
	return binaryKind(f)
}

func trimBOM(b []byte) []byte { return bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")) }

// textKind tells what text it is.
func textKind(f File, start []byte) kind {
	ext := extension(f.Name)
	var lower []byte // of what may be a page or a drawing
	if len(start) > 0 && start[0] == '<' {
		lower = bytes.ToLower(start)
	}
	switch {
	case strings.HasPrefix(f.Type, "message/rfc822"), ext == "eml", ext == "mht", ext == "mhtml", looksLikeMail(start):
		if bytes.HasPrefix(start, []byte("From ")) {
			return kindMbox
		}
		return kindMail
	case ext == "mbox", f.Type == "application/mbox":
		return kindMbox
	case bytes.HasPrefix(lower, []byte("<?xml")) && !bytes.Contains(lower, []byte("<html")):
		return kindXML
	case bytes.HasPrefix(lower, []byte("<")) && (bytes.Contains(lower, []byte("<html")) || bytes.Contains(lower, []byte("<!doctype html"))),
		ext == "html", ext == "htm", ext == "xhtml", f.Type == "text/html":
		return kindHTML
	case bytes.HasPrefix(lower, []byte("<svg")), bytes.HasPrefix(lower, []byte("<")) && ext == "xml":
		return kindXML
	case bytes.HasPrefix(lower, []byte("<")) && (ext == "doc" || ext == "xls"):
		return kindHTML // web pages and tables under an Office name, which Office opens
	case isSignature(f, ext):
		return kindSignature
	}
	return kindText
}

// looksLikeMail tells whether a text begins with a mail's header: three fields
// that every mail has.
func looksLikeMail(start []byte) bool {
	seen := 0
	first := true
	for line := range bytes.SplitSeq(start, []byte("\n")) {
		name, _, ok := bytes.Cut(bytes.TrimRight(line, "\r"), []byte(":"))
		if !ok && !first && (len(line) == 0 || line[0] != ' ' && line[0] != '\t') {
			break
		}
		first = false
		switch strings.ToLower(string(name)) {
		case "received", "message-id", "mime-version", "return-path", "content-type":
			seen++
		}
	}
	return seen >= 3
}

// binaryKind takes the word of name and type for what is no text and bears no
// known mark. What a reader might have a program for is unknown.
func binaryKind(f File) kind {
	switch top, _, _ := strings.Cut(f.Type, "/"); {
	case top == "image", top == "audio", top == "video", top == "font":
		return kindMedia
	case isSignature(f, extension(f.Name)):
		return kindSignature
	}
	return kindUnknown
}

// isSignature knows what accompanies a signed mail, and certificates.
func isSignature(f File, ext string) bool {
	switch f.Type {
	case "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature", "application/pgp-keys",
		"application/pkix-cert", "application/x-x509-ca-cert":
		return len(f.Data) < 1<<20
	}
	switch ext {
	case "p7s", "cer", "crt":
		return len(f.Data) < 1<<20
	}
	return false
}

func extension(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Ext(strings.TrimSpace(name)), "."))
}

// looksLikeText tells text of any one-octet or multi-octet charset from binary
// data by its control characters.
func looksLikeText(b []byte) bool {
	const sample = 64 << 10 // octets at the start, and as many in the middle
	if len(b) > 2*sample && !fewControls(b[len(b)/2:len(b)/2+sample]) {
		return false
	}
	return fewControls(b[:min(len(b), sample)])
}

func fewControls(b []byte) bool {
	controls, high := 0, 0
	for _, c := range b {
		switch {
		case c >= ' ' && c < 0x80: // nearly all
		case c == 0:
			return false
		case c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b && c != 0x1a:
			controls++
		case c >= 0x80:
			high++
		}
	}
	if controls*100 > len(b) {
		return false
	}
	// Dense data has half its octets above ASCII and is no UTF-8.
	return high*100 < len(b)*45 || utf8.Valid(b[:utf8Border(b)])
}

// utf8Border gives the length of b without a last character that was cut.
func utf8Border(b []byte) int {
	for n := len(b); n > 0 && n > len(b)-utf8.UTFMax; n-- {
		if utf8.RuneStart(b[n-1]) {
			if !utf8.FullRune(b[n-1:]) {
				return n - 1
			}
			break
		}
	}
	return len(b)
}

// MayHoldText tells from the name, the type and the first octets (a few
// thousand) of a file whether reading the whole of it can give text.
func MayHoldText(f File) bool {
	switch kindOf(f) {
	case kindNothing, kindMedia, kindSignature:
		return false
	}
	return true
}

// Refused gives the error of a file that is not read whatever follows its first
// octets: of a kind that we do not know, or an archive that we do not open.
func Refused(f File) error {
	switch kindOf(f) {
	case kindUnknown:
		return errUnknown
	case kindArchive:
		return errArchive
	}
	return nil
}

// IsDocument tells from the first octets whether a file is a document or
// archive, whatever it is said to be. Plain text and web pages are none.
func IsDocument(f File) bool {
	switch kindOf(File{Data: f.Data}) {
	case kindRTF, kindZip, kindGzip, kindBzip2, kindTar, kindOLE, kindTNEF, kindPDF, kindArchive:
		return true
	}
	return false
}
