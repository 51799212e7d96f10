package milter_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/milter"
	"github.com/postseal/postseal/milter/miltertest"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/relay/relaytest"
	"github.com/postseal/postseal/shelf"
	"github.com/postseal/postseal/store"
)

const rulesText = `
organisation: {name: Borough of Example, domains: [council.example]}
secure_suffix: safe.example
rules:
  - {name: closed house, to: [closed.example], do: {refuse: "we do not write to them. Please telephone."}}
  - {name: partners, to: [friends.example], do: pass}
  - {name: marked, if: {subject_tag: [SECURE]}, do: seal}
  - {name: flag, if: {sensitivity: [company-confidential]}, do: seal, profile: official}
profiles:
  official: {marking: OFFICIAL-SENSITIVE, banner: "OFFICIAL-SENSITIVE: personal data", subject: hide, attach_up_to: 20KB}
`

var start = time.Date(2026, 11, 21, 9, 15, 0, 0, time.UTC)

// world is a filter with everything real but Postfix, and a switch in front of
// each collaborator.
type world struct {
	t      *testing.T
	f      *milter.Filter
	rules  *policy.File
	store  *store.Store
	faults *faults
	out    *relaytest.Outbox
	shelf  *memoryShelf
	maps   *maps
	log    *syncBuffer
	reg    *prometheus.Registry
	mu     sync.Mutex
	now    time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: start, out: &relaytest.Outbox{}, shelf: &memoryShelf{}, log: &syncBuffer{}, reg: prometheus.NewRegistry()}
	w.rules = &policy.File{}
	if err := yaml.Unmarshal([]byte(rulesText), w.rules); err != nil {
		t.Fatal(err)
	}
	keys, err := store.LoadKeyring(bytes.NewReader(store.NewMasterKeyFile()))
	if err != nil {
		t.Fatal(err)
	}
	redis := miniredis.RunT(t)
	w.store, err = store.Open(store.Options{Addresses: []string{redis.Addr()}, VolatileOK: true, Keys: keys, Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.store.Close() })
	w.faults = &faults{broken: map[string]string{}}
	w.maps = &maps{faults: w.faults, to: map[string][]string{}}
	w.shelf.faults = w.faults
	brand := notice.Brand{
		Organisation: "Borough of Example", Service: addr.MustParse("secure@council.example"),
		ServiceDomain: "secure.council.example", PortalURL: "https://secure.council.example",
	}
	w.f = &milter.Filter{
		Policy:       func() *policy.File { return w.rules },
		Store:        &faultyStore{w.store, w.faults},
		Keys:         keys,
		Relay:        &faultyRelay{w.out, w.faults},
		Notices:      notice.New(brand, time.UTC),
		Spool:        t.TempDir(),
		Shelf:        w.shelf,
		Destinations: w.maps,
		Now:          w.clock,
		Log:          slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Metrics:      milter.NewMetrics(w.reg),
	}
	w.f.SetPause(func(time.Duration) bool { return true })
	return w
}

func (w *world) clock() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now }

func (w *world) pass(d time.Duration) { w.mu.Lock(); defer w.mu.Unlock(); w.now = w.now.Add(d) }

// message is a marked mail of Jane's, with To and Cc as given.
func message(subject, to string) string {
	return "From: Jane Doe <jane@council.example>\r\nTo: " + to + "\r\nSubject: " + subject +
		"\r\nMessage-ID: <one@council.example>\r\nDate: Sat, 21 Nov 2026 09:14:00 +0000\r\n\r\nDear all,\r\nthe pelargonium is in the greenhouse.\r\n"
}

// mail makes what Postfix would hand over for a raw message.
func mailFor(raw string, rcpts ...string) *milter.Mail {
	var split miltertest.Mail
	split.SetMessage([]byte(raw))
	m := &milter.Mail{QueueID: "4QUEUE1", Sender: addr.MustParse("jane@council.example"), Body: bytes.NewReader(split.Body), BodySize: int64(len(split.Body))}
	m.Client.Login = "jane@council.example"
	for _, f := range split.Header {
		m.Fields = append(m.Fields, policy.Field{Name: f.Name, Value: strings.ReplaceAll(f.Value, "\n", "\r\n")})
	}
	for _, r := range rcpts {
		m.Recipients = append(m.Recipients, milter.Rcpt{Given: r, Address: addr.MustParse(r)})
	}
	return m
}

func (w *world) decide(m *milter.Mail) milter.Outcome {
	w.t.Helper()
	out := w.f.Decide(context.Background(), m)
	w.f.WaitBackground()
	return out
}

// confirmations gives the freed confirmations.
func (w *world) confirmations() []notice.ConfirmationData {
	w.t.Helper()
	w.pass(time.Second)
	claimed, err := w.store.Claim(context.Background(), 100, time.Hour, w.clock())
	if err != nil {
		w.t.Fatal(err)
	}
	var out []notice.ConfirmationData
	for _, o := range claimed {
		var data notice.ConfirmationData
		if err := unmarshal(o.Data, &data); err != nil || o.Kind != string(notice.Confirmation) {
			w.t.Fatalf("claimed %v: %v", o, err)
		}
		out = append(out, data)
	}
	return out
}

// envelopes counts for each recipient what was relayed.
func (w *world) envelopes() map[string]int {
	count := map[string]int{}
	for _, s := range w.out.Sent() {
		for _, r := range s.Recipients {
			count[r.Address.String()]++
		}
	}
	return count
}

