package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/policy"
)

// SCC-16, BOP-9, BOP-13: a partner's mail goes as it is only to whom TLS is
// enforced, and a rule before it that always seals beats it. CJSM-4: members of
// the community need no proof.
func TestTLSWhileEnforced(t *testing.T) {
	f := rules(t, councilRules)
	for _, c := range []struct {
		to, want string
		enforced func(addr.Address) bool
	}{
		{"x@partner.example x@a.partners.example", "tls tls", func(addr.Address) bool { return true }},
		{"x@partner.example x@a.partners.example", "seal tls", func(a addr.Address) bool { return a.DomainKey() != "partner.example" }},
		{"x@partner.example x@a.partners.example", "seal seal", nil},
		{"x@partner.example.secure.example", "seal", func(addr.Address) bool { return true }},
		{"x@y.gcsx.gov.uk x@west.pnn.police.uk", "seal pass", func(addr.Address) bool { return true }},
	} {
		session := staff(strings.Fields(c.to)...)
		session.TLSEnforced = c.enforced
		if got := actions(f.Classify(readAs(t, session, letter("Subject: [SECURE] x")))); got != c.want {
			t.Errorf("%s: got %s, want %s", c.to, got, c.want)
		}
	}
}

func TestTLSPartners(t *testing.T) {
	if got, want := rules(t, councilRules).TLSPartners(), []string{".partners.example", "partner.example"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (&policy.File{}).TLSPartners(); len(got) != 0 {
		t.Errorf("no rules: got %q", got)
	}
}
