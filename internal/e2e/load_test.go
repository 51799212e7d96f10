package e2e_test

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/milter/miltertest"
)

// gauges are what a daemon holds, as its own metrics say.
type gauges struct{ goroutines, files, memory float64 }

func gaugesOf(t *testing.T, s *e2etest.Postseal) (g gauges) {
	t.Helper()
	text := s.Metrics()
	for name, into := range map[string]*float64{"go_goroutines": &g.goroutines, "process_open_fds": &g.files, "process_resident_memory_bytes": &g.memory} {
		m := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("no %s in the metrics", name)
		}
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		*into = n
	}
	return g
}

// TestLoad holds 1,000 milter connections and 1,000 to the website open, and then
// sends a burst: the service goes on, what it answers is sealed or 451, its memory
// stays bounded, and afterwards it holds what it held before. LOAD_MESSAGES is the
// size of the burst. Promises 1 and 2
func TestLoad(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{})
	s.accepted(staff, []string{outside}, composed("[SECURE] warm", "", planted)) // what is made once is made
	s.sealedFor(s.Outside, outside)
	before := gaugesOf(t, s.seal)
	const held = 1000
	const most = 400 << 20 // octets; each message in hand holds up to 256 KiB and its container

	t.Log("before", before)
	milters := openMilters(t, s.MilterSocket, held)
	pages := openPages(t, s.seal, held)
	full := gaugesOf(t, s.seal)
	t.Logf("with %d connections each: %v", held, full)
	if full.files < 2*held {
		t.Errorf("only %v open files: the connections are not held", full.files)
	}
	if full.memory-before.memory > most {
		t.Errorf("memory grew by %.0f MB", (full.memory-before.memory)/(1<<20))
	}
	raw := composed("[SECURE] beside the crowd", "", planted)
	s.accepted(staff, []string{"beside@firm.example"}, raw)
	s.envelopeFor(s.Outside, "beside@firm.example", raw)
	for _, c := range append(milters, pages...) {
		c.Close()
	}

	sealed, later := s.burst(t, stormSize(t, "LOAD_MESSAGES", 200))
	after := gaugesOf(t, s.seal)
	t.Logf("burst: %d sealed, %d asked to come again; %v", sealed, later, after)
	if after.memory-before.memory > most {
		t.Errorf("memory grew by %.0f MB", (after.memory-before.memory)/(1<<20))
	}
	s.WaitIdle()
	const spare = 40 // idle connections to Redis, a sweep
	e2etest.Eventually(t, "the daemon to let go of what it held", func() bool {
		now := gaugesOf(t, s.seal)
		return now.goroutines < before.goroutines+spare && now.files < before.files+spare
	})
	t.Log("in the end", gaugesOf(t, s.seal))
}

// openMilters opens connections and begins the protocol on each, as Postfix does.
func openMilters(t *testing.T, socket string, n int) []net.Conn {
	t.Helper()
	hello := binary.BigEndian.AppendUint32(nil, 13)
	hello = append(hello, 'O')
	for _, field := range []uint32{6, 0x1ff, 0x1fffff} { // version, actions, protocol
		hello = binary.BigEndian.AppendUint32(hello, field)
	}
	return many(t, n, func() (net.Conn, error) {
		c, err := net.Dial("unix", socket)
		if err != nil {
			return nil, err
		}
		_ = c.SetDeadline(time.Now().Add(e2etest.Patience))
		if _, err := c.Write(hello); err != nil {
			return nil, err
		}
		var size [5]byte
		if _, err := c.Read(size[:]); err != nil {
			return nil, err
		}
		if size[4] != 'O' {
			return nil, fmt.Errorf("answer %q to the greeting", size[4])
		}
		return c, nil
	})
}

