package e2etest

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
)

// endOfBody is the milter command after which the daemon decides (SMFIC_BODYEOB).
const endOfBody = 'E'

// Cutter stands between Postfix and the daemon's milter socket and can lose the
// daemon's answer: as if the network, or the machine, died in that moment.
type Cutter struct {
	armed    atomic.Int32
	cuts     atomic.Int32
	real     string
	listener net.Listener
}

// NewCutter moves a daemon's socket aside and listens in its place. Start it
// after the daemon.
func NewCutter(t testing.TB, socket string) *Cutter {
	t.Helper()
	c := &Cutter{real: socket + ".real"}
	if err := os.Rename(socket, c.real); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(socket, 0o666); err != nil {
		t.Fatal(err)
	}
	c.listener = l
	t.Cleanup(c.Close)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go c.serve(conn)
		}
	}()
	return c
}

// Lose makes the next n decisions of the daemon get lost: they are made, but
// Postfix never hears of them.
func (c *Cutter) Lose(n int32) { c.armed.Store(n) }

// Close leaves the place free for a daemon that starts anew.
func (c *Cutter) Close() { c.listener.Close() }

// Lost counts the answers that were lost so far.
func (c *Cutter) Lost() int { return int(c.cuts.Load()) }

func (c *Cutter) serve(postfix net.Conn) {
	defer postfix.Close()
	daemon, err := net.Dial("unix", c.real)
	if err != nil {
		return
	}
	defer daemon.Close()
	var deciding atomic.Bool
	go func() {
		defer daemon.Close()
		_ = packets(daemon, postfix, func(command byte) bool {
			deciding.Store(command == endOfBody)
			return true
		})
	}()
	_ = packets(postfix, daemon, func(byte) bool {
		if deciding.Load() && c.armed.Load() > 0 {
			c.armed.Add(-1)
			c.cuts.Add(1)
			return false
		}
		return true
	})
}

// maxPacket is above what any milter sends in one packet.
const maxPacket = 128 << 20

// packets copies milter packets (length, command, data) until one may not pass.
func packets(to io.Writer, from io.Reader, pass func(command byte) bool) error {
	for {
		var head [5]byte
		if _, err := io.ReadFull(from, head[:]); err != nil {
			return err
		}
		n := int64(binary.BigEndian.Uint32(head[:4]))
		if n < 1 || n > maxPacket || !pass(head[4]) {
			return io.ErrClosedPipe
		}
		if _, err := to.Write(head[:]); err != nil {
			return err
		}
		if _, err := io.CopyN(to, from, n-1); err != nil {
			return err
		}
	}
}
