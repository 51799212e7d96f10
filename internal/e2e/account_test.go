package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	cdp "github.com/chromedp/chromedp"
	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// TestAccounts walks what becomes of somebody's account: made, used with several
// addresses and in several browsers, its password forgotten, closed, reset, deleted.
func TestAccounts(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	for _, way := range []struct {
		name string
		walk func(*testing.T, *world)
	}{
		{"LinkOfHalfAnHour_BCC-5_BCC-6_BCC-7_BCC-8", linkOfHalfAnHour},
		{"ClosingTabAndBrowser_BCC-12", closingTabAndBrowser},
		{"OneAccount", oneAccount},
		{"Forgotten", forgottenPasswords},
		{"HelpInEveryMail", helpInEveryMail},
	} {
		t.Run(way.name, func(t *testing.T) { way.walk(t, w) })
	}
}

// typesAddress is somebody in front of the page that asks how she signs in.
func (w *world) typesAddress(t *testing.T, who string) *e2etest.Tab {
	t.Helper()
	b := w.person(t, e2etest.TabOptions{})
	b.Open(w.seal.PortalURL + "/")
	b.Type("#address", who+"\r")
	b.Heading("Sign in")
	return b
}

// answerOf is what somebody answers to the question of her account.
func answerOf(who string) string { return "Tomasina of " + who }

// joins makes an account from the first page, without a message, and ends signed in.
func (w *world) joins(t *testing.T, box *e2etest.Sink, who string) (b *e2etest.Tab, password string) {
	t.Helper()
	password = w.password(who)
	b = w.typesAddress(t, who)
	b.Press("Set up a password")
	b.Heading("Set up a password")
	w.fill(b, password, answerOf(who))
	b.Press("Continue")
	b.Heading("Check your email")
	d, _ := noticeTo(t, box, who, "activation")
	b.Open(activationInMail.FindString(plainText(t, d.Raw)))
	b.Press("Activate my account")
	b.Heading("Your password works now")
	b.Press("Continue")
	b.Heading("You are signed in")
	return b, password
}

// byPassword signs in with it and waits for a page's heading.
func (w *world) byPassword(t *testing.T, who, password, heading string) *e2etest.Tab {
	t.Helper()
	b := w.typesAddress(t, who)
	b.Type("#password", password+"\r")
	b.Heading(heading)
	return b
}

// signedOut wants a page of somebody's own to ask anew who she is.
func (w *world) signedOut(t *testing.T, b *e2etest.Tab) {
	t.Helper()
	b.Open(w.seal.PortalURL + "/account")
	b.Heading("Sign in")
	b.Open(w.seal.PortalURL + "/messages")
	b.Heading("Read a secure message")
}

// client speaks to the site's Redis.
func (w *world) client(t *testing.T) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: w.redis.Addr})
	t.Cleanup(func() { c.Close() })
	return c
}

