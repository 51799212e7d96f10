package envelope_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/envelope"
)

// tab is one page in a browser.
type tab struct {
	t         *testing.T
	ctx       context.Context
	downloads string
}

const browserTimeout = 60 * time.Second

func newTab(t *testing.T, width, height int64, more ...cdp.ExecAllocatorOption) *tab {
	t.Helper()
	chromium := needs(t, "chromium")
	ctx, cancel := context.WithTimeout(t.Context(), browserTimeout)
	t.Cleanup(cancel)
	options := append(cdp.DefaultExecAllocatorOptions[:], cdp.ExecPath(chromium), cdp.NoSandbox, cdp.DisableGPU, cdp.Flag("disable-quic", true),
		cdp.Flag("disable-background-networking", true), cdp.Flag("disable-component-update", true), cdp.Flag("disable-sync", true))
	ctx, stop := cdp.NewExecAllocator(ctx, append(options, more...)...)
	t.Cleanup(stop)
	ctx, done := cdp.NewContext(ctx)
	b := &tab{t: t, ctx: ctx, downloads: t.TempDir()}
	t.Cleanup(func() { _ = cdp.Cancel(ctx); done() })
	b.do(cdp.EmulateViewport(width, height))
	_, err := cdp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: b.downloads})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *tab) do(steps ...cdp.Action[cdp.Void]) {
	b.t.Helper()
	if err := cdp.Do(b.ctx, steps...); err != nil {
		b.shot("failed")
		b.t.Fatal(err)
	}
}

func get[T any](b *tab, a cdp.Action[T]) T {
	b.t.Helper()
	v, err := cdp.Run(b.ctx, a)
	if err != nil {
		b.shot("failed")
		b.t.Fatal(err)
	}
	return v
}

func (b *tab) text(css string) string { b.t.Helper(); return get(b, cdp.TextContent(cdp.CSS(css))) }

// press clicks the button with the given words.
func (b *tab) press(words string) {
	b.t.Helper()
	b.do(cdp.Click(cdp.Search(fmt.Sprintf(`//*[self::button or self::a][normalize-space(.)=%q][not(ancestor::*[@hidden])]`, words)), cdp.NodeVisible))
}

// shot keeps a picture when POSTSEAL_SCREENSHOTS names a folder.
func (b *tab) shot(name string) {
	folder := os.Getenv("POSTSEAL_SCREENSHOTS")
	if folder == "" {
		return
	}
	png, err := cdp.Run(b.ctx, cdp.FullScreenshot(100))
	if err != nil {
		b.t.Log(err)
		return
	}
	name = strings.NewReplacer("/", "-", " ", "-").Replace(b.t.Name()+"-"+name) + ".png"
	if err := os.WriteFile(filepath.Join(folder, name), png, 0o644); err != nil {
		b.t.Log(err)
	}
}

// file waits for a download to be whole.
func (b *tab) file(name string, want []byte) {
	b.t.Helper()
	var got []byte
	for b.ctx.Err() == nil {
		if got, _ = os.ReadFile(filepath.Join(b.downloads, name)); bytes.Equal(got, want) {
			return
		}
		<-time.After(20 * time.Millisecond)
	}
	entries, _ := os.ReadDir(b.downloads)
	b.t.Fatalf("%s was saved with %d bytes, want %d; saved were %v", name, len(got), len(want), entries)
}

// asFile writes securedoc.html to be opened from disk, and gives its URL.
func asFile(t *testing.T, p envelope.Page, container []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "securedoc.html")
	if err := os.WriteFile(name, writePage(t, p, container), 0o600); err != nil {
		t.Fatal(err)
	}
	return "file://" + name
}

// sealedLetter seals the letter and tells the server its digest.
func sealedLetter(t *testing.T, s *standIn) (mail, pdf, container []byte) {
	t.Helper()
	mail, pdf = letter()
	mail = bytes.ReplaceAll(mail, []byte("HOSTILE"), []byte(s.URL))
	container, s.digest = seal(t, mail, options(mail))
	return mail, pdf, container
}

