package argon

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/postseal/postseal/internal/cell"
	"github.com/postseal/postseal/store"
)

// Options are those of a Pool. A zero field means its default.
type Options struct {
	Processes int          // kept at one time; 0: as many as there are cores
	Command   []string     // program, then its arguments with its name first; nil: this program as Command
	Log       *slog.Logger // nil: silent
}

const (
	// mostTime ends a process that hangs: a hundred times what a password takes.
	mostTime = 20 * time.Second
	// mostJobs is what a process does before it is replaced, well inside cpuLimit.
	mostJobs = 500
	sumSize  = 32
	// leastMemory is what a sum takes, in octets, that is worth another process: less
	// is done in a few milliseconds.
	leastMemory = 4 << 20
	// maxText bounds the octets that are sent; longer ones, which no form lets
	// through, are worked on here.
	maxText = 16 << 10
)

// Pool keeps processes once they were needed. It is safe for concurrent use.
type Pool struct {
	o    Options
	idle chan *process
	told sync.Once
	ctx  context.Context
	stop context.CancelFunc
}

type process struct {
	*cell.Process
	jobs int
}

// New makes a Pool; it starts nothing yet. Close ends its processes.
func New(o Options) *Pool {
	if o.Processes <= 0 {
		o.Processes = runtime.GOMAXPROCS(0)
	}
	if o.Command == nil {
		o.Command = cell.Program(Command)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &Pool{o: o, idle: make(chan *process, o.Processes)}
	p.ctx, p.stop = context.WithCancel(context.Background())
	return p
}

// Sum gives the 32 octets of Argon2id of text; it is store.Options.Argon. The
// caller bounds how many it asks for at one time.
func (p *Pool) Sum(text, salt []byte, cost store.HashCost) []byte {
	if len(text)+len(salt) <= maxText && cost.MemoryKiB >= leastMemory>>10 && cost.MemoryKiB <= mostMemory>>10 {
		sum, err := p.outside(text, salt, cost)
		if err == nil {
			return sum
		}
		if p.ctx.Err() == nil {
			p.told.Do(func() {
				p.o.Log.Warn("passwords are checked in the daemon itself, which slows others down: the process for it failed", "error", err)
			})
		}
	}
	return sum(text, salt, cost)
}

func sum(text, salt []byte, cost store.HashCost) []byte {
	return argon2.IDKey(text, salt, cost.Passes, cost.MemoryKiB, cost.Lanes, sumSize)
}

// outside has the work done by a process. The error says that it was not done.
func (p *Pool) outside(text, salt []byte, cost store.HashCost) ([]byte, error) {
	w, err := p.take()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(p.ctx, mostTime)
	defer cancel()
	w.jobs++
	b, err := w.Do(ctx, job{text: text, salt: salt, cost: cost}.pack(), sumSize)
	if err == nil && len(b) != sumSize {
		err = errAnswer
	}
	if err != nil {
		w.Kill()
		return nil, err
	}
	p.give(w)
	return b, nil
}

var errAnswer = errors.New("argon: an answer of another size")

// take gives a process that is ready, or starts one.
func (p *Pool) take() (*process, error) {
	for {
		select {
		case w := <-p.idle:
			if !w.IsDead() {
				return w, nil
			}
			w.ClosePipes()
		default:
			// Namespaces are for those who read what attackers wrote: here text goes in
			// as octets to be hashed, and the filter of calls keeps it from the network.
			w, err := cell.Start(p.ctx, p.o.Command, false)
			if err != nil {
				return nil, err
			}
			return &process{Process: w}, nil
		}
	}
}

// give keeps a process for the next one, or ends it.
func (p *Pool) give(w *process) {
	if w.jobs < mostJobs && p.ctx.Err() == nil {
		select {
		case p.idle <- w:
			if p.ctx.Err() != nil { // closed meanwhile, and perhaps emptied before
				p.empty()
			}
			return
		default:
		}
	}
	w.Kill()
}

// Close ends all processes; a sum that is being computed is computed here.
func (p *Pool) Close() {
	p.stop()
	p.empty()
}

func (p *Pool) empty() {
	for {
		select {
		case w := <-p.idle:
			w.Kill()
		default:
			return
		}
	}
}