// keysIn lists what Redis holds now under names like these.
func keysIn(t *testing.T, c *redis.Client, pattern string) []string {
	t.Helper()
	all, err := c.Keys(context.Background(), pattern).Result()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Who sets a password is told to look for a mail, also among the spam, and can until
// its link is pressed neither read nor write with it. The link ends after half an
// hour (the record of it is made as old); the page then leads to a new one, after
// which she is signed in and at her message. What was typed wrongly is said on the form
// itself. BCC-3, BCC-5, BCC-6, BCC-7, BCC-8
func linkOfHalfAnHour(t *testing.T, w *world) {
	const to, subject = "lisa@home.example", "[SECURE] Half an hour"
	l := w.send(t, anton, []string{to}, note(anton, to, subject, "Read me soon."))
	password := w.password(to)
	b := w.person(t, e2etest.TabOptions{})
	asks := func() {
		b.Heading("Sign in to read your message")
		b.Press("Set up a password")
		w.fill(b, password, answerOf(to))
		b.Press("Continue")
		b.Heading("Check your email")
		b.Says("Your password works after that, not before.")
		b.Says("Please look in your junk or spam folder too.")
	}
	b.Open(l.link)
	b.Press("Set up a password")
	w.fill(b, password, " ")
	b.Type("#again", " and more")
	b.Submit("Continue") // refused in place, and nothing is sent
	b.Heading("There is a problem")
	b.Says("Type the same password in both places")
	b.Says("Enter an answer")
	b.Open(l.link)
	asks()
	first := w.activation(t, to)
	early := b.Another()
	early.Open(w.seal.PortalURL + "/signin")
	early.Type("#password", password+"\r")
	early.Heading("Your password is not switched on yet")
	early.Open(w.seal.PortalURL + "/write")
	early.Heading("Read a secure message") // who wants to write is asked who she is
	w.wrong(t, l, to, password, "wrong")

	c := w.client(t)
	links := keysIn(t, c, "g:*")
	if len(links) != 1 {
		t.Fatalf("Redis holds %d links, want the one", len(links))
	}
	if err := c.HIncrBy(t.Context(), links[0], "x", -(30*time.Minute + time.Second).Milliseconds()).Err(); err != nil {
		t.Fatal(err)
	}
	b.Open(first)
	b.Heading("This code or link no longer works")
	b.Says("A code works for 15 minutes and a link for 30")
	b.Press("Go on") // the message is not forgotten
	asks()
	d := mail(t, w.Outside, "a second activation mail", 2, func(d e2etest.Delivery) bool {
		return d.Has(to) && activationInMail.MatchString(plainText(t, d.Raw))
	})
	b.Open(activationInMail.FindString(plainText(t, d.Raw)))
	b.Heading("Activate your account")
	b.Press("Activate my account")
	b.Heading("Your password works now")
	b.Says("You are signed in.")
	b.Press("Continue")
	b.Heading(subject)
	b.Open(activationInMail.FindString(plainText(t, d.Raw)))
	b.Heading("This code or link no longer works") // each once
}

// A tab that is closed leaves the session; a browser that is closed ends it, while it
// keeps what is to last; who signs out ends it on the server, for a copy of the
// cookie too. She was told to sign out. BCC-12
func closingTabAndBrowser(t *testing.T, w *world) {
	const to, subject = "tabea@home.example", "[SECURE] On a shared computer"
	l := w.send(t, anton, []string{to}, note(anton, to, subject, "Close me."))
	p := e2etest.NewProfile(t)
	reads := func(nth int) (b *e2etest.Tab, closes func()) {
		b, closes = p.Tab()
		w.signInByLink(t, b, l, to, nth)
		b.Heading(subject)
		b.Says("Closing this tab alone does not sign you out.")
		return b, closes
	}
	page := w.seal.PortalURL + "/m/" + l.sealed.Page.ID.String()
	b, closes := reads(1)
	e2etest.Get(b, cdp.Evaluate[string](`document.cookie = "lasting=1; max-age=3600"`)) // what a browser keeps on the disk
	closes()
	b, _ = p.Tab()
	b.Open(page)
	b.Heading(subject)
	p.Close()

	p.Start()
	b, _ = p.Tab()
	b.Open(l.link)
	if strings.Contains(b.HTML(), "Close me.") {
		t.Fatal("the message opens although the browser was closed")
	}
	if got := b.Cookies()["lasting"]; got != "1" {
		t.Fatalf("this browser kept nothing at all on the disk (%q): the test shows nothing", got)
	}
	b, _ = reads(2)
	kept := b.Cookies()
	asks := func() string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range kept {
			req.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		r, err := w.seal.Client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		return fmt.Sprint(r.StatusCode, " ", r.Request.URL.Path)
	}
	if got, want := asks(), "200 /m/"+l.sealed.Page.ID.String(); got != want {
		t.Fatalf("with a copy of the cookies: got %s, want %s", got, want)
	}
	b.Press("Sign out")
	b.Heading("You are signed out")
	before := asks()
	b.Open(page)
	if strings.Contains(b.HTML(), "Close me.") || before == "200 /m/"+l.sealed.Page.ID.String() && strings.Contains(b.HTML(), subject) {
		t.Errorf("the message opens after signing out (%s)", before)
	}
}

// oneAccount is somebody's from the second address to the end.
func oneAccount(t *testing.T, w *world) {
	a := &account{world: w, db: w.client(t), first: "dora@home.example", second: "dora@work.example"}
	before := keysIn(t, a.db, "u:*")
	a.tab, a.password = w.joins(t, w.Outside, a.first)
	t.Run("SeveralAddresses", a.severalAddresses)
	for _, key := range keysIn(t, a.db, "u:*") {
		if !slices.Contains(before, key) {
			a.slots = append(a.slots, slotInKey.FindString(key))
		}
	}
	t.Run("SignedOutEverywhere", a.signedOutEverywhere)
	t.Run("Deleted", a.deleted)
}

// account is one with two addresses.
type account struct {
	*world
	db                      *redis.Client
	first, second, password string
	tab                     *e2etest.Tab
	slots                   []string // of its addresses in Redis
}

// A second mailbox, proved by a code that comes there, is put on an account; what is
// sent there opens in the session of the first, stands among its messages, and the
// password works with it.
func (w *account) severalAddresses(t *testing.T) {
	const subject = "[SECURE] To your office"
	first, second, b := w.first, w.second, w.tab.In(t)
	b.Open(w.seal.PortalURL + "/account")
	b.Press("Add or take off an address")
	b.Heading("Your email addresses")
	b.Type("#address", second)
	b.Press("Send the code")
	b.Heading("Type the code")
	b.Type("#code", w.code(t, w.Outside, second, 1))
	b.Press("Add this address")
	b.Heading("Your email addresses")
	b.Says(second)
	if d, _ := noticeTo(t, w.Outside, first, "account-changed"); !strings.Contains(plainText(t, d.Raw), second+" was added to your account") {
		t.Errorf("her first address is told:\n%s", plainText(t, d.Raw))
	}
	l := w.send(t, anton, []string{second}, note(anton, second, subject, "In the session of home."))
	b.Open(w.seal.PortalURL + "/messages")
	b.Press(subject)
	b.Heading(subject)
	b.Says("In the session of home.")
	b.Open(l.link)
	b.Heading(subject)
	w.byPassword(t, second, w.password, "You are signed in")
	if out := w.postseal(t, 0, "account", "show", first); !strings.Contains(out, "also      "+second) {
		t.Errorf("the command says\n%s", out)
	}
	if out := w.postseal(t, 0, "account", "show", second); !strings.Contains(out, "none of its own; it is on that of "+first) {
		t.Errorf("the command says\n%s", out)
	}
}

// Two browsers stand in the list of where somebody is signed in; from the one all
// others are signed out, at once.
func (w *account) signedOutEverywhere(t *testing.T) {
	b := w.tab.In(t)
	other := w.byPassword(t, w.first, w.password, "You are signed in")
	sessions := func() int {
		return e2etest.Get(b, cdp.Evaluate[int](`document.querySelectorAll("main .people > li").length`))
	}
	b.Open(w.seal.PortalURL + "/account")
	b.Press("See where, and sign out")
	b.Heading("Where you are signed in")
	b.Says("(this one)")
	if got := sessions(); got < 2 {
		t.Errorf("the list shows %d sessions, want both", got)
	}
	b.Submit("Sign out everywhere else")
	b.Heading("Where you are signed in")
	if got := sessions(); got != 1 {
		t.Errorf("the list shows %d sessions after it, want 1", got)
	}
	w.signedOut(t, other)
	b.Open(w.seal.PortalURL + "/account")
	b.Heading("Your account")
}

var slotInKey = regexp.MustCompile(`\{[0-9a-f]+\}`)

// Who deletes her account is signed out everywhere, with both of her addresses; the
// password opens nothing any more, a later message is read by a code as before any
// account, and in Redis there is no account under her addresses: neither by the
// command nor among the keys.
func (w *account) deleted(t *testing.T) {
	const subject = "[SECURE] After all"
	first, second, password, b := w.first, w.second, w.password, w.tab.In(t)
	if len(w.slots) < 2 {
		t.Fatalf("Redis has %d new places for two addresses: this test shows nothing", len(w.slots))
	}
	others := []*e2etest.Tab{w.byPassword(t, first, password, "You are signed in"), w.byPassword(t, second, password, "You are signed in")}
	b.Open(w.seal.PortalURL + "/account")
	b.Press("Delete your account")
	b.Heading("Please show once more that it is you")
	b.Type("#password", password)
	b.Press("Continue")
	b.Heading("Delete your account?")
	b.Says(second)
	b.Do(cdp.Click(cdp.CSS("#agree")))
	b.Press("Delete my account")
	b.Heading("Your account has been deleted")
	for _, o := range append(others, b) {
		o.Open(w.seal.PortalURL + "/messages")
		o.Heading("Read a secure message")
	}
	mail(t, w.Outside, "the mail about it", 1, func(d e2etest.Delivery) bool {
		return d.Has(first) && e2etest.Header(t, d.Raw, "Subject") == "Your account has been deleted"
	})
	for _, who := range []string{first, second} {
		if out := w.postseal(t, 0, "account", "show", who); !strings.Contains(out, "account   none\n") || strings.Contains(out, "also ") || strings.Contains(out, "ways ") {
			t.Errorf("the command says\n%s", out)
		}
	}
	for _, slot := range w.slots {
		if left := keysIn(t, w.db, "s:"+slot); len(left) > 0 {
			t.Errorf("her sessions are still in Redis: %v", left)
		}
		left, err := w.db.HGetAll(t.Context(), "u:"+slot).Result()
		if err != nil {
			t.Fatal(err)
		}
		for field, value := range left { // counts, and the newest sum of the record, which stays
			if value != "" && !slices.Contains([]string{"g", "h", "hn"}, field) {
				t.Errorf("her account is still in Redis: field %s has %d octets", field, len(value))
			}
		}
	}
	l := w.send(t, anton, []string{first}, note(anton, first, subject, "By code again."))
	w.wrong(t, l, first, password, "wrong")
	r := w.person(t, e2etest.TabOptions{})
	w.signInByLink(t, r, l, first, 1)
	r.Heading(subject)
	r.Says("By code again.")
}
