package outbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/outbox"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/relay/relaytest"
	"github.com/postseal/postseal/store"
)

var (
	start = time.Date(2016, 8, 21, 11, 21, 0, 0, time.UTC)
	id    = envelope.ID{1, 2, 3}
)

// waiting is a store of notices in memory; store's own tests prove the real one.
type waiting struct {
	list  []store.Outgoing
	fail  error      // of Claim
	mu    sync.Mutex // over what follows, and list
	sent  []string
	again []time.Time
}

func (w *waiting) Claim(_ context.Context, limit int, _ time.Duration, now time.Time) ([]store.Outgoing, error) {
	if w.fail != nil {
		return nil, w.fail
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []store.Outgoing
	for i := range w.list {
		if o := &w.list[i]; !o.Due.After(now) && len(out) < limit {
			o.Attempts++
			o.Due = now.Add(time.Hour * 24 * 365) // leased
			out = append(out, *o)
		}
	}
	return out, nil
}

func (w *waiting) Sent(ctx context.Context, o store.Outgoing, _ time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, o.ID)
	return ctx.Err()
}

func (w *waiting) Retry(ctx context.Context, o store.Outgoing, at time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.again = append(w.again, at)
	for i := range w.list {
		if w.list[i].ID == o.ID {
			w.list[i].Due = at
		}
	}
	return ctx.Err()
}

func outgoing(t *testing.T, name string, kind notice.Kind, data any, life time.Duration) store.Outgoing {
	t.Helper()
	raw, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	o := store.Outgoing{ID: name, Kind: string(kind), To: addr.MustParse("jane@example.gov.uk"), Data: raw, Due: start, Expires: start.Add(life)}
	if kind == notice.Confirmation {
		o.Envelope = id
	}
	return o
}

func code(t *testing.T) store.Outgoing {
	return outgoing(t, "code", notice.Code, notice.CodeData{Code: "50407952", Reference: "KX", AskedAt: start}, 15*time.Minute)
}

func confirmation(t *testing.T) store.Outgoing {
	return outgoing(t, "confirmation", notice.Confirmation,
		notice.ConfirmationData{Subject: "hello", Recipients: []string{"carer@home.example"}, SealedAt: start}, 5*24*time.Hour)
}

// rig is a worker around fakes, with a clock that is set.
type rig struct {
	*outbox.Worker
	store    *waiting
	out      *relaytest.Outbox
	now      time.Time
	log      bytes.Buffer
	registry *prometheus.Registry
}

func newRig(list ...store.Outgoing) *rig {
	r := &rig{store: &waiting{list: list}, out: &relaytest.Outbox{}, now: start, registry: prometheus.NewPedanticRegistry()}
	brand := notice.Brand{Organisation: "Borough", Service: addr.MustParse("secure@example.gov.uk"), ServiceDomain: "secure.example.gov.uk", PortalURL: "https://secure.example.gov.uk"}
	r.Worker = &outbox.Worker{
		Store: r.store, Notices: notice.New(brand, nil), Relay: r.out, ServiceDomain: brand.ServiceDomain,
		Now: func() time.Time { return r.now }, Log: slog.New(slog.NewTextHandler(&r.log, nil)), Metrics: outbox.NewMetrics(r.registry),
	}
	return r
}

func (r *rig) metrics(t *testing.T, want string) {
	t.Helper()
	text := "# HELP postseal_outbox_notices_total Notices by kind and what became of a try to send them.\n# TYPE postseal_outbox_notices_total counter\n"
	for _, line := range strings.Fields(want) {
		kind, rest, _ := strings.Cut(line, ":")
		outcome, n, _ := strings.Cut(rest, "=")
		text += fmt.Sprintf("postseal_outbox_notices_total{kind=%q,outcome=%q} %s\n", kind, outcome, n)
	}
	if err := testutil.GatherAndCompare(r.registry, strings.NewReader(text)); err != nil {
		t.Error(err)
	}
}

