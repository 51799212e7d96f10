package policy

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
)

// A line that is no header line ends the header for Postfix, and what follows
// becomes the body: "Subject: [SECURE]" below it would be no mark any more. Some
// mail programs read on. So where a body begins like the rest of a header, the
// fields there that the header has not are read as well.

const (
	strayBytes  = 16 << 10 // how far into the body such a header is looked for
	strayBroken = 3        // lines in it that are no header lines
)

// strayMarks are fields that only a message's own header has; without one of
// them the lines are a form somebody filled in, or a part's header.
var strayMarks = []string{"subject", "from", "to", "date", "message-id", "received"}

// strayFields gives the fields that seem to go on at the start of a body and stand
// not in header. Of the body there are strayBytes, or all, or so much that more of it
// is wanted if that may change the answer.
func strayFields(header []Field, start []byte) (fields []Field, more bool) {
	broken, marked := 0, false
	for first := true; ; first = false {
		raw, rest, whole := bytes.Cut(start, []byte("\n"))
		if whole && !first && (len(raw) == 0 || len(raw) == 1 && raw[0] == '\r') {
			break // an empty line
		}
		if start = rest; whole {
			raw = bytes.TrimSuffix(raw, []byte("\r"))
		}
		line := string(raw)
		name, value, ok := cutField(line)
		switch {
		case isFold(line) && len(fields) > 0:
			fields[len(fields)-1].Value += "\r\n" + line
		case isFold(line) && broken > 0: // of a broken line, which is one however long
		case ok:
			fields = append(fields, Field{name, value})
		case strings.HasPrefix(line, "--"): // a part's delimiter
			return nil, false
		default:
			if broken++; broken > strayBroken {
				return nil, false
			}
		}
		if !whole {
			more = true
			break
		}
	}
	fields = slices.DeleteFunc(fields, func(f Field) bool {
		if slices.ContainsFunc(header, func(h Field) bool { return strings.EqualFold(h.Name, f.Name) }) {
			return true
		}
		marked = marked || slices.Contains(strayMarks, strings.ToLower(f.Name))
		return false
	})
	if !marked {
		fields = nil
	}
	return fields, more
}

// stray takes over what strayFields finds. A coding named there is one that the
// body was not read in, so the message counts as unreadable. It gives what it has
// read of the body, and whether that is all.
func (r *reader) stray(header []Field, body io.Reader) (start []byte, all bool, err error) {
	start, all, err = readOn(make([]byte, 0, firstBuffer), body)
	if err != nil {
		return nil, false, err
	}
	fields, more := strayFields(header, start)
	if more && !all {
		if start, all, err = readOn(append(make([]byte, 0, strayBytes), start...), body); err != nil {
			return nil, false, err
		}
		fields, _ = strayFields(header, start)
	}
	if len(fields) == 0 {
		return start, all, nil
	}
	r.doubt("header: a broken line ends it, and it seems to go on in the text")
	r.m.Fields, r.m.stray = append(slices.Clip(r.m.Fields), fields...), len(fields)
	for _, f := range fields {
		if name := strings.ToLower(f.Name); name == "content-type" || name == "content-transfer-encoding" {
			r.unreadable("message", ErrUnreadable)
			break
		}
	}
	return start, all, nil
}

// readOn fills a buffer up, and tells whether that is all.
func readOn(buf []byte, from io.Reader) (full []byte, all bool, err error) {
	n, err := io.ReadFull(from, buf[len(buf):cap(buf)])
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return buf[:len(buf)+n], true, nil
	}
	return buf[:len(buf)+n], false, err
}
