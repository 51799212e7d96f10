package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Warnings tells what is allowed and seldom meant, in words for an operator, in
// the order of the file's parts: rules that can never decide, lists and profiles
// that nothing uses.
func (f *File) Warnings() []*Problem {
	p := &problems{}
	if f.Mode == Observe {
		p.add("mode", "mode: observe is set: nothing is sealed")
	}
	warnWords(p, "senders.refusal", "senders.refusal", f.Senders.Refusal)
	if !f.Organisation.Partners.IsEmpty() && !f.answersReach("domains") {
		p.add("organisation.partners", "partners are named, but no profile lets readers answer them (reply: domains)")
	}
	for i, r := range f.Rules {
		f.warnUnreached(p, i)
		warnWords(p, fmt.Sprintf("rules.%d", i), fmt.Sprintf("rule %q: refuse", r.Name), r.Do.Text)
		for _, s := range r.If.all {
			if _, ok := s.is.(unreadable); ok && r.Do.Action == Pass {
				p.add(fmt.Sprintf("rules.%d", i), "rule %q lets pass what could not be read", r.Name)
			}
		}
	}
	f.warnUnused(p)
	var all []*Problem
	for _, e := range p.all {
		all = append(all, e.(*Problem))
	}
	return all
}

// answersReach tells whether a profile has that value of reply.
func (f *File) answersReach(reply string) bool {
	for _, p := range f.Profiles {
		if p.Reply == reply {
			return true
		}
	}
	return false
}

// warnWords tells of words that do not reach the sender as they are: a mail
// server's answer is one line of ASCII (RFC 5321 section 4.5.3.1.5), which names
// the recipient before them.
func warnWords(p *problems, path, what, words string) {
	const longest = 300 // octets
	if len(words) > longest {
		p.add(path, "%s has more than %d characters, so that its end, such as a link, is cut off", what, longest)
	}
	if strings.IndexFunc(words, func(r rune) bool { return r > '~' }) >= 0 {
		p.add(path, "%s has letters that are not ASCII, which the sender sees as question marks", what)
	}
}

func (f *File) warnUnused(p *problems) {
	used, profiles := map[string]bool{}, map[string]bool{DefaultProfile: true}
	use := func(set Patterns) {
		for _, n := range set.lists {
			used[n.name] = true
		}
	}
	use(f.Organisation.Partners)
	use(f.Senders.Only)
	for _, s := range f.Senders.SendAs {
		use(s.As)
	}
	for _, r := range f.Rules {
		profiles[r.Profile] = true
		use(r.To)
		use(r.From)
		for _, s := range r.If.all {
			if l, ok := s.is.(listed); ok {
				use(l.patterns())
			}
		}
	}
	for _, name := range sortedKeys(f.Lists) {
		if !used[name] {
			p.add("lists."+name, "list %q is not used", name)
		}
	}
	for _, name := range sortedKeys(f.Profiles) {
		if !profiles[name] {
			p.add("profiles."+name, "profile %q is named by no rule", name)
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}
