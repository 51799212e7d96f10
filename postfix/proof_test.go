package postfix_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/postfix"
)

// tlsSite is a configuration that enforces TLS for partners, with our map running.
type tlsSite struct {
	*e2etest.Postfix
	t        *testing.T
	partners *postfix.Partners
	domains  []string
	now      time.Time
	mu       sync.Mutex
	socket   string
	server   *postfix.TLSServer
	prover   *postfix.Prover
	log      bytes.Buffer
}

func newTLSSite(t *testing.T) *tlsSite {
	t.Helper()
	p := e2etest.NewPostfix(t, e2etest.PostfixOptions{Main: map[string]string{
		"relayhost": "", "smtp_tls_policy_maps": "socketmap:unix:postseal/tls-policy.sock:tls-policy, hash:/etc/postfix/theirs", "smtp_tls_CAfile": "/etc/ssl/certs/ca-certificates.crt",
	}, Tables: map[string]string{"transport": "other.example smtp:[127.0.0.1]:26\nnoted.example :\ndirect.example smtp:\nbyname.example smtp:byname.example\nvia.example smtp:[gateway.example]\n" +
		".nhs.example smtp:[gateway.example]\nx@partner.example smtp:[gateway.example]\nlocal.example local:\nported.example smtp:ported.example:26\n",
		"all": "* smtp:[gateway.example]\npartner.example smtp:\n"}})
	s := &tlsSite{t: t, Postfix: p, domains: []string{"partner.example", ".nhs.example"}, now: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC), socket: filepath.Join(p.QueueDir, "postseal", "tls-policy.sock")}
	s.partners = postfix.NewPartners(filepath.Join(t.TempDir(), "partners.json"), s.clock)
	s.prover = postfix.NewProver(s.options(), s.partners, func() []string { return s.domains }, slog.New(slog.NewTextHandler(&s.log, nil)))
	s.serve()
	t.Cleanup(s.stop)
	return s
}

func (s *tlsSite) clock() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.now }

func (s *tlsSite) pass(d time.Duration) { s.mu.Lock(); defer s.mu.Unlock(); s.now = s.now.Add(d) }

func (s *tlsSite) options() postfix.ProofOptions {
	return postfix.ProofOptions{ConfigDir: s.ConfigDir, Listen: "unix:" + s.socket, Milter: "unix:" + s.MilterSocket, Now: s.clock}
}

func (s *tlsSite) serve() {
	s.t.Helper()
	os.Remove(s.socket)
	l, err := net.Listen("unix", s.socket)
	if err != nil {
		s.t.Fatal(err)
	}
	s.server = &postfix.TLSServer{Partners: s.partners}
	go s.server.Serve(l)
}

func (s *tlsSite) stop() {
	if err := s.server.Shutdown(context.Background()); err != nil {
		s.t.Error(err)
	}
}

// prove gives the problems of a proof, in one text.
func (s *tlsSite) prove() (postfix.Proof, string) {
	s.t.Helper()
	s.Settle()
	proof := s.prover.Prove(context.Background())
	var all []string
	for _, p := range proof.Problems() {
		all = append(all, p.Setting+": "+p.What+"; do: "+p.Do)
	}
	return proof, strings.Join(all, "\n")
}

func (s *tlsSite) enforced(address string) bool {
	return s.prover.Enforced(context.Background(), addr.MustParse(address))
}

// SCC-16: tls counts only while Postfix really enforces it.
func TestProofOfAGoodSite(t *testing.T) {
	s := newTLSSite(t)
	if s.enforced("a@partner.example") {
		t.Error("enforced without any proof")
	}
	proof, problems := s.prove()
	if problems != "" {
		t.Fatalf("problems: %s", problems)
	}
	if got, want := proof.Lifetime, 5*24*time.Hour; got != want {
		t.Errorf("lifetime %v, want %v", got, want)
	}
	for address, want := range map[string]bool{
		"a@partner.example": true, "a+b@PARTNER.example": true, "a@x.nhs.example": true, `"a b"@partner.example`: true,
		"a@nhs.example": false, "a@sub.partner.example": false, "a@firm.example": false,
		"a%b@partner.example": false, "a@ｐartner.example": false, "a@[127.0.0.1]": false,
	} {
		if got := s.enforced(address); got != want {
			t.Errorf("%s: enforced %v, want %v", address, got, want)
		}
	}
	// Old age, and a changed file, end it.
	s.pass(postfix.ProofLasts)
	if !s.enforced("a@partner.example") {
		t.Error("not enforced although the proof is fresh enough")
	}
	s.pass(time.Second)
	if s.enforced("a@partner.example") {
		t.Error("enforced by a proof that is too old")
	}
	s.prove()
	if !s.enforced("a@partner.example") {
		t.Error("not enforced after a new proof")
	}
	s.pass(-time.Hour)
	if s.enforced("a@partner.example") {
		t.Error("enforced by a proof of the future")
	}
	s.pass(time.Hour)
	postconf(t, s.Postfix, "-e", "relayhost=[gateway.example]")
	if s.enforced("a@partner.example") {
		t.Error("enforced although main.cf has changed since the proof")
	}
}

