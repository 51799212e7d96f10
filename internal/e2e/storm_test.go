package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/redistest"
	"github.com/postseal/postseal/internal/storm"
	notices "github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/outbox"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/shelf"
	"github.com/postseal/postseal/store"
)

// stormSize gives what the environment asks of a storm; the defaults are those of
// make test.
func stormSize(t *testing.T, name string, usual int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q wants a number", name, text)
	}
	return n
}

// tempest is a storm under way.
type tempest struct {
	t       *testing.T
	seed    uint64
	near    *e2etest.Postfix // ours, with the milter
	far     *e2etest.Postfix // the next hop
	redis   *redistest.Server
	stored  store.Options // how the checker reaches it
	toRedis *e2etest.Proxy
	toRelay *e2etest.Proxy // of envelopes, and of notices to the outside
	toStaff *e2etest.Proxy // of confirmations and other mail to inside
	seal    *e2etest.Postseal
	dir     string // what was delivered, a file each
	shelf   *shelf.Dir
	links   int // of the envelopes delivered, those with a link
	// patience is how long a client tries; longer than any trouble lasts.
	patience time.Duration

	acked    atomic.Int64
	mu       sync.Mutex
	mails    []storm.Mail
	taken    []taken
	troubles []storm.Trouble
}

// taken is a delivery whose octets lie in a file.
type taken struct {
	at   time.Time
	from string
	to   []string
	path string
}

// TestStorm sends mixed mail while everything is killed, stopped, cut and filled
// up by a schedule of its own, and then looks at what became of every mail.
// STORM_MESSAGES, STORM_KILLS and STORM_SEED set size and repeat. Promises 1, 2, 4 and 5; CJSM-13, BOP-5
func TestStorm(t *testing.T) {
	t.Parallel()
	messages, kills := stormSize(t, "STORM_MESSAGES", 500), stormSize(t, "STORM_KILLS", 10)
	s := newTempest(t, uint64(stormSize(t, "STORM_SEED", int(time.Now().UnixNano()%1_000_000)+1)), messages, "")
	t.Logf("%d messages, %d kills, STORM_SEED=%d", messages, kills, s.seed)
	began := time.Now()
	s.blow(messages, kills)
	t.Logf("all acknowledged after %v", time.Since(began).Round(time.Second))
	s.calm()
	v := storm.Judge(s.evidence())
	for _, line := range v.Said {
		t.Log(line)
	}
	t.Logf("messages %d, kills %d, deliveries %d, answers lost %d, seed %d", messages, kills, len(s.taken), s.toRedis.Lost.Load()+s.toRelay.Lost.Load()+s.toStaff.Lost.Load(), s.seed)
	t.Logf("links %d; never acknowledged %d", s.links, v.Patience)
	t.Logf("repeated %d, each explained by a cut; %d not", v.Repeated, v.Unexplained)
	t.Log(v)
	if !v.OK() {
		t.Errorf("run it again with STORM_SEED=%d", s.seed)
	}
}

// blow sends so many letters while so many kills, and as many other evils, happen.
func (s *tempest) blow(messages, kills int) {
	s.during(messages, func() { s.rage(messages, kills) })
}

// during sends so many letters from several clients while something happens.
func (s *tempest) during(messages int, happens func()) {
	s.mails = make([]storm.Mail, messages)
	var clients sync.WaitGroup
	var next atomic.Int64
	const hands = 8 // clients at a time
	for range hands {
		clients.Go(func() {
			for n := int(next.Add(1)) - 1; n < messages; n = int(next.Add(1)) - 1 {
				s.send(n)
			}
		})
	}
	happens()
	clients.Wait()
}

// newTempest makes a site; binary is the daemon's program, empty for the one of
// the tree.
func newTempest(t *testing.T, seed uint64, messages int, binary string) *tempest {
	s := &tempest{t: t, seed: seed}
	s.redis = redistest.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	s.toRedis = e2etest.NewProxy(t, s.redis.Addr)
	s.stored = store.Options{Addresses: []string{s.redis.Addr}}
	s.build(messages, e2etest.PostsealOptions{Redis: s.toRedis.Addr, Binary: binary})
	return s
}

// build makes everything around Redis and starts it.
func (s *tempest) build(messages int, o e2etest.PostsealOptions) {
	t := s.t
	s.dir, s.patience = t.TempDir(), 10*time.Minute
	outside, inside := e2etest.NewSink(t, e2etest.SinkOptions{Take: s.take}), e2etest.NewSink(t, e2etest.SinkOptions{Take: s.take})
	s.far = e2etest.NewPostfix(t, e2etest.PostfixOptions{Plain: true, Outside: outside, Inside: inside, Main: map[string]string{"myhostname": "next.example"}})
	s.near = e2etest.NewPostfix(t, e2etest.PostfixOptions{Outside: outside, Inside: inside,
		Main: map[string]string{"relayhost": fmt.Sprintf("[127.0.0.1]:%d", s.far.MX)}})
	s.toRelay = e2etest.NewProxy(t, e2etest.Loopback(s.near.Reentry))
	s.toStaff = e2etest.NewProxy(t, e2etest.Loopback(s.near.Inbound))
	// Megabytes: the shelf's floor, some of the biggest mails at a time, and what
	// lies on the shelf in the end.
	o.Disk = shelf.DefaultMinFree>>20 + 128 + messages/10
	o.Postfix, o.Reentry, o.Inbound = s.near, s.toRelay.Addr, s.toStaff.Addr
	s.seal = e2etest.NewPostseal(t, o)
	s.near.RefuseAtReentry(refusedDomain)
	s.far.Start()
	s.near.Start()
	s.seal.Start()
	s.seal.WaitReady()
}

