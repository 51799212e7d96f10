package envelope

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"golang.org/x/net/html"
)

// ReadPage reads a page that WritePage (of this or an earlier version) wrote,
// also after mail gateways changed line ends, and writes its container. Every
// value it gives is what the file states, believed by nobody: compare ID and
// Secret with the record. A max over 0 bounds the container's bytes.
// Errors wrap ErrNotPage, ErrVersion, ErrTooBig, or ErrBroken for a page of
// ours that was cut short or damaged in transit; errors of r and container come
// through as they are.
func ReadPage(r io.Reader, container io.Writer, max int64) (Page, error) {
	return ReadPageIf(r, container, max, func(Page) error { return nil })
}

// ReadPageIf is ReadPage for a page from a stranger: admit sees what the page
// states before a byte of its container is read, and its error ends the reading
// and comes through as it is.
func ReadPageIf(r io.Reader, container io.Writer, max int64, admit func(Page) error) (Page, error) {
	in, out := &source{r: r}, &sink{w: container}
	var p Page
	err := verdictPage(in, out, func() error {
		meta, rest, err := readHead(in)
		if err != nil {
			return err
		}
		if p, err = meta.page(); err != nil {
			return err
		}
		if err := admit(p); err != nil {
			return err
		}
		return copyContainer(out, bufio.NewReaderSize(rest, copySize), max)
	})
	if err != nil {
		return Page{}, err
	}
	return p, nil
}

func verdictPage(in *source, out *sink, f func() error) error {
	err := f()
	switch {
	case in.err != nil:
		return fmt.Errorf("envelope: reading the page: %w", in.err)
	case out.err != nil:
		return fmt.Errorf("envelope: writing the container: %w", out.err)
	default:
		return err
	}
}

// readHead reads up to the start of the textarea that holds the container.
func readHead(r io.Reader) (pageMeta, io.Reader, error) {
	var meta pageMeta
	found := false
	z := html.NewTokenizer(io.LimitReader(r, maxHead))
	z.SetMaxBuf(maxHead)
	for {
		switch z.Next() {
		case html.ErrorToken:
			if found {
				return meta, nil, fmt.Errorf("%w: no message in the page", ErrBroken)
			}
			return meta, nil, ErrNotPage
		case html.StartTagToken, html.SelfClosingTagToken:
			name, attrs := tag(z)
			switch {
			case name == "meta" && attrs["name"] == "postseal" && !found:
				found = true
				if err := readMeta(attrs["content"], &meta); err != nil {
					return meta, nil, err
				}
			case name == "textarea" && attrs["name"] == "ct" && found:
				// The tokenizer would hold the whole text; we stream it.
				return meta, io.MultiReader(bytes.NewReader(bytes.Clone(z.Buffered())), r), nil
			}
		}
	}
}

func tag(z *html.Tokenizer) (name string, attrs map[string]string) {
	b, more := z.TagName()
	name, attrs = string(b), map[string]string{}
	for more {
		var k, v []byte
		k, v, more = z.TagAttr()
		if _, twice := attrs[string(k)]; !twice { // as browsers do: the first counts
			attrs[string(k)] = string(v)
		}
	}
	return name, attrs
}

// readMeta reads the version before anything else: another version may mean
// other fields.
func readMeta(s string, meta *pageMeta) error {
	var version struct {
		Version int `json:"v"`
	}
	if err := json.Unmarshal([]byte(s), &version); err != nil {
		return fmt.Errorf("%w: %v", ErrNotPage, err)
	}
	if version.Version != pageVersion {
		return fmt.Errorf("%w: page version %d", ErrVersion, version.Version)
	}
	if err := json.Unmarshal([]byte(s), meta); err != nil {
		return fmt.Errorf("%w: %v", ErrNotPage, err)
	}
	return nil
}

func (m pageMeta) page() (Page, error) {
	id, err := ParseID(m.ID)
	if err != nil {
		return Page{}, fmt.Errorf("%w: id: %w", ErrNotPage, err)
	}
	secret, err := ParseSecret(m.Secret)
	if err != nil {
		return Page{}, fmt.Errorf("%w: secret: %w", ErrNotPage, err)
	}
	return Page{Version: m.Version, ID: id, Secret: secret, Servers: m.Servers, Organisation: m.Organisation, Colour: m.Colour,
		From: m.From, To: m.To, Form: m.Form, Expires: m.Expires, HelpURL: m.HelpURL, Date: m.Date, Ways: m.Ways}, nil
}

// copyContainer decodes base64 up to the textarea's end tag, and asks that the
// page goes on after it: a page cut inside the container must not look whole.
func copyContainer(dst io.Writer, r *bufio.Reader, max int64) error {
	text := &untilTag{r: r, left: encodedBound(max)}
	decoder := base64.NewDecoder(base64.StdEncoding.Strict(), text)
	if err := copyBounded(dst, decoder, max); err != nil {
		if errors.Is(err, ErrTooBig) {
			return err
		}
		return fmt.Errorf("%w: %v", ErrBroken, err)
	}
	if !text.ended {
		if _, err := text.Read(make([]byte, 1)); err != io.EOF || !text.ended {
			return fmt.Errorf("%w: the page was cut short", ErrBroken)
		}
	}
	var end [10]byte
	if _, err := io.ReadFull(r, end[:]); err != nil || !bytes.EqualFold(end[:], []byte("</textarea")) {
		return fmt.Errorf("%w: the page was cut short", ErrBroken)
	}
	return nil
}

// encodedBound is how much base64 text with line ends, and some blanks that a
// gateway added, may stand for max bytes. It bounds endless blanks, which the
// bound on decoded bytes would not.
func encodedBound(max int64) int64 {
	if max <= 0 || max > math.MaxInt64/2 {
		return math.MaxInt64
	}
	return max/2*3 + blankAllowance
}

// untilTag gives base64 text without blanks up to the first "<", reading at
// most left bytes.
type untilTag struct {
	r     *bufio.Reader
	left  int64
	ended bool
}

func (u *untilTag) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	for n := 0; !u.ended; {
		if _, err := u.r.Peek(1); err != nil { // fills the buffer
			return 0, unexpected(err)
		}
		window, _ := u.r.Peek(min(u.r.Buffered(), len(b)))
		used := 0
		for _, c := range window {
			if c == '<' {
				u.ended = true
				break
			}
			used++
			if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
				b[n] = c
				n++
			}
		}
		_, _ = u.r.Discard(used)
		if u.left -= int64(used); u.left < 0 {
			return 0, ErrTooBig
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, io.EOF
}