func TestSends(t *testing.T) {
	later := confirmation(t)
	later.ID, later.Due = "later", start.Add(time.Minute)
	many := []store.Outgoing{code(t), confirmation(t), later}
	for i := range 20 { // more than one claim
		o := code(t)
		o.ID = fmt.Sprint("code", i)
		many = append(many, o)
	}
	r := newRig(many...)
	if n, err := r.Once(t.Context()); n != 22 || err != nil {
		t.Fatalf("Once = %d, %v, want 22", n, err)
	}
	if n, err := r.Once(t.Context()); n != 0 || err != nil || len(r.store.sent) != 22 {
		t.Errorf("again: %d, %v, settled %d", n, err, len(r.store.sent))
	}
	froms := map[string]string{}
	ids := map[string]bool{}
	for _, s := range r.out.Sent() {
		m, err := mail.ReadMessage(bytes.NewReader(s.Bytes))
		if err != nil {
			t.Fatal(err)
		}
		froms[m.Header.Get("X-Postseal")] = s.From.String()
		ids[m.Header.Get("Message-Id")] = true
		if s.Kind != relay.KindNotice || len(s.Recipients) != 1 || m.Header.Get("To") != "jane@example.gov.uk" {
			t.Errorf("mail %v to %v", s.Kind, s.Recipients)
		}
	}
	if froms["notice; kind=code"] != "b+none@secure.example.gov.uk" || froms["notice; kind=confirmation"] != "b+"+id.String()+"@secure.example.gov.uk" {
		t.Errorf("MAIL FROM = %v", froms)
	}
	if len(ids) != 22 {
		t.Errorf("%d Message-IDs of 22 notices", len(ids))
	}
	r.metrics(t, "code:sent=21 confirmation:sent=1")
	if strings.Contains(r.log.String(), "50407952") {
		t.Error("a code stands in the log") // promise 4
	}
}

// Waits double without jitter up to an hour; when nobody knows, the same mail
// goes again (BOP-5).
func TestRetries(t *testing.T) {
	for _, c := range []struct {
		class   error
		outcome string
	}{{relay.ErrTemporary, "retried"}, {relay.ErrUnknown, "unknown"}, {errors.New("of no class"), "retried"}} {
		r := newRig(confirmation(t))
		fails := 11
		answer := func(relay.Mail) error {
			if fails--; fails >= 0 {
				return fmt.Errorf("%w: 451 try later", c.class)
			}
			return nil
		}
		if c.outcome == "unknown" {
			r.out.After = answer
		} else {
			r.out.Fail = answer
		}
		want := 15 * time.Second
		for range 11 {
			if n, err := r.Once(t.Context()); n != 0 || err != nil {
				t.Fatalf("Once = %d, %v", n, err)
			}
			at := r.store.again[len(r.store.again)-1]
			if got := at.Sub(r.now); got != want {
				t.Errorf("waits %v, want %v", got, want)
			}
			want = min(2*want, time.Hour)
			r.now = at.Add(-time.Second)
			if n, err := r.Once(t.Context()); n != 0 || err != nil || len(r.store.again) != 11-fails {
				t.Errorf("before its time: %d, %v", n, err)
			}
			r.now = at
		}
		if n, err := r.Once(t.Context()); n != 1 || err != nil || len(r.store.sent) != 1 {
			t.Errorf("at last: %d, %v", n, err)
		}
		ids := map[string]bool{}
		for _, s := range r.out.Sent() {
			m, err := mail.ReadMessage(bytes.NewReader(s.Bytes))
			if err != nil {
				t.Fatal(err)
			}
			ids[m.Header.Get("Message-Id")] = true
		}
		if len(ids) != 1 {
			t.Errorf("%s: %d Message-IDs for one notice", c.outcome, len(ids))
		}
		r.metrics(t, "confirmation:"+c.outcome+"=11 confirmation:sent=1")
	}
}

