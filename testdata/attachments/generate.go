//go:build ignore

// Writes two-hundred.eml: 200 attachments with odd names, types, charsets and
// encodings, and two-hundred.txt: the SHA-256 of each one's bytes, in order.
// Usage: go run generate.go
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"mime/quotedprintable"
	"os"
	"strings"
)

var types = []string{"application/pdf", "application/msword", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/vnd.ms-excel",
	"application/zip", "application/octet-stream", "image/png", "image/jpeg", "image/gif", "image/webp", "image/tiff", "image/heic", "image/svg+xml", "audio/mpeg",
	"video/mp4", "text/plain", "text/csv", "text/html", "text/xml", "text/rtf", "application/json", "application/xml", "application/x-msdownload", "application/javascript",
	"application/pkcs7-mime", "application/pgp-encrypted", "font/woff2", "model/stl", "chemical/x-pdb", "x-unknown/x-odd", "nonsense", "APPLICATION/PDF", "text/x-vcard"}

var charsets = []string{"", "utf-8", "us-ascii", "iso-8859-1", "windows-1252", "utf-16", "utf-16le", "koi8-r", "shift_jis", "gb18030", "big5", "euc-kr", "iso-2022-jp", "utf-7", "x-nobody-knows"}

var encodings = []string{"base64", "quoted-printable", "8bit", "7bit", "BASE64", "binary", "base64 odd", "quoted-printable soft"}

func names(i int) string {
	s := fmt.Sprintf("%03d", i)
	all := []string{
		`attachment; filename="plain ` + s + `.pdf"`,
		`attachment; filename*=utf-8''%E2%82%AC%20` + s + `%20caf%C3%A9.docx`,
		`attachment; filename*=iso-8859-1'en'caf%E9%20` + s + `.xls`,
		`attachment; filename*0="long name "; filename*1="in pieces ` + s + `"; filename*2=".txt"`,
		`attachment; filename*0*=utf-8''gr%C3%BC; filename*1*=%C3%9Fe%20` + s + `; filename*2=.odt`,
		`attachment; filename="=?utf-8?B?` + base64.StdEncoding.EncodeToString([]byte("Ŵythnos "+s+" ŷ.pdf")) + `?="`,
		`attachment; filename="=?iso-8859-1?Q?caf=E9_` + s + `.doc?="`,
		`attachment; filename="=?koi8-r?B?0NLJ18XU?= ` + s + `.txt"`,
		`attachment; filename="raw ünïcödé ` + s + `.csv"`,
		"attachment; filename=\"latin caf\xe9 " + s + ".rtf\"",
		`attachment`,
		`attachment; filename=""`,
		`attachment; filename="../../etc/passwd ` + s + `"`,
		`attachment; filename="C:\\Users\\x\\` + s + `.txt"`,
		`attachment; filename="con.txt"`,
		`attachment; filename="same name.pdf"`,
		`attachment; filename="Same Name.pdf"`,
		`attachment; filename="invoice ` + s + `.pdf.exe"`,
		"attachment; filename*=utf-8''fdp%E2%80%AEexe." + s,
		`attachment; filename="` + strings.Repeat("very ", 60) + s + `.html"`,
		`attachment; filename="with \"quotes\" and \\ ` + s + `.txt"`,
		`attachment; filename="50%25 off; ` + s + `=x.txt"`,
		`attachment; filename=unquoted` + s + `.bin`,
		"attachment; filename*=utf-8''%F0%9F%98%80%20" + s + ".png",
		`attachment; filename="   spaces ` + s + ` .txt  "`,
		`ATTACHMENT; FILENAME="UPPER ` + s + `.PDF"`,
		"attachment;\r\n filename=\"folded " + s + ".pdf\"",
		`attachment; filename=".hidden` + s + `"`,
		`attachment; filename="<script>` + s + `.htm"`,
		`attachment; size=12; filename="after ` + s + `.pdf"; creation-date="x"`,
	}
	return all[i%len(all)]
}

// content gives bytes that suit the encoding: all values where it can carry them.
func content(i int, encoding string) []byte {
	var out []byte
	for sum := sha256.Sum256([]byte{byte(i)}); len(out) < 40+7*i%600; sum = sha256.Sum256(sum[:]) {
		out = append(out, sum[:]...)
	}
	if strings.HasPrefix(strings.ToLower(encoding), "base64") || strings.HasPrefix(encoding, "quoted") {
		return append(out, "\r\n.\r\nFrom x\r\n--m\n\r \t\r\n"...)
	}
	var lines strings.Builder
	for n, b := range out {
		switch {
		case n%60 == 59:
			lines.WriteString("\r\n")
		case encoding == "7bit":
			lines.WriteByte(' ' + b%94)
		default:
			lines.WriteByte(' ' + b%223) // 8-bit values too, no bare line ends
		}
	}
	return []byte(strings.ReplaceAll(lines.String(), "\r\n-", "\r\n_"))
}

func main() {
	var mail, sums bytes.Buffer
	mail.WriteString("From: jane.doe@example.gov.uk\r\nSubject: Two hundred\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/plain\r\n\r\nTwo hundred files.\r\n")
	for i := range 200 {
		encoding := encodings[i%len(encodings)]
		raw := content(i, encoding)
		kind := types[i%len(types)]
		if c := charsets[i%len(charsets)]; c != "" {
			kind += "; charset=" + c
		}
		fmt.Fprintf(&mail, "--m\r\nContent-Type: %s\r\nContent-Disposition: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n", kind, names(i), strings.Fields(encoding)[0])
		switch {
		case encoding == "base64 odd":
			s := base64.StdEncoding.EncodeToString(raw)
			for n := 1; len(s) > n; n += 3 {
				mail.WriteString(s[:n] + " \r\n")
				s = s[n:]
			}
			mail.WriteString(s)
		case strings.HasPrefix(strings.ToLower(encoding), "base64"):
			s := base64.StdEncoding.EncodeToString(raw)
			for ; len(s) > 76; s = s[76:] {
				mail.WriteString(s[:76] + "\r\n")
			}
			mail.WriteString(s)
		case encoding == "quoted-printable":
			w := quotedprintable.NewWriter(&mail)
			w.Binary = true
			_, _ = w.Write(raw)
			_ = w.Close()
		case strings.HasPrefix(encoding, "quoted"):
			for n, b := range raw {
				fmt.Fprintf(&mail, "=%02X", b)
				if n%20 == 19 {
					mail.WriteString("= \t\r\n")
				}
			}
		default:
			mail.Write(raw)
		}
		mail.WriteString("\r\n")
		fmt.Fprintf(&sums, "%x\n", sha256.Sum256(raw))
	}
	mail.WriteString("--m--\r\n")
	for name, b := range map[string][]byte{"two-hundred.eml": mail.Bytes(), "two-hundred.txt": sums.Bytes()} {
		if err := os.WriteFile(name, b, 0o644); err != nil {
			panic(err)
		}
	}
}
