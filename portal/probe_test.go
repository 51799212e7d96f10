package portal_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// The probe: every step of signing in, resetting and registering, for addresses
// with and without an account. No page, answer, time or mail may tell which it is
// (issue 5, "done when"; ASVS 5.0 6.3.8). probe_times_test.go measures the times.

// probed is a portal whose calls to Redis are listened to.
type probed struct {
	*house
	store *store.Store
	calls *wire
}

// newProbed opens a portal on the Redis at address; cost is that of a password.
func newProbed(t *testing.T, address string, cost store.HashCost) *probed {
	p := &probed{calls: &wire{}}
	p.house = newHouse(t, func(c *portal.Config) {
		p.store = storetest.Open(t, store.Options{Addresses: []string{address}, VolatileOK: true, Hash: cost, Now: c.Now, Dialer: p.calls.dial})
		c.Store = p.store
	})
	p.house.store, p.house.keys = p.store, storetest.Keys(t)
	return p
}

// wire is what goes to Redis: the name of each command, and of a script, with the
// kinds of its keys.
type wire struct {
	mu   sync.Mutex
	said []string
}

func (w *wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	return &listened{Conn: c, to: w}, err
}

func (w *wire) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.said
	w.said = nil
	return out
}

type listened struct {
	net.Conn
	to   *wire
	rest string
}

func (l *listened) Write(b []byte) (int, error) {
	l.rest += string(b)
	for {
		words, rest, ok := command(l.rest)
		if !ok {
			break
		}
		l.rest = rest
		if words[0] != "hello" && words[0] != "client" && words[0] != "ping" {
			l.to.mu.Lock()
			l.to.said = append(l.to.said, describe(words))
			l.to.mu.Unlock()
		}
	}
	return l.Conn.Write(b)
}

// command reads one command as clients write it (RESP, an array of bulk strings).
func command(s string) (words []string, rest string, ok bool) {
	line := func(mark string) int {
		head, tail, found := strings.Cut(s, "\r\n")
		n, err := strconv.Atoi(strings.TrimPrefix(head, mark))
		if !found || err != nil || !strings.HasPrefix(head, mark) {
			return -1
		}
		s = tail
		return n
	}
	n := line("*")
	for range n {
		size := line("$")
		if size < 0 || len(s) < size+2 {
			return nil, "", false
		}
		words, s = append(words, s[:size]), s[size+2:]
	}
	return words, s, n > 0
}

// describe leaves out what is random: of a key, the kind in front of its slot.
func describe(words []string) string {
	out := []string{strings.ToLower(words[0])}
	for _, w := range words[1:] {
		if kind, _, ok := strings.Cut(w, ":{"); ok && len(kind) <= 2 {
			out = append(out, kind)
		}
	}
	if out[0] == "evalsha" || out[0] == "eval" {
		out = append([]string{"script"}, out[1:]...)
	}
	return strings.Join(out, " ")
}

// asker is one browser before one step.
type asker struct {
	p      *probed
	client *http.Client
	form   string
	a      addr.Address
	l      letter
	ended  string // a link's token for the address whose time is over, see ended
}

