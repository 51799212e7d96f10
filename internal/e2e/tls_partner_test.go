package e2e_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/redistest"
)

const (
	partnerRule = `  - {name: TLS partners, to: [partner.example], do: tls}` + "\n"
	partnerAt   = "bob@partner.example"
)

// authority makes certificates, and the file of its own that makes them believed.
type authority struct {
	t    *testing.T
	dir  string
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	File string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: e2etest.ShortDir(t)}
	a.key, a.cert = a.issue("authority", nil)
	a.File = filepath.Join(a.dir, "authority.crt")
	return a
}

// issue makes NAME.crt and NAME.key; with host a server's, without the
// authority's own.
func (a *authority) issue(name string, host *string) (*ecdsa.PrivateKey, *x509.Certificate) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), BasicConstraintsValid: true}
	parent, signer := c, key
	if host == nil {
		c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign
	} else {
		c.DNSNames, c.ExtKeyUsage, parent, signer = []string{*host}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	for ext, block := range map[string]*pem.Block{".crt": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(filepath.Join(a.dir, name+ext), pem.EncodeToMemory(block), 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return key, parsed
}

// settings gives main.cf lines of a server with a certificate for host.
func (a *authority) settings(host string) []string {
	a.t.Helper()
	a.issue(host, &host)
	return []string{"smtpd_tls_security_level=may", "smtpd_tls_cert_file=" + filepath.Join(a.dir, host+".crt"), "smtpd_tls_key_file=" + filepath.Join(a.dir, host+".key")}
}

// partnership is our site and a partner's, each a Postfix of its own.
type partnership struct {
	*site
	partner   *e2etest.Postfix
	good, bad []string // the partner's settings with the right and a wrong certificate
}

func newPartnership(t *testing.T) *partnership {
	t.Helper()
	p := newPartnershipBy(t, partnerRule, "")
	p.proved(1)
	return p
}

// newPartnershipBy is newPartnership by another rule and with more settings; nothing
// is proved yet.
func newPartnershipBy(t *testing.T, rule, more string) *partnership {
	t.Helper()
	e2etest.NeedRoot(t)
	a := newAuthority(t)
	p := &partnership{good: a.settings("partner.example"), bad: a.settings("elsewhere.example")}
	p.partner = e2etest.NewPostfix(t, e2etest.PostfixOptions{Plain: true, Main: map[string]string{
		"myhostname": "mx.partner.example", "mydestination": "", "relay_domains": "partner.example", "smtpd_tls_received_header": "yes"}})
	p.partner.Set(p.good...)
	p.partner.Start()

	out := e2etest.NewSink(t, e2etest.SinkOptions{})
	p.site = &site{t: t, redis: redistest.StartRedis(t), Postfix: e2etest.NewPostfix(t, e2etest.PostfixOptions{
		Outside: out, TLSPartners: true, Hosts: map[string]string{"partner.example": "127.0.0.1"},
		Main: map[string]string{"relayhost": "", "smtp_tcp_port": fmt.Sprint(p.partner.MX), "smtp_tls_CAfile": a.File, "smtp_tls_loglevel": "1",
			"transport_maps": fmt.Sprintf("inline:{ firm.example=smtp:[127.0.0.1]:%d }", out.Port)},
	})}
	p.seal = e2etest.StartPostseal(t, e2etest.PostsealOptions{Postfix: p.Postfix, Redis: p.redis.Addr,
		Rules: strings.Replace(e2etest.Rules, "rules:\n", "rules:\n"+rule, 1),
		More:  more + fmt.Sprintf("tls_policy: {listen: \"unix:%s/postseal/tls-policy.sock\", state: \"%s/tls-partners.json\"}\n", p.QueueDir, p.QueueDir)})
	p.Start()
	return p
}

// proved waits until the daemon says for how many partners TLS is enforced.
func (p *partnership) proved(n int) {
	p.t.Helper()
	e2etest.Eventually(p.t, fmt.Sprintf("TLS to be proved for %d partners", n), func() bool {
		return strings.Contains(p.seal.Metrics(), fmt.Sprintf("\npostseal_tls_partners_proved %d\n", n))
	})
}

// waits wants the mail in the queue: Postfix has tried, for this reason it could
// not, and neither the partner nor anybody else has it or an envelope.
func (p *partnership) waits(rcpt, reason string) {
	p.t.Helper()
	e2etest.Eventually(p.t, rcpt+" to be deferred: "+reason, func() bool {
		for line := range strings.Lines(p.Log()) {
			if strings.Contains(line, "to=<"+rcpt+">") && strings.Contains(line, "status=deferred") && strings.Contains(line, reason) {
				return true
			}
		}
		return false
	})
	never(p.t, p.partner.Inside, rcpt)
	never(p.t, p.Outside, rcpt)
	if p.Queued() == 0 {
		p.t.Errorf("%s: the mail is not in the queue", rcpt)
	}
}

// arrived wants the original, once, by TLS, and no envelope.
func (p *partnership) arrived(rcpt string, raw []byte) {
	p.t.Helper()
	d := p.partner.Inside.WaitTo(rcpt)
	p.WaitIdle()
	p.partner.WaitIdle()
	once(p.t, p.partner.Inside, rcpt)
	never(p.t, p.Outside, rcpt)
	head, _, _ := bytes.Cut(d.Raw, []byte("\r\n\r\n"))
	if !bytes.Contains(head, []byte("using TLSv1.")) {
		p.t.Errorf("%s: the partner's server does not say that it came by TLS:\n%s", rcpt, head)
	}
	if got := withoutReceived(withoutReceived(d.Raw)); !bytes.Equal(got, raw) {
		p.t.Errorf("%s: got\n%q\nwant the original\n%q", rcpt, got, raw)
	}
}

// SCC-16: a partner gets the original over verified TLS; when that fails the
// mail waits, in clear nowhere and with no envelope beside it.
func TestTLSPartner(t *testing.T) {
	t.Parallel()
	p := newPartnership(t)
	raw := composed("[SECURE] for all", "", planted)
	p.accepted(staff, []string{partnerAt, outside, mate}, raw)
	p.arrived(partnerAt, raw)
	p.envelopeFor(p.Outside, outside, raw)
	if !strings.Contains(p.Log(), "Verified TLS connection established to partner.example") {
		t.Error("the log does not say that the certificate was verified")
	}
	if out, err := p.seal.Command("check"); err != nil || !strings.Contains(out, "no problem found") {
		t.Errorf("check: %v\n%s", err, out)
	}

	for _, c := range []struct {
		name, rcpt, reason string
		partner            []string
	}{
		{"wrong certificate", "wrong@partner.example", "Server certificate not verified", p.bad},
		{"no STARTTLS", "none@partner.example", "TLS is required, but was not offered", []string{"smtpd_tls_security_level=none"}},
	} {
		raw := composed("[SECURE] "+c.name, "", planted)
		p.partner.Set(c.partner...)
		p.accepted(staff, []string{c.rcpt}, raw)
		p.waits(c.rcpt, c.reason)
		p.partner.Set(p.good...)
		p.arrived(c.rcpt, raw)
	}

	// The daemon goes while mail is in the queue: nothing leaves until it is back.
	raw = composed("[SECURE] no daemon", "", planted)
	p.partner.Set("smtpd_tls_security_level=none")
	p.accepted(staff, []string{"dead@partner.example"}, raw)
	p.waits("dead@partner.example", "TLS is required")
	p.seal.Kill()
	p.partner.Set(p.good...)
	p.waits("dead@partner.example", "4.7.5")
	p.seal.Start()
	p.arrived("dead@partner.example", raw)
}

// Behind a relay host Postfix asks for that host's policy, not the partner's: the
// mail is sealed from the moment of the change.
func TestTLSPartnerBehindRelayhost(t *testing.T) {
	t.Parallel()
	p := newPartnership(t)
	raw := composed("[SECURE] by relay", "", planted)
	p.Set(fmt.Sprintf("relayhost=[127.0.0.1]:%d", p.Outside.Port))
	p.accepted(staff, []string{partnerAt}, raw)
	p.envelopeFor(p.Outside, partnerAt, raw)
	p.WaitIdle()
	once(t, p.Outside, partnerAt)
	never(t, p.partner.Inside, partnerAt)
	out, err := p.seal.Command("check")
	if err == nil || !strings.Contains(out, "PROBLEM  main.cf: relayhost: mail goes by [127.0.0.1]:") || !strings.Contains(out, "partner.example is sealed") {
		t.Errorf("check: %v\n%s", err, out)
	}
	p.Set("relayhost=")
	p.seal.Reload()
	p.proved(1)
	raw = composed("[SECURE] direct again", "", planted)
	p.accepted(staff, []string{"ann@partner.example"}, raw)
	p.arrived("ann@partner.example", raw)
}

// A domain taken off the rules goes on being enforced for what is in the queue,
// over a restart too; new mail for it is sealed.
func TestTLSPartnerTakenOff(t *testing.T) {
	t.Parallel()
	p := newPartnership(t)
	raw := composed("[SECURE] in the queue", "", planted)
	p.partner.Set("smtpd_tls_security_level=none")
	p.accepted(staff, []string{partnerAt}, raw)
	p.waits(partnerAt, "TLS is required")

	config := read(t, p.seal.Config)
	if err := os.WriteFile(p.seal.Config, bytes.Replace(config, []byte(partnerRule), nil, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	p.seal.Reload()
	enforced := func() {
		t.Helper()
		cmd := exec.Command("/usr/sbin/postmap", "-c", p.ConfigDir, "-q", "partner.example", "socketmap:unix:"+p.QueueDir+"/postseal/tls-policy.sock:tls-policy")
		if out, err := cmd.Output(); strings.TrimSpace(string(out)) != "secure match=nexthop" {
			t.Errorf("postmap says %q, %v", out, err)
		}
	}
	enforced()
	sealed := composed("[SECURE] no partner any more", "", planted)
	p.accepted(staff, []string{"ann@partner.example"}, sealed)
	p.waits("ann@partner.example", "TLS is required")
	p.seal.Stop()
	p.seal.Start()
	enforced()
	never(t, p.partner.Inside, partnerAt, "ann@partner.example")
	p.partner.Set(p.good...)
	d := p.partner.Inside.WaitTo("ann@partner.example")
	if !e2etest.IsSealed(t, d.Raw) {
		t.Errorf("mail to a former partner is not sealed:\n%.500s", d.Raw)
	}
	p.arrived(partnerAt, raw)
}