// The rules change: a new partner counts after a proof, one taken off no longer.
func TestProofFollowsTheRules(t *testing.T) {
	s := newTLSSite(t)
	s.prove()
	s.domains = []string{"new.example"}
	s.prover.Update()
	if s.enforced("a@partner.example") || s.enforced("a@new.example") {
		t.Error("between reload and proof: want neither the old nor the new partner")
	}
	s.prove()
	if s.enforced("a@partner.example") || !s.enforced("a@new.example") {
		t.Error("after the proof: want the new partner only")
	}
	if policy, err := s.partners.Policy("partner.example"); policy == "" || err != nil {
		t.Errorf("the old partner is enforced no longer: %q, %v", policy, err)
	}
}

func TestProofByTransportMaps(t *testing.T) {
	s := newTLSSite(t)
	s.domains = []string{"partner.example", "noted.example", "direct.example", "byname.example", "via.example", "local.example", "ported.example", ".nhs.example", "nhs.example"}
	postconf(t, s.Postfix, "-e", "transport_maps=hash:"+s.ConfigDir+"/transport, regexp:"+s.ConfigDir+"/patterns")
	write(t, s.Postfix, "patterns", "/^special@/ smtp:[gateway.example]\n")
	_, problems := s.prove()
	for _, want := range []string{"mail goes to [gateway.example], and Postfix asks for the TLS policy of that host, not of the partner; so mail for .nhs.example, via.example is sealed",
		"master.cf: local/unix: mail goes by another program than smtp(8); so mail for local.example is sealed", "ported.example:26"} {
		if !strings.Contains(problems, want) {
			t.Errorf("got %s\nwant %q in it", problems, want)
		}
	}
	if got := strings.Count(problems, "\n"); got != 2 {
		t.Errorf("got %d problems: %s", got+1, problems)
	}
	for address, want := range map[string]bool{
		"a@partner.example": true, "a@noted.example": true, "a@direct.example": true, "a@byname.example": true, "a@nhs.example": true,
		"a@via.example": false, "a@local.example": false, "a@x.nhs.example": false, "a@ported.example": false,
		"x@partner.example": false, "x+ext@partner.example": false, "special@partner.example": false, "special@noted.example": false,
	} {
		if got := s.enforced(address); got != want {
			t.Errorf("%s: enforced %v, want %v", address, got, want)
		}
	}
	// Everything by a gateway, but the partner by name direct: that is enforced.
	for _, change := range []string{"transport_maps=hash:" + s.ConfigDir + "/all", "relayhost=[gateway.example]"} {
		postconf(t, s.Postfix, "-e", change)
		s.prove()
		if !s.enforced("a@partner.example") || s.enforced("a@nhs.example") {
			t.Errorf("%s: want partner.example enforced, nhs.example not", change)
		}
	}
}

