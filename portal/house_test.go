package portal_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/relay/relaytest"
	"github.com/postseal/postseal/shelf"
	"github.com/postseal/postseal/store"
)

var (
	officer = addr.MustParse("jane.doe@example.gov.uk")
	carer   = addr.MustParse("carer@home.example")
	other   = addr.MustParse("other@work.example")
)

// house is a portal with everything around it, on a clock of its own.
type house struct {
	t     testing.TB
	clock time.Time
	redis *miniredis.Miniredis
	keys  *store.Keyring
	store *store.Store
	shelf *shelf.Dir
	dir   string // of the shelf
	staff *relaytest.Outbox
	log   *bytes.Buffer
	spool string
	web   *httptest.Server
	sent  int
	shape func(*store.Record) // changes the record of what is sealed next; nil: as it is
}

func newHouse(t testing.TB, change ...func(*portal.Config)) *house {
	t.Helper()
	h := &house{t: t, clock: time.Date(2026, 7, 3, 9, 30, 0, 0, time.UTC), redis: miniredis.RunT(t), staff: &relaytest.Outbox{},
		log: &bytes.Buffer{}, spool: filepath.Join(t.TempDir(), "spool")}
	must(t, os.Mkdir(h.spool, 0o700))
	var err error
	h.keys, err = store.LoadKeyring(bytes.NewReader(store.NewMasterKeyFile()))
	must(t, err)
	h.store, err = store.Open(store.Options{Addresses: []string{h.redis.Addr()}, Keys: h.keys, VolatileOK: true, Now: h.now,
		Hash: store.HashCost{MemoryKiB: 64, Passes: 1, Lanes: 1}})
	must(t, err)
	t.Cleanup(func() { _ = h.store.Close() })
	h.dir = filepath.Join(t.TempDir(), "shelf")
	h.shelf, err = shelf.OpenDir(h.dir, shelf.DirOptions{MinFree: -1})
	must(t, err)
	h.web = httptest.NewUnstartedServer(nil)
	c := portal.Config{BaseURL: "http://" + h.web.Listener.Addr().String(), Store: h.store, Shelf: h.shelf, Inbound: h.staff,
		Brand: notice.Brand{Organisation: "Borough of Example", Service: addr.MustParse("secure@example.gov.uk"), ServiceDomain: "secure.example.gov.uk",
			PortalURL: "http://" + h.web.Listener.Addr().String()},
		Inside: func(a addr.Address) bool { return a.DomainKey() == "example.gov.uk" }, Tag: "[SECURE]", Spool: h.spool, Now: h.now,
		Log: slog.New(slog.NewTextHandler(&lockedWriter{w: h.log}, nil)), AttachLimit: 64 << 10, Location: london(t), Insecure: true}
	for _, f := range change {
		f(&c)
	}
	s, err := portal.New(c)
	must(t, err)
	h.web.Config = portal.HTTPServer("", s)
	h.web.Start()
	t.Cleanup(h.web.Close)
	return h
}

func (h *house) now() time.Time { return h.clock }

