package portal_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/store"
)

// keptFirst and keptSecond are the servers that the kept pages name, in turn.
const (
	keptFirst  = "secure.example.gov.uk"
	keptSecond = "old.example.gov.uk:8443"
)

// keptHouse is a house that has the record of a page of testdata/envelope, and the
// page as a file. Both names of the page can be reached at address, the second one
// under /mail, with a certificate that nobody knows.
func keptHouse(t *testing.T, name string) (h *house, file, address string) {
	raw, err := os.ReadFile("../testdata/envelope/" + name)
	must(t, err)
	head, page, _ := bytes.Cut(raw, []byte("\n\n"))
	value := func(field string) []byte {
		for line := range strings.Lines(string(head)) {
			if v, ok := strings.CutPrefix(strings.TrimSpace(line), field+": "); ok {
				b, err := hex.DecodeString(v)
				must(t, err)
				return b
			}
		}
		t.Fatalf("%s has no %s", name, field)
		return nil
	}
	key, err := envelope.KeyFromBytes(value("key"))
	must(t, err)
	var box bytes.Buffer
	stated, err := envelope.ReadPage(bytes.NewReader(page), &box, 0)
	must(t, err)

	h = newHouse(t, func(c *portal.Config) { c.BaseURL, c.Insecure = "https://"+keptFirst, false })
	reader := addr.MustParse("bob@firm.example")
	rec := store.Record{ID: stated.ID, Profile: "default", Sender: officer, SenderName: "Jane Doe", EnvelopeFrom: officer, To: stated.To, Subject: "A test from long ago",
		Reply: "sender", SealedAt: h.clock, ExpiresAt: h.clock.AddDate(0, 1, 0), Digests: []envelope.Digest{envelope.Digest(value("digest"))}, SecretHash: stated.Secret.Hash()}
	must(t, h.store.Prepare(t.Context(), store.Preparation{Record: rec, Key: key, Recipients: []addr.Address{reader}, Now: h.clock}))
	must(t, h.store.Queued(t.Context(), rec.ID, []addr.Address{reader}, nil, "Q", h.clock))

	inner := h.web.Config.Handler
	outer := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == keptSecond {
			http.StripPrefix("/mail", inner).ServeHTTP(w, r)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(outer.Close)
	file = filepath.Join(t.TempDir(), "securedoc.html")
	must(t, os.WriteFile(file, page, 0o600))
	return h, "file://" + file, outer.Listener.Addr().String()
}

// dead is an address where nobody listens.
func dead(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func named(first, second string) []cdp.ExecAllocatorOption {
	return []cdp.ExecAllocatorOption{cdp.IgnoreCertErrors, cdp.Flag("host-resolver-rules", "MAP "+keptFirst+" "+first+",MAP "+keptSecond+" "+second)}
}

// C18, M13: a file sent long ago opens today, by its own script, also when the
// first of its names leads nowhere any more. BOP-14
func TestBrowserKeptClassicPageOpens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file      string
		firstDead bool
	}{{"v1-text.txt", false}, {"v1-text.txt", true}, {"v1-2026-11-classic.txt", true}} {
		h, file, address := keptHouse(t, c.file)
		first := address
		if c.firstDead {
			first = dead(t)
		}
		b := newTab(t, 360, 800, named(first, address)...)
		b.do(cdp.Navigate(file), cdp.WaitVisible(cdp.CSS("#choose")), cdp.SendKeys(cdp.CSS("#choose"), "bob@firm.example"))
		b.press("Send me a code")
		b.do(cdp.WaitVisible(cdp.CSS("#code")))
		b.typed("#code", h.code(addr.MustParse("bob@firm.example"))+"\r")
		b.heading("A test from long ago", "")
	}
}

// The passive form has no script, and the classic one behaves like it where
// scripts are off: Open posts the message to the website. BOP-14, C2, C5
func TestBrowserKeptPageOpensWithoutScript(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"v1-passive.txt", "v1-text.txt", "v1-2026-11-passive.txt", "v1-2026-11-classic.txt"} {
		h, file, address := keptHouse(t, name)
		b := newTab(t, 360, 800, named(address, dead(t))...)
		b.do(cdp.Func(func(ctx context.Context, _ *cdp.Target) error {
			_, err := cdp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
			return err
		}), cdp.Navigate(file))
		b.press("Open message")
		b.readByCode(h)
	}
}

// readByCode goes the way from the address to the message of a kept page.
func (b *tab) readByCode(h *house) {
	b.t.Helper()
	b.heading("Sign in to read your message", "")
	b.press("Send me a code")
	b.heading("Type the code", "")
	b.typed("#code", h.code(addr.MustParse("bob@firm.example"))+"\r")
	b.heading("A test from long ago", "")
}

// Without script the next name is one button further; the file itself never leaves
// for a name that it does not state.
func TestBrowserPassivePageTriesTheNextName(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := h.send(plainMail, carer)
	var page bytes.Buffer
	must(t, envelope.WritePage(&page, envelope.Page{ID: l.id, Secret: l.secret, Servers: []string{"http://" + dead(t), h.web.URL}, Organisation: "Borough of Example",
		From: "Jane Doe <jane.doe@example.gov.uk>", To: []string{carer.String()}, Form: envelope.Passive}, bytes.NewReader(l.container)))
	file := filepath.Join(t.TempDir(), "securedoc.html")
	must(t, os.WriteFile(file, page.Bytes(), 0o600))
	for _, width := range widths() {
		b := newTab(t, width, 800)
		b.do(cdp.Navigate("file://" + file))
		b.heading("You have a secure message", "file-passive-names")
		b.press("Open at " + strings.TrimPrefix(h.web.URL, "http://"))
		b.heading("Sign in to read your message", "")
	}
}
