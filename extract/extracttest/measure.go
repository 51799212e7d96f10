package extracttest

import (
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// Measured gives the time that something takes, and the octets of the highest
// heap above that before. The time is that of the clock or of the processor,
// whichever is less: others may hold the machine, and garbage is collected on
// several processors at one time.
func Measured(do func()) (time.Duration, uint64) {
	runtime.GC()
	before := heap()
	var highest atomic.Uint64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			highest.Store(max(highest.Load(), heap()))
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	start, used := time.Now(), processor()
	do()
	took := min(time.Since(start), processor()-used)
	close(stop)
	<-stopped
	return took, max(highest.Load(), before) - before
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for oneself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