func london(t testing.TB) *time.Location {
	l, err := time.LoadLocation("Europe/London")
	must(t, err)
	return l
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// letter is one sealed message.
type letter struct {
	id        envelope.ID
	secret    envelope.Secret
	key       envelope.Key
	original  []byte
	container []byte
	link      string // path of the notification's button
	page      string // path of the message
}

// send seals a message to recipients and puts it on the shelf.
func (h *house) send(original string, recipients ...addr.Address) letter {
	h.t.Helper()
	l := h.seal(original, recipients...)
	must(h.t, h.shelf.Put(h.t.Context(), l.id, digest(h.t, l.container), bytes.NewReader(l.container)))
	return l
}

// seal makes a message that is not on the shelf.
func (h *house) seal(original string, recipients ...addr.Address) letter {
	h.t.Helper()
	h.sent++
	original = strings.ReplaceAll(original, "\n", "\r\n")
	l := letter{key: envelope.NewKey(), original: []byte(original)}
	nth := binary.BigEndian.AppendUint32(nil, uint32(h.sent))
	l.id = h.keys.EnvelopeID(nth, "default")
	l.secret = h.keys.Secret(l.id)
	var box bytes.Buffer
	_, err := envelope.Seal(&box, strings.NewReader(original), envelope.SealOptions{Key: l.key, SaltSeed: sha256.Sum256(nth)})
	must(h.t, err)
	l.container = box.Bytes()
	l.link, l.page = "/m/"+l.id.String()+"?t="+l.secret.Encode(), "/m/"+l.id.String()
	rec := store.Record{ID: l.id, Profile: "default", Sender: officer, SenderName: "Jane Doe", EnvelopeFrom: officer, To: []string{carer.String()},
		Subject: "Care plan", OriginalID: "<orig-1@example.gov.uk>", OuterID: "<outer@example.gov.uk>", Reply: "sender", SealedAt: h.clock,
		ExpiresAt: h.clock.Add(90 * 24 * time.Hour), LinkUntil: h.clock.Add(14 * 24 * time.Hour), Size: int64(len(original)),
		Digests: []envelope.Digest{digest(h.t, l.container)}, SecretHash: l.secret.Hash(), Marking: "OFFICIAL-SENSITIVE: Personal data"}
	if h.shape != nil {
		h.shape(&rec)
	}
	must(h.t, h.store.Prepare(h.t.Context(), store.Preparation{Record: rec, Key: l.key, Recipients: recipients, Now: h.clock}))
	must(h.t, h.store.Queued(h.t.Context(), l.id, recipients, nil, "TEST1", h.clock))
	return l
}

// swap puts other bytes where the shelf keeps a message's container.
func (h *house) swap(l letter, b []byte) {
	h.t.Helper()
	d := digest(h.t, l.container)
	swapped := false
	must(h.t, filepath.WalkDir(h.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() != hex.EncodeToString(d[:]) {
			return err
		}
		swapped = true
		return os.WriteFile(path, b, 0o600)
	}))
	if !swapped {
		h.t.Fatal("the container is not on the shelf")
	}
}

func digest(t testing.TB, container []byte) envelope.Digest {
	t.Helper()
	d, err := envelope.DigestOf(bytes.NewReader(container))
	must(t, err)
	return d
}

// mails takes what waits in the outbox.
func (h *house) mails() []store.Outgoing {
	h.t.Helper()
	out, err := h.store.Claim(h.t.Context(), 100, time.Minute, h.clock)
	must(h.t, err)
	for _, o := range out {
		must(h.t, h.store.Sent(h.t.Context(), o, h.clock))
	}
	return out
}

// mail takes the one mail that waits and reads its data.
func (h *house) mail(to addr.Address, kind notice.Kind, data any) {
	h.t.Helper()
	got := h.mails()
	if len(got) != 1 || !got[0].To.Equal(to) || got[0].Kind != string(kind) {
		h.t.Fatalf("got %d mails %v, want one %s to %s", len(got), got, kind, to)
	}
	must(h.t, json.Unmarshal(got[0].Data, data))
}

func (h *house) code(to addr.Address) string {
	h.t.Helper()
	var d notice.CodeData
	h.mail(to, notice.Code, &d)
	return d.Code
}

func (h *house) activation(to addr.Address) notice.ActivationData {
	h.t.Helper()
	var d notice.ActivationData
	h.mail(to, notice.Activation, &d)
	return d
}

func (h *house) reset(to addr.Address) notice.ResetData {
	h.t.Helper()
	var d notice.ResetData
	h.mail(to, notice.Reset, &d)
	return d
}

// person types the fields of an account.
func person(password string) map[string]string {
	return map[string]string{"first": "Carla", "last": "Carer", "password": password, "again": password,
		"question": "friend", "answer": "Tom"}
}

// byCode signs in by a code from wherever the browser is.
func (b *browser) byCode(a addr.Address) *browser {
	b.h.t.Helper()
	b.press("Send me a code", nil)
	return b.press("Continue", map[string]string{"code": b.h.code(a)})
}

// account makes an account by the whole way.
func (h *house) account(a addr.Address, password string) *browser {
	h.t.Helper()
	b := h.browser().open("/").press("Continue", map[string]string{"address": a.String()})
	b.follow("Set up a password").press("Continue", person(password)).reads(200, "/register/sent")
	return b.open(h.activation(a).Link).press("Activate my account", nil).reads(200, "/activated")
}

var formSecret = regexp.MustCompile(`name="form" value="[^"]*"`)

const plainMail = `From: Jane Doe <jane.doe@example.gov.uk>
To: carer@home.example
Subject: Care plan
Message-ID: <orig-1@example.gov.uk>
Date: Fri, 03 Jul 2026 10:30:00 +0100
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Dear Carla,

the plan <b>starts</b> on Monday & costs £5.
`
