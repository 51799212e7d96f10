package portal

import (
	"slices"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

// WebsiteWays names the ways to sign in that this site has and securedoc.html has
// not, for its hint "Open on the website" (SCC-5): those that a message takes by its
// profile's sign_in (empty: all) and that can help one of its recipients. It hangs on
// domains alone, so that the file tells nothing about an address.
func (s *Server) WebsiteWays(signIn []string, to []addr.Address) []string {
	var out []string
	rec := store.Record{SignIn: signIn}
	if accepts(rec, store.ByOIDC) {
		for _, p := range s.providers {
			if slices.ContainsFunc(to, p.speaks) && !slices.Contains(out, p.Label) {
				out = append(out, p.Label)
			}
		}
	}
	if s.passkeys != nil && accepts(rec, store.ByPasskey) {
		out = append(out, envelope.ByPasskey)
	}
	return out
}

// waysInFile is WebsiteWays for a message that is sealed already.
func (s *Server) waysInFile(rec store.Record) []string {
	var to []addr.Address
	for _, r := range rec.Recipients {
		to = append(to, r.Address)
	}
	return s.WebsiteWays(rec.SignIn, to)
}
