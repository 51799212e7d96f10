package portal_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// robotMails is how many mails the robot gets; POSTSEAL_ROBOT_MAILS sets another
// number (make scanners: 1,000).
const robotMails = 16

func howManyMails(t *testing.T) int {
	text := os.Getenv("POSTSEAL_ROBOT_MAILS")
	if text == "" {
		return robotMails
	}
	n, err := strconv.Atoi(text)
	must(t, err)
	return n
}

// scanned is one mail that the robot gets, and what must still be so afterwards.
type scanned struct {
	html  string
	check func()
}

// C13: a robot that follows every link and presses every button in notification,
// activation and reset mails, in a browser with scripts, activates no account, uses
// up no code and no link, and leaves no mark that a message was opened.
func TestBrowserRobotPressesEverything(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mails := notice.New(notice.Brand{Organisation: "Borough of Example", Service: addr.MustParse("secure@example.gov.uk"), ServiceDomain: "secure.example.gov.uk", PortalURL: h.web.URL}, london(t))
	render := func(k notice.Kind, to addr.Address, data any) string {
		m, err := mails.Render(k, to, data, h.clock)
		must(t, err)
		return m.HTML
	}
	var all []scanned
	n := howManyMails(t)
	for i := range n {
		who := addr.MustParse(fmt.Sprintf("person%d@home.example", i))
		make := []func(addr.Address, func(notice.Kind, addr.Address, any) string) scanned{h.scannedMessage, h.scannedActivation, h.scannedReset}[i%3]
		all = append(all, make(who, render))
	}
	h.mails()

	b := newRobot(t)
	name := filepath.Join(t.TempDir(), "mail.html")
	pressed := 0
	for i, m := range all {
		must(t, os.WriteFile(name, []byte(m.html), 0o600))
		links := b.links("file://"+name, h.web.URL)
		if len(links) == 0 {
			t.Fatalf("mail %d has no link to us:\n%s", i, m.html)
		}
		for _, link := range links {
			pressed += b.pressAll(link, h.web.URL, i < 3)
		}
		h.mails() // codes that it had sent, to people who did not ask
	}
	if pressed < 2*n {
		t.Errorf("the robot pressed %d things in %d mails: that shows little", pressed, n)
	}
	t.Logf("%d mails, %d things pressed", n, pressed)
	for _, m := range all {
		m.check()
	}
}

// scannedMessage is a notification; its person has a code that she has not typed yet.
func (h *house) scannedMessage(who addr.Address, render func(notice.Kind, addr.Address, any) string) scanned {
	h.shape = func(r *store.Record) { r.To = []string{who.String()} }
	l := h.send(plainMail, who)
	h.shape = nil
	person := h.browser().open(l.link).press("Send me a code", nil)
	code := h.code(who)
	html := render(notice.Message, who, notice.MessageData{SenderLine: "Jane Doe", Link: h.web.URL + l.link, LinkUntil: h.clock.Add(time.Hour), Expires: h.clock.Add(time.Hour)})
	return scanned{html, func() {
		rec, err := h.store.EnvelopeForOperator(h.t.Context(), l.id)
		must(h.t, err)
		if st := rec.Recipients[0]; !st.OpenedAt.IsZero() || st.Opens != 0 || len(rec.Asks) != 0 {
			h.t.Errorf("%s: %+v, asks %v", who, st, rec.Asks)
		}
		person.press("Continue", map[string]string{"code": code}).reads(200, l.page, "the plan")
	}}
}

// scannedActivation is a mail that activates an account.
func (h *house) scannedActivation(who addr.Address, render func(notice.Kind, addr.Address, any) string) scanned {
	browser := h.browser().open("/").press("Continue", map[string]string{"address": who.String()})
	browser.follow("Set up a password").press("Continue", person("correct horse battery"))
	data := h.activation(who)
	return scanned{render(notice.Activation, who, data), func() {
		if _, err := h.store.Account(h.t.Context(), who); !errors.Is(err, store.ErrNoAccount) {
			h.t.Errorf("%s has an account: %v", who, err)
		}
		browser.open(data.Link).press("Activate my account", nil).reads(200, "/activated")
	}}
}

// scannedReset is a mail that leads to a new password.
func (h *house) scannedReset(who addr.Address, render func(notice.Kind, addr.Address, any) string) scanned {
	browser := h.account(who, "correct horse battery")
	browser.press("Sign out", nil).open("/").press("Continue", map[string]string{"address": who.String()})
	browser.open("/forgot").press("Send me the link", nil)
	data := h.reset(who)
	return scanned{render(notice.Reset, who, data), func() {
		browser.open(data.Link).reads(200, "/reset", "Your childhood best friend")
		if _, err := h.store.CheckPassword(h.t.Context(), who, "correct horse battery", h.clock); err != nil {
			h.t.Errorf("%s: the old password: %v", who, err)
		}
	}}
}

