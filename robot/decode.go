package robot

import (
	"encoding/base64"
	"errors"
	"io"
	"mime/quotedprintable"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// open gives the decoded body of a part.
func (p *part) open() io.Reader {
	r := io.NewSectionReader(p.source, p.from, max(0, p.to-p.from))
	switch p.encoding {
	case "base64":
		return base64.NewDecoder(base64.RawStdEncoding, &alphabet{r: r})
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	}
	return r
}

// text gives the decoded body as UTF-8, at most most octets of it; whole is
// false when there was more. A body that breaks off gives what came before.
func (p *part) text(most int64) (text string, whole bool) {
	b, err := io.ReadAll(io.LimitReader(p.open(), most+1))
	whole = (err == nil || errors.Is(err, io.ErrUnexpectedEOF)) && int64(len(b)) <= most
	if int64(len(b)) > most {
		b = b[:most]
	}
	return decodeText(b, p.charset), whole
}

func decodeText(b []byte, charset string) string {
	if charset == "" || charset == "us-ascii" || charset == "ascii" || charset == "utf-8" {
		for cut := 0; cut < utf8.UTFMax && cut <= len(b); cut++ { // a bound may fall inside a character
			if utf8.Valid(b[:len(b)-cut]) {
				return string(b[:len(b)-cut])
			}
		}
		charset = "windows-1252"
	}
	e, err := htmlindex.Get(charset)
	if err != nil {
		e = charmap.Windows1252
	}
	out, _ := e.NewDecoder().Bytes(b)
	return string(out)
}

// alphabet lets only base64's own characters through, and ends at the padding.
type alphabet struct {
	r     io.Reader
	ended bool
}

func (a *alphabet) Read(b []byte) (int, error) {
	for !a.ended {
		n, err := a.r.Read(b)
		k := 0
		for _, c := range b[:n] {
			if c == '=' {
				a.ended = true
				break
			}
			if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' {
				b[k] = c
				k++
			}
		}
		if k > 0 || err != nil {
			return k, err
		}
	}
	return 0, io.EOF
}
