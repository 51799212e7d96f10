package e2e_test

import (
	"bytes"
	"testing"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// The site's DKIM milter signs everything we send, since the re-entry and the
// inbound port keep the other milters.
func TestDKIMSignsAllOurMail(t *testing.T) {
	t.Parallel()
	signer := e2etest.StartDKIM(t, e2etest.InsideDomain, "secure."+e2etest.InsideDomain)
	s := newSite(t, e2etest.PostfixOptions{Main: map[string]string{"smtpd_milters": signer.Milter}})
	raw := composed("[SECURE] signed", "", planted)
	s.accepted(staff, []string{outside, mate}, raw)

	sealed := s.sealedFor(s.Outside, outside)
	signer.Signed("envelope", sealed.Raw, e2etest.InsideDomain)
	signer.Signed("confirmation", s.Inside.WaitFor("the confirmation", confirmation).Raw, e2etest.InsideDomain)
	signer.Signed("original to inside", s.Inside.WaitTo(mate).Raw, e2etest.InsideDomain)

	bob := e2etest.NewReader(t, s.seal, s.Outside, outside)
	if got := bob.Open(sealed.Raw); !bytes.Equal(got, raw) {
		t.Errorf("opens %q, want %q", got, raw)
	}
	signer.Signed("code", s.Outside.WaitFor("the code", func(d e2etest.Delivery) bool { return notice(d) && d.Has(outside) }).Raw, e2etest.InsideDomain)
	if err := bob.Reply(e2etest.ReadSealed(t, sealed.Raw), "Thank you, got it."); err != nil {
		t.Fatal(err)
	}
	reply := s.Inside.WaitFor("the reply", func(d e2etest.Delivery) bool {
		return d.Has(staff) && bytes.Contains(d.Raw, []byte("Thank you, got it."))
	})
	signer.Signed("reply", reply.Raw, "secure."+e2etest.InsideDomain)
}
