package extract

import (
	"bufio"
	"bytes"
	"fmt"
	"html"
	"io"
	"regexp"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// xmlToken is what xmlScan finds.
type xmlToken uint8

const (
	xmlEnd   xmlToken = iota // of the whole
	xmlText                  // text()
	xmlOpen                  // name, attribute
	xmlClose                 // name
	xmlEmpty                 // an element that is opened and closed in one
)

// maxTag bounds one tag with its attributes, in octets.
const maxTag = 1 << 20

// xmlScan reads XML as a stream of tags and text. It checks no nesting and
// knows local names only, since documents name their prefixes as they like. A
// document type with entities is refused: no Office program writes one, and
// entities are what bombs are made of.
type xmlScan struct {
	r    *bufio.Reader
	w    *writer
	tag  []byte // of the last tag, without its brackets
	raw  []byte // of the last text
	data bool   // the last text is CDATA
}

var xmlEncoding = regexp.MustCompile(`^\s*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9_.:-]{1,40})["']`)

// newXML reads r, which is paid for by its caller.
func (w *writer) newXML(r io.Reader) *xmlScan {
	b := bufio.NewReaderSize(r, 64<<10)
	head, _ := b.Peek(200)
	if order := utf16Order(head); order != 0 {
		endian := unicode.LittleEndian
		if order == 'B' {
			endian = unicode.BigEndian
		}
		b = bufio.NewReaderSize(transform.NewReader(b, unicode.UTF16(endian, unicode.UseBOM).NewDecoder()), 64<<10)
	} else if m := xmlEncoding.FindSubmatch(trimBOM(head)); m != nil && !strings.EqualFold(string(m[1]), "utf-8") {
		if enc := lookUpCharset(strings.ToLower(string(m[1]))); enc != nil {
			b = bufio.NewReaderSize(transform.NewReader(b, enc.NewDecoder()), 64<<10)
		}
	}
	return &xmlScan{r: b, w: w}
}

// next gives the next token. The error is that of the reader, or ErrUnreadable.
func (s *xmlScan) next() (xmlToken, error) {
	for {
		c, err := s.r.ReadByte()
		if err == io.EOF {
			return xmlEnd, nil
		}
		if err != nil {
			return xmlEnd, err
		}
		if c != '<' {
			_ = s.r.UnreadByte()
			return xmlText, s.readText()
		}
		next, _ := s.r.Peek(8)
		switch {
		case bytes.HasPrefix(next, []byte("!--")):
			err = s.skipTo("-->")
		case bytes.HasPrefix(next, []byte("![CDATA[")):
			_, _ = s.r.Discard(8)
			return xmlText, s.readCDATA()
		case bytes.HasPrefix(next, []byte("?")):
			err = s.skipTo("?>")
		default:
			return s.readTag()
		}
		if err != nil {
			return xmlEnd, err
		}
	}
}

// readText reads up to the next tag, or a good piece of it.
func (s *xmlScan) readText() error {
	s.raw, s.data = s.raw[:0], false
	for {
		piece, err := s.r.ReadSlice('<')
		if err == nil {
			_ = s.r.UnreadByte()
			piece = piece[:len(piece)-1]
		}
		s.raw = append(s.raw, piece...)
		switch {
		case err == nil || err == io.EOF:
			return nil
		case err != bufio.ErrBufferFull:
			return err
		// A long text comes in pieces, but no reference is cut.
		case bytes.LastIndexByte(s.raw[max(0, len(s.raw)-16):], '&') < 0, len(s.raw) > maxTag:
			return nil
		}
	}
}

func (s *xmlScan) readCDATA() error {
	s.raw, s.data = s.raw[:0], true
	for {
		piece, err := s.r.ReadSlice('>')
		s.raw = append(s.raw, piece...)
		if bytes.HasSuffix(s.raw, []byte("]]>")) {
			s.raw = s.raw[:len(s.raw)-3]
			return nil
		}
		if err != nil && err != bufio.ErrBufferFull {
			return cut(err)
		}
		if len(s.raw) > s.w.x.limits.Text {
			return fmt.Errorf("%w: text", ErrTooBig)
		}
	}
}

// skipTo skips what ends with end, which ends with ">".
func (s *xmlScan) skipTo(end string) error {
	var last []byte
	for {
		piece, err := s.r.ReadSlice('>')
		last = append(last, piece[max(0, len(piece)-len(end)):]...)
		if bytes.HasSuffix(last, []byte(end)) {
			return nil
		}
		last = last[max(0, len(last)-len(end)):]
		if err != nil && err != bufio.ErrBufferFull {
			return cut(err)
		}
	}
}

// cut makes the end of a file in the middle of something an error.
func cut(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errDamaged
	}
	return err
}

