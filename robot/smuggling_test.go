package robot_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postseal/postseal/robot"
)

// What some server takes for the end of a mail stays text of the one mail that Postfix
// hands over: no second mail begins in it.
func TestSmugglingByLMTP(t *testing.T) {
	for _, end := range []string{"\n.\n", "\n.\r\n", "\r.\r", "\r.\n", "\r\n.\r", "\r\n.\n", "\r\n..\r\n", "\r\n\x00.\r\n"} {
		t.Run(fmt.Sprintf("%q", end), func(t *testing.T) {
			w := newWorld(t)
			dir, err := os.MkdirTemp("", "ps")
			w.must(err)
			defer os.RemoveAll(dir)
			l, err := net.Listen("unix", filepath.Join(dir, "s"))
			w.must(err)
			server := robot.NewServer(w.robot)
			done := make(chan error, 1)
			go func() { done <- server.Serve(l) }()
			conn, err := net.Dial("unix", l.Addr().String())
			w.must(err)
			reply := w.own("reply").String()
			second := "MAIL FROM:<eve@evil.example>\r\nRCPT TO:<" + reply + ">\r\nDATA\r\nFrom: bob@firm.example\r\nSubject: second\r\n\r\nx\r\n"
			_, err = io.WriteString(conn, "LHLO x\r\nMAIL FROM:<bob@firm.example>\r\nRCPT TO:<"+reply+">\r\nDATA\r\n"+
				"From: bob@firm.example\r\nMessage-ID: <first@firm.example>\r\nSubject: first\r\n\r\nHello"+end+second+"\r\n.\r\nQUIT\r\n")
			w.must(err)
			said, err := io.ReadAll(conn)
			w.must(err)
			w.must(server.Shutdown(t.Context()))
			w.must(<-done)
			if n := strings.Count("\r\n"+string(said), "\r\n354"); n != 1 || len(w.inbound.Sent()) != 1 || !bytes.Contains(w.inbound.Sent()[0].Bytes, []byte("Subject: [not secure] first\r\n")) {
				t.Errorf("%d mails were begun and %d passed on:\n%s", n, len(w.inbound.Sent()), said)
			}
		})
	}
}
