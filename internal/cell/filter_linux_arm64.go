package cell

import "syscall"

const (
	auditArch  = 0xc00000b7 // AUDIT_ARCH_AARCH64
	sysSeccomp = syscall.SYS_SECCOMP
	sysClone3  = 435
)

// harmless are the system calls that a cell may make whatever their arguments.
// Numbers that package syscall does not name are those of the kernel's table.
var harmless = []uint32{
	syscall.SYS_READ, syscall.SYS_WRITE, syscall.SYS_CLOSE, syscall.SYS_FUTEX, syscall.SYS_MUNMAP, syscall.SYS_MADVISE, syscall.SYS_MINCORE,
	syscall.SYS_BRK, syscall.SYS_RT_SIGACTION, syscall.SYS_RT_SIGPROCMASK, syscall.SYS_RT_SIGRETURN, syscall.SYS_SIGALTSTACK,
	syscall.SYS_SCHED_YIELD, syscall.SYS_SCHED_GETAFFINITY, syscall.SYS_NANOSLEEP, syscall.SYS_CLOCK_NANOSLEEP, syscall.SYS_CLOCK_GETTIME,
	syscall.SYS_RESTART_SYSCALL, syscall.SYS_GETPID, syscall.SYS_GETTID, syscall.SYS_GETTIMEOFDAY, syscall.SYS_SET_ROBUST_LIST,
	syscall.SYS_EPOLL_CTL, syscall.SYS_EPOLL_PWAIT, syscall.SYS_EPOLL_CREATE1, syscall.SYS_EVENTFD2, syscall.SYS_PIPE2,
	syscall.SYS_EXIT, syscall.SYS_EXIT_GROUP, syscall.SYS_GETRANDOM,
	293, // rseq
}
