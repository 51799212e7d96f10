package tnef

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// part is one part of a multipart. Its delimiter line begins at line; its header
// at from; its body ends at to, before the line end that belongs to the next
// delimiter, which begins at next.
type part struct {
	line, from, to, next int64
}

// cut finds the parts of a multipart. None when there are too many.
func cut(e *entity, boundary string, left *int) ([]part, error) {
	if boundary == "" || len(boundary) > 200 {
		return nil, nil
	}
	delimiter := []byte("--" + boundary)
	var parts []part
	closePart := func(at, lineEnd int64) {
		if n := len(parts); n > 0 && parts[n-1].next < 0 {
			parts[n-1].to, parts[n-1].next = max(at-lineEnd, parts[n-1].from), at
		}
	}
	r := bufio.NewReaderSize(e.mail.sub(e.body, e.to-e.body).reader(), windowSize)
	at, before, begin := e.body, int64(0), true // before: octets of the last line end
	for {
		line, err := r.ReadSlice('\n')
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		if begin && bytes.HasPrefix(line, delimiter) {
			rest := strings.TrimRight(string(line[len(delimiter):]), " \t\r\n")
			switch rest {
			case "":
				closePart(at, before)
				if *left--; *left < 0 {
					return nil, nil
				}
				parts = append(parts, part{line: at, from: at + int64(len(line)), next: -1})
			case "--":
				closePart(at, before)
				return parts, nil
			}
		}
		at += int64(len(line))
		if begin = bytes.HasSuffix(line, []byte("\n")); begin {
			before = 1
			if bytes.HasSuffix(line, []byte("\r\n")) {
				before = 2
			}
		}
		if errors.Is(err, io.EOF) {
			closePart(e.to, 0)
			return parts, nil
		}
	}
}
