//go:build !linux

package cell

import "syscall"

// HasNamespaces: only Linux has them.
const HasNamespaces = false

func attributes(bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

// confine knows no walls but those of a process of its own.
func confine(Walls) ([]string, error) {
	return []string{"limits of the kernel", "a filter of system calls"}, nil
}