// opened gives the original out of a relayed envelope mail, by the way a
// recipient's page takes: the attachment, its container, the stored key.
func (w *world) opened(sent relaytest.Sent) (original []byte, page envelope.Page) {
	w.t.Helper()
	var container bytes.Buffer
	page, err := envelope.ReadPage(bytes.NewReader(securedoc(w.t, sent.Bytes)), &container, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.open(page.ID, container.Bytes()), page
}

func (w *world) open(id envelope.ID, container []byte) []byte {
	w.t.Helper()
	known, err := w.store.Lookup(context.Background(), id)
	if err != nil || !known.Found {
		w.t.Fatalf("no key for a message that left: %v", err)
	}
	digest, _ := envelope.DigestOf(bytes.NewReader(container))
	found := false
	for _, d := range known.Record.Digests {
		found = found || d == digest
	}
	if !found {
		w.t.Error("the record does not hold the digest of what left")
	}
	var plain bytes.Buffer
	if err := envelope.Open(&plain, bytes.NewReader(container), known.Key, 0); err != nil {
		w.t.Fatal(err)
	}
	return plain.Bytes()
}

// securedoc takes securedoc.html out of a mail; nil when there is none.
func securedoc(t *testing.T, raw []byte) []byte {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return findPart(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Header.Get("Content-Disposition"), m.Body)
}

func findPart(t *testing.T, contentType, encoding, disposition string, body io.Reader) []byte {
	kind, params, _ := mime.ParseMediaType(contentType)
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err != nil {
				return nil
			}
			if found := findPart(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p.Header.Get("Content-Disposition"), p); found != nil {
				return found
			}
		}
	}
	if _, params, _ := mime.ParseMediaType(disposition); params["filename"] != "securedoc.html" {
		return nil
	}
	if !strings.EqualFold(encoding, "quoted-printable") {
		t.Errorf("securedoc.html travels as %q", encoding)
	}
	out, err := io.ReadAll(quotedprintable.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// faults are the switches: "failed" breaks a call before it happens, "lost" lets
// it happen and loses the answer, "back" and "ahead" let the clock jump before it.
type faults struct {
	mu     sync.Mutex
	broken map[string]string
	jump   func(how string)
}

func (f *faults) set(call, how string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken[call] = how
}

func (f *faults) heal() { f.mu.Lock(); defer f.mu.Unlock(); clear(f.broken) }

func (f *faults) call(name string, as error, do func() error) error {
	f.mu.Lock()
	how := f.broken[name]
	f.mu.Unlock()
	switch how {
	case "failed":
		return as
	case "lost":
		if err := do(); err != nil {
			return err
		}
		return as
	case "back", "ahead":
		f.jump(how)
	}
	return do()
}

type faultyStore struct {
	milter.Store
	*faults
}

func (s *faultyStore) Lookup(ctx context.Context, id envelope.ID) (k store.Known, err error) {
	err = s.call("lookup", store.ErrUnavailable, func() error { k, err = s.Store.Lookup(ctx, id); return err })
	if err != nil {
		return store.Known{}, err
	}
	return k, nil
}

func (s *faultyStore) Prepare(ctx context.Context, p store.Preparation) error {
	return s.call("prepare", store.ErrUnavailable, func() error { return s.Store.Prepare(ctx, p) })
}

func (s *faultyStore) Queued(ctx context.Context, id envelope.ID, to []addr.Address, held []string, queueID string, now time.Time) error {
	return s.call("queued", store.ErrUnavailable, func() error { return s.Store.Queued(ctx, id, to, held, queueID, now) })
}

type faultyRelay struct {
	*relaytest.Outbox
	*faults
}

func (r *faultyRelay) Send(ctx context.Context, m relay.Mail) (answer string, err error) {
	as := fmt.Errorf("%w: test", relay.ErrTemporary)
	r.mu.Lock()
	if r.broken["relay"] == "lost" {
		as = fmt.Errorf("%w: test", relay.ErrUnknown)
	}
	r.mu.Unlock()
	err = r.call("relay", as, func() error { answer, err = r.Outbox.Send(ctx, m); return err })
	return answer, err
}

// memoryShelf keeps containers in memory.
type memoryShelf struct {
	*faults
	mu   sync.Mutex
	kept map[envelope.ID][]byte
}

func (s *memoryShelf) Put(_ context.Context, id envelope.ID, _ envelope.Digest, container io.Reader) error {
	return s.call("shelf", shelf.ErrFull, func() error {
		b, err := io.ReadAll(container)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.kept == nil {
			s.kept = map[envelope.ID][]byte{}
		}
		s.kept[id] = b
		return err
	})
}

func (s *memoryShelf) Get(context.Context, envelope.ID, envelope.Digest) (io.ReadSeekCloser, error) {
	return nil, shelf.ErrNotFound
}

func (s *memoryShelf) Delete(context.Context, envelope.ID) error { return nil }

// maps plays Postfix's address maps.
type maps struct {
	*faults
	to     map[string][]string
	copies []string
	before func() // runs before Resolve; nil: nothing
}

var errMaps = errors.New("test: maps away")

func (m *maps) Resolve(_ context.Context, a addr.Address) (out []addr.Address, err error) {
	if m.before != nil {
		m.before()
	}
	err = m.call("resolve", errMaps, func() error {
		for _, s := range m.to[a.String()] {
			out = append(out, addr.MustParse(s))
		}
		return nil
	})
	return out, err
}

func (m *maps) Copies(context.Context, addr.Address, []addr.Address) (out []addr.Address, err error) {
	err = m.call("copies", errMaps, func() error {
		for _, s := range m.copies {
			out = append(out, addr.MustParse(s))
		}
		return nil
	})
	return out, err
}

// syncBuffer is a log that many goroutines write to.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string { b.mu.Lock(); defer b.mu.Unlock(); return b.b.String() }
