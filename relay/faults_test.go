package relay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/relay"
)

// Promise 2: a cut never looks like "not queued" once the final dot may have
// been heard, and a mail that was queued is never reported as refused.
func TestClasses(t *testing.T) {
	for _, c := range []struct {
		name    string
		replies map[string]string
		want    error
		code    int
	}{
		{"all well", nil, nil, 0},
		{"cut before the greeting", map[string]string{"greeting": "cut"}, relay.ErrTemporary, 0},
		{"cut in the greeting", map[string]string{"greeting": "22"}, relay.ErrTemporary, 0},
		{"greeting 421", map[string]string{"greeting": "421 4.3.2 busy\r\n"}, relay.ErrTemporary, 421},
		{"greeting 554 says nothing of the mail", map[string]string{"greeting": "554 5.7.1 no\r\n"}, relay.ErrTemporary, 554},
		{"not SMTP", map[string]string{"greeting": "SSH-2.0-x\r\n"}, relay.ErrTemporary, 0},
		{"cut at EHLO", map[string]string{"EHLO": "cut"}, relay.ErrTemporary, 0},
		{"cut inside the EHLO reply", map[string]string{"EHLO": "250-a\r\n250-SI"}, relay.ErrTemporary, 0},
		{"EHLO 502", map[string]string{"EHLO": "502 5.5.1 no\r\n"}, relay.ErrTemporary, 502},
		{"XFORWARD refused is no failure", map[string]string{"XFORWARD": "550 5.7.0 no\r\n"}, nil, 0},
		{"XFORWARD 421", map[string]string{"XFORWARD": "421 4.3.0 no\r\n"}, relay.ErrTemporary, 421},
		{"cut at XFORWARD", map[string]string{"XFORWARD": "cut"}, relay.ErrTemporary, 0},
		{"cut at MAIL", map[string]string{"MAIL": "cut"}, relay.ErrTemporary, 0},
		{"MAIL 452", map[string]string{"MAIL": "452 4.3.1 full\r\n"}, relay.ErrTemporary, 452},
		{"MAIL 552", map[string]string{"MAIL": "552 5.3.4 too big\r\n"}, relay.ErrPermanent, 552},
		{"cut at RCPT", map[string]string{"RCPT TO:<second": "cut"}, relay.ErrTemporary, 0},
		{"one RCPT 550", map[string]string{"RCPT TO:<second": "550 5.1.1 who\r\n"}, relay.ErrPermanent, 550},
		{"one RCPT 450", map[string]string{"RCPT TO:<second": "450-4.2.0 grey\r\n450 4.2.0 listed\r\n"}, relay.ErrTemporary, 450},
		{"cut at DATA", map[string]string{"DATA": "cut"}, relay.ErrTemporary, 0},
		{"DATA 451", map[string]string{"DATA": "451 4.3.0 no\r\n"}, relay.ErrTemporary, 451},
		{"DATA 554", map[string]string{"DATA": "554 5.5.1 no\r\n"}, relay.ErrPermanent, 554},
		{"DATA 250", map[string]string{"DATA": "250 what\r\n"}, relay.ErrTemporary, 250},
		{"cut after the first line", map[string]string{"line": "cut"}, relay.ErrTemporary, 0},
		{"cut after the final dot", map[string]string{".": "cut"}, relay.ErrUnknown, 0},
		{"cut inside the last reply's code", map[string]string{".": "25"}, relay.ErrUnknown, 0},
		{"cut inside the last reply's text", map[string]string{".": "550 5.7.1 n"}, relay.ErrUnknown, 0},
		{"cut between the last reply's lines", map[string]string{".": "250-2.0.0 a\r\n250"}, relay.ErrUnknown, 0},
		{"last reply is no SMTP", map[string]string{".": "queued\r\n"}, relay.ErrUnknown, 0},
		{"last reply 354", map[string]string{".": "354 more\r\n"}, relay.ErrUnknown, 354},
		{"last reply endless", map[string]string{".": strings.Repeat("250-x\r\n", 20000)}, relay.ErrUnknown, 0},
		{"last reply 421", map[string]string{".": "421 4.4.2 late\r\n"}, relay.ErrTemporary, 421},
		{"last reply 451", map[string]string{".": "451 4.3.0 milter\r\n"}, relay.ErrTemporary, 451},
		{"last reply 550", map[string]string{".": "550 5.7.1 spam\r\n"}, relay.ErrPermanent, 550},
		{"cut at QUIT", map[string]string{"QUIT": "cut"}, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScript(c.replies)
			m := letter()
			m.Client = relay.XForward{Name: "pc.example", Ident: "4XYZ"}
			reply, err := (&relay.SMTP{Dial: s.dial, Timeout: 5 * time.Second}).Send(t.Context(), m)
			<-s.done
			if got := class(t, err); got != c.want {
				t.Fatalf("class = %v (%v), want %v", got, err, c.want)
			}
			if queued := len(s.accepted) == 1; queued != (err == nil) && !errors.Is(err, relay.ErrUnknown) {
				t.Errorf("queued = %v with error %v", queued, err)
			}
			if err == nil && reply != "2.0.0 Ok: queued as ABC123" {
				t.Errorf("reply = %q, want the queue id", reply)
			}
			var r *relay.Reply
			if errors.As(err, &r) != (c.code != 0) || r != nil && r.Code != c.code {
				t.Errorf("reply in error = %v, want code %d", r, c.code)
			}
		})
	}
}

// cutter fails every write after the first `writes` octets, every read after
// the first `reads` octets.
type cutter struct {
	net.Conn
	writes, reads int
	dotted        *bool // set once an octet of the final dot's line was handed over
}

var errCut = errors.New("cut")

