package store

import (
	"slices"
	"strings"
	"unicode"

	"github.com/postseal/postseal/addr"
)

// legible gives a record whose lines people can rely on: what a mail says of its
// subject and of names is shown on pages, in lists and in the file, where a direction
// override would turn an address round and a zero width space hide half a word. The
// mail that was sealed keeps what it has.
func legible(r Record) Record {
	r.Subject, r.SenderName, r.OnBehalf = legibleLine(r.Subject), legibleLine(r.SenderName), legibleLine(r.OnBehalf)
	r.To, r.Cc = legibleAll(r.To), legibleAll(r.Cc)
	return r
}

func legibleAll(in []string) []string {
	out := slices.Clone(in)
	for i := range out {
		out[i] = legibleLine(out[i])
	}
	return out
}

// legibleLine leaves out what changes a line without being seen, but for the two
// joiners that scripts and signs of several parts need; ends of lines of any kind are
// blanks.
func legibleLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp):
			return ' '
		case addr.Unseen(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
