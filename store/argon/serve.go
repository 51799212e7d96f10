package argon

import (
	"errors"
	"io"
	"math"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/postseal/postseal/internal/cell"
	"github.com/postseal/postseal/store"
)

// Command is the argument that makes a program compute for a Pool. It is not for people.
const Command = "argon-worker"

const (
	// mostMemory bounds what one sum may take, in octets: twice what passwords take
	// by default.
	mostMemory = 128 << 20
	// dataLimit is what a process may take of memory, in octets: one sum, another
	// whose memory is not yet free, and the runtime.
	dataLimit = 2*mostMemory + 64<<20
	// cpuLimit is what a process may use in its life, in seconds of processor: a
	// second for each of mostJobs on a slow machine, and as much again.
	cpuLimit = 2 * mostJobs
	// stepBack is how far it steps back behind the daemon and Redis: who is awake for
	// a moment goes first, and of a core that both want all the time a tenth is left
	// to it, so that a busy gateway still lets people sign in.
	stepBack = 10
	// idleTime is when a process gives its memory back to the system.
	idleTime = 2 * time.Second
)

type job struct {
	text, salt []byte
	cost       store.HashCost
}

var errJob = errors.New("argon: damaged job")

func (j job) pack() []byte {
	p := cell.Packer{}
	p.Number(int64(j.cost.MemoryKiB))
	p.Number(int64(j.cost.Passes))
	p.Number(int64(j.cost.Lanes))
	p.Octets(j.salt)
	p.Octets(j.text)
	return p.Frame
}

func unpack(b []byte) (job, error) {
	u := &cell.Unpacker{Frame: b}
	memory, passes, lanes := u.Number(), u.Number(), u.Number()
	j := job{cost: store.HashCost{MemoryKiB: uint32(memory), Passes: uint32(passes), Lanes: uint8(lanes)}, salt: u.Octets(maxText), text: u.Octets(maxText)}
	in := func(n, most int64) bool { return n > 0 && n <= most }
	if !u.Whole() || !in(memory, mostMemory>>10) || !in(passes, math.MaxUint8) || !in(lanes, math.MaxUint8) {
		return job{}, errJob
	}
	return j, nil
}

// Serve is such a process: it raises its walls, says so, and computes one sum after
// the other until the other side closes. The error is that of a wall that must
// stand and does not, or of a job that is none.
func Serve(in io.Reader, out io.Writer) error {
	// A sum takes its memory at once and lets it go at once; collecting by hand
	// behind each costs nothing, and the memory stays ours for the next.
	debug.SetGCPercent(-1)
	runtime.GOMAXPROCS(1)
	if err := cell.Enter(out, cell.Walls{Data: dataLimit, Seconds: cpuLimit, Nice: stepBack}); err != nil {
		return err
	}
	idle := time.AfterFunc(idleTime, debug.FreeOSMemory)
	defer idle.Stop()
	for {
		b, err := cell.ReadFrame(in, 2*maxText)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		idle.Stop()
		j, err := unpack(b)
		if err != nil {
			return err
		}
		if err := cell.WriteFrame(out, sum(j.text, j.salt, j.cost)); err != nil {
			return err
		}
		clear(b)
		runtime.GC()
		idle.Reset(idleTime)
	}
}
