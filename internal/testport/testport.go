// Package testport gives tests TCP ports that stay theirs. A port asked of the
// system by listening on :0 and letting go again can be taken by any outgoing
// connection or other test before the server under test binds it; these lie
// below the range that the system hands out by itself, and a lock keeps other
// test binaries of the same run away from them.
package testport

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// Ports of first to last are tried. Linux gives outgoing connections ports from
// 32768 on (ip_local_port_range).
const (
	first = 20000
	last  = 31999
)

var (
	mu   sync.Mutex
	next = first + os.Getpid()*97%(last-first) // test binaries start at different places
)

// Free gives a port of 127.0.0.1 that nobody listens on and that no other test
// is given until this one ends.
func Free(t testing.TB) int {
	t.Helper()
	mu.Lock()
	defer mu.Unlock()
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("postseal-ports-%d", os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for range last - first {
		port := next
		if next++; next > last {
			next = first
		}
		lock, err := os.OpenFile(filepath.Join(dir, fmt.Sprint(port)), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil && bindable(port) {
			t.Cleanup(func() { lock.Close() })
			return port
		}
		lock.Close()
	}
	t.Fatalf("no free port from %d to %d", first, last)
	return 0
}

// Listener listens on a port of 127.0.0.1 that the system chooses, until the test ends.
func Listener(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// Address is Free as "127.0.0.1:port".
func Address(t testing.TB) string {
	t.Helper()
	return fmt.Sprintf("127.0.0.1:%d", Free(t))
}

func bindable(port int) bool {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	l.Close()
	return true
}
