package policy_test

import (
	"errors"
	"testing"

	"github.com/postseal/postseal/policy"
)

// SCC-17, SCC-18: what somebody asks to be made a partner is one domain, and never
// a mail service for the public.
func TestTLSPartner(t *testing.T) {
	for _, c := range []struct {
		typed, want string
		err         error
	}{
		{"surgery.example", "surgery.example", nil},
		{" Surgery.Example ", "surgery.example", nil},
		{"bücher.example", "xn--bcher-kva.example", nil},
		{"gmail.com", "", policy.ErrConsumer},
		{"mail.yahoo.co.uk", "", policy.ErrConsumer},
		{"BTinternet.com", "", policy.ErrConsumer},
		{"*.surgery.example", "", policy.ErrNoDomain},
		{"anna@surgery.example", "", policy.ErrNoDomain},
		{"surgery", "", policy.ErrNoDomain},
		{"a.example\nb.example", "", policy.ErrNoDomain},
		{"a.example # all", "", policy.ErrNoDomain},
		{"[192.0.2.1]", "", policy.ErrNoDomain},
		{"", "", policy.ErrNoDomain},
	} {
		got, err := policy.TLSPartner(c.typed)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%q: got %q, %v, want %q, %v", c.typed, got, err, c.want, c.err)
		}
	}
}
