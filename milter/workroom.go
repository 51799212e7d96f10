package milter

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/postseal/postseal/envelope"
)

// ErrSpoolTaken says that another postseal works in the same private directory.
var ErrSpoolTaken = errors.New("another daemon works in this directory")

// Workroom is the private directory while one process has it. Nobody else can
// have it at the same time, so that what an earlier process of the same directory
// left half done is nobody's any more and can be taken up at once.
type Workroom struct {
	Dir  string
	Name string // drawn once for the directory; stands in the ledger beside what is prepared
	lock *os.File
}

// nameLength is 128 bits in hexadecimal.
const nameLength = 32

// OpenWorkroom takes the directory, which must exist. ErrSpoolTaken when another
// process has it.
func OpenWorkroom(dir string) (*Workroom, error) {
	f, err := os.OpenFile(filepath.Join(dir, "workroom"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSpool, err)
	}
	w := &Workroom{Dir: dir, lock: f}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("%w: %s", ErrSpoolTaken, dir)
	}
	if err := clearAway(dir); err != nil {
		f.Close()
		return nil, fmt.Errorf("%w: %w", errSpool, err)
	}
	if w.Name, err = readName(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("%w: %w", errSpool, err)
	}
	return w, nil
}

// Names of files that live for a moment only: those of spools here, in package
// portal and in package robot, and of a note that is being written.
const (
	spoolPrefix = "spool-"
	newPrefix   = "new-"
)

var passing = []string{spoolPrefix, newPrefix, "open-", "robot-"}

// clearAway removes what a process left that ended in such a moment. Nobody else
// has the directory now.
func clearAway(dir string) error {
	for _, prefix := range passing {
		paths, err := filepath.Glob(filepath.Join(dir, prefix+"*"))
		if err != nil {
			return err
		}
		for _, path := range paths {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// readName reads the directory's name, or draws it.
func readName(f *os.File) (string, error) {
	b, err := io.ReadAll(io.LimitReader(f, nameLength+1))
	if err != nil {
		return "", err
	}
	if _, err := hex.DecodeString(string(b)); err == nil && len(b) == nameLength {
		return string(b), nil
	}
	var raw [nameLength / 2]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", err
	}
	name := hex.EncodeToString(raw[:])
	if err := f.Truncate(0); err != nil {
		return "", err
	}
	if _, err := f.WriteAt([]byte(name), 0); err != nil {
		return "", err
	}
	return name, f.Sync()
}

// Close lets the directory go.
func (w *Workroom) Close() error { return w.lock.Close() }

// inHand are the envelopes that this process is working on.
type inHand struct {
	mu  sync.Mutex
	ids map[envelope.ID]bool
}

// take tells whether an envelope was free, and has it then.
func (h *inHand) take(id envelope.ID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ids[id] {
		return false
	}
	if h.ids == nil {
		h.ids = map[envelope.ID]bool{}
	}
	h.ids[id] = true
	return true
}

func (h *inHand) leave(id envelope.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.ids, id)
}