// take keeps a delivery on disk.
func (s *tempest) take(d e2etest.Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := taken{at: time.Now(), from: d.From, to: d.To(), path: filepath.Join(s.dir, strconv.Itoa(len(s.taken)))}
	if err := os.WriteFile(k.path, d.Raw, 0o600); err != nil {
		panic(err) // the storm has lost its evidence
	}
	s.taken = append(s.taken, k)
}

// evil is one thing that can happen to a site; again undoes it.
type evil struct {
	what string
	kill bool
	do   func()
	last time.Duration // before it is undone
	undo func()
}

// evils are the things that happen. A killed part starts again at once; answers
// are lost as soon as there are such.
func (s *tempest) evils() []evil {
	none := func() {}
	return []evil{
		{what: "daemon killed", kill: true, do: s.seal.Kill, undo: s.seal.Start},
		{what: "Redis killed", kill: true, do: s.redis.Kill, undo: func() { s.redis.Start() }},
		{what: "Postfix killed", kill: true, do: s.near.Kill, undo: s.near.Start},
		{what: "next Postfix killed", kill: true, do: s.far.Kill, undo: s.far.Start},
		{what: "daemon and Redis killed", kill: true, do: func() { s.redis.Kill(); s.seal.Kill() }, undo: func() { s.redis.Start(); s.seal.Start() }},
		{what: "Redis killed, and the daemon while it is away", kill: true, do: s.redis.Kill, last: 2 * time.Second, undo: func() { s.seal.Kill(); s.redis.Start(); s.seal.Start() }},
		{what: "daemon told to end", do: s.seal.Stop, undo: s.seal.Start},
		{what: "daemon stands still", do: func() { s.seal.Signal(syscall.SIGSTOP) }, last: 2 * time.Second, undo: func() { s.seal.Signal(syscall.SIGCONT) }},
		{what: "Redis stands still", do: func() { s.redis.Signal(syscall.SIGSTOP) }, last: 2 * time.Second, undo: func() { s.redis.Signal(syscall.SIGCONT) }},
		{what: "answers of Redis lost", do: func() { s.toRedis.Lose(3, 200) }, undo: none},
		{what: "answers of the relay lost", do: func() { s.toRelay.Lose(2, 30<<10) }, undo: none},
		{what: "answers to mail for inside lost", do: func() { s.toStaff.Lose(2, 2<<10) }, undo: none},
		{what: "disk full", do: func() { _ = s.seal.Disk.Fill() }, last: time.Second, undo: func() { _ = s.seal.Disk.Free() }},
	}
}

// rage does evil at moments that depend on the seed and on how far the clients
// are: a kill in each part of the way, and between two kills something else.
func (s *tempest) rage(messages, kills int) {
	r := rand.New(rand.NewPCG(s.seed, 1<<63))
	var kill, other []evil
	for _, e := range s.evils() {
		if e.kill {
			kill = append(kill, e)
		} else {
			other = append(other, e)
		}
	}
	for i := range 2 * kills {
		from := kill
		if i%2 == 1 {
			from = other
		}
		e := from[(i/2+r.IntN(2))%len(from)]
		s.waitAcked(int64(i*messages/(2*kills) + r.IntN(1+messages/(2*kills))))
		t := storm.Trouble{What: e.what, From: time.Now()}
		e.do()
		if e.last > 0 {
			<-time.After(e.last)
		}
		e.undo()
		const lingers = 10 * time.Second // what was cut comes again within this time
		t.To = time.Now().Add(lingers)
		s.troubles = append(s.troubles, t)
	}
}

// waitAcked waits until so many mails are done, or a while, since what is killed
// must not be what everybody waits for.
func (s *tempest) waitAcked(n int64) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); s.acked.Load() < n && time.Now().Before(end); {
		<-tick.C
	}
}

