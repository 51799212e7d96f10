package relay_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/internal/leaktest"
	"github.com/postseal/postseal/relay"
)

// serveEach answers one connection after the other by its script.
func serveEach(t *testing.T, scripts ...*script) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for _, s := range scripts {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer close(s.done)
				defer c.Close()
				s.serve(c)
			}()
		}
	}()
	return l.Addr().String()
}

const pipelining = "250-mx.example\r\n250-PIPELINING\r\n250-XFORWARD NAME\r\n250 DSN\r\n"

func commandsOf(s *script) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var words []string
	for _, line := range s.heard {
		words = append(words, strings.Fields(line)[0])
	}
	return strings.Join(words, " ")
}

// A second mail goes over the connection of the first, and Close ends it politely.
func TestConnectionIsUsedAgain(t *testing.T) {
	leaktest.Check(t)
	for _, offers := range []string{usual["EHLO"], pipelining} {
		s := newScript(map[string]string{"EHLO": offers})
		smtp := &relay.SMTP{Addr: serveEach(t, s), Timeout: 5 * time.Second, Keep: 2}
		for range 3 {
			if reply, err := smtp.Send(t.Context(), letter()); err != nil || reply != "2.0.0 Ok: queued as ABC123" {
				t.Fatalf("reply %q, error %v", reply, err)
			}
		}
		smtp.Close()
		<-s.done
		if got, want := commandsOf(s), "EHLO"+strings.Repeat(" MAIL RCPT RCPT DATA", 3)+" QUIT"; got != want {
			t.Errorf("commands = %q, want %q", got, want)
		}
		if len(s.accepted) != 3 || slices.ContainsFunc(s.accepted, func(m string) bool { return m != s.accepted[0] }) {
			t.Errorf("accepted = %q, want the same mail three times", s.accepted)
		}
	}
}

// Promise 2: a connection that is gone by the time of the next mail costs nothing,
// as long as DATA was not answered 354; after that there is no second try. Nothing
// is taken twice, and what was not taken is not said to be.
func TestConnectionGoneMeanwhile(t *testing.T) {
	const never = "is not reached"
	for _, c := range []struct {
		name, stage, what string
		want              error
		second            string // what the next connection hears; never: it is not made
	}{
		{"cut at MAIL", "MAIL", "cut", nil, "EHLO MAIL RCPT RCPT DATA"},
		{"421 at MAIL", "MAIL", "421 4.4.2 idle too long\r\n", nil, "EHLO MAIL RCPT RCPT DATA"},
		{"cut inside the reply to MAIL", "MAIL", "25", nil, "EHLO MAIL RCPT RCPT DATA"},
		{"cut at RCPT", "RCPT TO:<second", "cut", nil, "EHLO MAIL RCPT RCPT DATA"},
		{"cut at DATA", "DATA", "cut", nil, "EHLO MAIL RCPT RCPT DATA"},
		{"MAIL refused", "MAIL", "452 4.3.1 full\r\n", relay.ErrTemporary, never},
		{"RCPT refused", "RCPT TO:<second", "550 5.1.1 who\r\n", relay.ErrPermanent, never},
		{"cut in the mail, whose dot is on its way", "line", "cut", relay.ErrUnknown, never},
		{"cut after the final dot", ".", "cut", relay.ErrUnknown, never},
		{"421 after the final dot", ".", "421 4.4.2 late\r\n", relay.ErrTemporary, never},
	} {
		for _, offers := range []string{usual["EHLO"], pipelining} {
			t.Run(c.name, func(t *testing.T) {
				first, second := newScript(map[string]string{"EHLO": offers}), newScript(map[string]string{"EHLO": offers})
				smtp := &relay.SMTP{Addr: serveEach(t, first, second), Timeout: 5 * time.Second, Keep: 2}
				if _, err := smtp.Send(t.Context(), letter()); err != nil {
					t.Fatal(err)
				}
				first.mu.Lock()
				first.replies[c.stage] = c.what
				first.mu.Unlock()
				_, err := smtp.Send(t.Context(), letter())
				if got := class(t, err); got != c.want {
					t.Fatalf("class = %v (%v), want %v", got, err, c.want)
				}
				smtp.Close()
				<-first.done
				if c.second != never {
					<-second.done
				}
				if got, want := len(first.accepted)+len(second.accepted), 1; c.want == nil && got != want+1 || c.want != nil && got != want {
					t.Errorf("%d mails were taken", got)
				}
				if got := strings.TrimSuffix(commandsOf(second), " QUIT"); c.second == never && got != "" || c.second != never && got != c.second {
					t.Errorf("second connection heard %q, want %q", got, c.second)
				}
			})
		}
	}
}

// A server that has hung up, or said something, is seen before the next mail.
func TestIdleConnectionEndedByServer(t *testing.T) {
	for _, farewell := range []string{"", "421 4.4.2 timeout\r\n", "250 2.0.0 Ok: queued as NOTHING\r\n"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ended := make(chan struct{})
		second := newScript(nil)
		go func() {
			c, err := l.Accept()
			if err != nil {
				return
			}
			answerOnce(c)
			_, _ = io.WriteString(c, farewell)
			if farewell == "" {
				c.Close()
			} else {
				defer c.Close()
			}
			close(ended)
			if c, err = l.Accept(); err == nil {
				second.serve(c)
				c.Close()
			}
			close(second.done)
		}()
		smtp := &relay.SMTP{Addr: l.Addr().String(), Timeout: 5 * time.Second, Keep: 1}
		for i := range 2 {
			if reply, err := smtp.Send(t.Context(), letter()); err != nil || !strings.HasSuffix(reply, "ABC123") {
				t.Fatalf("mail %d after %q: %q, %v", i, farewell, reply, err)
			}
			<-ended
		}
		smtp.Close()
		<-second.done
		if len(second.accepted) != 1 {
			t.Errorf("after %q: %d mails on the second connection, want 1", farewell, len(second.accepted))
		}
	}
}

