// Package anchor keeps the log that lies outside Redis: how far audit chains had
// come, and what may never open again. Against it an older state of Redis, put
// back from a dump, is known for what it is, and what was recalled since is
// recalled once more (docs/security.md, "The log outside Redis").
//
// It promises that a line is on the disk when Append returns, that several
// programs of one machine can write to one file, and that no line is taken for
// whole that was changed or never finished. It knows nothing of what the lines
// mean: that is package store's. An attacker who can write to Redis would want
// this file too; it belongs on another disk, and its lines in the journal.
package anchor

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/postseal/postseal/audit"
)

// File is one log. It is safe for concurrent use, by several processes too.
type File struct {
	key  []byte
	file *os.File

	mu     sync.Mutex
	log    audit.Log
	seq    uint64                // the greatest of all lines
	counts map[string]audit.Head // the newest of each chain that must still be there
}

// Open opens the log at path, or begins one, and reads it to its end. An error
// wraps audit.ErrLog when it was changed. key is store.Keyring.LogKey's.
func Open(path string, key []byte) (*File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	f := &File{key: key, file: file, counts: map[string]audit.Head{}}
	err = f.locked(func() error { return nil })
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// Seq gives the greatest count of the store that the log states.
func (f *File) Seq() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seq
}

// Last gives number and MAC of the newest line.
func (f *File) Last() (n uint64, mac audit.MAC) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.log.N, f.log.MAC
}

// Head gives how far a chain had come by the newest anchor; the zero Head: none.
func (f *File) Head(id string) audit.Head {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts[id]
}

// Append writes a line after the last and waits until it is on the disk. N is
// set here.
func (f *File) Append(l audit.Line) error {
	return f.locked(func() error {
		if err := f.file.Truncate(f.log.Size); err != nil { // of a line that nobody finished
			return err
		}
		l.N = f.log.N + 1
		text, mac, err := audit.AppendLine(f.key, f.log.MAC, l)
		if err != nil {
			return err
		}
		if _, err := f.file.WriteAt(text, f.log.Size); err != nil {
			return err
		}
		if err := f.file.Sync(); err != nil {
			return err
		}
		f.log.N, f.log.MAC, f.log.Size = l.N, mac, f.log.Size+int64(len(text))
		return f.take(l)
	})
}

// locked reads what other processes appended, and does more, while no other
// process writes.
func (f *File) locked(more func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := syscall.Flock(int(f.file.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	defer func() { _ = syscall.Flock(int(f.file.Fd()), syscall.LOCK_UN) }()
	size, err := f.file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if size < f.log.Size {
		return fmt.Errorf("%w: it had %d octets, and has %d", audit.ErrLog, f.log.Size, size)
	}
	if err := f.log.Read(f.key, io.NewSectionReader(f.file, f.log.Size, size-f.log.Size), f.take); err != nil {
		return err
	}
	return more()
}

// take remembers what a line says.
func (f *File) take(l audit.Line) error {
	f.seq = max(f.seq, l.Seq)
	for _, h := range l.Heads {
		f.counts[h.ID] = h
	}
	return nil
}

// Forget drops from memory chains that need not be there any more.
func (f *File) Forget(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, h := range f.counts {
		if now.After(h.Keep) {
			delete(f.counts, id)
		}
	}
}

// Read gives every line of the log at path to each, in order. An error wraps
// audit.ErrLog when it was changed, or is each's.
func Read(path string, key []byte, each func(audit.Line) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	var g audit.Log
	if err := g.Read(key, file, each); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
