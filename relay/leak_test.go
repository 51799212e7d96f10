package relay_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/leaktest"
	"github.com/postseal/postseal/relay"
)

// Mails that are taken, refused, cut at each stage, left without an answer, or given
// up by their sender leave no connection and nothing running behind.
func TestNothingIsLeft(t *testing.T) {
	leaktest.Check(t)
	for _, stage := range []string{"", "greeting", "EHLO", "MAIL", "RCPT", "DATA", "line", ".", "QUIT"} {
		for _, what := range []string{"cut", "550 5.7.1 no\r\n", ""} { // the last is silence
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s := newScript(map[string]string{stage: what})
			go func() {
				defer close(s.done)
				if c, err := l.Accept(); err == nil {
					s.serve(c)
					c.Close()
				}
			}()
			ctx, cancel := context.WithCancel(t.Context())
			if what == "" {
				time.AfterFunc(20*time.Millisecond, cancel)
			}
			_, _ = (&relay.SMTP{Addr: l.Addr().String(), Timeout: 10 * time.Second}).Send(ctx, letter())
			cancel()
			l.Close()
			<-s.done
		}
	}
}