func TestGivesUp(t *testing.T) {
	broken := confirmation(t)
	broken.Data = []byte("{")
	strange := confirmation(t)
	strange.Kind = "50407952"
	for _, c := range []struct {
		name  string
		o     store.Outgoing
		after time.Duration
		fail  error
		gone  bool
		want  string
	}{
		{"refused for good", confirmation(t), 0, relay.ErrPermanent, true, "confirmation:refused=1"},
		{"would leave in clear", confirmation(t), 0, relay.ErrClear, true, "confirmation:refused=1"},
		{"a code in its last second", code(t), 15*time.Minute - time.Second, nil, true, "code:sent=1"},
		{"a code over its time", code(t), 15 * time.Minute, nil, true, "code:expired=1"},
		{"a code whose next try would be too late", code(t), 15*time.Minute - time.Second, relay.ErrTemporary, true, "code:expired=1"},
		{"a confirmation after five days", confirmation(t), 5 * 24 * time.Hour, nil, true, "confirmation:expired=1"},
		{"data that another version may read", broken, 0, nil, false, "confirmation:retried=1"},
		{"kind that another version may know", strange, 0, nil, false, "other:retried=1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(c.o)
			r.now = start.Add(c.after)
			if c.fail != nil {
				r.out.Fail = func(relay.Mail) error { return c.fail }
			}
			if _, err := r.Once(t.Context()); err != nil {
				t.Fatal(err)
			}
			if gone := len(r.store.sent) == 1; gone != c.gone || gone == (len(r.store.again) == 1) {
				t.Errorf("forgotten %v, retried %d, want forgotten %v", r.store.sent, len(r.store.again), c.gone)
			}
			r.metrics(t, c.want)
			if sent := strings.Contains(c.want, "sent"); sent != (len(r.out.Sent()) == 1) || !sent && r.log.Len() == 0 {
				t.Errorf("sent %d, log %q", len(r.out.Sent()), r.log.String())
			}
		})
	}
	// Without an end of its own a notice still ends some day.
	o := confirmation(t)
	o.Expires, o.Attempts = time.Time{}, 130
	r := newRig(o)
	if _, err := r.Once(t.Context()); err != nil || len(r.store.sent) != 1 || len(r.out.Sent()) != 0 {
		t.Errorf("endless: %v, %v", err, r.store.sent)
	}
}

func TestStoreAway(t *testing.T) {
	r := newRig(code(t))
	r.store.fail = store.ErrUnavailable
	if _, err := r.Once(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Once = %v, want ErrUnavailable", err)
	}
}

// A mail that is out is noted even when the daemon is told to stop meanwhile, and
// no further batch is begun.
func TestStoppedWhileSending(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	many := make([]store.Outgoing, 30)
	for i := range many {
		many[i] = code(t)
		many[i].ID = fmt.Sprint("code", i)
	}
	r := newRig(many...)
	r.out.After = func(relay.Mail) error { cancel(); return nil }
	n, err := r.Once(ctx)
	if out := len(r.out.Sent()); n != out || n == 0 || n > 10 || !errors.Is(err, context.Canceled) || len(r.store.sent) != n {
		t.Errorf("Once = %d, %v; sent %d, settled %v", n, err, out, r.store.sent)
	}
}

// Notices go side by side: one that hangs does not hold up those beside it.
func TestSideBySide(t *testing.T) {
	slow := code(t)
	slow.ID = "slow"
	r := newRig(slow, code(t), confirmation(t))
	others := make(chan struct{}, 2)
	var first sync.Once
	r.out.After = func(relay.Mail) error {
		hangs := false
		first.Do(func() { hangs = true })
		if hangs { // until both others are out
			<-others
			<-others
			return nil
		}
		others <- struct{}{}
		return nil
	}
	if n, err := r.Once(t.Context()); n != 3 || err != nil {
		t.Errorf("Once = %d, %v", n, err)
	}
}

func TestRunAndKick(t *testing.T) {
	r := newRig()
	r.Every = time.Hour
	sent := make(chan struct{}, 4)
	r.out.After = func(relay.Mail) error { sent <- struct{}{}; return nil }
	r.Kick() // before Run, and twice: one is kept
	r.Kick()
	r.store.list = []store.Outgoing{code(t)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	<-sent
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

// Without a service domain nobody hears of a failure, but mail goes out.
func TestNoServiceDomain(t *testing.T) {
	r := newRig(confirmation(t))
	r.ServiceDomain = ""
	if n, err := r.Once(t.Context()); n != 1 || err != nil {
		t.Fatalf("Once = %d, %v", n, err)
	}
	s := r.out.Sent()[0]
	if !s.From.IsZero() || !strings.Contains(string(s.Bytes), "@example.gov.uk>\r\n") {
		t.Errorf("MAIL FROM %v", s.From)
	}
}

// Where all is written in one language, nobody's account is looked up for it.
func TestOneLanguageAsksNobody(t *testing.T) {
	r := newRig(confirmation(t))
	asked := 0
	r.Language = func(context.Context, addr.Address) (string, error) { asked++; return "cy", nil }
	if n, err := r.Once(t.Context()); n != 1 || err != nil || asked != 0 {
		t.Errorf("sent %d, %v, and asked %d times", n, err, asked)
	}
}
