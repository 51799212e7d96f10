package portal_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	cdppage "github.com/chromedp/cdproto/page"
	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/notice"
)

// trap is a server that nobody may call: every name of the internet leads to it.
type trap struct {
	addr  string
	mu    sync.Mutex
	calls []string // the first bytes of each
}

func newTrap(t *testing.T) *trap {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	tr := &trap{addr: l.Addr().String()}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go tr.note(c)
		}
	}()
	return tr
}

// note keeps the first bytes of a call, TLS or not, so that it is known who was asked for.
func (tr *trap) note(c net.Conn) {
	defer func() { _ = c.Close() }()
	first := make([]byte, 5, 1<<16+5)
	n, _ := io.ReadFull(c, first) // a connection without a word counts too
	want := 512
	if n == 5 && first[0] == 0x16 { // the name stands somewhere in the first record
		want = 5 + int(first[3])<<8 + int(first[4])
	}
	first = first[:want]
	_ = c.SetReadDeadline(time.Now().Add(time.Second))
	for more := 1; n < want && more > 0; n += more {
		more, _ = c.Read(first[n:])
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.calls = append(tr.calls, strings.ToValidUTF8(string(first[:n]), "."))
}

// chromiumsOwn are what the browser asks its maker whatever page is open; no
// payload names them.
var chromiumsOwn = regexp.MustCompile(`(google|googleapis|gvt1|gstatic)\.com`)

// heard gives the calls that the browser did not make for itself.
func (tr *trap) heard() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	var out []string
	for _, c := range tr.calls {
		if !chromiumsOwn.MatchString(c) {
			out = append(out, c)
		}
	}
	return out
}

// hostilePayloads are those of testdata/html.
func hostilePayloads(t *testing.T) []string {
	t.Helper()
	var all []struct{ Payload string }
	b, err := os.ReadFile("../testdata/html/dompurify.json")
	must(t, err)
	must(t, json.Unmarshal(b, &all))
	lines, err := os.ReadFile("../testdata/html/leaks.txt")
	must(t, err)
	var out []string
	for _, p := range all {
		out = append(out, p.Payload)
	}
	out = append(out, strings.Split(strings.TrimSpace(strings.ReplaceAll(string(lines), "TRACKER", "http://tracker.example")), "\n")...)
	if len(out) < 70 {
		t.Fatalf("only %d payloads", len(out))
	}
	return out
}

// SCC-11, BOP-21: every payload of testdata/html as a mail inside one message, each on
// a page of its own (which is what the frame shows) and printed: no script runs,
// and nothing is fetched, counted by a server to which every name leads. The frame
// itself is looked at once more with all of them around it.
func TestHostileMailInChromium(t *testing.T) {
	t.Parallel()
	payloads := hostilePayloads(t)
	var m strings.Builder
	m.WriteString("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=outer\n\n")
	for _, p := range payloads {
		fmt.Fprintf(&m, "--outer\nContent-Type: message/rfc822\n\nContent-Type: text/html; charset=utf-8\n\n%s\n", p)
	}
	m.WriteString("--outer--\n")
	tr, h := newTrap(t), newHouse(t)
	l := h.send(m.String(), carer)
	b := newTab(t, 1280, 900, cdp.Flag("host-resolver-rules", "MAP * "+tr.addr+", EXCLUDE 127.0.0.1"))
	var ran atomic.Int64
	must(t, cdp.Listen(b.ctx, func(ev any) {
		if _, ok := ev.(*cdppage.EventJavascriptDialogOpening); ok {
			ran.Add(1)
		}
	}))
	b.do(cdp.Navigate(h.web.URL + l.link))
	b.press("Send me a code")
	b.heading("Type the code", "")
	var code notice.CodeData
	h.mail(carer, notice.Code, &code)
	b.typed("#code", code.Code+"\r")
	b.heading("Care plan", "")
	for i := range payloads {
		for _, path := range []string{"/body", "/print"} {
			b.do(cdp.Navigate(fmt.Sprintf("%s%s%s?in=%d", h.web.URL, l.page, path, i+1)))
			title, err := cdp.Run(b.ctx, cdp.Title())
			if err != nil || title != "Message" {
				t.Errorf("payload %d: title %q %v", i, title, err)
			}
		}
	}
	b.do(cdp.Navigate(fmt.Sprintf("%s%s?in=%d", h.web.URL, l.page, len(payloads))))
	b.do(cdp.WaitVisible(cdp.CSS("iframe")))
	if calls := tr.heard(); len(calls) != 0 || ran.Load() != 0 {
		t.Errorf("the mail made %d calls and %d scripts run: %q", len(calls), ran.Load(), calls)
	}
	control := filepath.Join(t.TempDir(), "control.html")
	must(t, os.WriteFile(control, []byte(`<img src="http://tracker.example/pixel.png">`), 0o600))
	b.do(cdp.Navigate("file://" + control))
	if len(tr.heard()) == 0 {
		t.Error("the trap does not catch an ordinary page's picture")
	}
}

// SCC-11, BOP-12: the viewer's states fit narrow and wide screens, and an
// invitation is answered in a browser.
func TestViewerInChromium(t *testing.T) {
	t.Parallel()
	widths := []int64{360, 1280}
	if os.Getenv("POSTSEAL_SCREENSHOTS") == "" {
		widths = widths[:1]
	}
	for _, w := range widths {
		t.Run(fmt.Sprint(w), func(t *testing.T) {
			h := newHouse(t)
			l := h.send(viewerMail("jane.doe@example.gov.uk"), carer)
			b := newTab(t, w, 800)
			b.do(cdp.Navigate(h.web.URL + l.link))
			b.press("Send me a code")
			b.heading("Type the code", "")
			var code notice.CodeData
			h.mail(carer, notice.Code, &code)
			b.typed("#code", code.Code+"\r")
			b.heading("Care plan", "")
			b.do(cdp.WaitVisible(cdp.CSS("iframe")))
			loaded, err := cdp.Run(b.ctx, cdp.Evaluate[bool](`new Promise((ok) => document.readyState === "complete" ? ok(true) : addEventListener("load", () => ok(true)))`, cdp.EvalAwaitPromise))
			if err != nil || !loaded {
				t.Errorf("the page with its frame does not load: %v", err)
			}
			b.shot("viewer")
			b.do(cdp.Navigate(h.web.URL + l.page + "/print"))
			b.shot("viewer-print")
			b.do(cdp.Navigate(h.web.URL + l.page + "?in=8"))
			b.heading("The letter before", "viewer-inside")
			b.do(cdp.Navigate(h.web.URL + l.page))
			b.press("Accept")
			b.heading("You have accepted", "viewer-answered")
			b.do(cdp.Navigate(h.web.URL + "/signedout?from=" + l.id.String()))
			b.heading("The message was put away", "viewer-put-away")
			if n := len(h.staff.Sent()); n != 1 {
				t.Errorf("%d answers were sent", n)
			}
		})
	}
}
