package shelf

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/postseal/postseal/envelope"
)

// DirOptions bound a Dir.
type DirOptions struct {
	MaxBytes int64 // sum of all containers in octets; 0: only MinFree bounds
	MinFree  int64 // free octets that must stay on the file system; 0: DefaultMinFree, below 0: no floor
}

// DefaultMinFree leaves room for Postfix's queue and Redis on the same file system.
const DefaultMinFree = 256 << 20

// tempDir holds what is being written; it is on the same file system, so that
// rename is one step.
const tempDir = "tmp"

// Dir is a Shelf in a local directory: path/aa/ID/DIGESTHEX, where aa are the
// first characters of the ID; directories 0700, files 0600. It is safe for
// concurrent use; one daemon at a time keeps account of MaxBytes.
type Dir struct {
	path     string
	maxBytes int64
	minFree  int64

	mu   sync.Mutex // held where names change, and for used
	used int64      // octets kept and being written
}

var _ Shelf = (*Dir)(nil)

// OpenDir opens the shelf at path, making the directory when it is missing. It
// removes what earlier runs left half-written and counts what is there.
func OpenDir(path string, o DirOptions) (*Dir, error) {
	if path == "" {
		return nil, errors.New("shelf: no directory given")
	}
	d := &Dir{path: path, maxBytes: o.MaxBytes, minFree: o.MinFree}
	if d.minFree == 0 {
		d.minFree = DefaultMinFree
	}
	if err := os.MkdirAll(filepath.Join(path, tempDir), 0o700); err != nil {
		return nil, fmt.Errorf("shelf: %w", err)
	}
	if err := private(path); err != nil {
		return nil, fmt.Errorf("shelf: %w", err)
	}
	if err := sweep(filepath.Join(path, tempDir)); err != nil {
		return nil, fmt.Errorf("shelf: %w", err)
	}
	if err := d.count(); err != nil {
		return nil, fmt.Errorf("shelf: %w", err)
	}
	return d, nil
}

// count sums up what is kept.
func (d *Dir) count() error {
	return filepath.WalkDir(d.path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() || filepath.Dir(path) == filepath.Join(d.path, tempDir) {
			return nil
		}
		info, err := entry.Info()
		if err == nil {
			d.used += info.Size()
		}
		return err
	})
}

// home is the directory of one envelope, file one container in it. Both are made
// of characters that an ID and a Digest can have, whatever anybody sent us.
func (d *Dir) home(id envelope.ID) string {
	name := id.String()
	return filepath.Join(d.path, name[:2], name)
}

func (d *Dir) file(id envelope.ID, digest envelope.Digest) string {
	return filepath.Join(d.home(id), hex.EncodeToString(digest[:]))
}

// housed tells whether an envelope has directories of its own.
func (d *Dir) housed(id envelope.ID) bool {
	home := d.home(id)
	return isDir(filepath.Dir(home)) && isDir(home)
}

// Put keeps a container; see Shelf. ErrFull and ErrDigest leave nothing behind.
func (d *Dir) Put(ctx context.Context, id envelope.ID, digest envelope.Digest, container io.Reader) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.housed(id) && isFile(d.file(id, digest)) {
		// An earlier Put may have been cut between rename and sync. Deleted just now: put anew.
		if err := d.settle(id); !errors.Is(err, fs.ErrNotExist) {
			return wrap(err)
		}
	}
	t, err := d.write(ctx, digest, container)
	if err != nil {
		return wrap(err)
	}
	defer t.discard() // does nothing once kept
	return wrap(d.keep(t, id, digest))
}

// keep makes a temporary file durable and moves it to its place. Directories are made
// before the file is synced, so that a file system with a journal writes it once for
// both; nobody else waits while the disk works.
func (d *Dir) keep(t *temp, id envelope.ID, digest envelope.Digest) error {
	const tries = 10 // somebody may delete the envelope, or an empty directory, in between
	for range tries {
		err := d.house(id)
		if err == nil {
			err = t.file.Sync()
		}
		if err == nil {
			err = d.move(t, id, digest)
		}
		if err == nil {
			err = d.settle(id)
		}
		gone := errors.Is(err, fs.ErrNotExist)
		if err == nil || gone && t.kept { // it was put, and deleted since
			return nil
		}
		if !gone {
			_ = os.Remove(d.home(id)) // if it is empty
			return err
		}
	}
	return ErrNotFound
}

