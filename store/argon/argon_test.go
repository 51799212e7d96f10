package argon

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/argon2"

	"github.com/postseal/postseal/internal/leaktest"
	"github.com/postseal/postseal/store"
)

// TestMain lets this test's program play the process when it is called as one.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == Command {
		if err := Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// small is the least that goes to a process.
var small = store.HashCost{MemoryKiB: leastMemory >> 10, Passes: 1, Lanes: 4}

func want(text string, cost store.HashCost) []byte {
	return argon2.IDKey([]byte(text), []byte("sixteen octets.."), cost.Passes, cost.MemoryKiB, cost.Lanes, sumSize)
}

func check(t *testing.T, p *Pool, text string, cost store.HashCost) {
	t.Helper()
	if got := p.Sum([]byte(text), []byte("sixteen octets.."), cost); !bytes.Equal(got, want(text, cost)) {
		t.Errorf("%.20q with %+v: got %x, want %x", text, cost, got, want(text, cost))
	}
}

// A sum is the same wherever it is computed, and of every size.
func TestSum(t *testing.T) {
	leaktest.Check(t)
	p := New(Options{Processes: 2})
	defer p.Close()
	for _, text := range []string{"correct horse battery staple", "", strings.Repeat("é", maxText)} {
		for _, cost := range []store.HashCost{small, {MemoryKiB: 64, Passes: 2, Lanes: 1}, {MemoryKiB: 64 << 10, Passes: 1, Lanes: 1}} {
			check(t, p, text, cost)
		}
	}
	var all sync.WaitGroup
	for n := range 6 { // more at one time than are kept
		all.Go(func() { check(t, p, strconv.Itoa(n), small) })
	}
	all.Wait()
	if n := len(p.idle); n != 2 {
		t.Errorf("%d processes are kept, want 2", n)
	}
}

// The process is behind the daemon in the queue for the processor, with all its threads.
func TestStepsBack(t *testing.T) {
	p := New(Options{Processes: 1})
	defer p.Close()
	check(t, p, "x", small)
	w := <-p.idle
	defer w.Kill()
	out, err := exec.Command("ps", "-L", "-o", "ni=", "-p", strconv.Itoa(w.ID())).Output()
	lines := strings.Fields(string(out))
	if err != nil || len(lines) < 2 {
		t.Fatalf("threads: %q, %v", out, err)
	}
	for _, ni := range lines {
		if ni != strconv.Itoa(stepBack) {
			t.Errorf("niceness of its threads: %q, want %d each", lines, stepBack)
		}
	}
}

// A sum is computed whatever becomes of the process: never is a password wrong for it.
func TestProcessFails(t *testing.T) {
	leaktest.Check(t)
	for _, command := range [][]string{{"/nonexistent", "x"}, {"/bin/true", "true"}, {"/bin/cat", "cat", "/proc/self/status"}} {
		p := New(Options{Command: command})
		check(t, p, "x", small)
		p.Close()
	}
	p := New(Options{Processes: 1})
	check(t, p, "x", small)
	w := <-p.idle
	w.SignalKill()
	<-w.Ended() // while it had nothing to do
	p.idle <- w
	check(t, p, "y", small)
	w = <-p.idle
	if w.jobs != 1 {
		t.Errorf("the process did %d sums, want that a new one did one", w.jobs)
	}
	w.SignalKill() // perhaps seen as it takes the job, perhaps before
	p.idle <- w
	check(t, p, "z", small)
	p.Close()
	check(t, p, "after Close", small)
	if len(p.idle) != 0 {
		t.Error("a process is kept after Close")
	}
}

// A process that did many sums is replaced.
func TestReplaced(t *testing.T) {
	p := New(Options{Processes: 1})
	defer p.Close()
	check(t, p, "x", small)
	w := <-p.idle
	w.jobs = mostJobs - 1
	p.idle <- w
	check(t, p, "y", small)
	if len(p.idle) != 0 || !w.IsDead() {
		t.Errorf("a process lives after %d sums", mostJobs)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(job{text: []byte("text"), salt: []byte("salt"), cost: small}.pack())
	f.Add([]byte{2, 2, 2, 0, 0})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		j, err := unpack(b)
		if err != nil {
			return
		}
		if c := j.cost; c.MemoryKiB == 0 || c.MemoryKiB > mostMemory>>10 || c.Passes == 0 || c.Lanes == 0 || len(j.text) > maxText {
			t.Errorf("got %+v of %x", j.cost, b)
		}
		if again, err := unpack(j.pack()); err != nil || !bytes.Equal(again.text, j.text) || again.cost != j.cost {
			t.Errorf("packed again: %+v, %v", again, err)
		}
	})
}
