package portal_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	cdppage "github.com/chromedp/cdproto/page"
	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/internal/hostile"
	"github.com/postseal/postseal/notice"
)

// SCC-11, BOP-21: every payload of testdata/html as a mail inside one message, each on
// a page of its own (which is what the frame shows) and printed: no script runs,
// and nothing is fetched, counted by a server to which every name leads. The frame
// itself is looked at once more with all of them around it.
func TestHostileMailInChromium(t *testing.T) {
	t.Parallel()
	payloads := hostile.Payloads(t)
	var m strings.Builder
	m.WriteString("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=outer\n\n")
	for _, p := range payloads {
		fmt.Fprintf(&m, "--outer\nContent-Type: message/rfc822\n\nContent-Type: text/html; charset=utf-8\n\n%s\n", p)
	}
	m.WriteString("--outer--\n")
	tr, h := hostile.NewTrap(t), newHouse(t)
	l := h.send(m.String(), carer)
	b := newTab(t, 1280, 900, cdp.Flag("host-resolver-rules", tr.Rules()))
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
	if calls := tr.Heard(); len(calls) != 0 || ran.Load() != 0 {
		t.Errorf("the mail made %d calls and %d scripts run: %q", len(calls), ran.Load(), calls)
	}
	control := filepath.Join(t.TempDir(), "control.html")
	must(t, os.WriteFile(control, []byte(`<img src="http://tracker.example/pixel.png">`), 0o600))
	b.do(cdp.Navigate("file://" + control))
	if len(tr.Heard()) == 0 {
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
