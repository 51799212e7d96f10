package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/redistest"
)

// A rig is one Postfix with a filter, or none, between a source and a sink.
type rig struct {
	t       testing.TB
	name    string
	postfix *e2etest.Postfix
	filter  int // pid of the filter; 0: none
	arrived *atomic.Int64
	sizes   [2]atomic.Int64 // octets of what arrived last, outside and inside
	tick    chan struct{}   // something arrived
	seal    *e2etest.Postseal
	redis   *redistest.Server
}

// newRig starts a Postfix whose sinks count what arrives. Settings are those of
// the tests, but connections to the sinks are used again, as by default.
func newRig(t testing.TB, name, milter string) *rig {
	t.Helper()
	r := &rig{t: t, name: name, arrived: new(atomic.Int64), tick: make(chan struct{}, 1)}
	count := func(size *atomic.Int64) func(e2etest.Delivery) {
		return func(d e2etest.Delivery) {
			size.Store(int64(len(d.Raw)))
			r.arrived.Add(1)
			select {
			case r.tick <- struct{}{}:
			default:
			}
		}
	}
	o := e2etest.PostfixOptions{
		Plain: milter != "postseal", Main: map[string]string{"smtp_connection_cache_on_demand": "yes"},
		Outside: e2etest.NewSink(t, e2etest.SinkOptions{Take: count(&r.sizes[0])}), Inside: e2etest.NewSink(t, e2etest.SinkOptions{Take: count(&r.sizes[1])}),
	}
	if milter != "" && milter != "postseal" {
		o.Main["smtpd_milters"] = milter
	}
	r.postfix = e2etest.StartPostfix(t, o)
	return r
}

// withoutFilter is the baseline of the pipeline.
func withoutFilter(t testing.TB) *rig { return newRig(t, "no filter", "") }

// withNoop has the least filter that go-milter makes, on a unix socket as ours.
func withNoop(t testing.TB) *rig {
	t.Helper()
	dir := e2etest.ShortDir(t)
	program, socket := filepath.Join(dir, "noop"), filepath.Join(dir, "sock")
	if out, err := exec.Command("go", "build", "-o", program, "./noop").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	pid := start(t, program, socket)
	e2etest.Eventually(t, "the no-op filter to listen", func() bool { _, err := os.Stat(socket); return err == nil })
	r := newRig(t, "no-op filter", "unix:"+socket)
	r.filter = pid
	return r
}

// withOpenDKIM signs everything, on a unix socket.
func withOpenDKIM(t testing.TB) *rig {
	t.Helper()
	d := e2etest.StartLocalDKIM(t, e2etest.InsideDomain, e2etest.ServiceDomain)
	r := newRig(t, "OpenDKIM", d.Milter)
	r.filter = d.Pid
	return r
}

// withPostseal has the daemon as it is delivered, with the scan for personal data,
// on a Redis that writes each change to the disk before it answers.
func withPostseal(t testing.TB) *rig {
	t.Helper()
	r := newRig(t, "postseal", "postseal")
	r.redis = redistest.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	withScan := strings.Replace(e2etest.Rules, "\nprofiles:", "\n  - {name: personal data, if: {pid: {score: 10}}, do: seal}\nprofiles:", 1)
	r.seal = e2etest.NewPostseal(t, e2etest.PostsealOptions{Postfix: r.postfix, Redis: r.redis.Addr, Rules: withScan, Binary: built(t)})
	quiet(t, r.seal.Config)
	r.seal.Start()
	r.seal.WaitReady()
	r.filter = r.seal.Pid()
	return r
}

// built gives the program as make build makes it.
func built(t testing.TB) string {
	t.Helper()
	program := filepath.Join(e2etest.ShortDir(t), "postseal")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "./cmd/postseal")
	cmd.Dir, cmd.Env = e2etest.Root(t), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// quiet sets the level of logging that is delivered.
func quiet(t testing.TB, config string) {
	t.Helper()
	b, err := os.ReadFile(config)
	if err == nil {
		err = os.WriteFile(config, []byte(strings.Replace(string(b), "level: debug", "level: info", 1)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func start(t testing.TB, program string, args ...string) int {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd.Process.Pid
}

// A run is what one load took.
type run struct {
	perSecond   float64       // messages put in, from the first to when all had arrived
	postfix     time.Duration // CPU of all its processes
	filter      time.Duration // CPU of the filter and its children
	took        time.Duration
	transaction []time.Duration // MAIL FROM to the 250 behind the data, each
}

// A load is what a source puts in.
type load struct {
	messages, sessions int
	arrive             int                                 // deliveries that each message makes; 0: one
	keep               bool                                // one connection for all messages of a session, else one each
	message            func(n int) (to string, raw []byte) // a new one at each call: the same one again is known, and not sealed twice
}

const sender = "jane.doe@" + e2etest.InsideDomain

// put puts a load in and waits until everything has arrived.
func (r *rig) put(l load) run {
	r.t.Helper()
	mails := made(l)
	want := r.arrived.Load() + int64(l.messages*max(1, l.arrive))
	before := r.used()
	began := time.Now()
	took := make([][]time.Duration, l.sessions)
	var next atomic.Int64
	var hands sync.WaitGroup
	for i := range l.sessions {
		hands.Go(func() { took[i] = r.session(l, mails, &next) })
	}
	hands.Wait()
	patience := time.After(2 * time.Minute)
	for r.arrived.Load() < want {
		select {
		case <-r.tick:
		case <-patience:
			r.t.Fatalf("%s: %d deliveries are missing", r.name, want-r.arrived.Load())
		}
	}
	whole := time.Since(began)
	after := r.used()
	return run{perSecond: float64(l.messages) / whole.Seconds(), took: whole, postfix: after.postfix - before.postfix, filter: after.filter - before.filter,
		transaction: slices.Concat(took...)}
}

// session sends messages until there are no more.
func (r *rig) session(l load, mails []letterTo, next *atomic.Int64) (took []time.Duration) {
	var c *client
	for {
		n := int(next.Add(1))
		if n > l.messages {
			if c != nil {
				c.close()
			}
			return took
		}
		mail := mails[n-1]
		if c == nil {
			var err error
			if c, err = dial(r.postfix.Submission); err != nil {
				r.t.Error(err)
				return took
			}
		}
		began := time.Now()
		if err := c.send(sender, mail.to, mail.data); err != nil {
			r.t.Errorf("%s: %v", r.name, err)
			return took
		}
		took = append(took, time.Since(began))
		if !l.keep {
			c.close()
			c = nil
		}
	}
}

// decided is how many messages the daemon has decided so, as its metrics say.
func (r *rig) decided(outcome string) int {
	r.t.Helper()
	m := regexp.MustCompile(`(?m)^postseal_messages_total\{outcome="` + outcome + `"\} (\S+)$`).FindStringSubmatch(r.seal.Metrics())
	if m == nil {
		return 0
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		r.t.Fatal(err)
	}
	return int(n)
}
