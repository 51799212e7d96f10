package worker

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/postseal/postseal/extract"
	"github.com/postseal/postseal/internal/cell"
)

// TestMain lets this test's program play the worker when it is called as one.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == Command {
		if err := Serve(os.Stdin, os.Stdout, play); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// play is extract.Do, but for documents that say what a hostile one could bring
// its reader to.
func play(ctx context.Context, j extract.Job) extract.Answer {
	_, what, ok := strings.Cut(string(j.File.Data[:min(len(j.File.Data), 100)]), "PLAY ")
	if !ok {
		return extract.Do(ctx, j)
	}
	what, _, _ = strings.Cut(what, ".")
	switch what {
	case "crash":
		go func() { panic("a defect: " + what) }() // no recover can catch it
		select {}
	case "exit":
		os.Exit(0)
	case "hang":
		for n := 0; ; n++ {
			_ = n
		}
	case "sleep":
		<-make(chan int)
	case "memory":
		var all [][]byte
		for {
			b := make([]byte, 8<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			all = append(all, b)
			_ = all
		}
	case "stack":
		return deep(ctx, j, 0)
	case "garbage":
		_ = cell.WriteFrame(os.Stdout, bytes.Repeat([]byte("garbage"), 1000))
		select {}
	case "nothing":
		_ = cell.WriteFrame(os.Stdout, nil)
		select {}
	case "half":
		b := packAnswer(job{Job: j, id: 1}, extract.Do(ctx, j))
		_, _ = os.Stdout.Write(binary.BigEndian.AppendUint32(nil, uint32(len(b))))
		_, _ = os.Stdout.Write(b[:len(b)/2])
		os.Exit(0)
	case "announce":
		_, _ = os.Stdout.Write(binary.BigEndian.AppendUint32(nil, 0xffffffff))
		select {}
	case "flood":
		for {
			_, _ = os.Stdout.Write(make([]byte, 1<<20))
		}
	case "other job":
		_ = cell.WriteFrame(os.Stdout, packAnswer(job{Job: j, id: 77}, extract.Do(ctx, j)))
		select {}
	case "no document":
		return extract.Answer{Used: extract.Used{Files: 1}}
	case "nothing to read":
		return extract.Answer{Used: extract.Used{Files: 1}, Docs: []extract.Document{{Kind: "pdf", NoText: true}}}
	case "less used":
		return extract.Answer{Docs: []extract.Document{{Kind: "pdf"}}}
	case "walls":
		return extract.Answer{Used: extract.Used{Files: 1}, Docs: []extract.Document{{Kind: "pdf", Text: walls()}}}
	}
	panic("unknown")
}

func deep(ctx context.Context, j extract.Job, n int) extract.Answer {
	var pad [1 << 10]byte
	pad[n%len(pad)] = 1
	if ctx.Err() != nil && n < 0 { // never
		return extract.Answer{}
	}
	a := deep(ctx, j, n+1)
	a.Used.Files += int(pad[0])
	return a
}

// walls tries what a hostile reader would, and tells what succeeded.
func walls() string {
	var open []string
	try := func(what string, err error) {
		if err == nil {
			open = append(open, what)
		}
	}
	_, err := os.ReadFile("/etc/passwd")
	try("read a file", err)
	try("write a file", os.WriteFile("/tmp/postseal-worker-was-here", nil, 0o600))
	_, err = net.Dial("tcp", "127.0.0.1:9")
	if !errors.Is(err, syscall.EPERM) {
		open = append(open, fmt.Sprintf("a socket (%v)", err))
	}
	try("run a program", exec.Command("/bin/true").Run())
	try("trace", syscall.PtraceAttach(os.Getppid()))
	try("signal the parent", syscall.Kill(os.Getppid(), 0))
	_, err = syscall.Mmap(-1, 0, 4096, syscall.PROT_READ|syscall.PROT_EXEC, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	try("memory that runs", err)
	return fmt.Sprintf("environment %q, open %q", os.Environ(), open)
}

// document is one that goes to a worker: RTF whose reader is told what to play.
func document(what string) extract.File {
	return extract.File{Name: what + ".rtf", Data: []byte(`{\rtf1 PLAY ` + what + `.}`)}
}

var honest = extract.File{Name: "letter.rtf", Data: []byte(`{\rtf1 Dear Bob}`)}

// pool makes a Pool of this test's program; limit is for one document.
func pool(t testing.TB, limit time.Duration) *Pool {
	t.Helper()
	p := New(Options{Workers: 1, Time: limit, Command: []string{"/proc/self/exe", "worker", Command}})
	t.Cleanup(p.Close)
	return p
}

func read(ctx context.Context, p *Pool, f extract.File) []extract.Document {
	x := extract.New(extract.Limits{})
	x.Outside = p
	return x.Read(ctx, f)
}

// What a document can do to its reader: each time it is told as unreadable, in
// time, at no cost of the parent's memory, and the next document is read.
// ../shared/requirements.md BCC-15: what cannot be read is sealed.
func TestWorkerMisbehaves(t *testing.T) {
	const limit = 2 * time.Second * raceFactor
	p := pool(t, limit)
	for _, c := range []struct{ what, want string }{
		{"crash", "its reader crashed"},
		{"exit", "its reader crashed"},
		{"hang", "reading it took too long"},
		{"sleep", "reading it took too long"},
		{"memory", "its reader crashed"},
		{"stack", "its reader crashed"},
		{"garbage", "its reader gave a wrong answer"},
		{"nothing", "its reader gave a wrong answer"},
		{"half", "its reader crashed"},
		{"announce", "its reader gave a wrong answer"},
		{"flood", "its reader gave a wrong answer"},
		{"other job", "its reader gave a wrong answer"},
		{"no document", "its reader gave a wrong answer"},
		{"nothing to read", "its reader gave a wrong answer"},
		{"less used", "its reader gave a wrong answer"},
	} {
		t.Run(c.what, func(t *testing.T) {
			if docs := read(context.Background(), p, honest); len(docs) != 1 || docs[0].Err != nil || docs[0].Text != "Dear Bob" {
				t.Fatalf("an honest document: got %+v", docs)
			}
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			docs := read(context.Background(), p, document(c.what))
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if len(docs) != 1 || !errors.Is(docs[0].Err, extract.ErrUnreadable) || !strings.Contains(docs[0].Err.Error(), c.want) {
				t.Fatalf("got %+v, want unreadable: %s", docs, c.want)
			}
			if docs[0].Name != c.what+".rtf" || docs[0].Text != "" {
				t.Errorf("got name %q and text %q", docs[0].Name, docs[0].Text)
			}
			if took > limit+limit/2 {
				t.Errorf("took %v, want at most %v", took, limit)
			}
			const most = 8 << 20
			if used := after.TotalAlloc - before.TotalAlloc; used > most {
				t.Errorf("the parent allocated %d KB, want at most %d", used>>10, most>>10)
			}
			t.Logf("%v, %v, %d KB allocated", docs[0].Err, took.Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>10)
		})
	}
}

// The caller's time is what counts, and its end is told as such.
func TestCallersTime(t *testing.T) {
	p := pool(t, time.Minute)
	read(context.Background(), p, honest) // a worker is ready
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	docs := read(ctx, p, document("hang"))
	if took := time.Since(start); took > 5*time.Second*raceFactor {
		t.Errorf("took %v", took)
	}
	if len(docs) != 1 || !errors.Is(docs[0].Err, extract.ErrTooBig) || !errors.Is(docs[0].Err, context.DeadlineExceeded) {
		t.Errorf("got %+v, want %v", docs, extract.ErrTooBig)
	}
	// All workers taken: the wait for one ends too.
	busy, release := context.WithCancel(context.Background())
	done := make(chan struct{})
	taken := <-p.slots
	go func() { defer close(done); <-busy.Done(); p.slots <- taken }()
	short, stop := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer stop()
	if docs := read(short, p, honest); len(docs) != 1 || !errors.Is(docs[0].Err, extract.ErrTooBig) {
		t.Errorf("no worker free: got %+v", docs)
	}
	release()
	<-done
}

// Many documents that end their readers are an attack: the rest of the message is
// not read, and soon.
func TestOneMessageCannotEndWorkersForEver(t *testing.T) {
	p := pool(t, 20*time.Second*raceFactor)
	x := extract.New(extract.Limits{})
	x.Outside = p
	for range 4 {
		x.Read(context.Background(), document("exit"))
	}
	docs := x.Read(context.Background(), honest)
	if len(docs) != 1 || !errors.Is(docs[0].Err, extract.ErrTooBig) {
		t.Errorf("got %+v, want %v", docs, extract.ErrTooBig)
	}
}

// What a worker that an attacker has taken over can reach.
func TestWalls(t *testing.T) {
	p := pool(t, 20*time.Second*raceFactor)
	docs := read(context.Background(), p, document("walls"))
	if got, want := docs[0].Text, `environment [], open []`; got != want {
		t.Errorf("got %s (%v), want %s", got, docs[0].Err, want)
	}
	if w := <-p.slots; w != nil {
		t.Logf("walls missing here: %q; without namespaces: %v", w.Missing, p.exposed)
		p.slots <- w
	}
}

// A worker is replaced after its work, and dies with its pipe.
func TestReplaced(t *testing.T) {
	p := pool(t, 20*time.Second*raceFactor)
	read(context.Background(), p, honest)
	w := <-p.slots
	w.jobs = mostJobs - 1
	p.slots <- w
	read(context.Background(), p, honest)
	fresh := <-p.slots
	if fresh == w || fresh == nil || fresh.jobs != 0 {
		t.Errorf("got the same worker after %d documents", mostJobs)
	}
	fresh.ClosePipes() // as when the parent is gone
	<-fresh.Ended()
	p.slots <- fresh
	if docs := read(context.Background(), p, honest); docs[0].Err != nil {
		t.Errorf("after a worker's death while idle: %v", docs[0].Err)
	}
}

// A program that is no worker, or that is not there: unreadable, not a wait.
func TestNoWorker(t *testing.T) {
	for _, command := range [][]string{{"/nonexistent", "x"}, {"/bin/true", "true"}, {"/bin/cat", "cat", "/proc/self/status"}} {
		p := New(Options{Workers: 1, Command: command})
		docs := read(context.Background(), p, honest)
		if len(docs) != 1 || !errors.Is(docs[0].Err, extract.ErrUnreadable) {
			t.Errorf("%v: got %+v", command, docs)
		}
		p.Close()
	}
}

// After Close nothing is read, and nothing is left behind.
func TestClose(t *testing.T) {
	p := pool(t, time.Minute)
	read(context.Background(), p, honest)
	w := <-p.slots
	p.slots <- w
	p.Close()
	<-w.Ended()
	if docs := read(context.Background(), p, honest); !errors.Is(docs[0].Err, extract.ErrUnreadable) && !errors.Is(docs[0].Err, extract.ErrTooBig) {
		t.Errorf("got %+v", docs)
	}
}
