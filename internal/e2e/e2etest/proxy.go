package e2etest

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/postseal/postseal/internal/testport"
)

// Proxy stands before a TCP server and can lose answers: what was asked happens,
// and who asked never hears of it.
type Proxy struct {
	Addr string // 127.0.0.1:port

	to       string
	listener net.Listener
	mu       sync.Mutex
	after    int64 // octets of a connection before its answer is lost; see Lose
	left     int
	Lost     atomic.Int64 // answers that were lost
	step     *Step
}

// Step is one place of the way between a client and a server: the nth request
// that a Proxy sees, before the server has it or after the server answered.
type Step struct {
	N       int    // counted from 1 when the step is set
	After   bool   // the server did what was asked; only its answer is missing
	Do      func() // called there, once; then the connection is cut
	Pass    bool   // the connection is not cut
	seen    int
	reached chan struct{}
}

// Set makes a step the next one to happen, in place of any other. The channel is
// closed when it was reached and Do is done.
func (p *Proxy) Set(s Step) (reached <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.reached = make(chan struct{})
	p.step = &s
	return s.reached
}

// Clear takes a step back that was not reached; false: it is under way just now, and
// its channel will be closed, unless what it waits for never comes.
func (p *Proxy) Clear() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	was := p.step != nil
	p.step = nil
	return was
}

// asked counts a request and gives the step when it is this one's.
func (p *Proxy) asked() *Step {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.step
	if s == nil {
		return nil
	}
	if s.seen++; s.seen != s.N {
		return nil
	}
	p.step = nil
	return s
}

func (s *Step) happen() {
	s.Do()
	close(s.reached)
}

// NewProxy listens before a server at an address.
func NewProxy(t testing.TB, to string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", testport.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Addr: l.Addr().String(), to: to, listener: l}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	return p
}

// Lose makes the next n answers get lost that a server gives to somebody who sent
// it at least so many octets on the connection since its last answer.
func (p *Proxy) Lose(n int, octets int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left, p.after = n, octets
}

func (p *Proxy) loses(asked int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left == 0 || asked < p.after || asked == 0 {
		return false
	}
	p.left--
	p.Lost.Add(1)
	return true
}

func (p *Proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer server.Close()
	c := &conversation{proxy: p, client: client, server: server, answered: true}
	go c.ask()
	c.answer()
}

// conversation is one connection through a Proxy.
type conversation struct {
	proxy          *Proxy
	client, server net.Conn
	mu             sync.Mutex
	octets         int64 // asked since the last answer
	answered       bool  // what comes next from the client is a new request
	after          *Step // happens at the next answer
}

// ask passes on what the client says.
func (c *conversation) ask() {
	defer c.server.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := c.client.Read(buf)
		if err != nil {
			return
		}
		c.mu.Lock()
		c.octets += int64(n)
		var now *Step
		if c.answered {
			c.answered = false
			if now = c.proxy.asked(); now != nil && now.After {
				c.after, now = now, nil
			}
		}
		c.mu.Unlock()
		if now != nil {
			if now.happen(); !now.Pass {
				return
			}
		}
		if _, err := c.server.Write(buf[:n]); err != nil {
			return
		}
	}
}

// answer passes on what the server says, unless it is to be lost.
func (c *conversation) answer() {
	buf := make([]byte, 64<<10)
	for {
		n, err := c.server.Read(buf)
		if err != nil {
			return
		}
		c.mu.Lock()
		octets, after := c.octets, c.after
		c.octets, c.answered = 0, true
		c.mu.Unlock()
		if after != nil {
			after.happen()
			return
		}
		if c.proxy.loses(octets) {
			return
		}
		if _, err := c.client.Write(buf[:n]); err != nil {
			return
		}
	}
}