// readTag reads a tag; ">" may stand in its quotes.
func (s *xmlScan) readTag() (xmlToken, error) {
	const price = 32 // of a tag, beside its octets
	if err := s.w.spend(price); err != nil {
		return xmlEnd, err
	}
	s.tag = s.tag[:0]
	quote := byte(0)
	for {
		piece, err := s.r.ReadSlice('>')
		for _, c := range piece {
			switch {
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			case c == quote:
				quote = 0
			}
		}
		s.tag = append(s.tag, piece...)
		if len(s.tag) > maxTag {
			return xmlEnd, fmt.Errorf("%w: a tag", ErrTooBig)
		}
		if err == nil && quote == 0 {
			break
		}
		if err != nil && err != bufio.ErrBufferFull {
			return xmlEnd, cut(err)
		}
	}
	s.tag = s.tag[:len(s.tag)-1]
	switch {
	case len(s.tag) == 0:
		return s.next()
	case s.tag[0] == '/':
		s.tag = s.tag[1:]
		return xmlClose, nil
	case s.tag[0] == '!':
		if bytes.ContainsRune(s.tag, '[') || bytes.Contains(s.tag, []byte("ENTITY")) {
			return xmlEnd, unreadable("XML with entities of its own")
		}
		return s.next()
	case s.tag[len(s.tag)-1] == '/':
		s.tag = s.tag[:len(s.tag)-1]
		return xmlEmpty, nil
	}
	return xmlOpen, nil
}

// name gives the local name of the last tag.
func (s *xmlScan) name() string {
	n := s.tag
	if i := bytes.IndexAny(n, " \t\r\n"); i >= 0 {
		n = n[:i]
	}
	if i := bytes.IndexByte(n, ':'); i >= 0 {
		n = n[i+1:]
	}
	return string(n)
}

// text gives the last text without its escapes.
func (s *xmlScan) text() string {
	if s.data || bytes.IndexByte(s.raw, '&') < 0 {
		return string(s.raw)
	}
	return html.UnescapeString(string(s.raw))
}

// attribute gives an attribute of the last tag by its local name, or "".
func (s *xmlScan) attribute(name string) string {
	b := s.tag
	for {
		i := bytes.IndexByte(b, '=')
		if i < 0 {
			return ""
		}
		key := bytes.TrimSpace(b[:i])
		if j := bytes.LastIndexAny(key, " \t\r\n:"); j >= 0 {
			key = key[j+1:]
		}
		b = bytes.TrimLeft(b[i+1:], " \t\r\n")
		if len(b) == 0 || b[0] != '"' && b[0] != '\'' {
			return ""
		}
		end := bytes.IndexByte(b[1:], b[0])
		if end < 0 {
			return ""
		}
		if string(key) == name {
			return html.UnescapeString(string(b[1 : 1+end]))
		}
		b = b[end+2:]
	}
}

// xml reads XML that stands as a file: all its text, a word border at each tag
// but those within a paragraph, and the attributes that people read.
func (w *writer) xml() error {
	s := w.newXML(expanding{w, bytes.NewReader(w.file.Data)})
	runs := false // the paragraphs of an Office program
	for {
		token, err := s.next()
		switch {
		case err != nil || token == xmlEnd:
			return err
		case token == xmlText:
			err = w.write(s.text())
		case token == xmlOpen || token == xmlEmpty:
			name := s.name()
			runs = runs || name == "wordDocument" || name == "document" || name == "package"
			if !runs {
				err = w.write(" ")
			}
			if title := s.attribute("title"); title != "" && err == nil {
				err = w.write(title + " ")
			}
		case !runs || s.name() == "p" || s.name() == "h" || s.name() == "tc" || s.name() == "Cell":
			w.line()
		}
		if err != nil {
			return err
		}
	}
}
