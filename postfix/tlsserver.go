package postfix

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"
)

// MapName is what main.cf calls our map:
// smtp_tls_policy_maps = socketmap:unix:postseal/tls-policy.sock:tls-policy
const MapName = "tls-policy"

const (
	// maxMapClients bounds the connections: each smtp(8) process holds one, and
	// default_process_limit is 100.
	maxMapClients = 1000
	// mapIdle is how long a connection may wait for its next question. Postfix
	// itself closes one after 10 s without a question (dict_sockmap.c).
	mapIdle = 2 * time.Minute
	// mapSlow is how long a question may take to arrive, and an answer to leave.
	mapSlow = 10 * time.Second
)

// TLSServer answers Postfix's questions for the TLS policy of a next hop
// (socketmap_table(5)): "OK secure match=nexthop" for a partner, "NOTFOUND " for
// others, "TEMP ..." where it cannot be told, upon which Postfix keeps the mail.
type TLSServer struct {
	Partners *Partners
	Log      *slog.Logger // nil: silent

	mu      sync.Mutex
	open    map[io.Closer]bool // listeners and connections
	closed  bool
	working sync.WaitGroup
	limits  mapLimits
}

// mapLimits are the bounds above; zero fields stand for them.
type mapLimits struct {
	clients    int
	idle, slow time.Duration
}

func (s *TLSServer) bounds() mapLimits {
	l := s.limits
	if l.clients == 0 {
		l.clients = maxMapClients
	}
	if l.idle == 0 {
		l.idle = mapIdle
	}
	if l.slow == 0 {
		l.slow = mapSlow
	}
	return l
}

// Serve answers on l until Shutdown, and then gives nil.
func (s *TLSServer) Serve(l net.Listener) error {
	if !s.add(l) {
		l.Close()
		return nil
	}
	defer s.drop(l)
	for {
		c, err := l.Accept()
		switch {
		case s.isClosed():
			return nil
		case err != nil:
			var n net.Error
			if errors.As(err, &n) && n.Timeout() {
				continue
			}
			return err
		case !s.add(c): // too many: Postfix takes it for away and keeps the mail
			c.Close()
			continue
		}
		s.working.Go(func() {
			defer s.drop(c)
			s.converse(c)
		})
	}
}

// Shutdown closes everything and waits for answers under way.
func (s *TLSServer) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	for c := range s.open {
		c.Close()
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.working.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *TLSServer) add(c io.Closer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.open) > s.bounds().clients { // the listener is one of them
		return false
	}
	if s.open == nil {
		s.open = map[io.Closer]bool{}
	}
	s.open[c] = true
	return true
}

func (s *TLSServer) drop(c io.Closer) {
	c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

func (s *TLSServer) isClosed() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.closed }

// converse answers one question after the other until the client goes, is slow
// or says what is no question.
func (s *TLSServer) converse(c net.Conn) {
	r := bufio.NewReaderSize(c, maxRequest)
	for {
		if c.SetDeadline(time.Now().Add(s.bounds().idle)) != nil {
			return
		}
		if _, err := r.Peek(1); err != nil {
			return
		}
		if c.SetDeadline(time.Now().Add(s.bounds().slow)) != nil {
			return
		}
		question, err := readNetstring(r, maxRequest)
		if err != nil {
			s.warn("a question to the TLS policy map was cut or malformed", err)
			return
		}
		if _, err := c.Write(appendNetstring(nil, s.answer(string(question)))); err != nil {
			return
		}
	}
}

// answer gives the reply to "tls-policy NEXTHOP".
func (s *TLSServer) answer(question string) string {
	name, key, ok := strings.Cut(question, " ")
	if !ok || name != MapName {
		return "PERM there is no such map here"
	}
	policy, err := s.Partners.Policy(key)
	switch {
	case err != nil:
		s.warn("the TLS policy map cannot answer, mail waits", err)
		return "TEMP the TLS partners are not known"
	case policy == "":
		return "NOTFOUND "
	}
	return "OK " + policy
}

func (s *TLSServer) warn(what string, err error) {
	if s.Log != nil {
		s.Log.Warn(what, "error", err)
	}
}
