package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/anchor"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/internal/redistest"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// site is a real Redis whose state can be put back, with the log outside it.
type site struct {
	*testing.T
	ctx   context.Context
	clock *storetest.Clock
	redis *redistest.Server
	log   string
	old   string // a copy of Redis's directory

	proofs map[addr.Address]store.Proof // one sign-in each
}

func newSite(t *testing.T) *site {
	return &site{T: t, ctx: t.Context(), clock: storetest.NewClock(), redis: redistest.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always"), log: filepath.Join(t.TempDir(), "anchors.log"), old: t.TempDir(), proofs: map[addr.Address]store.Proof{}}
}

// daemon opens the store as one more process would; without a log when none.
func (w *site) daemon(logged bool) *store.Store {
	w.Helper()
	o := store.Options{Addresses: []string{w.redis.Addr}, Now: w.clock.Now}
	if logged {
		f, err := anchor.Open(w.log, storetest.Keys(w).LogKey())
		w.ok(err)
		w.Cleanup(func() { f.Close() })
		o.Anchors = f
	}
	return storetest.Open(w.T, o)
}

func (w *site) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *site) dump() {
	w.Helper()
	w.redis.Stop()
	w.ok(os.CopyFS(w.old, os.DirFS(w.redis.Dir)))
	w.redis.Start("--appendonly", "yes", "--appendfsync", "always")
}

func (w *site) putBack() {
	w.Helper()
	w.redis.Stop()
	for _, name := range []string{"appendonlydir", "dump.rdb"} {
		w.ok(os.RemoveAll(filepath.Join(w.redis.Dir, name)))
	}
	w.ok(os.CopyFS(filepath.Join(w.redis.Dir, "appendonlydir"), os.DirFS(filepath.Join(w.old, "appendonlydir"))))
	w.redis.Start("--appendonly", "yes", "--appendfsync", "always")
}

func (w *site) seal(s *store.Store, name string, to ...addr.Address) envelope.ID {
	w.Helper()
	p := storetest.Message(storetest.Keys(w), name, w.clock.Now(), to...)
	w.ok(s.Prepare(w.ctx, p))
	w.ok(s.Queued(w.ctx, p.Record.ID, p.Recipients, nil, "Q", w.clock.Now()))
	return p.Record.ID
}

func (w *site) open(s *store.Store, id envelope.ID, who addr.Address) error {
	w.Helper()
	proof, known := w.proofs[who]
	if !known {
		b := store.Browser("browser of " + who.Key())
		code, _, err := s.NewCode(w.ctx, who, b, w.clock.Now())
		w.ok(err)
		proof, err = s.CheckCode(w.ctx, who, b, code, w.clock.Now())
		w.ok(err)
		w.proofs[who] = proof
	}
	_, _, err := s.Release(w.ctx, store.ReleaseRequest{ID: id, Secret: storetest.Keys(w).Secret(id), Person: proof, Purpose: "view", Now: w.clock.Now()})
	return err
}

func (w *site) restore(s *store.Store) (again int) {
	w.Helper()
	var seq uint64
	w.ok(anchor.Read(w.log, storetest.Keys(w).LogKey(), func(l audit.Line) error {
		seq = max(seq, l.Seq)
		if l.Closed == nil {
			return nil
		}
		changed, err := s.Replay(w.ctx, *l.Closed, audit.Operator("root"), w.clock.Now())
		if changed {
			again++
		}
		return err
	}))
	w.ok(s.Restored(w.ctx, seq))
	return again
}

func (w *site) want(err, target error, what string) {
	w.Helper()
	if !errors.Is(err, target) || target == nil && err != nil {
		w.Errorf("%s: got %v, want %v", what, err, target)
	}
}

var bob = addr.MustParse("bob@outside.example")