// house makes the directories of an envelope. The outer one is one of a thousand and
// there to stay; it is durable before anybody can find it.
func (d *Dir) house(id envelope.ID) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	home := d.home(id)
	outer := filepath.Dir(home)
	for _, dir := range []string{outer, home} {
		if err := clear(dir); err != nil {
			return err
		}
		err := os.Mkdir(dir, 0o700)
		if err == nil && dir == outer {
			err = syncDir(d.path)
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// move gives the file its name; where somebody put the same meanwhile, ours is discarded.
func (d *Dir) move(t *temp, id envelope.ID, digest envelope.Digest) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	name := d.file(id, digest)
	if isFile(name) {
		return nil
	}
	if err := os.Rename(t.file.Name(), name); err != nil {
		return err
	}
	t.kept = true
	return nil
}

// settle makes an envelope's names durable, from the inner directory to the outer.
func (d *Dir) settle(id envelope.ID) error {
	home := d.home(id)
	if err := syncDir(home); err != nil {
		return err
	}
	return syncDir(filepath.Dir(home))
}

// Get opens a container; see Shelf.
func (d *Dir) Get(ctx context.Context, id envelope.ID, digest envelope.Digest) (io.ReadSeekCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !d.housed(id) {
		return nil, ErrNotFound
	}
	f, err := open(d.file(id, digest))
	if err != nil {
		return nil, wrap(err)
	}
	return f, nil
}

// Delete removes an envelope's containers; see Shelf. Whoever has one open may
// read it to its end.
func (d *Dir) Delete(ctx context.Context, id envelope.ID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	home := d.home(id)
	for _, dir := range []string{filepath.Dir(home), home} {
		if err := clear(dir); err != nil {
			return wrap(err)
		}
	}
	entries, err := os.ReadDir(home)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return wrap(err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil {
			err = os.Remove(filepath.Join(home, entry.Name()))
		}
		if errors.Is(err, fs.ErrNotExist) {
			continue // another daemon that sweeps the same shelf was first
		}
		if err != nil {
			return wrap(err)
		}
		if info.Mode().IsRegular() {
			d.used -= info.Size()
		}
	}
	if err := os.Remove(home); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return wrap(err)
	}
	return wrap(syncDir(filepath.Dir(home)))
}

// Roomy tells whether the shelf can keep what is not needed at the moment: less than
// half of MaxBytes is used, and twice the floor is free on the disk.
func (d *Dir) Roomy() bool {
	if d.maxBytes > 0 && d.Used() > d.maxBytes/2 {
		return false
	}
	if d.minFree < 0 {
		return true
	}
	var s syscall.Statfs_t
	return syscall.Statfs(d.path, &s) == nil && int64(s.Bavail)*int64(s.Bsize) > 2*d.minFree
}

// Used gives the octets kept and being written, for a metric.
func (d *Dir) Used() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.used
}

// wrap gives an error of the file system its sentinel. Paths hold an envelope
// id and a digest, which are no secrets.
func wrap(err error) error {
	switch {
	case err == nil || errors.Is(err, ErrFull) || errors.Is(err, ErrDigest):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return ErrNotFound
	case isFull(err):
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return fmt.Errorf("shelf: %w", err)
}

// Each calls f for every envelope that has containers, with the time at which
// the newest of them was put there. It stops at the first error of f.
func (d *Dir) Each(ctx context.Context, f func(id envelope.ID, newest time.Time) error) error {
	homes, err := filepath.Glob(filepath.Join(d.path, "??", "*"))
	if err != nil {
		return fmt.Errorf("shelf: %w", err)
	}
	for _, home := range homes {
		if err := ctx.Err(); err != nil {
			return err
		}
		id, err := envelope.ParseID(filepath.Base(home))
		if err != nil {
			continue // not ours
		}
		if newest, err := newestIn(home); err != nil {
			return fmt.Errorf("shelf: %w", err)
		} else if err := f(id, newest); err != nil {
			return err
		}
	}
	return nil
}

func newestIn(home string) (newest time.Time, err error) {
	if !isDir(home) { // what else stands there is swept as if it had been there for ever
		return newest, nil
	}
	entries, err := os.ReadDir(home)
	if errors.Is(err, fs.ErrNotExist) {
		return newest, nil // deleted meanwhile
	}
	if err != nil {
		return newest, err
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return newest, nil
}
