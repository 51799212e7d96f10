package cell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Process is a cell as its parent sees it. One goroutine at a time uses it.
type Process struct {
	Missing []string // walls that the kernel did not let it raise

	cmd   *exec.Cmd
	to    *os.File // jobs
	from  *os.File // answers
	ended chan struct{}
}

const (
	// helloTime is how long a new cell may take until it is ready: some thirty
	// milliseconds on an idle machine.
	helloTime = 20 * time.Second
	maxHello  = 1 << 10 // octets
	maxWalls  = 10      // missing ones
	maxWall   = 200     // octets of a wall's name
)

// Start begins a cell and waits until its walls stand: program, then its arguments
// with its name first. Isolated, it has namespaces of its own, which not every
// system permits.
func Start(ctx context.Context, command []string, isolated bool) (*Process, error) {
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
	p := &Process{cmd: cmd, to: to, from: from, ended: make(chan struct{})}
	err = cmd.Start()
	in.Close() // the cell's ends are its own: when it dies, ours say so
	out.Close()
	if err != nil {
		p.ClosePipes()
		return nil, err
	}
	go func() {
		defer close(p.ended)
		_ = cmd.Wait() // how it ended stands in ProcessState
	}()
	if err := p.hello(ctx); err != nil {
		p.Kill()
		return nil, fmt.Errorf("it is not ready: %w (%s)", err, p.State())
	}
	return p, nil
}

var errHello = errors.New("its first words are wrong")

func (p *Process) hello(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, helloTime)
	defer cancel()
	defer context.AfterFunc(ctx, p.SignalKill)()
	b, err := ReadFrame(p.from, maxHello)
	if err != nil {
		return err
	}
	u := &Unpacker{Frame: b}
	for range u.Count(maxWalls) {
		p.Missing = append(p.Missing, Plain(u.Text(maxWall), maxWall))
	}
	if !u.Whole() {
		return errHello
	}
	return nil
}

// SignalKill may be called beside a read or write, which it ends.
func (p *Process) SignalKill() { _ = p.cmd.Process.Kill() }

// Kill ends the process and waits until it is gone.
func (p *Process) Kill() {
	p.SignalKill()
	<-p.ended
	p.ClosePipes()
}

// ClosePipes lets go of a process that ended by itself.
func (p *Process) ClosePipes() {
	p.to.Close()
	p.from.Close()
}

// ID is the number of the process.
func (p *Process) ID() int { return p.cmd.Process.Pid }

// Ended is closed when the process is gone.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// IsDead tells whether it ended while it had nothing to do.
func (p *Process) IsDead() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// State says how the process ended: "exit status 2", "signal: killed".
func (p *Process) State() string {
	select {
	case <-p.ended:
		return p.cmd.ProcessState.String()
	default:
		return "running"
	}
}

// Do sends a job and gives its answer, of at most so many octets. It ends with
// ctx, which kills the process.
func (p *Process) Do(ctx context.Context, job []byte, most int) ([]byte, error) {
	defer context.AfterFunc(ctx, p.SignalKill)()
	if err := WriteFrame(p.to, job); err != nil {
		return nil, err
	}
	return ReadFrame(p.from, most)
}

// Program is the command line that starts the program which runs, even when its
// file was replaced since, with one argument.
func Program(argument string) []string {
	path := "/proc/self/exe"
	if _, err := os.Stat(path); err != nil {
		if path, err = os.Executable(); err != nil {
			path = os.Args[0]
		}
	}
	return []string{path, "postseal", argument}
}

// Plain keeps of a cell's words, to at most so many octets, what stands in log
// lines and mails without harm: one short line of plain characters.
func Plain(words string, most int) string {
	words = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(" .,:;'%()-/", r):
			return r
		}
		return -1
	}, words)
	return words[:min(len(words), most)]
}