// A dump from before a recall is put back: nothing is released, by no daemon, until
// the log was replayed; then nothing that was recalled opens, and all else does.
func TestOldDumpReleasesNothingUntilRestored(t *testing.T) {
	w := newSite(t)
	s := w.daemon(true)
	one, all, kept := w.seal(s, "one", jane, bob), w.seal(s, "all", jane), w.seal(s, "kept", jane)
	_, err := s.Sweep(w.ctx, w.clock.Now())
	w.ok(err)
	w.dump()
	_, err = s.Recall(w.ctx, one, audit.Sender(jane), []addr.Address{jane}, "", w.clock.Now())
	w.ok(err)
	_, err = s.Recall(w.ctx, all, audit.Sender(jane), nil, "", w.clock.Now())
	w.ok(err)
	lost := w.seal(s, "lost", jane)
	w.want(w.open(s, kept, jane), nil, "before")

	w.putBack()
	again, other := w.daemon(true), w.daemon(false)
	for _, id := range []envelope.ID{one, all, kept} {
		w.want(w.open(again, id, jane), store.ErrRewound, "after the dump was put back")
		w.want(w.open(other, id, jane), store.ErrRewound, "by a daemon without the log")
		w.want(w.open(s, id, jane), store.ErrRewound, "by the daemon that ran on")
	}
	w.want(store.ErrRewound, store.ErrUnavailable, "readers are asked to come back")
	w.seal(again, "new", jane) // sealing goes on

	if got := w.restore(again); got != 2 {
		t.Errorf("%d messages closed once more, want 2", got)
	}
	for _, d := range []*store.Store{again, other, s} {
		w.want(w.open(d, one, jane), store.ErrRecalled, "recalled from her")
		w.want(w.open(d, one, bob), nil, "not recalled from him")
		w.want(w.open(d, all, jane), store.ErrRecalled, "recalled from all")
		w.want(w.open(d, kept, jane), nil, "not recalled")
		w.want(w.open(d, lost, jane), store.ErrNotFound, "sealed after the dump")
	}
	if got := w.restore(again); got != 0 {
		t.Errorf("restored once more: %d changes", got)
	}
	w.want(again.VerifyAudit(w.ctx, all), nil, "the chain goes on")
}

// More is recalled in the old state than it lacks: it is found old nevertheless.
func TestOldDumpIsFoundByTheNextRecall(t *testing.T) {
	w := newSite(t)
	s := w.daemon(true)
	first := w.seal(s, "first", jane)
	w.dump()
	_, err := s.Recall(w.ctx, first, audit.Sender(jane), nil, "", w.clock.Now())
	w.ok(err)
	w.putBack()
	for _, name := range []string{"a", "b", "c"} {
		_, err := s.Recall(w.ctx, w.seal(s, name, bob), audit.Sender(jane), nil, "", w.clock.Now())
		w.ok(err)
	}
	w.want(w.open(s, first, jane), store.ErrRewound, "the recalled message")
}

// One slot alone is put back as it was, chain and head together: no chain shows
// that, the log does.
func TestCutTailIsFoundByTheLog(t *testing.T) {
	w := newSite(t)
	s := w.daemon(true)
	id := w.seal(s, "cut", jane)
	c := w.redis.Client()
	defer c.Close()
	kept := map[string]string{}
	for _, key := range []string{"e:{" + id.String() + "}", "a:{" + id.String() + "}"} {
		dump, err := c.Dump(w.ctx, key).Result()
		if !errors.Is(err, redis.Nil) { // a short chain has no list
			w.ok(err)
		}
		kept[key] = dump
	}
	w.want(w.open(s, id, jane), nil, "opened")
	_, err := s.Sweep(w.ctx, w.clock.Now())
	w.ok(err)
	for key, dump := range kept {
		if dump == "" {
			w.ok(c.Del(w.ctx, key).Err())
			continue
		}
		w.ok(c.RestoreReplace(w.ctx, key, 0, dump).Err())
	}
	swept, err := s.Sweep(w.ctx, w.clock.Now())
	w.ok(err)
	if swept.Short != 1 {
		t.Errorf("the sweep found %d short chains, want 1", swept.Short)
	}
	var a audit.Anchored
	w.ok(anchor.Read(w.log, storetest.Keys(t).LogKey(), func(l audit.Line) error { a.Add(l); return nil }))
	n := 0
	w.ok(s.EachChain(w.ctx, func(c store.Chain) {
		if c.ID != id {
			return
		}
		n++
		w.want(c.Err, nil, "the chain alone")
		_, err := a.Check(c.ID.String(), c.Entries)
		w.want(err, audit.ErrBroken, "against the log")
	}))
	if n != 1 {
		t.Errorf("%d chains", n)
	}
}

// full is a log that cannot be written any more.
type full struct{ store.Anchors }

func (full) Append(audit.Line) error { return errors.New("no space left on device") }

// What a sender takes back is closed although the log cannot be written: closing
// is the safe act, and the operator is told.
func TestRecallGoesOnWithoutTheLog(t *testing.T) {
	w := newSite(t)
	f, err := anchor.Open(w.log, storetest.Keys(w).LogKey())
	w.ok(err)
	t.Cleanup(func() { f.Close() })
	s := storetest.Open(t, store.Options{Addresses: []string{w.redis.Addr}, Now: w.clock.Now, Anchors: full{f}})
	id := w.seal(s, "closed", jane)
	_, err = s.Recall(w.ctx, id, audit.Sender(jane), nil, "", w.clock.Now())
	w.want(err, nil, "recall")
	w.want(w.open(s, id, jane), store.ErrRecalled, "after it")
}
