package tnef

import (
	"encoding/base64"
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes one line of a text that came from outside: no control characters,
// no white space around it, no more than most characters.
func clean(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case r == utf8.RuneError, r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1 // direction marks turn the end of a file name round
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most])
	}
	return strings.TrimSpace(s)
}

// fileName gives the last element of a path, of which the end is kept when it is
// too long: there stands what kind of file it is.
func fileName(s string) string {
	s = clean(strings.TrimRight(s, "\x00"), maxShort)
	s = s[strings.LastIndexAny(s, `/\`)+1:]
	ext := path.Ext(s)
	if n := utf8.RuneCountInString(ext); n > 20 {
		ext = ""
	}
	return clean(strings.TrimSuffix(s, ext), maxName-utf8.RuneCountInString(ext)) + ext
}

var mediaForm = regexp.MustCompile(`^[a-z0-9][a-z0-9!#$&^_.+-]{0,100}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}$`)

// mediaType gives the type that the sender's program told, or that of the name.
// Types that change how a mail is read are files here.
func mediaType(told, name string) string {
	const unknown = "application/octet-stream"
	told = strings.ToLower(strings.TrimSpace(strings.TrimRight(told, "\x00")))
	if !mediaForm.MatchString(told) || told == unknown {
		if byName, ok := mediaTypes[strings.ToLower(path.Ext(name))]; ok {
			return byName
		}
		return unknown
	}
	if strings.HasPrefix(told, "multipart/") || strings.HasPrefix(told, "message/") || isTNEFType(told) {
		return unknown
	}
	return told
}

// mediaTypes are those of the files that people attach. The machine's own table
// would make the same message different elsewhere.
var mediaTypes = map[string]string{
	".pdf": "application/pdf", ".txt": "text/plain", ".csv": "text/csv", ".htm": "text/html", ".html": "text/html", ".rtf": "application/rtf",
	".doc": "application/msword", ".xls": "application/vnd.ms-excel", ".ppt": "application/vnd.ms-powerpoint", ".msg": "application/vnd.ms-outlook",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".odt":  "application/vnd.oasis.opendocument.text", ".ods": "application/vnd.oasis.opendocument.spreadsheet", ".odp": "application/vnd.oasis.opendocument.presentation",
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".bmp": "image/bmp", ".tif": "image/tiff", ".tiff": "image/tiff",
	".zip": "application/zip", ".mp3": "audio/mpeg", ".mp4": "video/mp4", ".wav": "audio/wav", ".ics": "text/calendar", ".vcf": "text/vcard",
}

var idForm = regexp.MustCompile(`^[!-;=?-~]{1,200}$`)

// contentID gives the id that the page names a picture by; "" when it has none
// that could stand in a header.
func contentID(s string) string {
	s = strings.Trim(strings.TrimSpace(strings.TrimRight(s, "\x00")), "<>")
	if !idForm.MatchString(s) {
		return ""
	}
	return s
}

// encoded writes a text for a header field (RFC 2047), folded.
func encoded(s string) string {
	ascii := true
	for i := 0; i < len(s); i++ {
		ascii = ascii && s[i] >= ' ' && s[i] < 0x7f
	}
	const longest = 60 // of a line, without the field's name
	if ascii && len(s) <= longest && !strings.Contains(s, "=?") {
		return s
	}
	var words []string
	for rest := s; rest != ""; {
		n := 0
		for n < len(rest) {
			_, size := utf8.DecodeRuneInString(rest[n:])
			if n+size > 45 {
				break
			}
			n += size
		}
		// At most 75 characters, and no character in two words.
		words = append(words, "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(rest[:n]))+"?=")
		rest = rest[n:]
	}
	return strings.Join(words, "\r\n ")
}

// parameter writes a parameter of a field on lines of its own, in RFC 2231's
// form with continuations when it is long or not ASCII.
func parameter(name, value string) string {
	plain := len(value) <= 60
	for i := 0; i < len(value); i++ {
		plain = plain && value[i] >= ' ' && value[i] < 0x7f && value[i] != '"' && value[i] != '\\'
	}
	if plain {
		return fmt.Sprintf(";\r\n %s=\"%s\"", name, value)
	}
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-', c == '.', c == '_':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	text := b.String()
	const line = 60
	if len(text) <= line {
		return fmt.Sprintf(";\r\n %s*=utf-8''%s", name, text)
	}
	out := ""
	for i := 0; text != ""; i++ {
		n := min(line, len(text))
		for n < len(text) && (text[n-1] == '%' || text[n-2] == '%') {
			n-- // no octet on two lines
		}
		start := ""
		if i == 0 {
			start = "utf-8''"
		}
		out += fmt.Sprintf(";\r\n %s*%d*=%s%s", name, i, start, text[:n])
		text = text[n:]
	}
	return out
}
