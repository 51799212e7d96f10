package e2etest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/cdproto/webauthn"
	cdp "github.com/chromedp/chromedp"
)

// Browser is a running headless Chromium. Each person in front of it has a
// profile of her own: cookies, cache and downloads.
type Browser struct {
	ctx context.Context
}

// StartBrowser starts Chromium and stops it when the test ends. It believes the
// self-signed certificate of a Postseal and asks nobody outside for anything.
func StartBrowser(t testing.TB) *Browser {
	t.Helper()
	ctx, stop := cdp.NewExecAllocator(context.Background(), browserOptions(t)...)
	t.Cleanup(stop)
	ctx, done := cdp.NewContext(ctx)
	t.Cleanup(func() { _ = cdp.Cancel(ctx); done() })
	if err := cdp.Do(ctx); err != nil {
		t.Fatalf("chromium: %v", err)
	}
	return &Browser{ctx: ctx}
}

// browserOptions start a Chromium that believes a Postseal's certificate and asks
// nobody outside for anything.
func browserOptions(t testing.TB) []cdp.ExecAllocatorOption {
	t.Helper()
	path := Need(t, "chromium")
	return append(cdp.DefaultExecAllocatorOptions[:], cdp.ExecPath(path), cdp.NoSandbox, cdp.DisableGPU, cdp.IgnoreCertErrors,
		cdp.Flag("disable-quic", true), cdp.Flag("disable-background-networking", true),
		cdp.Flag("disable-component-update", true), cdp.Flag("disable-sync", true))
}

// TabOptions say what a person's browser is like. The zero value is a telephone.
type TabOptions struct {
	Width, Height int64 // 0: 360 by 740
	NoScript      bool  // JavaScript is switched off
}

// Tab is one tab in the profile of one person. Whatever goes wrong in it fails
// the test, with what the page says; nothing waits longer than Patience.
type Tab struct {
	t         testing.TB
	ctx       context.Context
	o         TabOptions
	downloads string
	actions   int
}

// Actions is what the person has done in this tab since it last opened an address:
// each press, each field filled or chosen, each file chosen, and Enter after typing.
func (p *Tab) Actions() int { return p.actions }

// Device gives the person a telephone that keeps passkeys and sees that it is her.
func (p *Tab) Device() {
	p.t.Helper()
	p.Do(cdp.Func(func(ctx context.Context, _ *cdp.Target) error {
		if _, err := cdp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
			HasUserVerification: true, AutomaticPresenceSimulation: true, IsUserVerified: true}})
		return err
	}))
}

// Person opens a tab in a new profile, closed when the test ends.
func (b *Browser) Person(t testing.TB, o TabOptions) *Tab {
	t.Helper()
	if o.Width == 0 {
		o.Width, o.Height = 360, 740
	}
	ctx, done := cdp.NewContext(b.ctx, cdp.WithNewBrowserContext())
	t.Cleanup(done)
	p := &Tab{t: t, ctx: ctx, o: o, downloads: t.TempDir()}
	p.prepare()
	_, err := cdp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, BrowserContextID: cdp.FromContext(ctx).BrowserContextID, DownloadPath: p.downloads})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// In gives the tab to a subtest, whose failure then is its own.
func (p *Tab) In(t testing.TB) *Tab {
	q := *p
	q.t = t
	return &q
}

// Another opens a further tab in the same profile.
func (p *Tab) Another() *Tab {
	p.t.Helper()
	ctx, done := cdp.NewContext(p.ctx)
	p.t.Cleanup(done)
	other := &Tab{t: p.t, ctx: ctx, o: p.o, downloads: p.downloads}
	other.prepare()
	return other
}

func (p *Tab) prepare() {
	p.t.Helper()
	p.Do(cdp.EmulateViewport(p.o.Width, p.o.Height))
	if !p.o.NoScript {
		return
	}
	if _, err := cdp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		p.t.Fatal(err)
	}
}

