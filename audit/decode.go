package audit

import (
	"encoding/binary"
	"time"
)

// Decode reads one canonical encoding, as Next gave it. It checks form only,
// never the MAC: that is Verify's work. The error is ErrSyntax.
func Decode(b []byte) (Entry, error) {
	var e Entry
	if len(b) > maxEncoded {
		return e, ErrSyntax
	}
	r := reader{b: b}
	if r.take(1)[0] != version {
		return e, ErrSyntax
	}
	e.Seq = binary.BigEndian.Uint64(r.take(8))
	e.Time = time.UnixMilli(int64(binary.BigEndian.Uint64(r.take(8)))).UTC()
	copy(e.Nonce[:], r.take(len(e.Nonce)))
	copy(e.Previous[:], r.take(len(e.Previous)))
	e.Actor, e.Action, e.Reason = Actor(r.text()), Action(r.text()), r.text()
	n := binary.BigEndian.Uint32(r.take(4))
	if n > maxObjects {
		return Entry{}, ErrSyntax
	}
	for ; n > 0 && !r.bad; n-- {
		e.Objects = append(e.Objects, r.text())
	}
	copy(e.MAC[:], r.take(len(e.MAC)))
	if r.bad || len(r.b) > 0 {
		return Entry{}, ErrSyntax
	}
	return e, nil
}

// reader takes bytes off the front; after a short read it is bad for good and
// yields zeros, so that Decode checks once at the end.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if r.bad || n > len(r.b) {
		r.bad = true
		return make([]byte, min(n, 64))
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) text() string {
	n := binary.BigEndian.Uint32(r.take(4))
	if n > maxText {
		r.bad = true
		return ""
	}
	return string(r.take(int(n)))
}
