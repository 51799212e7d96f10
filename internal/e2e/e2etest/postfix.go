package e2etest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/testport"
)

// Names of the site that every private Postfix plays.
const (
	InsideDomain = "example.gov.uk"       // delivered to the inside sink (an Exchange behind Postfix)
	LocalDomain  = "local.example.gov.uk" // mydestination: aliases(5), .forward, then the inside sink
	Hostname     = "mail.example.gov.uk"
	// ServiceDomain is that of the service's own addresses.
	ServiceDomain = "secure.example.gov.uk"
)

// PostfixOptions say what a private Postfix is like. The zero value has
// postseal's part applied, no tables and no other milters.
type PostfixOptions struct {
	Main map[string]string // further main.cf settings of the site, set before postseal's part
	// Tables are written to files and made into hash tables: "virtual", "aliases",
	// ... to their text. A setting refers to one as "hash:@DIR@/virtual"; @DIR@
	// works in Main values too. "aliases" is used for alias_maps by itself,
	// "virtual" for virtual_alias_maps.
	Tables map[string]string
	// Plain leaves postseal's part out: the control run.
	Plain bool
	// TLSPartners applies the part for TLS partners too (postseal-postfix -t).
	TLSPartners bool
	// Robot applies the part for the service's own addresses (postseal-postfix -r).
	Robot bool
	// Hosts are names that this instance resolves, to their addresses: it then runs
	// with an /etc/hosts of its own.
	Hosts map[string]string
	// Outside and Inside take what leaves and what stays; nil: made.
	Outside, Inside *Sink
}

// stopPatience is how long a stopping program may take before it is killed.
const stopPatience = 10 * time.Second

// Postfix is a running private instance.
type Postfix struct {
	Dir        string // everything of it
	ConfigDir  string
	QueueDir   string
	Submission int // guarded listener: trusts 127.0.0.1, takes XCLIENT
	MX         int // unguarded listener for mail from the internet
	Reentry    int
	Inbound    int
	// MilterSocket is where contrib's postseal_milter points to.
	MilterSocket string
	Outside      *Sink
	Inside       *Sink

	t       testing.TB
	cmd     *exec.Cmd
	log     string
	hosts   string // file; empty: the machine's
	stopped bool
	started bool // once at least
	said    lockedBuffer
}

// StartPostfix starts a private instance, configured by the files and the script
// of contrib/postfix, and stops it when the test ends.
func StartPostfix(t testing.TB, o PostfixOptions) *Postfix {
	t.Helper()
	NeedRoot(t)
	p := NewPostfix(t, o)
	p.Start()
	return p
}

// NewPostfix is StartPostfix without the start: only the configuration is made,
// as tests of Check want it.
func NewPostfix(t testing.TB, o PostfixOptions) *Postfix {
	t.Helper()
	Need(t, "postfix")
	dir := ShortDir(t)
	p := &Postfix{
		t: t, Dir: dir, ConfigDir: filepath.Join(dir, "etc"), QueueDir: filepath.Join(dir, "q"), log: filepath.Join(dir, "maillog"),
		Submission: testport.Free(t), MX: testport.Free(t), Reentry: testport.Free(t), Inbound: testport.Free(t),
		Outside: o.Outside, Inside: o.Inside,
	}
	p.MilterSocket = filepath.Join(p.QueueDir, "postseal", "milter.sock")
	if p.Outside == nil {
		p.Outside = NewSink(t, SinkOptions{})
	}
	if p.Inside == nil {
		p.Inside = NewSink(t, SinkOptions{})
	}
	p.mkdirs()
	p.writeConfig(o)
	if len(o.Hosts) > 0 {
		text := "127.0.0.1 localhost\n"
		for name, address := range o.Hosts {
			text += address + " " + name + "\n"
		}
		p.write("hosts", text)
		p.hosts = filepath.Join(p.ConfigDir, "hosts")
	}
	if !o.Plain {
		args := []string{"-g", p.Guard()}
		if o.TLSPartners {
			args = append(args, "-t")
		}
		if o.Robot {
			args = append(args, "-r", ServiceDomain)
		}
		p.Script("apply", args...)
	}
	return p
}

// Guard names the guarded listener as master.cf does.
func (p *Postfix) Guard() string { return Loopback(p.Submission) + "/inet" }

