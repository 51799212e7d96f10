package leaktest_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/leaktest"
)

// later is a test whose end is played here.
type later struct {
	testing.TB
	ends   []func()
	failed []string
}

func (l *later) Helper()                      {}
func (l *later) Cleanup(f func())             { l.ends = append(l.ends, f) }
func (l *later) Errorf(_ string, args ...any) { l.failed = append(l.failed, args[1].(string)) }

// What is left is named; what was there before, and what has ended, is not.
func TestCheck(t *testing.T) {
	before, stop := make(chan bool), make(chan bool)
	go func() { <-before }()
	defer close(before)
	l := &later{TB: t}
	leaktest.Check(l)
	go func() { <-stop }()
	close(stop)
	l.ends[0]()
	if len(l.failed) != 0 {
		t.Errorf("nothing is left, and got %v", l.failed)
	}
	l = &later{TB: t}
	leaktest.CheckFor(l, 50*time.Millisecond)
	f, err := os.Create(t.TempDir() + "/left-open")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	still := make(chan bool)
	defer close(still)
	go leftRunning(still)
	l.ends[0]()
	if got := strings.Join(l.failed, ""); !strings.Contains(got, "leftRunning") || !strings.Contains(got, "left-open") {
		t.Errorf("got %q, want the goroutine and the file named", got)
	}
}

func leftRunning(c chan bool) { <-c }
