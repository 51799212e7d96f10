package main

import (
	"runtime"
	"runtime/metrics"
	"testing"
)

func TestPaceOf(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct {
		live uint64
		want int
	}{
		{0, leastPercent},         // nothing was collected yet
		{7 * mb, 300},             // up to the floor
		{14 * mb, 100},            //
		{20 * mb, leastPercent},   // the floor would leave less
		{28 * mb, leastPercent},   // at it
		{1000 * mb, leastPercent}, // far beyond
	} {
		if got := paceOf(c.live); got != c.want {
			t.Errorf("%d MB live: got %d, want %d", c.live/mb, got, c.want)
		}
	}
}

func gogc() (percent, live uint64) {
	s := []metrics.Sample{{Name: "/gc/gogc:percent"}, {Name: heapLive}}
	metrics.Read(s)
	return s[0].Value.Uint64(), s[1].Value.Uint64()
}

// What the administrator set stays; else the pace follows what is live.
func TestPaceCollections(t *testing.T) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, "100")
			before, _ := gogc()
			paceCollections()
			if got, _ := gogc(); got != before {
				t.Errorf("GOGC is %d, want %d as before", got, before)
			}
		})
	}
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	paceCollections()
	held := make([][]byte, 0, 40)
	for range 40 { // megabytes, so that what is live changes; a finalizer comes when it comes
		held = append(held, make([]byte, 1<<20))
		runtime.GC()
		if percent, live := gogc(); live > heapFloor && percent == leastPercent {
			runtime.KeepAlive(held)
			return
		}
	}
	percent, live := gogc()
	t.Errorf("GOGC is %d with %d octets live, want %d", percent, live, leastPercent)
}
