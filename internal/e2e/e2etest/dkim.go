package e2etest

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/postseal/postseal/internal/testport"
)

// DKIM is a running OpenDKIM that signs for some domains: the other milter of a
// site.
type DKIM struct {
	Milter string // for smtpd_milters: "inet:127.0.0.1:port" or "unix:path"
	Pid    int

	t      testing.TB
	record string
}

const selector = "test"

// StartDKIM starts OpenDKIM with one key for the domains; it stops when the test
// ends.
func StartDKIM(t testing.TB, domains ...string) *DKIM {
	t.Helper()
	port := testport.Free(t)
	return startDKIM(t, fmt.Sprintf("inet:%d@127.0.0.1", port), "inet:"+Loopback(port), func() bool { return listening(Loopback(port)) }, domains)
}

// StartLocalDKIM is StartDKIM on a unix socket, as is quicker (facts: a TCP socket
// without replies waits 40 ms for each message).
func StartLocalDKIM(t testing.TB, domains ...string) *DKIM {
	t.Helper()
	socket := filepath.Join(ShortDir(t), "sock")
	return startDKIM(t, "local:"+socket, "unix:"+socket, func() bool { return os.Chmod(socket, 0o666) == nil }, domains)
}

func startDKIM(t testing.TB, socket, milter string, listens func() bool, domains []string) *DKIM {
	t.Helper()
	program := Need(t, "opendkim")
	dir := ShortDir(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	d := &DKIM{t: t, Milter: milter, record: "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public)}
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	keyFile := file("key", string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})))
	var keys, signing strings.Builder
	for _, domain := range domains {
		fmt.Fprintf(&keys, "%s %s:%s:%s\n", domain, domain, selector, keyFile)
		fmt.Fprintf(&signing, "*@%s %s\n", domain, domain)
	}
	config := file("opendkim.conf", fmt.Sprintf(`Socket %s
Mode s
Syslog no
Background no
AutoRestart no
UserID root
RequireSafeKeys no
Canonicalization relaxed/simple
OversignHeaders From
InternalHosts 127.0.0.1
KeyTable file:%s
SigningTable refile:%s
`, socket, file("keys", keys.String()), file("signing", signing.String())))
	cmd := exec.Command(program, "-f", "-x", config)
	var out lockedBuffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = stopPatience
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("opendkim said:\n%s", out.String())
		}
	})
	d.Pid = cmd.Process.Pid
	Eventually(t, "OpenDKIM listens", listens)
	return d
}

// Signed fails the test unless the mail bears a valid signature of domain.
func (d *DKIM) Signed(what string, raw []byte, domain string) {
	d.t.Helper()
	verifications, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		if !strings.HasPrefix(name, selector+"._domainkey.") {
			return nil, fmt.Errorf("no record %s", name)
		}
		return []string{d.record}, nil
	}})
	if err != nil {
		d.t.Errorf("%s: %v", what, err)
		return
	}
	for _, v := range verifications {
		if v.Err == nil && v.Domain == domain {
			return
		}
		d.t.Logf("%s: signature of %s: %v", what, v.Domain, v.Err)
	}
	d.t.Errorf("%s: no valid DKIM signature of %s among %d", what, domain, len(verifications))
}

// Record gives name and text of the DNS record under which others find the key of
// a domain.
func (d *DKIM) Record(domain string) (name, text string) {
	return selector + "._domainkey." + domain, d.record
}
