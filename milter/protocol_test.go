package milter_test

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/milter"
	"github.com/postseal/postseal/milter/miltertest"
	"github.com/postseal/postseal/policy"
)

// serve lets the world's filter listen and gives the socket.
func (w *world) serve() string {
	w.t.Helper()
	return w.serveOn(func(l net.Listener) net.Listener { return l })
}

// serveOn is serve on a listener of ours around the real one.
func (w *world) serveOn(around func(net.Listener) net.Listener) string {
	w.t.Helper()
	dir, err := os.MkdirTemp("", "ps") // short: a socket's path has 108 octets
	if err != nil {
		w.t.Fatal(err)
	}
	socket := filepath.Join(dir, "m.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		w.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- w.f.Serve(around(l)) }()
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := w.f.Shutdown(ctx); err != nil {
			w.t.Errorf("shutdown: %v", err)
		}
		if err := <-done; err != nil {
			w.t.Errorf("serve: %v", err)
		}
		os.RemoveAll(dir)
	})
	return "unix:" + socket
}

func (w *world) send(socket string, m miltertest.Mail) miltertest.Result {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	r, err := miltertest.Send(ctx, socket, m)
	if err != nil {
		w.t.Fatal(err)
	}
	w.f.WaitBackground()
	return r
}

// handed is one mail as Postfix hands it over.
func handed(raw string, rcpts ...string) miltertest.Mail {
	m := miltertest.Mail{ClientIP: netip.MustParseAddr("192.0.2.7"), Login: "jane@council.example", From: "jane@council.example", QueueID: "4QUEUE1"}
	m.SetMessage([]byte(raw))
	for _, r := range rcpts {
		m.Rcpts = append(m.Rcpts, miltertest.Rcpt{Address: r})
	}
	return m
}

func TestProtocol(t *testing.T) {
	w := newWorld(t)
	w.maps.to["list@council.example"] = []string{inside, other}
	socket := w.serve()
	m := handed(message("[SECURE] greenhouse", outside), inside, outside, "list@council.example")
	m.FromArgs = "SIZE=300 BODY=8BITMIME RET=HDRS ENVID=e+3D1"
	m.Rcpts[1].Args = "NOTIFY=SUCCESS ORCPT=rfc822;" + outside
	got := w.send(socket, m)
	if got.Action != miltertest.Accept || !slices.Equal(got.Recipients, []string{inside, inside}) {
		t.Errorf("got %+v", got)
	}
	sent := w.out.Sent()
	if len(sent) != 1 || len(sent[0].Recipients) != 2 || sent[0].EnvelopeID != "e=1" || sent[0].Return != "HDRS" || sent[0].Recipients[0].Notify != "SUCCESS" {
		t.Fatalf("relayed %+v", sent)
	}
	if x := sent[0].Client; x.Addr != "192.0.2.7" || x.Ident != "4QUEUE1" {
		t.Errorf("XFORWARD %+v", x)
	}
	if got := w.send(socket, handed(message("[SECURE] again", outside), outside)); got.Action != miltertest.Discard {
		t.Errorf("got %+v", got)
	}
	if got := w.send(socket, handed(message("plain", outside), outside)); got.Action != miltertest.Accept || !slices.Equal(got.Recipients, []string{outside}) {
		t.Errorf("got %+v", got)
	}
	if got := w.send(socket, handed(message("x", "x@closed.example"), "x@closed.example")); got.Code != 550 || !strings.HasPrefix(got.Text, "5.7.1 ") || !strings.Contains(got.Text, "x@closed.example") {
		t.Errorf("got %+v", got)
	}
}

// fields makes header fields of names and values in turn.
func fields(pairs ...string) []miltertest.Field {
	var out []miltertest.Field
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, miltertest.Field{Name: pairs[i], Value: pairs[i+1]})
	}
	return out
}

