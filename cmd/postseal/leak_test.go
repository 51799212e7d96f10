package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/leaktest"
)

// A daemon that served, lost Redis and had it back, and whose clients went in the
// midst of an upload or never read, stops without leaving a goroutine,
// a connection, a file or a worker behind.
func TestServeLeavesNothing(t *testing.T) {
	leaktest.Check(t)
	w := newDays(t)
	d, stop, ended := w.third()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("it ended with %v", err)
		}
		w.http.CloseIdleConnections()
	}()

	w.write() // by the other two, which share Redis and shelf
	l := w.letters[0]
	get := func() {
		r, err := w.http.Get(d.cfg.Portal.URL + "/m/" + l.id.String() + "?t=" + l.secret.Encode())
		w.must(err)
		_, _ = io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
	get()
	w.redis.Stop()
	get()
	d.worker.Kick()
	w.redis.Start()
	get()
	for _, path := range []string{"/api/v1/reply", "/open"} {
		cut := w.dialed(d.cfg.Portal.Listen)
		fmt.Fprintf(cut, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000000\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n%s", path, strings.Repeat("x", 1<<20))
		cut.Close()
	}
	deaf := w.dialed(d.cfg.Portal.Listen)
	for range 100 { // asks, and never reads
		if _, err := fmt.Fprintf(deaf, "GET /help HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			break
		}
	}
	if r, err := http.Get("http://" + d.operatorListener.Addr().String() + "/metrics"); err == nil {
		_, _ = io.Copy(io.Discard, r.Body)
		r.Body.Close()
		http.DefaultClient.CloseIdleConnections()
	}
}

func (w *days) dialed(address string) net.Conn {
	w.Helper()
	c, err := net.Dial("tcp", address)
	w.must(err)
	w.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return c
}
