package audit

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// ErrLog says that a log does not hold: a line was changed, left out, put in or
// moved. The text names the first bad line.
var ErrLog = errors.New("audit: the log is broken")

// Line is one line of the log that lies outside the store: what an older state of
// the store, or a chain whose tail was cut off, is held against.
type Line struct {
	N      uint64    `json:"n"`   // 1 for the first of a log
	Seq    uint64    `json:"seq"` // the store's own count when it was written; grows over all logs of a store
	Time   time.Time `json:"time"`
	Heads  []Head    `json:"heads,omitempty"`  // an anchor: how far chains had come
	Closed *Closing  `json:"closed,omitempty"` // what may never open again
}

// Head is how far one chain had come.
type Head struct {
	ID    string    `json:"id"`
	Count uint64    `json:"count"` // entries
	MAC   string    `json:"mac"`   // of the newest
	Keep  time.Time `json:"keep"`  // the store holds the chain until then at least
}

// Closing is one recall or destruction. It names no person: Names are the store's.
type Closing struct {
	ID        string   `json:"id"`
	Names     []string `json:"names,omitempty"`     // entries that were recalled
	Destroyed bool     `json:"destroyed,omitempty"` // the key is gone
}

// Bounds of a log. Who writes anchors puts at most MaxHeads into one line.
const (
	MaxHeads = 500
	maxLine  = 4 << 20 // a recall of some ten thousand people
)

// AppendLine gives the text of the line that follows previous, with its newline,
// and its MAC. A log holds HEX SPACE JSON, the MAC being over the previous MAC and
// the JSON.
func AppendLine(key []byte, previous MAC, l Line) (text []byte, mac MAC, err error) {
	l.Time = l.Time.UTC().Truncate(time.Millisecond)
	body, err := json.Marshal(l)
	if err != nil {
		return nil, mac, err
	}
	if len(body) > maxLine-2*len(mac)-2 {
		return nil, mac, fmt.Errorf("%w: a line of %d octets", ErrLog, len(body))
	}
	mac = sum(key, append(previous[:], body...))
	text = append([]byte(mac.String()), ' ')
	return append(append(text, body...), '\n'), mac, nil
}

// Log is the state of reading a log: what came last. The zero Log is before the
// first line.
type Log struct {
	N    uint64
	MAC  MAC
	Size int64 // octets of whole lines
}

// Read checks the lines of r that follow what was read before, and gives each to
// f. A last line without its end was never finished by who wrote it, and is left
// out. Errors wrap ErrLog, or are f's or r's.
func (g *Log) Read(key []byte, r io.Reader, f func(Line) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	for {
		text, err := line(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		l, mac, err := g.next(key, text)
		if err != nil {
			return err
		}
		g.N, g.MAC, g.Size = l.N, mac, g.Size+int64(len(text))
		if err := f(l); err != nil {
			return err
		}
	}
}

func (g *Log) next(key, text []byte) (l Line, mac MAC, err error) {
	bad := func(why string) (Line, MAC, error) {
		return l, mac, fmt.Errorf("%w: line %d %s", ErrLog, g.N+1, why)
	}
	hexed, body, ok := bytes.Cut(bytes.TrimSuffix(text, []byte("\n")), []byte(" "))
	if !ok {
		return bad("is none")
	}
	if mac, err = ParseMAC(string(hexed)); err != nil {
		return bad("is none")
	}
	previous := g.MAC
	if want := sum(key, append(previous[:], body...)); !hmac.Equal(want[:], mac[:]) {
		return bad("was changed, or does not follow the one before")
	}
	if err := json.Unmarshal(body, &l); err != nil || l.N != g.N+1 {
		return bad("does not say what a line says")
	}
	return l, mac, nil
}

// line reads one whole line; io.EOF at the end and for a line that was not finished.
func line(in *bufio.Reader) ([]byte, error) {
	var out []byte
	for {
		part, err := in.ReadSlice('\n')
		out = append(out, part...)
		switch {
		case len(out) > maxLine:
			return nil, fmt.Errorf("%w: a line is longer than %d octets", ErrLog, maxLine)
		case err == nil:
			return out, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}
