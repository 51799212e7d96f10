// Package redistest runs a real redis-server for tests: on a port of its own on
// 127.0.0.1, with its files in a directory of its own, stopped when the test
// ends. By default it is durable by postseal's measure (appendfsync always).
//
// A missing redis-server fails the test, unless POSTSEAL_NO_SERVICES=1 is set;
// then the test is skipped and says why. Start reading at Start.
package redistest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/internal/testport"
)

// Server is one redis-server process that can be stopped, killed and started
// again on the same port with the same files.
type Server struct {
	Addr string // 127.0.0.1:port
	Dir  string // holds appendonlydir and dump.rdb

	t    testing.TB
	args []string
	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has ended
}

// startTimeout is how long a redis-server may take to answer; loading a test's
// data takes milliseconds, a busy machine some seconds.
const startTimeout = 20 * time.Second

// Path finds redis-server, or ends the test as the package comment says.
func Path(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("POSTSEAL_NO_SERVICES") == "1" {
			t.Skip("redis-server is not installed and POSTSEAL_NO_SERVICES=1")
		}
		t.Fatal("this test needs redis-server (Debian package redis-server); POSTSEAL_NO_SERVICES=1 skips it")
	}
	return path
}

// StartRedis starts a server. args are added after the defaults and win, in the
// form of its command line: "--appendfsync", "everysec".
func StartRedis(t testing.TB, args ...string) *Server {
	t.Helper()
	s := newServer(t)
	s.args = append(s.args, "--save", "", "--appendonly", "yes", "--appendfsync", "always")
	s.Start(args...)
	return s
}

// StartRedisFile is StartRedis with a configuration file of that text, as a
// distribution's package starts it, and without the settings of the tests.
func StartRedisFile(t testing.TB, text string) *Server {
	t.Helper()
	s := newServer(t)
	conf := filepath.Join(s.Dir, "redis.conf")
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.args = append([]string{conf}, s.args...)
	s.Start()
	return s
}

// StartSentinel starts a Sentinel that watches master under a name and replaces
// it a second after its death.
func StartSentinel(t testing.TB, name string, master *Server) *Server {
	t.Helper()
	s := newServer(t)
	conf := filepath.Join(s.Dir, "sentinel.conf")
	text := fmt.Sprintf("sentinel monitor %[1]s 127.0.0.1 %[2]d 1\nsentinel down-after-milliseconds %[1]s 1000\nsentinel failover-timeout %[1]s 3000\n", name, master.Port())
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.args = append([]string{conf, "--sentinel"}, s.args...)
	s.Start()
	return s
}

// newServer makes directory, port and the arguments that every server has.
func newServer(t testing.TB) *Server {
	t.Helper()
	Path(t)
	dir, err := os.MkdirTemp("", "psredis")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, Dir: dir, Addr: testport.Address(t)}
	s.args = []string{"--bind", "127.0.0.1", "--port", strconv.Itoa(s.Port()), "--dir", dir, "--daemonize", "no", "--logfile", filepath.Join(dir, "redis.log")}
	t.Cleanup(func() {
		s.Kill()
		_ = os.RemoveAll(dir)
	})
	return s
}

// Start starts the server again after Stop or Kill, with args added to those of
// StartRedis, and waits until it answers and has loaded its data.
func (s *Server) Start(args ...string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.args = append(s.args, args...)
	cmd := exec.Command(Path(s.t), s.args...)
	if err := cmd.Start(); err != nil {
		s.t.Fatalf("redis-server: %v", err)
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	s.cmd, s.done = cmd, done
	if err := s.wait(done); err != nil {
		log, _ := os.ReadFile(filepath.Join(s.Dir, "redis.log"))
		s.t.Fatalf("redis-server at %s: %v\n%s", s.Addr, err, log)
	}
}

// wait polls the port: a redis-server has no other way to say that it is up.
func (s *Server) wait(done <-chan struct{}) error {
	c := s.Client()
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if err := c.Ping(ctx).Err(); err == nil {
			return nil
		}
		select {
		case <-done:
			return fmt.Errorf("it ended")
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// WaitFor polls until done says so: for states that Redis reaches by itself some
// time after a command, such as a cluster's. It fails the test after startTimeout.
func (s *Server) WaitFor(done func() bool) {
	s.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(startTimeout); !done(); <-tick.C {
		if time.Now().After(end) {
			s.t.Fatalf("redis-server at %s: waited too long", s.Addr)
		}
	}
}

// Client gives a plain client for looking into the server; the caller closes it.
func (s *Server) Client() *redis.Client { return redis.NewClient(&redis.Options{Addr: s.Addr}) }

// Port gives the port as a number.
func (s *Server) Port() int {
	_, port, _ := net.SplitHostPort(s.Addr)
	n, _ := strconv.Atoi(port)
	return n
}

// Kill ends the server at once, as kill -9 does, and waits for its end. Killing
// one that has ended does nothing.
func (s *Server) Kill() { s.end(os.Kill) }

// Stop ends the server in good order and waits for its end.
func (s *Server) Stop() { s.end(os.Interrupt) }

// Signal sends the running server a signal: SIGSTOP, SIGCONT.
func (s *Server) Signal(sig os.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(sig)
	}
}

func (s *Server) end(sig os.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(sig)
	<-s.done
	s.cmd = nil
}

// Restart is Kill and Start.
func (s *Server) Restart(args ...string) {
	s.t.Helper()
	s.Kill()
	s.Start(args...)
}
