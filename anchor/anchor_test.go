package anchor_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/postseal/postseal/anchor"
	"github.com/postseal/postseal/audit"
)

var (
	key  = []byte("a key of thirty-two octets......")
	noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
)

func open(t *testing.T, path string) *anchor.File {
	t.Helper()
	f, err := anchor.Open(path, key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func count(t *testing.T, path string) int {
	t.Helper()
	n := 0
	if err := anchor.Read(path, key, func(audit.Line) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// Daemon and command write to one file at once, each through a handle of its own:
// every line is there, in one chain.
func TestSeveralWritersOfOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	const each = 50
	var all sync.WaitGroup
	for w := range 4 {
		f := open(t, path)
		all.Go(func() {
			for i := range each {
				if err := f.Append(audit.Line{Seq: uint64(w*each + i + 1), Time: noon, Closed: &audit.Closing{ID: fmt.Sprint(w, i)}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got := count(t, path); got != 4*each {
		t.Errorf("%d lines, want %d", got, 4*each)
	}
	if got := open(t, path).Seq(); got != 4*each {
		t.Errorf("seq %d, want %d", got, 4*each)
	}
}

func TestHeadsAreRememberedOverAStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f := open(t, path)
	for n := range 3 {
		h := audit.Head{ID: "a", Count: uint64(n + 1), Keep: noon.Add(time.Hour)}
		if err := f.Append(audit.Line{Seq: 1, Time: noon, Heads: []audit.Head{h}}); err != nil {
			t.Fatal(err)
		}
	}
	again := open(t, path)
	if got := again.Head("a").Count; got != 3 {
		t.Errorf("count %d, want 3", got)
	}
	again.Forget(noon.Add(time.Hour + 1))
	if got := again.Head("a").Count; got != 0 {
		t.Errorf("count %d of a chain that is over", got)
	}
}

// A machine that died over a line: the next line takes its place.
func TestTornLineIsOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f := open(t, path)
	for range 2 {
		if err := f.Append(audit.Line{Time: noon}); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(whole, whole[:20]...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path).Append(audit.Line{Time: noon}); err != nil {
		t.Fatal(err)
	}
	if got := count(t, path); got != 3 {
		t.Errorf("%d lines, want 3", got)
	}
}

// A log that was changed is not gone on with, whether it was changed before the
// start or under the running program.
func TestChangedLogIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f := open(t, path)
	for range 2 {
		if err := f.Append(audit.Line{Time: noon}); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Truncate(path, 10); err != nil {
		t.Fatal(err)
	}
	if err := f.Append(audit.Line{Time: noon}); !errors.Is(err, audit.ErrLog) {
		t.Errorf("shortened while it was open: %v", err)
	}
	if err := os.WriteFile(path, []byte("nothing of ours\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := anchor.Open(path, key); !errors.Is(err, audit.ErrLog) {
		t.Errorf("rubbish: %v", err)
	}
}