// Do runs steps of chromedp.
func (p *Tab) Do(steps ...cdp.Action[cdp.Void]) {
	p.t.Helper()
	// The first steps of a tab make it live as long as their context, so a limit
	// is only set on a tab that is there.
	ctx, cancel := p.limited()
	defer cancel()
	if err := cdp.Do(ctx, steps...); err != nil {
		p.fail("%v", err)
	}
}

func (p *Tab) limited() (context.Context, context.CancelFunc) {
	if cdp.FromContext(p.ctx).Target == nil {
		return p.ctx, func() {}
	}
	return context.WithTimeout(p.ctx, Patience)
}

// Get runs one action and gives what it found.
func Get[T any](p *Tab, a cdp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := p.limited()
	defer cancel()
	v, err := cdp.Run(ctx, a)
	if err != nil {
		p.fail("%v", err)
	}
	return v
}

// fail ends the test and tells where the tab was.
func (p *Tab) fail(format string, args ...any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Patience/4)
	defer cancel()
	at, _ := cdp.Run(ctx, cdp.Location())
	said, _ := cdp.Run(ctx, cdp.Text(cdp.CSS("body"), cdp.NodeReady))
	p.Shot("failed")
	p.t.Fatalf("%s\nthe browser is at %s and shows:\n%s", fmt.Sprintf(format, args...), at, said)
}

// quoted writes a string of XPath 1.0, which knows no escapes.
func quoted(words string) string {
	if strings.Contains(words, `"`) {
		return "'" + words + "'"
	}
	return `"` + words + `"`
}

// Open goes to an address.
func (p *Tab) Open(url string) { p.t.Helper(); p.actions = 0; p.Do(cdp.Navigate(url)) }

// Heading waits for a page or a view by its heading.
func (p *Tab) Heading(words string) {
	p.t.Helper()
	p.Do(cdp.WaitVisible(cdp.Search(fmt.Sprintf(`//*[self::h1 or self::h2][normalize-space(.)=%s]`, quoted(words)))))
}

// Says waits until the page shows words, in one piece but for white space.
func (p *Tab) Says(words string) {
	p.t.Helper()
	script := fmt.Sprintf(`document.querySelector("main").innerText.replace(/\s+/g, " ").includes(%s)`, inScript(words))
	for deadline := time.Now().Add(Patience); ; {
		ctx, cancel := p.limited()
		said, err := cdp.Run(ctx, cdp.Evaluate[bool](script))
		cancel()
		if err == nil && said { // an error: the page is just changing
			return
		}
		if time.Now().After(deadline) {
			p.fail("the page does not say %q (%v)", words, err)
		}
		<-time.After(pollEvery)
	}
}

// inScript writes a string of JavaScript.
func inScript(words string) string {
	b, _ := json.Marshal(words) // a string always can be
	return string(b)
}

// Press clicks the button or link with these words.
func (p *Tab) Press(words string) {
	p.t.Helper()
	p.actions++
	p.Do(cdp.Click(cdp.Search(fmt.Sprintf(`//*[self::button or self::a][normalize-space(.)=%s][not(ancestor::*[@hidden])]`, quoted(words))), cdp.NodeVisible))
}

// Submit is Press for a button that brings another page, and waits for that page
// even if it looks like the one before.
func (p *Tab) Submit(words string) {
	p.t.Helper()
	const born = `performance.timeOrigin`
	before := Get(p, cdp.Evaluate[float64](born))
	p.Press(words)
	Eventually(p.t, "a page after "+words, func() bool {
		now, err := Try(p, cdp.Evaluate[float64](`document.readyState === "complete" ? `+born+` : 0`))
		return err == nil && now != 0 && now != before
	})
}

// Type puts the focus into a field and types; "\r" is Enter.
func (p *Tab) Type(css, text string) {
	p.t.Helper()
	p.actions += 1 + strings.Count(text, "\r")
	p.Do(cdp.SendKeys(cdp.CSS(css), text))
}