// What is sealed is what Postfix handed over, octet for octet.
func TestRoundTrip(t *testing.T) {
	eight := string([]byte{0x80, 0xff, 0xfe, 0xe9})
	for name, m := range map[string]struct {
		header []miltertest.Field
		body   string
		want   string
	}{
		"odd header": {
			fields("Subject", "  two spaces [SECURE]", "X-Tab", "\ttab", "X-None", "none", "X-Empty", "", "X-Space", " ",
				"X-Fold", " a\n\t b\n  c ", "X-Early", "\n late", "x-CASE", " kept", "X-Cr", " a\rb", "X-8", " "+eight, "Bcc", " gone@x.example"),
			"text\r\n",
			"Subject:  two spaces [SECURE]\r\nX-Tab:\ttab\r\nX-None:none\r\nX-Empty:\r\nX-Space: \r\n" +
				"X-Fold: a\r\n\t b\r\n  c \r\nX-Early:\r\n late\r\nx-CASE: kept\r\nX-Cr: a\rb\r\nX-8: " + eight + "\r\n\r\ntext\r\n",
		},
		"odd body": {fields("Subject", " [SECURE]"), "nul \x00, " + eight + "\r\n.\r\n\r\nlone \r and \n, no end",
			"Subject: [SECURE]\r\n\r\nnul \x00, " + eight + "\r\n.\r\n\r\nlone \r and \n, no end"},
		"no body":  {fields("Subject", " [SECURE]"), "", "Subject: [SECURE]\r\n\r\n"},
		"big body": {fields("Subject", " [SECURE]"), noise(3 << 20), "Subject: [SECURE]\r\n\r\n" + noise(3<<20)},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			mail := handed("", outside)
			mail.Header, mail.Body = m.header, []byte(m.body)
			if got := w.send(w.serve(), mail); got.Action != miltertest.Discard {
				t.Fatalf("got %+v", got)
			}
			got, _ := w.opened(w.out.Sent()[0])
			if !bytes.Equal(got, []byte(m.want)) {
				t.Errorf("got %.300q, want %.300q", got, m.want)
			}
		})
	}
}

// Over a limit: words, never cut short, never passed, nothing left behind.
func TestLimits(t *testing.T) {
	many := make([]string, 6)
	for i := range many {
		many[i] = string(rune('a'+i)) + "@council.example"
	}
	for _, c := range []struct {
		name   string
		limits milter.Limits
		mail   miltertest.Mail
		code   int
	}{
		{"fields", milter.Limits{Fields: 4}, handed(message("x", inside), inside), 552},
		{"header", milter.Limits{HeaderBytes: 100}, handed(message("x", inside), inside), 552},
		{"body", milter.Limits{BodyBytes: 10}, handed(message("x", inside), inside), 552},
		{"recipients", milter.Limits{Recipients: 5}, handed(message("x", inside), many...), 452},
	} {
		w := newWorld(t)
		w.f.Limits = c.limits
		got := w.send(w.serve(), c.mail)
		if got.Code != c.code || !strings.Contains(got.Text, "lease") {
			t.Errorf("%s: got %+v, want %d with words", c.name, got, c.code)
		}
	}
}

func TestPanicInTheProtocolIsLater(t *testing.T) {
	w := newWorld(t)
	w.f.Policy = func() *policy.File { return nil }
	if got := w.send(w.serve(), handed(message("[SECURE] x", outside), outside)); got.Code != 451 || !strings.HasPrefix(got.Text, "4.3.0") {
		t.Errorf("got %+v", got)
	}
}

// A decision that does not end is answered 451 while it goes on, with progress
// packets before.
func TestDeadline(t *testing.T) {
	w := newWorld(t)
	release := make(chan struct{})
	w.maps.before = func() { <-release }
	w.f.Limits.Deadline = 50 * time.Millisecond
	w.f.SetPatience(5*time.Millisecond, 50*time.Millisecond)
	got := w.send(w.serve(), handed(message("[SECURE] x", outside), outside))
	if got.Code != 451 || !strings.HasPrefix(got.Text, "4.3.2") {
		t.Errorf("got %+v", got)
	}
	close(release)
}

func TestBusy(t *testing.T) {
	w := newWorld(t)
	release, entered := make(chan struct{}), make(chan struct{})
	var once sync.Once
	w.maps.before = func() { once.Do(func() { close(entered); <-release }) }
	w.f.Limits.Concurrent, w.f.Limits.Turn = 1, time.Millisecond
	socket := w.serve()
	first := make(chan miltertest.Result, 1)
	go func() { first <- w.send(socket, handed(message("plain", outside), outside)) }()
	<-entered
	if got := w.send(socket, handed(message("plain", outside), outside)); got.Code != 451 || !strings.HasPrefix(got.Text, "4.3.2") {
		t.Errorf("got %+v", got)
	}
	close(release)
	if got := <-first; got.Action != miltertest.Accept {
		t.Errorf("got %+v", got)
	}
}

