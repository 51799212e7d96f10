package portal

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"mime"
	"strings"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/textproto"
)

// leaf is one part that is not a multipart.
type leaf struct {
	n       int
	kind    string
	charset string
	name    string
	cid     string
	forced  bool
	alt     int
	body    io.Reader // transfer encoding undone, charset not
	doubt   bool      // unknown transfer encoding: body is as it stands
}

var (
	errStop   = errors.New("portal: walk ends here")
	errDoubt  = errors.New("portal: a part cannot be read")
	errHeader = errors.New("portal: header too long")
)

// walk calls visit for every part that is not a multipart, in order. Its error is
// visit's, or says that something could not be read; what was read until then has
// been visited. No error repeats bytes of the message.
func walk(r io.Reader, visit func(*leaf) error) error {
	g := &guard{r: r}
	br := bufio.NewReader(g)
	g.allow(MaxHeader)
	h, err := topHeader(br)
	g.lift()
	w := walker{visit: visit}
	if walkErr := w.entity(h, br, 0, 0); walkErr != nil {
		return walkErr
	}
	return err
}

// topHeader reads the message's own header. Lines that are no header field are
// left out instead of ending everything (a "From " line, a line of a broken fold).
func topHeader(br *bufio.Reader) (message.Header, error) {
	var clean bytes.Buffer
	var doubt error
	for {
		line, err := br.ReadBytes('\n')
		trimmed := bytes.TrimRight(line, "\r\n")
		if len(trimmed) == 0 {
			break
		}
		if isField(trimmed) || clean.Len() > 0 && (trimmed[0] == ' ' || trimmed[0] == '\t') {
			clean.Write(trimmed)
			clean.WriteString("\r\n")
		} else {
			doubt = errDoubt
		}
		if err != nil {
			break
		}
	}
	clean.WriteString("\r\n")
	h, err := textproto.ReadHeader(bufio.NewReader(&clean))
	if err != nil {
		doubt = errDoubt
	}
	return message.Header{Header: h}, doubt
}

// isField tells whether a line begins a header field (RFC 5322 section 2.2).
func isField(line []byte) bool {
	name, _, ok := bytes.Cut(line, []byte(":"))
	name = bytes.TrimRight(name, " \t")
	if !ok || len(name) == 0 {
		return false
	}
	for _, c := range name {
		if c < 33 || c > 126 {
			return false
		}
	}
	return true
}

type walker struct {
	visit func(*leaf) error
	n     int // leaves so far
	alts  int // multipart/alternatives so far
}

func (w *walker) entity(h message.Header, body io.Reader, depth, alt int) error {
	kind, params := contentType(h)
	boundary := params["boundary"]
	if strings.HasPrefix(kind, "multipart/") && boundary != "" && depth < MaxDepth {
		if kind == "multipart/alternative" {
			w.alts++
			alt = w.alts
		}
		return w.multipart(body, boundary, depth+1, alt)
	}
	if w.n >= MaxParts {
		return errDoubt
	}
	w.n++
	l := &leaf{n: w.n, kind: kind, charset: params["charset"], alt: alt}
	var disposition string
	disposition, l.name = fileName(h, params, kind, w.n)
	l.forced = disposition == "attachment"
	l.cid = strings.Trim(strings.TrimSpace(h.Get("Content-Id")), "<>")
	l.body, l.doubt = undo(h, body)
	return w.visit(l)
}

func (w *walker) multipart(body io.Reader, boundary string, depth, alt int) error {
	g := &guard{r: body}
	mr := textproto.NewMultipartReader(g, boundary)
	var doubt error
	for {
		g.allow(MaxHeader)
		p, err := mr.NextPart()
		g.lift()
		if err == io.EOF {
			return doubt
		}
		if err != nil {
			return errDoubt // its words may quote the message
		}
		err = w.entity(message.Header{Header: p.Header}, p, depth, alt)
		if err == errDoubt {
			doubt = err
		} else if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, p); err != nil {
			return errDoubt
		}
	}
}

// contentType reads a type even where its parameters do not parse. RFC 2045
// section 5.2: without one it is text/plain.
func contentType(h message.Header) (string, map[string]string) {
	value := h.Get("Content-Type")
	if strings.TrimSpace(value) == "" {
		return "text/plain", nil
	}
	kind, params, err := mime.ParseMediaType(value)
	if err == nil || errors.Is(err, mime.ErrInvalidMediaParameter) {
		return kind, params
	}
	kind, _, _ = strings.Cut(value, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if major, minor, ok := strings.Cut(kind, "/"); ok && isToken(major) && isToken(minor) {
		return kind, looseParams(value)
	}
	return "text/plain", nil
}

// looseParams finds boundary and charset in a value that does not parse as a whole.
func looseParams(value string) map[string]string {
	params := map[string]string{}
	for _, p := range strings.Split(value, ";")[1:] {
		name, v, ok := strings.Cut(p, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if ok && params[name] == "" && (name == "boundary" || name == "charset") {
			params[name] = strings.Trim(strings.TrimSpace(v), `"`)
		}
	}
	return params
}

func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?=`, s[i]) >= 0 {
			return false
		}
	}
	return s != ""
}

// undo takes the transfer encoding off and leaves the charset alone, so that what
// is saved has the bytes that were attached. go-message converts the charset of
// text parts; a neutral type keeps it from that.
func undo(h message.Header, body io.Reader) (decoded io.Reader, doubt bool) {
	var neutral message.Header
	neutral.Set("Content-Type", "application/octet-stream")
	neutral.Set("Content-Transfer-Encoding", strings.TrimSpace(h.Get("Content-Transfer-Encoding")))
	e, err := message.New(neutral, body)
	if e == nil {
		return body, true
	}
	return e.Body, err != nil
}

// guard bounds what may be read while a header is being read, since go-message
// collects a part's header in memory however long it is.
type guard struct {
	r    io.Reader
	left int64
}

func (g *guard) allow(n int64) { g.left = n }
func (g *guard) lift()         { g.left = math.MaxInt64 }

func (g *guard) Read(p []byte) (int, error) {
	if g.left <= 0 {
		return 0, errHeader
	}
	if int64(len(p)) > g.left {
		p = p[:g.left]
	}
	n, err := g.r.Read(p)
	g.left -= int64(n)
	return n, err
}
