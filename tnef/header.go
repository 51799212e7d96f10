package tnef

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime"
	"regexp"
	"strings"
)

// entity is a message or a part: its header and its body, as octets of the mail.
type entity struct {
	mail       section
	from, to   int64
	body       int64 // where the body begins
	fields     []field
	kind       string // media type, lower case
	parameters map[string]string
	unsure     bool // its type can be read in two ways
}

type field struct {
	name     string // lower case
	value    string
	from, to int64
}

// readEntity reads the header of what stands between two offsets. A header too
// long is nil.
func readEntity(mail section, from, to int64) (*entity, error) {
	e := &entity{mail: mail, from: from, to: to, body: to}
	r := bufio.NewReaderSize(mail.sub(from, to-from).reader(), windowSize)
	at := from
	for {
		line, err := r.ReadSlice('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			if errors.Is(err, bufio.ErrBufferFull) {
				return nil, nil
			}
			return nil, err
		}
		next := at + int64(len(line))
		trimmed := bytes.TrimRight(line, "\r\n")
		name, value, found := strings.Cut(string(trimmed), ":")
		switch {
		case next-from > maxHeader:
			return nil, nil
		case len(trimmed) == 0 && len(line) > 0:
			e.body = next
			e.classify()
			return e, nil
		case len(line) == 0:
			e.classify()
			return e, nil
		case (line[0] == ' ' || line[0] == '\t') && len(e.fields) > 0:
			last := &e.fields[len(e.fields)-1]
			last.value += " " + strings.TrimSpace(string(trimmed))
			last.to = next
		case found && !strings.ContainsAny(strings.TrimRight(name, " \t"), " \t"):
			e.fields = append(e.fields, field{strings.ToLower(strings.TrimRight(name, " \t")), strings.TrimSpace(value), at, next})
		default:
			// No field: other programs may end the header here.
			e.fields = append(e.fields, field{"", "", at, next})
			e.unsure = true
		}
		at = next
	}
}

// get gives the value of a field and how many there are of it.
func (e *entity) get(name string) (value string, count int) {
	for _, f := range e.fields {
		if f.name == name {
			if count++; count == 1 {
				value = f.value
			}
		}
	}
	return value, count
}

func (e *entity) classify() {
	value, count := e.get("content-type")
	e.unsure = e.unsure || count > 1
	kind, parameters, err := mime.ParseMediaType(value)
	if err != nil {
		kind, _, _ = strings.Cut(value, ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
		parameters = map[string]string{}
		// Without quotes a name with a space is no parameter, but is sent.
		if m := looseName.FindStringSubmatch(value); m != nil {
			parameters["name"] = m[1]
		}
		e.unsure = e.unsure || strings.HasPrefix(kind, "multipart/")
	}
	if kind == "" {
		kind = "text/plain"
	}
	e.kind, e.parameters = kind, parameters
}

var looseName = regexp.MustCompile(`(?i)name\s*=\s*"?(winmail\.dat)\b`)

func isTNEFType(kind string) bool {
	return kind == "application/ms-tnef" || kind == "application/vnd.ms-tnef"
}

// isTNEF tells by type or name that this is winmail.dat.
func (e *entity) isTNEF() bool {
	if isTNEFType(e.kind) {
		return true
	}
	disposition, _ := e.get("content-disposition")
	_, parameters, err := mime.ParseMediaType(disposition)
	name := parameters["filename"]
	if err != nil && looseName.MatchString(disposition) {
		name = "winmail.dat"
	}
	for _, name := range []string{name, e.parameters["name"]} {
		if decoded, err := new(mime.WordDecoder).DecodeHeader(name); err == nil {
			name = decoded
		}
		if strings.EqualFold(strings.TrimSpace(name), "winmail.dat") {
			return true
		}
	}
	return false
}

// encoding gives the transfer encoding, lower case.
func (e *entity) encoding() string {
	value, _ := e.get("content-transfer-encoding")
	return strings.ToLower(strings.TrimSpace(value))
}

// plainOctets tells whether the body is not encoded, as parts with parts have to be.
func (e *entity) plainOctets() bool {
	switch e.encoding() {
	case "", "7bit", "8bit", "binary":
		return true
	}
	return false
}
