package milter

import (
	"bufio"
	"encoding/binary"
	"net"
)

// The library reads each packet in two calls, its length and then the rest, and
// writes an answer in two. Postfix has no need for that: it writes dozens of small
// packets at once. So connections are read ahead and answers leave whole; for a
// mail of a few kilobytes that is a tenth of the system calls.

// readAhead is how many octets of a connection are taken in at once. Postfix's own
// buffer for a connection has 4,096; what is longer, a chunk of a long body, goes
// past this one.
const readAhead = 4 << 10

// packetHead is the length of a packet and its code.
const packetHead = 5

// aheadListener gives connections that are read ahead.
type aheadListener struct{ net.Listener }

// Accept waits for Postfix.
func (l aheadListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &aheadConn{Conn: c, in: bufio.NewReaderSize(c, readAhead)}, nil
}

// aheadConn is one connection of Postfix. Reading and writing may go on side by
// side, but only one of each.
type aheadConn struct {
	net.Conn
	in   *bufio.Reader
	head [packetHead]byte // of a packet whose rest is still to come
	held bool             // there is one
}

// Read reads what is there, no more than one call of the system.
func (c *aheadConn) Read(p []byte) (int, error) { return c.in.Read(p) }

// Write holds the head of a packet back until the rest of it comes.
func (c *aheadConn) Write(p []byte) (int, error) {
	switch {
	case c.held:
		c.held = false
		if _, err := c.Conn.Write(append(c.head[:], p...)); err != nil {
			return 0, err
		}
		return len(p), nil
	case len(p) == packetHead && binary.BigEndian.Uint32(p) > 1: // 1: the code alone
		c.held = true
		return copy(c.head[:], p), nil
	}
	return c.Conn.Write(p)
}
