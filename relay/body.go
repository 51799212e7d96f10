package relay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	// MaxLine is the longest line in octets without its CRLF (RFC 5322 section
	// 2.1.1). Postfix breaks longer ones, which would damage an envelope unseen.
	MaxLine = 998
	// maxHeader bounds the header in octets; it is held back until it is judged.
	maxHeader = 1 << 20
)

// ProfileField is the header field by which an envelope or a notice is known.
const ProfileField = "X-Postseal"

// body is the writer that Mail.Write gets: it holds the header back, asks for
// DATA (and says all that comes before it) only when the header may pass, makes CRLF line ends and stuffs dots.
type body struct {
	t       *transaction
	kind    Kind
	guarded bool // an outside recipient: the header must say what Kind says
	begun   bool // DATA was answered 354
	header  []byte
	line    int  // octets in the current line
	cr      bool // the last octet was CR
	err     error
}

// write runs f and everything that comes before the final dot. The error wraps one class.
func (b *body) write(f func(io.Writer) error) error {
	if err := f(b); err != nil && b.err == nil {
		b.err = classified(err)
	}
	if b.err == nil && !b.begun {
		b.begin()
	}
	if b.err == nil {
		b.finish()
	}
	return b.err
}

// Write takes the next octets of the mail. After an error it takes nothing more.
func (b *body) Write(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.begun {
		b.stuff(p)
	} else {
		b.hold(p)
	}
	if b.err != nil {
		return 0, b.err
	}
	return len(p), nil
}

// hold gathers the header up to its empty line.
func (b *body) hold(p []byte) {
	from := max(0, len(b.header)-3)
	b.header = append(b.header, p...)
	if headerEnds(b.header, from) {
		b.begin()
	} else if len(b.header) > maxHeader {
		b.err = fmt.Errorf("%w: header too big", ErrPermanent)
	}
}

func headerEnds(h []byte, from int) bool {
	return bytes.Contains(h[from:], []byte("\n\n")) || bytes.Contains(h[from:], []byte("\n\r\n")) ||
		bytes.HasPrefix(h, []byte("\n")) || bytes.HasPrefix(h, []byte("\r\n"))
}

// begin judges the header, asks for DATA and sends what was held back.
func (b *body) begin() {
	if b.guarded && !allowed(b.header, b.kind) {
		b.err = fmt.Errorf("%w: an outside recipient, and the header does not say envelope or notice", ErrClear)
		return
	}
	if b.err = b.t.begin(); b.err != nil {
		return
	}
	b.begun = true
	b.stuff(b.header)
	b.header = nil
}

// stuff writes p with CRLF line ends and dots doubled (RFC 5321 section 4.5.2).
func (b *body) stuff(p []byte) {
	if b.err = b.t.c.extend(); b.err != nil {
		b.err = fmt.Errorf("%w: %w", ErrTemporary, b.err)
	}
	for len(p) > 0 && b.err == nil {
		if n := b.regular(p); n > 0 {
			b.put(p[:n])
			p = p[n:]
			continue
		}
		i := bytes.IndexAny(p, "\r\n")
		switch {
		case b.cr && p[0] != '\n':
			b.err = fmt.Errorf("%w: lone CR in the mail", ErrPermanent)
		case i < 0:
			b.text(p)
			p = nil
		case p[i] == '\r':
			b.text(p[:i])
			b.cr = true
			p = p[i+1:]
		default:
			b.text(p[:i])
			b.put([]byte("\r\n"))
			b.cr, b.line = false, 0
			p = p[i+1:]
		}
	}
}

// regular gives the octets of the lines that p begins with in which nothing is to be
// changed: nearly all of what we write.
func (b *body) regular(p []byte) (n int) {
	if b.line > 0 || b.cr {
		return 0
	}
	for n < len(p) && p[n] != '.' {
		end := bytes.IndexByte(p[n:], '\n')
		if end < 1 || end > MaxLine+1 || bytes.IndexByte(p[n:n+end], '\r') != end-1 {
			break
		}
		n += end + 1
	}
	return n
}

// text writes octets inside a line.
func (b *body) text(p []byte) {
	if len(p) == 0 {
		return
	}
	if b.line == 0 && p[0] == '.' {
		b.put([]byte("."))
	}
	if b.line += len(p); b.line > MaxLine {
		b.err = fmt.Errorf("%w: line over %d octets", ErrPermanent, MaxLine)
		return
	}
	b.put(p)
}

func (b *body) put(p []byte) {
	if b.err == nil {
		if _, err := b.t.c.out.Write(p); err != nil {
			b.err = fmt.Errorf("%w: %w", ErrTemporary, err)
		}
	}
}

// finish ends the last line and empties our buffer, so that the final dot goes alone.
func (b *body) finish() {
	if b.cr {
		b.err = fmt.Errorf("%w: lone CR in the mail", ErrPermanent)
		return
	}
	if b.line > 0 {
		b.put([]byte("\r\n"))
	}
	if b.err == nil {
		if err := b.t.c.out.Flush(); err != nil {
			b.err = fmt.Errorf("%w: %w", ErrTemporary, err)
		}
	}
}

// classified gives the error of a Mail.Write its class.
func classified(err error) error {
	for _, class := range []error{ErrTemporary, ErrPermanent, ErrClear} {
		if errors.Is(err, class) {
			return err
		}
	}
	if errors.Is(err, ErrUnknown) { // of another transaction: this one is certainly not queued
		return fmt.Errorf("%w: %v", ErrTemporary, err)
	}
	return fmt.Errorf("%w: %w", ErrTemporary, err)
}

// allowed tells whether the header has exactly one X-Postseal field and it
// agrees with the kind.
func allowed(header []byte, kind Kind) bool {
	want := map[Kind]string{KindEnvelope: "envelope", KindNotice: "notice"}[kind]
	found, agrees := 0, false
	for _, line := range strings.Split(string(header), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			break
		}
		name, value, _ := strings.Cut(line, ":")
		if !strings.EqualFold(strings.TrimRight(name, " \t"), ProfileField) {
			continue
		}
		word, _, _ := strings.Cut(strings.TrimSpace(value), ";")
		found, agrees = found+1, strings.TrimSpace(word) == want
	}
	return found == 1 && agrees && want != ""
}
