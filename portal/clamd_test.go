package portal_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/portal"
)

// fakeClamd speaks INSTREAM as clamd(8) describes it: "zINSTREAM" and a null, chunks
// with their lengths in network order, and one of length zero. It is no ClamAV: it
// finds a word, and hears at most so many bytes (StreamMaxLength).
func fakeClamd(t *testing.T, most int, answer string) (socket string, heard *bytes.Buffer) {
	t.Helper()
	dir, err := os.MkdirTemp("", "ps")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket = filepath.Join(dir, "clamd")
	l, err := net.Listen("unix", socket)
	must(t, err)
	heard = &bytes.Buffer{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			heard.Reset()
			clamdConversation(conn, most, answer, heard)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return socket, heard
}

func clamdConversation(conn net.Conn, most int, answer string, heard *bytes.Buffer) {
	command := make([]byte, len("zINSTREAM\x00"))
	if _, err := io.ReadFull(conn, command); err != nil || string(command) != "zINSTREAM\x00" {
		_, _ = io.WriteString(conn, "UNKNOWN COMMAND\x00")
		return
	}
	for {
		var n uint32
		if binary.Read(conn, binary.BigEndian, &n) != nil {
			return
		}
		if n == 0 {
			break
		}
		if heard.Len()+int(n) > most {
			_, _ = io.WriteString(conn, "INSTREAM size limit exceeded. ERROR\x00")
			return
		}
		if _, err := io.CopyN(heard, conn, int64(n)); err != nil {
			return
		}
	}
	if answer == "" {
		if answer = "stream: OK\x00"; bytes.Contains(heard.Bytes(), []byte("EICAR")) {
			answer = "stream: Eicar-Test-Signature FOUND\x00"
		}
	}
	_, _ = io.WriteString(conn, answer)
}

func TestClamd(t *testing.T) {
	big := strings.Repeat("x", 200_000)
	for name, c := range map[string]struct {
		most         int
		answer, file string
		found        string
		fails        bool
	}{
		"clean":                {1 << 20, "", "a photo", "", false},
		"empty":                {1 << 20, "", "", "", false},
		"several chunks":       {1 << 20, "", big, "", false},
		"found in a later one": {1 << 20, "", big + "EICAR", "Eicar-Test-Signature", false},
		"too big for it":       {100_000, "", big, "", true},
		"its own trouble":      {1 << 20, "stream: Can't open file ERROR\x00", "x", "", true},
		"another answer":       {1 << 20, "PONG\x00", "x", "", true},
		"cut":                  {1 << 20, "stream: O", "x", "", true},
		"without its null":     {1 << 20, "stream: OK", "x", "", true},
		"says too much":        {1 << 20, strings.Repeat("stream: OK", 1000) + "\x00", "x", "", true},
		"odd name":             {1 << 20, "stream: A\nB" + strings.Repeat("c", 300) + " FOUND\x00", "x", "A B" + strings.Repeat("c", 97), false},
	} {
		t.Run(name, func(t *testing.T) {
			socket, heard := fakeClamd(t, c.most, c.answer)
			found, err := portal.Clamd{Network: "unix", Address: socket}.Scan(t.Context(), strings.NewReader(c.file))
			if found != c.found || (err != nil) != c.fails {
				t.Errorf("got %q, %v", found, err)
			}
			if !c.fails && heard.String() != c.file {
				t.Errorf("it heard %d bytes, want %d", heard.Len(), len(c.file))
			}
		})
	}
	if _, err := (portal.Clamd{Network: "unix", Address: filepath.Join(t.TempDir(), "none")}).Scan(t.Context(), strings.NewReader("x")); err == nil {
		t.Error("a scanner that is away finds nothing")
	}
}

// A daemon that never answers holds nobody for longer than its time.
func TestClamdHangs(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = l.Close() }()
	_, err = portal.Clamd{Network: "tcp", Address: l.Addr().String(), Timeout: 50 * time.Millisecond}.Scan(t.Context(), strings.NewReader("x"))
	if err == nil {
		t.Error("no answer counts as nothing found")
	}
}
