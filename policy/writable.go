package policy

import (
	"slices"
	"strings"

	"github.com/postseal/postseal/addr"
)

// WritableDomains names where outsiders may write to on the pages (BCC-13): our
// own domains in the file's order, then those of partners. Single addresses among
// the partners are left out: who writes to one knows it.
func (f *File) WritableDomains() []string {
	out := slices.Clone(f.Organisation.Domains)
	out = slices.DeleteFunc(out, func(d string) bool { // who reads the name takes what is below it for meant
		base, below := strings.CutPrefix(d, "*.")
		return below && slices.Contains(f.Organisation.Domains, base)
	})
	for _, a := range f.atoms(f.Organisation.Partners) {
		if a.kind != anAddress && !slices.Contains(out, a.String()) {
			out = append(out, a.String())
		}
	}
	return out
}

// MayUse tells whether the service is switched on for a sender: by the rules
// (BOP-25) or, where people do that, by herself (CYC-3), which switchedOn looks up.
func (f *File) MayUse(sender addr.Address, switchedOn func() bool) bool {
	s := f.Senders
	switch {
	case s.Only.covers(f, sender):
		return true
	case s.Enable:
		return f.Inside(sender) && switchedOn()
	}
	return s.Only.IsEmpty()
}