// Each way in which Postfix would not enforce is found and named.
func TestProofFindsWhatBreaksIt(t *testing.T) {
	s := newTLSSite(t)
	const ours = "socketmap:unix:postseal/tls-policy.sock:tls-policy"
	for _, c := range []struct {
		name   string
		change [][]string
		says   string
	}{
		{"relayhost", [][]string{{"-e", "relayhost=[gateway.example]:587"}}, "main.cf: relayhost: mail goes by [gateway.example]:587"},
		{"relay by sender", [][]string{{"-e", "sender_dependent_relayhost_maps=inline:{a@b=c}"}}, "main.cf: sender_dependent_relayhost_maps"},
		{"transport by sender", [][]string{{"-e", "sender_dependent_default_transport_maps=inline:{a@b=c}"}}, "main.cf: sender_dependent_default_transport_maps"},
		{"default transport", [][]string{{"-e", "default_transport=smtp:[gateway.example]"}}, "mail goes to [gateway.example]"},
		{"other program", [][]string{{"-e", "default_transport=error:no"}}, "mail goes to no"},
		{"no map", [][]string{{"-e", "smtp_tls_policy_maps="}}, "main.cf: smtp_tls_policy_maps: its first table for smtp/unix is not ours"},
		{"second map", [][]string{{"-e", "smtp_tls_policy_maps=hash:/x, " + ours}}, "its first table"},
		{"other socket", [][]string{{"-e", "smtp_tls_policy_maps=socketmap:unix:elsewhere:tls-policy"}}, "its first table"},
		{"other name", [][]string{{"-e", "smtp_tls_policy_maps=socketmap:unix:postseal/tls-policy.sock:other"}}, "its first table"},
		{"off in master.cf", [][]string{{"-P", "smtp/unix/smtp_tls_policy_maps="}}, "its first table"},
		{"fallback relay", [][]string{{"-e", "smtp_fallback_relay=[gateway.example]"}}, "smtp_fallback_relay gets the message"},
		{"fallback in master.cf", [][]string{{"-P", "smtp/unix/smtp_fallback_relay=[gateway.example]"}}, "master.cf: smtp/unix: smtp_fallback_relay"},
		{"no authority", [][]string{{"-e", "smtp_tls_CAfile="}}, "main.cf: smtp_tls_CAfile"},
		{"content filter", [][]string{{"-e", "content_filter=scan:[127.0.0.1]:10025"}}, "content_filter"},
		{"content filter of the listener", [][]string{{"-P", s.Guard() + "/content_filter=scan:[127.0.0.1]:10025"}}, "master.cf: " + s.Guard() + ": content_filter"},
		{"dead transports", [][]string{{"-e", "transport_maps=hash:/nowhere"}}, "main.cf: transport_maps: a table does not answer"},
		{"gateway for all", [][]string{{"-e", "transport_maps=inline:{{*=smtp:[gateway.example]}}"}}, "mail goes to [gateway.example]"},
		{"own domain", [][]string{{"-e", "relay_domains=partner.example, x.nhs.example, nhs.example"}}, "main.cf: relay_domains"},
		{"own domain by table", [][]string{{"-e", "virtual_mailbox_domains=inline:{partner.example=1}, inline:{nhs.example=1}"}}, "main.cf: virtual_mailbox_domains"},
		{"dead own domains", [][]string{{"-e", "virtual_alias_domains=hash:/nowhere"}}, "main.cf: virtual_alias_domains"},
		{"no smtp(8)", [][]string{{"-MX", "smtp/unix"}}, "another program than smtp(8)"},
	} {
		before := map[string][]byte{}
		for _, name := range []string{"main.cf", "master.cf"} {
			b, err := os.ReadFile(filepath.Join(s.ConfigDir, name))
			if err != nil {
				t.Fatal(err)
			}
			before[name] = b
		}
		for _, args := range c.change {
			postconf(t, s.Postfix, args...)
		}
		_, problems := s.prove()
		if !strings.Contains(problems, c.says) {
			t.Errorf("%s: got %q, want %q in it", c.name, problems, c.says)
		}
		if s.enforced("a@partner.example") || s.enforced("a@y.nhs.example") {
			t.Errorf("%s: enforced all the same", c.name)
		}
		for name, b := range before {
			if err := os.WriteFile(filepath.Join(s.ConfigDir, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, problems := s.prove(); problems != "" {
		t.Errorf("after all was put back: %s", problems)
	}
	if got := s.log.String(); !strings.Contains(got, "TLS is not proved to be enforced") || !strings.Contains(got, "proved to enforce TLS for all partners") {
		t.Errorf("the log lacks words: %s", got)
	}
}

// The map is away, or somebody else answers there.
func TestProofAsksTheMap(t *testing.T) {
	s := newTLSSite(t)
	s.stop()
	if _, problems := s.prove(); !strings.Contains(problems, "does not answer (") || s.enforced("a@partner.example") {
		t.Errorf("map away: got %q", problems)
	}
	other := postfix.NewPartners(filepath.Join(t.TempDir(), "other.json"), nil)
	if err := other.Update(nil); err != nil {
		t.Fatal(err)
	}
	mine := s.partners
	s.partners = other
	s.serve()
	s.partners = mine
	if _, problems := s.prove(); !strings.Contains(problems, `does not answer "secure"`) || s.enforced("a@partner.example") {
		t.Errorf("another's map: got %q", problems)
	}
	gone := postfix.Prove(context.Background(), postfix.ProofOptions{ConfigDir: t.TempDir(), Listen: "unix:/x"}, []string{"partner.example"})
	if got := gone.Problems(); len(got) != 1 || !strings.Contains(got[0].What, "Postfix cannot be asked") {
		t.Errorf("no Postfix: got %v", got)
	}
}

func TestProverRuns(t *testing.T) {
	s := newTLSSite(t)
	s.Settle()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.prover.Run(ctx) }()
	e2etest.Eventually(t, "the first proof", func() bool { return s.enforced("a@partner.example") })
	s.pass(2 * postfix.ProofLasts)
	s.prover.Wake()
	e2etest.Eventually(t, "another proof", func() bool { return s.enforced("a@partner.example") })
	stop()
	if err := <-ended; err != context.Canceled {
		t.Errorf("Run: %v", err)
	}
}
