package portal_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/e2e/e2etest"
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

// realClamd starts a clamd that knows one signature, and hears at most a megabyte.
func realClamd(t *testing.T, marker string) (socket string) {
	t.Helper()
	program := e2etest.Need(t, "clamd")
	dir := e2etest.ShortDir(t)
	must(t, os.Mkdir(filepath.Join(dir, "db"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "db", "test.ndb"), fmt.Appendf(nil, "Postseal.Test:0:*:%x\n", marker), 0o644))
	socket = filepath.Join(dir, "clamd")
	config := fmt.Sprintf("LocalSocket %s\nDatabaseDirectory %s\nForeground yes\nStreamMaxLength 1M\nTemporaryDirectory %s\nLogFile %s\n", socket, filepath.Join(dir, "db"), dir, filepath.Join(dir, "log"))
	must(t, os.WriteFile(filepath.Join(dir, "clamd.conf"), []byte(config), 0o644))
	cmd := exec.Command(program, "--config-file", filepath.Join(dir, "clamd.conf"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	e2etest.Eventually(t, "clamd to listen", func() bool {
		c, err := net.Dial("unix", socket)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return socket
}

// What the conversation with a fake shows holds with ClamAV's own daemon, also for
// what is packed.
func TestRealClamd(t *testing.T) {
	const marker = "POSTSEAL-TEST-SIGNATURE-4711"
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	f, err := z.Create("inside/letter.txt")
	must(t, err)
	_, err = io.WriteString(f, strings.Repeat("nothing here. ", 500)+marker)
	must(t, err)
	must(t, z.Close())
	by := portal.Clamd{Network: "unix", Address: realClamd(t, marker)}
	for name, c := range map[string]struct {
		file, found string
		fails       bool
	}{
		"clean":          {"a photo", "", false},
		"empty":          {"", "", false},
		"several chunks": {strings.Repeat("x", 200_000), "", false},
		"found":          {strings.Repeat("x", 100_000) + marker, "Postseal.Test.UNOFFICIAL", false},
		"packed":         {packed.String(), "Postseal.Test.UNOFFICIAL", false},
		"too big for it": {strings.Repeat("x", 2<<20), "", true},
	} {
		if found, err := by.Scan(t.Context(), strings.NewReader(c.file)); found != c.found || (err != nil) != c.fails {
			t.Errorf("%s: got %q, %v", name, found, err)
		}
	}
}
