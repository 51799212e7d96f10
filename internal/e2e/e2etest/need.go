package e2etest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// Patience is how long a wait lasts before it fails the test. It is long since
// the machine may be busy; a wait that succeeds ends at once.
const Patience = 60 * time.Second

// pollEvery is how often a state is looked at that cannot be waited for.
const pollEvery = 20 * time.Millisecond

// Need gives the path of a program. It fails the test when the program is
// missing, or skips it when POSTSEAL_NO_SERVICES=1.
func Need(t testing.TB, program string) string {
	t.Helper()
	for _, dir := range []string{"", "/usr/sbin", "/usr/local/sbin", "/usr/bin"} {
		name := program
		if dir != "" {
			name = filepath.Join(dir, program)
		}
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("POSTSEAL_NO_SERVICES") == "1" {
		t.Skipf("%s is not installed and POSTSEAL_NO_SERVICES=1", program)
	}
	t.Fatalf("%s is not installed: apt-get install %s, or set POSTSEAL_NO_SERVICES=1 to leave this test out", program, packageOf(program))
	return ""
}

func packageOf(program string) string {
	switch program {
	case "postfix", "postconf", "postmap":
		return "postfix"
	case "clamd":
		return "clamav-daemon"
	default:
		return program
	}
}

// NeedRoot fails the test unless it runs as root, which Postfix's master(8)
// needs, or skips it when POSTSEAL_NO_SERVICES=1.
func NeedRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("POSTSEAL_NO_SERVICES") == "1" {
		t.Skip("Postfix must be started as root and POSTSEAL_NO_SERVICES=1")
	}
	t.Fatal("Postfix must be started as root (its master program insists): run as root, or set POSTSEAL_NO_SERVICES=1")
}

// ShortDir makes a directory with a path short enough for unix sockets, which
// others than its owner may enter, and removes it when the test ends.
func ShortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "ps")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Loopback gives "127.0.0.1:port".
func Loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// Eventually looks until holds says so, and fails the test with what after
// Patience.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	deadline := time.After(Patience)
	for {
		if holds() {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("after %v: not yet: %s", Patience, what)
		}
	}
}

// Root gives the directory of the module.
func Root(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("no caller information")
	}
	return filepath.Join(filepath.Dir(file), "..", "..", "..")
}

func listening(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}
