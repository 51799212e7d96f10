package store

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
)

// How fields of a packed record (pack.go) stand one after another: an octet
// number<<2|kind, then what the kind says. An absent field is the zero value.
const (
	kindNumber = 0 // uvarint
	kindOctets = 1 // uvarint length, octets
	kindWord   = 2 // uvarint: place in words
	kindPerson = 3 // uvarint: which of the addresses that stood before it, in order of appearance
)

// words are texts that stand in most records. Places are for ever: new ones are
// added at the end.
var words = []string{
	"default", "sender", "domains", "all", "code", "password", "oidc", "passkey", // profile, Reply, SignIn
	"milter", "store", "robot", // actors
	"prepared", "queued", "released", "recalled", "extended", "destroyed", "reported", "changed", "asked", "let in", "declined", "looked at", // actions
	"reminder", "reminder-expiring", "reminder-unopened", "{}", // notices that wait
	"open again", // requests
}

// packer writes fields. Texts that are a word or a known address take two octets.
type packer struct {
	b      []byte
	base   int64          // ms that other times are counted from
	people []addr.Address // in order of appearance
}

func (p *packer) head(field, kind byte) { p.b = append(p.b, field<<2|kind) }

// number writes n; zero is left out.
func (p *packer) number(field byte, n uint64) {
	if n != 0 {
		p.head(field, kindNumber)
		p.b = binary.AppendUvarint(p.b, n)
	}
}

// time writes t in ms from base; the zero time is left out.
func (p *packer) time(field byte, t time.Time) {
	if !t.IsZero() {
		p.head(field, kindNumber)
		p.b = binary.AppendVarint(p.b, t.UnixMilli()-p.base)
	}
}

func (p *packer) octets(field byte, s string) {
	p.head(field, kindOctets)
	p.b = binary.AppendUvarint(p.b, uint64(len(s)))
	p.b = append(p.b, s...)
}

// text writes s; an empty one is left out.
func (p *packer) text(field byte, s string) {
	if s != "" {
		p.entry(field, s, addr.Address.String)
	}
}

// entry writes s, also when it is empty; form is how a known address would be written.
func (p *packer) entry(field byte, s string, form func(addr.Address) string) {
	if i := slices.Index(words, s); i >= 0 {
		p.head(field, kindWord)
		p.b = binary.AppendUvarint(p.b, uint64(i))
		return
	}
	if i := p.known(s, form); i >= 0 {
		p.head(field, kindPerson)
		p.b = binary.AppendUvarint(p.b, uint64(i))
		return
	}
	p.octets(field, s)
}

// known gives the place of an address among the first ones: a mail to hundreds
// must not look at all for each.
func (p *packer) known(s string, form func(addr.Address) string) int {
	if !strings.Contains(s, "@") {
		return -1
	}
	return slices.IndexFunc(p.people[:min(len(p.people), maxKnown)], func(a addr.Address) bool { return form(a) == s })
}

// maxKnown bounds the addresses that others are compared with.
const maxKnown = 64

// address writes a, by which later ones can be named; the null sender is left out.
func (p *packer) address(field byte, a addr.Address) {
	if a.IsZero() {
		return
	}
	p.text(field, a.String())
	p.people = append(p.people, a)
}

// named writes an entry of To or Cc. One with a name and a known address is two fields.
func (p *packer) named(field, name byte, s string) {
	if i := strings.LastIndex(s, " <"); i >= 0 && strings.HasSuffix(s, ">") {
		if inner := s[i+2 : len(s)-1]; p.known(inner, addr.Address.String) >= 0 {
			p.octets(name, s[:i])
			s = inner
		}
	}
	p.entry(field, s, addr.Address.String)
}

// group writes the fields that f writes as one.
func (p *packer) group(field byte, f func(*packer)) {
	inner := packer{base: p.base, people: p.people}
	f(&inner)
	p.people = inner.people
	p.octets(field, string(inner.b))
}

// item is one field as read.
type item struct {
	field, kind byte
	n           uint64
	octets      []byte
}

// unpacker reads fields. After something that cannot be it is bad for good, so
// that one look at the end does.
type unpacker struct {
	b      []byte
	base   int64
	people *[]addr.Address
	bad    bool
}

func (u *unpacker) next() (it item, ok bool) {
	if u.bad || len(u.b) == 0 {
		return it, false
	}
	it.field, it.kind = u.b[0]>>2, u.b[0]&3
	n, size := binary.Uvarint(u.b[1:])
	if size <= 0 {
		u.bad = true
		return it, false
	}
	it.n, u.b = n, u.b[1+size:]
	if it.kind == kindOctets {
		if n > uint64(len(u.b)) {
			u.bad = true
			return it, false
		}
		it.octets, u.b = u.b[:n], u.b[n:]
	}
	return it, true
}

func (u *unpacker) number(it item) uint64 {
	if it.kind != kindNumber {
		u.bad = true
	}
	return it.n
}

func (u *unpacker) time(it item) time.Time {
	n := u.number(it)
	ms := int64(n >> 1)
	if n&1 != 0 {
		ms = ^ms
	}
	return time.UnixMilli(u.base + ms).UTC()
}

func (u *unpacker) text(it item) string { return u.entry(it, addr.Address.String) }

func (u *unpacker) entry(it item, form func(addr.Address) string) string {
	switch {
	case it.kind == kindOctets:
		return string(it.octets)
	case it.kind == kindWord && it.n < uint64(len(words)):
		return words[it.n]
	case it.kind == kindPerson && it.n < uint64(len(*u.people)):
		return form((*u.people)[it.n])
	}
	u.bad = true
	return ""
}

func (u *unpacker) address(it item) addr.Address {
	a := u.anybody(it)
	*u.people = append(*u.people, a)
	return a
}

// anybody reads an address that no later one is named by.
func (u *unpacker) anybody(it item) addr.Address {
	if it.kind == kindPerson && it.n < uint64(len(*u.people)) {
		return (*u.people)[it.n]
	}
	a, err := addr.Parse(u.text(it))
	if err != nil {
		u.bad = true
	}
	return a
}

// exactly copies octets of one length.
func (u *unpacker) exactly(to []byte, it item) {
	if it.kind != kindOctets || len(it.octets) != len(to) {
		u.bad = true
		return
	}
	copy(to, it.octets)
}

// group reads the fields of a group. A field that nobody knows is refused: a newer
// program's record must not be written back without it.
func (u *unpacker) group(it item, f func(*unpacker, item) bool) {
	inner := unpacker{b: it.octets, base: u.base, people: u.people, bad: u.bad || it.kind != kindOctets}
	inner.each(f)
	u.bad = inner.bad
}

func (u *unpacker) each(f func(*unpacker, item) bool) {
	for {
		it, ok := u.next()
		if !ok {
			return
		}
		if !f(u, it) {
			u.bad = true
		}
	}
}

func (u *unpacker) err(what string) error {
	if u.bad {
		return fmt.Errorf("%w: %s", ErrSyntax, what)
	}
	return nil
}
