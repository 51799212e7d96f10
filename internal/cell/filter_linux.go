//go:build linux && (amd64 || arm64)

package cell

import (
	"os"
	"syscall"
	"unsafe"
)

// The classic BPF of seccomp(2): what a system call is, stands in seccomp_data.
const (
	seccompSetFilter = 1 // SECCOMP_SET_MODE_FILTER
	seccompAllThread = 1 // SECCOMP_FILTER_FLAG_TSYNC
	actKill          = 0x80000000
	actErrno         = 0x00050000
	actAllow         = 0x7fff0000
	offsetNumber     = 0
	offsetArch       = 4
	offsetArgs       = 16
	highNumbers      = 0x40000000 // those of the x32 ABI
)

const (
	load    = syscall.BPF_LD | syscall.BPF_W | syscall.BPF_ABS
	jumpEq  = syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K
	jumpGe  = syscall.BPF_JMP | syscall.BPF_JGE | syscall.BPF_K
	jumpSet = syscall.BPF_JMP | syscall.BPF_JSET | syscall.BPF_K
	give    = syscall.BPF_RET | syscall.BPF_K
)

// filterCalls leaves to this process and all its threads the system calls that
// computing needs: memory that is not run as code, threads, waiting, signals to
// itself, reading and writing of what is open. All others fail: files, sockets,
// programs, processes, tracing.
func filterCalls() error {
	program := callFilter(uint32(os.Getpid()))
	prog := syscall.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if _, _, errno := syscall.RawSyscall(sysSeccomp, seccompSetFilter, seccompAllThread, uintptr(unsafe.Pointer(&prog))); errno != 0 {
		return errno
	}
	return nil
}

func callFilter(self uint32) []syscall.SockFilter {
	deny := uint32(actErrno | syscall.EPERM)
	p := []syscall.SockFilter{
		{Code: load, K: offsetArch},
		{Code: jumpEq, K: auditArch, Jt: 1},
		{Code: give, K: actKill},
		{Code: load, K: offsetNumber},
		{Code: jumpGe, K: highNumbers, Jf: 1},
		{Code: give, K: deny},
	}
	for _, n := range harmless {
		p = append(p, syscall.SockFilter{Code: jumpEq, K: n, Jf: 1}, syscall.SockFilter{Code: give, K: actAllow})
	}
	// Those that hang on an argument: what is compared, and whether that is wanted.
	only := func(number uint32, argument int, test uint16, value uint32, wanted bool) {
		yes, no := uint32(actAllow), deny
		if !wanted {
			yes, no = no, yes
		}
		p = append(p,
			syscall.SockFilter{Code: jumpEq, K: number, Jf: 4},
			syscall.SockFilter{Code: load, K: offsetArgs + 8*uint32(argument)},
			syscall.SockFilter{Code: test, K: value, Jf: 1},
			syscall.SockFilter{Code: give, K: yes},
			syscall.SockFilter{Code: give, K: no})
	}
	only(syscall.SYS_MMAP, 2, jumpSet, syscall.PROT_EXEC, false)
	only(syscall.SYS_MPROTECT, 2, jumpSet, syscall.PROT_EXEC, false)
	only(syscall.SYS_CLONE, 0, jumpSet, syscall.CLONE_THREAD, true)
	only(syscall.SYS_TGKILL, 0, jumpEq, self, true)
	// C libraries take clone instead when there is no clone3, whose flags cannot be seen.
	return append(p, syscall.SockFilter{Code: jumpEq, K: sysClone3, Jf: 1}, syscall.SockFilter{Code: give, K: actErrno | uint32(syscall.ENOSYS)},
		syscall.SockFilter{Code: give, K: deny})
}
