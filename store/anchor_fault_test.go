package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/anchor"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/internal/redistest"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

var errLogDisk = errors.New("test: no space left on device")

// faultyLog is a log whose disk fails: before a line is written, after it was, or in
// the midst of it.
type faultyLog struct {
	*anchor.File
	path, how string
}

func (f *faultyLog) Append(l audit.Line) error {
	switch f.how {
	case "":
		return f.File.Append(l)
	case "lost":
		if err := f.File.Append(l); err != nil {
			return err
		}
	case "half":
		file, err := os.OpenFile(f.path, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		defer file.Close()
		if _, err := file.WriteString(`1 {"half a li`); err != nil {
			return err
		}
	}
	return errLogDisk
}

// The log outside Redis fails, or has written and its answer is lost, or half of a
// line stands there: what is taken back is closed, what is over is destroyed, readers
// go on reading; and when the disk has room again the log is whole, another daemon
// reads it, and every chain holds against it.
func TestLogFaults(t *testing.T) {
	for _, how := range []string{"failed", "lost", "half"} {
		t.Run(how, func(t *testing.T) {
			w := newSite(t)
			f, err := anchor.Open(w.log, storetest.Keys(t).LogKey())
			w.ok(err)
			log := &faultyLog{File: f, path: w.log}
			s := storetest.Open(t, store.Options{Addresses: []string{w.redis.Addr}, Now: w.clock.Now, Anchors: log})
			recalled, both, over, read := w.seal(s, "recalled", jane), w.seal(s, "both", jane, bob), w.seal(s, "over", jane), w.seal(s, "read", jane)
			w.ok(s.Extend(w.ctx, read, audit.Sender(jane), w.clock.Now().AddDate(1, 0, 0), nil, w.clock.Now()))
			_, err = s.Sweep(w.ctx, w.clock.Now())
			w.ok(err)

			log.how = how
			_, err = s.Recall(w.ctx, recalled, audit.Sender(jane), nil, "", w.clock.Now())
			w.want(err, nil, "recall of all")
			_, err = s.Recall(w.ctx, both, audit.Sender(jane), []addr.Address{bob}, "", w.clock.Now())
			w.want(err, nil, "recall of one")
			w.want(w.open(s, recalled, jane), store.ErrRecalled, "recalled")
			w.want(w.open(s, both, jane), nil, "the other recipient")
			w.clock.Add(90*24*time.Hour + store.KeepClosed)
			clear(w.proofs)
			swept, err := s.Sweep(w.ctx, w.clock.Now())
			w.want(err, errLogDisk, "a sweep says what failed")
			if errors.Is(err, store.ErrUnavailable) || swept.Destroyed != 2 || swept.Envelopes != 4 {
				t.Errorf("swept %+v, %v; want the two keys destroyed that are over", swept, err)
			}
			w.want(w.open(s, over, jane), store.ErrExpired, "over")
			w.want(w.open(s, read, jane), nil, "one that is open")

			log.how = ""
			_, err = s.Sweep(w.ctx, w.clock.Now())
			w.want(err, nil, "a sweep when the disk has room again")
			w.want(s.Current(w.ctx, w.clock.Now()), nil, "Redis")
			w.want(w.open(w.daemon(true), read, jane), nil, "at another daemon")
			chains := 0
			var known audit.Anchored
			w.ok(anchor.Read(w.log, storetest.Keys(t).LogKey(), func(l audit.Line) error { known.Add(l); return nil }))
			w.ok(s.EachChain(w.ctx, func(c store.Chain) {
				if c.ID.IsZero() {
					return
				}
				chains++
				w.want(c.Err, nil, "a chain")
				_, err := known.Check(c.ID.String(), c.Entries)
				w.want(err, nil, "a chain against the log")
			}))
			if missing := known.Missing(w.clock.Now()); chains != 4 || len(missing) != 0 {
				t.Errorf("%d chains, missing %v", chains, missing)
			}
		})
	}
}

// A sweep that has more to anchor than one line holds, while the log is full, does
// everything else all the same.
func TestFullLogStopsNoSweep(t *testing.T) {
	clock := storetest.NewClock()
	f, err := anchor.Open(filepath.Join(t.TempDir(), "log"), storetest.Keys(t).LogKey())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	redis := redistest.StartRedis(t, "--appendonly", "no")
	s := storetest.Open(t, store.Options{Addresses: []string{redis.Addr}, VolatileOK: true, Now: clock.Now, Anchors: &faultyLog{File: f, how: "failed"}})
	const messages = audit.MaxHeads + 1
	for i := range messages {
		if err := s.Prepare(t.Context(), storetest.Message(storetest.Keys(t), fmt.Sprint("message ", i), clock.Now(), jane)); err != nil {
			t.Fatal(err)
		}
	}
	swept, err := s.Sweep(t.Context(), clock.Add(90*24*time.Hour+store.KeepClosed))
	if !errors.Is(err, errLogDisk) || swept.Destroyed != messages {
		t.Errorf("%d of %d keys destroyed, %v", swept.Destroyed, messages, err)
	}
}
