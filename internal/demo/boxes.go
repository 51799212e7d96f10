package demo

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// How many mails of one inbox the page lists at once, and behind "older".
const (
	shownMails = 5
	olderMails = 50
)

// badge says in a word and a sentence what kind of mail one is.
type badge struct{ Class, Text, Said string }

// boxesView is all inboxes as the page shows them.
type boxesView struct {
	Last   int // number of the newest mail
	Groups []group
}

type group struct {
	Title string
	Boxes []box
}

type box struct {
	Person Person
	Mails  []line
	Older  []line // listed on demand
}

type line struct {
	Number        int
	At            time.Time
	From, Subject string
	Badge         badge
}

// inboxes lists staff, the people outside, and whoever else has received
// something.
func (s *Site) inboxes() boxesView {
	v := boxesView{Last: s.catcher.Last()} // before the lists: a mail between the two is shown again, not missed
	known := slices.Concat(Staff(), Outside())
	var others []Person
	for _, address := range s.catcher.Addresses() {
		if !slices.ContainsFunc(known, func(p Person) bool { return strings.EqualFold(p.Address, address) }) {
			others = append(others, Person{Name: address})
		}
	}
	v.Groups = []group{{"Outside", s.group(Outside())}, {"Staff of the " + Organisation, s.group(Staff())}}
	if len(others) > 0 {
		v.Groups = append(v.Groups, group{"Others who got something", s.group(others)})
	}
	return v
}

func (s *Site) group(people []Person) []box {
	var out []box
	for _, p := range people {
		address := p.Address
		if address == "" {
			address = p.Name
		}
		b := box{Person: p}
		mails := s.catcher.Inbox(address)
		for i, m := range mails[:min(len(mails), shownMails+olderMails)] {
			l := line{m.Number, m.At, sender(m), subject(m), badgeOf(m)}
			if i < shownMails {
				b.Mails = append(b.Mails, l)
			} else {
				b.Older = append(b.Older, l)
			}
		}
		out = append(out, b)
	}
	return out
}

// badgeOf tells what a mail is by the way it came.
func badgeOf(m *Mail) badge {
	switch {
	case m.Answer():
		return badge{"reply", "answer from outside", "Somebody outside wrote this on the secure page. It comes as ordinary mail, with the tag in front of the subject, so that an answer from Outlook is sealed again."}
	case m.Way == Reentry && m.Sealed():
		return badge{"sealed", "sealed", "This is what left instead of the message: a link and a locked attachment. Look at its source: none of the words that were written is in it."}
	case m.Service():
		return badge{"service", "from postseal", "postseal itself wrote this mail: a code, a link to set a password, or a confirmation to the writer."}
	case slices.ContainsFunc(m.To, func(to string) bool { return !inside(to) }):
		return badge{"clear", "in clear", "No rule asked for sealing, so this left as it was written, byte for byte."}
	default:
		return badge{"inside", "inside", "Between colleagues nothing is sealed: this is the message as it was written."}
	}
}

func inside(address string) bool {
	return strings.HasSuffix(strings.ToLower(address), "@"+Domain)
}

// sender gives the name in From without its address where there is one.
func sender(m *Mail) string {
	from := m.Parsed.From
	if name, _, ok := strings.Cut(from, " <"); ok {
		return strings.Trim(name, `"`)
	}
	if from == "" {
		return "(nobody)"
	}
	return from
}

func subject(m *Mail) string {
	if m.Parsed.Subject == "" {
		return "(no subject)"
	}
	return m.Parsed.Subject
}

// boxes gives the inboxes alone, for the script, when something is new.
func (s *Site) boxes(w http.ResponseWriter, r *http.Request) {
	v := s.inboxes()
	if after, err := strconv.Atoi(r.FormValue("after")); err == nil && after == v.Last {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("X-Last", fmt.Sprint(v.Last))
	s.render(w, http.StatusOK, "boxes", v)
}
