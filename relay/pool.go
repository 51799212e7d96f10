package relay

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Bounds of a connection that is used for more than one mail.
const (
	// idleTime is how long one waits for the next mail: long beside the gaps of a
	// busy time, short beside Postfix's smtpd_timeout, and so short that an idle
	// daemon holds none of Postfix's processes.
	idleTime = 10 * time.Second
	// maxAge and maxMails end one that is always busy, so that a process of Postfix
	// that has not heard of a reload goes home (its smtp_connection_reuse_time_limit
	// is the same).
	maxAge   = 5 * time.Minute
	maxMails = 200
)

// connect makes a connection that has said nothing yet.
func (s *SMTP) connect(ctx context.Context) (*conversation, error) {
	network, address := "tcp", s.Addr
	if path, ok := strings.CutPrefix(s.Addr, "unix:"); ok {
		network, address = "unix", path
	}
	dial := s.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: s.timeout()}).DialContext
	}
	conn, err := dial(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTemporary, err)
	}
	return newConversation(conn, s.timeout()), nil
}

// take gives the connection that waited shortest, or nil. One on which the server
// has said something meanwhile (421 mostly) or that it has closed is no use.
func (s *SMTP) take() *conversation {
	for {
		s.mu.Lock()
		if len(s.idle) == 0 {
			s.mu.Unlock()
			return nil
		}
		c := s.idle[len(s.idle)-1]
		s.idle = s.idle[:len(s.idle)-1]
		s.mu.Unlock()
		c.idle.Stop()
		if silent(c.conn) && time.Since(c.born) < maxAge {
			return c
		}
		go part(c)
	}
}

// put keeps a connection whose mail was taken for the next one, or ends it.
func (s *SMTP) put(c *conversation) {
	if !c.unfollow() || s.Keep == 0 {
		c.leave()
		c.close()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.idle) >= s.Keep || c.mails >= maxMails || c.in.Buffered() > 0 {
		go part(c)
		return
	}
	c.idle = time.AfterFunc(idleTime, func() { s.drop(c) })
	s.idle = append(s.idle, c)
}

// drop ends a connection that nobody has taken.
func (s *SMTP) drop(c *conversation) {
	s.mu.Lock()
	i := slices.Index(s.idle, c)
	if i >= 0 {
		s.idle = slices.Delete(s.idle, i, i+1)
	}
	s.mu.Unlock()
	if i >= 0 {
		part(c)
	}
}

// part says farewell where nobody waits for the answer.
func part(c *conversation) {
	c.leave()
	c.close()
}

// Close ends the connections that wait. Mails can still be sent, each on a
// connection of its own.
func (s *SMTP) Close() error {
	s.mu.Lock()
	idle := s.idle
	s.idle, s.closed = nil, true
	s.mu.Unlock()
	var hands sync.WaitGroup // a Postfix that hangs is waited for once
	for _, c := range idle {
		c.idle.Stop()
		hands.Go(func() { part(c) })
	}
	hands.Wait()
	return nil
}

// silent tells whether a connection is open and nothing waits to be read on it. Of
// one that cannot be asked it is not known, and the next command finds out.
func silent(conn net.Conn) bool {
	s, ok := conn.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return false
	}
	var b [1]byte
	var answer error
	err = raw.Control(func(fd uintptr) {
		_, _, answer = syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	})
	return err == nil && answer == syscall.EAGAIN
}
