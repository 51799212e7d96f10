package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/redistest"
	"github.com/postseal/postseal/internal/testport"
)

// TestMain lets the sessions of testdata/script run the real program: the test
// binary plays it when it is called by its name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"postseal": func() {
		testOnlyRead = hostile
		main()
	}})
}

// patience is how long a session waits for what it waits for; the machine may be
// busy, and a wait that succeeds ends at once.
const patience = 30 * time.Second

// Sessions with the built program, as its users have them: the words they read
// are what is asserted, and what stays behind. The commands that only these
// sessions know are below and in script_kit_test.go.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			dir, err := os.MkdirTemp("", "ps") // short: a unix socket's path has 108 bytes at most
			if err != nil {
				return err
			}
			e.Defer(func() {
				if log, err := os.ReadFile(filepath.Join(e.WorkDir, "serve.log")); err == nil {
					e.T().Log("serve.log:\n" + string(log)) // seen when the session fails
				}
				os.RemoveAll(dir)
			})
			e.Values["kit"] = &kit{t: e.T().(testing.TB)}
			e.Setenv("RUN", dir)
			e.Setenv("POSTSEAL_CONFIG", filepath.Join(e.WorkDir, "postseal.yaml"))
			e.Setenv("TZ", "UTC")
			contrib, err := filepath.Abs("../../contrib")
			if err != nil {
				return err
			}
			e.Setenv("CONTRIB", contrib)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"site":    siteCommand,
			"redis":   redisCommand,
			"await":   awaitCommand,
			"logged":  loggedCommand,
			"signal":  signalCommand,
			"send":    sendCommand,
			"escrow":  escrowCommand,
			"seal":    sealCommand,
			"vector":  vectorCommand,
			"damage":  damageCommand,
			"sink":    sinkCommand,
			"sunk":    sunkCommand,
			"attach":  attachCommand,
			"prepare": prepareCommand,

			"register": registerCommand,

			"deadsocket": deadsocketCommand,
		},
	})
}

// kit is what one session has made.
type kit struct {
	t     testing.TB
	redis *redistest.Server
	sink  *e2etest.Sink
}

func kitOf(ts *testscript.TestScript) *kit { return ts.Value("kit").(*kit) }

// siteText is a site on this machine alone. Each listener has a port of its own;
// Postfix is not asked unless a session says so.
const siteText = `organisation: {name: Borough of Example, domains: [example.gov.uk]}
outbound: {networks: [192.0.2.25]}
rules:
  - {name: closed house, to: [closed.example], do: {refuse: "we do not write to them. Please telephone."}}
  - {name: label, if: {label: [OFFICIAL-SENSITIVE]}, do: seal, profile: official-sensitive}
  - {name: subject tag, if: {subject_tag: [SECURE]}, do: seal}
  - {name: Outlook flag, if: {sensitivity: [company-confidential]}, do: seal}
profiles:
  official-sensitive: {marking: OFFICIAL-SENSITIVE, subject: keep}
service: {address: secure@example.gov.uk, domain: secure.example.gov.uk}
portal: {url: "http://%[2]s", listen: "%[2]s", reply_tag: SECURE}
milter: {listen: "unix:%[1]s/milter.sock", spool: "%[1]s/spool"}
relay: {reentry: "%[4]s", inbound: "%[5]s"}
postfix: {ask: false}
redis: {addresses: ["%[6]s"]}
keys: {master: %[1]s/master.key}
audit: {log: %[1]s/anchors.log}
shelf: {dir: %[1]s/shelf}
metrics: {listen: "%[3]s"}
timezone: Europe/London
`

// site writes postseal.yaml for this session: directory $RUN, operator's pages
// at $METRICS, the socket at $MILTER. Redis is the session's, or a port where
// nobody listens.
func siteCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: site")
	}
	k := kitOf(ts)
	web, metrics, reentry, inbound, redis := testport.Address(k.t), testport.Address(k.t), testport.Address(k.t), testport.Address(k.t), testport.Address(k.t)
	if given := ts.Getenv("REENTRY"); given != "" {
		reentry = given
	}
	if k.redis != nil {
		redis = k.redis.Addr
		ts.Setenv("REDISDIR", k.redis.Dir)
	}
	text := fmt.Sprintf(siteText, ts.Getenv("RUN"), web, metrics, reentry, inbound, redis)
	ts.Check(os.WriteFile(ts.MkAbs("postseal.yaml"), []byte(text), 0o600))
	ts.Setenv("METRICS", "http://"+metrics)
	ts.Setenv("MILTER", filepath.Join(ts.Getenv("RUN"), "milter.sock"))
	ts.Setenv("REDIS", redis)
	ts.Setenv("PORTAL", web)
}

// redis start|stop|volatile: a real redis-server, the same one each time it is
// started; volatile starts it with settings that lose keys.
func redisCommand(ts *testscript.TestScript, neg bool, args []string) {
	k := kitOf(ts)
	switch {
	case neg || len(args) != 1:
		ts.Fatalf("usage: redis start|stop|volatile")
	case args[0] == "stop":
		k.redis.Stop()
	case args[0] == "volatile":
		k.redis = redistest.StartRedis(k.t, "--appendonly", "no")
	case k.redis == nil:
		k.redis = redistest.StartRedis(k.t)
	default:
		k.redis.Start()
	}
}

// await PATH STATUS: asks an operator's page until it has that status. What it
// said is standard output.
func awaitCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await PATH STATUS")
	}
	var said string
	until(ts, fmt.Sprintf("%s to answer %s", args[0], args[1]), func() bool {
		r, err := http.Get(ts.Getenv("METRICS") + args[0])
		if err != nil {
			return false
		}
		defer r.Body.Close()
		b, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		said = string(b)
		return err == nil && fmt.Sprint(r.StatusCode) == args[1]
	})
	fmt.Fprint(ts.Stdout(), said)
}

// logged FILE PATTERN: waits until a line of FILE fits.
func loggedCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: logged FILE PATTERN")
	}
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	until(ts, fmt.Sprintf("%s to say %q", args[0], args[1]), func() bool {
		log, _ := os.ReadFile(ts.MkAbs(args[0]))
		return pattern.Match(log)
	})
}

func until(ts *testscript.TestScript, what string, holds func() bool) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			ts.Fatalf("after %v still waiting for %s", patience, what)
		}
	}
}

// signal HUP|TERM: to every program that runs in the background.
func signalCommand(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]syscall.Signal{"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM}
	if neg || len(args) != 1 || signals[args[0]] == 0 {
		ts.Fatalf("usage: signal HUP|TERM")
	}
	for _, c := range ts.BackgroundCmds() {
		ts.Check(c.Process.Signal(signals[args[0]]))
	}
}
