package e2etest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/postseal/postseal/internal/testport"
)

// Verdict is what a scanner says of one mail.
type Verdict struct {
	Score   float64
	Symbols map[string]float64 // rules that fired, with what each adds
}

// Rspamd is a private instance of one worker with the rules as they are shipped,
// without fuzzy hashes and learned statistics.
type Rspamd struct {
	t   testing.TB
	url string
}

// The suffixes that the mails of the tests need: compiling the shipped list of
// 9,600 takes minutes on a busy machine.
const suffixes = "com\nnet\norg\nuk\nco.uk\ngov.uk\norg.uk\nwales\nexample\ntest\n"

// rspamdConfig has these gaps: port, directory. Ours must win over the options
// that are shipped, which come first.
const rspamdConfig = `
.include "$CONFDIR/common.conf"
options {
    pidfile = "%[2]s/pid";
    .include "$CONFDIR/options.inc"
    .include(priority=10) "%[2]s/options.inc"
}
logging { type = "console"; level = "error"; }
worker "normal" { bind_socket = "127.0.0.1:%[1]d"; mime = true; count = 1; }
`

// rspamdOptions has these gaps: port of the name server, directory.
const rspamdOptions = `
filters = "chartable,dkim,regexp";
disable_hyperscan = true;
dns { nameserver = ["127.0.0.1:%[1]d"]; timeout = 1s; retransmits = 2; }
url_tld = "%[2]s/suffixes";
control_socket = "%[2]s/control mode=0600";
`

// StartRspamd starts it with a name server on a port of 127.0.0.1 for all it asks;
// it stops when the test ends.
func StartRspamd(t testing.TB, dns int) *Rspamd {
	t.Helper()
	program, dir, port := Need(t, "rspamd"), ShortDir(t), testport.Free(t)
	for name, text := range map[string]string{
		"rspamd.conf": fmt.Sprintf(rspamdConfig, port, dir),
		"options.inc": fmt.Sprintf(rspamdOptions, dns, dir),
		"suffixes":    suffixes,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"-f", "-i", "-u", "root", "-g", "root", "-c", filepath.Join(dir, "rspamd.conf")}
	for _, name := range []string{"LOCAL_CONFDIR", "DBDIR", "LOGDIR", "RUNDIR"} {
		args = append(args, "--var", name+"="+dir)
	}
	cmd := exec.Command(program, args...)
	var out lockedBuffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = stopPatience
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // its workers go with it
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("rspamd said:\n%s", out.String())
		}
	})
	r := &Rspamd{t: t, url: "http://" + Loopback(port)}
	Eventually(t, "rspamd listens", func() bool { return listening(Loopback(port)) })
	return r
}

// Scan judges a delivery as if the host had handed it in from ip.
func (r *Rspamd) Scan(d Delivery, host, ip string) Verdict {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url+"/checkv2", bytes.NewReader(d.Raw))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("From", d.From)
	req.Header.Set("Ip", ip)
	req.Header.Set("Helo", host)
	req.Header.Set("Hostname", host)
	for _, rcpt := range d.To() {
		req.Header.Add("Rcpt", rcpt)
	}
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	var said struct {
		Score   float64
		Symbols map[string]struct{ Score float64 }
	}
	if err := json.NewDecoder(response.Body).Decode(&said); err != nil || len(said.Symbols) == 0 {
		r.t.Fatalf("rspamd answered %s: %v", response.Status, err)
	}
	v := Verdict{Score: said.Score, Symbols: map[string]float64{}}
	for name, s := range said.Symbols {
		v.Symbols[name] = s.Score
	}
	return v
}
