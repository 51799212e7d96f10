package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/postseal/postseal/extract"
	"github.com/postseal/postseal/internal/cell"
)

// Options are those of a Pool. A zero field means its default.
type Options struct {
	Workers int           // processes at one time; 0: DefaultWorkers
	Time    time.Duration // for one document; 0: DefaultTime
	Command []string      // program, then its arguments with its name first; nil: this program as Command
	Log     *slog.Logger  // nil: silent
	Metrics *Metrics      // nil: not counted
	Now     func() time.Time
}

const (
	// DefaultWorkers let one document be read while a slow one is at work. Each
	// takes some 20 MB while idle and 256 MB more at worst.
	DefaultWorkers = 2
	// MostWorkers is where memory for the worst documents of all gets out of hand.
	MostWorkers = 64
	// DefaultTime ends a reader that hangs. The costliest documents that stay within
	// extract's limits take two seconds of one processor.
	DefaultTime = 10 * time.Second

	// What one worker reads before it is replaced: enough that starting costs
	// nothing, and little enough that what one document did to it does not last.
	mostJobs   = 100
	mostOctets = 64 << 20
	mostBusy   = 10 * time.Second
)

// reader is one worker as the pool sees it.
type reader struct {
	*cell.Process
	jobs   int64
	octets int64
	busy   time.Duration
}

// Pool keeps workers ready. It is safe for concurrent use.
type Pool struct {
	o     Options
	slots chan *reader // as many as there may be workers; nil: one to be started

	mu        sync.Mutex
	exposed   bool // namespaces are not permitted here
	told      bool // what is missing was logged
	closed    bool
	begun     sync.WaitGroup
	ctx       context.Context // of starting workers; ends with Close
	cancelAll context.CancelFunc
}

// New makes a Pool and begins to start its workers. Close ends them.
func New(o Options) *Pool {
	if o.Workers <= 0 {
		o.Workers = DefaultWorkers
	}
	o.Workers = min(o.Workers, MostWorkers)
	if o.Time <= 0 {
		o.Time = DefaultTime
	}
	if o.Command == nil {
		o.Command = cell.Program(Command)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	p := &Pool{o: o, slots: make(chan *reader, o.Workers)}
	p.ctx, p.cancelAll = context.WithCancel(context.Background())
	for range o.Workers {
		p.prepare()
	}
	return p
}

// ReadOutside reads a document in one of the workers; it is extract.Outside. It
// waits for a free one until ctx ends, then at most Options.Time. The error wraps
// extract.ErrUnreadable, or extract.ErrTooBig when it was ctx that ended.
func (p *Pool) ReadOutside(ctx context.Context, ej extract.Job) (extract.Answer, error) {
	if len(ej.File.Data) > maxFile {
		return extract.Answer{}, fmt.Errorf("%w: more than %d MB", extract.ErrTooBig, maxFile>>20)
	}
	var w *reader
	select {
	case w = <-p.slots:
	case <-ctx.Done():
		return extract.Answer{}, noTime(ctx)
	case <-p.ctx.Done():
		return extract.Answer{}, failure(errClosed)
	}
	if w == nil || w.IsDead() {
		if w != nil {
			w.ClosePipes()
		}
		var err error
		if w, err = p.start(ctx); err != nil {
			p.slots <- nil
			if ctx.Err() != nil {
				return extract.Answer{}, noTime(ctx)
			}
			return extract.Answer{}, failure(errStart)
		}
	}
	answer, err := p.run(ctx, w, ej)
	switch {
	case err != nil:
		w.Kill()
		why := reason(ctx, err)
		p.o.Metrics.count(why)
		p.o.Log.Warn("a document could not be read: its reader was ended", "why", why.word, "worker", w.State())
		if ctx.Err() != nil {
			err = noTime(ctx)
		} else {
			err = failure(why)
		}
		p.prepare()
	case w.jobs >= mostJobs || w.octets >= mostOctets || w.busy >= mostBusy:
		p.o.Metrics.count(errRetired)
		go w.Kill()
		p.prepare()
	default:
		p.slots <- w
	}
	return answer, err
}

// run has one job done within its time.
func (p *Pool) run(ctx context.Context, w *reader, ej extract.Job) (extract.Answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.o.Time, errTime)
	defer cancel()
	defer context.AfterFunc(p.ctx, w.SignalKill)()
	w.jobs++
	takes := p.o.Time
	if until, ok := ctx.Deadline(); ok {
		takes = until.Sub(p.o.Now())
	}
	j := job{id: w.jobs, takes: takes * 9 / 10, Job: ej} // it stops by itself before it is killed
	begin := p.o.Now()
	b, err := w.Do(ctx, j.pack(), mostAnswer(ej))
	w.busy += p.o.Now().Sub(begin)
	w.octets += int64(len(ej.File.Data) + len(b))
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return extract.Answer{}, err
	}
	return unpackAnswer(b, j)
}

