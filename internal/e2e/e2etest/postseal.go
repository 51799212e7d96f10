package e2etest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/testport"
)

// PostsealOptions say how the daemon is configured.
type PostsealOptions struct {
	Postfix *Postfix // whose milter it is; must be set
	Redis   string   // host:port; must be set
	// RedisMore is put beside the addresses: ", master_name: ours".
	RedisMore string
	// Robot reads mail to the service's own addresses; the Postfix must have it too.
	Robot bool
	// Rules replaces the rules and profiles of the configuration; empty: Rules.
	Rules string
	// Host is the name under which the portal is known; empty: 127.0.0.1.
	Host string
	// MoreFor is More that must know the portal's address; nil: nothing.
	MoreFor func(portal string) string
	// More is put at the end of the configuration: further top-level keys.
	More string
	// Reentry and Inbound replace the addresses of the Postfix's ports for envelopes
	// and for mail to inside: a Proxy's. Empty: the ports themselves.
	Reentry, Inbound string
	// Disk puts spool and shelf on a file system of their own of so many megabytes,
	// which Postseal.Disk can fill; 0: none.
	Disk int
	// Binary is the program that is run; empty: Binary builds it from the tree.
	Binary string
}

// Rules are what the tests' site wants sealed.
const Rules = `
rules:
  - {name: blocked, to: [blocked.example], do: {refuse: "Mail to blocked.example is not allowed."}}
  - {name: label, if: {label: [OFFICIAL-SENSITIVE]}, do: seal, profile: official-sensitive}
  - {name: subject tag, if: {subject_tag: [SECURE, encrypt]}, do: seal}
  - {name: Outlook flag, if: {sensitivity: [company-confidential]}, do: seal}
profiles:
  default: {expires: 90d, link: 14d, sign_in: [code, password], reply: sender, form: classic, attach_up_to: 60MB}
  official-sensitive: {marking: OFFICIAL-SENSITIVE, banner: "OFFICIAL-SENSITIVE: handle with care.", subject: keep}
`

// Postseal is a running daemon.
type Postseal struct {
	Dir        string
	Config     string // path of the configuration file
	MasterKey  string // path of the key file
	PortalURL  string
	MetricsURL string
	Client     *http.Client // believes the portal's certificate
	Disk       *Disk        // PostsealOptions.Disk; nil: none

	t    testing.TB
	path string // of the program
	mu   sync.Mutex
	cmd  *exec.Cmd
	gone chan struct{} // closed when cmd has ended
	out  lockedBuffer
}

var build struct {
	once sync.Once
	path string
	err  error
}

// Binary builds cmd/postseal once per test run and gives its path.
func Binary(t testing.TB) string {
	t.Helper()
	build.once.Do(func() {
		var dir string
		if dir, build.err = os.MkdirTemp("", "postseal-bin"); build.err != nil {
			return
		}
		build.path = filepath.Join(dir, "postseal")
		cmd := exec.Command("go", "build", "-o", build.path, "./cmd/postseal")
		cmd.Dir = Root(t)
		if out, err := cmd.CombinedOutput(); err != nil {
			build.err = fmt.Errorf("go build ./cmd/postseal: %w\n%s", err, out)
		}
	})
	if build.err != nil {
		t.Fatal(build.err)
	}
	return build.path
}

// RemoveBinary takes away what Binary built; call it at the end of TestMain.
func RemoveBinary() {
	if build.path != "" {
		os.RemoveAll(filepath.Dir(build.path))
	}
}

// StartPostseal writes a configuration and a master key, runs "postseal serve"
// and waits until it is ready. It stops when the test ends.
func StartPostseal(t testing.TB, o PostsealOptions) *Postseal {
	t.Helper()
	s := NewPostseal(t, o)
	s.Start()
	s.WaitReady()
	return s
}

// NewPostseal is StartPostseal without the start.
func NewPostseal(t testing.TB, o PostsealOptions) *Postseal {
	t.Helper()
	dir := ShortDir(t)
	web, metrics := testport.Free(t), testport.Free(t)
	s := &Postseal{
		t: t, Dir: dir, Config: filepath.Join(dir, "postseal.yaml"), MasterKey: filepath.Join(dir, "master.key"),
		PortalURL: "https://" + Loopback(web), MetricsURL: "http://" + Loopback(metrics),
	}
	if s.path = o.Binary; s.path == "" {
		s.path = Binary(t)
	}
	if o.Host != "" {
		s.PortalURL = fmt.Sprintf("https://%s:%d", o.Host, web)
	}
	if o.MoreFor != nil {
		o.More += o.MoreFor(s.PortalURL)
	}
	s.Client = NewCertificate(t, dir).Client
	if o.Rules == "" {
		o.Rules = Rules
	}
	config := o.Postfix.ConfigDir
	reentry, inbound := Loopback(o.Postfix.Reentry), Loopback(o.Postfix.Inbound)
	if o.Reentry != "" || o.Inbound != "" {
		reentry, inbound = cmp.Or(o.Reentry, reentry), cmp.Or(o.Inbound, inbound)
		config = o.Postfix.shownWith(t, reentry, inbound, filepath.Join(dir, "postfix"))
	}
	text := fmt.Sprintf(configText, dir, s.PortalURL, Loopback(web), o.Postfix.MilterSocket, reentry, inbound,
		config, o.Redis, Loopback(metrics), o.RedisMore) + o.Rules + o.More
	if o.Robot {
		text += fmt.Sprintf("robot: {listen: \"unix:%s\", authserv: [%s]}\n", filepath.Join(filepath.Dir(o.Postfix.MilterSocket), "robot.sock"), Hostname)
	}
	if o.Disk > 0 {
		small := filepath.Join(dir, "disk")
		if err := os.Mkdir(small, 0o700); err != nil {
			t.Fatal(err)
		}
		s.Disk = NewDisk(t, small, o.Disk)
		text = strings.NewReplacer(dir+"/spool", small+"/spool", dir+"/shelf", small+"/shelf").Replace(text)
	}
	if err := os.WriteFile(s.Config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(s.path, "keys", "new", s.MasterKey).CombinedOutput(); err != nil {
		t.Fatalf("postseal keys new: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() {
			t.Logf("postseal said:\n%s", s.Output())
		}
	})
	return s
}

