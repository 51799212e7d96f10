// Package hostile holds what tests of hostile mail share: the payloads of
// testdata/html, and a server that would be called if one of them worked.
package hostile

import (
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// fewest is how many payloads there are at least; less is a folder half read.
const fewest = 70

// Payloads gives those of testdata/html, each a piece of HTML.
func Payloads(t testing.TB) []string {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	folder := filepath.Join(filepath.Dir(here), "..", "..", "testdata", "html")
	var all []struct{ Payload string }
	b, err := os.ReadFile(filepath.Join(folder, "dompurify.json"))
	if err == nil {
		err = json.Unmarshal(b, &all)
	}
	lines, err2 := os.ReadFile(filepath.Join(folder, "leaks.txt"))
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	var out []string
	for _, p := range all {
		out = append(out, p.Payload)
	}
	out = append(out, strings.Split(strings.TrimSpace(strings.ReplaceAll(string(lines), "TRACKER", "http://tracker.example")), "\n")...)
	if len(out) < fewest {
		t.Fatalf("only %d payloads", len(out))
	}
	return out
}

// Trap is a server that nobody may call: every name of the internet leads to it.
type Trap struct {
	addr  string
	mu    sync.Mutex
	calls []string // the first bytes of each
}

// NewTrap listens until the test ends.
func NewTrap(t testing.TB) *Trap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	tr := &Trap{addr: l.Addr().String()}
	go func() {
		for {
			c, err := l.Accept() // a call is counted whatever it says, TLS too
			if err != nil {
				return
			}
			go tr.note(c)
		}
	}()
	return tr
}

// Rules is Chromium's host-resolver-rules that lead all names to the trap.
func (tr *Trap) Rules() string { return "MAP * " + tr.addr + ", EXCLUDE 127.0.0.1" }

// note keeps the first bytes of a call, so that it is known who was asked for.
func (tr *Trap) note(c net.Conn) {
	defer func() { _ = c.Close() }()
	const plain = 512 // octets of a request that say enough
	first := make([]byte, 5, 1<<16+5)
	n, _ := io.ReadFull(c, first) // a connection without a word counts too
	want := plain
	if n == 5 && first[0] == 0x16 { // TLS: the name asked for stands somewhere in the first record
		want = 5 + int(first[3])<<8 + int(first[4])
	}
	first = first[:want]
	_ = c.SetReadDeadline(time.Now().Add(time.Second))
	for more := 1; n < want && more > 0; n += more {
		more, _ = c.Read(first[n:])
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.calls = append(tr.calls, strings.ToValidUTF8(string(first[:n]), "."))
}

// chromiumsOwn are what the browser asks its maker whatever page is open; no
// payload names them.
var chromiumsOwn = regexp.MustCompile(`(google|googleapis|gvt1|gstatic)\.com`)

// Heard gives the calls that the browser did not make for itself.
func (tr *Trap) Heard() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	var out []string
	for _, c := range tr.calls {
		if !chromiumsOwn.MatchString(c) {
			out = append(out, c)
		}
	}
	return out
}
