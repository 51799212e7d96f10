package portal

import (
	"slices"
	"strings"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/store"
)

// maxPeople bounds whom one answer can be copied to; a page with more boxes to
// tick helps nobody.
const maxPeople = 200

// What a profile lets a reader answer (store.Record.Reply). Anything else counts
// as sender.
const (
	replyDomains = "domains" // the message's people of ours and of partners (BCC-21)
	replyAll     = "all"     // all the message's people (SCC-13)
)

// others gives whom a reader may copy her answer to beside its sender: people
// whom the message itself names, as far as its profile goes (CYC-9), and never
// anybody else. Who stands in the record's To and Cc counts, TLS partners and
// people inside included, who have no sealed copy. Left out are the reader
// herself and whoever the message was taken back from.
func (s *Server) others(rec store.Record, reader addr.Address) []addr.Named {
	if rec.Reply != replyDomains && rec.Reply != replyAll {
		return nil
	}
	var out []addr.Named
	for _, line := range slices.Concat(rec.To, rec.Cc) {
		n, ok := namedIn(line)
		twice := slices.ContainsFunc(out, func(o addr.Named) bool { return o.Address.Equal(n.Address) })
		if !ok || twice || n.Address.Equal(reader) || n.Address.Equal(rec.Sender) || len(out) == maxPeople {
			continue
		}
		if st, sealed := rec.Recipient(n.Address); sealed && st.Status == store.Recalled {
			continue
		}
		if rec.Reply == replyDomains && !s.Partner(n.Address) {
			continue
		}
		if s.Seal == nil && !s.Inside(n.Address) {
			continue
		}
		out = append(out, n)
	}
	return out
}

// chosen turns what a browser says into people of the message. The first address
// that is none of them is given back as it was written.
func (s *Server) chosen(rec store.Record, reader addr.Address, cc []string) (people []addr.Named, wrong string) {
	may := s.others(rec, reader)
	for _, text := range cc {
		a, err := addr.Parse(text)
		i := slices.IndexFunc(may, func(n addr.Named) bool { return n.Address.Equal(a) })
		if err != nil || i < 0 {
			return nil, text
		}
		if !slices.ContainsFunc(people, func(n addr.Named) bool { return n.Address.Equal(a) }) {
			people = append(people, may[i])
		}
	}
	return people, ""
}

// namedIn reads "Name <address>" or an address, as records hold them: the name
// is not quoted and may hold anything.
func namedIn(line string) (addr.Named, bool) {
	name, text := "", strings.TrimSpace(line)
	if i := strings.LastIndexByte(text, '<'); i >= 0 && strings.HasSuffix(text, ">") {
		name, text = strings.TrimSpace(text[:i]), text[i+1:len(text)-1]
	}
	a, err := addr.Parse(text)
	return addr.Named{Name: name, Address: a}, err == nil
}

// mayReply tells whether a message can be answered at all. Without somebody to
// seal, what is written goes out in clear, and so to people inside only.
func (s *Server) mayReply(rec store.Record) error {
	switch {
	case rec.Sender.IsZero():
		return errNoReply
	case s.Seal != nil:
		return nil
	case s.Inbound == nil || !s.Inside(rec.Sender):
		return errNoReply
	}
	return nil
}

// mayCopy tells whether a reader can have a copy of her own answer.
func (s *Server) mayCopy(reader addr.Address) bool { return s.Seal != nil || s.Inside(reader) }
