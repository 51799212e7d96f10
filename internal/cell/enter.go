package cell

import (
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// Walls are the limits of a cell, by what it is for.
type Walls struct {
	// Data is what it may take beyond what it has when it starts, in octets that are
	// written to. RLIMIT_AS would be no use: Go reserves a thousand times what it uses.
	Data uint64
	// Seconds are what it may use of a processor in its life. They end a cell that
	// spins while its parent cannot kill it any more.
	Seconds uint64
	// Nice is how far it steps back behind others, 0 to 19 as in nice(1); no wall, and
	// left out where it cannot be had.
	Nice int
}

// maxStack bounds one goroutine's stack in octets; readers go some thousand calls
// deep at most.
const maxStack = 64 << 20

// Enter raises the walls around this process and says so to its parent. The error
// is that of a wall that must stand and does not.
func Enter(out io.Writer, w Walls) error {
	// Told to stop is the parent, which closes the pipe when its last message is done.
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	debug.SetMaxStack(maxStack)
	debug.SetTraceback("none") // what a job says must not stand in a trace
	missing, err := confine(w)
	if err != nil {
		return err
	}
	hello := Packer{}
	hello.Number(int64(len(missing)))
	for _, wall := range missing {
		hello.Text(wall)
	}
	return WriteFrame(out, hello.Frame)
}
