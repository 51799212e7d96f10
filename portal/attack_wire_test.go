package portal_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/postseal/postseal/portal"
)

// Attacks on the listening server itself, by bytes on a socket.

// listens starts the server as the daemon builds it, with times that a test can wait for.
func (h *house) listens(change func(*http.Server)) string {
	h.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(h.t, err)
	srv := portal.HTTPServer("", h.server())
	if change != nil {
		change(srv)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(l) }()
	h.t.Cleanup(func() { _ = srv.Close(); <-done })
	return l.Addr().String()
}

// says writes bytes to the server and gives the status of each answer until the
// server closes; open says that it did not within the time.
func says(t *testing.T, server, bytes string) (answers []int, open bool) {
	t.Helper()
	c, err := net.Dial("tcp", server)
	must(t, err)
	defer func() { _ = c.Close() }()
	must(t, c.SetDeadline(time.Now().Add(5*time.Second)))
	go func() { _, _ = io.WriteString(c, bytes) }() // may be refused before its end
	r := bufio.NewReader(c)
	for {
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return answers, errors.Is(err, os.ErrDeadlineExceeded)
		}
		answers = append(answers, resp.StatusCode)
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			return answers, errors.Is(err, os.ErrDeadlineExceeded)
		}
	}
}

// Request smuggling: of bytes about whose length two servers could disagree there
// is one answer at most, and the connection ends, so that nothing behind them is
// ever taken for a request.
func TestSmuggledRequestIsNotAnswered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.listens(nil)
	const behind = "GET /help HTTP/1.1\r\nHost: x\r\n\r\n"
	post := func(head, body string) string {
		return "POST /start HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n" + head + "\r\n" + body + behind
	}
	if got, _ := says(t, server, post("Content-Length: 5\r\n", "a=b&c")+"GET / HTTP/1.0\r\n\r\n"); fmt.Sprint(got) != "[403 200 200]" {
		t.Errorf("what is sound is answered %v, want three answers", got)
	}
	for name, bytes := range map[string]string{
		"length and chunks":               post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
		"chunks and length":               post("Transfer-Encoding: chunked\r\nContent-Length: 300\r\n", "0\r\n\r\n"),
		"chunks alone":                    post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n"),
		"chunks by a folded line":         post("Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
		"chunks twice":                    post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
		"chunks and identity":             post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
		"chunks that are none":            post("Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
		"chunks with a vertical tab":      post("Transfer-Encoding: \x0bchunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
		"space before the colon":          post("Transfer-Encoding : chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
		"a length in a fold":              post("A: b\r\n Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
		"two lengths":                     post("Content-Length: 5\r\nContent-Length: 0\r\n", "a=b&c"),
		"two lengths in one":              post("Content-Length: 5, 0\r\n", "a=b&c"),
		"a signed length":                 post("Content-Length: +5\r\n", "a=b&c"),
		"a negative length":               post("Content-Length: -5\r\n", "a=b&c"),
		"a length in hex":                 post("Content-Length: 0x5\r\n", "a=b&c"),
		"a length too long for a number":  post("Content-Length: 99999999999999999999\r\n", "a=b&c"),
		"a chunk's length ends in LF":     post("Transfer-Encoding: chunked\r\n", "1\na\r\n0\r\n\r\n"),
		"an extension ends in LF":         post("Transfer-Encoding: chunked\r\n", "1;x\na\r\n0\r\n\r\n"),
		"a chunk longer than it says":     post("Transfer-Encoding: chunked\r\n", "1\r\nabc\r\n0\r\n\r\n"),
		"a chunk of more than all":        post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\na\r\n0\r\n\r\n"),
		"an extension of a megabyte":      post("Transfer-Encoding: chunked\r\n", "1;x="+strings.Repeat("y", 1<<20)+"\r\na\r\n0\r\n\r\n"),
		"a byte each chunk, all extended": post("Transfer-Encoding: chunked\r\n", strings.Repeat("1;"+strings.Repeat("y", 1000)+"\r\na\r\n", 1000)+"0\r\n\r\n"),
		"two hosts":                       "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + behind,
		"no host":                         "GET / HTTP/1.1\r\n\r\n" + behind,
		"a host with a path":              "GET / HTTP/1.1\r\nHost: x/y z\r\n\r\n" + behind,
		"a NUL in a field":                "GET / HTTP/1.1\r\nHost: x\r\nA: b\x00c\r\n\r\n" + behind,
		"a CR in a field":                 "GET / HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n" + behind,
		"a space in a name":               "GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n" + behind,
		"no colon":                        "GET / HTTP/1.1\r\nHost: x\r\nAbc\r\n\r\n" + behind,
		"a folded first line":             "GET / HTTP/1.1\r\n Host: y\r\nHost: x\r\n\r\n" + behind,
		"a version of its own":            "GET / HTTP/7.3\r\nHost: x\r\n\r\n" + behind,
		"no version":                      "GET /\r\n\r\n" + behind,
		"HTTP/2 by a preface":             "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + behind,
		"a control byte in the path":      "GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n" + behind,
		"a tunnel":                        "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n" + behind,
	} {
		got, open := says(t, server, bytes)
		if len(got) > 1 || len(got) == 1 && (got[0] < 400 || got[0] > 505) || open {
			t.Errorf("%s: got %v, open %v; want one refusal and the end", name, got, open)
		}
	}
	// Lines that end in LF alone are read as lines, by everybody who takes them at all.
	if got, open := says(t, server, "GET /help HTTP/1.1\nHost: x\nConnection: close\n\n"+behind); len(got) > 1 || open {
		t.Errorf("LF alone: got %v, open %v", got, open)
	}
	for _, upgrade := range []string{"h2c", "websocket", "TLS/1.3"} {
		got, _ := says(t, server, "GET /help HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: "+upgrade+"\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n")
		if fmt.Sprint(got) != "[200]" {
			t.Errorf("upgrade to %s: got %v, want the page", upgrade, got)
		}
	}
}

// Oversized heads are refused before they are read.
func TestOversizedHeadIsRefused(t *testing.T) {
	t.Parallel()
	server := newHouse(t).listens(nil)
	for name, head := range map[string]string{
		"ten thousand fields": strings.Repeat("a: b\r\n", 10_000),
		"a field of 1 MB":     "A: " + strings.Repeat("b", 1<<20) + "\r\n",
		"a name of 1 MB":      strings.Repeat("b", 1<<20) + ": a\r\n",
		"cookies of 1 MB":     strings.Repeat("Cookie: postseal-b="+strings.Repeat("c", 4000)+"\r\n", 250),
		"a fold of 1 MB":      "A: b\r\n" + strings.Repeat(" c\r\n", 250_000),
	} {
		c, err := net.Dial("tcp", server)
		must(t, err)
		must(t, c.SetDeadline(time.Now().Add(5*time.Second)))
		_, _ = io.WriteString(c, "GET /help HTTP/1.1\r\nHost: x\r\n"+head+"\r\n") // may be cut
		first, _ := bufio.NewReader(c).ReadString('\n')
		if first != "" && !strings.Contains(first, " 431 ") { // or cut by the reset
			t.Errorf("%s: got %q", name, first)
		}
		_ = c.Close()
	}
	if got, _ := says(t, server, "GET /"+strings.Repeat("a", 1<<20)+" HTTP/1.1\r\nHost: x\r\n\r\n"); len(got) > 1 || len(got) == 1 && got[0] != 431 {
		t.Errorf("a line of 1 MB: got %v", got)
	}
}

// slowly writes a byte at a time until the server ends it, and tells whether it did.
func slowly(t *testing.T, server, begin string) (answers string, ended bool) {
	t.Helper()
	c, err := net.Dial("tcp", server)
	must(t, err)
	defer func() { _ = c.Close() }()
	must(t, c.SetDeadline(time.Now().Add(8*time.Second)))
	if _, err := io.WriteString(c, begin); err != nil {
		t.Fatal(err)
	}
	go func() {
		for tick := time.NewTicker(10 * time.Millisecond); ; <-tick.C {
			if _, err := io.WriteString(c, "x"); err != nil {
				tick.Stop()
				return
			}
		}
	}()
	b, err := io.ReadAll(c)
	return string(b), !errors.Is(err, os.ErrDeadlineExceeded)
}

// Slow heads, forms and uploads of strangers are cut when their time is over,
// although a byte comes now and then; nothing comes of them.
func TestSlowRequestIsCut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := h.send(plainMail, carer)
	before := h.dump()
	server := h.listens(func(s *http.Server) {
		if s.ReadHeaderTimeout <= 0 || s.ReadHeaderTimeout > 15*time.Second || s.ReadTimeout <= 0 || s.ReadTimeout > time.Minute ||
			s.IdleTimeout <= 0 || s.IdleTimeout > 5*time.Minute || s.WriteTimeout <= 0 || s.WriteTimeout > time.Hour || s.MaxHeaderBytes <= 0 || s.MaxHeaderBytes > 64<<10 {
			t.Errorf("the daemon's server has times %v %v %v %v and a head of %d", s.ReadHeaderTimeout, s.ReadTimeout, s.IdleTimeout, s.WriteTimeout, s.MaxHeaderBytes)
		}
		s.ReadHeaderTimeout, s.ReadTimeout = 150*time.Millisecond, 300*time.Millisecond
	})
	const head = " HTTP/1.1\r\nHost: x\r\n"
	part := "Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 100000000\r\n\r\n--B\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n"
	done := make(chan struct{}, 8)
	requests := map[string]string{
		"a head":               "GET /help" + head + "A: ",
		"a first line":         "GET /",
		"a form":               "POST /start" + head + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\n",
		"a form of the file":   "POST /api/v1/open" + head + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\n",
		"a posting":            "POST /open" + head + part,
		"an answer":            "POST " + l.page + "/reply" + head + part,
		"an answer of a file":  "POST /api/v1/reply" + head + part,
		"a message of nobody":  "POST /write" + head + part,
		"a change of language": "POST /language" + head + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\n",
	}
	for name, begin := range requests {
		go func() {
			defer func() { done <- struct{}{} }()
			if said, ended := slowly(t, server, begin); !ended || strings.Contains(said, " 200 OK") || strings.Contains(said, " 303 ") {
				t.Errorf("%s: ended %v, said %.100q", name, ended, said)
			}
		}()
	}
	for range requests {
		<-done
	}
	if h.dump() != before || spooled(t, h.spool) > 0 {
		t.Error("something came of them")
	}
}

// A reset of each stream just after it was asked for (CVE-2023-44487) does not make
// more handlers run at once than streams may be open.
func TestRapidResetIsBounded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var now, most atomic.Int64
	end := make(chan struct{})
	web := httptest.NewUnstartedServer(nil)
	web.Config = portal.HTTPServer("", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for n := now.Add(1); ; {
			if old := most.Load(); n <= old || most.CompareAndSwap(old, n) {
				break
			}
		}
		defer now.Add(-1)
		<-end
		h.server().ServeHTTP(w, r)
	}))
	web.EnableHTTP2 = true
	web.StartTLS()
	t.Cleanup(web.Close)
	c, err := tls.Dial("tcp", web.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}) //nolint:gosec // the test's own server
	must(t, err)
	defer func() { _ = c.Close() }()
	must(t, c.SetDeadline(time.Now().Add(5*time.Second)))
	_, err = io.WriteString(c, http2.ClientPreface)
	must(t, err)
	f := http2.NewFramer(c, c)
	must(t, f.WriteSettings())
	var block strings.Builder
	enc := hpack.NewEncoder(&block)
	for _, field := range [][2]string{{":method", "GET"}, {":path", "/help"}, {":scheme", "https"}, {":authority", "x"}} {
		must(t, enc.WriteField(hpack.HeaderField{Name: field[0], Value: field[1], Sensitive: true})) // never by the table: one block for all
	}
	head := []byte(block.String())
	cut := make(chan error, 1)
	go func() { // what it is told
		for {
			frame, err := f.ReadFrame()
			if away, ok := frame.(*http2.GoAwayFrame); ok && away.ErrCode != http2.ErrCodeNo {
				cut <- fmt.Errorf("%v", away.ErrCode)
				return
			}
			if err != nil {
				cut <- err
				return
			}
		}
	}()
	var wrote error
	for id := uint32(1); id < 8000 && wrote == nil; id += 2 {
		if wrote = f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: head, EndHeaders: true, EndStream: true}); wrote == nil {
			wrote = f.WriteRSTStream(id, http2.ErrCodeCancel)
		}
	}
	if err := <-cut; err == nil {
		t.Error("it went on for ever")
	}
	if got := most.Load(); got < 1 || got > 250 {
		t.Errorf("%d handlers ran at once, want at most 250", got)
	}
	close(end)
}

