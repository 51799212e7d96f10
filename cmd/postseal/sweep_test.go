package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/shelf"
	"github.com/postseal/postseal/store"
)

// recordsOf answers for the store: what is not in the map is not known there.
type recordsOf map[envelope.ID]store.Record

// damaged is an envelope whose record cannot be read.
var damaged = envelope.ID{0xda}

func (r recordsOf) EnvelopeForOperator(_ context.Context, id envelope.ID) (store.Record, error) {
	if id == damaged {
		return store.Record{}, store.ErrSyntax
	}
	if rec, ok := r[id]; ok {
		return rec, nil
	}
	return store.Record{}, store.ErrNotFound
}

// A container stays while its link is good, and an hour after it was put there.
func TestTidyKeepsWhatALinkLeadsTo(t *testing.T) {
	now := time.Now()
	known := recordsOf{
		{1}: {LinkUntil: now.Add(48 * time.Hour), ExpiresAt: now.Add(60 * time.Hour)},
		{2}: {ExpiresAt: now.Add(time.Hour)},
		{3}: {LinkUntil: now.Add(48 * time.Hour), ExpiresAt: now.Add(60 * time.Hour), Destroyed: now},
	}
	dir, err := shelf.OpenDir(t.TempDir(), shelf.DirOptions{MinFree: -1})
	if err != nil {
		t.Fatal(err)
	}
	swept := &sweptShelf{Dir: dir}
	digest := envelope.Digest(sha256.Sum256([]byte("\xd2")))
	for i := byte(1); i <= 4; i++ {
		if err := dir.Put(t.Context(), envelope.ID{i}, digest, strings.NewReader("\xd2")); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		after time.Duration
		kept  []byte
	}{{30 * time.Minute, []byte{1, 2, 3, 4}}, {2 * time.Hour, []byte{1}}, {72 * time.Hour, nil}} {
		for range 2 { // what nobody knows has to be found so twice
			if err := swept.tidy(t.Context(), known, now.Add(c.after)); err != nil {
				t.Fatal(err)
			}
		}
		var got []byte
		for i := byte(1); i <= 4; i++ {
			f, err := dir.Get(t.Context(), envelope.ID{i}, digest)
			if err == nil {
				f.Close()
				got = append(got, i)
			} else if !errors.Is(err, shelf.ErrNotFound) {
				t.Fatal(err)
			}
		}
		if string(got) != string(c.kept) {
			t.Errorf("after %v: kept %v, want %v", c.after, got, c.kept)
		}
	}
}

// A renewed or extended link leads somewhere: the shelf keeps what may still be
// asked for while there is room, and what came without a file as long as its key.
func TestTidyKeepsForRenewal(t *testing.T) {
	now := time.Now()
	box := "\xd2" + strings.Repeat("x", 99)
	digest := envelope.Digest(sha256.Sum256([]byte(box)))
	for _, c := range []struct {
		name     string
		record   store.Record
		maxBytes int64
		keeps    bool
	}{
		{"link over, open, room", store.Record{LinkUntil: now.Add(-time.Hour), ExpiresAt: now.Add(9 * time.Hour)}, 1000, true},
		{"link over, open, little room", store.Record{LinkUntil: now.Add(-time.Hour), ExpiresAt: now.Add(9 * time.Hour)}, 150, false},
		{"link renewed", store.Record{LinkUntil: now.Add(5 * time.Hour), ExpiresAt: now.Add(9 * time.Hour)}, 150, true},
		{"closed", store.Record{LinkUntil: now.Add(-2 * time.Hour), ExpiresAt: now.Add(-time.Hour)}, 1000, false},
		{"link only, closed, can be opened again", store.Record{LinkUntil: now.Add(-time.Hour), ExpiresAt: now.Add(-time.Hour)}, 150, true},
		{"link only, key gone", store.Record{LinkUntil: now.Add(-time.Hour), ExpiresAt: now.Add(-time.Hour), Destroyed: now}, 1000, false},
	} {
		dir, err := shelf.OpenDir(t.TempDir(), shelf.DirOptions{MinFree: -1, MaxBytes: c.maxBytes})
		if err != nil {
			t.Fatal(err)
		}
		if err := dir.Put(t.Context(), envelope.ID{1}, digest, strings.NewReader(box)); err != nil {
			t.Fatal(err)
		}
		at := now.Add(2 * time.Hour)
		shift := func(when time.Time) time.Time {
			if when.IsZero() {
				return when
			}
			return when.Add(2 * time.Hour)
		}
		r := c.record
		r.LinkUntil, r.ExpiresAt, r.Destroyed = shift(r.LinkUntil), shift(r.ExpiresAt), shift(r.Destroyed)
		if err := (&sweptShelf{Dir: dir}).tidy(t.Context(), recordsOf{{1}: r}, at); err != nil {
			t.Fatal(err)
		}
		if f, err := dir.Get(t.Context(), envelope.ID{1}, digest); (err == nil) != c.keeps {
			t.Errorf("%s: kept %v, want %v", c.name, err == nil, c.keeps)
		} else if err == nil {
			_ = f.Close()
		}
	}
}

