package policy

import (
	"strings"

	"github.com/postseal/postseal/addr"
)

// view is a message while it is judged: what has been read and asked once is
// kept, since a message may have a thousand recipients.
type view struct {
	f        *File
	m        *Message
	shown    Sender
	defaults []Rule // of encryptedDefaults, and the one of unreadable

	read       map[string][]string // readings of header fields by lower-case name
	labels     []labelText
	answers    map[*stated][]Finding
	marksFound []Finding
	marksRead  bool
}

// fields gives the header fields within the bounds of Read.
func (v *view) fields() []Field { return readable(v.m.Fields) }

// readable gives the fields that are within the bounds of a header. When there
// are more, Read has noted that.
func readable(all []Field) []Field {
	size := 0
	for i, f := range all {
		if size += len(f.Name) + len(f.Value); size > maxHeader || i >= maxFields {
			return all[:i]
		}
	}
	return all
}

// values gives every reading of every field of a name.
func (v *view) values(name string) []string {
	name = strings.ToLower(name)
	if all, ok := v.read[name]; ok {
		return all
	}
	var all []string
	count := 0
	for _, f := range v.fields() {
		if strings.EqualFold(f.Name, name) && count < maxSameField {
			all = append(all, readings(f.Value)...)
			count++
		}
	}
	if v.read == nil {
		v.read = map[string][]string{}
	}
	v.read[name] = all
	return all
}

// once asks a condition of a rule. An answer that is the same for all recipients
// is kept.
func (v *view) once(s *stated, to addr.Address) []Finding {
	if s.kind.perRecipient {
		return s.is.match(v, to)
	}
	found, ok := v.answers[s]
	if !ok {
		found = s.is.match(v, to)
		if v.answers == nil {
			v.answers = map[*stated][]Finding{}
		}
		v.answers[s] = found
	}
	return found
}

func appendFinding(all []Finding, f Finding) []Finding {
	for _, old := range all {
		if old == f {
			return all
		}
	}
	return append(all, f)
}