// Host header games: whatever host a request names, by whatever field, mails and
// pages lead to the address that the operator set.
func TestHostOfARequestLeadsNowhere(t *testing.T) {
	h := newHouse(t)
	h.account(other, good)
	for name, change := range map[string]func(*http.Request){
		"another host":      func(r *http.Request) { r.Host = "evil.example" },
		"forwarded host":    func(r *http.Request) { r.Header.Set("X-Forwarded-Host", "evil.example") },
		"Forwarded":         func(r *http.Request) { r.Header.Set("Forwarded", `for=evil.example;host=evil.example;proto=https`) },
		"the whole address": func(r *http.Request) { r.URL.Host, r.Host = "evil.example", "evil.example" },
		"another URL": func(r *http.Request) {
			r.Header.Set("X-Original-URL", "https://evil.example/")
			r.Header.Set("X-Rewrite-URL", "/evil.example")
		},
		"a port of its own": func(r *http.Request) { r.Host += ".evil.example:80" },
		"a prefix": func(r *http.Request) {
			r.Header.Set("X-Forwarded-Prefix", "//evil.example")
			r.Header.Set("X-Forwarded-Proto", "evil.example://")
		},
		"a referrer of hers": func(r *http.Request) { r.Header.Set("Referer", "https://evil.example/") },
	} {
		b := h.browser()
		b.client.Transport = changed(change)
		b.open("/").press("Continue", map[string]string{"address": carer.String()})
		b.follow("Set up a password").press("Continue", person(good)).reads(200, "/register/sent").silent("evil")
		if got := h.activation(carer).Link; !strings.HasPrefix(got, h.web.URL+"/activate?") {
			t.Errorf("%s: the link is %q", name, got)
		}
		b = h.browser()
		b.client.Transport = changed(change)
		b.open("/").press("Continue", map[string]string{"address": other.String()}).open("/forgot").press("Send me the link", nil).silent("evil")
		if got := h.reset(other).Link; !strings.HasPrefix(got, h.web.URL+"/reset?") {
			t.Errorf("%s: the link is %q", name, got)
		}
		for field, values := range b.head {
			if strings.Contains(strings.Join(values, " "), "evil") {
				t.Errorf("%s: %s is %q", name, field, values)
			}
		}
		h.clock = h.clock.Add(time.Hour)
	}
}

