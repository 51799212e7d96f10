package bench

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// tick is what /proc counts CPU in: USER_HZ, 100 on every Linux.
const tick = 10 * time.Millisecond

// use is the CPU that the parts of a rig have had so far.
type use struct{ postfix, filter time.Duration }

func (r *rig) used() use {
	r.t.Helper()
	u := use{postfix: treeCPU(r.t, r.postfix.Pid())}
	if r.filter != 0 {
		u.filter = treeCPU(r.t, r.filter)
	}
	return u
}

// treeCPU is the CPU of a process, of the children that it has now and of those
// that ended.
func treeCPU(t testing.TB, pid int) time.Duration {
	t.Helper()
	parents := map[int]int{}
	spent := map[int]time.Duration{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil {
			if parent, d, ok := stat(n); ok {
				parents[n], spent[n] = parent, d
			}
		}
	}
	var sum time.Duration
	for n := range spent {
		for at, depth := n, 0; at > 1 && depth < 8; at, depth = parents[at], depth+1 {
			if at == pid {
				sum += spent[n]
				break
			}
		}
	}
	return sum
}

// stat reads proc(5): the parent, and the time of the process itself and of
// children that it has waited for.
func stat(pid int) (parent int, spent time.Duration, ok bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, false
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:])) // from the third field on
	parent, _ = strconv.Atoi(f[1])
	for _, field := range f[11:15] { // utime, stime, cutime, cstime
		n, _ := strconv.ParseInt(field, 10, 64)
		spent += time.Duration(n) * tick
	}
	return parent, spent, true
}

// peak is the most memory that a process has had (VmHWM), in octets, since
// resetPeak.
func peak(t testing.TB, pid int) float64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmHWM:" {
			n, _ := strconv.ParseFloat(f[1], 64)
			return n * 1024
		}
	}
	t.Fatal("no VmHWM")
	return 0
}

func resetPeak(t testing.TB, pid int) {
	t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0o200); err != nil {
		t.Fatal(err)
	}
}
