package portal_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/portal"
)

// tab is a page in Chromium.
type tab struct {
	t    *testing.T
	ctx  context.Context
	name string
}

// tabTime ends a test whose browser stands still; on a machine that does much else
// at once a walk takes minutes.
const tabTime = 5 * time.Minute

// newTab needs chromium; POSTSEAL_NO_SERVICES=1 leaves the test out.
func newTab(t *testing.T, width, height int64, more ...cdp.ExecAllocatorOption) *tab {
	t.Helper()
	chromium := chromiumPath(t)
	ctx, cancel := context.WithTimeout(t.Context(), tabTime)
	t.Cleanup(cancel)
	options := append(cdp.DefaultExecAllocatorOptions[:], cdp.ExecPath(chromium), cdp.NoSandbox, cdp.DisableGPU, cdp.Flag("disable-quic", true),
		cdp.Flag("disable-background-networking", true), cdp.Flag("disable-component-update", true), cdp.Flag("disable-sync", true))
	ctx, stop := cdp.NewExecAllocator(ctx, append(options, more...)...)
	t.Cleanup(stop)
	ctx, done := cdp.NewContext(ctx)
	t.Cleanup(func() { _ = cdp.Cancel(ctx); done() })
	b := &tab{t: t, ctx: ctx, name: fmt.Sprint(width)}
	b.do(cdp.EmulateViewport(width, height))
	return b
}

func chromiumPath(t *testing.T) string {
	t.Helper()
	if os.Getenv("POSTSEAL_NO_SERVICES") == "1" {
		t.Skip("POSTSEAL_NO_SERVICES=1: runs without chromium")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("chromium is needed (POSTSEAL_NO_SERVICES=1 leaves this test out): %v", err)
	}
	return chromium
}

func (b *tab) do(steps ...cdp.Action[cdp.Void]) {
	b.t.Helper()
	if err := cdp.Do(b.ctx, steps...); err != nil {
		b.shot("failed")
		b.t.Fatal(err)
	}
}

// heading waits for a page by its first heading, and asks that nothing sticks out
// to the side (WCAG 2.2, 1.4.10) and that no script ran.
func (b *tab) heading(words, picture string) {
	b.t.Helper()
	b.do(cdp.WaitVisible(cdp.Search(fmt.Sprintf(`//h1[normalize-space(.)=%q]`, words))))
	wide, err := cdp.Run(b.ctx, cdp.Evaluate[bool](`document.documentElement.scrollWidth > document.documentElement.clientWidth`))
	if err != nil || wide {
		b.t.Errorf("%s at %s: sticks out to the side: %v %v", words, b.name, wide, err)
	}
	b.shot(picture)
}

func (b *tab) press(words string) {
	b.t.Helper()
	b.do(cdp.Click(cdp.Search(fmt.Sprintf(`//*[self::button or self::a][normalize-space(.)=%q]`, words)), cdp.NodeVisible))
}

func (b *tab) typed(css, text string) {
	b.t.Helper()
	b.do(cdp.SendKeys(cdp.CSS(css), text))
}

// shot keeps a picture when POSTSEAL_SCREENSHOTS names a folder.
func (b *tab) shot(name string) {
	folder := os.Getenv("POSTSEAL_SCREENSHOTS")
	if folder == "" || name == "" {
		return
	}
	png, err := cdp.Run(b.ctx, cdp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "portal-"+name+"-"+b.name+".png"), png, 0o644)
	}
	if err != nil {
		b.t.Log(err)
	}
}

const hostileMail = `From: jane.doe@example.gov.uk
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html; charset=utf-8

<h2 style="color:#003078">Care plan for July</h2><p>Dear Carla,</p><p>please find the plan attached. The visits <b>start on Monday</b>, and the number to call is on page two.</p>
<table border=1 cellpadding=6><tr><th>Day<th>Time<tr><td>Monday<td>09:30<tr><td>Thursday<td>14:00</table>
<p>Kind regards<br>Jane</p><img src="TRACKER/pixel.png"><link rel=stylesheet href="TRACKER/x.css"><style>@import url(TRACKER/y.css);body{background:url(TRACKER/z.png)}</style>
<script>document.title='ran';fetch('TRACKER/script')</script><img src=x onerror="location='TRACKER/onerror'"><iframe src="TRACKER/frame"></iframe><form action="TRACKER/form"><button>Win</button></form>
<meta http-equiv=refresh content="0;url=TRACKER/refresh">
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename="Care plan July 2026.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjQK
--b
Content-Type: image/jpeg
Content-Disposition: attachment; filename="house with a very long file name that somebody gave it without thinking of narrow telephones.jpg"

jpeg
--b--
`

// TestBrowser walks the pages in Chromium under their own policies: nothing of a
// hostile message runs or is fetched, forms work, nothing is wider than the screen.
func TestBrowser(t *testing.T) {
	t.Parallel()
	widths := []int64{320, 360, 1280}
	if os.Getenv("POSTSEAL_SCREENSHOTS") == "" {
		widths = widths[:1]
	}
	for _, w := range widths {
		t.Run(fmt.Sprint(w), func(t *testing.T) { browse(t, w) })
	}
}