func (p *probed) asker(a addr.Address) *asker {
	jar, err := cookiejar.New(nil)
	must(p.t, err)
	return &asker{p: p, a: a, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// answer is all that comes back of one step.
type answer struct {
	status int
	head   http.Header
	body   string
}

func (k *asker) do(method, path string, fields url.Values) answer {
	k.p.t.Helper()
	body := strings.NewReader("")
	if fields != nil {
		if k.form != "" {
			fields.Set("form", k.form)
		}
		body = strings.NewReader(fields.Encode())
	}
	r, err := http.NewRequest(method, k.p.full(path), body)
	must(k.p.t, err)
	if fields != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	sum := sha256.Sum256([]byte(k.a.String())) // who asks for so many addresses comes from many places
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", sum[0], sum[1], sum[2]))
	resp, err := k.client.Do(r)
	must(k.p.t, err)
	var b strings.Builder
	_, err = io.Copy(&b, resp.Body)
	must(k.p.t, resp.Body.Close())
	must(k.p.t, err)
	return answer{resp.StatusCode, resp.Header, b.String()}
}

var secretField = regexp.MustCompile(`name="form" value="([^"]*)"`)

// begins opens the first page and types the address.
func (k *asker) begins() {
	k.p.t.Helper()
	if m := secretField.FindStringSubmatch(k.do(http.MethodGet, "/", nil).body); m != nil {
		k.form = m[1]
	}
	k.do(http.MethodPost, "/start", url.Values{"address": {k.a.String()}})
}

func (k *asker) post(path string, fields ...string) answer {
	k.p.t.Helper()
	v := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	return k.do(http.MethodPost, path, v)
}

func (k *asker) api(call string, fields ...string) answer {
	return k.post("/api/v1/"+call, append([]string{"id", k.l.id.String(), "t", k.l.secret.Encode(), "browser", strings.Repeat("n", 43), "address", k.a.String()}, fields...)...)
}

// probeSteps are the steps; before is done and not looked at.
var probeSteps = []struct {
	name         string
	before, step func(k *asker) answer
}{
	{"address typed", nil, func(k *asker) answer { return k.post("/start", "address", k.a.String()) }},
	{"ways to sign in", nil, func(k *asker) answer { return k.do(http.MethodGet, "/signin", nil) }},
	{"wrong password", nil, func(k *asker) answer { return k.post("/signin/password", "password", "not the right one") }},
	{"no password", nil, func(k *asker) answer { return k.post("/signin/password", "password", "") }},
	{"long password", nil, func(k *asker) answer {
		return k.post("/signin/password", "password", strings.Repeat("x", store.MaxPassword+1))
	}},
	{"code asked for", nil, func(k *asker) answer { return k.post("/signin/code", "do", "send") }},
	{"page for the code", nil, func(k *asker) answer { return k.do(http.MethodGet, "/signin/code?ref=BC", nil) }},
	{"wrong code", func(k *asker) answer { return k.post("/signin/code", "do", "send") }, func(k *asker) answer { return k.post("/signin/code", "code", "00000000") }},
	{"code never asked for", nil, func(k *asker) answer { return k.post("/signin/code", "code", "00000000") }},
	{"form to register", nil, func(k *asker) answer { return k.do(http.MethodGet, "/register", nil) }},
	{"registered", nil, registers},
	{"registered with a mistake", nil, func(k *asker) answer { return k.post("/register", "first", "Carla", "password", "short") }},
	{"page after registering", registers, func(k *asker) answer { return k.do(http.MethodGet, "/register/sent", nil) }},
	{"password after registering", registers, func(k *asker) answer { return k.post("/signin/password", "password", "not the right one") }},
	{"form for a forgotten password", nil, func(k *asker) answer { return k.do(http.MethodGet, "/forgot", nil) }},
	{"forgotten password", nil, func(k *asker) answer { return k.post("/forgot") }},
	{"page after a forgotten password", func(k *asker) answer { return k.post("/forgot") }, func(k *asker) answer { return k.do(http.MethodGet, "/forgot/sent", nil) }},
	{"activation link that is none", nil, func(k *asker) answer { return k.do(http.MethodGet, "/activate?t="+strings.Repeat("A", 64), nil) }},
	{"reset link that is none", nil, func(k *asker) answer { return k.do(http.MethodGet, "/reset?t="+strings.Repeat("A", 64), nil) }},
	{"activation link that has ended", nil, func(k *asker) answer { return k.do(http.MethodGet, "/activate?t="+k.ended, nil) }},
	{"activation link that has ended, pressed", nil, pressesEnded},
	{"reset link that has ended", nil, func(k *asker) answer { return k.do(http.MethodGet, "/reset?t="+k.ended, nil) }},
	{"answer to a reset link that has ended", nil, answersEnded},
	{"password by a reset link that has ended", nil, setsEnded},
	{"twentieth wrong password", wrongPasswords(store.PasswordTries - 1), func(k *asker) answer { return k.post("/signin/password", "password", "not the right one") }},
	{"locked password", wrongPasswords(store.PasswordTries), func(k *asker) answer { return k.post("/signin/password", "password", "not the right one") }},
	{"forgotten password while locked", wrongPasswords(store.PasswordTries), func(k *asker) answer { return k.post("/forgot") }},
	{"file: wrong password", nil, func(k *asker) answer { return k.api("open", "password", "not the right one") }},
	{"file: code asked for", nil, func(k *asker) answer { return k.api("code") }},
	{"file: wrong code", func(k *asker) answer { return k.api("code") }, func(k *asker) answer { return k.api("open", "code", "00000000") }},
}

func registers(k *asker) answer {
	var fields []string
	for name, text := range person(good) {
		fields = append(fields, name, text)
	}
	return k.post("/register", fields...)
}

func wrongPasswords(n int) func(k *asker) answer {
	return func(k *asker) (last answer) {
		for i := range n {
			last = k.post("/signin/password", "password", fmt.Sprint("wrong number ", i))
		}
		return last
	}
}

// addresses of one length, so that no page is longer for one of them.
func probeAddress(kind string, n int) addr.Address {
	return addr.MustParse(fmt.Sprintf("%s%04d@home.example", (kind + "xxxxxxxx")[:8], n))
}

// known makes an account without any page.
func (p *probed) known(a addr.Address, question bool) {
	p.t.Helper()
	r := store.Registration{FirstName: "Carla", LastName: "Carer", Password: good}
	if question {
		r.Question, r.Answer = "friend", "Tom"
	}
	token, _, err := p.store.Register(p.t.Context(), a, r, "b", p.clock)
	must(p.t, err)
	_, _, err = p.store.Activate(p.t.Context(), token, "b", nil, p.clock)
	must(p.t, err)
}

// linked makes an address that is on another's account.
func (p *probed) linked(a addr.Address, n int) {
	p.t.Helper()
	main := probeAddress("holder", n)
	p.known(main, true)
	by, err := p.store.CheckPassword(p.t.Context(), main, good, p.clock)
	must(p.t, err)
	must(p.t, p.store.AddAddress(p.t.Context(), by, storetest.SignIn(p.t, p.store, a, "elsewhere", p.clock), store.Proof{}, p.clock))
}

// ways makes an address that has a passkey and no account.
func (p *probed) ways(a addr.Address) {
	p.t.Helper()
	by := storetest.SignIn(p.t, p.store, a, "elsewhere", p.clock)
	must(p.t, p.store.AddPasskey(p.t.Context(), by, []byte("handle"), store.Passkey{ID: []byte(a.String()), PublicKey: []byte("k"), Name: "n"}, p.clock))
}

var (
	references = regexp.MustCompile(`([>"=])[BCDFGHJKLMNPQRSTVWXZ]{2}([<"]|$)`)
	cookieText = regexp.MustCompile(`^([^=]*)=[^;]*`)
)

// plain is an answer without what is random, and without the address itself.
func (k *asker) plain(got answer) string {
	mask := func(s string) string {
		s = secretField.ReplaceAllString(s, `name="form" value="SECRET"`)
		for _, form := range []string{k.a.String(), url.QueryEscape(k.a.String()), url.PathEscape(k.a.String())} {
			s = strings.ReplaceAll(s, form, "ADDRESS")
		}
		return references.ReplaceAllString(s, "${1}REF$2")
	}
	var out []string
	for name, values := range got.head {
		for _, v := range values {
			switch name {
			case "Date":
				v = "NOW"
			case "Set-Cookie":
				v = cookieText.ReplaceAllString(v, "$1=RANDOM")
			}
			out = append(out, name+": "+mask(v))
		}
	}
	slices.Sort(out)
	return fmt.Sprint(got.status) + "\n" + strings.Join(out, "\n") + "\n\n" + mask(got.body)
}

// Issue 5; BCC-26, BCC-27, BOP-15 to 17; ASVS 5.0 6.3.8: for every step bytes and
// headers are equal but for random fields, and so are the calls to the store.
func TestProbeSameForEveryAddress(t *testing.T) {
	p := newProbed(t, miniredis.RunT(t).Addr(), storetest.Cheap)
	l := p.send(plainMail, carer)
	for i, s := range probeSteps {
		t.Run(s.name, func(t *testing.T) {
			warm := p.asker(probeAddress("warm", i)) // Redis is told each script once
			warm.l = l
			warm.begins()
			if s.before != nil {
				s.before(warm)
			}
			s.step(warm)
			var want, wantCalls string
			for _, kind := range []string{"nobody", "person", "plain", "linked", "passkey"} {
				a := probeAddress(kind, i)
				ended := ""
				if strings.Contains(s.name, "has ended") { // it moves the clock, which other pages show
					ended = p.ended(a)
				}
				switch kind {
				case "person":
					p.known(a, true)
				case "plain":
					p.known(a, false)
				case "linked":
					p.linked(a, i)
				case "passkey":
					p.ways(a)
				}
				k := p.asker(a)
				k.l, k.ended = l, ended
				k.begins()
				if s.before != nil {
					s.before(k)
				}
				p.calls.take()
				got, calls := k.plain(s.step(k)), strings.Join(p.calls.take(), "\n")
				if kind == "nobody" {
					want, wantCalls = got, calls
					continue
				}
				if got != want {
					t.Errorf("%s differs from nobody:\n%s", kind, firstDifference(got, want))
				}
				if calls != wantCalls {
					t.Errorf("%s makes other calls than nobody:\n%s\n-- want\n%s", kind, calls, wantCalls)
				}
			}
			if want == "" || len(wantCalls) == 0 && !strings.Contains(s.name, "no password") {
				t.Errorf("nothing was compared: %q, calls %q", want, wantCalls)
			}
		})
	}
}

func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return "got  " + as[i] + "\nwant " + bs[i]
		}
	}
	return fmt.Sprintf("%d and %d lines", len(as), len(bs))
}
