package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// privateTemp lets the test see what stays behind in the temporary directory.
func privateTemp(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ps") // short: a unix socket's path has 108 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	t.Setenv("TMPDIR", dir)
	return dir
}

func nothingStays(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("stays behind: %v, %v", left, err)
	}
}

func TestDemoWalksTheWholeWay(t *testing.T) {
	dir := privateTemp(t)
	var out, errs bytes.Buffer
	if got := run(context.Background(), []string{"demo", "--once", "--listen", "127.0.0.1:0"}, streams{out: &out, err: &errs}); got != 0 {
		t.Errorf("exit status %d, want 0", got)
	}
	if !strings.Contains(out.String(), "All of it held") || strings.Contains(out.String(), "FAILED") {
		t.Errorf("got:\n%s%s", out.String(), errs.String())
	}
	nothingStays(t, dir)
}

func TestDemoServesUntilItIsStopped(t *testing.T) {
	dir := privateTemp(t)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	out, said := io.Pipe()
	var errs bytes.Buffer
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, []string{"demo", "--listen", "127.0.0.1:0"}, streams{out: said, err: &errs})
		_ = said.Close()
	}()
	greeting := make([]byte, 8192)
	n, err := out.Read(greeting)
	if err != nil {
		t.Fatal(err, errs.String())
	}
	address := regexp.MustCompile(`Open  (http://127\.0\.0\.1:\d+/)`).FindSubmatch(greeting[:n])
	if address == nil {
		t.Fatalf("no address in %q", greeting[:n])
	}
	r, err := http.Get(string(address[1]))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err != nil || r.StatusCode != http.StatusOK || !strings.Contains(string(body), "What to try") {
		t.Errorf("the page: %d, %v", r.StatusCode, err)
	}
	stop()
	if got := <-status; got != 0 {
		t.Errorf("exit status %d, want 0: %s", got, errs.String())
	}
	nothingStays(t, dir)
}

func TestDemoListensOnThisMachineOnly(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", "[::]:0", ":8025", "example.org:80", "nonsense"} {
		var errs bytes.Buffer
		if got := run(context.Background(), []string{"demo", "--listen", address}, streams{out: io.Discard, err: &errs}); got != 2 || !strings.Contains(errs.String(), demoListen) {
			t.Errorf("%s: exit status %d, want 2: %s", address, got, errs.String())
		}
	}
}
