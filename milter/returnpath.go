package milter

import (
	"strings"

	"github.com/postseal/postseal/addr"
)

// A mail server that cannot deliver the original inside sends it back, whole and in
// clear, to the envelope sender. That may be an address outside: of an outsider whose
// mail a mailbox of ours sends on, or what a program was set up with. So the original
// of a message that is sealed for somebody goes on from an address of ours then, and
// what comes back stays inside.

// returnTo gives the address of ours that the original goes on from; change is false
// when its own sender hears of it inside, or nobody does.
func (f *Filter) returnTo(j *job) (to addr.Address, change bool) {
	if j.Sender.IsZero() || j.rules.Inside(j.Sender) || strings.EqualFold(j.Sender.DomainKey(), f.Notices.Brand().ServiceDomain) {
		return j.Sender, false
	}
	for _, a := range []addr.Address{j.verdict.Shown.Address, f.Notices.Brand().Service} {
		if !a.IsZero() && j.rules.Inside(a) {
			return a, true
		}
	}
	return addr.Address{}, true // nobody is better than somebody outside
}
