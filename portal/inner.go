package portal

import (
	"bufio"
	"fmt"
	"io"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
)

// placeForm names a message inside a message: "3.2" is the second part of the
// message that is the third part.
var placeForm = regexp.MustCompile(`^[1-9][0-9]{0,2}(\.[1-9][0-9]{0,2}){0,4}$`)

// place is where in the opened message a page is: whether in a message inside.
type place struct {
	base string // "/m/ID"
	in   string // of placeForm; empty: the message itself
}

func (v *visit) place() (place, error) {
	id, err := v.message()
	if err != nil {
		return place{}, err
	}
	p := place{"/m/" + id.String(), v.r.URL.Query().Get("in")}
	if p.in != "" && !placeForm.MatchString(p.in) {
		return p, errPart
	}
	return p, nil
}

// url gives an address under the message, for this place.
func (p place) url(path string) string {
	if p.in == "" {
		return p.base + path
	}
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	return p.base + path + separator + "in=" + p.in
}

// inside is the place of the message that is part n here.
func (p place) inside(n int) place {
	if p.in == "" {
		return place{p.base, strconv.Itoa(n)}
	}
	return place{p.base, p.in + "." + strconv.Itoa(n)}
}

// outer is the place around this one.
func (p place) outer() place {
	return place{p.base, p.in[:max(0, strings.LastIndexByte(p.in, '.'))]}
}

// openPlace is open, and then the message inside that the address names.
func (v *visit) openPlace(purpose string) (*opened, place, error) {
	p, err := v.place()
	if err != nil {
		return nil, p, err
	}
	o, err := v.open(purpose)
	if err != nil || p.in == "" {
		return o, p, err
	}
	for step := range strings.SplitSeq(p.in, ".") {
		n, _ := strconv.Atoi(step) // digits by placeForm
		about, f, err := v.s.extract(o.file, n)
		_ = o.Close()
		if err != nil {
			return nil, p, err
		}
		if !about.isMessage() {
			_ = f.Close()
			return nil, p, errPart
		}
		o.file = f
	}
	return o, p, nil
}

// extract takes one part out into the private spool, as the bytes that were attached.
func (s *Server) extract(message io.ReadSeeker, n int) (file, *spooled, error) {
	if _, err := message.Seek(0, io.SeekStart); err != nil {
		return file{}, nil, fmt.Errorf("portal: spool: %w", err)
	}
	f, err := s.scratch()
	if err != nil {
		return file{}, nil, err
	}
	var about file
	err = walk(message, func(l *leaf) error {
		if l.n != n || l.doubt {
			return nil
		}
		about = file{n: n, name: l.name, kind: l.kind, charset: l.charset}
		if about.size, err = io.Copy(f, l.body); err != nil {
			return orFull(err, errPart)
		}
		return errStop
	})
	if err == errStop {
		if _, err = f.Seek(0, io.SeekStart); err == nil {
			return about, f, nil
		}
	}
	_ = f.Close()
	return about, nil, orFull(err, errPart)
}

// ownFacts are what a message inside says of itself. Nothing of it is proved.
type ownFacts struct{ Subject, From, To, Cc, Date string }

func (v *visit) ownFacts(r io.ReadSeeker) ownFacts {
	b := bufio.NewReader(io.LimitReader(r, MaxHeader))
	h, _ := topHeader(b) // what cannot be read is not shown
	_, _ = r.Seek(0, io.SeekStart)
	get := func(name string) string {
		s := strings.Join(strings.Fields(strings.ToValidUTF8(decodeWords(h.Get(name)), "\uFFFD")), " ")
		if len(s) > maxFact {
			s = strings.ToValidUTF8(s[:maxFact], "") + "…"
		}
		return visible(s)
	}
	f := ownFacts{Subject: get("Subject"), From: get("From"), To: get("To"), Cc: get("Cc"), Date: get("Date")}
	if t, err := mail.ParseDate(f.Date); err == nil {
		f.Date = capital(v.when(t))
	}
	return f
}