type viewport struct{ w, h int64 }

var widths = []viewport{{360, 740}, {1280, 900}}

// pictured gives the widths of tests that need the wide one for pictures only.
func pictured() []viewport {
	if os.Getenv("POSTSEAL_SCREENSHOTS") == "" {
		return widths[:1]
	}
	return widths
}

// Journey 2: opened from the mail program, her address is there; password, Enter.
// Then saves, replies, signs out. BOP-14, BOP-24, SCC-11.
func TestBrowserPassword(t *testing.T) {
	for _, size := range widths {
		t.Run(fmt.Sprint(size.w), func(t *testing.T) {
			s := newStandIn(t)
			mail, pdf, container := sealedLetter(t, s)
			p := page(envelope.Classic)
			p.Servers = []string{"http://127.0.0.1:9", s.URL} // the first name has died
			b := newTab(t, size.w, size.h)
			b.do(cdp.Navigate(asFile(t, p, container)), cdp.WaitVisible(cdp.CSS("#password")))
			if focus := get(b, cdp.Evaluate[string]("document.activeElement.id")); focus != "password" {
				t.Errorf("the focus is on %q, want the password", focus)
			}
			b.shot("1 sign-in")
			b.press("Open message")
			b.do(cdp.WaitVisible(cdp.CSS("[role=alert]")))
			b.do(cdp.SendKeys(cdp.CSS("#password"), "wrong\r"))
			b.do(cdp.WaitVisible(cdp.Search(`//*[@role="alert"]/p[contains(., "19 more tries")]`)))
			b.shot("2 wrong password")
			b.do(cdp.SendKeys(cdp.CSS("#password"), "right\r"), cdp.WaitVisible(cdp.CSS("h1.subject")))
			checkOpened(b, s)
			b.shot("3 opened")
			b.press("Care plan fdp.pdf")
			b.file("Care plan fdp.pdf", pdf)
			b.press("Save whole message")
			b.file("Care plan for your mother.eml", mail)
			replyWith(b, s)
			b.press("Sign out")
			b.do(cdp.WaitVisible(cdp.Search(`//h1[.="You have signed out"]`)))
			if html := get(b, cdp.OuterHTML(cdp.CSS("main"))); strings.Contains(html, "Care plan") || strings.Contains(html, "blob:") {
				t.Error("the message is still in the page after signing out")
			}
			b.shot("6 signed out")
		})
	}
}

// checkOpened looks at the opened message: what is shown, and that nothing in it
// ran, loaded or left.
func checkOpened(b *tab, s *standIn) {
	t := b.t
	t.Helper()
	b.do(cdp.WaitVisible(cdp.CSS("iframe")))
	if got := b.text("h1.subject"); got != "Care plan for your mother" {
		t.Errorf("subject %q: must be the record's", got)
	}
	facts := b.text("#app dl")
	for _, want := range []string{"Søren Keats <soren.keats@example.gov.uk>", "jane@solicitors.example", "bob@firm.example", "Today, "} {
		if !strings.Contains(facts, want) {
			t.Errorf("facts %q lack %q", facts, want)
		}
	}
	if strings.Contains(facts, "forged@bad.example") {
		t.Error("the sender shown is the mail's own, not the record's")
	}
	if got := b.text(".marking"); !strings.HasPrefix(got, "OFFICIAL-SENSITIVE") {
		t.Errorf("marking %q", got)
	}
	body := get(b, cdp.Evaluate[string](`new Promise(ok => { const f = document.querySelector("iframe"), d = () => f.contentDocument.querySelector("img") ? ok(f.contentDocument.body.textContent + f.contentDocument.querySelector("img").src.slice(0, 22)) : setTimeout(d, 20); d() })`, cdp.EvalAwaitPromise))
	for _, want := range []string{"Dear Jane,", "café", "data:image/png;base64,"} {
		if !strings.Contains(body, want) {
			t.Errorf("body lacks %q: %q", want, body)
		}
	}
	get(b, cdp.Evaluate[bool](`(document.querySelector("iframe").contentDocument.querySelector("#post").click(), true)`))
	if title := get(b, cdp.Title()); title != "Secure message from Borough of Example" {
		t.Errorf("title %q: the mail's script ran", title)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.lookups) > 0 {
		t.Errorf("the mail made the browser ask for %v", s.lookups)
	}
	for _, a := range s.asked {
		if !strings.HasSuffix(a, `cookie=""`) {
			t.Errorf("asked with a cookie: %s", a)
		}
	}
}

