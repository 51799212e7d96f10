package policy

import (
	"bufio"
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

// strayFields gives the fields that seem to go on in the body and stand not in
// header, and the body unread.
func strayFields(header []Field, body io.Reader) ([]Field, io.Reader, error) {
	in := bufio.NewReaderSize(body, strayBytes)
	start, err := in.Peek(strayBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	fields, broken, marked := []Field(nil), 0, false
	text, _, _ := strings.Cut(strings.ReplaceAll(string(start), "\r\n", "\n"), "\n\n")
	for line := range strings.SplitSeq(text, "\n") {
		name, value, ok := cutField(line)
		switch {
		case isFold(line) && len(fields) > 0:
			fields[len(fields)-1].Value += "\r\n" + line
		case isFold(line) && broken > 0: // of a broken line, which is one however long
		case ok:
			fields = append(fields, Field{name, value})
		case strings.HasPrefix(line, "--"): // a part's delimiter
			return nil, in, nil
		default:
			if broken++; broken > strayBroken {
				return nil, in, nil
			}
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
		return nil, in, nil
	}
	return fields, in, nil
}

// stray takes over what strayFields finds. A coding named there is one that the
// body was not read in, so the message counts as unreadable.
func (r *reader) stray(header []Field, body io.Reader) (io.Reader, error) {
	fields, body, err := strayFields(header, body)
	if err != nil || len(fields) == 0 {
		return body, err
	}
	r.doubt("header: a broken line ends it, and it seems to go on in the text")
	r.m.Fields, r.m.stray = append(slices.Clip(r.m.Fields), fields...), len(fields)
	for _, f := range fields {
		if name := strings.ToLower(f.Name); name == "content-type" || name == "content-transfer-encoding" {
			r.unreadable("message", ErrUnreadable)
			break
		}
	}
	return body, nil
}
