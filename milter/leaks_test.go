package milter_test

import (
	"context"
	"encoding/binary"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/leaktest"
	"github.com/postseal/postseal/milter"
	"github.com/postseal/postseal/milter/miltertest"
)

// Messages that are sealed, that meet a fault of each collaborator, whose client goes
// in the midst, and that are still in hand when the daemon is told to stop leave no
// goroutine and no file behind: a file without a name stays on the disk as long as
// it is open, with the message in it (promise 4).
func TestNothingIsLeft(t *testing.T) {
	leaktest.Check(t)
	w := newWorld(t)
	socket := w.serve()
	big := strings.Replace(message("[SECURE] x", outside), "Dear all", noise(2*milter.MemoryBody)+"Dear all", 1)
	for _, call := range []string{"", "resolve", "lookup", "shelf", "prepare", "relay", "queued"} {
		if call != "" {
			w.faults.set(call, "failed")
		}
		m := handed(strings.Replace(big, "<one@", "<"+call+"@", 1), outside)
		sendOnly(t, socket, m)
		w.faults.heal()
		w.f.WaitBackground()
	}
	for range 3 { // cut off after the body's first part
		cutOff(t, socket, noise(2*milter.MemoryBody))
	}
	held := make(chan struct{})
	w.maps.before = sync.OnceFunc(func() { close(held) })
	gone, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		<-held
		cancel() // while it is decided
	}()
	_, _ = miltertest.Send(gone, socket, handed(strings.Replace(big, "<one@", "<left@", 1), outside))
}

// cutOff begins a message with a body and goes.
func cutOff(t *testing.T, socket, body string) {
	t.Helper()
	c, err := net.Dial("unix", strings.TrimPrefix(socket, "unix:"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	packet := func(kind byte, data string) {
		p := binary.BigEndian.AppendUint32(nil, uint32(len(data)+1))
		if _, err := c.Write(append(append(p, kind), data...)); err != nil {
			t.Fatal(err)
		}
	}
	packet('O', "\x00\x00\x00\x06\x00\x00\x01\xff\x00\x1f\xff\xff")
	var answer [17]byte
	if _, err := c.Read(answer[:]); err != nil || answer[4] != 'O' {
		t.Fatalf("answer %q, %v", answer, err)
	}
	packet('C', "client\x004\x00\x19192.0.2.7\x00")
	packet('M', "<jane@council.example>\x00")
	packet('R', "<"+outside+">\x00")
	packet('L', "Subject\x00[SECURE] x\x00")
	packet('N', "")
	for len(body) > 0 {
		n := min(len(body), 60_000)
		packet('B', body[:n])
		body = body[n:]
	}
}
