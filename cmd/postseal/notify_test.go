package main

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The service manager hears that the daemon serves when it does, and that it stops
// before it lets messages end: what waits for one waits long enough.
func TestTellsSystemd(t *testing.T) {
	dir, err := os.MkdirTemp("", "ps") // short: a socket's path has 108 octets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "n"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_ = l.SetReadDeadline(time.Now().Add(patience))
	heard := func(want string) {
		t.Helper()
		b := make([]byte, 100)
		if n, err := l.Read(b); err != nil || string(b[:n]) != want {
			t.Fatalf("systemd heard %q, %v, want %s", b[:n], err, want)
		}
	}
	w := newDays(t)
	t.Setenv("NOTIFY_SOCKET", l.LocalAddr().String()) // for this daemon, not for those of newDays
	d, stop, ended := w.third()
	heard("READY=1")
	w.dialed(d.cfg.Portal.Listen).Close()
	stop()
	heard("STOPPING=1")
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