// openPages opens connections, asks for the first page on each and keeps them.
func openPages(t *testing.T, s *e2etest.Postseal, n int) []net.Conn {
	t.Helper()
	u, err := url.Parse(s.PortalURL)
	if err != nil {
		t.Fatal(err)
	}
	config := s.Client.Transport.(*http.Transport).TLSClientConfig
	return many(t, n, func() (net.Conn, error) {
		c, err := tls.Dial("tcp", u.Host, &tls.Config{RootCAs: config.RootCAs, ServerName: u.Hostname()})
		if err != nil {
			return nil, err
		}
		_ = c.SetDeadline(time.Now().Add(e2etest.Patience))
		req, err := http.NewRequest(http.MethodGet, s.PortalURL+"/", nil)
		if err != nil {
			return nil, err
		}
		if err := req.Write(c); err != nil {
			return nil, err
		}
		r, err := http.ReadResponse(bufio.NewReader(c), req)
		if err != nil {
			return nil, err
		}
		if r.StatusCode >= 500 {
			return nil, fmt.Errorf("the first page answers %s", r.Status)
		}
		return c, nil
	})
}

// many opens n connections, some at a time.
func many(t *testing.T, n int, open func() (net.Conn, error)) (all []net.Conn) {
	t.Helper()
	var mu sync.Mutex
	var next atomic.Int64
	var hands sync.WaitGroup
	for range 16 {
		hands.Go(func() {
			for next.Add(1) <= int64(n) {
				c, err := open()
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				all = append(all, c)
				mu.Unlock()
			}
		})
	}
	hands.Wait()
	t.Cleanup(func() {
		for _, c := range all {
			c.Close()
		}
	})
	return all
}

// burst hands messages to the milter from more clients than it decides at one
// time, and tells what became of them. None may pass.
func (s *site) burst(t *testing.T, n int) (sealed, later int64) {
	t.Helper()
	const clients = 100 // Postfix's default_process_limit
	var next, discarded, tempfailed atomic.Int64
	var hands sync.WaitGroup
	for range clients {
		hands.Go(func() {
			for {
				i := next.Add(1)
				if i > int64(n) {
					return
				}
				got, err := miltertest.Send(t.Context(), "unix:"+s.MilterSocket, burstMail(i))
				switch {
				case err != nil:
					t.Error(err)
				case got.Action == miltertest.Discard:
					discarded.Add(1)
				case got.Action == miltertest.TempFail || got.Code/100 == 4:
					tempfailed.Add(1)
				default:
					t.Errorf("message %d: %+v", i, got)
				}
			}
		})
	}
	hands.Wait()
	sealed, later = discarded.Load(), tempfailed.Load()
	if sealed+later != int64(n) {
		t.Errorf("%d of %d messages were answered", sealed+later, n)
	}
	if sealed < int64(n)*9/10 { // a burst waits for its turn
		t.Errorf("only %d of %d were sealed", sealed, n)
	}
	s.WaitIdle()
	arrived := map[string]int{}
	for _, d := range s.Outside.All() {
		for _, to := range d.To() {
			if strings.HasPrefix(to, "burst") && e2etest.IsSealed(t, d.Raw) {
				arrived[to]++
			}
		}
	}
	if int64(len(arrived)) < sealed {
		t.Errorf("%d were sealed, %d arrived", sealed, len(arrived))
	}
	return sealed, later
}

func burstMail(i int64) miltertest.Mail {
	to := fmt.Sprintf("burst%d@firm.example", i)
	field := func(name, value string) miltertest.Field { return miltertest.Field{Name: name, Value: " " + value} }
	return miltertest.Mail{
		ClientIP: netip.MustParseAddr("127.0.0.1"), ClientName: "localhost", From: staff, QueueID: fmt.Sprintf("4LOAD%d", i), Rcpts: []miltertest.Rcpt{{Address: to}},
		Header: []miltertest.Field{field("From", "<"+staff+">"), field("To", "<"+to+">"), field("Subject", fmt.Sprintf("[SECURE] burst %d", i)),
			field("Date", "Sun, 22 Nov 2026 10:00:00 +0000"), field("Message-ID", fmt.Sprintf("<burst%d@example.gov.uk>", i))},
		Body: []byte(strings.Repeat("The pelargonium is in the greenhouse.\r\n", 100)),
	}
}