func replyWith(b *tab, s *standIn) {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), "signed.pdf")
	big := filepath.Join(b.t.TempDir(), "big.bin")
	if os.WriteFile(file, []byte("%PDF"), 0o600) != nil || os.WriteFile(big, make([]byte, 2_000_000), 0o600) != nil {
		b.t.Fatal("writing files to attach")
	}
	b.press("Reply")
	b.do(cdp.WaitVisible(cdp.CSS("#reply-text")), cdp.SendKeys(cdp.CSS("#reply-text"), "Thank you.\nJane"))
	b.do(cdp.SetUploadFiles(cdp.CSS("#reply-files"), []string{big}), cdp.WaitVisible(cdp.Search(`//*[@role="alert"]/p[contains(., "up to 1 MB")]`)))
	b.shot("4 reply too big")
	b.do(cdp.SetUploadFiles(cdp.CSS("#reply-files"), []string{file}))
	b.press("Send reply")
	b.do(cdp.WaitVisible(cdp.Search(`//h2[.="Your reply has been sent."]`)))
	b.shot("5 replied")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reply["session"] != "s1" || !strings.Contains(s.reply["text"], "Thank you.") || s.reply["file signed.pdf"] != "%PDF" {
		b.t.Errorf("the server got %v", s.reply)
	}
}

func TestBrowserCode(t *testing.T) {
	for _, size := range pictured() {
		t.Run(fmt.Sprint(size.w), func(t *testing.T) {
			s := newStandIn(t)
			_, _, container := sealedLetter(t, s)
			p := page(envelope.Classic)
			p.Servers, p.To = []string{s.URL}, []string{"Jane Doe <jane@solicitors.example>"}
			b := newTab(t, size.w, size.h)
			b.do(cdp.Navigate(asFile(t, p, container)), cdp.WaitVisible(cdp.CSS("#password")))
			if got := get(b, cdp.Value(cdp.CSS("#address"))); got != "jane@solicitors.example" {
				t.Errorf("address %q, want the one the mail was sent to", got)
			}
			b.press("Send me a code")
			b.do(cdp.WaitVisible(cdp.CSS("#code")))
			b.shot("1 code")
			b.do(cdp.SendKeys(cdp.CSS("#code"), " 1234 5678 \r"), cdp.WaitVisible(cdp.CSS("h1.subject")))
		})
	}
}

// A second ciphertext made with a known key is shown as changed, not opened; a
// damaged one as well.
func TestBrowserChanged(t *testing.T) {
	s := newStandIn(t)
	_, _, container := sealedLetter(t, s)
	forged, _ := seal(t, []byte("Subject: x\r\n\r\nPay the money to another account.\r\n"), envelope.SealOptions{Key: key(1), SaltSeed: [32]byte{9}})
	flipped := bytes.Clone(container)
	flipped[len(flipped)/2] ^= 1
	for name, c := range map[string][]byte{"forged": forged, "flipped": flipped} {
		t.Run(name, func(t *testing.T) {
			p := page(envelope.Classic)
			p.Servers = []string{s.URL}
			b := newTab(t, 360, 740)
			b.do(cdp.Navigate(asFile(t, p, c)), cdp.SendKeys(cdp.CSS("#password"), "right\r"),
				cdp.WaitVisible(cdp.Search(`//*[@role="alert"]/p[contains(., "has changed since it was sent")]`)))
			b.shot("changed")
			if get(b, cdp.Evaluate[bool](`document.querySelector("iframe, .plain, h1.subject") !== null`)) {
				t.Error("it was shown all the same")
			}
		})
	}
}

