package policy

import (
	"bytes"
	"fmt"
	"strings"
)

// maxBoundary is longer than RFC 2046 section 5.1.1 allows (70), since programs
// do not count.
const maxBoundary = 500

// multipart cuts a body at its boundary lines. A boundary of an outer multipart
// ends an inner one, since the outer one looks first.
type multipart struct {
	r        *reader
	at       place
	boundary []byte // with its "--" in front; nil: the first line that looks like one
	media    string
	child    *entity
	count    int
	ended    bool  // the closing boundary was there
	outside  *leaf // text before and after the parts, which some programs show
}

// multipart gives the sinks for a multipart: one for each boundary that is
// named, and, where the header leaves it out, also one that reads it as text.
func (r *reader) multipart(d described, at place) []sink {
	inner := at
	inner.depth, inner.encloser, inner.digest = at.depth+1, d.media, d.media == "multipart/digest"
	boundaries := values(d.params, "boundary")
	for i, b := range boundaries {
		boundaries[i] = strings.TrimRight(b, " \t") // as the lines are compared
	}
	var sinks []sink
	for _, b := range boundaries {
		if len(b) > maxBoundary {
			r.unreadable(at.where("part"), fmt.Errorf("%w: boundary", ErrTooBig))
			continue
		}
		if len(sinks) > 0 {
			r.doubt(at.where("a multipart names more than one boundary; all were read"))
			if r.further++; r.further > maxReadings {
				r.unreadable(at.where("part"), fmt.Errorf("%w: contradicts itself too often", ErrUnreadable))
				break
			}
		}
		sinks = append(sinks, r.decodeInto(d.encoding, r.newMultipart([]byte("--"+b), d.media, inner)))
	}
	if len(boundaries) == 0 {
		r.doubt(at.where("a multipart names no boundary; read as text and with the first that is found"))
		d.media = "text/plain"
		sinks = append(sinks, r.newMultipart(nil, d.media, inner), newLeaf(r, d, at))
	}
	return sinks
}

func (r *reader) newMultipart(boundary []byte, media string, at place) *multipart {
	outside := newLeaf(r, described{media: "text/plain", encoding: ""}, at)
	outside.part.Where = at.where("text outside the parts")
	outside.part.first, outside.optional = false, true
	return &multipart{r: r, at: at, boundary: boundary, media: media, outside: outside}
}

func (m *multipart) run(b []byte, start bool) {
	if start && len(b) > 2 && b[0] == '-' && b[1] == '-' && (!m.r.spend(boundaryWork) || m.delimiter(b)) {
		return
	}
	if m.child != nil {
		m.child.run(b, start)
		return
	}
	if m.outside != nil {
		m.outside.run(b, start)
	}
}

// delimiter tells whether a line is a boundary, and begins or ends parts.
func (m *multipart) delimiter(b []byte) bool {
	b = bytes.TrimRight(b, " \t\r\n")
	if m.boundary == nil && len(b) > 2 && len(b) < maxBoundary {
		m.boundary = bytes.Clone(b)
	}
	rest, ok := bytes.CutPrefix(b, m.boundary)
	rest = bytes.TrimLeft(rest, " \t") // of a boundary that is said to end in spaces
	if !ok || m.boundary == nil || len(rest) > 0 && string(rest) != "--" {
		return false
	}
	if m.child != nil {
		m.child.close()
		m.child = nil
	}
	if len(rest) > 0 {
		m.ended = true
		return true
	}
	if m.ended {
		m.r.doubt(m.at.where("parts go on after the end of a multipart; all were read"))
		m.ended = false
	}
	m.count++
	at := m.at
	at.second = m.at.second || m.count > 1
	if m.r.full() {
		return true
	}
	m.child = &entity{r: m.r, at: at}
	return true
}

func (m *multipart) close() {
	if m.child != nil {
		m.child.close()
	}
	if !m.ended {
		m.r.doubt(m.at.where("a multipart is not ended"))
	}
	if m.outside != nil {
		m.outside.close()
	}
}

// full tells whether there are too many parts, and notes it the first time.
func (r *reader) full() bool {
	if r.parts < r.limits.Parts {
		return false
	}
	if !r.overflow {
		r.overflow = true
		r.unreadable("message", fmt.Errorf("%w: more than %d parts", ErrTooBig, r.limits.Parts))
	}
	return true
}

func isText(media string) bool {
	switch media {
	case "message/delivery-status", "message/disposition-notification", "message/feedback-report", "message/global-delivery-status":
		return true
	}
	return strings.HasPrefix(media, "text/")
}