// prepare fills a slot with a new worker, beside the caller.
func (p *Pool) prepare() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		p.slots <- nil
		return
	}
	p.begun.Add(1)
	go func() {
		defer p.begun.Done()
		w, err := p.start(p.ctx)
		if err != nil {
			w = nil // tried again when it is wanted
		}
		p.slots <- w
	}()
}

// start begins a worker with all the walls that are permitted here.
func (p *Pool) start(ctx context.Context) (*reader, error) {
	p.mu.Lock()
	exposed, closed := p.exposed, p.closed
	p.mu.Unlock()
	if closed {
		return nil, errClosed
	}
	w, err := cell.Start(ctx, p.o.Command, !exposed)
	if err != nil && !exposed && ctx.Err() == nil {
		if w, err = cell.Start(ctx, p.o.Command, false); err == nil {
			exposed = true
		}
	}
	if err != nil {
		if ctx.Err() == nil {
			p.o.Metrics.count(errStart)
			p.o.Log.Error("a reader of documents cannot be started; documents count as unreadable", "error", err)
		}
		return nil, err
	}
	r := &reader{Process: w}
	p.tell(r, exposed)
	return r, nil
}

// tell logs once which walls are missing.
func (p *Pool) tell(w *reader, exposed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.exposed = p.exposed || exposed
	missing := w.Missing
	if exposed && cell.HasNamespaces {
		missing = append(missing, "a network namespace of its own")
	}
	if len(missing) > 0 && !p.told {
		p.told = true
		p.o.Log.Warn("readers of documents run with fewer walls than they could have: this system does not permit all", "missing", missing)
	}
}

// Close ends all workers. Documents that are at work count as unreadable.
func (p *Pool) Close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	p.mu.Unlock()
	p.cancelAll()
	p.begun.Wait()
	for range p.o.Workers {
		if w := <-p.slots; w != nil {
			w.Kill()
		}
	}
}

// ending is why a worker ended, in a word for the metric and in words for people.
type ending struct{ word, words string }

func (e *ending) Error() string { return e.words }

var (
	errCrash   = &ending{"crash", "its reader crashed"}
	errTime    = &ending{"time", "reading it took too long"}
	errAnswer  = &ending{"answer", "its reader gave a wrong answer"}
	errStart   = &ending{"start", "no reader could be started"}
	errClosed  = &ending{"closed", "the service is stopping"}
	errRetired = &ending{"retired", "it was replaced after its work"}
)

// reason makes one of ours of what went wrong.
func reason(ctx context.Context, err error) *ending {
	switch {
	case ctx.Err() != nil, errors.Is(err, errTime):
		return errTime
	case errors.Is(err, errLie), errors.Is(err, cell.ErrFrame):
		return errAnswer
	}
	return errCrash
}

func failure(e *ending) error { return fmt.Errorf("%w: %w", extract.ErrUnreadable, e) }

func noTime(ctx context.Context) error {
	return fmt.Errorf("%w: no time left: %w", extract.ErrTooBig, context.Cause(ctx))
}
