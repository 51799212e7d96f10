// Package cputime measures benchmarks by the processor time that they take, not
// by the clock on the wall: other programs on the machine then count for little.
// Only tests import it.
package cputime

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// MB is the octets of a megabyte in all figures.
const MB = 1e6

// Used gives the processor time of the whole process so far, its collector's
// included.
func Used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic("getrusage: " + err.Error()) // it has no way to fail with these arguments
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Loop is a benchmark of f, which looks at so many octets. Beside the usual
// figures it reports MB/cpu-s, megabytes for a second of processor time.
func Loop(b *testing.B, octets int, f func()) {
	b.Helper()
	b.ReportAllocs()
	b.SetBytes(int64(octets))
	f() // tables that are made once
	runtime.GC()
	before := Used()
	for b.Loop() {
		f()
	}
	b.ReportMetric(float64(octets)*float64(b.N)/MB/(Used()-before).Seconds(), "MB/cpu-s")
}

// Pieces is a benchmark of f over pieces of so many octets each, one after the
// other. Beside what Loop reports there is quiet-MB/s: each piece by the clock on
// the wall at the best of all passes, in which nobody else had the processor. A
// piece should take well below a millisecond, and all together more than fits in a
// cache.
func Pieces(b *testing.B, octets []int, f func(i int)) {
	b.Helper()
	total := 0
	best := make([]time.Duration, len(octets))
	for i, n := range octets {
		total += n
		best[i] = time.Hour
	}
	Loop(b, total, func() {
		last := time.Now()
		for i := range octets {
			f(i)
			now := time.Now()
			best[i], last = min(best[i], now.Sub(last)), now
		}
	})
	quiet := time.Duration(0)
	for _, d := range best {
		quiet += d
	}
	b.ReportMetric(float64(total)/MB/quiet.Seconds(), "quiet-MB/s")
}

// Beside is a benchmark of two in turn: how much time f takes of what other does,
// for the octets of each. Of the reported figures, "ratio" is speed of f by speed
// of other.
func Beside(b *testing.B, octets int, f func(), otherOctets int, other func()) {
	b.Helper()
	f()
	other()
	runtime.GC()
	var mine, theirs time.Duration
	for b.Loop() {
		mine += cost(f)
		theirs += cost(other)
	}
	speed := float64(octets) / mine.Seconds()
	otherSpeed := float64(otherOctets) / theirs.Seconds()
	b.ReportMetric(speed*float64(b.N)/MB, "MB/cpu-s")
	b.ReportMetric(otherSpeed*float64(b.N)/MB, "baseline-MB/cpu-s")
	b.ReportMetric(speed/otherSpeed, "ratio")
}

func cost(f func()) time.Duration {
	before := Used()
	f()
	return Used() - before
}
