package portal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/postseal/postseal/shelf"
	"github.com/postseal/postseal/store"
)

// What people open and send lies in the private spool while it is read or sent,
// beside the messages that the milter decides about. Two bounds keep either from
// being crowded out: the disk keeps a floor free, and one person has few files there
// at a time, however slowly she reads.

// DefaultSpoolFree leaves room for the milter's messages on the spool's disk.
const DefaultSpoolFree = 256 << 20

// lookEvery is how often, in octets written, the free space is asked again.
const lookEvery = 8 << 20

// spooled is a file in the private spool without a name. Writing to it ends with
// shelf.ErrFull where the disk has no more than its floor left.
type spooled struct {
	*os.File
	s    *Server
	size int64
}

// scratch makes a file in the private spool and takes its name away at once, so
// that nothing stays behind whatever happens.
func (s *Server) scratch() (*spooled, error) {
	if err := s.spoolRoom(); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(s.Spool, "open-")
	if err != nil {
		return nil, fmt.Errorf("portal: spool: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("portal: spool: %w", err)
	}
	return &spooled{File: f, s: s}, nil
}

// Write takes the next octets while there is room.
func (f *spooled) Write(b []byte) (int, error) {
	before := f.size / lookEvery
	if f.size += int64(len(b)); f.size/lookEvery != before {
		if err := f.s.spoolRoom(); err != nil {
			return 0, err
		}
	}
	n, err := f.File.Write(b)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		err = fmt.Errorf("%w: %w", shelf.ErrFull, err)
	}
	return n, err
}

// ReadFrom keeps io.Copy from going past Write.
func (f *spooled) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{f}, r)
}

// spoolRoom looks whether the spool's disk has its floor left.
func (s *Server) spoolRoom() error {
	if s.SpoolFree < 0 {
		return nil
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(s.Spool, &fs); err != nil {
		return fmt.Errorf("portal: spool: %w", err)
	}
	block := int64(fs.Bsize) //nolint:unconvert // not the same type everywhere
	floor := s.SpoolFree
	if floor == 0 {
		floor = min(DefaultSpoolFree, int64(fs.Blocks)*block/8)
	}
	if free := int64(fs.Bavail) * block; free < floor {
		return fmt.Errorf("portal: spool: %w: %d octets are free, %d must stay", shelf.ErrFull, free, floor)
	}
	return nil
}

// orFull is otherwise, unless the spool is full: then nobody's file is to blame.
func orFull(err, otherwise error) error {
	if errors.Is(err, shelf.ErrFull) {
		return err
	}
	return otherwise
}

// holds bounds what goes on at once for each person.
type holds struct {
	wait time.Duration // how long one more waits
	mu   sync.Mutex
	by   map[string]*turns
}

// turns are those of one person; users have one or wait for one.
type turns struct {
	slots chan struct{}
	users int
}

// take waits for a turn of who; errBusy when none came.
func (h *holds) take(ctx context.Context, who string) (free func(), err error) {
	h.mu.Lock()
	t := h.by[who]
	if t == nil {
		if h.by == nil {
			h.by = map[string]*turns{}
		}
		t = &turns{slots: make(chan struct{}, maxHeldEach)}
		h.by[who] = t
	}
	t.users++
	h.mu.Unlock()
	left := func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if t.users--; t.users == 0 {
			delete(h.by, who)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, h.wait)
	defer cancel()
	select {
	case t.slots <- struct{}{}:
		return func() { <-t.slots; left() }, nil
	case <-ctx.Done():
		left()
		return nil, errBusy
	}
}

// hold makes this visit one of the few of its person that have files in the spool,
// until it ends. p is her own proof, not one for the mailbox at which she sits (For).
func (v *visit) hold(p store.Proof) (err error) {
	if v.free == nil {
		v.free, err = v.s.held.take(v.ctx(), p.Address().Key())
	}
	return err
}

// holdOwn is hold for who is signed in on the site.
func (v *visit) holdOwn() error {
	p, err := v.person()
	if err != nil {
		return err
	}
	return v.hold(p)
}

// letGo ends what hold began.
func (v *visit) letGo() {
	if v.free != nil {
		v.free()
		v.free = nil
	}
}

// display reads an opened message for showing, one of few at a time.
func (v *visit) display(f io.Reader) (shown, error) {
	select {
	case v.s.showing <- struct{}{}:
		defer func() { <-v.s.showing }()
		return display(f, v.lang()), nil
	case <-v.ctx().Done():
		return shown{}, errBusy
	}
}
