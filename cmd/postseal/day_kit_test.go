package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/internal/demo"
	"github.com/postseal/postseal/internal/redistest"
	"github.com/postseal/postseal/internal/testport"
	"github.com/postseal/postseal/outbox"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// days is two whole daemons beside one real Redis and one shelf, whose one clock
// moves only when an event of the schedule is due. Postfix is a catcher on loopback.
type days struct {
	*testing.T
	clock   *storetest.Clock
	redis   *redistest.Server
	client  *redis.Client
	keys    *store.Keyring
	daemons []*daemon
	catcher *demo.Catcher
	dir     string
	log     *lockedBuffer
	http    *http.Client
	files   map[string]bool // on the shelf, whose time was set to the clock's

	mu     sync.Mutex
	sent   map[string]int // notices that Postfix took, by kind and message
	mails  map[string]int // by Message-ID
	failed int            // tries that it did not take
	down   bool           // takes no notice at present

	letters  []*letter
	signedIn map[addr.Address]signedIn
	behind   bool      // the outbox has not caught up yet
	latest   time.Time // before the clock was put back
	era      string    // in the names of people, so that an hour that comes twice is other people's

	events []event
	count  int
}

// signedIn is a proof with its time.
type signedIn struct {
	proof store.Proof
	at    time.Time
}

// event is something of the schedule.
type event struct {
	at   time.Time
	rank int // in order of making, at the same time
	do   func()
}

const dayConfig = `
organisation: {name: Borough of Example, domains: [council.example]}
outbound: {networks: [127.0.0.0/8]}
rules:
  - {name: big, if: {subject_tag: [BIG]}, do: seal, profile: big}
  - {name: marked, if: {subject_tag: [SECURE]}, do: seal}
profiles:
  default: {expires: 60h, link: 30h, undo_window: 10m, remind_unopened: 12h, remind_expiring: 20h}
  big: {attach_up_to_for: {outside.example: 1B}}
service: {address: secure@council.example, domain: secure.council.example}
portal: {url: "http://PORTAL", listen: PORTAL}
milter: {listen: "unix:DIR/NAME/milter.sock", spool: DIR/NAME/spool, readers: 1}
redis: {addresses: [REDIS], volatile_ok: true}
keys: {master: DIR/master}
audit: {log: DIR/NAME/audit.log}
shelf: {dir: DIR/shelf}
relay: {reentry: REENTRY, inbound: INBOUND}
postfix: {ask: false}
metrics: {listen: "127.0.0.1:0"}
log: {level: warn}
`

// newDays starts everything; it begins shortly before the clocks are put back in
// Britain (25 October 2026).
func newDays(t *testing.T) *days {
	t.Helper()
	w := &days{T: t, clock: storetest.NewClock(), dir: privateTemp(t), log: &lockedBuffer{}, http: &http.Client{Transport: &http.Transport{}},
		files: map[string]bool{}, sent: map[string]int{}, mails: map[string]int{}, signedIn: map[addr.Address]signedIn{}}
	w.clock.Add(time.Date(2026, 10, 23, 23, 0, 0, 0, time.UTC).Sub(w.clock.Now()))
	w.redis = redistest.StartRedis(t, "--appendonly", "no")
	w.client = w.redis.Client()
	t.Cleanup(func() { _ = w.client.Close() })
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	w.catcher = demo.NewCatcher(w.clock.Now, logger)
	t.Cleanup(func() { _ = w.catcher.Close() })
	ports := map[string]string{}
	for name, way := range map[string]demo.Way{"REENTRY": demo.Reentry, "INBOUND": demo.Inbound} {
		l := testport.Listener(t)
		ports[name] = l.Addr().String()
		go func() { _ = w.catcher.Serve(l, way) }()
	}
	master := store.NewMasterKeyFile()
	w.must(os.WriteFile(filepath.Join(w.dir, "master"), master, 0o600))
	var err error
	w.keys, err = store.LoadKeyring(bytes.NewReader(master))
	w.must(err)
	for _, name := range []string{"one", "two"} {
		w.start(w.config(name, ports), logger)
	}
	return w
}