// No server answers: plain words, and the way to the website, which posts the
// message itself.
func TestBrowserUnreachable(t *testing.T) {
	s := newStandIn(t)
	_, _, container := sealedLetter(t, s)
	p := page(envelope.Classic)
	p.Servers = []string{s.URL}
	b := newTab(t, 360, 740)
	b.do(cdp.Navigate(asFile(t, p, container)), cdp.WaitVisible(cdp.CSS("#password")))
	get(b, cdp.Evaluate[bool](`(window.fetch = () => Promise.reject(new TypeError("blocked")), true)`))
	b.do(cdp.SendKeys(cdp.CSS("#password"), "right\r"), cdp.WaitVisible(cdp.CSS("[role=alert] button")))
	b.shot("unreachable")
	b.do(cdp.Click(cdp.CSS("[role=alert] button")), cdp.WaitVisible(cdp.CSS("#staged")))
	s.mu.Lock()
	defer s.mu.Unlock()
	if !bytes.Equal(s.staged, container) {
		t.Errorf("the website got %d bytes, want the container of %d", len(s.staged), len(container))
	}
}

// C2, C5: the passive form has no script and posts; the classic form without
// WebCrypto does the same.
func TestBrowserPlainForm(t *testing.T) {
	for _, form := range forms {
		for _, size := range pictured() {
			t.Run(fmt.Sprintf("%s %d", form, size.w), func(t *testing.T) {
				s := newStandIn(t)
				_, _, container := sealedLetter(t, s)
				p := page(form)
				p.Servers = []string{s.URL}
				b := newTab(t, size.w, size.h)
				url := asFile(t, p, container)
				if form == envelope.Classic {
					url = withoutScript(t, url)
				}
				b.do(cdp.Navigate(url), cdp.WaitVisible(cdp.CSS("#site button")))
				b.shot("1 page")
				b.do(cdp.Click(cdp.CSS("#site button")), cdp.WaitVisible(cdp.CSS("#staged")))
				if got := b.text("#staged"); got != p.ID.String() {
					t.Errorf("id %q", got)
				}
				s.mu.Lock()
				defer s.mu.Unlock()
				if !bytes.Equal(s.staged, container) {
					t.Errorf("posted %s…, want the container", hex.EncodeToString(s.staged[:min(len(s.staged), 20)]))
				}
			})
		}
	}
}

// withoutScript changes one letter of the script, so that the page's own policy
// stops it: what a person sees whose browser or gateway allows no script.
func withoutScript(t *testing.T, url string) string {
	t.Helper()
	name := strings.TrimPrefix(url, "file://")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(b, []byte("</script>"), []byte(";0</script>"), 1)
	if bytes.Equal(b, changed) {
		t.Fatal("the page has no script")
	}
	if err := os.WriteFile(name, changed, 0o600); err != nil {
		t.Fatal(err)
	}
	return url
}

// saved waits for a download to be whole, and gives where it is.
func (b *tab) saved(name string) string {
	b.t.Helper()
	path := filepath.Join(b.downloads, name)
	for b.ctx.Err() == nil {
		if _, err := os.Stat(path); err == nil { // Chromium gives it its name when it is whole
			return path
		}
		<-time.After(20 * time.Millisecond)
	}
	entries, _ := os.ReadDir(b.downloads)
	b.t.Fatalf("%s was not saved; saved were %v", name, entries)
	return ""
}

func readAll(t *testing.T, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