// calm waits until nothing moves any more. Notices that a killed daemon had begun
// to send are leased for ten minutes; a worker whose clock is ahead sends them now.
func (s *tempest) calm() {
	s.seal.WaitReady()
	s.near.WaitIdle()
	s.far.WaitIdle()
	s.seal.Stop() // it tells Redis what is left to be told
	if s.untold() > 0 {
		s.seal.Start() // and what it had to leave, the next one tells; else the verdict will
		for end := time.Now().Add(20 * time.Second); s.untold() > 0 && time.Now().Before(end); {
			<-time.After(100 * time.Millisecond)
		}
		s.seal.Stop()
	}
	st := s.store()
	defer st.Close()
	ahead := func() time.Time { return time.Now().Add(outboxLater) }
	brand := notices.Brand{Organisation: "Borough of Example", Service: addr.MustParse("secure@example.gov.uk"), ServiceDomain: e2etest.ServiceDomain, PortalURL: s.seal.PortalURL}
	w := &outbox.Worker{Store: st, Notices: notices.New(brand, time.UTC), Relay: &relay.SMTP{Addr: e2etest.Loopback(s.near.Reentry)}, ServiceDomain: e2etest.ServiceDomain, Now: ahead}
	var err error
	for sent := 1; sent > 0; { // once is so many rounds, and there may be more
		if sent, err = w.Once(context.Background()); err != nil {
			s.t.Fatal(err)
		}
	}
	s.near.WaitIdle()
	s.far.WaitIdle()
}

// untold counts what left while Redis was away and is not told yet.
func (s *tempest) untold() int {
	notes, err := filepath.Glob(filepath.Join(s.seal.Disk.Path(), "spool", "late-*"))
	if err != nil {
		s.t.Fatal(err)
	}
	return len(notes)
}

// outboxLater is longer than the outbox's lease and its first waits.
const outboxLater = 30 * time.Minute

func (s *tempest) store() *store.Store {
	f, err := os.Open(s.seal.MasterKey)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	keys, err := store.LoadKeyring(f)
	if err != nil {
		s.t.Fatal(err)
	}
	o := s.stored
	o.Keys = keys
	st, err := store.Open(o)
	if err != nil {
		s.t.Fatal(err)
	}
	return st
}

// evidence looks at every delivery.
func (s *tempest) evidence() storm.Evidence {
	s.t.Helper()
	st := s.store()
	defer st.Close()
	var err error
	if s.shelf, err = shelf.OpenDir(filepath.Join(s.seal.Disk.Path(), "shelf"), shelf.DirOptions{MinFree: -1}); err != nil {
		s.t.Fatal(err)
	}
	e := storm.Evidence{Mails: s.mails, Troubles: s.troubles, Confirmations: map[string]int{}}
	for _, k := range s.taken {
		raw, err := os.ReadFile(k.path)
		if err != nil {
			s.t.Fatal(err)
		}
		if confirmation(e2etest.Delivery{Raw: raw}) {
			for _, to := range k.to {
				e.Confirmations[to]++
			}
			continue
		}
		for _, to := range k.to {
			e.Copies = append(e.Copies, s.copyOf(st, k, to, raw))
		}
	}
	return e
}

// copyOf looks at one delivery to one recipient, with the key as it is stored.
func (s *tempest) copyOf(st *store.Store, k taken, to string, raw []byte) storm.Copy {
	s.t.Helper()
	c := storm.Copy{To: to, At: k.at}
	n, err := strconv.Atoi(strings.TrimLeft(strings.SplitN(strings.SplitN(to, "@", 2)[0], "-", 2)[0], "abcdefghijklmnopqrstuvwxyz"))
	if err != nil {
		return c // nobody's; Judge says so
	}
	_, _, original := s.letter(n)
	for bytes.HasPrefix(raw, []byte("Received:")) {
		raw = withoutReceived(raw)
	}
	if !e2etest.IsSealed(s.t, raw) {
		c.Shows, c.Whole = bytes.Contains(raw, []byte(stormWord(s.seed, n))), bytes.Equal(raw, original)
		return c
	}
	for _, f := range e2etest.Leaves(s.t, raw) {
		c.Shows = c.Shows || bytes.Contains(f.Body, []byte(stormWord(s.seed, n)))
	}
	page := e2etest.ReadSealed(s.t, raw)
	c.Envelope = page.Page.ID.String()
	known, err := st.Lookup(context.Background(), page.Page.ID)
	if err != nil || !known.Found {
		s.t.Logf("%s: envelope %s: %v, found %v", to, c.Envelope, err, known.Found)
		return c
	}
	var opened bytes.Buffer
	err = envelope.Open(&opened, bytes.NewReader(page.Container), known.Key, 0)
	c.Whole = err == nil && bytes.Equal(opened.Bytes(), original)
	if link := s.seal.PortalURL + "/m/" + c.Envelope; bytes.Contains(e2etest.TextOf(s.t, raw), []byte(link)) {
		s.links++
		c.Astray = !s.shelved(page)
	}
	return c
}

// shelved tells whether the container of a page lies on the shelf, octet for octet.
func (s *tempest) shelved(page e2etest.Sealed) bool {
	s.t.Helper()
	digest, err := envelope.DigestOf(bytes.NewReader(page.Container))
	if err != nil {
		s.t.Fatal(err)
	}
	there, err := s.shelf.Get(context.Background(), page.Page.ID, digest)
	if err != nil {
		s.t.Logf("envelope %s on the shelf: %v", page.Page.ID, err)
		return false
	}
	defer there.Close()
	b, err := io.ReadAll(there)
	return err == nil && bytes.Equal(b, page.Container)
}