// config is that of one daemon of a name.
func (w *days) config(name string, ports map[string]string) *config.Config {
	w.Helper()
	text := strings.NewReplacer("DIR", w.dir, "NAME", name, "PORTAL", testport.Address(w), "REDIS", w.redis.Addr, "REENTRY", ports["REENTRY"], "INBOUND", ports["INBOUND"]).Replace(dayConfig)
	cfg, err := config.Parse("day.yaml", []byte(text))
	w.must(err)
	w.must(os.MkdirAll(filepath.Join(w.dir, name), 0o700))
	return cfg
}

// third runs a daemon as it is delivered, on Redis and shelf of the others, until
// stop; ended then says how. It reaches nobody by mail.
func (w *days) third() (d *daemon, stop context.CancelFunc, ended chan error) {
	w.Helper()
	cfg := w.config("three", map[string]string{"REENTRY": testport.Listener(w).Addr().String(), "INBOUND": testport.Listener(w).Addr().String()})
	d, err := newDaemon(cfg, daemonOptions{log: slog.New(slog.DiscardHandler)})
	w.must(err)
	ctx, stop := context.WithCancel(w.Context())
	ended = make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	return d, stop, ended
}

// start serves one daemon's milter and website. Its worker and its sweeps run when
// the schedule says so.
func (w *days) start(cfg *config.Config, log *slog.Logger) {
	w.Helper()
	d, err := newDaemon(cfg, daemonOptions{log: log, now: w.clock.Now, hash: storetest.Cheap})
	w.must(err)
	d.worker.Relay = &dayRelay{w, d.worker.Relay}
	w.daemons = append(w.daemons, d)
	go func() { _ = d.filter.Serve(d.milterListener) }()
	go func() { _ = d.serveWeb() }()
	w.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = d.filter.Shutdown(ctx)
		_ = d.web.Shutdown(ctx)
		d.Close()
	})
}

func (w *days) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("%s: %v", w.when(), err)
	}
}

func (w *days) when() string { return w.clock.Now().Format(time.RFC3339) }

// turn gives the daemons in turn.
func (w *days) turn() *daemon {
	w.count++
	return w.daemons[w.count%len(w.daemons)]
}

// after puts something into the schedule.
func (w *days) after(d time.Duration, do func()) {
	w.count++
	w.events = append(w.events, event{w.clock.Now().Add(d), w.count, do})
}

// run lets the schedule go on up to a time.
func (w *days) run(until time.Time) {
	w.Helper()
	for len(w.events) > 0 && !w.Failed() {
		next := slices.MinFunc(w.events, func(a, b event) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.rank, b.rank)) })
		if next.at.After(until) {
			break
		}
		w.events = slices.DeleteFunc(w.events, func(e event) bool { return e.rank == next.rank })
		if d := next.at.Sub(w.clock.Now()); d > 0 {
			w.pass(d)
		}
		next.do()
	}
	if d := until.Sub(w.clock.Now()); d > 0 {
		w.pass(d)
	}
}

// ageScript takes from what is left of every lifetime, or adds to it.
var ageScript = redis.NewScript(`
for _, k in ipairs(redis.call('KEYS', '*')) do
  local left = redis.call('PTTL', k)
  if left > 0 then redis.call('PEXPIRE', k, left - tonumber(ARGV[1])) end
end
return 0
`)

// pass moves the clock, Redis's with it, on or back.
func (w *days) pass(d time.Duration) {
	w.Helper()
	w.must(ageScript.Run(w.Context(), w.client, nil, d.Milliseconds()).Err())
	w.latest = w.farthest()
	w.clock.Add(d)
}

// farthest is the latest time that the clock has shown.
func (w *days) farthest() time.Time {
	if now := w.clock.Now(); now.After(w.latest) {
		return now
	}
	return w.latest
}

// stamp gives what was just put on the shelf the time of the clock.
func (w *days) stamp() {
	for _, path := range w.shelf() {
		if !w.files[path] {
			w.files[path] = true
			w.must(os.Chtimes(path, w.clock.Now(), w.clock.Now()))
		}
	}
}