// answerOnce takes one mail and leaves the connection open.
func answerOnce(c net.Conn) {
	in := bufio.NewReader(c)
	_, _ = io.WriteString(c, usual["greeting"])
	data := false
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		word := strings.TrimSpace(line[:min(4, len(line))])
		switch {
		case data && line == ".\r\n":
			_, _ = io.WriteString(c, usual["."])
			return
		case data:
		default:
			data = word == "DATA"
			_, _ = io.WriteString(c, usual[word])
		}
	}
}

// Where commands may go together they do: nobody waits for a reply between MAIL and
// DATA; and DATA is not followed by the mail where one recipient was refused.
func TestPipelining(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	after := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		in := bufio.NewReader(c)
		_, _ = io.WriteString(c, usual["greeting"])
		_, _ = in.ReadString('\n')
		_, _ = io.WriteString(c, pipelining)
		for line := ""; line != "DATA\r\n"; { // no answer until all was said
			if line, err = in.ReadString('\n'); err != nil {
				after <- "no DATA without replies: " + err.Error()
				return
			}
		}
		_, _ = io.WriteString(c, "250 ok\r\n250 ok\r\n250 ok\r\n550 5.1.1 who\r\n354 go on\r\n")
		rest, _ := io.ReadAll(in)
		after <- string(rest)
	}()
	m := letter()
	m.Client = relay.XForward{Name: "pc.example"}
	_, err = (&relay.SMTP{Addr: l.Addr().String(), Timeout: 5 * time.Second, Keep: 1}).Send(t.Context(), m)
	if got := class(t, err); got != relay.ErrPermanent {
		t.Errorf("class = %v (%v), want ErrPermanent", got, err)
	}
	if got := <-after; got != "" {
		t.Errorf("after a refused recipient and 354 the server heard %q, want the end", got)
	}
}

// More recipients than go together are said in groups, and more replies than any
// buffer holds stop nobody.
func TestPipeliningManyRecipients(t *testing.T) {
	long := "250-" + strings.Repeat("x", 400) + "\r\n250 ok\r\n"
	s := newScript(map[string]string{"EHLO": pipelining, "RCPT": long})
	m := letter()
	m.Recipients = nil
	for n := range 5000 {
		m.Recipients = append(m.Recipients, relay.Recipient{Address: addr.MustParse(fmt.Sprintf("reader%d@out.example", n))})
	}
	smtp := &relay.SMTP{Addr: serveEach(t, s), Timeout: 20 * time.Second}
	if _, err := smtp.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	<-s.done
	if got := strings.Count(commandsOf(s), "RCPT"); got != 5000 || len(s.accepted) != 1 {
		t.Errorf("%d recipients and %d mails, want 5000 and 1", got, len(s.accepted))
	}
}

// Every octet of the way out is cut once on a connection that is used again: the
// mail is sent once over the next one, or said to be unknown.
func TestCutAtEveryOctetOfTheSecondMail(t *testing.T) {
	for _, offers := range []string{usual["EHLO"], pipelining} {
		again := 0
		for n := 1; ; n++ {
			first, second := newScript(map[string]string{"EHLO": offers}), newScript(map[string]string{"EHLO": offers})
			address := serveEach(t, first, second)
			var cut *lateCutter
			smtp := &relay.SMTP{Addr: address, Timeout: 5 * time.Second, Keep: 1, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
				if cut == nil && err == nil {
					cut = &lateCutter{Conn: conn, left: 1 << 20}
					return cut, nil
				}
				return conn, err
			}}
			if _, err := smtp.Send(t.Context(), letter()); err != nil {
				t.Fatal(err)
			}
			cut.left = n
			_, err := smtp.Send(t.Context(), letter())
			whole := cut.data && err == nil
			smtp.Close()
			<-first.done
			if cut.data {
				if got := class(t, err); got == relay.ErrPermanent {
					t.Fatalf("octet %d, after DATA: class = %v", n, got)
				}
			} else if err != nil {
				t.Fatalf("octet %d, before DATA: %v, want the next connection", n, err)
			} else {
				again++
				<-second.done
			}
			taken := len(first.accepted) - 1
			if !cut.data {
				taken += len(second.accepted)
			}
			if (err == nil) != (taken == 1) && !errors.Is(err, relay.ErrUnknown) || taken > 1 {
				t.Fatalf("octet %d: %d taken with error %v", n, taken, err)
			}
			if whole {
				break
			}
		}
		if again < 50 {
			t.Errorf("%d cuts before DATA were mended, want every octet of the commands", again)
		}
	}
}

// lateCutter cuts a connection after some more octets.
type lateCutter struct {
	net.Conn
	left int
	data bool // an octet of the mail was written since
	all  string
}

func (c *lateCutter) Write(p []byte) (int, error) {
	if c.left >= 1<<19 {
		return c.Conn.Write(p)
	}
	c.data = c.data || strings.HasSuffix(c.all, "DATA\r\n")
	c.all += string(p[:min(len(p), c.left)])
	return writeUntil(c.Conn, &c.left, p)
}
