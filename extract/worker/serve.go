package worker

import (
	"context"
	"errors"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/postseal/postseal/extract"
	"github.com/postseal/postseal/internal/cell"
)

// Command is the argument that makes a program a worker. It is not for people.
const Command = "extract-worker"

const (
	// heapTarget is what the garbage collector of a worker keeps to, in octets: what
	// the costliest documents need by extract's own limits.
	heapTarget = 160 << 20
	// dataLimit is what a worker may take of memory, in octets.
	dataLimit = 256 << 20
	// cpuLimit is what a worker may use in its life, in seconds of processor: mostBusy
	// on two threads and one more document.
	cpuLimit = 60
	// threads run Go code in a worker at one time: one reads, one collects garbage.
	threads = 2
	// tidyAbove is how many octets of a file and its text make a worker give memory
	// back to the system behind it.
	tidyAbove = 4 << 20
)

// Serve is a worker: it raises the walls around itself, says so, and reads one
// job after the other until the other side closes. read is extract.Do but in
// tests. The error is that of a wall that must stand and does not.
func Serve(in io.Reader, out io.Writer, read func(context.Context, extract.Job) extract.Answer) error {
	debug.SetMemoryLimit(heapTarget)
	runtime.GOMAXPROCS(threads)
	if err := cell.Enter(out, cell.Walls{Data: dataLimit, Seconds: cpuLimit}); err != nil {
		return err
	}
	jobs := make(chan job)
	failed := make(chan error, 2)
	// Read beside the work, so that a worker whose parent is gone ends at once.
	go func() { failed <- takeJobs(in, jobs) }()
	go func() { failed <- doJobs(out, jobs, read) }()
	if err := <-failed; !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func takeJobs(in io.Reader, jobs chan<- job) error {
	for {
		b, err := cell.ReadFrame(in, maxJob)
		if err != nil {
			return err
		}
		j, err := unpackJob(b)
		if err != nil {
			return err
		}
		jobs <- j
	}
}

func doJobs(out io.Writer, jobs <-chan job, read func(context.Context, extract.Job) extract.Answer) error {
	for j := range jobs {
		ctx, cancel := context.WithTimeout(context.Background(), j.takes)
		answer := packAnswer(j, read(ctx, j.Job))
		cancel()
		if err := cell.WriteFrame(out, answer); err != nil {
			return err
		}
		if len(j.File.Data)+len(answer) > tidyAbove {
			debug.FreeOSMemory()
		}
	}
	return nil
}
