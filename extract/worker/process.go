package worker

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// process is one worker as its parent sees it. One goroutine at a time uses it.
type process struct {
	cmd     *exec.Cmd
	to      *os.File // jobs
	from    *os.File // answers
	ended   chan struct{}
	missing []string // walls that the kernel did not let it raise

	jobs   int64
	octets int64
	busy   time.Duration
}

const (
	// helloTime is how long a new worker may take until it is ready: some thirty
	// milliseconds on an idle machine.
	helloTime = 20 * time.Second
	maxHello  = 1 << 10 // octets
	maxWalls  = 10      // missing ones
)

// start begins a worker and waits until its walls stand.
func start(ctx context.Context, command []string, isolated bool) (*process, error) {
	in, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	from, out, err := os.Pipe()
	if err != nil {
		in.Close()
		to.Close()
		return nil, err
	}
	// No environment, no working directory of ours, standard error to nowhere: a
	// trace could hold what stands in a document.
	cmd := &exec.Cmd{Path: command[0], Args: command[1:], Env: []string{}, Dir: "/", Stdin: in, Stdout: out, SysProcAttr: attributes(isolated)}
	p := &process{cmd: cmd, to: to, from: from, ended: make(chan struct{})}
	err = cmd.Start()
	in.Close() // the worker's ends are its own: when it dies, ours say so
	out.Close()
	if err != nil {
		p.closePipes()
		return nil, err
	}
	go func() {
		defer close(p.ended)
		_ = cmd.Wait() // how it ended stands in ProcessState
	}()
	if err := p.hello(ctx); err != nil {
		p.kill()
		return nil, fmt.Errorf("it is not ready: %w (%s)", err, p.state())
	}
	return p, nil
}

func (p *process) hello(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, helloTime)
	defer cancel()
	defer context.AfterFunc(ctx, p.signalKill)()
	b, err := readFrame(p.from, maxHello)
	if err != nil {
		return err
	}
	u := &unpacker{b: b}
	for range u.count(maxWalls) {
		p.missing = append(p.missing, plain(u.text(maxWords)))
	}
	if u.bad || len(u.b) > 0 {
		return errLie
	}
	return nil
}

// signalKill may be called beside a read or write, which it ends.
func (p *process) signalKill() { _ = p.cmd.Process.Kill() }

// kill ends the process and waits until it is gone.
func (p *process) kill() {
	p.signalKill()
	<-p.ended
	p.closePipes()
}

func (p *process) closePipes() {
	p.to.Close()
	p.from.Close()
}

// isDead tells whether it ended while it had nothing to do.
func (p *process) isDead() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// state says how the process ended: "exit status 2", "signal: killed".
func (p *process) state() string {
	select {
	case <-p.ended:
		return p.cmd.ProcessState.String()
	default:
		return "running"
	}
}

// do sends a job and gives the frame of its answer. It ends with ctx, which kills
// the process.
func (p *process) do(ctx context.Context, j job) ([]byte, error) {
	defer context.AfterFunc(ctx, p.signalKill)()
	if err := writeFrame(p.to, j.pack()); err != nil {
		return nil, err
	}
	return readFrame(p.from, mostAnswer(j.Job))
}