// shelf lists the containers that are kept.
func (w *days) shelf() []string {
	w.Helper()
	out, err := filepath.Glob(filepath.Join(w.dir, "shelf", "??", "*", "*"))
	w.must(err)
	return out
}

// settle lets both daemons' workers send what is due, at once, until nothing is.
func (w *days) settle() {
	w.Helper()
	var hands sync.WaitGroup
	for _, d := range w.daemons {
		hands.Go(func() {
			if _, err := d.worker.Once(context.WithoutCancel(w.Context())); err != nil {
				w.Errorf("%s: outbox: %v", w.when(), err)
			}
		})
	}
	hands.Wait()
}

// sweep lets both daemons clear away, at once.
func (w *days) sweep() {
	var hands sync.WaitGroup
	for _, d := range w.daemons {
		hands.Go(func() { d.sweepOnce(context.WithoutCancel(w.Context()), w.clock.Now()) })
	}
	hands.Wait()
}

// dayRelay writes down which notices Postfix took.
type dayRelay struct {
	w    *days
	next outbox.Sender
}

var stampedKind = regexp.MustCompile(`(?m)^X-Postseal: notice; kind=(\S+)\r?$`)
var stampedID = regexp.MustCompile(`(?mi)^Message-ID: (\S+)\r?$`)

func (r *dayRelay) Send(ctx context.Context, m relay.Mail) (string, error) {
	var text bytes.Buffer
	if err := m.Write(&text); err != nil {
		return "", err
	}
	kind, id := stampedKind.FindSubmatch(text.Bytes()), stampedID.FindSubmatch(text.Bytes())
	if kind == nil || id == nil {
		return "", fmt.Errorf("a notice without kind or id: %w", relay.ErrPermanent)
	}
	r.w.mu.Lock()
	away := r.w.down || m.Recipients[0].Address.String() == neverThere
	r.w.mu.Unlock()
	reply, err := "", fmt.Errorf("%w: not today", relay.ErrTemporary)
	if !away {
		reply, err = r.next.Send(ctx, m)
	}
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	if err != nil {
		r.w.failed++
		return reply, err
	}
	message, _, _ := strings.Cut(strings.TrimPrefix(m.From.String(), "b+"), "@")
	r.w.sent[string(kind[1])+" "+message]++
	r.w.mails[string(id[1])]++
	return reply, nil
}

// told counts the notices of a kind about a message that Postfix took.
func (w *days) told(kind, message string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent[kind+" "+message]
}

// held is what the process and Redis have at a moment.
type held struct {
	goroutines, files int
	keys              map[string]int // in Redis, by kind of key; of sorted sets the members
}

// holds counts it, when nothing is under way.
func (w *days) holds() held {
	w.Helper()
	w.http.CloseIdleConnections()
	out := held{goroutines: runtime.NumGoroutine(), keys: map[string]int{}}
	fds, err := os.ReadDir("/proc/self/fd")
	w.must(err)
	out.files = len(fds)
	keys, err := w.client.Keys(w.Context(), "*").Result()
	w.must(err)
	for _, key := range keys {
		kind, _, _ := strings.Cut(key, ":")
		n := 1
		if w.client.Type(w.Context(), key).Val() == "zset" {
			n = int(w.client.ZCard(w.Context(), key).Val())
		}
		out.keys[kind] += n
	}
	return out
}

// post calls the website as securedoc.html does.
func (w *days) post(d *daemon, path string, form map[string][]string) (int, string) {
	w.Helper()
	r, err := w.http.PostForm(d.cfg.Portal.URL+path, form)
	w.must(err)
	defer r.Body.Close()
	text, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	w.must(err)
	return r.StatusCode, string(text)
}

// is asserts an error; nil wants none.
func (w *days) is(got, want error, what string) {
	w.Helper()
	if want == nil && got != nil || !errors.Is(got, want) {
		w.Errorf("%s: %s: got %v, want %v", w.when(), what, got, want)
	}
}