func (p *Postfix) mkdirs() {
	p.t.Helper()
	for _, d := range []string{p.ConfigDir, p.QueueDir, filepath.Join(p.QueueDir, "postseal"), filepath.Join(p.Dir, "contrib")} {
		if err := os.Mkdir(d, 0o755); err != nil {
			p.t.Fatal(err)
		}
	}
	// A start after a crash makes postsuper write to the log, as the mail owner and
	// before postlogd runs.
	err := os.WriteFile(p.log, nil, 0o600)
	if err == nil {
		err = os.Chmod(p.log, 0o666)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	data := filepath.Join(p.Dir, "d")
	if err := os.Mkdir(data, 0o700); err != nil {
		p.t.Fatal(err)
	}
	if u, err := user.Lookup("postfix"); err == nil && os.Geteuid() == 0 {
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(data, uid, gid); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *Postfix) settings(o PostfixOptions) map[string]string {
	inside := fmt.Sprintf("smtp:[127.0.0.1]:%d", p.Inside.Port)
	m := map[string]string{
		"compatibility_level":                "3.6",
		"queue_directory":                    p.QueueDir,
		"data_directory":                     filepath.Join(p.Dir, "d"),
		"maillog_file":                       p.log,
		"maillog_file_prefixes":              p.Dir,
		"myhostname":                         Hostname,
		"myorigin":                           LocalDomain,
		"mydestination":                      LocalDomain,
		"mynetworks":                         "127.0.0.0/8",
		"inet_interfaces":                    "127.0.0.1",
		"inet_protocols":                     "ipv4",
		"relay_domains":                      InsideDomain,
		"relay_transport":                    inside,
		"mailbox_transport":                  inside,
		"local_recipient_maps":               "",
		"default_transport":                  "smtp",
		"relayhost":                          fmt.Sprintf("[127.0.0.1]:%d", p.Outside.Port),
		"alias_maps":                         "",
		"alias_database":                     "",
		"recipient_delimiter":                "+",
		"smtp_tls_security_level":            "none",
		"smtpd_tls_security_level":           "none",
		"smtp_dns_support_level":             "disabled",
		"smtp_connection_cache_on_demand":    "no",
		"smtpd_peername_lookup":              "no",
		"smtpd_relay_restrictions":           "permit_mynetworks, reject_unauth_destination",
		"smtpd_client_connection_rate_limit": "0",
		"message_size_limit":                 "41943040",
		"mailbox_size_limit":                 "0",
		"queue_run_delay":                    "1s",
		"minimal_backoff_time":               "1s",
		"maximal_backoff_time":               "2s",
		"in_flow_delay":                      "0",
		"biff":                               "no",
	}
	if _, ok := o.Tables["virtual"]; ok {
		m["virtual_alias_maps"] = "hash:@DIR@/virtual"
	}
	if _, ok := o.Tables["aliases"]; ok {
		m["alias_maps"] = "hash:@DIR@/aliases"
	}
	for name, value := range o.Main {
		m[name] = value
	}
	return m
}

func (p *Postfix) writeConfig(o PostfixOptions) {
	p.t.Helper()
	settings := p.settings(o)
	names := make([]string, 0, len(settings))
	for name := range settings {
		names = append(names, name)
	}
	sort.Strings(names)
	var main strings.Builder
	for _, name := range names {
		fmt.Fprintf(&main, "%s = %s\n", name, strings.ReplaceAll(settings[name], "@DIR@", p.ConfigDir))
	}
	p.write("main.cf", main.String())
	p.Settle()
	p.write("master.cf", fmt.Sprintf(masterCf, p.MX, p.Submission))
	for name, text := range o.Tables {
		p.write(name, strings.ReplaceAll(text, "@DIR@", p.ConfigDir))
		tool := "postmap"
		if name == "aliases" {
			tool = "postalias"
		}
		p.run(tool, "-c", p.ConfigDir, "hash:"+filepath.Join(p.ConfigDir, name))
	}
}

// masterCf is what a Debian site has, without chroot and on ports of ours: the
// listener for the internet, the one for staff, and Postfix's own services.
const masterCf = `# test site
127.0.0.1:%d inet n - n - - smtpd
127.0.0.1:%d inet n - n - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_client_restrictions=permit_mynetworks,permit_sasl_authenticated,reject
  -o smtpd_relay_restrictions=permit_mynetworks,permit_sasl_authenticated,reject
  -o smtpd_authorized_xclient_hosts=127.0.0.0/8
  -o milter_macro_daemon_name=ORIGINATING
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
proxywrite unix -       -       n       -       1       proxymap
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
showq     unix  n       -       n       -       -       showq
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
local     unix  -       n       n       -       -       local
virtual   unix  -       n       n       -       -       virtual
lmtp      unix  -       -       n       -       -       lmtp
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
postlog   unix-dgram n  -       n       -       1       postlogd
`

func (p *Postfix) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.ConfigDir, name), []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *Postfix) run(program string, args ...string) string {
	p.t.Helper()
	out, err := exec.Command(Need(p.t, program), args...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// Script runs contrib/postfix/postseal-postfix on this instance and gives its
// output. Only the two fixed ports of postseal.master.cf are exchanged, so that
// several instances can run beside each other.
func (p *Postfix) Script(command string, args ...string) string {
	p.t.Helper()
	contrib := filepath.Join(Root(p.t), "contrib", "postfix")
	copied := filepath.Join(p.Dir, "contrib")
	ports := strings.NewReplacer("127.0.0.1:10026", Loopback(p.Reentry), "127.0.0.1:10027", Loopback(p.Inbound))
	for _, name := range []string{"postseal-postfix", "postseal.main.cf", "postseal.master.cf", "postseal.tls.cf", "postseal.robot.cf"} {
		b, err := os.ReadFile(filepath.Join(contrib, name))
		if err != nil {
			p.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(copied, name), []byte(ports.Replace(string(b))), 0o755); err != nil {
			p.t.Fatal(err)
		}
	}
	cmd := exec.Command(filepath.Join(copied, "postseal-postfix"), append([]string{command, "-c", p.ConfigDir}, args...)...)
	cmd.Env = append(os.Environ(), "PATH=/usr/sbin:/sbin:"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("postseal-postfix %s: %v\n%s", command, err, out)
	}
	p.Settle()
	return string(out)
}

// Settle dates main.cf back. Postfix's programs wait about two seconds for a file
// that was changed just now, lest somebody is still writing it.
func (p *Postfix) Settle() {
	p.t.Helper()
	then := time.Now().Add(-time.Minute)
	if err := os.Chtimes(filepath.Join(p.ConfigDir, "main.cf"), then, then); err != nil {
		p.t.Fatal(err)
	}
}

// Set changes main.cf settings ("name=value") with postconf, and reloads when
// the instance runs.
func (p *Postfix) Set(settings ...string) {
	p.t.Helper()
	p.run("postconf", append([]string{"-c", p.ConfigDir, "-e"}, settings...)...)
	p.Settle()
	if p.cmd != nil {
		p.run("postfix", "-c", p.ConfigDir, "reload")
	}
}

// Start starts the instance and waits until its listeners answer.
func (p *Postfix) Start() {
	p.t.Helper()
	p.cmd = exec.Command(Need(p.t, "postfix"), "-c", p.ConfigDir, "start-fg")
	if p.hosts != "" { // in a mount namespace of its own
		p.cmd = exec.Command(Need(p.t, "unshare"), "--mount", "sh", "-c", `mount --bind "$1" /etc/hosts && shift && exec "$@"`, "sh", p.hosts, p.cmd.Path, "-c", p.ConfigDir, "start-fg")
	}
	// Its own process group, so that a Ctrl-C for the test does not reach it
	// before the clean-up does.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.said
	p.cmd.WaitDelay = stopPatience // a daemon that kept the pipe open must not hold up the test
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.stopped = false
	if !p.started {
		p.started = true
		p.t.Cleanup(func() {
			p.Stop()
			if p.t.Failed() {
				p.t.Logf("postfix said:\n%s\nmail log:\n%s", p.said.String(), p.Log())
			}
		})
		p.nudge()
	}
	Eventually(p.t, "Postfix listens", func() bool { return listening(Loopback(p.Submission)) && listening(Loopback(p.MX)) })
}

// Stop stops the instance and waits until it is gone. It may be called twice.
func (p *Postfix) Stop() {
	if p.cmd == nil || p.stopped {
		return
	}
	p.stopped = true
	// The process started is a script's shell; master(8) is another.
	if pid := p.Pid(); pid != 0 {
		_ = syscall.Kill(pid, syscall.SIGTERM)
	}
	done := make(chan error, 1)
	go func() { done <- p.cmd.Wait() }()
	select {
	case <-done:
	case <-time.After(stopPatience):
		if pid := p.Pid(); pid != 0 {
			_ = syscall.Kill(-pid, syscall.SIGKILL)
		}
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-done
	}
}

// Log gives the mail log so far.
func (p *Postfix) Log() string {
	b, _ := os.ReadFile(p.log)
	return string(b)
}

// WaitIdle waits until the queue holds no message that could still move: no
// recipient is served after it returns, unless a message is deferred or held.
func (p *Postfix) WaitIdle() {
	p.t.Helper()
	Eventually(p.t, "the queue to be empty", func() bool { return p.Queued() == 0 })
}

// Queued counts the messages in the queue, deferred and held ones too. What has
// no x bit was never taken: Postfix was still writing it, or died over it.
func (p *Postfix) Queued() int {
	n := 0
	for _, q := range []string{"maildrop", "incoming", "active", "deferred", "hold"} {
		_ = filepath.WalkDir(filepath.Join(p.QueueDir, q), func(_ string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil
			}
			if f, err := d.Info(); err == nil && f.Mode()&0o100 != 0 {
				n++
			}
			return nil
		})
	}
	return n
}

// Sendmail hands a message in by sendmail(1), as a program on the same machine
// would.
func (p *Postfix) Sendmail(from string, rcpts []string, raw []byte) error {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	args := append([]string{"-C", p.ConfigDir, "-i", "-f", from, "--"}, rcpts...)
	cmd := exec.CommandContext(ctx, Need(p.t, "sendmail"), args...)
	cmd.Stdin = bytes.NewReader(raw)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("sendmail: %w: %s", err, out)
	}
	return nil
}