func (c *cutter) Write(p []byte) (int, error) {
	if string(p) == ".\r\n" {
		*c.dotted = true
	}
	return writeUntil(c.Conn, &c.writes, p)
}

// writeUntil writes as many octets as are left, and cuts the connection where they
// end.
func writeUntil(conn net.Conn, left *int, p []byte) (int, error) {
	n := min(len(p), *left)
	*left -= n
	if n > 0 {
		if n, err := conn.Write(p[:n]); err != nil {
			return n, err
		}
	}
	if n < len(p) {
		conn.Close()
		return n, errCut
	}
	return n, nil
}

func (c *cutter) Read(p []byte) (int, error) {
	if c.reads <= 0 {
		c.Conn.Close()
		return 0, errCut
	}
	n, err := c.Conn.Read(p[:min(len(p), c.reads)])
	c.reads -= n
	return n, err
}

// Every octet of the way out and of the way back is cut once.
func TestCutAtEveryOctet(t *testing.T) {
	const plenty = 1 << 20
	for _, way := range []string{"out", "back"} {
		seen := map[error]int{}
		for n := 0; ; n++ {
			s := newScript(nil)
			dotted := false
			smtp := &relay.SMTP{Timeout: 5 * time.Second, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := s.dial(ctx, network, address)
				c := &cutter{Conn: conn, writes: n, reads: plenty, dotted: &dotted}
				if way == "back" {
					c.writes, c.reads = plenty, n
				}
				return c, err
			}}
			_, err := smtp.Send(t.Context(), letter())
			<-s.done
			got, want := class(t, err), error(relay.ErrTemporary)
			if dotted {
				want = relay.ErrUnknown
			}
			seen[got]++
			if err == nil {
				break
			}
			if got != want {
				t.Fatalf("%s, octet %d: class = %v, want %v", way, n, got, want)
			}
		}
		if seen[relay.ErrTemporary] < 50 || seen[relay.ErrUnknown] < 3 || seen[nil] != 1 {
			t.Errorf("%s: classes seen = %v", way, seen)
		}
	}
}

func TestTimeouts(t *testing.T) {
	for _, c := range []struct {
		stage string
		want  error
	}{{"greeting", relay.ErrTemporary}, {"MAIL", relay.ErrTemporary}, {"DATA", relay.ErrTemporary}, {".", relay.ErrUnknown}} {
		t.Run(c.stage, func(t *testing.T) {
			s := newScript(map[string]string{c.stage: ""}) // says nothing and waits
			_, err := (&relay.SMTP{Dial: s.dial, Timeout: 30 * time.Millisecond}).Send(t.Context(), letter())
			if got := class(t, err); got != c.want {
				t.Errorf("class = %v (%v), want %v", got, err, c.want)
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	s := newScript(map[string]string{"greeting": ""})
	_, err := (&relay.SMTP{Dial: s.dial}).Send(gone, letter())
	if got := class(t, err); got != relay.ErrTemporary || !errors.Is(err, context.Canceled) {
		t.Errorf("before the dot: %v, want ErrTemporary and Canceled", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	s = newScript(map[string]string{".": ""})
	smtp := &relay.SMTP{Timeout: time.Minute, Dial: func(c context.Context, network, address string) (net.Conn, error) {
		conn, err := s.dial(c, network, address)
		return &cancelAtDot{conn, cancel}, err
	}}
	_, err = smtp.Send(ctx, letter())
	if got := class(t, err); got != relay.ErrUnknown || !errors.Is(err, context.Canceled) {
		t.Errorf("after the dot: %v, want ErrUnknown and Canceled", err)
	}
}

type cancelAtDot struct {
	net.Conn
	cancel func()
}

func (c *cancelAtDot) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if string(p) == ".\r\n" {
		c.cancel()
	}
	return n, err
}

// A mail whose writing fails is cut, never ended with a dot.
func TestWriteFails(t *testing.T) {
	broken := errors.New("spool broken")
	for _, c := range []struct {
		name, text string
		err        error
		want       error
	}{
		{"in the header", "Subject: x\r\n", broken, relay.ErrTemporary},
		{"in the body", content, broken, relay.ErrTemporary},
		{"its class is kept", content, fmt.Errorf("%w: whatever", relay.ErrPermanent), relay.ErrPermanent},
		{"an unknown of elsewhere is none here", content, fmt.Errorf("%w: whatever", relay.ErrUnknown), relay.ErrTemporary},
		{"lone CR in the header", "X-Postseal: envelope\r\nSubject: a\rBcc: x@out.example\r\n\r\nx", nil, relay.ErrPermanent},
		{"lone CR in the body", "X-Postseal: envelope\r\n\r\na\r.\r\rx", nil, relay.ErrPermanent},
		{"CR at the end", "X-Postseal: envelope\r\n\r\na\r", nil, relay.ErrPermanent},
		{"line too long", "X-Postseal: envelope\r\n\r\n" + strings.Repeat("x", relay.MaxLine+1), nil, relay.ErrPermanent},
		{"header endless", "X-Postseal: envelope\r\n" + strings.Repeat("X-A: b\r\n", 200000), nil, relay.ErrPermanent},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScript(nil)
			m := letter()
			m.Write = func(w io.Writer) error {
				if _, err := io.WriteString(w, c.text); err != nil {
					return err
				}
				return c.err
			}
			_, err := (&relay.SMTP{Dial: s.dial}).Send(t.Context(), m)
			<-s.done
			if got := class(t, err); got != c.want {
				t.Errorf("class = %v (%v), want %v", got, err, c.want)
			}
			if len(s.accepted) != 0 {
				t.Errorf("queued %q, want nothing", s.accepted)
			}
		})
	}
}