func browse(t *testing.T, width int64) {
	var hits atomic.Int64
	tracker := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer tracker.Close()
	h := newHouse(t, func(c *portal.Config) { c.Brand.Colour, c.Brand.Address = "#00437b", "Civic Centre\nExample EX1 1AA" })
	l := h.send(strings.ReplaceAll(hostileMail, "TRACKER", tracker.URL), carer)
	two := h.send(plainMail, carer, other)
	b := newTab(t, width, 800)

	b.do(cdp.Navigate(h.web.URL + l.link))
	b.heading("Sign in to read your message", "signin")
	b.typed("#password", "not the right one\r")
	b.do(cdp.WaitVisible(cdp.CSS(".summary")))
	b.heading("Sign in to read your message", "signin-wrong")
	b.press("Send me a code")
	b.heading("Type the code", "code")
	var mail notice.CodeData
	h.mail(carer, notice.Code, &mail)
	b.typed("#code", mail.Code[:4]+" "+mail.Code[4:]+"\r")
	b.heading("Care plan", "message")
	b.do(cdp.Navigate(h.web.URL + l.page + "/body"))
	if text, err := cdp.Run(b.ctx, cdp.TextContent(cdp.CSS("h2"))); err != nil || text != "Care plan for July" {
		t.Errorf("body: got %q %v", text, err)
	}
	b.shot("body")
	b.do(cdp.Navigate(h.web.URL + l.page))
	b.press("Reply")
	b.heading("Reply", "reply")
	big := filepath.Join(t.TempDir(), "big.bin")
	must(t, os.WriteFile(big, make([]byte, 64<<10+1), 0o600))
	b.typed("#text", "Thank you, Jane.")
	b.do(cdp.SetUploadFiles(cdp.CSS("#file"), []string{big}))
	b.press("Send")
	b.do(cdp.WaitVisible(cdp.CSS(".summary")))
	b.heading("Reply", "reply-toobig")
	b.press("Send")
	b.heading("Message sent", "replied")
	if got := len(h.staff.Sent()); got != 1 {
		t.Errorf("got %d replies", got)
	}
	b.press("Back to the message")
	b.press("Set a password")
	b.heading("Set up a password", "register")
	b.press("Continue")
	b.do(cdp.WaitVisible(cdp.CSS(".summary")))
	b.heading("Set up a password", "register-wrong")
	b.press("Sign out")
	b.heading("You are signed out", "signedout")

	h.browsePages(b, l, two)
	if got := hits.Load(); got != 0 {
		t.Errorf("the message fetched %d things", got)
	}
}

// browsePages looks at the pages beside the main way.
func (h *house) browsePages(b *tab, l, two letter) {
	b.do(cdp.Navigate(h.web.URL))
	b.heading("Read a secure message", "start")
	b.typed("#address", "carer@home.example\r")
	b.press("Set up a password")
	for css, text := range map[string]string{"#first": "Carla", "#last": "Carer", "#password": "correct horse battery", "#again": "correct horse battery", "#question": "Your first", "#answer": "Tom"} {
		b.typed(css, text)
	}
	b.press("Continue")
	b.heading("Check your email", "register-sent")
	var mail notice.ActivationData
	h.mail(carer, notice.Activation, &mail)
	b.do(cdp.Navigate(mail.Link))
	b.heading("Activate your account", "activate")
	b.press("Activate my account")
	b.heading("Your password works now", "activated")
	b.do(cdp.Navigate(h.web.URL))
	b.heading("You are signed in", "home")
	b.do(cdp.Navigate(h.web.URL + two.link))
	b.heading("Care plan", "message-text")
	for _, page := range []struct{ path, heading, name string }{
		{"/help", "Help", "help"}, {"/privacy", "Privacy", "privacy"}, {"/m/" + strings.Repeat("a", 26), "This message is not here yet", "notfound"},
		{"/forgot", "Set a new password", "forgot"},
	} {
		b.do(cdp.Navigate(h.web.URL + page.path))
		b.heading(page.heading, page.name)
	}
	_, err := h.store.Recall(h.t.Context(), two.id, "sender:x", nil, "wrong Smith, I am sorry", h.clock)
	must(h.t, err)
	b.do(cdp.Navigate(h.web.URL + two.page))
	b.heading("This message was taken back", "recalled")
	third := h.send(plainMail, other)
	b.do(cdp.Navigate(h.web.URL + third.link))
	b.heading("This message was sent to another address", "notrecipient")
	missing := h.seal(plainMail, carer)
	b.do(cdp.Navigate(h.web.URL + missing.link))
	b.heading("Please open the attached file", "gone")
	b.press("Sign out")
	b.do(cdp.WaitVisible(cdp.Search(`//h1[.="You are signed out"]`)))
	b.do(cdp.Navigate(h.web.URL + "/sent/" + l.id.String()))
	b.typed("#address", officer.String()+"\r")
	b.press("Send me a code")
	b.do(cdp.WaitVisible(cdp.CSS("#code")))
	b.typed("#code", h.code(officer)+"\r")
	b.heading("A message you sent", "status")
}
