package bench

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	cdp "github.com/chromedp/chromedp"
	"golang.org/x/crypto/argon2"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/redistest"
)

// A desk is a site whose mail can be looked at, with somebody in front of a browser.
type desk struct {
	t       *testing.T
	postfix *e2etest.Postfix
	seal    *e2etest.Postseal
	web     *e2etest.Browser
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, postfix: e2etest.StartPostfix(t, e2etest.PostfixOptions{}), web: e2etest.StartBrowser(t)}
	redis := redistest.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	d.seal = e2etest.NewPostseal(t, e2etest.PostsealOptions{Postfix: d.postfix, Redis: redis.Addr, Binary: built(t)})
	quiet(t, d.seal.Config)
	d.seal.Start()
	d.seal.WaitReady()
	return d
}

// sealed sends a message and gives what its recipient has.
func (d *desk) sealed(to string, data []byte) (mail []byte, page e2etest.Sealed) {
	d.t.Helper()
	c, err := dial(d.postfix.Submission)
	if err == nil {
		err = c.send(sender, to, data)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	mail = d.postfix.Outside.WaitTo(to).Raw
	return mail, e2etest.ReadSealed(d.t, mail)
}

var codeInMail = regexp.MustCompile(`(?m)^(\d{8}) is your one-time code`)

// askCode asks for a code, on the attached page or at a message's link, and types it.
func (d *desk) askCode(tab *e2etest.Tab, to, heading string) {
	d.t.Helper()
	tab.Press("Send me a code")
	tab.Heading(heading)
	mail := d.postfix.Outside.WaitFor("a code", func(m e2etest.Delivery) bool {
		return m.Has(to) && strings.Contains(e2etest.Header(d.t, m.Raw, "Subject"), "one-time code")
	})
	code := codeInMail.FindSubmatch(e2etest.TextOf(d.t, mail.Raw))
	if code == nil {
		d.t.Fatalf("no code in the mail:\n%s", mail.Raw)
	}
	tab.Type("#code", string(code[1]))
}

// opening measures how long Chromium takes from the key's arrival to the message
// of 25 MB that it shows.
func opening(t *testing.T) []goal {
	d := newDesk(t)
	var took []float64
	for n := range 3 {
		to, data := parcel("[SECURE] The plan", n, 25<<20)
		_, page := d.sealed(to, data)
		file := filepath.Join(t.TempDir(), "securedoc.html")
		if err := os.WriteFile(file, page.HTML, 0o600); err != nil {
			t.Fatal(err)
		}
		tab := d.web.Person(t, e2etest.TabOptions{})
		tab.Open("file://" + file)
		tab.Heading("Show that this message is for you")
		d.askCode(tab, to, "Check your email")
		tab.Do(cdp.Evaluate[cdp.Void](`new MutationObserver(() => {
			if (!window.shownAt && [...document.querySelectorAll("h1, h2")].some(h => h.textContent.includes("The plan"))) window.shownAt = performance.now();
		}).observe(document.documentElement, {subtree: true, childList: true, characterData: true, attributes: true}); undefined`))
		tab.Press("Open message")
		tab.Heading("[SECURE] The plan")
		took = append(took, e2etest.Get(tab, cdp.Evaluate[float64](`(window.shownAt - performance.getEntriesByType("resource").filter(e => e.name.endsWith("/open")).pop().responseEnd) / 1000`)))
	}
	t.Logf("from key to message: %.2f s", took)
	return []goal{{14, "opening 25 MB in Chromium from the file, after the key arrived", []limit{{"time", median(took), 1.5, false, "s"}}, map[string][]float64{"s": took}}}
}

// cost of a password as store has it (facts: 64 MiB, 3 passes), for the bare loop.
func bareArgon() {
	argon2.IDKey([]byte("a password of somebody"), []byte("sixteen octets.."), 3, 64<<10, 4, 32)
}

// guessing measures how many passwords are checked while messages are read, and
// how long those who read wait meanwhile.
func guessing(t *testing.T) []goal {
	const during = 7 * time.Second // three times as many guesses as are made meanwhile stay below what one source may make
	d := newDesk(t)
	to, data := letter("[SECURE] The timetable", 1, 4<<10)
	mail, page := d.sealed(to, data)
	link := regexp.MustCompile(`https://[^\s"<>]+/m/[^\s"<>]+`).FindString(string(e2etest.TextOf(t, mail)))
	tab := d.web.Person(t, e2etest.TabOptions{})
	tab.Open(link)
	d.askCode(tab, to, "Type the code")
	tab.Press("Continue")
	tab.Heading("[SECURE] The timetable")
	read, err := http.NewRequest(http.MethodGet, d.seal.PortalURL+"/m/"+page.Page.ID.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range tab.Cookies() {
		read.AddCookie(&http.Cookie{Name: name, Value: value})
	}

	hands := runtime.NumCPU()
	fetch := func() time.Duration {
		began := time.Now()
		r, err := d.seal.Client.Do(read)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if r.StatusCode != http.StatusOK {
			t.Fatalf("reading: %s", r.Status)
		}
		return time.Since(began)
	}
	var n atomic.Int64
	guess := func() {
		v := url.Values{"id": {page.Page.ID.String()}, "t": {page.Page.Secret.Encode()}, "address": {fmt.Sprintf("guess%d@home.example", n.Add(1))},
			"browser": {"a-browser-of-some-length-here"}, "password": {"not her password"}}
		r, err := d.seal.Client.PostForm(d.seal.PortalURL+"/api/v1/open", v)
		if err != nil {
			t.Error(err)
			return
		}
		defer r.Body.Close()
		if said, err := io.ReadAll(r.Body); err != nil || !strings.Contains(string(said), `"wrong"`) {
			t.Errorf("a guess was not compared: %s %.200s %v", r.Status, said, err)
		}
	}
	var rates, waits []float64
	for range 3 {
		idle := fetches(during/2, fetch)
		bare := count(during, hands, bareArgon)
		checked := make(chan float64)
		go func() { checked <- count(during, hands, guess) }()
		busy := fetches(during, fetch)
		rate := <-checked
		t.Logf("bare %.1f/s, checked %.1f/s; p99 of reading idle %v, busy %v", bare, rate, percentile(idle, 99), percentile(busy, 99))
		rates = append(rates, rate/bare)
		waits = append(waits, float64(percentile(busy, 99))/float64(percentile(idle, 99)))
	}
	return []goal{{12, "passwords checked while messages are read", []limit{
		{"of a bare Argon2id loop", median(rates), 0.9, true, ""}, {"p99 of reading, of idle", median(waits), 3, false, ""},
	}, map[string][]float64{"rate": rates, "wait": waits}}}
}

// fetches fetches for a while, with a pause after each as a person makes.
func fetches(during time.Duration, fetch func() time.Duration) (took []time.Duration) {
	for end := time.Now().Add(during); time.Now().Before(end); {
		took = append(took, fetch())
		time.Sleep(10 * time.Millisecond)
	}
	return took
}

// count does something from several hands for a while and gives how often a second.
func count(during time.Duration, hands int, do func()) float64 {
	var done atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range hands {
		all.Go(func() {
			for time.Since(began) < during {
				do()
				done.Add(1)
			}
		})
	}
	all.Wait()
	return float64(done.Load()) / time.Since(began).Seconds()
}

// containerLine is a line of the container in the page, but for its last.
var containerLine = regexp.MustCompile(`(?m)^[A-Za-z0-9+/]{16,}={0,2}\r?\n`)

// sizes measures mails as their recipients' servers get them.
func sizes(t *testing.T) []goal {
	const kb = 1 << 10
	d := newDesk(t)
	weight := func(to string, data []byte) (original, arrived float64, page int) {
		mail, sealed := d.sealed(to, data)
		return float64(len(data)), float64(len(mail)), len(containerLine.ReplaceAll(sealed.HTML, nil))
	}
	var limits []limit
	samples := map[string][]float64{}
	frame := 0.0 // what a mail weighs beside what it holds
	for n, size := range []int{100 * kb, 1024 * kb, 10240 * kb} {
		to, data := parcel("[SECURE] The plan", n, size)
		original, arrived, page := weight(to, data)
		limits = append(limits, limit{fmt.Sprintf("%d KiB with noise, octets over 1.04 of it", size/kb), arrived - 1.04*original, 70 * kb, false, "octets"})
		samples[fmt.Sprint(size)] = []float64{original, arrived}
		limits = append(limits, limit{"page without ciphertext", float64(page), 48 * kb, false, "octets"})
		frame = float64(page)
	}
	to, data := letter("[SECURE] The minutes", 9, 100*kb)
	original, arrived, _ := weight(to, data)
	limits = append(limits, limit{"100 KiB of text, octets over 0.7 of it and the page", arrived - 0.7*original - frame, 0, false, "octets"})
	samples["text"] = []float64{original, arrived}
	return []goal{{7, "size of a sealed mail", limits, samples}}
}
