// Package leaktest holds a test against what it leaves behind: goroutines that
// still run and descriptors that are still open when it has ended and stopped
// everything it began. Only for tests that do not run beside others (t.Parallel).
//
// Start reading at Check.
package leaktest

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// patience is how long what was told to stop may take; a check that succeeds
// earlier ends at once.
const patience = 10 * time.Second

// Check notes what runs and is open now. At the end of the test, after what the
// test itself cleans up later than this call, it fails with the stack of each
// goroutine and the name of each descriptor that is new.
func Check(t testing.TB) {
	t.Helper()
	check(t, patience)
}

func check(t testing.TB, patience time.Duration) {
	t.Helper()
	goroutines, files := running(), open(t)
	t.Cleanup(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		var left []string
		for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
			left = left[:0]
			for id, stack := range running() {
				if _, before := goroutines[id]; !before {
					left = append(left, stack)
				}
			}
			for name, what := range open(t) {
				if files[name] != what {
					left = append(left, "descriptor "+name+": "+what)
				}
			}
			if len(left) == 0 {
				return
			}
		}
		t.Errorf("%d are left behind:\n\n%s", len(left), strings.Join(left, "\n\n"))
	})
}

// ours are goroutines that the runtime and the test program begin once, when they
// are first needed.
var ours = []string{"testing.(*T).Run", "testing.tRunner(", "os/signal.signal_recv", "os/signal.loop", "runtime.ensureSigM", "leaktest.running"}

// running gives the stack of every goroutine by its number.
func running() map[string]string {
	buffer := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buffer, true)
		if n < len(buffer) {
			buffer = buffer[:n]
			break
		}
		buffer = make([]byte, 2*len(buffer))
	}
	out := map[string]string{}
next:
	for stack := range strings.SplitSeq(string(buffer), "\n\n") {
		for _, name := range ours {
			if strings.Contains(stack, name) {
				continue next
			}
		}
		number, _, _ := strings.Cut(strings.TrimPrefix(stack, "goroutine "), " ")
		out[number] = stack
	}
	return out
}

// open gives what every descriptor is, but for those of the runtime's own poller.
func open(t testing.TB) map[string]string {
	t.Helper()
	const dir = "/proc/self/fd"
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range entries {
		what, err := os.Readlink(filepath.Join(dir, e.Name()))
		if err != nil || strings.HasPrefix(what, "anon_inode:") || strings.HasPrefix(what, "/proc/") {
			continue // closed meanwhile, or the look itself
		}
		out[e.Name()] = what
	}
	return out
}