// stillThere lists which of the envelopes have their container.
func stillThere(t *testing.T, dir *shelf.Dir, digest envelope.Digest, ids ...envelope.ID) (out []envelope.ID) {
	t.Helper()
	for _, id := range ids {
		f, err := dir.Get(t.Context(), id, digest)
		if errors.Is(err, shelf.ErrNotFound) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		out = append(out, id)
	}
	return out
}

// A clock that is put forward by hours, between the writing of a container and
// that of its key, costs nobody a message that came without its file (promise 2).
func TestTidyWaitsForAKeyWhenTheClockJumps(t *testing.T) {
	dir, err := shelf.OpenDir(t.TempDir(), shelf.DirOptions{MinFree: -1})
	if err != nil {
		t.Fatal(err)
	}
	swept, digest, id := &sweptShelf{Dir: dir}, envelope.Digest(sha256.Sum256([]byte("\xd2"))), envelope.ID{1}
	if err := dir.Put(t.Context(), id, digest, strings.NewReader("\xd2")); err != nil {
		t.Fatal(err)
	}
	jumped := time.Now().Add(5 * time.Hour)
	if err := swept.tidy(t.Context(), recordsOf{}, jumped); err != nil {
		t.Fatal(err)
	}
	known := recordsOf{id: {LinkUntil: jumped.Add(time.Hour), ExpiresAt: jumped.Add(time.Hour)}}
	if err := swept.tidy(t.Context(), known, jumped.Add(sweepEvery)); err != nil {
		t.Fatal(err)
	}
	if got := stillThere(t, dir, digest, id); len(got) != 1 {
		t.Error("the only copy of a message in hand was taken off the shelf")
	}
	for i, want := range []int{1, 0} { // without a record it goes after all
		if err := swept.tidy(t.Context(), recordsOf{}, jumped.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if got := stillThere(t, dir, digest, id); len(got) != want {
			t.Errorf("sweep %d: %d containers, want %d", i+1, len(got), want)
		}
	}
}

// One record that cannot be read, and one container that cannot be deleted, stay and
// are told; the rest of the shelf is tidied all the same.
func TestTidyGoesPastDamage(t *testing.T) {
	path := t.TempDir()
	dir, err := shelf.OpenDir(path, shelf.DirOptions{MinFree: -1})
	if err != nil {
		t.Fatal(err)
	}
	digest, stuck, over := envelope.Digest(sha256.Sum256([]byte("\xd2"))), envelope.ID{0xdb}, envelope.ID{0xff}
	for _, id := range []envelope.ID{damaged, stuck, over} {
		if err := dir.Put(t.Context(), id, digest, strings.NewReader("\xd2")); err != nil {
			t.Fatal(err)
		}
	}
	// A directory where a file should be cannot be removed while there is something in it.
	name := stuck.String()
	if err := os.MkdirAll(filepath.Join(path, name[:2], name, "x", "y"), 0o700); err != nil {
		t.Fatal(err)
	}
	gone := store.Record{Destroyed: time.Now()}
	err = (&sweptShelf{Dir: dir}).tidy(t.Context(), recordsOf{stuck: gone, over: gone}, time.Now().Add(2*time.Hour))
	if err == nil || !strings.Contains(err.Error(), damaged.String()) || !strings.Contains(err.Error(), stuck.String()) {
		t.Errorf("got %v, want the two that stay named", err)
	}
	if got := stillThere(t, dir, digest, damaged, over); len(got) != 1 || got[0] != damaged {
		t.Errorf("kept %v, want only the one whose record cannot be read", got)
	}
}
