// Package storm holds what a storm proves: the mails that were sent into it, what
// came out, and the verdict over both. The storm itself (real Postfix, Redis and
// daemon, killed again and again) is TestStorm of internal/e2e; the verdict knows
// nothing of it, so that it can be tried on evidence with a known fault.
package storm

import (
	"fmt"
	"slices"
	"time"
)

// Want is what is to become of a mail for one recipient.
type Want uint8

// The two things that may become of a mail.
const (
	Clear Want = iota
	Sealed
)

// Mail is one mail that was sent until it was acknowledged.
type Mail struct {
	Name    string // its number; stands in the subject, and may be seen
	From    string // an address of its own: what comes to it is about this mail
	To      map[string]Want
	Refuse  bool        // somebody in To is refused by the relay: the answer must be a refusal, and nobody has anything
	Refused bool        // was refused for good
	Acked   bool        // if neither: it was tried in vain for longer than any trouble lasts
	Cuts    []time.Time // when an attempt ended between end of data and its answer
}

// Copy is one delivery to one recipient.
type Copy struct {
	To       string
	At       time.Time
	Envelope string // id; empty for a mail in clear
	Whole    bool   // in clear: the original's octets; sealed: opens to them with the stored key
	Shows    bool   // words of the original can be read in it
	Astray   bool   // its link leads to nothing, or to something else
}

// Trouble is one thing that was done to the parts, from its beginning until all
// was well again.
type Trouble struct {
	What     string
	From, To time.Time
}

// Evidence is all that is known afterwards.
type Evidence struct {
	Mails         []Mail
	Copies        []Copy
	Confirmations map[string]int // by sender address
	Troubles      []Trouble
}

// Verdict counts what must never happen (docs/design.md, "What may never happen"),
// and what may, with its reason.
type Verdict struct {
	Lost, Leaked, Unopenable, Doubled, Unconfirmed int
	Patience                                       int // mails that were never acknowledged, however often they were sent
	Unexplained                                    int // the same again with no cut to explain it, or delivered and refused
	Repeated                                       int // the same again, explained by a cut
	Said                                           []string
}

// OK tells whether nothing happened that must not.
func (v *Verdict) OK() bool {
	return v.Lost+v.Leaked+v.Unopenable+v.Doubled+v.Unconfirmed+v.Unexplained+v.Patience == 0
}

// String is the last line of a storm.
func (v *Verdict) String() string {
	return fmt.Sprintf("lost %d, leaked %d, unopenable %d, doubled %d, unconfirmed %d", v.Lost, v.Leaked, v.Unopenable, v.Doubled, v.Unconfirmed)
}

func (v *Verdict) say(count *int, format string, args ...any) {
	*count++
	const most = 50 // lines; the rest is counted only
	if len(v.Said) < most {
		v.Said = append(v.Said, fmt.Sprintf(format, args...))
	}
}

// Judge holds the evidence against the promises.
func Judge(e Evidence) *Verdict {
	v := &Verdict{}
	copies := map[string][]Copy{}
	for _, c := range e.Copies {
		copies[c.To] = append(copies[c.To], c)
	}
	for _, m := range e.Mails {
		if !m.Acked && !(m.Refuse && m.Refused) {
			v.say(&v.Patience, "mail %s: never acknowledged", m.Name)
		}
		sealed := false
		for to, want := range m.To {
			sealed = sealed || want == Sealed
			v.recipient(e, m, to, want, copies[to])
			delete(copies, to)
		}
		v.confirmed(m, sealed, e.Confirmations[m.From])
	}
	for to, c := range copies {
		v.say(&v.Leaked, "%s: %d copies for somebody to whom nothing was sent", to, len(c))
	}
	return v
}

func (v *Verdict) recipient(e Evidence, m Mail, to string, want Want, copies []Copy) {
	if m.Acked && len(copies) == 0 {
		v.say(&v.Lost, "mail %s for %s: acknowledged, never delivered", m.Name, to)
	}
	if m.Refused && len(copies) > 0 {
		v.say(&v.Unexplained, "mail %s for %s: delivered, although it was refused", m.Name, to)
		return
	}
	var ids []string
	for _, c := range copies {
		switch {
		case want == Sealed && (c.Envelope == "" || c.Shows):
			v.say(&v.Leaked, "mail %s for %s: in clear", m.Name, to)
		case want == Sealed && !c.Whole:
			v.say(&v.Unopenable, "mail %s for %s: does not open to the original", m.Name, to)
		case c.Astray:
			v.say(&v.Unopenable, "mail %s for %s: the link does not lead to the envelope", m.Name, to)
		case want == Clear && c.Envelope != "":
			v.say(&v.Lost, "mail %s for %s: sealed, although it was to go in clear", m.Name, to)
		case want == Clear && !c.Whole:
			v.say(&v.Lost, "mail %s for %s: arrived as something else", m.Name, to)
		}
		if !slices.Contains(ids, c.Envelope) {
			ids = append(ids, c.Envelope)
		}
	}
	if len(ids) > 1 {
		v.say(&v.Doubled, "mail %s for %s: %d different envelopes", m.Name, to, len(ids))
	}
	if again := len(copies) - 1; again > 0 && len(ids) == 1 {
		if cuts := e.cuts(m, copies); again > cuts {
			v.say(&v.Unexplained, "mail %s for %s: %d copies and %d cuts", m.Name, to, len(copies), cuts)
		} else {
			v.Repeated += again
		}
	}
}

// confirmed holds confirmations against what was sealed. A client that never had
// its 250 may or may not have been served; a confirmation without anything sealed,
// or of what was refused, is as bad as none.
func (v *Verdict) confirmed(m Mail, sealed bool, n int) {
	switch {
	case sealed && m.Acked && n == 0:
		v.say(&v.Unconfirmed, "mail %s: sealed and acknowledged, not confirmed", m.Name)
	case m.Refused && n > 0:
		v.say(&v.Unconfirmed, "mail %s: confirmed, although it was refused", m.Name)
	case !sealed && n > 0:
		v.say(&v.Unconfirmed, "mail %s: confirmed, although nothing was sealed", m.Name)
	}
}

// Before the first copy a cut may have happened this long: a mail server that was
// killed delivers what it had taken when it is back.
const before = time.Minute

// cuts counts what can explain copies of one mail: its client's own cuts, and each
// trouble in the time around them.
func (e *Evidence) cuts(m Mail, copies []Copy) int {
	first, last := copies[0].At, copies[0].At
	for _, c := range copies {
		if c.At.Before(first) {
			first = c.At
		}
		if c.At.After(last) {
			last = c.At
		}
	}
	n := len(m.Cuts)
	for _, t := range e.Troubles {
		if t.From.Before(last) && t.To.After(first.Add(-before)) {
			n++
		}
	}
	return n
}
