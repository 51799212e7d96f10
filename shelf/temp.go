package shelf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/postseal/postseal/envelope"
)

// lookEvery is how often, in octets written, the free space is asked again.
const lookEvery = 8 << 20

// temp is one container being written. It is locked (flock), so that another
// process that sweeps leaves it alone; a crash lets go of the lock.
type temp struct {
	dir  *Dir
	file *os.File
	size int64 // octets counted in dir.used
	kept bool
}

// write makes a whole temporary file of a container, or nothing. It is not synced yet.
func (d *Dir) write(ctx context.Context, digest envelope.Digest, container io.Reader) (_ *temp, err error) {
	if err := d.room(); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Join(d.path, tempDir), "put-*") // mode 0600
	if err != nil {
		return nil, notMissing(err)
	}
	t := &temp{dir: d, file: f}
	defer func() {
		if err != nil {
			t.discard()
		}
	}()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, err
	}
	got, err := envelope.DigestOf(io.TeeReader(reader{ctx, container}, t)) // reads to the end
	switch {
	case errors.Is(err, envelope.ErrBroken): // no container at all
		return nil, ErrDigest
	case err != nil:
		return nil, notMissing(err)
	case got != digest:
		return nil, ErrDigest
	}
	return t, nil
}

// Write takes the next octets within the bounds.
func (t *temp) Write(p []byte) (int, error) {
	before := t.size / lookEvery
	if err := t.dir.reserve(int64(len(p))); err != nil {
		return 0, err
	}
	t.size += int64(len(p))
	if t.size/lookEvery != before {
		if err := t.dir.room(); err != nil {
			return 0, err
		}
	}
	return t.file.Write(p)
}

// discard closes the file and removes it unless it was kept.
func (t *temp) discard() {
	if !t.kept {
		_ = os.Remove(t.file.Name()) // else the next sweep does
		_ = t.dir.reserve(-t.size)
	}
	_ = t.file.Close()
}

// reserve counts n octets, or says ErrFull.
func (d *Dir) reserve(n int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n > 0 && d.maxBytes > 0 && d.used+n > d.maxBytes {
		return fmt.Errorf("%w: %d octets are the bound", ErrFull, d.maxBytes)
	}
	d.used += n
	return nil
}

// room looks whether the file system has its floor left.
func (d *Dir) room() error {
	if d.minFree < 0 {
		return nil
	}
	var s syscall.Statfs_t
	if err := syscall.Statfs(d.path, &s); err != nil {
		return err
	}
	if free := int64(s.Bavail) * int64(s.Bsize); free < d.minFree {
		return fmt.Errorf("%w: %d octets are free on the disk, %d must stay", ErrFull, free, d.minFree)
	}
	return nil
}

// sweep removes what crashed runs left; what a living process writes is locked.
func sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		f, err := open(filepath.Join(dir, entry.Name()))
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, ErrNotFound) {
			continue // another sweep was first, or it is no file of ours
		}
		if err != nil {
			return err
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			err = os.Remove(f.Name())
		}
		f.Close()
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// reader ends with the context.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// notMissing hides "no such file" of a write: it is a fault of the disk or of
// the container's source, not an absent container.
func notMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("cannot write: %v", err)
	}
	return err
}

// syncDir makes names in a directory durable.
func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.Sync()
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}

func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }
