package cell

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
)

// HasNamespaces: a cell may have a network of its own, where nobody is.
const HasNamespaces = true

const (
	// fileLimit leaves room for the two pipes and what the Go runtime opens.
	fileLimit = 16
	// dataUnknown stands for what a cell has when /proc does not tell.
	dataUnknown = 128 << 20
)

// Limits that package syscall does not name for every architecture (asm-generic/resource.h).
const rlimitMemlock = 8

// Options of prctl (linux/prctl.h).
const (
	prSetDumpable   = 4
	prSetNoNewPrivs = 38
)

// attributes are those of a cell's process: a session of its own, so that an
// interrupt typed at the parent leaves it alone, and, isolated, a user namespace
// in which it is nobody and a network namespace in which nobody is.
func attributes(isolated bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setsid: true}
	if isolated {
		const nobody = 65534
		a.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET // others would open more of the kernel than they close
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getgid(), Size: 1}}
	}
	return a
}

// confine steps back and raises the walls around this process: limits of the kernel, which must
// stand, and a filter of system calls, which not every system permits. It gives
// the names of those that are missing.
func confine(w Walls) ([]string, error) {
	for _, l := range []struct {
		what int
		most uint64
	}{
		{syscall.RLIMIT_DATA, dataNow() + w.Data},
		{syscall.RLIMIT_CPU, w.Seconds},
		{syscall.RLIMIT_NOFILE, fileLimit},
		{syscall.RLIMIT_FSIZE, 0},
		{syscall.RLIMIT_CORE, 0},
		{rlimitMemlock, 0},
	} {
		if err := limit(l.what, l.most); err != nil {
			return nil, fmt.Errorf("cell: limit %d: %w", l.what, err)
		}
	}
	// A cell leads a session, so its process group is all its threads, those that the
	// runtime began before too. Where the parent stands further back, nothing changes.
	_ = syscall.Setpriority(syscall.PRIO_PGRP, 0, w.Nice)
	// These hold for one thread until the filter is spread over all.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := prctl(prSetNoNewPrivs, 1); err != nil {
		return nil, fmt.Errorf("cell: no_new_privs: %w", err)
	}
	if err := prctl(prSetDumpable, 0); err != nil {
		return nil, fmt.Errorf("cell: dumpable: %w", err)
	}
	if err := filterCalls(); err != nil {
		return []string{"a filter of system calls"}, nil
	}
	return nil, nil
}

// limit sets a limit that cannot be lifted again; one that is lower stays.
func limit(what int, most uint64) error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(what, &l); err != nil {
		return err
	}
	l.Max = min(l.Max, most)
	l.Cur = l.Max
	return syscall.Setrlimit(what, &l)
}

func prctl(option, value uintptr) error {
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, option, value, 0, 0, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// dataNow gives what the kernel counts for RLIMIT_DATA so far, in octets.
func dataNow() uint64 {
	const data = 5 // of the numbers in statm, proc_pid_statm(5)
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return dataUnknown
	}
	fields := bytes.Fields(b)
	if len(fields) <= data {
		return dataUnknown
	}
	pages, err := strconv.ParseUint(string(fields[data]), 10, 64)
	if err != nil {
		return dataUnknown
	}
	return pages * uint64(os.Getpagesize())
}
