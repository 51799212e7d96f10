package e2etest

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Kill ends the instance as a machine that loses its power does: master and all
// its programs at once. Start starts it again with its queue.
func (p *Postfix) Kill() {
	p.t.Helper()
	if p.cmd == nil || p.stopped {
		return
	}
	p.stopped = true
	master := p.Pid()
	if master == 0 {
		p.t.Fatal("the Postfix to be killed has no master")
	}
	for _, group := range []int{master, p.cmd.Process.Pid} { // master has a session of its own
		_ = syscall.Kill(-group, syscall.SIGKILL)
	}
	_ = p.cmd.Wait()
}

// Pid gives the process id of the instance's master(8), 0 when there is none.
func (p *Postfix) Pid() int {
	b, err := os.ReadFile(filepath.Join(p.QueueDir, "pid", "master.pid"))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || pid <= 1 || syscall.Kill(pid, 0) != nil {
		return 0
	}
	return pid
}

// nudge asks qmgr every two seconds, until the instance ends, to look at the
// incoming queue. A message that it found locked for a moment ("skipped, still
// being delivered") goes back there, and nothing else makes it look again until
// other mail comes.
func (p *Postfix) nudge() {
	const every, lookAtIncoming = 2 * time.Second, "I"
	tick := time.NewTicker(every)
	ended := make(chan struct{})
	p.t.Cleanup(func() { close(ended) })
	go func() {
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
			}
			if c, err := net.DialTimeout("unix", filepath.Join(p.QueueDir, "public", "qmgr"), time.Second); err == nil {
				_, _ = c.Write([]byte(lookAtIncoming))
				c.Close()
			}
		}
	}()
}

// shownWith copies the instance's configuration, for the daemon to look at, with
// another address in place of the re-entry port's.
func (p *Postfix) shownWith(t testing.TB, reentry, inbound, dir string) string {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS(p.ConfigDir)); err != nil {
		t.Fatal(err)
	}
	master := filepath.Join(dir, "master.cf")
	b, err := os.ReadFile(master)
	if err == nil {
		err = os.WriteFile(master, []byte(strings.NewReplacer(Loopback(p.Reentry), reentry, Loopback(p.Inbound), inbound).Replace(string(b))), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// RefuseAtReentry makes the re-entry port refuse for good everybody at a domain, which
// a site's should never do. Call it before Start, and after the daemon was made,
// which is not to see it.
func (p *Postfix) RefuseAtReentry(domain string) {
	p.t.Helper()
	p.write("refused", domain+" 550 5.1.1 Nobody of this name\n")
	p.run("postconf", "-c", p.ConfigDir, "-P", fmt.Sprintf("%s/inet/smtpd_recipient_restrictions=check_recipient_access,texthash:%s,permit_mynetworks,reject", Loopback(p.Reentry), filepath.Join(p.ConfigDir, "refused")))
	p.Settle()
}

// Signal sends the daemon a signal: SIGSTOP, SIGCONT.
func (s *Postseal) Signal(sig syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(sig)
	}
}

// Disk is a small file system at a directory, in a mount namespace of its own:
// only programs that Enter sees it.
type Disk struct {
	dir    string
	holder *exec.Cmd
}

// NewDisk makes one of so many megabytes. It goes when the test ends.
func NewDisk(t testing.TB, dir string, megabytes int) *Disk {
	t.Helper()
	NeedRoot(t)
	d := &Disk{dir: dir}
	d.holder = exec.Command(Need(t, "unshare"), "--mount", "--propagation", "private", "sh", "-c",
		`mount -t tmpfs -o "size=$1,mode=0700" postseal "$2" && echo mounted && exec sleep infinity`, "sh", fmt.Sprintf("%dm", megabytes), dir)
	d.holder.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := d.holder.StdoutPipe()
	if err == nil {
		err = d.holder.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = d.holder.Process.Kill()
		_ = d.holder.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || strings.TrimSpace(line) != "mounted" {
		t.Fatalf("a small file system: %q, %v", line, err)
	}
	return d
}

// Enter has a command run where the file system can be seen.
func (d *Disk) Enter(c *exec.Cmd) *exec.Cmd {
	args := append([]string{"--target", fmt.Sprint(d.holder.Process.Pid), "--mount", "--wd=/", "--", c.Path}, c.Args[1:]...)
	return exec.Command("nsenter", args...)
}

// Path is where a test sees the file system.
func (d *Disk) Path() string {
	return filepath.Join("/proc", fmt.Sprint(d.holder.Process.Pid), "root", d.dir)
}

// filler is what takes the room.
func (d *Disk) filler() string { return filepath.Join(d.Path(), "filler") }

// Fill takes all the room that is left; Free gives it back.
func (d *Disk) Fill() error {
	f, err := os.Create(d.filler())
	if err != nil {
		return err
	}
	defer f.Close()
	block := make([]byte, 1<<20)
	for {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// Free undoes Fill.
func (d *Disk) Free() error { return os.Remove(d.filler()) }
