package milter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

// lateNote is an envelope that left while Redis was away: what store.Queued still
// has to be told. It lies in the private directory until then, so that a daemon
// that dies meanwhile tells it when it is back, and the sender has her
// confirmation (promise 5).
type lateNote struct {
	ID         envelope.ID    `json:"id"`
	Recipients []addr.Address `json:"recipients"`
	Held       []string       `json:"held"`
	QueueID    string         `json:"queue_id"`
	At         time.Time      `json:"at"`
}

const (
	latePrefix = "late-"
	// maxLateNote bounds a note read back: ten thousand long addresses.
	maxLateNote = 8 << 20
	// maxLateNotes bounds how many are taken up at a start.
	maxLateNotes = 100_000
)

func (f *Filter) latePath(id envelope.ID) string {
	return filepath.Join(f.Spool, latePrefix+id.String())
}

// keep writes a note for good: a file is whole or is not there.
func (f *Filter) keep(n lateNote) error {
	b, err := json.Marshal(n)
	if err != nil {
		return err
	}
	var file *os.File
	call := func(c diskCall, do func() error) {
		if err == nil {
			err = f.run.disk.call(c, do)
		}
	}
	call(noteCreate, func() (err error) { file, err = os.CreateTemp(f.Spool, newPrefix); return err })
	call(noteWrite, func() error { _, err := file.Write(b); return err })
	call(noteSync, func() error { return file.Sync() })
	if file != nil {
		err = errors.Join(err, file.Close())
	}
	call(noteRename, func() error { return os.Rename(file.Name(), f.latePath(n.ID)) })
	if err != nil {
		if file != nil {
			_ = os.Remove(file.Name())
		}
		return fmt.Errorf("%w: %w", errSpool, err)
	}
	return f.run.disk.call(noteSyncDir, func() error {
		dir, err := os.Open(f.Spool)
		if err != nil {
			return fmt.Errorf("%w: %w", errSpool, err)
		}
		defer dir.Close()
		return dir.Sync()
	})
}

// late goes on telling the store in the background. The envelope stays in hand
// till then, so that a retry of the client waits.
func (f *Filter) late(ctx context.Context, n lateNote) {
	f.Metrics.late(+1)
	f.run.background.Go(func() {
		defer f.Metrics.late(-1)
		defer f.run.inHand.leave(n.ID)
		defer func() {
			if p := recover(); p != nil { // a defect in one note must not end the daemon
				f.logPanic("queued", p)
			}
		}()
		err := f.retry(func() error { return f.note(ctx, n) }, queuedLateWaits)
		switch {
		case err == nil:
			f.kick()
		case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrNotRecipient):
			f.Log.Error("the message left sealed, but nothing is stored of it; its sender has no confirmation", "envelope", n.ID.String(), "error", err)
		default: // stopped, or away for long: at the next start
			f.Log.Error("the message left sealed, but that is not recorded yet; it will be tried at the next start", "envelope", n.ID.String(), "error", err)
			return
		}
		if err := f.run.disk.call(noteRemove, func() error { return os.Remove(f.latePath(n.ID)) }); err != nil && !errors.Is(err, os.ErrNotExist) {
			f.Log.Error("a note is left in the spool", "envelope", n.ID.String(), "error", err)
		}
	})
}

// note tells the store once.
func (f *Filter) note(ctx context.Context, n lateNote) error {
	ctx, cancel := context.WithTimeout(ctx, queuedTimeout)
	defer cancel()
	return f.Store.Queued(ctx, n.ID, n.Recipients, n.Held, n.QueueID, n.At)
}

// Resume takes up what an earlier process could not tell the store. Call it once,
// before Serve; it gives how many notes it found.
func (f *Filter) Resume(ctx context.Context) (int, error) {
	f.setUp()
	paths, err := filepath.Glob(filepath.Join(f.Spool, latePrefix+"*"))
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errSpool, err)
	}
	paths = paths[:min(len(paths), maxLateNotes)]
	for i, path := range paths {
		n, err := readLate(path)
		if err != nil {
			return i, fmt.Errorf("%w: %s: %w", errSpool, filepath.Base(path), err)
		}
		f.run.inHand.take(n.ID)
		f.late(context.WithoutCancel(ctx), n)
	}
	return len(paths), nil
}

func readLate(path string) (n lateNote, err error) {
	file, err := os.Open(path)
	if err != nil {
		return n, err
	}
	defer file.Close()
	return n, json.NewDecoder(io.LimitReader(file, maxLateNote)).Decode(&n)
}