// Retype replaces what stands in a field.
func (p *Tab) Retype(css, text string) {
	p.t.Helper()
	p.Do(cdp.WaitVisible(cdp.CSS(css)))
	Get(p, cdp.Evaluate[bool](fmt.Sprintf("(document.querySelector(%s).select(), true)", inScript(css))))
	p.Type(css, text)
}

// Paste puts text into a field at once, as input methods do for signs that have
// no key.
func (p *Tab) Paste(css, text string) {
	p.t.Helper()
	p.actions++
	p.Do(cdp.Focus(cdp.CSS(css)), cdp.Func(func(ctx context.Context, t *cdp.Target) error {
		_, err := cdp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
}

// Choose picks an option of a select by what it says.
func (p *Tab) Choose(css, option string) {
	p.t.Helper()
	p.actions++
	p.Do(cdp.SendKeys(cdp.CSS(css), option))
}

// Attach chooses files to send.
func (p *Tab) Attach(css string, files ...string) {
	p.t.Helper()
	p.actions++
	p.Do(cdp.SetUploadFiles(cdp.CSS(css), files))
}

// Text gives the text of the first element.
func (p *Tab) Text(css string) string { p.t.Helper(); return Get(p, cdp.TextContent(cdp.CSS(css))) }

// Value gives what stands in a field.
func (p *Tab) Value(css string) string { p.t.Helper(); return Get(p, cdp.Value(cdp.CSS(css))) }

// HTML gives the whole document.
func (p *Tab) HTML() string {
	p.t.Helper()
	return Get(p, cdp.Evaluate[string]("document.documentElement.outerHTML")) // one step, so that a page that comes meanwhile is no failure
}

// URL gives where the tab is.
func (p *Tab) URL() string { p.t.Helper(); return Get(p, cdp.Location()) }

// Wide tells whether the page is wider than the window.
func (p *Tab) Wide() bool {
	p.t.Helper()
	return Get(p, cdp.Evaluate[bool](`document.documentElement.scrollWidth > document.documentElement.clientWidth`))
}

// Saved waits for a download to be whole and gives its bytes.
func (p *Tab) Saved(name string) []byte {
	p.t.Helper()
	path := filepath.Join(p.downloads, name)
	var b []byte
	Eventually(p.t, "the file "+name+" to be saved", func() bool {
		if partial, _ := filepath.Glob(filepath.Join(p.downloads, "*.crdownload")); len(partial) > 0 {
			return false
		}
		var err error
		b, err = os.ReadFile(path)
		return err == nil
	})
	return b
}

// Offers gives the names of the files that the page offers to save.
func (p *Tab) Offers() []string {
	p.t.Helper()
	return Get(p, cdp.Evaluate[[]string](`[...document.querySelectorAll("main a[download]")].map(a => a.textContent.trim())`))
}

// Cookies gives the cookies of the profile by name.
func (p *Tab) Cookies() map[string]string {
	p.t.Helper()
	r, err := cdp.CallBrowser(p.ctx, storage.GetCookies, storage.GetCookiesParams{BrowserContextID: cdp.FromContext(p.ctx).BrowserContextID})
	if err != nil {
		p.t.Fatal(err)
	}
	out := map[string]string{}
	for _, c := range r.Cookies {
		out[c.Name] = c.Value
	}
	return out
}

// ShotsTo is the environment variable that names a directory for pictures.
const ShotsTo = "POSTSEAL_SCREENSHOTS"

// Shot keeps a picture of the whole page when ShotsTo names a directory.
func (p *Tab) Shot(name string) {
	dir := os.Getenv(ShotsTo)
	if dir == "" {
		return
	}
	png, err := cdp.Run(p.ctx, cdp.FullScreenshot(100))
	if err == nil {
		name = strings.NewReplacer("/", "-", " ", "-").Replace(p.t.Name()+"-"+name) + ".png"
		err = os.WriteFile(filepath.Join(dir, name), png, 0o644)
	}
	if err != nil {
		p.t.Log(err)
	}
}
