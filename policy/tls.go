package policy

import "slices"

// TLSPartners gives the domains that rules with tls are for, sorted, in
// comparison form: "partner.example", or ".partner.example" for all domains
// below it. Postfix has to enforce TLS for all mail to them, whatever else the
// rules ask for.
func (f *File) TLSPartners() []string {
	var all []string
	for _, r := range f.Rules {
		if r.Do.Action != TLS {
			continue
		}
		lists := []List{r.To.set}
		for _, n := range r.To.lists {
			lists = append(lists, f.Lists[n.name])
		}
		for _, l := range lists {
			for d := range l.domains {
				all = append(all, d)
			}
			for d := range l.suffixes {
				all = append(all, "."+d)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