// robot is a scanner's browser: one profile, one tab, no patience.
type robot struct {
	*tab
	known map[string]bool // pages that are the same for everybody, pressed before
}

// robotTime bounds the whole run, of a thousand mails on a busy machine too.
const robotTime = 55 * time.Minute

func newRobot(t *testing.T) robot {
	chromium := chromiumPath(t)
	ctx, cancel := context.WithTimeout(context.Background(), robotTime)
	t.Cleanup(cancel)
	options := append(cdp.DefaultExecAllocatorOptions[:], cdp.ExecPath(chromium), cdp.NoSandbox, cdp.DisableGPU, cdp.Flag("disable-background-networking", true))
	ctx, stop := cdp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, done := cdp.NewContext(ctx)
	t.Cleanup(func() { _ = cdp.Cancel(ctx); done() })
	b := &tab{t: t, ctx: ctx, name: "robot"}
	b.do(cdp.EmulateViewport(800, 600))
	return robot{b, map[string]bool{}}
}

// everything is what can be pressed on a page.
const everything = `[...document.querySelectorAll("a[href], button, input[type=submit], summary")]`

func (b robot) evaluate(script string, into any) {
	b.t.Helper()
	text, err := cdp.Run(b.ctx, cdp.Evaluate[string]("JSON.stringify("+script+")"))
	if err == nil {
		err = json.Unmarshal([]byte(text), into)
	}
	if err != nil {
		b.t.Fatalf("%s: %v", script, err)
	}
}

// links gives the links of a mail that lead to us.
func (b robot) links(mail, base string) (out []string) {
	b.t.Helper()
	b.do(cdp.Navigate(mail))
	var hrefs []string
	b.evaluate(`[...document.links].map(a => a.href)`, &hrefs)
	for _, href := range hrefs {
		if strings.HasPrefix(href, base) {
			out = append(out, href)
		}
	}
	return out
}

// pressAll opens a page and presses each thing on it, from the page anew; deep does
// the same on the pages that this leads to.
func (b robot) pressAll(link, base string, deep bool) (pressed int) {
	b.t.Helper()
	seen := map[string]bool{}
	queue := []string{link}
	for round := 0; round < 2 && len(queue) > 0; round++ {
		var found []string
		for _, page := range queue {
			b.do(cdp.Navigate(page))
			var hrefs []string // empty for what is no link
			b.evaluate(everything+`.map(e => e.href || "")`, &hrefs)
			left := false
			for i, href := range hrefs {
				if static := strings.TrimPrefix(href, base); static == "/" || static == "/help" || static == "/privacy" {
					if b.known[static] {
						continue
					}
					b.known[static] = true
				}
				if left {
					b.do(cdp.Navigate(page))
				}
				left = b.press(i)
				pressed++
				if !left {
					continue
				}
				var at string
				b.evaluate(`location.href`, &at)
				if u, err := url.Parse(at); err == nil && strings.HasPrefix(at, base) && !seen[u.Path] {
					seen[u.Path] = true
					found = append(found, at)
				}
			}
		}
		if queue = found; !deep {
			break
		}
	}
	return pressed
}

// press presses the nth thing and waits for the page that comes of it, if any does.
// Fields that must be filled do not stop it.
func (b robot) press(n int) (left bool) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	script := fmt.Sprintf(`(() => {
  document.querySelectorAll("form").forEach(f => f.noValidate = true);
  document.querySelectorAll("[target]").forEach(e => e.removeAttribute("target"));
  const e = %s[%d];
  if (!e) return "gone";
  const goes = e.form || e.tagName === "A" && !e.getAttribute("href").startsWith("#") && !/^(mailto|tel):/.test(e.getAttribute("href"));
  if (/^(mailto|tel):/.test(e.getAttribute("href") || "")) return "stays";
  window.left = false;
  addEventListener("pagehide", () => { window.left = true; });
  e.click();
  return goes ? "goes" : "stays";
})()`, everything, n)
	what, err := cdp.Run(ctx, cdp.Evaluate[string](script))
	if err != nil && ctx.Err() != nil {
		b.t.Fatalf("pressing %d: %v", n, err)
	}
	if what == "stays" || what == "gone" {
		return false
	}
	// The next page is there when it has no mark of ours and is whole.
	for ctx.Err() == nil {
		ready, err := cdp.Run(ctx, cdp.Evaluate[bool](`!("left" in window) && document.readyState === "complete"`))
		if err == nil && ready {
			return true
		}
		<-time.After(5 * time.Millisecond)
	}
	b.t.Fatalf("pressing %d led nowhere", n)
	return false
}