// A burst waits for its turn; nobody is sent away who could be served soon.
func TestBurstWaitsForItsTurn(t *testing.T) {
	w := newWorld(t)
	release, entered := make(chan struct{}), make(chan struct{})
	var once sync.Once
	w.maps.before = func() { once.Do(func() { close(entered); <-release }) }
	w.f.Limits.Concurrent = 1
	w.f.SetPatience(time.Millisecond, time.Second)
	socket := w.serve()
	const clients = 5
	answers := make(chan miltertest.Result, clients)
	send := func() { answers <- w.send(socket, handed(message("plain", outside), outside)) }
	go send()
	<-entered
	for range clients - 1 {
		go send()
	}
	close(release)
	for range clients {
		if got := <-answers; got.Action != miltertest.Accept {
			t.Errorf("got %+v", got)
		}
	}
}

// Who the client is: signed in, sendmail(1), neither.
func TestClients(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*miltertest.Mail)
		want   miltertest.Action
	}{
		{"signed in", func(*miltertest.Mail) {}, miltertest.Accept},
		{"sendmail", func(m *miltertest.Mail) { m.Login, m.ClientIP = "", netip.Addr{} }, miltertest.Accept},
		{"stranger", func(m *miltertest.Mail) { m.Login = "" }, miltertest.Reject},
		{"stranger on loopback", func(m *miltertest.Mail) { m.Login, m.ClientIP = "", netip.MustParseAddr("127.0.0.1") }, miltertest.Reject},
		{"IPv6", func(m *miltertest.Mail) { m.ClientIP = netip.MustParseAddr("2001:db8::7") }, miltertest.Accept},
		{"null sender", func(m *miltertest.Mail) { m.From = "" }, miltertest.Accept},
		{"bad recipient", func(m *miltertest.Mail) { m.Rcpts[0].Address = "no at sign" }, miltertest.Reject},
		{"no recipient", func(m *miltertest.Mail) { m.Rcpts[0].Address = "" }, miltertest.Reject},
		{"a field that ends early", func(m *miltertest.Mail) { m.Header[0].Value = " x\nSubject: [SECURE]" }, miltertest.TempFail},
	} {
		w := newWorld(t)
		m := handed(message("plain", outside), outside)
		c.change(&m)
		if got := w.send(w.serve(), m); got.Action != c.want {
			t.Errorf("%s: got %+v, want %s", c.name, got, c.want)
		}
	}
}

func TestNullSenderIsSealedToo(t *testing.T) {
	w := newWorld(t)
	m := handed(message("[SECURE] I am away", outside), outside)
	m.From = ""
	if got := w.send(w.serve(), m); got.Action != miltertest.Discard {
		t.Fatalf("got %+v", got)
	}
	if from := w.out.Sent()[0].From; from != (addr.Address{}) {
		t.Errorf("MAIL FROM %s, want <>", from)
	}
}

// Header values with NUL never come from Postfix; the connection ends, which
// Postfix answers with 451.
func TestNulInHeaderIsNoAnswer(t *testing.T) {
	w := newWorld(t)
	m := handed(message("x", outside), outside)
	m.Header[0].Value = " a\x00b"
	if r, err := miltertest.Send(t.Context(), w.serve(), m); err == nil {
		t.Errorf("got %+v, want no answer", r)
	}
}

func TestCheckNamesWhatIsMissing(t *testing.T) {
	if err := (&milter.Filter{}).Check(); err == nil || !strings.Contains(err.Error(), "Policy") {
		t.Errorf("got %v", err)
	}
}

// Told to stop before it listened: it is no failure.
func TestServeAfterShutdown(t *testing.T) {
	w := newWorld(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := w.f.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.f.Serve(l); err != nil {
		t.Errorf("Serve after Shutdown: %v, want nil", err)
	}
}
