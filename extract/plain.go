package extract

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// plain reads text of any charset; calendars and cards get their folded lines
// joined.
func (w *writer) plain() error {
	if err := w.tooLong(w.file.Data); err != nil {
		return err
	}
	text := Guess(w.file.Data, "")
	switch ext := extension(w.file.Name); {
	case ext == "ics", ext == "vcf", w.file.Type == "text/calendar", w.file.Type == "text/vcard":
		text = Unfold(text)
	}
	return w.write(text)
}

// tooLong refuses text before it is copied.
func (w *writer) tooLong(b []byte) error {
	if len(b) > 2*w.x.limits.Text {
		return fmt.Errorf("%w: more than %d MB of text", ErrTooBig, w.x.limits.Text>>20)
	}
	return w.spend(len(b))
}

// Guess decodes text that says nothing of its charset, or only charset: by its
// byte order mark, as UTF-16 without one, then as charset, as UTF-8, and last as
// Windows-1252.
func Guess(octets []byte, charset string) string {
	switch order := utf16Order(octets); {
	case order != 0:
		return decodeUTF16(octets, order == 'B')
	case charset == "":
		return utf8Or1252(trimBOM(octets))
	}
	text, _ := Decode(charset, trimBOM(octets))
	return text
}

// utf16Order gives 'B' or 'L' for UTF-16 text of that octet order, with or
// without a byte order mark, and 0 for anything else.
func utf16Order(b []byte) byte {
	const sample = 4096
	if len(b) < 4 || bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")) {
		return 0
	}
	switch {
	case b[0] == 0xff && b[1] == 0xfe:
		return 'L'
	case b[0] == 0xfe && b[1] == 0xff:
		return 'B'
	}
	var zeros, plain [2]int
	n := min(len(b), sample) &^ 1
	if bytes.IndexByte(b[:n], 0) < 0 {
		return 0
	}
	for i, c := range b[:n] {
		switch {
		case c == 0:
			zeros[i&1]++
		case c >= ' ' && c < 0x7f || c == '\n' || c == '\r' || c == '\t':
			plain[i&1]++
		}
	}
	half := n / 2
	switch {
	case zeros[1] > half*7/10 && zeros[0] == 0 && plain[0] > half*7/10:
		return 'L'
	case zeros[0] > half*7/10 && zeros[1] == 0 && plain[1] > half*7/10:
		return 'B'
	}
	return 0
}

func decodeUTF16(b []byte, big bool) string {
	var out strings.Builder
	out.Grow(len(b) / 2)
	unit := func(i int) rune {
		if big {
			return rune(b[i])<<8 | rune(b[i+1])
		}
		return rune(b[i+1])<<8 | rune(b[i])
	}
	for i := 0; i+1 < len(b); i += 2 {
		r := unit(i)
		if utf16.IsSurrogate(r) && i+3 < len(b) {
			if pair := utf16.DecodeRune(r, unit(i+2)); pair != utf8.RuneError {
				r = pair
				i += 2
			}
		}
		if r != 0xfeff || i > 0 {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// Unfold joins the folded lines of a calendar or card and undoes its escapes
// (RFC 5545 sections 3.1 and 3.3.11; RFC 6350 section 3.2).
func Unfold(text string) string {
	return strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "",
		`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`).Replace(text)
}

// mail hands a whole mail to the caller.
func (w *writer) mail() error { return w.message(w.file.Data) }

func (w *writer) message(mail []byte) error {
	if err := w.spend(len(mail)); err != nil {
		return err
	}
	if w.x.Message == nil {
		return errMail
	}
	// The caller may read files of the mail with this Extractor.
	ctx, docs := w.x.ctx, w.x.docs
	err := w.x.Message(Document{Name: w.file.Name, In: w.in}.Where(), mail)
	w.x.ctx, w.x.docs = ctx, docs
	return err
}

var mboxBorder = regexp.MustCompile(`(?m)^From [^\n]*\n`)

// mbox hands each mail of a mailbox file to the caller.
func (w *writer) mbox() error {
	borders := mboxBorder.FindAllIndex(w.file.Data, w.x.limits.Files+1)
	if len(borders) > w.x.limits.Files {
		return fmt.Errorf("%w: more than %d mails", ErrTooBig, w.x.limits.Files)
	}
	if len(borders) == 0 {
		return w.mail()
	}
	for i, b := range borders {
		end := len(w.file.Data)
		if i+1 < len(borders) {
			end = borders[i+1][0]
		}
		if err := w.message(w.file.Data[b[1]:end]); err != nil {
			return err
		}
	}
	return nil
}