// configText has these gaps: directory, portal URL, portal address, milter
// socket, re-entry port, inbound port, Postfix's directory, Redis, metrics.
const configText = `
mode: enforce
organisation: {name: Borough of Example, domains: [example.gov.uk, "*.example.gov.uk"]}
outbound: {networks: [127.0.0.0/8]}
service: {address: secure@example.gov.uk, domain: secure.example.gov.uk}
portal: {url: "%[2]s", listen: "%[3]s", reply_tag: SECURE, tls_cert: "%[1]s/tls.crt", tls_key: "%[1]s/tls.key"}
milter: {listen: "unix:%[4]s", socket_mode: "0660", socket_group: postfix, spool: "%[1]s/spool", max_body: 60MB}
relay: {reentry: "%[5]s", inbound: "%[6]s"}
postfix: {config_dir: "%[7]s"}
redis: {addresses: ["%[8]s"]%[10]s}
keys: {master: "%[1]s/master.key"}
shelf: {dir: "%[1]s/shelf", max_bytes: 1GB}
audit: {log: "%[1]s/anchors.log"}
metrics: {listen: "%[9]s"}
log: {level: debug, format: text}
timezone: Europe/London
`

// Start runs the daemon and waits until it answers /healthz.
func (s *Postseal) Start() {
	s.t.Helper()
	cmd := exec.Command(s.path, "serve", "--config", s.Config)
	if s.Disk != nil {
		cmd = s.Disk.Enter(cmd)
	}
	cmd.Stdout, cmd.Stderr = &s.out, &s.out
	cmd.WaitDelay = stopPatience
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // not left behind by a test that panics
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(gone)
	}()
	s.mu.Lock()
	s.cmd, s.gone = cmd, gone
	s.mu.Unlock()
	s.waitFor("/healthz")
}

// WaitReady waits until /readyz says 200.
func (s *Postseal) WaitReady() { s.t.Helper(); s.waitFor("/readyz") }

func (s *Postseal) waitFor(path string) {
	s.t.Helper()
	Eventually(s.t, "postseal to answer "+path, func() bool {
		select {
		case <-s.gone:
			s.t.Fatalf("postseal serve ended:\n%s", s.Output())
		default:
		}
		return s.Status(path) == http.StatusOK
	})
}

// Status gives the HTTP status of an operator's page, 0 when nobody answers.
func (s *Postseal) Status(path string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.MetricsURL+path, nil)
	if err != nil {
		return 0
	}
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	r.Body.Close()
	return r.StatusCode
}

// Metrics gives the text of /metrics.
func (s *Postseal) Metrics() string {
	s.t.Helper()
	r, err := http.Get(s.MetricsURL + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(r.Body); err != nil {
		s.t.Fatal(err)
	}
	return b.String()
}

// Reload makes the daemon read its rules again (SIGHUP) and waits until it has.
func (s *Postseal) Reload() {
	s.t.Helper()
	const done = "rules reloaded"
	before := strings.Count(s.Output(), done)
	s.mu.Lock()
	cmd := s.cmd
	s.mu.Unlock()
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		s.t.Fatal(err)
	}
	Eventually(s.t, "postseal to reload", func() bool { return strings.Count(s.Output(), done) > before })
}

// Pid is the daemon's process id.
func (s *Postseal) Pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cmd.Process.Pid
}

// Stop asks the daemon to end (SIGTERM) and waits. It may be called twice.
func (s *Postseal) Stop() { s.end(syscall.SIGTERM) }

// Kill ends it at once (SIGKILL).
func (s *Postseal) Kill() { s.end(syscall.SIGKILL) }

// patientStop is longer than the daemon's own grace for work under way.
const patientStop = 30 * time.Second

func (s *Postseal) end(sig syscall.Signal) {
	s.mu.Lock()
	cmd, gone := s.cmd, s.gone
	s.cmd = nil
	s.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Signal(sig)
	select {
	case <-gone:
	case <-time.After(patientStop):
		_ = cmd.Process.Kill()
		<-gone
	}
}

// Output gives everything the daemon wrote so far, over all its runs.
func (s *Postseal) Output() string { return s.out.String() }

// Command runs another subcommand with this configuration and gives its output.
func (s *Postseal) Command(args ...string) (string, error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.path, args...)
	cmd.Env = append(os.Environ(), "POSTSEAL_CONFIG="+s.Config)
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