// changed sends requests that were changed on the way.
type changed func(*http.Request)

func (c changed) RoundTrip(r *http.Request) (*http.Response, error) {
	to := r.Clone(r.Context())
	c(to)
	to.URL.Host = r.URL.Host
	return http.DefaultTransport.RoundTrip(to)
}

// X-Forwarded-For: who is counted is who asked, whatever she says of herself; only a
// proxy on this machine is believed, and of it only its own word, the last.
func TestForwardedForIsNotBelieved(t *testing.T) {
	for _, c := range []struct{ peer, said, want string }{
		{"192.0.2.7:1000", "203.0.113.9", "192.0.2.7"},
		{"192.0.2.7:1000", "127.0.0.1", "192.0.2.7"},
		{"10.0.0.1:1000", "203.0.113.9", "10.0.0.1"},
		{"127.0.0.1:1000", "203.0.113.9", "203.0.113.9"},
		{"127.0.0.1:1000", "198.51.100.1, 203.0.113.9", "203.0.113.9"},
		{"127.0.0.1:1000", "198.51.100.1,\n203.0.113.9", "203.0.113.9"},
		{"127.0.0.1:1000", "unknown", "127.0.0.1"},
		{"127.0.0.1:1000", "", "127.0.0.1"},
		{"[::1]:1000", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"[2001:db8:1:2::9]:1000", "", "2001:db8:1:2::/64"},
		{"[2001:db8:1:2:ffff::9]:1000", "203.0.113.9", "2001:db8:1:2::/64"},
		{"[::ffff:192.0.2.7]:1000", "", "192.0.2.7"},
		{"[::ffff:127.0.0.1]:1000", "203.0.113.9", "203.0.113.9"},
		{"[fe80::1%eth0]:1000", "", "fe80::/64"},
		{"a pipe", "203.0.113.9", "unknown"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.RemoteAddr = c.peer
		for line := range strings.SplitSeq(c.said, "\n") {
			if line != "" {
				r.Header.Add("X-Forwarded-For", line)
			}
		}
		r.Header.Set("X-Real-Ip", "203.0.113.77")
		r.Header.Set("Forwarded", "for=203.0.113.77")
		if got := portal.Source(r); got != c.want {
			t.Errorf("%s saying %q: got %q, want %q", c.peer, c.said, got, c.want)
		}
	}
}
