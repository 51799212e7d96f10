package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/testport"
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
	cfg := w.config("three", map[string]string{"REENTRY": testport.Listener(t).Addr().String(), "INBOUND": testport.Listener(t).Addr().String()})
	d, err := newDaemon(cfg, daemonOptions{log: slog.New(slog.DiscardHandler)})
	w.must(err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	heard("READY=1")
	w.dialed(cfg.Portal.Listen).Close()
	stop()
	heard("STOPPING=1")
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
