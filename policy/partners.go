package policy

import "github.com/postseal/postseal/addr"

// Partner tells whether outsiders may write to an address although it is none of
// ours: organisation.partners.
func (f *File) Partner(a addr.Address) bool {
	return !a.IsZero() && !a.Routed() && f.Organisation.Partners.covers(f, a)
}

// validatePartners keeps the public out: with a consumer mail service among them,
// anybody could write to anybody in our name.
func (f *File) validatePartners(p *problems) {
	const path = "organisation.partners"
	f.validateLists(p, path, "organisation", f.Organisation.Partners)
	for _, a := range f.atoms(f.Organisation.Partners) {
		if a.kind != anAddress && isConsumer(a.key, a.kind == aSuffix) {
			p.add(path, "%s is, or covers, a consumer mail service, so that anybody could write to anybody by your pages", a)
		}
	}
}
